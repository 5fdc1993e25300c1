"""What units are called: by the name of their type, and ours of metadata by its own."""

from __future__ import annotations

from nnc.syntax import NnrUnitType

#: Our unit of metadata (`nnc.model.metadata`): its type, one of those left to applications, how
#: its payload begins, and what it is called.
METADATA_UNIT_TYPE, METADATA_SIGNATURE, METADATA_NAME = 62, b"nnc metadata 1\0", "nnc metadata"

#: Names of the types that have one.
TYPE_NAMES = {int(kind): kind.name for kind in NnrUnitType}


def type_name(nnr_unit_type: int, payload: bytes | memoryview = b"") -> str:
    """Return the name of a unit type; reserved and unspecified ones by their number.

    Args:
        nnr_unit_type: the type.
        payload: what the unit holds, which tells one of ours from others of its type.
    """
    if (
        nnr_unit_type == METADATA_UNIT_TYPE
        and payload[: len(METADATA_SIGNATURE)] == METADATA_SIGNATURE
    ):
        return METADATA_NAME
    name = TYPE_NAMES.get(nnr_unit_type)
    return f"type {nnr_unit_type}" if name is None else name
