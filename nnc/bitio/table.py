"""What every generated syntax table is made of: `Table` holds values, `Syntax` codes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from construct import Construct

from nnc.bitio.bits import BitReader, BitWriter


def same_value(a: Any, b: Any) -> bool:
    """Compare two field values; arrays, views and lists of them by what they hold."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same_value, a, b))
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        if a is None or b is None:
            return a is b
        return bool(np.array_equal(a, b))
    return bool(a == b)


class Table:
    """Values of one syntax table, an attribute an element; absent elements are None.

    An element of a table called from this one is found from here too, as long as the name is
    this table's own or stands in one called table only: `header.dq_flag`.
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    #: Names of the fields, in the order of the syntax table.
    fields: ClassVar[tuple[str, ...]] = ()

    def __eq__(self, other: object) -> bool:
        """Tell whether both are of one table and hold equal values."""
        if type(self) is not type(other):
            return NotImplemented
        return all(same_value(getattr(self, name), getattr(other, name)) for name in self.fields)

    def __getattr__(self, name: str) -> Any:
        """Find an element of a called table."""
        if not name.startswith("_"):
            for field in self.fields:
                try:
                    nested = object.__getattribute__(self, field)
                    if isinstance(nested, Table):
                        return getattr(nested, name)
                except AttributeError:
                    continue
        raise AttributeError(f"{type(self).__name__} has no element {name!r}")

    def called(self) -> Iterator[tuple[str, Table]]:
        """Return the called tables that are present, with the names of their fields."""
        for field in self.fields:
            try:
                value = object.__getattribute__(self, field)
            except AttributeError:
                continue
            if isinstance(value, Table):
                yield field, value


class Syntax(Construct):  # type: ignore[misc]
    """Reads and writes one syntax table; a `construct.Construct` like any other.

    Generated subclasses define `_parse` and `_build` for a `BitReader` / `BitWriter` and a
    scope. Handed a byte stream, as by `construct`'s own `parse`, `build` and `Struct`, they
    pass it on to `parse_bytes` and `build_bytes`, which make the one out of the other.
    """

    #: The class that holds the names which tables share; set by generated subclasses.
    scope_type: ClassVar[Any]

    def scope(self, context: Any) -> Any:
        """Return `context` as a scope, taking the names it knows from a mapping."""
        if isinstance(context, self.scope_type):
            return context
        return self.scope_type.from_context(context)

    def parse_bytes(self, stream: Any, context: Any, path: str) -> Any:
        """Parse from a byte stream, and leave it after the last byte used."""
        start = stream.tell() if stream.seekable() else None
        reader = BitReader(stream.read())
        value = self._parse(reader, self.scope(context), path)
        if start is not None:
            stream.seek(start + ((reader.position + 7) >> 3))
        return value

    def build_bytes(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        """Build into a byte stream; a last incomplete byte is filled with zero bits."""
        writer = BitWriter()
        self._build(obj, writer, self.scope(context), path)
        stream.write(writer.to_bytes())
        return obj

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return self.parse_bytes(stream, context, path)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        return self.build_bytes(obj, stream, context, path)

    def _sizeof(self, context: Any, path: str) -> int:
        from construct import SizeofError

        raise SizeofError("the size of a syntax table depends on its values", path=path)
