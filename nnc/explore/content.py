"""What the explorer's page shows, as plain data.

A page has to open quickly for a bitstream of any size. What it holds is therefore bounded: all
headers as far as `Budget` allows, the first bytes of payloads, histograms of as many tensors
as may be decoded. What was left out is said in the page.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from nnc.bitio import BitstreamError
from nnc.bitstream import Bitstream
from nnc.decoder.model import decode_model
from nnc.decoder.workers import Resources
from nnc.engine.explorer import CONTENT_VERSION, Budget, flatten, semantics, titles
from nnc.explore.histograms import describe_levels, describe_pieces, describe_values
from nnc.inspect.arranging import tree
from nnc.inspect.summary import summarize_tensors
from nnc.inspect.tracing import BitstreamTrace, UnitTrace, trace
from nnc.syntax import TABLES


def explore(data: memoryview, name: str, budget: Budget | None = None) -> dict[str, Any]:
    """Return what the page shows of a bitstream, whatever is wrong with it.

    Args:
        data: the bytes.
        name: what to call them.
        budget: bounds of what is shown.

    Returns:
        Data for JSON.
    """
    limits = budget or Budget()
    traced = trace(data, most=limits.nodes)
    nodes, whole_tree = flatten(tree(traced), limits.nodes)
    whole_tree &= all(unit.elements or unit.unit is None for unit in traced.walk())
    shown = pieces(traced, limits)
    tensors = list(tensor_rows(traced, limits))
    return {
        "version": CONTENT_VERSION,
        "name": name,
        "bytes": len(data),
        "nodes": nodes,
        "semantics": semantics(TABLES),
        "tables": titles(TABLES),
        "data": [[start, base64.b64encode(piece).decode("ascii")] for start, piece in shown],
        "tensors": tensors,
        "errors": [error.as_dict() for error in traced.errors],
        "sampled": sampled(traced, whole_tree, shown, tensors),
    }


def pieces(traced: BitstreamTrace, limits: Budget) -> list[tuple[int, memoryview]]:
    """Return the bytes that the page holds, as places and views."""
    if len(traced.data) <= limits.bytes:
        return [(0, traced.data)]
    found = []
    left = limits.bytes
    for unit in traced.walk():
        if unit.units:
            stop = unit.units[0].start
        else:
            headers_end = unit.payload_start if unit.payload_start is not None else unit.start
            stop = min(unit.stop, headers_end + limits.payload_bytes)
        piece = traced.data[unit.start : min(stop, unit.start + left)]
        left -= len(piece)
        if len(piece):
            found.append((unit.start, piece))
    return found


def tensor_rows(traced: BitstreamTrace, limits: Budget) -> Iterator[dict[str, Any]]:
    """Yield a row for each tensor of the units that can be read."""
    units = [
        (unit, lines)
        for unit in traced.walk()
        if unit.unit is not None and unit.error is None and not unit.units
        for lines in [readable_lines(unit)]
        if lines
    ]
    # Small tensors first: nearly all of a model's are decoded within the budget then.
    chosen: set[int] = set()
    left = limits.decoded_values
    for number in sorted(range(len(units)), key=lambda n: sum(t.values for t in units[n][1])):
        left -= sum(tensor.values for tensor in units[number][1])
        if left < 0:
            break
        chosen.add(number)
    largest = sorted(range(len(units)), key=lambda n: units[n][0].start - units[n][0].stop)
    listed = set(largest[: limits.tensors])
    for number, (unit, lines) in enumerate(units):
        if number in listed:
            yield from unit_rows(unit, lines, decode=number in chosen)


def readable_lines(traced: UnitTrace) -> list[Any]:
    """Return the summaries of the tensors in a unit, none where they can't be read."""
    assert traced.unit is not None
    try:
        return summarize_tensors(Bitstream([traced.unit]))
    except BitstreamError:
        return []


def unit_rows(traced: UnitTrace, lines: list[Any], *, decode: bool) -> Iterator[dict[str, Any]]:
    """Yield the rows of the tensors in one unit."""
    values: dict[str, Any] = {}
    levels: dict[str, Any] = {}
    problem = "" if decode else "not decoded, to keep the page quick"
    if decode:
        try:
            values, levels = decoded(traced)
        except BitstreamError as error:
            problem = str(error)
    for line in lines:
        content: dict[str, Any] = {
            "name": line.name,
            "unit": traced.path,
            "shape": list(line.shape),
            "dtype": line.dtype,
            "values": line.values,
            "bytes": line.bytes or 0,
            "bits_per_value": line.bits_per_value,
            "kind": line.kind,
            "qp": line.qp,
            "dq": line.dq,
            "codebook_size": line.codebook_size,
            "problem": problem,
        }
        if line.name in values:
            content["value_histogram"] = values[line.name]
        if line.name in levels:
            content["level_histogram"] = levels[line.name]
        yield content


def decoded(traced: UnitTrace) -> tuple[dict[str, Any], dict[str, Any]]:
    """Decode one unit: histograms of values and of levels by name."""
    assert traced.unit is not None
    model = decode_model(Bitstream([traced.unit]), Resources(threads=1))
    values: dict[str, Any] = {}
    levels: dict[str, Any] = {}
    for one in model.tensors():
        # The values may take the place of the levels, so these are described first.
        coded = {} if one.levels is None else one.by_name(one.levels)
        levels |= {name: describe_levels(array) for name, array in coded.items()}
        try:
            if one.tensor.split is None:
                values[one.tensor.name] = describe_pieces(one.pieces)
            else:
                divided = one.by_name(one.values())
                values |= {name: describe_values(array) for name, array in divided.items()}
        except BitstreamError as error:
            raise model.located(error, one.layout) from None
    return values, levels


def sampled(
    traced: BitstreamTrace,
    whole_tree: bool,
    shown: list[tuple[int, memoryview]],
    tensors: list[dict[str, Any]],
) -> list[str]:
    """Say what was left out of the page, one sentence each."""
    notes = []
    if not whole_tree:
        notes.append("The tree leaves out what is inside some units.")
    held = sum(len(piece) for _, piece in shown)
    if held < len(traced.data):
        notes.append(
            f"Of {len(traced.data)} bytes {held} are in this page: headers, and the first "
            "bytes of payloads."
        )
    left_out = sum("value_histogram" not in tensor for tensor in tensors)
    if left_out:
        notes.append(f"{left_out} of {len(tensors)} tensors have no histogram.")
    return notes
