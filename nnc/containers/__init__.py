"""Bitstreams carried in files of other formats (Annex E).

`embed` puts a bitstream into an ISO base media file, a safetensors file or the external data of
an ONNX model, by the suffix of the file; `extract` takes it out again by the file's content,
byte for byte as it was. `read_post_filter` takes the payload of a video's SEI message apart.
"""

from nnc.containers.carriage import (
    EMBEDDING_SUFFIXES,
    MESSAGE_SUFFIX,
    TAG_URI,
    embed,
    extract,
    is_carrier,
)
from nnc.containers.post_filter import PostFilter, read_post_filter

__all__ = [
    "EMBEDDING_SUFFIXES",
    "MESSAGE_SUFFIX",
    "TAG_URI",
    "PostFilter",
    "embed",
    "extract",
    "is_carrier",
    "read_post_filter",
]
