"""Headers of units that are written whole."""

from __future__ import annotations

from typing import Any

from nnc.syntax import NnrUnitHeader


def whole_unit_header(nnr_unit_type: int, **tables: Any) -> NnrUnitHeader:
    """Return the header of a unit that is whole, and can be decoded without other data units.

    Args:
        nnr_unit_type: its type.
        **tables: the header's table for units of that type, if it has one.
    """
    return NnrUnitHeader(
        nnr_unit_type=nnr_unit_type,
        independently_decodable_flag=1,
        partial_data_counter_present_flag=0,
        **tables,
    )
