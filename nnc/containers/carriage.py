"""Putting bitstreams into files of other formats, and taking them out."""

from __future__ import annotations

import os
from pathlib import Path

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream
from nnc.containers.copying import write_pieces
from nnc.containers.isobmff import is_isobmff, read_isobmff, write_isobmff
from nnc.containers.onnx_data import find_onnx_data, write_onnx_data
from nnc.containers.post_filter import read_post_filter
from nnc.containers.safetensors_file import (
    is_safetensors,
    read_safetensors_file,
    write_safetensors_file,
)
from nnc.engine.files import as_path, replace_file
from nnc.engine.mapped import bytes_of

#: Names the format in places that want a URI, such as the SEI message of ITU-T H.274 that
#: carries a neural-network post-filter.
TAG_URI = "tag:iso.org,2023:15938-17"

ISOBMFF_SUFFIXES = (".mp4", ".m4v", ".heif", ".isobmff")
MESSAGE_SUFFIX = ".sei"
EMBEDDING_SUFFIXES = (*ISOBMFF_SUFFIXES, ".safetensors", ".onnx")


@checked
def embed(
    bitstream: str | os.PathLike[str],
    container: str | os.PathLike[str],
    *,
    message: str | os.PathLike[str] | None = None,
) -> None:
    """Put a bitstream into a file of another format, chosen by the suffix (Annex E).

    Args:
        bitstream: the file of the bitstream.
        container: the new file: `.mp4`, `.m4v`, `.heif` and `.isobmff` for an ISO base media
            file with the bitstream as its item, `.safetensors` for one with a tensor of
            bytes, `.onnx` for a model whose external data are the bitstream (which is put into
            the same folder), `.sei` for the payload of a post-filter's message of ITU-T H.274.
            It is replaced in one step or not at all.
        message: for `.sei`, the payload of another message: what stands before its bitstream is
            kept.

    Raises:
        BitstreamError: the bitstream can't be parsed.
        InputError: another suffix, or the package onnx is missing; a message with another suffix
            than `.sei`, or none with that; no bitstream in the message.
        OSError: a file can't be read or written.
    """
    source, target = as_path(bitstream), as_path(container)
    suffix = target.suffix.lower()
    if (message is not None) != (suffix == MESSAGE_SUFFIX):
        raise InputError(
            f"{os.fspath(target)}: name another message for a {MESSAGE_SUFFIX} file, and for no "
            "other: what stands before its bitstream is kept"
        )
    if message is not None:
        parsed(source)
        head = read_post_filter(as_path(message).read_bytes()).head
        write_pieces(target, [head, source.read_bytes()])
    elif suffix in ISOBMFF_SUFFIXES:
        opened = parsed(source)
        replace_file(target, lambda file: write_isobmff(opened, file, source.name))
    elif suffix == ".safetensors":
        parsed(source)
        write_safetensors_file(target, source.read_bytes(), TAG_URI)
    elif suffix == ".onnx":
        parsed(source)
        write_onnx_data(source, target, TAG_URI)
    else:
        known = ", ".join([*EMBEDDING_SUFFIXES, MESSAGE_SUFFIX])
        raise InputError(
            f"{os.fspath(target)}: not the suffix of a container format (choose from {known})"
        )


def parsed(path: Path) -> Bitstream:
    """Parse a bitstream, and refuse an empty one."""
    bitstream = Bitstream.open(path)
    if not bitstream.units:
        raise InputError(f"{os.fspath(path)}: the file is empty")
    return bitstream


@checked
def extract(
    container: str | os.PathLike[str],
    bitstream: str | os.PathLike[str],
    *,
    item: int | None = None,
) -> None:
    """Take a bitstream out of a file of another format, known by the content (Annex E).

    Args:
        container: the file.
        bitstream: the file of the bitstream; replaced in one step or not at all.
        item: item_ID in an ISO base media file; None for the primary item or the only one.

    Raises:
        InputError: no bitstream in the file, or not one of these formats.
        BitstreamError: an ISO base media file breaks the rules of its format.
        OSError: a file can't be read or written.
    """
    source = as_path(container)
    with source.open("rb") as file:
        start = file.read(16)
    if is_isobmff(start):
        extract_item(source, as_path(bitstream), item)
    elif is_safetensors(start):
        data = read_safetensors_file(source, TAG_URI)
        write_pieces(bitstream, [data])
    elif source.suffix.lower() == ".onnx":
        write_pieces(bitstream, [find_onnx_data(source, TAG_URI).read_bytes()])
    elif source.suffix.lower() == MESSAGE_SUFFIX:
        write_pieces(bitstream, [read_post_filter(source.read_bytes()).bitstream])
    else:
        raise InputError(
            f"{os.fspath(source)}: not an ISO base media file or a safetensors file, "
            f"and not named .onnx or {MESSAGE_SUFFIX}"
        )


@checked
def is_carrier(head: bytes) -> bool:
    """Tell by the first bytes whether a file is one that may carry a bitstream.

    Args:
        head: the first bytes of the file, some hundreds of them.
    """
    return is_isobmff(head) or TAG_URI.encode() in head


def extract_item(source: Path, target: Path, item: int | None) -> None:
    """Copy the item of an ISO base media file, without reading the file as a whole."""
    # Views keep the mapping alive; it goes with the last of them.
    write_pieces(target, read_isobmff(bytes_of(source), item))
