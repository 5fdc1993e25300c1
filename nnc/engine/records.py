"""The tables of a format's root, one after the other, in the data and out of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from nnc.bitio import BitReader, BitstreamError, BitWriter, BuildError, InvalidError, Table
from nnc.engine.framing import Framing, Span
from nnc.engine.places import located


class Layout(Protocol):
    """What a format says of the tables of its root.

    Attributes:
        name: name of the format.
        root: what reads and writes a table of the root.
        tables: what reads and writes each table, by name.
        framing: how tables of the root follow each other.
    """

    name: str
    root: Any
    tables: Mapping[str, Any]
    framing: Framing

    def scope(self, given: Mapping[str, Any]) -> Any:
        """Return the names before the first table, with values that only the caller knows."""


@dataclass(slots=True)
class Record:
    """One table of the root, with what stands around it.

    Attributes:
        table: what was read.
        scope: the names in force before it.
        before: the bytes of the framing before it; b"" for a new one.
        padding: the bits after the table up to the next byte, and their number.
        trailing: the bytes after that, up to the end of what is framed.
        start: its first bit in the data, with the framing.
        stop: the bit after its last.
    """

    table: Table
    scope: Any
    before: bytes | memoryview = b""
    padding: tuple[int, int] = (0, 0)
    trailing: bytes | memoryview = b""
    start: int = 0
    stop: int = 0


class RecordReader:
    """Reads the tables of the root one after the other.

    Attributes:
        reader: what it reads with.
        scope: the names in force.
        index: number of the next table.
        place: its first bit, with the framing.
        end: the bit after what was read last, bits that fill up a byte included.
        span: where the table lies that is or was read last.
    """

    def __init__(self, form: Layout, data: memoryview, scope: Any, rules: Any = None):
        """Begin with the first table; `rules` sees to the rules of the schema."""
        self.format, self.data, self.scope = form, data, scope
        self.reader = BitReader(data, rules=rules)
        self.index = self.place = self.end = 0
        self.span: Span | None = None

    def more(self) -> bool:
        """Tell whether another table follows."""
        framing, left = self.format.framing, 8 * len(self.data) - self.place
        if not framing.many:
            return self.index == 0
        if framing.bounded:
            return bool(self.place < 8 * framing.end(self.data))
        # What is left of the last byte of all fills it up.
        return left >= 8 or (left > 0 and self.place % 8 == 0)

    def read(self) -> Record:
        """Read one table.

        Raises:
            BitstreamError: it breaks the syntax, at a place that the error names.
        """
        form, reader, root = self.format, self.reader, self.format.root
        start, self.span = self.place, None
        reader.stack.clear()
        reader.enter(root.table, root.table, self.index if form.framing.many else None)
        try:
            span = self.span = form.framing.span(self.data, start >> 3)
            if form.framing.bounded:
                reader.position, reader.end = 8 * span.content, 8 * span.stop
            before = self.scope.copy()
            table = root.read_from(reader, self.scope)
        except BitstreamError as error:
            raise located(error, reader, form.tables) from None
        record = Record(table, before, self.data[span.start : span.content], start=start)
        self.finish(record)
        self.index += 1
        return record

    def finish(self, record: Record) -> None:
        """Take what follows a table up to the next one."""
        framing, reader = self.format.framing, self.reader
        stop = self.end = reader.position
        if framing.many and not framing.bounded and reader.remaining >= 8:
            if stop == record.start:
                raise InvalidError(
                    "a table that takes no bits would be repeated without end",
                    path=reader.path("").rstrip("."), bit_position=stop,
                )  # fmt: skip
        else:
            bits = -stop % 8
            record.padding = (reader.u(bits, "padding") if bits else 0), bits
            self.end = reader.position
            record.trailing = self.data[reader.position >> 3 : reader.end >> 3]
            stop = reader.end
        record.stop = self.place = stop
        reader.position = stop

    def skip(self) -> bool:
        """Go on after a table that can't be read; tell whether its end is known."""
        if self.span is None or not self.format.framing.bounded:
            return False
        self.index += 1
        self.place = 8 * self.span.stop
        return True


def written(form: Layout, records: Sequence[Record]) -> tuple[bytes, list[tuple[int, int]]]:
    """Return tables of the root as bytes, and the first bit of each and the bit after it.

    Raises:
        BuildError: a table holds what can't be written.
    """
    whole, places = BitWriter(), []
    scope = records[0].scope.copy() if records else None
    for index, record in enumerate(records):
        start = whole.position
        if form.framing.bounded:
            writer = BitWriter()
            write_table(form, index, record, writer, scope)
            content = writer.to_bytes()
            try:
                whole.bs(form.framing.before(record.before, len(content), index), "framing")
            except BuildError as error:
                raise error.locate(path_prefix=f"{form.root.table}[{index}]") from None
            whole.bs(content, "framed")
        else:
            write_table(form, index, record, whole, scope)
        places.append((start, whole.position))
    return whole.to_bytes(), places


def write_table(form: Layout, index: int, record: Record, writer: BitWriter, scope: Any) -> None:
    """Write one table and what follows it."""
    root = form.root
    writer.enter(root.table, root.table, index if form.framing.many else None)
    try:
        root.write_to(writer, record.table, scope)
    except BuildError as error:
        raise located(error, writer, form.tables) from None
    writer.leave()
    value, bits = record.padding
    if bits and writer.position % 8:
        kept = value if bits == -writer.position % 8 else 0
        writer.u(-writer.position % 8, kept, "padding")
    if len(record.trailing):
        writer.bs(record.trailing, "trailing")


def copied(record: Record) -> Record:
    """Return a record of its own, with the same table."""
    return replace(record)
