"""Decoding: from units to levels, from levels to tensors (clauses 7 and 9)."""

from nnc.bitio.caution import DecodingWarning, MissingTensorsWarning
from nnc.decoder.completeness import warn_of_missing
from nnc.decoder.incoming import StreamDecoder
from nnc.decoder.model import DecodedModel, decode_model
from nnc.decoder.reconstruction import Reconstruct
from nnc.decoder.session import Decoder
from nnc.decoder.stream import ModelStream
from nnc.decoder.tensor import DecodedTensor
from nnc.decoder.workers import Resources
from nnc.model.batch_norm import BatchNorm
from nnc.model.information import ModelInformation
from nnc.model.limits import Limits
from nnc.model.performance_maps import PerformanceMaps
from nnc.model.pruning import Pruning
from nnc.model.topology import Quantization, Topology, read_topology

__all__ = [
    "BatchNorm",
    "DecodedModel",
    "DecodedTensor",
    "Decoder",
    "DecodingWarning",
    "Limits",
    "MissingTensorsWarning",
    "ModelInformation",
    "ModelStream",
    "PerformanceMaps",
    "Pruning",
    "Quantization",
    "Reconstruct",
    "Resources",
    "StreamDecoder",
    "Topology",
    "decode_model",
    "read_topology",
    "warn_of_missing",
]
