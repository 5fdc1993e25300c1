"""How much memory decoding takes: that of the tensor, and little beside it."""

import subprocess
import sys

import numpy as np
import pytest

import nnc

MEASURE = """
import sys
import nnc
tensor = nnc.decode(open(sys.argv[1], "rb").read(), threads=2)["w"]
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) * 1024 / tensor.nbytes)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_a_tensor_of_64_million_values(tmp_path):
    generator = np.random.default_rng(1)
    values = np.empty((8192, 8192), np.float32)
    for start in range(0, 8192, 512):
        values[start : start + 512] = generator.laplace(0, 0.02, (512, 8192))
    path = tmp_path / "large.nnc"
    nnc.save_file({"w": values}, path, dq=False, qp=-20, scan_order=4)
    del values
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    assert float(run.stdout) <= 1.3
