"""Coverage-guided fuzzing of decoding: `fuzz_decode.py CORPUS [libFuzzer options]`.

Whatever the bytes, decoding gives tensors or an error of the project, within the limits set.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

with atheris.instrument_imports(include=["nnc"]):
    from nnc.bitio import NncError
    from nnc.bitstream import Bitstream
    from nnc.decoder import Limits, Resources, decode_model

from harness import run  # noqa: E402

#: Small enough that no input takes more than a moment.
LIMITS = Limits(values=1 << 16)


def check(data: bytes) -> None:
    """Check that decoding some bytes gives tensors or an error of the project."""
    try:
        decode_model(Bitstream.parse(data), Resources(threads=1, limits=LIMITS)).values()
    except NncError:
        return


if __name__ == "__main__":
    run(check)
