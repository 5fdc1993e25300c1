"""Encoding: from tensors to levels, from levels to units (clauses 8 and 9)."""

from nnc.encoder.block import Block
from nnc.encoder.decodability import values_of_products, warn_of_limits
from nnc.encoder.joined import Joined
from nnc.encoder.model import encode_model, encode_units
from nnc.encoder.options import EncoderOptions, LayerParameters
from nnc.encoder.quantization_plan import EncodingWarning
from nnc.encoder.session import Encoder
from nnc.encoder.targets import (
    Target,
    TargetResult,
    Trial,
    encode_to_target,
    has_target,
    taken_target,
)
from nnc.encoder.tensor_options import CodebookChoice, TensorOptions

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
