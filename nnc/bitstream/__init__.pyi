"""A bitstream as a list of units: parse, inspect, change, write (clauses 6.2 and 6.3)."""

from nnc.bitstream.bitstream import Bitstream, write_units
from nnc.bitstream.parser import OutOfBand, OutOfBandKeywords
from nnc.bitstream.type_names import type_name
from nnc.bitstream.unit import ParameterSets, Unit
from nnc.bitstream.whole import whole_unit_header
from nnc.engine.files import NewFile, replace_bytes, replace_file, size_on_disk
from nnc.engine.plan import Change, Plan, UnitChange

__all__ = [
    "Bitstream",
    "Change",
    "NewFile",
    "OutOfBand",
    "OutOfBandKeywords",
    "ParameterSets",
    "Plan",
    "Unit",
    "UnitChange",
    "replace_bytes",
    "replace_file",
    "size_on_disk",
    "type_name",
    "whole_unit_header",
    "write_units",
]
