"""What stands beside the weights in a folder of a model: configs and tokenizers, carried as text.

They go into one key of the metadata, packed, so that a decoded folder can be loaded as the one
before: `{NAME: base64 of zlib}`. Code doesn't go along: no bitstream should bring any.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from nnc.bitio import InputError
from nnc.bitio.caution import ModelFileWarning, warn

#: The key of the metadata that holds the files.
FILES_KEY = "nnc.files"

#: Ends of names of files that are kept, and of those that are weights or lists of weights.
KEPT = (".json", ".txt", ".model", ".jinja", ".tiktoken", ".vocab", ".spm", ".bpe", ".yaml", ".yml")
INDEXES = (".index.json",)

#: Bytes that all files may have together.
LARGEST = 1 << 26


def files_in(folder: Path, below: Iterable[str] = ("",)) -> dict[str, bytes]:
    """Read the files to be kept of a folder.

    Args:
        folder: the folder.
        below: which folders in it are looked into; "" is the folder itself.

    Returns:
        Contents by name; of a file in a folder below, with that in front.

    Warns:
        ModelFileWarning: a file is left out: code, too large, or a link to somewhere else.
    """
    result: dict[str, bytes] = {}
    size = 0
    for inside in below:
        for place in sorted((folder / inside).iterdir()):
            name = place.relative_to(folder).as_posix()
            if place.suffix == ".py":
                warn(f"{place}: code is left out", ModelFileWarning)
            if not is_kept(name) or not place.is_file():
                continue
            if not is_own(folder, place):
                warn(f"{place}: a link to somewhere else is left out", ModelFileWarning)
                continue
            size += place.stat().st_size
            if size > LARGEST:
                warn(f"{place}: left out: the files beside the weights are large", ModelFileWarning)
                size -= place.stat().st_size
                continue
            result[name] = place.read_bytes()
    return result


def is_kept(name: str) -> bool:
    """Tell by its name whether a file is kept."""
    parts = name.split("/")
    plain = all(part and part[0] != "." and part.isprintable() for part in parts)
    return (
        plain
        and len(parts) <= 2
        and not any(one in name for one in ':\\*?"<>|')
        and parts[-1].endswith(KEPT)
        and not parts[-1].endswith(INDEXES)
    )


def is_own(folder: Path, place: Path) -> bool:
    """Tell whether a file lies in a folder, or in the cache that the folder is a view of."""
    found = place.resolve()
    cache = folder.resolve().parent.parent / "blobs"
    return found.is_relative_to(folder.resolve()) or found.parent == cache


def packed(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return metadata that hold files; nothing for none."""
    content = {name: pack(data) for name, data in files.items()}
    return {FILES_KEY: json.dumps(content, separators=(",", ":"))} if content else {}


def pack(data: bytes) -> str:
    """Return bytes as text."""
    return base64.b64encode(zlib.compress(data, 9)).decode("ascii")


def unpacked_files(metadata: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files that metadata hold.

    Raises:
        InputError: they can't be read, are too large, or have names that could do harm.
    """
    result = unpack_all(metadata.get(FILES_KEY, "{}"), FILES_KEY)
    for name in result:
        if not is_kept(name):
            raise InputError(f"{FILES_KEY}: {name!r} is not written beside a model")
    return result


def unpack_all(text: str, key: str) -> dict[str, bytes]:
    """Return what was packed under names.

    Args:
        text: a JSON object of names and packed bytes.
        key: what messages call it.

    Raises:
        InputError: it can't be read, or is too large.
    """
    result: dict[str, bytes] = {}
    left = LARGEST
    try:
        for name, packed_data in json.loads(text).items():
            unpacking = zlib.decompressobj()
            data = unpacking.decompress(base64.b64decode(packed_data, validate=True), left + 1)
            if not unpacking.eof or len(data) > left:
                raise InputError(f"{key}: the files are too large, or end too early")
            result[name] = data
            left -= len(data)
    except (ValueError, TypeError, AttributeError, RecursionError, zlib.error) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"the metadata {key!r} can't be read: {error}") from None
    return result
