"""Coverage-guided fuzzing of parsing and building: `fuzz_parse.py CORPUS [libFuzzer options]`.

What parses is written again byte for byte; what doesn't raises an error of the project that
says where.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

with atheris.instrument_imports(include=["nnc"]):
    from nnc.bitio import BitstreamError
    from nnc.bitstream import Bitstream

from harness import run  # noqa: E402


def check_error(error: BitstreamError, size: int) -> None:
    """Check that an error says where, and that this is a place in the data."""
    assert error.path, f"no path: {error!r}"
    assert error.bit_position is not None, f"no position: {error!r}"
    assert 0 <= error.bit_position <= 8 * size, f"position outside of the data: {error}"


def check(data: bytes) -> None:
    """Check the promises of the parser and the writer on some bytes."""
    try:
        bitstream = Bitstream.parse(data)
    except BitstreamError as error:
        check_error(error, len(data))
        return
    assert bitstream.to_bytes() == data, "built bytes differ from those parsed"
    for unit in bitstream.walk():
        try:
            _ = unit.payload
        except BitstreamError as error:
            check_error(error, len(data))
    # Payloads are tables now, where they have one.
    assert bitstream.to_bytes() == data, "built payloads differ from those parsed"


if __name__ == "__main__":
    run(check)
