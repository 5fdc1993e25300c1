"""Encoding: from tensors to levels, from levels to units (clauses 8 and 9)."""

from nnc.bitio.caution import EncodingWarning
from nnc.encoder.call.asked import asked, listing_options
from nnc.encoder.inputs.joined import Joined
from nnc.encoder.model import encode_model, encode_units
from nnc.encoder.options.coding import CodebookChoice
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.options.steps import LayerParameters
from nnc.encoder.options.target import Target, Trial
from nnc.encoder.options.tensor import TensorOptions
from nnc.encoder.search.targets import TargetResult, encode_to_target, encoded, encoded_bytes
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
    "asked",
    "encode_model",
    "encode_to_target",
    "encode_units",
    "encoded",
    "encoded_bytes",
    "listing_options",
    "values_of_products",
    "warn_of_limits",
]
