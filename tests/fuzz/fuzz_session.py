"""Coverage-guided fuzzing of sessions: `fuzz_session.py CORPUS [libFuzzer options]`.

An input is the size of a base model in two bytes, the base model, and an update. Whatever they
are, a session takes them or raises an error of the project, and is then what it was.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

with atheris.instrument_imports(include=["nnc"]):
    from nnc.bitio import NncError
    from nnc.decoder import Decoder, Limits

from harness import run  # noqa: E402

#: Small enough that no input takes more than a moment.
LIMITS = Limits(values=1 << 16)

warnings.simplefilter("ignore")


def check(data: bytes) -> None:
    """Check that a session takes two bitstreams or refuses them."""
    size = int.from_bytes(data[:2], "big")
    decoder = Decoder(threads=1, limits=LIMITS)
    for piece in (data[2 : 2 + size], data[2 + size :]):
        before = decoder.state
        try:
            decoder.decode(piece)
        except NncError:
            assert decoder.state is before, "a bitstream that was refused has changed the state"


if __name__ == "__main__":
    run(check)
