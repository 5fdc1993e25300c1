"""Model files: what is read into the encoder and written from the decoder."""

from nnc.formats.model import Model, read_model, write_model
from nnc.formats.recognition import head_of, what_it_is
from nnc.formats.registry import (
    FORMATS,
    INDEX_SUFFIX,
    SHARDS_KEY,
    Format,
    format_of_input,
    format_of_output,
    open_sink,
    open_source,
    suffixes,
)
from nnc.formats.sharded import with_shard_size
from nnc.formats.source import ArraySink, ArraySource, ModelFileWarning, Sink, Source, TensorInfo

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
    "format_of_input",
    "format_of_output",
    "head_of",
    "open_sink",
    "open_source",
    "read_model",
    "suffixes",
    "what_it_is",
    "with_shard_size",
    "write_model",
]
