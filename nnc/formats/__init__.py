"""Model files: what is read into the encoder and written from the decoder."""

from nnc.formats.model import Model, read_model, write_model
from nnc.formats.registry import (
    FORMATS,
    Format,
    format_of_input,
    format_of_output,
    open_sink,
    open_source,
    suffixes,
)
from nnc.formats.source import ArraySink, ArraySource, Sink, Source, TensorInfo

__all__ = [
    "FORMATS",
    "ArraySink",
    "ArraySource",
    "Format",
    "Model",
    "Sink",
    "Source",
    "TensorInfo",
    "format_of_input",
    "format_of_output",
    "open_sink",
    "open_source",
    "read_model",
    "suffixes",
    "write_model",
]
