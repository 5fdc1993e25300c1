"""Damaged vectors: nothing but `NncError` comes out, in little time and memory.

Time is that of the processor: what else the machine does makes no difference.
"""

import functools
import random
import time

import numpy as np
import pytest

import nnc
from nnc.syntax import NnrUnitType
from tests.cases import CASES
from tests.mutations import cost

SECOND = 1.0
MEGABYTE = 1 << 20

# One of each kind is cut at every byte in the quick run, all of them in the slow one.
KINDS = [
    "p0-uniform-default-dq",
    "p0-codebook-mode1-nodq",
    "p0-block-bi-scan1-dq",
    "p0-int32-limits",
    "p0-rawfloat",
    "p0-perfmap-mps-spm-ppm-dpm",
    "p1-base-default-dq",
    "p1-block-dc-ls-scan1-dq",
    "p1-codebook-size3-unary10-zero-mid",
    "p1-rowskip1-dq",
    "p1-diff-single-dq",
    "p1-shapes",
]
MUTATIONS = 10_000
QUICK_MUTATIONS = 300


def attempt(data: bytes) -> bool:
    """Parse and decode; tell whether that went through, and let only NncError pass."""
    try:
        bitstream = nnc.Bitstream.parse(data)
        assert bitstream.to_bytes() == data
        with np.errstate(all="raise"):
            nnc.decode(bitstream, threads=1)
    except nnc.NncError as error:
        if not str(error):
            raise
        return False
    return True


def check_truncation(case):
    data = case.bitstreams[0].read_bytes()
    whole_units = {0}
    for unit in nnc.Bitstream.parse(data).units:
        whole_units.add(unit.start + unit.byte_size)
    for length in range(len(data)):
        if length in whole_units:
            continue
        started = time.process_time()
        with pytest.raises(nnc.NncError):
            nnc.decode(data[:length], threads=1)
        assert time.process_time() - started < SECOND


@pytest.mark.parametrize("case", [c for c in CASES if c.name in KINDS], ids=lambda c: c.name)
def test_truncation_at_every_byte(case):
    check_truncation(case)


def check_cut_payloads(case, step):
    """Cut payloads at every `step` bytes, with sizes that agree: now the syntax has to notice."""
    data = case.bitstreams[0].read_bytes()
    for number, unit in enumerate(nnc.Bitstream.parse(data).units):
        for length in range(0, len(unit.payload_bytes), step):
            bitstream = nnc.Bitstream.parse(data)
            cut = bitstream.units[number]
            if unit.nnr_unit_type == NnrUnitType.NNR_NDU:
                cut.payload = unit.payload_bytes[:length]
                raw = bitstream.to_bytes()
            else:
                begin = (
                    data[: unit.start]
                    + (unit.byte_size - len(unit.payload_bytes) + length).to_bytes(2, "big")
                    + data[unit.start + 2 : unit.payload_start + length]
                )
                raw = begin + data[unit.start + unit.byte_size :]
            started = time.process_time()
            went_through = attempt(raw)
            assert time.process_time() - started < SECOND
            assert not (went_through and unit.nnr_unit_type == NnrUnitType.NNR_NDU)


@pytest.mark.parametrize("case", [c for c in CASES if c.name in KINDS], ids=lambda c: c.name)
def test_payloads_cut_at_every_third_byte(case):
    check_cut_payloads(case, step=3)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_cuts_at_every_byte_of_all(case):
    check_truncation(case)
    check_cut_payloads(case, step=1)


def check_mutations(seed: int, count: int) -> None:
    """Change single bytes of vectors, seeded, and watch time and memory."""
    files = [path for case in CASES for path in case.bitstreams]
    contents = [path.read_bytes() for path in files]
    chosen = random.Random(seed)
    passed = 0
    for _ in range(count):
        number = chosen.randrange(len(files))
        data = bytearray(contents[number])
        place = chosen.randrange(len(data))
        data[place] ^= chosen.randrange(1, 256)
        went_through, seconds, peak = cost(functools.partial(attempt, bytes(data)))
        passed += went_through
        where = f"{files[number].parent.name}/{files[number].name}, byte {place}"
        assert seconds < SECOND, f"{where}: {seconds:.2f} s"
        assert peak < 100 * MEGABYTE, f"{where}: {peak / MEGABYTE:.0f} MB"
    assert 0 < passed < count


def test_mutations():
    check_mutations(1, QUICK_MUTATIONS)


@pytest.mark.slow
def test_ten_thousand_mutations():
    check_mutations(2, MUTATIONS)
