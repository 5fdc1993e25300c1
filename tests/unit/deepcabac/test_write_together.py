"""Levels of many encoders put at once in lanes: the same bytes as one after the other."""

import importlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import nnc
from nnc import deepcabac
from nnc.deepcabac import Decoder, Encoder, TensorCoding

if not deepcabac.writes_together():
    pytest.skip("no lanes on this processor", allow_module_level=True)

together = importlib.import_module("nnc.deepcabac.engine_together")


def drawn(generator, coding, fit_states, count, longest):
    """Return tensors of random sizes and rates, some with magnitudes up to the largest."""
    tensors = []
    for number in range(count):
        shape = tuple(int(size) for size in generator.integers(1, longest + 1, 2))
        levels = generator.laplace(0, 2.0 ** generator.uniform(-4, 11), shape)
        if number % 5 == 0:
            levels[generator.random(shape) < 0.02] *= 2.0**17
        if number % 7 == 0:
            levels[:] = 0
        if number % 11 == 0:
            levels.flat[-1] = 2**31 - 5
        levels = levels.clip(-(2**31) + 8, 2**31 - 8).round()
        if coding.dq_flag:
            levels = fit_states(levels, coding)
        tensors.append(levels.astype(np.int32))
    return tensors


def encoders(tensors, coding, *, waits, qps=True):
    made = []
    for number, levels in enumerate(tensors):
        coder = Encoder()
        if qps and number % 3:
            coder.quantization_parameter(-7, 2)
        coder.tensor(levels, coding, search=bool(number & 1), row_skip=False, waits=waits)
        made.append(coder)
    return made


def compare(tensors, coding):
    """Check that they have the same bytes in either way."""
    expected = [coder.finish() for coder in encoders(tensors, coding, waits=False)]
    waiting = encoders(tensors, coding, waits=True)
    together.write_together(waiting)
    assert [coder.finish() for coder in waiting] == expected


@pytest.mark.parametrize("dq_flag", [0, 1])
@pytest.mark.parametrize("flags", [1, 2, 3, 11, 16, 17])
@pytest.mark.parametrize("count", [4, 5, 16, 40])
def test_same_bytes(fit_states, dq_flag, flags, count):
    coding = TensorCoding(1, dq_flag, cabac_unary_length_minus1=flags - 1)
    generator = np.random.default_rng([dq_flag, flags, count])
    compare(drawn(generator, coding, fit_states, count, 59), coding)


@pytest.mark.slow
@pytest.mark.parametrize("dq_flag", [0, 1])
def test_same_bytes_of_ten_thousand(fit_states, dq_flag):
    generator = np.random.default_rng(dq_flag)
    for _ in range(200):
        flags = int(generator.integers(1, 17))
        coding = TensorCoding(1, dq_flag, cabac_unary_length_minus1=flags - 1)
        compare(drawn(generator, coding, fit_states, 25, 80), coding)


@pytest.mark.parametrize("level", [0, 1, -1, 12, 2**31 - 1, -(2**31) + 1])
def test_constant_levels(level):
    # Carries run far where bins are as good as certain.
    tensors = [np.full((40, 10 + number), level, np.int32) for number in range(20)]
    compare(tensors, TensorCoding())


def test_carries_through_many_bytes():
    # Bypass bins that are all 1 are followed by others that add to them.
    generator = np.random.default_rng(3)
    exponents = generator.integers(2, 30, (24, 30, 30))
    signs = generator.choice([-1, 1], exponents.shape)
    tensors = signs * ((1 << exponents) + 10 + generator.integers(-1, 2, exponents.shape))
    compare(list(tensors.astype(np.int32)), TensorCoding())


def test_what_is_asked_for_first_does_not_wait(fit_states):
    coding = TensorCoding(1, 1)
    tensors = drawn(np.random.default_rng(8), coding, fit_states, 12, 50)
    expected = encoders(tensors, coding, waits=False)
    waiting = encoders(tensors, coding, waits=True)
    for one, other in zip(expected[:6], waiting, strict=False):
        assert one.position == other.position
        assert (one.context_states() == other.context_states()).all()
        one.tensor(tensors[0], coding, row_skip=False)
        other.tensor(tensors[0], coding, row_skip=False, waits=True)
    together.write_together(waiting)
    assert [one.finish() for one in waiting] == [one.finish() for one in expected]


def test_goes_on_where_the_lanes_have_come_to(fit_states):
    coding = TensorCoding(1, 1)
    tensors = drawn(np.random.default_rng(9), coding, fit_states, 30, 50)
    waiting = encoders(tensors, coding, waits=True, qps=False)
    together.write_together(waiting)
    expected = encoders(tensors, coding, waits=False, qps=False)
    for one, other, levels in zip(expected, waiting, tensors, strict=True):
        one.tensor(levels, coding, row_skip=False)
        other.tensor(levels, coding, row_skip=False)
        payload = other.finish()
        assert payload == one.finish()
        decoder = Decoder(payload)
        for _ in range(2):
            assert (decoder.tensor(*levels.shape, coding) == levels).all()
        decoder.finish()


def block_rows(monkeypatch, levels, coding, **options):
    """Check that block rows in lanes come to what they come to one by one."""

    def coded():
        coder = Encoder()
        coder.quantization_parameter(-3, 2)
        points = coder.tensor(levels, coding, row_skip=False, **options)
        # What comes after hangs on where the coder stands.
        coder.tensor(levels, coding, row_skip=False)
        return coder.finish(), points, coder.context_states().tolist()

    with monkeypatch.context() as patch:
        patch.setattr(deepcabac, "_together", lambda: None)
        expected = coded()
    assert coded() == expected


@pytest.mark.parametrize("dq_flag", [0, 1])
@pytest.mark.parametrize("scan_order", [1, 2, 3, 4])
def test_block_rows(monkeypatch, fit_states, dq_flag, scan_order):
    coding = TensorCoding(1, dq_flag, scan_order)
    generator = np.random.default_rng([dq_flag, scan_order])
    for rows in (1, 5, 40, 65, 300, 700):
        levels = generator.laplace(0, 2.0 ** generator.uniform(-3, 9), (rows, 23)).round()
        levels = fit_states(levels, coding) if dq_flag else levels.astype(np.int32)
        block_rows(monkeypatch, levels, coding)
        with ThreadPoolExecutor(2) as pool:
            block_rows(monkeypatch, levels, coding, executor=pool, parts=3)


def test_block_rows_of_what_the_lanes_leave_out(monkeypatch):
    levels = np.random.default_rng(4).integers(0, 9, (200, 30), np.int32)
    for coding in (
        TensorCoding(1, 0, 1, codebook_size=20),
        TensorCoding(1, 0, 1, cabac_unary_length_minus1=40),
        TensorCoding(0, 0, 1),
    ):
        block_rows(monkeypatch, levels, coding)
    block_rows(monkeypatch, levels, TensorCoding(1, 0, 1), base_levels=levels % 3)


@pytest.mark.parametrize(("effort", "threads"), [(0, 1), (0, 3), (1, 1), (2, 2)])
def test_models_have_the_same_bytes(monkeypatch, effort, threads):
    generator = np.random.default_rng(10)
    tensors = {
        f"{number}.weight": generator.laplace(0, 1, (8 + number, 40)).astype(np.float32)
        for number in range(30)
    }
    tensors["counts"] = generator.integers(-9, 9, (30, 30))
    tensors["zeros"] = np.zeros((30, 30), np.float32)
    # Rows that are skipped are tried in both ways.
    tensors["5.weight"][3] = 0
    data = nnc.encode(tensors, qp=-6, effort=effort, threads=threads)
    with monkeypatch.context() as patch:
        patch.setattr(deepcabac, "_together", lambda: None)
        assert nnc.encode(tensors, qp=-6, effort=effort, threads=1) == data
    assert nnc.decode(data)["counts"].tolist() == tensors["counts"].tolist()
