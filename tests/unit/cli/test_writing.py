"""Writing that is cut short: a full disk, a request to end, in each format."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import nnc

OUTPUTS = ["o.npz", "o.safetensors", "o.pt", "o.h5", "o/"]

FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000))
from nnc.cli import main
main(sys.argv[1:])
"""


def needs(output):
    """Skip what needs a library that isn't there."""
    library = {".pt": "torch", ".h5": "h5py"}.get(os.path.splitext(output)[1])
    if library is not None:
        pytest.importorskip(library)


@pytest.fixture
def bitstream(tmp_path):
    values = np.random.default_rng(0).normal(0, 1, (300, 300)).astype("f4")
    nnc.save_file({"w": values}, tmp_path / "m.nnc", effort=0)
    return tmp_path / "m.nnc"


@pytest.mark.skipif(sys.platform != "linux", reason="file sizes are limited in another way")
@pytest.mark.parametrize("output", OUTPUTS)
def test_a_full_disk_leaves_nothing_behind(bitstream, output):
    needs(output)
    folder = bitstream.parent
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, "decode", bitstream, "-o", f"{folder}/{output}", "-q"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, list(folder.iterdir())) == (4, [bitstream]), done.stderr
    assert "the output can't be written: File too large" in done.stderr


@pytest.fixture(scope="module")
def large():
    """A bitstream that takes a while to decode."""
    values = np.random.default_rng(0).normal(0, 1, (1500, 1500)).astype("f4")
    return nnc.encode({f"w{one}": values for one in "ab"}, effort=0)


@pytest.mark.skipif(sys.platform != "linux", reason="signals are others")
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=str)
def test_a_request_to_end_leaves_nothing_behind(tmp_path, large, output, number):
    needs(output)
    (tmp_path / "m.nnc").write_bytes(large)
    running = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "nnc",
            "decode",
            tmp_path / "m.nnc",
            "-o",
            f"{tmp_path}/{output}",
            "-q",
        ]
    )
    before = {tmp_path / "m.nnc"}
    while running.poll() is None and set(tmp_path.iterdir()) == before:
        time.sleep(0.001)
    running.send_signal(number)
    running.wait()
    if running.returncode == 0:
        pytest.skip("it was done before")
    assert running.returncode == 128 + number
    assert set(tmp_path.iterdir()) == before
