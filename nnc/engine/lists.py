"""Values put into lists and taken out of them, and lists that have to follow."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnc.engine.fields import Field, array_type
from nnc.engine.values import default_item


class Shift:
    """A value put into a list or taken out of it, which parallel lists have to follow.

    Attributes:
        index: where.
        length: number of values of the list before.
        delta: 1 or -1.
    """

    def __init__(self, index: int, length: int, delta: int):
        """Store the parts."""
        self.index, self.length, self.delta = index, length, delta


def resized(field: Field, values: Any, wanted: int, shift: Shift | None, is_row: bool) -> Any:
    """Return a list with another number of values.

    Values are added and taken away where a parallel list had them added and taken away, else
    at the end.
    """
    items = list(values)
    filler = default_item(field)
    nested = field.depth == 2 and not is_row
    if shift is not None and len(items) == shift.length and wanted == len(items) + shift.delta:
        if shift.delta > 0:
            items.insert(shift.index, [] if nested else filler)
        else:
            del items[shift.index]
    del items[wanted:]
    while len(items) < wanted:
        items.append([] if nested else filler)
    if field.array and (is_row or field.depth == 1):
        return np.array(items, dtype=array_type(field))
    return items
