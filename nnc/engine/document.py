"""A document of a format: what the tables of its root hold, read, changed, written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from nnc.bitio import InputError, Table
from nnc.engine import editing
from nnc.engine.files import replace_file
from nnc.engine.mapped import bytes_of, view_of
from nnc.engine.paths import Place, parse_path, path_error, places_in, values_at
from nnc.engine.plan import Plan
from nnc.engine.records import Layout, Record, RecordReader, written


class Document:
    """A file of a format: its elements by path.

    A path begins with an element of the root table, `header.width`; where the format's framing
    makes a list of root tables, with the name of the root table and a number:
    `nal_unit[3].nal_unit_type`.

    Attributes:
        format: the format.
        records: the root tables in order: one, or as many as the framing gives.
        rest: bytes after the last of them.
    """

    def __init__(self, form: Layout, records: list[Record], rest: bytes | memoryview = b""):
        """Put a document together out of what was read."""
        self.format, self.records, self.rest = form, records, rest

    @classmethod
    def parse(cls, form: Layout, data: Any, **given: Any) -> Document:
        """Parse data; see `Format.parse`."""
        view = view_of(data)
        reading = RecordReader(form, view, form.scope(given))
        records = []
        while reading.more():
            records.append(reading.read())
        return cls(form, records, view[reading.place + 7 >> 3 :])

    @classmethod
    def open(cls, form: Layout, path: str | os.PathLike[str], **given: Any) -> Document:
        """Open a file; see `Format.open`."""
        return cls.parse(form, bytes_of(path), **given)

    @property
    def table(self) -> Table:
        """The root table, of a format without framing."""
        if self.format.framing.many:
            raise InputError(f"there are {len(self.records)} tables; take one of `records`")
        return self.records[0].table

    def get(self, path: str) -> Any:
        """Return the value at a path, None where the element is absent.

        Args:
            path: path of an element or table; with `[*]` of all that it fits.

        Returns:
            The value; with `[*]` a list of paths and values, absent ones left out.

        Raises:
            InputError: the path leads nowhere.
        """
        return values_at(path, self.places)

    def places(self, path: str) -> Iterator[Place]:
        """Yield the places that a path leads to.

        Raises:
            InputError: it leads nowhere.
        """
        steps = parse_path(path)
        syntax, first = self.format.root, steps[0]
        if not self.format.framing.many:
            # The name of the root table itself may stand first, and needn't.
            own = syntax.table not in syntax.table_type.fields
            rest = steps[1:] if own and first.name == syntax.table and not first.indices else steps
            yield from places_in(Place(syntax.table_type, self.records[0].table), rest, path)
            return
        if first.name != syntax.table:
            raise path_error(path, 0, repr(syntax.table))
        if len(first.indices) != 1:
            raise path_error(path, len(first.name), "the number of a table, [3] or [*]")
        wanted = first.indices[0]
        count = len(self.records)
        if isinstance(wanted, int) and wanted >= count:
            told = f"they go up to {count - 1}" if count else "there are none"
            raise InputError(f"{path}: column 1: there is no {first.name}[{wanted}], {told}")
        for index in range(count) if isinstance(wanted, str) else (wanted,):
            place = Place(syntax.table_type, self.records[index].table, self.name_of(index))
            yield from places_in(place, steps[1:], path)

    def name_of(self, index: int) -> str:
        """Return the path of a root table; "" for the only one."""
        return f"{self.format.root.table}[{index}]" if self.format.framing.many else ""

    def set(self, path: str, value: Any, *, force: bool = False) -> Plan:
        """Change an element, and whatever has to change with it.

        Args:
            path: path of an element; with `[*]` of all that it fits.
            value: the value; None to take the element away.
            force: accept reserved values and values out of range.

        Returns:
            All that has changed.

        Raises:
            NncError: the change was refused, and the document is as it was.
        """
        return self.set_all({path: value}, force=force)

    def set_all(self, values: Mapping[str, Any], *, force: bool = False) -> Plan:
        """Change several elements at once, by path; else as `set`."""
        return editing.run(self, editing.setting(values), force=force)

    def plan_set(
        self, path: str | Mapping[str, Any], value: Any = None, *, force: bool = False
    ) -> Plan:
        """Say what `set`, or `set_all` for a mapping, would change; nothing is changed."""
        values = path if isinstance(path, Mapping) else {path: value}
        return editing.run(self, editing.setting(values), force=force, keep=False)

    def insert(self, path: str, value: Any, *, force: bool = False) -> Plan:
        """Put a value into a list, before the index that the path ends with.

        Args:
            path: the place, as `block[1]` or `block[1].size[0]`.
            value: a value; for a list of tables a table, or a mapping of its values.
            force: accept reserved values and values out of range.

        Returns and raises as `set`.
        """
        return editing.run(self, editing.insertion(path, value), force=force)

    def plan_insert(self, path: str, value: Any, *, force: bool = False) -> Plan:
        """Say what `insert` would change."""
        return editing.run(self, editing.insertion(path, value), force=force, keep=False)

    def remove(self, path: str, *, force: bool = False) -> Plan:
        """Take a value out of a list, or an element or table away.

        Args:
            path: what goes.
            force: accept reserved values and values out of range.

        Returns and raises as `set`.
        """
        return editing.run(self, editing.removal(path), force=force)

    def plan_remove(self, path: str, *, force: bool = False) -> Plan:
        """Say what `remove` would change."""
        return editing.run(self, editing.removal(path), force=force, keep=False)

    def to_bytes(self) -> bytes:
        """Return the document as bytes: those it was read from, as far as nothing was changed.

        Raises:
            BuildError: a table holds what can't be written.
        """
        return written(self.format, self.records)[0] + bytes(self.rest)

    def write(self, file: BinaryIO) -> None:
        """Write the document to an open file."""
        file.write(self.to_bytes())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the document to a file in one step: it is there whole, or as before."""
        replace_file(Path(path), self.write)

    def __eq__(self, other: object) -> bool:
        """Tell whether both hold the same tables."""
        if not isinstance(other, Document):
            return NotImplemented
        tables, others = ([one.table for one in each.records] for each in (self, other))
        return self.format is other.format and tables == others and self.rest == other.rest

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Show the format and how much there is."""
        count = len(self.records)
        return f"<{self.format.name}, {count} {self.format.root.table}{'s' * (count != 1)}>"
