"""Coverage-guided fuzzing of trace and check: `fuzz_inspect.py CORPUS [libFuzzer options]`.

Whatever the bytes, a trace covers each bit once under a path of its own, and a check reports.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

with atheris.instrument_imports(include=["nnc"]):
    from nnc.inspect import check as check_bitstream
    from nnc.inspect import diff, trace

from harness import run  # noqa: E402


def check(data: bytes) -> None:
    """Check the promises of trace, check and diff on some bytes."""
    traced = trace(data)
    elements = sorted(traced.elements(), key=lambda element: (element.position, element.bits))
    place = 0
    for element in elements:
        assert element.position == place, f"{element.path}: bits are missing or twice"
        place += element.bits
    assert place == 8 * len(data), "bits at the end are missing"
    assert len({element.path for element in elements}) == len(elements), "a path is there twice"
    assert diff(traced, traced) == [], "differs from itself"
    report = check_bitstream(data)
    assert not traced.errors or report.errors, "a fault of parsing that no finding tells"


if __name__ == "__main__":
    run(check)
