"""What the schema says about units, by their type.

Generated; do not edit.
Schema hash: sha256 150cbaccb37127635f11d57658a3ecca49c4973a11d2c30cadb47c31da16d543
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
UNIT_KINDS: Final[dict[int, UnitKind]] = {
    0: UnitKind(
        "nnr_start_unit_header",
        "nnr_start_unit_payload",
        False,
        ("general_profile_idc",),
        starts=True,
    ),
    1: UnitKind(
        "nnr_model_parameter_set_unit_header",
        "nnr_model_parameter_set_unit_payload",
        True,
        ("mps_parent_signalling_enabled_flag", "mps_topology_indexed_reference_flag"),
        persistent=True,
    ),
    2: UnitKind(
        "nnr_layer_parameter_set_unit_header",
        "nnr_layer_parameter_set_unit_payload",
        True,
        (),
        persistent=True,
    ),
    3: UnitKind("nnr_topology_unit_header", "nnr_topology_unit_payload", True, (), divisible=True),
    4: UnitKind(
        "nnr_quantization_unit_header", "nnr_quantization_unit_payload", True, (), divisible=True
    ),
    5: UnitKind(
        "nnr_compressed_data_unit_header",
        "nnr_compressed_data_unit_payload",
        False,
        (),
        divisible=True,
    ),
    6: UnitKind("nnr_aggregate_unit_header", "nnr_aggregate_unit_payload", False, ()),
}
