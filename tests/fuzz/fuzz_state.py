"""Coverage-guided fuzzing of state files of sessions: `fuzz_state.py CORPUS [libFuzzer options]`.

Whatever the file, a session goes on with it, or an error of the project says why not.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

with atheris.instrument_imports(include=["nnc"]):
    from nnc.bitio import NncError
    from nnc.decoder import Decoder, Limits

from harness import run  # noqa: E402

FOLDER = Path(tempfile.mkdtemp(prefix="nnc-fuzz-"))
LIMITS = Limits(values=1 << 16)


def check(data: bytes) -> None:
    """Check that a state is loaded or refused; one that is loaded can be saved again."""
    path = FOLDER / "state"
    path.write_bytes(data)
    try:
        decoder = Decoder.load(path, threads=1, limits=LIMITS)
        decoder.tensors()
    except NncError:
        return
    decoder.save(FOLDER / "again")


if __name__ == "__main__":
    run(check)
