"""What the schema says about units, by their type.

Generated; do not edit.
Schema hash: sha256 d661755a3be5f59b2c57b7e4b70dea3b7afe8aa07b3f35975317961d4f3afac3
"""

from __future__ import annotations

from typing import Final, NamedTuple


class UnitKind(NamedTuple):
    """What the schema says about units of one type.

    Attributes:
        header: the table in the header that only such units have, or "".
        payload: that in the payload, or "".
        parsed: the payload is read as its table: it has elements, none of them decoded by
            hand-written code, and holds no units.
        names: the names its tables set that hold for later units too.
        starts: such a unit begins a new scope: only its own names hold after it.
        persistent: what its payload sets holds for the units that follow.
        divisible: its payload may be cut over several units.
    """

    header: str = ""
    payload: str = ""
    parsed: bool = False
    names: tuple[str, ...] = ()
    starts: bool = False
    persistent: bool = False
    divisible: bool = False


#: The kinds of units by the number of their type.
UNIT_KINDS: Final[dict[int, UnitKind]] = {}
