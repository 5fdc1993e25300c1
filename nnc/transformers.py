"""Models of Hugging Face's Transformers, straight from bitstreams.

Needs Transformers: `pip install 'nnc[transformers]'`. Nothing is looked for on the network.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.formats.extras import load as load_library
from nnc.formats.side_files import files_in
from nnc.model.limits import Limits
from nnc.model_files import FileSizes, decode_file, encode_file

if TYPE_CHECKING:
    from nnc.encoder.call.keywords import EncodeFileKeywords

__all__ = ["from_pretrained", "save_pretrained", "tokenizer"]

#: What bitstreams are called in a folder.
SUFFIX = ".nnc"


@checked
def from_pretrained(
    source: str | os.PathLike[str],
    model_class: Any = None,
    *,
    threads: int | None = None,
    limits: Limits | None = None,
    **options: Any,
) -> Any:
    """Load a model.

    The decoded weights go into a temporary folder, which takes as much disk as the model.

    Args:
        source: a bitstream of a folder (`nnc encode FOLDER`), or a folder with a config and one
            bitstream, `*.nnc`, in place of the weights.
        model_class: the class of the model, or one of Transformers' auto classes; None for the
            class that the config names.
        threads: number of threads, None for one per processor.
        limits: what to accept; None for the defaults of `nnc.Limits`.
        **options: those of the class's own `from_pretrained`.

    Returns:
        The model, as the class's own `from_pretrained` returns it.

    Raises:
        InputError: there is no config, not one bitstream, or no such class.
        BitstreamError: as for `nnc.decode`.
        OSError: a file can't be read, or the weights can't be written.
    """
    with decoded_folder(source, threads, limits) as folder:
        kind = class_in(folder) if model_class is None else model_class
        return kind.from_pretrained(folder, **{"local_files_only": True, **options})


@checked
def tokenizer(source: str | os.PathLike[str], **options: Any) -> Any:
    """Load the tokenizer that goes with a model.

    Args:
        source: as for `from_pretrained`.
        **options: those of `AutoTokenizer.from_pretrained`.

    Returns:
        The tokenizer.

    Raises:
        InputError: as for `from_pretrained`.
        BitstreamError: as for `nnc.decode`.
        OSError: there are no files of a tokenizer, or one can't be read.
    """
    auto = library().AutoTokenizer
    with decoded_folder(source, None, None) as folder:
        return auto.from_pretrained(folder, **{"local_files_only": True, **options})


@checked
def save_pretrained(
    model: Any,
    filename: str | os.PathLike[str],
    *others: Any,
    **options: Unpack[EncodeFileKeywords],
) -> FileSizes:
    """Encode a model, and what goes with it, into one bitstream.

    Args:
        model: a model of Transformers.
        filename: the bitstream, replaced in one step or not at all.
        *others: its tokenizer, or whatever else has `save_pretrained`.
        **options: those of `nnc.encode_file`.

    Returns:
        The sizes.

    Raises:
        InputError: a tensor can't be coded, or something has no `save_pretrained`.
        OSError: a file can't be written.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for one in (model, *others):
            if not hasattr(one, "save_pretrained"):
                raise InputError(f"{type(one).__name__} has no save_pretrained")
            one.save_pretrained(folder)
        return encode_file(folder, filename, **options)


def library() -> Any:
    """Return the package.

    Raises:
        InputError: it isn't installed; the message names the extra.
    """
    return load_library("transformers", "transformers", "models of Transformers")


@contextmanager
def decoded_folder(
    source: str | os.PathLike[str], threads: int | None, limits: Limits | None
) -> Iterator[Path]:
    """Decode into a folder that is there as long as the context is; errors as above."""
    library()
    path = Path(source)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        target = Path(place) / "model"
        bitstream = bitstream_in(path) if path.is_dir() else path
        decode_file(bitstream, f"{target}{os.sep}", threads=threads, limits=limits)
        for name, data in files_in(path).items() if path.is_dir() else ():
            (target / name).write_bytes(data)
        if not (target / "config.json").is_file():
            raise InputError(f"{path}: there is no config.json with the weights")
        yield target


def bitstream_in(folder: Path) -> Path:
    """Return the only bitstream in a folder.

    Raises:
        InputError: there is none, or several.
    """
    found = sorted(folder.glob(f"*{SUFFIX}"))
    if len(found) != 1:
        raise InputError(f"{folder}: there should be one *{SUFFIX}, not {len(found)}")
    return found[0]


def class_in(folder: Path) -> Any:
    """Return the class of a model that its config names.

    Raises:
        InputError: it names none, or one that Transformers doesn't have.
    """
    config = library().AutoConfig.from_pretrained(folder, local_files_only=True)
    for name in config.architectures or ():
        kind = getattr(library(), name, None)
        if hasattr(kind, "from_pretrained"):
            return kind
    raise InputError(
        f"the config names no class of Transformers ({config.architectures}): pass model_class"
    )
