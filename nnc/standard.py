"""ISO/IEC 15938-17 as a format of the engine: what its schema leaves to hand-written code.

A schema alone makes a `Format`. Bitstreams of neural networks need more: units that wait for
values from outside and payloads too large to be read at once (`nnc.bitstream`), rules that compare
units (`nnc.inspect`), an arithmetic decoder (`nnc.decoder`), and units drawn to fit each other
(`nnc.fuzzing`). All that is hung up here, in the places that a `Format` has for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from numpy.typing import NDArray

from nnc import syntax
from nnc.bitio import InputError
from nnc.bitstream import Bitstream, Unit, paths
from nnc.decoder.layout import layout_of
from nnc.decoder.model import decode_unit
from nnc.engine import drawing
from nnc.engine.diff import Difference
from nnc.engine.format import Format
from nnc.engine.json_tables import ByteStore, inline
from nnc.engine.mapped import view_of
from nnc.engine.tree import Node
from nnc.inspect import BitstreamTrace, Report, diff, trace, tree
from nnc.inspect.checking import check, check_trace
from nnc.model.limits import Limits

#: What formats are loaded by.
NAME = "nnc"


class BitstreamFormat(Format):
    """The format of bitstreams of neural networks; its documents are `nnc.Bitstream`.

    Values that only the caller knows are those of `Bitstream.parse`: `dimensions` and
    `cabac_unary_length_minus1`.
    """

    def __init__(self) -> None:
        """Take the tables that are built into the package, and the decoder of payloads."""
        super().__init__(syntax, NAME, hooks={"nnc.deepcabac": decoded_levels})

    def parse(self, data: Any, **given: Any) -> Any:
        """Parse a bitstream; see `Bitstream.parse`."""
        return Bitstream.parse(data, **given)

    def open(self, path: str | os.PathLike[str], **given: Any) -> Any:
        """Parse a file, which is mapped into memory; see `Bitstream.open`."""
        return Bitstream.open(path, **given)

    def trace(self, data: Any, **given: Any) -> Any:
        """Trace a bitstream; see `nnc.trace`."""
        return trace(view_of(data), **given)

    def arrange(self, traced: BitstreamTrace) -> Node:
        """Return the elements of a trace as a tree of units, tables and elements."""
        return tree(traced)

    def check(self, data: Any, **given: Any) -> Report:
        """Return what data break of the standard; see `nnc.inspect.check`."""
        return check(view_of(data), **given)

    def examine(self, traced: BitstreamTrace, **options: Any) -> Report:
        """Return what a bitstream breaks of the standard; options are those of `check_trace`."""
        return check_trace(traced, **options)

    def compare(
        self, first: BitstreamTrace, second: BitstreamTrace, **options: Any
    ) -> list[Difference]:
        """Return what two bitstreams differ in; options are those of `nnc.inspect.diff`."""
        return diff(first, second, **options)

    def content(self, traced: BitstreamTrace, name: str) -> dict[str, Any]:
        """Return what the explorer's page shows of a bitstream, its tensors too."""
        from nnc.explore.content import explore

        # Traced again: large ones are shown without the elements of most units.
        return explore(traced.data, name)

    def places(self, document: Bitstream, path: str) -> Iterator[paths.Place]:
        """Yield the places of a bitstream that a path leads to."""
        return paths.places(document.units, path)

    def around(self, document: Bitstream, place: paths.Place) -> Unit | None:
        """Return the unit that a payload stands in: its header says how to decode it."""
        return place.unit

    def to_json(self, document: Any) -> dict[str, Any]:
        """Return a bitstream as plain data for JSON, without loss."""
        from nnc.bitstream.json.form import bitstream_object

        return bitstream_object(document)

    def dump(self, document: Bitstream, payloads: ByteStore = inline) -> Iterator[str]:
        """Return a bitstream as JSON text, piece by piece; payloads as `payloads` keeps them."""
        from nnc.bitstream.json.form import dump

        return dump(document, payloads)

    def from_json(self, content: Any, folder: Path | None = None, **given: Any) -> Any:
        """Return the bitstream that plain data stand for; side files are in `folder`."""
        if given:
            raise InputError("the JSON of a bitstream holds what it was read with: no values")
        from nnc.bitstream.json.form import build

        return build(content, folder)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of bitstreams as JSON."""
        from nnc.bitstream.json.schema import schema

        return schema()

    def drawing(self) -> ModuleType:
        """Return the package that draws tables, which is built into this one."""
        from nnc.fuzzing import strategies

        return strategies

    def strategy(self, table: str | None = None, **given: Any) -> Any:
        """Return a strategy for valid bitstreams, or for tables of one name."""
        if table is not None:
            return super().strategy(table, **given)
        from nnc.fuzzing.whole import draw_valid

        return drawing.as_strategy(self, draw_valid)

    def invalid(self, rule: str, **given: Any) -> Any:
        """Return a strategy for bitstreams that break exactly one rule."""
        from nnc.fuzzing.corpus import parse_rule
        from nnc.fuzzing.whole import draw_broken

        kind, element = parse_rule(rule)
        return drawing.as_strategy(self, lambda source: draw_broken(source, kind, element))

    def draw(self, seed: str, rule: str | None = None, **given: Any) -> Any:
        """Return a bitstream that is drawn by a seed, valid or breaking one rule."""
        from nnc.fuzzing.corpus import parse_rule
        from nnc.fuzzing.whole import draw_broken, draw_valid

        if rule is None:
            return drawing.by_seed(self, draw_valid, seed)
        kind, element = parse_rule(rule)
        return drawing.by_seed(self, lambda source: draw_broken(source, kind, element), seed)

    def rules(self) -> dict[str, str]:
        """Return the rules that `invalid` can break, those of sizes and aggregates too."""
        from nnc.fuzzing.corpus import rule_names

        return rule_names()

    def verdicts(self) -> Mapping[str, str]:
        """Return who has to speak where a rule is broken, by its kind."""
        from nnc.fuzzing.streams import VERDICTS

        return VERDICTS


def decoded_levels(payload: bytes, unit: Unit) -> dict[str, NDArray[Any]]:
    """Decode the entropy-coded payload of a unit: levels by name of the tensor.

    Raises:
        BitstreamError: the payload can't be decoded, or not without others.
    """
    tensors = decode_unit(unit, layout_of(unit, Limits()))
    return {one.tensor.name: one.levels for one in tensors if one.levels is not None}
