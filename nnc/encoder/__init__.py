"""Encoding: from tensors to levels, from levels to units (clauses 8 and 9)."""

from nnc.bitio.caution import EncodingWarning
from nnc.encoder.inputs.joined import Joined
from nnc.encoder.model import encode_model, encode_units
from nnc.encoder.options.model import EncoderOptions, LayerParameters
from nnc.encoder.options.tensor import CodebookChoice, TensorOptions
from nnc.encoder.search.targets import (
    Target,
    TargetResult,
    Trial,
    encode_to_target,
    has_target,
    taken_target,
)
from nnc.encoder.session.encoder import Encoder
from nnc.encoder.units.block import Block
from nnc.encoder.units.decodability import values_of_products, warn_of_limits

__all__ = [
    "Block",
    "CodebookChoice",
    "Encoder",
    "EncoderOptions",
    "EncodingWarning",
    "Joined",
    "LayerParameters",
    "Target",
    "TargetResult",
    "TensorOptions",
    "Trial",
    "encode_model",
    "encode_to_target",
    "encode_units",
    "has_target",
    "taken_target",
    "values_of_products",
    "warn_of_limits",
]
