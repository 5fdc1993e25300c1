"""All syntax tables: dataclasses, constructs, enums, and the scope they share.

Generated; do not edit.
Schema hash: sha256 d661755a3be5f59b2c57b7e4b70dea3b7afe8aa07b3f35975317961d4f3afac3
"""

from __future__ import annotations

from nnc.bitio.table import Syntax
from tests.second_format.syntax.description import Constraint, Description, Element, Framing, Shape
from tests.second_format.syntax.parameter_sets import (
    BASELINE,
    HIGH,
    HIGH_422,
    MAIN,
    PICTURE,
    SEQUENCE,
    NalUnit,
    NalUnitType,
    PicParameterSetRbsp,
    ProfileIdc,
    SeqParameterSetData,
    nal_unit,
    pic_parameter_set_rbsp,
    seq_parameter_set_data,
)
from tests.second_format.syntax.scope import GIVEN, GIVEN_DEFAULTS, PERSISTENT, SHARED, Scope
from tests.second_format.syntax.units import UNIT_KINDS, UnitKind

#: The table that everything is reached from.
ROOT = "nal_unit"

#: How tables of the root follow each other in a file; None where the schema doesn't say.
FRAMING: Framing | None = None
#: The constructs by the name of their table.
TABLES: dict[str, Syntax] = {
    "nal_unit": nal_unit,
    "pic_parameter_set_rbsp": pic_parameter_set_rbsp,
    "seq_parameter_set_data": seq_parameter_set_data,
}

__all__ = [
    "BASELINE",
    "FRAMING",
    "GIVEN",
    "GIVEN_DEFAULTS",
    "HIGH",
    "HIGH_422",
    "MAIN",
    "PERSISTENT",
    "PICTURE",
    "ROOT",
    "SEQUENCE",
    "SHARED",
    "TABLES",
    "UNIT_KINDS",
    "Constraint",
    "Description",
    "Element",
    "Framing",
    "NalUnit",
    "NalUnitType",
    "PicParameterSetRbsp",
    "ProfileIdc",
    "Scope",
    "SeqParameterSetData",
    "Shape",
    "UnitKind",
    "nal_unit",
    "pic_parameter_set_rbsp",
    "seq_parameter_set_data",
]
