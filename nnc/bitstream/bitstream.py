"""A bitstream as a list of units: parse, look, change, write (clauses 6.2 and 6.3).

Parsing reads the size and the header of each unit and the parameter sets; all other payloads
stay views on the data (on the mapped file, for `Bitstream.open`). Writing builds every header
anew from its table: what a table's values don't tell (size forms, padding bits, bytes left
over) is kept beside them, so that an untouched bitstream gives back its very bytes.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Unpack

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.bitio.collection import without_collection
from nnc.bitstream.builder import UnitBuilder
from nnc.bitstream.parser import OutOfBand, OutOfBandKeywords, UnitParser
from nnc.bitstream.unit import Unit
from nnc.engine.files import replace_file
from nnc.engine.mapped import MappedFile, opened, view_of

if TYPE_CHECKING:
    from nnc.engine.plan import Plan

#: Large payloads are written in pieces of so many bytes, so that little of them is in memory.
WRITING_BYTES = 1 << 23


def write_units(units: Iterable[Unit], file: BinaryIO) -> int:
    """Write units to an open file one by one, as they come.

    Args:
        units: the units of a bitstream in order.
        file: where to.

    Returns:
        Their size in bytes.

    Raises:
        BuildError: a table holds what can't be written.
    """
    size = 0
    for piece in UnitBuilder().build_units(units):
        view = memoryview(piece)
        for start in range(0, len(view), WRITING_BYTES):
            file.write(view[start : start + WRITING_BYTES])
        size += len(view)
    return size


class Bitstream:
    """A bitstream: its units in order.

    Attributes:
        units: the units; the list and the tables in it may be changed.
    """

    @checked
    def __init__(self, units: Iterable[Unit] = ()):
        """Put a bitstream together out of units."""
        self.units = list(units)
        self._mapped: tuple[MappedFile, ...] = ()

    @classmethod
    def parse(
        cls,
        data: bytes | bytearray | memoryview | mmap.mmap,
        **left_out: Unpack[OutOfBandKeywords],
    ) -> Bitstream:
        """Parse a bitstream; payloads become views on `data`.

        Args:
            data: the bytes, from the start of the first unit to the end of the last.
            **left_out: what the bitstream leaves out: `dimensions` (tensor_dimensions by name) and
                `cabac_unary_length_minus1` (one for all, or by name).

        Raises:
            InvalidError: the bytes break the syntax.
            IncompleteError: the bytes end within a unit.
            LimitError: aggregates are nested too deep.
        """
        view = view_of(data)
        parser = UnitParser(view, OutOfBand.of(**left_out))
        with without_collection():
            return cls(parser.parse_units(0, len(view)))

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        **left_out: Unpack[OutOfBandKeywords],
    ) -> Bitstream:
        """Open a file: mapped into memory, its payloads untouched until they are asked for.

        What comes through a pipe is read as a whole.

        Args and errors as for `parse`; also OSError where the file can't be read.
        """
        found = opened(path)
        bitstream = cls.parse(found if isinstance(found, bytes) else found.mapping, **left_out)
        if not isinstance(found, bytes):
            bitstream.note_mapping(found)
        return bitstream

    def __getitem__(self, name: str) -> Unit:
        """Return the unit that holds a tensor, the first part of one that is cut.

        Raises:
            InputError: there is no such tensor.
        """
        units = (unit for unit in self.walk() if unit.shared_header is not None)
        found = (unit for unit in units if name in unit.names)
        unit = next(found, None)
        if unit is None:
            raise InputError(f"there is no tensor {name!r} in the bitstream")
        return unit

    def __repr__(self) -> str:
        """Show how many units and tensors there are, and the bytes of all."""
        units = list(self.walk())
        names = {name for unit in units if unit.shared_header is not None for name in unit.names}
        size = sum(unit.byte_size for unit in self.units)
        return f"<Bitstream of {len(units)} units, {len(names)} tensors, {size} bytes>"

    def walk(self) -> Iterator[Unit]:
        """Yield all units in the order of decoding, those inside aggregates too."""

        def inside(units: Sequence[Unit]) -> Iterator[Unit]:
            for unit in units:
                yield unit
                if unit.holds_units:
                    yield from inside(unit.units)

        return inside(self.units)

    @checked
    def get(self, path: str) -> Any:
        """Return what stands at a path; no payload is decoded for it.

        Args:
            path: `units[3].header.tensor_dimensions[1]`, `units[1].payload.mps_qp_density`,
                `units[*].header.topology_elem_id`; names of called tables may be left out.

        Returns:
            The value, None for an element that is absent. With `*` in the path, a list of pairs
            of path and value, of those that are present.

        Raises:
            InputError: the path leads nowhere.
            BitstreamError: the payload that holds the element can't be parsed.
        """
        from nnc.bitstream import paths

        self.check_files()
        with without_collection():
            return paths.get(self.units, path)

    @checked
    def set(self, path: str, value: Any, *, force: bool = False) -> Plan:
        """Change an element, and everything that must change with it.

        Elements appear with their default, or vanish, as conditions require. Lists and their
        counts, unit sizes, aggregate headers and digests of parents follow. Payloads stay as they
        are. A change replaces tables: take `unit.header` again afterwards.

        Args:
            path: as for `get`; with `*` all elements that are present are set.
            value: the value; a list for all values of an element with indices.
            force: accept values that are reserved or out of the schema's range.

        Returns:
            What has changed.

        Raises:
            InputError: the path leads nowhere.
            BuildError: the schema forbids the change; the bitstream stays as it was.
            BitstreamError: the change needs something that is missing; likewise.
        """
        return self.set_all({path: value}, force=force)

    @checked
    def set_all(self, values: Mapping[str, Any], *, force: bool = False) -> Plan:
        """Change several elements at once, by path; else as `set`."""
        return self._change("set", values, force=force)

    @checked
    def plan_set(
        self, path: str | Mapping[str, Any], value: Any = None, *, force: bool = False
    ) -> Plan:
        """Say what `set`, or `set_all` for a mapping, would change; nothing is changed."""
        values = path if isinstance(path, Mapping) else {path: value}
        return self._change("set", values, force=force, keep=False)

    @checked
    def insert(self, path: str, value: Any, *, force: bool = False) -> Plan:
        """Put a value into a list, before the index that the path ends with.

        Args:
            path: `units[3].header.tensor_dimensions[1]`, or `units[3]` for a unit.
            value: the value, or a `Unit`.
            force: accept reserved values.

        Returns and raises as `set`.
        """
        return self._change("insert", path, value, force=force)

    @checked
    def plan_insert(self, path: str, value: Any, *, force: bool = False) -> Plan:
        """Say what `insert` would change."""
        return self._change("insert", path, value, force=force, keep=False)

    @checked
    def remove(self, path: str, *, force: bool = False) -> Plan:
        """Take a value out of a list, or take out a unit.

        An element without index is taken away where the syntax lets it be absent.
        Returns and raises as `set`.
        """
        return self._change("remove", path, force=force)

    @checked
    def plan_remove(self, path: str, *, force: bool = False) -> Plan:
        """Say what `remove` would change."""
        return self._change("remove", path, force=force, keep=False)

    def _change(self, kind: str, *about: Any, force: bool, keep: bool = True) -> Plan:
        # Most calls only read: they don't load what changes.
        from nnc.bitstream.editing import edit
        from nnc.engine.editing import setting

        changes: dict[str, Any] = {
            "set": setting, "insert": edit.insertion, "remove": edit.removal,
        }  # fmt: skip
        return edit.run(self, changes[kind](*about), force=force, keep=keep)

    def pieces(self) -> Iterator[bytes | memoryview]:
        """Return the bytes of the bitstream piece by piece, payloads as views.

        Raises:
            BuildError: a table holds what can't be written.
        """
        self.check_files()
        return UnitBuilder().build_units(self.units)

    def check_files(self) -> None:
        """Look whether the files that payloads are views on are as long as they were.

        Raises:
            InputError: one has become shorter.
        """
        for mapped in self._mapped:
            mapped.check()

    def to_bytes(self) -> bytes:
        """Return the bytes of the bitstream; see `pieces` for errors."""
        with without_collection():
            return b"".join(self.pieces())

    @checked
    def write(self, file: BinaryIO) -> None:
        """Write the bitstream to an open file; see `pieces` for errors."""
        for piece in self.pieces():
            self.check_files()
            view = memoryview(piece)
            large = len(view) > WRITING_BYTES
            if large and any(mapped.copy(view, file) for mapped in self._mapped):
                continue
            for start in range(0, len(view), WRITING_BYTES):
                file.write(view[start : start + WRITING_BYTES])
                if large:
                    self.release_pages()

    @checked
    def share_mapping(self, other: Bitstream) -> None:
        """Note that payloads are views on the files that another bitstream has mapped."""
        self._mapped = tuple(dict.fromkeys([*self._mapped, *other._mapped]))

    def note_mapping(self, mapped: MappedFile) -> None:
        """Note that payloads are views on a mapped file."""
        self._mapped = tuple(dict.fromkeys([*self._mapped, mapped]))

    def release_pages(self) -> None:
        """Release the memory into which pages of mapped files were read."""
        for mapped in self._mapped:
            mapped.release_pages()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the bitstream to a file, which is replaced in one step or not at all.

        Raises:
            BuildError: a table holds what can't be written.
            OSError: the file can't be written.
        """
        replace_file(path, self.write)
