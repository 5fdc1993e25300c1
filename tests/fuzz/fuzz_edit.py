"""Coverage-guided fuzzing of edits: `fuzz_edit.py CORPUS [libFuzzer options]`.

The first three bytes of an input say which element gets which value; the rest is a bitstream.
An edit is refused and changes nothing, or what is written reads as the plan says.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

with atheris.instrument_imports(include=["nnc"]):
    from nnc.bitio import NncError
    from nnc.bitstream import Bitstream
    from nnc.inspect import trace

from harness import run  # noqa: E402

#: Values at which widths, signs and counts end.
VALUES = [
    *(sign * (1 << bits) + more for bits in (0, 1, 7, 8, 15, 16, 31, 32, 63) for sign in (1, -1)
      for more in (-1, 0)),
    None, "", "ä" * 300, b"", b"\0", 0.0, float("nan"), float("inf"), [], [0], [[]], [1] * 70,
]  # fmt: skip


def check(data: bytes) -> None:
    """Check that one edit is made as a whole or not at all."""
    head, data = data[:3], data[3:]
    if len(head) < 3:
        return
    try:
        bitstream = Bitstream.parse(data)
    except NncError:
        return
    elements = [element for element in trace(data).elements() if element.is_syntax]
    if not elements:
        return
    path = elements[(head[0] << 8 | head[1]) % len(elements)].path
    value = VALUES[head[2] % len(VALUES)]
    change = (bitstream.remove, bitstream.set, bitstream.insert)[head[2] % 3]
    arguments = (path,) if change == bitstream.remove else (path, value)
    try:
        plan = change(*arguments, force=bool(head[0] & 0x80))
    except NncError:
        assert bitstream.to_bytes() == data, f"{path}: a refused edit has changed something"
        return
    written = bitstream.to_bytes()
    assert plan.bytes_after == len(written), f"{path}: the plan tells another size"


if __name__ == "__main__":
    run(check)
