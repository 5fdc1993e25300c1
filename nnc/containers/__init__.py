"""Bitstreams carried in files of other formats (Annex E).

`embed` puts a bitstream into an ISO base media file, a safetensors file or the external data of
an ONNX model, by the suffix of the file; `extract` takes it out again by the file's content,
byte for byte as it was.
"""

from nnc.containers.carriage import EMBEDDING_SUFFIXES, TAG_URI, embed, extract, is_carrier

__all__ = ["EMBEDDING_SUFFIXES", "TAG_URI", "embed", "extract", "is_carrier"]
