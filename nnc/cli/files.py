"""Input and output of the verbs: `-` for the standard streams, nothing overwritten unasked."""

from __future__ import annotations

import sys
from pathlib import Path

from nnc.bitio import InputError
from nnc.bitstream import Bitstream


def open_bitstream(path: str) -> Bitstream:
    """Open a bitstream; `-` reads standard input.

    Raises:
        BitstreamError: it can't be parsed.
        OSError: it can't be read.
        InputError: there is nothing in it.
    """
    bitstream = Bitstream.parse(sys.stdin.buffer.read()) if path == "-" else Bitstream.open(path)
    if not bitstream.units:
        raise InputError(f"{path}: the file is empty")
    return bitstream


def check_output(path: str, force: bool) -> None:
    """Refuse an output file that exists, unless it may be overwritten."""
    if path != "-" and not force and Path(path).exists():
        raise InputError(f"{path} exists; --force overwrites it")


def write_bitstream(bitstream: Bitstream, path: str) -> None:
    """Write a bitstream to a file in one step, or to standard output for `-`."""
    if path == "-":
        bitstream.write(sys.stdout.buffer)
        sys.stdout.buffer.flush()
    else:
        bitstream.save(path)
