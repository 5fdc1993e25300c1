"""Segments of long sequences: the indices of one go, whatever the number of threads."""

from itertools import pairwise

import numpy as np
import pytest

import nnc
from nnc.deepcabac import TensorCoding
from nnc.encoder.quantization import segments
from nnc.encoder.quantization.order import from_coding_order, to_coding_order
from nnc.encoder.quantization.rate_distortion import RateOptions, quantize_matrix
from nnc.encoder.quantization.segments import helped_by, helpers, segments_of
from nnc.encoder.quantization.uniform import quantize_uniform

pytest.importorskip(
    "nnc.encoder.quantization.rate_trellis",
    reason="the reference goes in one go",
    exc_type=ImportError,
)


@pytest.fixture
def short_segments(monkeypatch):
    """Segments of thousands of values, so that small tensors have many."""
    monkeypatch.setattr(segments, "SHORTEST_SEGMENT", 1 << 11)
    monkeypatch.setattr(segments, "LONGEST_SEGMENT", 1 << 13)
    monkeypatch.setattr(segments, "WARM_UP", 1 << 9)


def laplace(shape, zeros=0.0, dtype=np.float32):
    rng = np.random.default_rng(3)
    values = rng.laplace(0, 1, shape)
    values[rng.random(shape) < zeros] = 0
    return values.astype(dtype)


def quantized(values, step, effort, *, dq, scan_order=0, threads=1):
    coding = TensorCoding(dq_flag=int(dq), scan_order=scan_order)
    with helped_by(threads):
        return quantize_matrix(values, step, coding, RateOptions(effort=effort))


@pytest.mark.parametrize("threads", [2, 3, 5])
@pytest.mark.parametrize("effort", [0, 1, 2, 3])
@pytest.mark.parametrize("dq", [True, False])
@pytest.mark.parametrize("scan_order", [0, 4])
def test_indices_are_those_of_one_go(monkeypatch, threads, effort, dq, scan_order):
    values = laplace((160, 301))
    for step in (0.1, 1.5):
        expected = quantized(values, step, effort, dq=dq, scan_order=scan_order)
        with monkeypatch.context() as patched:
            patched.setattr(segments, "SHORTEST_SEGMENT", 1 << 11)
            patched.setattr(segments, "LONGEST_SEGMENT", 1 << 13)
            patched.setattr(segments, "WARM_UP", 1 << 9)
            for one in (1, threads):
                found = quantized(values, step, effort, dq=dq, scan_order=scan_order, threads=one)
                assert np.array_equal(found, expected)


@pytest.mark.parametrize("effort", [0, 1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "values",
    [
        # All states stay as good as each other: neither way do paths meet.
        np.zeros((100, 300)),
        # They meet only where there is something, far from most places where segments begin.
        np.pad(laplace((1, 50)), ((20, 79), (100, 150))),
        laplace((100, 300), zeros=0.999),
        np.full((100, 300), 0.5),
    ],
    ids=["zeros", "something", "rare", "halves"],
)
def test_paths_that_hardly_meet(short_segments, values, effort, dtype, monkeypatch):
    values = values.astype(dtype)
    found = quantized(values, 0.7, effort, dq=True, threads=3)
    again = quantized(values, 0.7, effort, dq=True)
    monkeypatch.setattr(segments, "LONGEST_SEGMENT", 1 << 22)
    expected = quantized(values, 0.7, effort, dq=True)
    assert np.array_equal(found, expected)
    assert np.array_equal(again, expected)


@pytest.mark.parametrize("dq", [True, False])
@pytest.mark.parametrize("effort", [1, 3])
def test_skipped_rows_in_segments(short_segments, dq, effort, monkeypatch):
    values = laplace((300, 173))
    values[np.random.default_rng(5).random(300) < 0.2] *= 0.01
    values[:3] = 0
    found = quantized(values, 0.7, effort, dq=dq, threads=3)
    again = quantized(values, 0.7, effort, dq=dq)
    monkeypatch.setattr(segments, "LONGEST_SEGMENT", 1 << 22)
    expected = quantized(values, 0.7, effort, dq=dq)
    assert 40 < np.count_nonzero(~expected.any(axis=1)) < 100
    assert np.array_equal(found, expected)
    assert np.array_equal(again, expected)


@pytest.mark.parametrize("dq", [True, False])
@pytest.mark.parametrize("effort", [0, 1])
@pytest.mark.parametrize("place", [0, 9_000, 29_999])
def test_what_is_refused_is_refused_from_any_segment(short_segments, dq, effort, place):
    values = laplace((100, 300))
    values.reshape(-1)[place] = np.nan
    with pytest.raises(nnc.InputError, match=f"value {place} "):
        quantized(values, 0.5, effort, dq=dq, threads=2)


def test_rounding_in_segments(short_segments):
    values = laplace(50_000)
    with helped_by(3):
        found = quantize_uniform(values, 0.1)
        assert quantize_uniform(values[:0], 0.1).size == 0
    assert np.array_equal(found, quantize_uniform(values, 0.1))


def test_segments_cover_a_sequence_once():
    for first, stop, threads in [(0, 5, 4), (0, 1 << 20, 2), (512, 1 << 22, 5), (0, 0, 3)]:
        found = segments_of(first, stop, threads)
        assert found[0][0] == first
        assert found[-1][1] == stop
        assert all(one[1] == other[0] for one, other in pairwise(found))
        assert len(found) <= 2 * threads
        assert all(begin % segments.ALIGNMENT == 0 for begin, _ in found)


def test_help_ends_with_its_block():
    with helped_by(1):
        assert helpers() is None
    with helped_by(2):
        helping = helpers()
        assert helping is not None
        assert helping.threads == 2
    assert helpers() is None


@pytest.mark.parametrize("effort", [0, 1, 2, 3])
def test_a_large_tensor_has_the_same_bytes_with_any_number_of_threads(effort):
    tensors = {"large": laplace((700, 1000)), "small": laplace((20, 30))}
    one, two, five = (
        nnc.encode(tensors, qp=-4, effort=effort, scan_order=4, threads=threads)
        for threads in (1, 2, 5)
    )
    assert one == two == five


@pytest.mark.parametrize("shape", [(2000, 70), (1025, 64), (30, 5000), (600, 333)])
def test_coding_order_in_segments(short_segments, shape):
    matrix = np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape)
    expected = to_coding_order(matrix, 4)
    with helped_by(3):
        found = to_coding_order(matrix, 4)
        back = from_coding_order(found, *shape, 4)
    assert np.array_equal(found, expected)
    assert np.array_equal(back, matrix)
