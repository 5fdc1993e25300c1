# cython: annotation_typing=False
"""Where elements stand: their paths, what a trace holds, and the error beyond a limit."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnc.bitio.errors import LimitError


class TraceEntry(NamedTuple):
    """One element as it was read: where, how wide, what."""

    position: int
    bits: int
    path: str
    descriptor: str
    value: Any


#: Makes an entry from a tuple of its parts, in half the time of a call.
new_tuple = tuple.__new__


def index_text(index: Any) -> str:
    """Return an index (None, an integer or a tuple of them) as `[1][2]`."""
    if index is None:
        return ""
    if isinstance(index, tuple):
        return "".join([f"[{i}]" for i in index])
    return f"[{index}]"


def path_text(stack: list[Any], name: str, index: Any) -> str:
    """Join the entered tables and the element into a path.

    A table whose field has the table's own name is left out: its elements are found from the
    caller all the same, and `header.dq_flag` reads better than the names of all tables between.
    """
    text = ""
    for field, table, place in stack:
        if place is not None:
            text += field + index_text(place) + "."
        elif field and field != table:
            text += field + "."
    if index is not None:
        name += index_text(index)
    return text + name if name else text.removesuffix(".")


def limit_error(stream: Any, what: str, name: str, index: Any, limit: str) -> LimitError:
    """Return the error for what is beyond one of the limits of a reader or writer."""
    return LimitError(
        what,
        code=f"limit-{limit}",
        path=stream.path(name, index).rstrip("."),
        bit_position=stream.position,
        allowed=f"at most {getattr(stream.limits, limit)}",
        hint=f"the limit `{limit}` can be raised",
    )
