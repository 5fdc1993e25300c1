"""Coverage-guided fuzzing of `build`, from JSON: `fuzz_build.py CORPUS [libFuzzer options]`.

Whatever the JSON, it becomes a bitstream that can be parsed, or an error says why not.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

with atheris.instrument_imports(include=["nnc"]):
    from nnc.bitio import NncError
    from nnc.bitstream import Bitstream
    from nnc.bitstream.json.form import build

from harness import run  # noqa: E402


def check(data: bytes) -> None:
    """Check that JSON is built or refused."""
    try:
        content = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return
    try:
        written = build(content).to_bytes()
    except NncError:
        return
    try:
        Bitstream.parse(written)
    except NncError:
        # What JSON says of units that can't be read is written as it stands.
        return


if __name__ == "__main__":
    run(check)
