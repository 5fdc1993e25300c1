"""Values that a bitstream must not have where its meaning depends on them."""

from __future__ import annotations

from nnc.bitio import InvalidError
from nnc.syntax import Element


def refuse_reserved(
    element: Element, value: int | None, message: str, place: str = "header"
) -> None:
    """Refuse a value of an element that is outside of the range that the schema says.

    Args:
        element: the element.
        value: its value; None: it is absent.
        message: what is wrong then.
        place: path of the table that it stands in.

    Raises:
        InvalidError: with the range.
    """
    low, high = element.valid
    if value is not None and not low <= value <= high:
        raise InvalidError(
            message,
            path=f"{place}.{element.name}",
            value=value,
            allowed=f"{low}..{high}",
            clause=element.clause,
        )
