"""What takes little room in a bitstream takes little memory where it is looked at."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import nnc

#: Rows of a tensor that are all skipped, so that its payload is the same whatever its columns are.
ROWS = 1 << 10

#: The columns that are looked at: 256 MB of levels are checked, and 64 MB, the most that a unit of
#: a few bytes may hold, explored.
COLS = {"check": 1 << 16, "explore": 1 << 14}

#: Looks at the bitstream that stands on standard input, and prints by how many MB that grew.
LOOKING = """
import sys
import nnc
from nnc.explore.content import explore

def peak():
    # Not that of getrusage, which begins with the peak of the process that started this one.
    (line,) = (one for one in open("/proc/self/status") if one.startswith("VmHWM"))
    return int(line.split()[1]) >> 10

data = sys.stdin.buffer.read()
nnc.check(data[:40], deep=True)
before = peak()
found = LOOK
print(peak() - before)
"""

LOOKS = {
    "check": "nnc.check(data, deep=True); assert found == [], found",
    "explore": "explore(memoryview(data), 'x')['tensors'][0]; "
    "assert sum(found['value_histogram']['counts']) == found['values'] == 1 << 24, found",
}


def zeros(cols: int) -> bytes:
    """Return a bitstream that says many zeros, with enough else in it to be believed."""
    noise = np.random.default_rng(1).normal(size=8000).astype(np.float32)
    small = nnc.encode({"w": np.zeros((ROWS, 1 << 10), np.float32), "noise": noise}, threads=1)
    bitstream = nnc.Bitstream.parse(small)
    bitstream.set("units[2].header.tensor_dimensions[1]", cols)
    return bitstream.to_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are measured as Linux tells them")
@pytest.mark.parametrize("look", LOOKS)
def test_zeros_take_no_memory(look):
    data = zeros(COLS[look])
    assert len(data) < 20_000
    code = LOOKING.replace("LOOK", LOOKS[look])
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    assert int(done.stdout) < 40


def test_what_was_at_work_is_not_kept_for_each_payload_at_fault():
    count = 200
    model = {f"{number} int": np.full((2, 2), number, np.int32) for number in range(count)}
    bitstream = nnc.Bitstream.parse(nnc.encode(model))
    for name in model:
        bitstream[name].header.tensor_dimensions_list.tensor_dimensions = [1, 255]
    data = bitstream.to_bytes()
    tracemalloc.start()
    try:
        findings = nnc.check(data, deep=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(findings) == count
    # A decoder takes 48 KB.
    assert peak < 16_000 * count + 2_000_000
