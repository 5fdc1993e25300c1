"""Model files: what is read into the encoder and written from the decoder."""

from nnc.bitio.caution import ModelFileWarning
from nnc.formats.hostile import unpacked
from nnc.formats.model import Model, leave_out, read_model, write_model
from nnc.formats.recognition import head_of, what_it_is
from nnc.formats.registry import (
    FORMATS,
    INDEX_SUFFIX,
    SHARDS_KEY,
    Format,
    UnknownFormatError,
    format_of_input,
    format_of_output,
    open_sink,
    open_source,
    suffix_for,
    suffixes,
)
from nnc.formats.sharded import with_shard_size
from nnc.formats.source import ArraySink, ArraySource, Sink, Source, TensorInfo

__all__ = [
    "FORMATS",
    "INDEX_SUFFIX",
    "SHARDS_KEY",
    "ArraySink",
    "ArraySource",
    "Format",
    "Model",
    "ModelFileWarning",
    "Sink",
    "Source",
    "TensorInfo",
    "UnknownFormatError",
    "format_of_input",
    "format_of_output",
    "head_of",
    "leave_out",
    "open_sink",
    "open_source",
    "read_model",
    "suffix_for",
    "suffixes",
    "unpacked",
    "what_it_is",
    "with_shard_size",
    "write_model",
]
