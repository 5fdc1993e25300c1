"""nnc: compress neural networks into ISO/IEC 15938-17 (Neural Network Coding) and back."""

from nnc.api import (
    check,
    decode,
    decode_levels,
    diff,
    encode,
    load_file,
    load_model,
    save_file,
    trace,
    tree,
)
from nnc.bitio import (
    BitstreamError,
    BuildError,
    IncompleteError,
    InputError,
    InvalidError,
    LimitError,
    MissingValueError,
    NncError,
    UnknownOptionError,
    UnsupportedError,
)
from nnc.bitstream import Bitstream
from nnc.decoder import (
    BatchNorm,
    Decoder,
    DecodingWarning,
    Limits,
    ModelInformation,
    PerformanceMaps,
    Pruning,
    Quantization,
    StreamDecoder,
    Topology,
)
from nnc.encoder import (
    Block,
    Encoder,
    EncodingWarning,
    Joined,
    LayerParameters,
    TensorOptions,
)
from nnc.engine.document import Document
from nnc.engine.format import Format
from nnc.model_files import FileSizes, decode_file, encode_file
from nnc.opened import TensorFile, safe_open

open = Bitstream.open

__version__ = "0.1.0"

__all__ = [
    "BatchNorm",
    "Bitstream",
    "BitstreamError",
    "Block",
    "BuildError",
    "Decoder",
    "DecodingWarning",
    "Document",
    "Encoder",
    "EncodingWarning",
    "FileSizes",
    "Format",
    "IncompleteError",
    "InputError",
    "InvalidError",
    "Joined",
    "LayerParameters",
    "LimitError",
    "Limits",
    "MissingValueError",
    "ModelInformation",
    "NncError",
    "PerformanceMaps",
    "Pruning",
    "Quantization",
    "StreamDecoder",
    "TensorFile",
    "TensorOptions",
    "Topology",
    "UnknownOptionError",
    "UnsupportedError",
    "check",
    "decode",
    "decode_file",
    "decode_levels",
    "diff",
    "encode",
    "encode_file",
    "load_file",
    "load_model",
    "open",
    "safe_open",
    "save_file",
    "trace",
    "tree",
]
