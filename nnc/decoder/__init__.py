"""Decoding: from units to levels, from levels to tensors (clauses 7 and 9)."""

from nnc.decoder.limits import Limits
from nnc.decoder.model import DecodedModel, DecodedTensor, decode_model

__all__ = ["DecodedModel", "DecodedTensor", "Limits", "decode_model"]
