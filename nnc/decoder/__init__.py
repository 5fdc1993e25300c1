"""Decoding: from units to levels, from levels to tensors (clauses 7 and 9)."""

from nnc.decoder.limits import Limits
from nnc.decoder.model import DecodedModel, decode_model
from nnc.decoder.session import Decoder
from nnc.decoder.tensor import DecodedTensor
from nnc.decoder.topology import Topology, read_topology

__all__ = [
    "DecodedModel",
    "DecodedTensor",
    "Decoder",
    "Limits",
    "Topology",
    "decode_model",
    "read_topology",
]
