"""The engine's tests and the harnesses under the sanitizers, where gcc has them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "sanitize.sh"

#: For the harnesses, where the environment doesn't say; building and the tests come on top.
FUZZING_SECONDS = os.environ.get("NNC_FUZZING_SECONDS", "600")
LONGEST_SECONDS = 2 * 3600


def has_sanitizers():
    """Tell whether gcc finds the libraries; where it doesn't, it gives their bare names back."""
    if sys.platform != "linux" or shutil.which("gcc") is None or shutil.which("g++") is None:
        return False
    found = [
        subprocess.run(
            ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for name in ("libasan.so", "libubsan.so")
    ]
    return all(Path(name).is_absolute() for name in found)


@pytest.mark.slow
@pytest.mark.skipif(not has_sanitizers(), reason="needs gcc with its sanitizers")
def test_nothing_compiled_breaks_the_rules_of_c(tmp_path):
    done = subprocess.run(
        ["bash", str(SCRIPT), FUZZING_SECONDS, str(tmp_path)],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
