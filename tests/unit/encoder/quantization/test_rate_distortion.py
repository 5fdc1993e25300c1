"""Quantization by error and bits: valid and cheapest paths, limits, the same from both modules."""

import importlib
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnc
from nnc.bitio.errors import InputError
from nnc.deepcabac import Encoder, TensorCoding
from nnc.deepcabac.tables import STATE_TRANSITIONS
from nnc.encoder.quantization import rate_trellis_reference as reference
from nnc.encoder.quantization.rate_distortion import (
    RateOptions,
    quantize_matrix,
    runs_of,
    sample_of,
)
from nnc.encoder.quantization.rates import (
    COST_ONE,
    FRACTION_BITS,
    MANTISSA_BITS,
    LevelCounts,
    Situation,
    bin_bits,
    logarithm,
    magnitude_bits,
    rate_tables,
)

try:
    compiled = importlib.import_module("nnc.encoder.quantization.rate_trellis")
    counting = importlib.import_module("nnc.encoder.quantization.rate_counting")
except ImportError:
    compiled = counting = None

needs_compiled = pytest.mark.skipif(compiled is None, reason="the trellis was not compiled")

# Around the ends of groups (16), of blocks (256), and of both.
LENGTHS = [1, 2, 15, 16, 17, 33, 255, 256, 257, 273, 600]


@pytest.fixture(params=["reference", pytest.param("compiled", marks=needs_compiled)], name="kernel")
def kernel_fixture(request):
    if request.param == "reference":
        return reference.quantize_by_rate, reference.count_levels
    return compiled.quantize_by_rate, counting.count_levels


def laplace(seed, shape, scale=1.0, dtype=np.float32):
    return np.random.default_rng(seed).laplace(0, scale, shape).astype(dtype)


def whole(count, dependent=True, **members):
    runs = np.array([[0, count, 0]], dtype=np.int64)
    return Situation(dependent, members.pop("greater_flags", 11), runs, **members)


def random_counts(seed, flags=11):
    rng = np.random.default_rng(seed)
    counts = LevelCounts.empty(flags)
    for array in (counts.significant, counts.signs, counts.magnitudes):
        array[...] = rng.integers(0, 1000, array.shape) >> rng.integers(0, 10, array.shape)
    return counts


def transitions_before(situation):
    return {start: moves for start, _, moves in situation.runs.tolist()}


def path_cost(values, step, indices, situation, tables):
    """What a sequence of indices costs by the tables, in units of 1 / COST_ONE."""
    branches = tables.branches
    signs = np.asarray(values) < 0
    after_zero, after_coded, rows = reference.table_rows(signs, situation)
    moves = transitions_before(situation)
    state, last, cost = 0, 0, 0
    for place, index in enumerate(indices):
        for _ in range(moves.get(place, 0) if situation.dependent else 0):
            state = STATE_TRANSITIONS[state][0]
        row = (after_coded if last else after_zero)[place]
        distance = np.float32(abs(np.float32(values[place]) / np.float32(step))) - np.float32(
            abs(index)
        )
        cost += int(reference.squared(np.float32(distance)))
        cost += int(branches[row, int(index != 0), state])
        if index:
            cost += int(tables.magnitudes[rows[place], abs(index) + 4])
        if situation.dependent:
            level = (abs(index) + 1) >> 1
            assert index == 0 or (index ^ state) & 1 == 0
            state = STATE_TRANSITIONS[state][level & 1]
        last = index
    return cost


def all_paths(values, situation, reach):
    """All sequences of indices that have the signs of the values."""

    def extend(state, place):
        if place == len(values):
            yield ()
            return
        for _ in range(transitions_before(situation).get(place, 0) if situation.dependent else 0):
            state = STATE_TRANSITIONS[state][0]
        for magnitude in range(reach + 1):
            if situation.dependent and magnitude and (magnitude ^ state) & 1:
                continue
            index = -magnitude if values[place] < 0 else magnitude
            after = state
            if situation.dependent:
                after = STATE_TRANSITIONS[state][((magnitude + 1) >> 1) & 1]
            for rest in extend(after, place + 1):
                yield (index, *rest)

    return extend(0, 0)


@pytest.mark.parametrize("dependent", [True, False])
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 4))]
)
def test_no_path_is_cheaper(seed, dependent):
    values = laplace(seed, 5)
    situations = [
        whole(5, dependent),
        whole(5, dependent, restart=3),
        whole(5, dependent, base=np.array([0, 1, -3, 0, 1], np.int32)),
        whole(5, dependent, history=np.array([1, 0, 0, 1, 1], np.uint8)),
        Situation(dependent, 11, np.array([[0, 2, 3], [2, 5, 1]], np.int64)),
    ]
    for situation in situations:
        tables = rate_tables(random_counts(seed), 0.2, situation)
        best = min(
            path_cost(values, 0.7, path, situation, tables)
            for path in all_paths(values, situation, 6)
        )
        for kernel in (reference, compiled):
            if kernel is not None:
                found = kernel.quantize_by_rate(values, 0.7, situation, tables)
                assert path_cost(values, 0.7, found.tolist(), situation, tables) == best


@needs_compiled
@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(LENGTHS),
    st.booleans(),
    st.integers(0, 1000),
    st.sampled_from([0.02, 0.5, 3.0]),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from(["plain", "restart", "base", "history", "both", "runs", "limits"]),
    st.sampled_from([1, 3, 11]),
)
def test_compiled_and_reference_agree(count, dependent, seed, step, dtype, kind, flags):
    rng = np.random.default_rng(seed)
    values = laplace(seed, count, dtype=dtype)
    values[rng.random(count) < 0.1] = 0
    members = {"greater_flags": flags}
    if kind == "restart":
        members["restart"] = 7
    if kind in ("base", "both"):
        members["base"] = (rng.integers(-20, 20, count) // rng.integers(1, 20)).astype(np.int32)
    if kind in ("history", "both"):
        members["history"] = rng.integers(0, 2, count).astype(np.uint8)
    if kind == "limits":
        members["index_limits"] = tuple(rng.integers(3, 9, 2).tolist())
    situation = whole(count, dependent, **members)
    if kind == "runs" and count > 2:
        cut = count // 2
        runs = np.array([[0, cut, 2], [cut, count, 3]], np.int64)
        situation = Situation(dependent, flags, runs)
    tables = rate_tables(random_counts(seed, flags), float(rng.uniform(0, 0.5)), situation)
    expected = reference.quantize_by_rate(values, step, situation, tables)
    found = compiled.quantize_by_rate(values, step, situation, tables)
    assert found.tolist() == expected.tolist()
    counts = counting.count_levels(found, situation)
    for one, other in zip(
        (counts.significant, counts.signs, counts.magnitudes),
        (lambda c: (c.significant, c.signs, c.magnitudes))(
            reference.count_levels(expected, situation)
        ),
        strict=True,
    ):
        assert (one == other).all()


@needs_compiled
@pytest.mark.parametrize("flags", [1, 11, 256])
def test_counts_agree(flags):
    generator = np.random.default_rng(flags)
    for size in (1, 2, 50, 51, 400):
        levels = generator.laplace(0, 2.0 ** generator.uniform(-2, 22), size).round()
        levels = levels.clip(-(2**31) + 1, 2**31 - 1).astype(np.int32)
        for dependent in (False, True):
            runs = np.array([[0, size // 2, 0], [size // 2, size, 3]], np.int64)[size < 2 :]
            situation = Situation(dependent, flags, runs, restart=7)
            found = counting.count_levels(levels, situation)
            expected = reference.count_levels(levels, situation)
            for name in ("significant", "signs", "magnitudes"):
                assert (getattr(found, name) == getattr(expected, name)).all()


@needs_compiled
def test_large_levels_agree():
    values = np.array([1e9, -1e9, 3e5, -12345.6, 700, 0.4, -500.5, 255.9], np.float64)
    for dependent in (True, False):
        situation = whole(values.size, dependent)
        tables = rate_tables(random_counts(1), 0.3, situation)
        expected = reference.quantize_by_rate(values, 1.0, situation, tables)
        assert compiled.quantize_by_rate(values, 1.0, situation, tables).tolist() == (
            expected.tolist()
        )
        assert np.abs(expected - values).max() < (4 if dependent else 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_values_out_of_range_are_refused(kernel, bad):
    quantize, _ = kernel
    values = np.array([0, bad, 0], np.float32)
    situation = whole(3)
    tables = rate_tables(LevelCounts.empty(11), 0.1, situation)
    with pytest.raises(InputError, match="value 1 is"):
        quantize(values, 1.0, situation, tables)


def test_counts_are_those_of_the_coder(kernel):
    _, count = kernel
    values = laplace(5, (40, 25))
    coding = TensorCoding(dq_flag=1)
    levels = quantize_matrix(values, 0.3, coding, RateOptions(effort=1))
    counts = count(levels.reshape(-1), whole(levels.size))
    encoder = Encoder(record_bins=20_000)
    encoder.tensor(levels, coding, search=False, row_skip=False)
    bins = encoder.bins()
    for state, neighbour, value in itertools.product(range(8), range(3), range(2)):
        recorded = (bins["context"] == 2 + 3 * state + neighbour) & (bins["bin"] == value)
        assert counts.significant[neighbour, state, value] == recorded.sum()
    for neighbour, value in itertools.product(range(3), range(2)):
        recorded = (bins["context"] == 50 + neighbour) & (bins["bin"] == value)
        assert counts.signs[neighbour, value] == recorded.sum()
    for flag, sign in itertools.product(range(11), range(2)):
        recorded = (bins["context"] == 87 + 2 * flag + sign) & (bins["bin"] == 1)
        assert counts.magnitudes[sign, flag + 1 :].sum() == recorded.sum()
    bits = 8 * len(encoder.finish())
    # The costs that come of the counts themselves.
    estimated = (counts.significant * bin_bits(counts.significant)).sum()
    estimated += (counts.signs * bin_bits(counts.signs)).sum()
    estimated += (counts.magnitudes * magnitude_bits(counts.magnitudes)).sum()
    assert 0.9 < (int(estimated) >> FRACTION_BITS) / bits < 1.02


def test_logarithms_are_the_same_everywhere():
    numbers = np.arange(1, 5000)
    assert np.abs(logarithm(numbers) / (1 << FRACTION_BITS) - np.log2(numbers)).max() < 2**-9
    size = 1 << MANTISSA_BITS
    for place in range(size // 2, size):
        scaled = math.log2(place / size) * (1 << FRACTION_BITS)
        # A last digit that differs from machine to machine doesn't turn the rounding.
        assert abs(abs(scaled % 1) - 0.5) > 1e-9


@needs_compiled
@pytest.mark.parametrize("dependent", [True, False])
@pytest.mark.parametrize("flags", [1, 2, 11, 256])
def test_compiled_tables_are_the_same(dependent, flags):
    situation = whole(1, dependent, greater_flags=flags)
    empty, large = LevelCounts.empty(flags), random_counts(5, flags)
    large.significant[...] <<= 30
    for counts in (empty, random_counts(4, flags), large):
        for weight in (0.0, 0.3, 50.0):
            tables, expected = (
                make(counts, weight, situation) for make in (counting.rate_tables, rate_tables)
            )
            np.testing.assert_array_equal(tables.branches, expected.branches)
            np.testing.assert_array_equal(tables.magnitudes, expected.magnitudes)


@pytest.mark.parametrize("dq", [True, False])
@pytest.mark.parametrize("effort", [1, 2, 3])
def test_fewer_bits_at_the_same_error(effort, dq):
    values = laplace(3, (300, 300))
    coding = TensorCoding(dq_flag=int(dq))

    def point(effort, step):
        levels = quantize_matrix(values, step, coding, RateOptions(effort=effort))
        encoder = Encoder()
        encoder.tensor(levels, coding)
        return 8 * len(encoder.finish()) / values.size, np.square(levels * step - values).mean()

    plain_bits, plain_error = point(0, 1.0 if dq else 2.0)
    steps = np.linspace(0.6, 1.0, 9) * (1 if dq else 2)
    bits, errors = zip(*(point(effort, step) for step in steps), strict=True)
    assert np.interp(plain_error, errors, bits) < 0.98 * plain_bits


@pytest.mark.parametrize("dq", [True, False])
@pytest.mark.parametrize("effort", [0, 1, 2, 3])
def test_errors_are_within_the_bound(effort, dq):
    values = laplace(4, (60, 50), 8.0)
    levels = quantize_matrix(values, 2.0, TensorCoding(dq_flag=int(dq)), RateOptions(effort=effort))
    bound = {True: (2, 4), False: (0.5, 2)}[dq][effort > 0]
    assert np.abs(levels * 2.0 - values).max() <= bound * 2.0


@pytest.mark.parametrize("effort", [0, 1, 2])
@pytest.mark.parametrize("dq", [True, False])
@pytest.mark.parametrize("limit", [3, 7, 127])
def test_indices_stay_within_a_limit(effort, dq, limit):
    values = laplace(6, (40, 30), 30.0)
    coding = TensorCoding(dq_flag=int(dq))
    options = RateOptions(effort=effort, index_limit=limit)
    levels = quantize_matrix(values, 0.5, coding, options)
    assert np.abs(levels).max() == limit
    Encoder().tensor(levels, coding)


def test_a_codebooks_limits_are_kept():
    values = laplace(7, (40, 30), 5.0)
    coding = TensorCoding(codebook_size=6, codebook_zero_offset=1)
    levels = quantize_matrix(values, 1.0, coding, RateOptions(effort=1))
    assert (levels.min(), levels.max()) == (-1, 4)
    Encoder().tensor(levels, coding)


@pytest.mark.parametrize("cols", [9, 10, 11, 12])
@pytest.mark.parametrize("effort", [1, 2])
def test_rows_to_be_skipped_leave_a_valid_path(cols, effort):
    values = laplace(8, (50, cols))
    values[np.random.default_rng(8).random(50) < 0.5] *= 1e-4
    coding = TensorCoding(dq_flag=1)
    levels = quantize_matrix(values, 0.3, coding, RateOptions(effort=effort))
    assert not levels[np.abs(values).max(axis=1) < 0.15].any()
    Encoder().tensor(levels, coding, row_skip=True)


def test_only_small_rows_give_zeros():
    values = np.full((4, 30), 1e-6, np.float32)
    levels = quantize_matrix(values, 1.0, TensorCoding(dq_flag=1), RateOptions(effort=1))
    assert levels.shape == (4, 30)
    assert not levels.any()


def test_values_in_small_rows_are_checked_too():
    values = np.zeros((4, 30), np.float32)
    values[2, 3] = np.nan
    with pytest.raises(InputError, match="finite"):
        quantize_matrix(values, 1.0, TensorCoding(dq_flag=1), RateOptions(effort=1))


@pytest.mark.parametrize("scan_order", [1, 2])
@pytest.mark.parametrize("dq", [True, False])
def test_blocks_are_quantized_in_coding_order(scan_order, dq):
    values = laplace(9, (37, 29))
    coding = TensorCoding(dq_flag=int(dq), scan_order=scan_order)
    levels = quantize_matrix(values, 0.4, coding, RateOptions(effort=2))
    Encoder().tensor(levels, coding)
    assert np.abs(levels * 0.4 - values).max() < 4 * 0.4


def test_runs_of_rows():
    kept = np.array([0, 0, 1, 1, 0, 1], bool)
    assert runs_of(6, 5, kept).tolist() == [[0, 10, 2], [10, 15, 1]]
    assert runs_of(2, 3, np.array([1, 0], bool)).tolist() == [[0, 3, 0]]


def test_a_sample_is_a_part_of_each():
    count = 40 * 4096 + 5
    values = np.arange(count, dtype=np.float32)
    situation = whole(count, base=np.arange(count, dtype=np.int32))
    sample, sampled = sample_of(values, situation, whole=False)
    assert sample.size == 8 * 4096
    assert (sampled.base == sample).all()
    assert sampled.runs.tolist() == [[0, sample.size, 0]]


def test_weights_of_nothing_give_the_least_error():
    values = laplace(10, 500)
    situation = whole(500)
    tables = rate_tables(random_counts(2), 0.0, situation)
    indices = reference.quantize_by_rate(values, 0.4, situation, tables)
    plain = quantize_matrix(values[None], 0.4, TensorCoding(dq_flag=1), RateOptions(effort=0))
    errors = [np.square(one * 0.4 - values).sum() for one in (indices, plain)]
    assert errors[0] == pytest.approx(errors[1], rel=1e-5)
    assert COST_ONE == 1 << 18


@pytest.mark.parametrize("effort", [0, 1, 2, 3])
@pytest.mark.parametrize("dq", [True, False])
def test_whole_models_decode(effort, dq):
    tensors = {"w": laplace(11, (64, 40)), "b": laplace(12, 64)}
    decoded = nnc.decode(nnc.encode(tensors, qp=-8, effort=effort, dq=dq))
    step = 0.25
    for name, values in tensors.items():
        assert np.abs(decoded[name] - values).max() <= 4 * step


@pytest.mark.parametrize("effort", [-1, 4, True, "1"])
def test_other_efforts_are_refused(effort):
    with pytest.raises(InputError, match="effort"):
        nnc.encode({"w": np.zeros(3, np.float32)}, effort=effort)
