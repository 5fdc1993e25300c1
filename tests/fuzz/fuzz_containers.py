"""Coverage-guided fuzzing of containers: `fuzz_containers.py CORPUS [libFuzzer options]`.

Whatever the file, a bitstream is taken out of it, or an error of the project says why not.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

with atheris.instrument_imports(include=["nnc"]):
    from nnc.bitio import NncError
    from nnc.containers import extract

from harness import run  # noqa: E402

FOLDER = Path(tempfile.mkdtemp(prefix="nnc-fuzz-"))


def check(data: bytes) -> None:
    """Check that a file gives a bitstream or is refused, and leaves no half of one."""
    source, target = FOLDER / "container", FOLDER / "bitstream.nnc"
    source.write_bytes(data)
    target.unlink(missing_ok=True)
    try:
        extract(source, target)
    except NncError:
        assert not target.exists(), "a file that was refused has left something"
    left = {path.name for path in FOLDER.iterdir()} - {source.name, target.name}
    assert not left, f"files are left behind: {left}"


if __name__ == "__main__":
    run(check)
