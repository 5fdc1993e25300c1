"""decode(encode(x)) == x on both engines, to the same bytes, over all options."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnc.deepcabac import TensorCoding

SHAPES = [(0, 0), (0, 5), (5, 0), (1, 1), (7, 1), (1, 7), (2, 2), (9, 17), (30, 23), (35, 37)]
#: More than one block in both directions takes a larger shape in the last scan order.
SCANNED = [*itertools.product(SHAPES, range(5)), ((65, 70), 4)]


@pytest.mark.parametrize(("shape", "scan_order"), SCANNED)
@pytest.mark.parametrize("dq_flag", [0, 1])
@pytest.mark.parametrize("profile", [0, 1])
def test_shapes_and_scan_orders(check, fit_states, shape, scan_order, dq_flag, profile):
    coding = TensorCoding(profile, dq_flag, scan_order)
    generator = np.random.default_rng(scan_order)
    levels = generator.laplace(0, 4, shape).round().astype(np.int32)
    check(fit_states(levels, coding), coding)


@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (8, 20), (40, 9)])
@pytest.mark.parametrize("scan_order", [0, 1, 2])
def test_dialect_of_nncodec_1(check, fit_states, shape, scan_order):
    coding = TensorCoding(0, 1, scan_order, nncodec1=True)
    levels = np.random.default_rng(5).laplace(0, 4, shape).round().astype(np.int32)
    check(fit_states(levels, coding), coding)


@pytest.mark.parametrize("unary", [0, 1, 5, 10, 40, 255])
@pytest.mark.parametrize("scale", [0.4, 3, 300, 1e6])
def test_greater_flags(check, fit_states, unary, scale):
    coding = TensorCoding(dq_flag=1, cabac_unary_length_minus1=unary)
    levels = np.random.default_rng(unary).laplace(0, scale, (20, 13)).round().astype(np.int32)
    check(fit_states(levels, coding), coding)


@pytest.mark.parametrize("unary", [0, 10, 255])
def test_extremes_of_32_bits(check, unary):
    limit = np.iinfo(np.int32)
    levels = np.array([[limit.min, limit.max, 0], [limit.max, limit.min, -1]], np.int32)
    check(levels, TensorCoding(cabac_unary_length_minus1=unary))


@pytest.mark.parametrize("unary", [0, 10])
def test_extremes_of_32_bits_with_dependent_quantization(check, fit_states, unary):
    # State 0 takes even levels; an odd half leads on to state 2, and so on to an odd state.
    coding = TensorCoding(dq_flag=1, cabac_unary_length_minus1=unary)
    limit = np.iinfo(np.int32)
    levels = np.full((6, 9), limit.min, np.int64)
    levels[1::2] = limit.max
    fitted = fit_states(levels, coding)
    assert limit.min in fitted
    assert limit.max in fitted
    check(fitted, coding)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 12, 13, 14, 40, 300])
@pytest.mark.parametrize("where", ["first", "middle", "last"])
@pytest.mark.parametrize("dq_flag", [0, 1])
@pytest.mark.parametrize("profile", [0, 1])
def test_codebook_limits(check, fit_states, size, where, dq_flag, profile):
    zero = {"first": 0, "middle": size // 2, "last": size - 1}[where]
    coding = TensorCoding(
        profile, dq_flag, scan_order=1, codebook_size=size, codebook_zero_offset=zero
    )
    levels = np.random.default_rng(size).integers(-zero, size - zero, (19, 11), np.int32)
    check(fit_states(levels, coding), coding)


@pytest.mark.parametrize("row_skip", [None, False, True])
@pytest.mark.parametrize("scan_order", [0, 1, 3])
@pytest.mark.parametrize("dq_flag", [0, 1])
@pytest.mark.parametrize("cols", [8, 12, 20])
def test_row_skipping(check, fit_states, row_skip, scan_order, dq_flag, cols):
    coding = TensorCoding(1, dq_flag, scan_order)
    levels = np.random.default_rng(3).laplace(0, 4, (30, cols)).round().astype(np.int32)
    levels[4:25] = 0
    levels[11] = 2
    check(fit_states(levels, coding), coding, row_skip=row_skip)


def test_row_skipping_is_taken_only_where_it_gains(check):
    coding = TensorCoding()
    levels = np.random.default_rng(3).laplace(0, 4, (30, 40)).round().astype(np.int32)
    levels[::2] = 0
    sizes = {choice: len(check(levels, coding, row_skip=choice)) for choice in (None, False, True)}
    assert sizes[None] == sizes[True] < sizes[False]
    # One zero row costs 2 bins of even odds, and less than its flag.
    levels = np.array([[0, 1], [1, 0], [1, 1]] * 30, np.int32)
    np.random.default_rng(9).shuffle(levels)
    levels[50] = 0
    sizes = {choice: len(check(levels, coding, row_skip=choice)) for choice in (None, False, True)}
    assert sizes[None] == sizes[False] < sizes[True]


def test_row_skipping_keeps_away_from_the_ambiguous_case(check):
    # Two blocks wide, and 13 columns are not as many transitions as 8 and 5 modulo 4.
    coding = TensorCoding(dq_flag=1, scan_order=1)
    levels = np.zeros((40, 13), np.int32)
    levels[20, 5] = 2
    assert check(levels, coding) == check(levels, coding, row_skip=False)


@pytest.mark.parametrize("dq_flag", [0, 1])
@pytest.mark.parametrize("scan_order", [0, 2])
@pytest.mark.parametrize("codebook_size", [0, 9])
@pytest.mark.parametrize("parent", [0, 1])
def test_temporal_contexts_and_history(
    check, fit_states, dq_flag, scan_order, codebook_size, parent
):
    coding = TensorCoding(
        1,
        dq_flag,
        scan_order,
        codebook_size=codebook_size,
        codebook_zero_offset=codebook_size // 2,
        parent_node_id_present_flag=parent,
    )
    generator = np.random.default_rng(7)
    base = generator.laplace(0, 3, (40, 21)).round().astype(np.int32)
    levels = (base + generator.laplace(0, 1, base.shape).round()).astype(np.int32)
    if codebook_size:
        levels = levels.clip(-4, 4)
    levels = fit_states(levels, coding)
    history = generator.random(base.shape) < 0.3
    for context in (
        {"base_levels": base},
        {"history": history},
        {"base_levels": base, "history": history},
    ):
        check(levels, coding, context)


def test_base_levels_pay(check):
    coding = TensorCoding(parent_node_id_present_flag=1)
    base = (np.random.default_rng(1).random((60, 60)) < 0.2).astype(np.int32)
    plain = check(base, coding)
    assert len(check(base, coding, {"base_levels": base})) < len(plain) // 2
    assert len(check(base, coding, {"history": base != 0})) < len(plain) // 2


def test_several_tensors_in_one_payload(fit_states, both):
    generator = np.random.default_rng(2)
    codings = [TensorCoding(scan_order=order, dq_flag=order & 1) for order in (0, 1, 2, 1)]
    shapes = [(9, 1), (20, 30), (40, 20), (17, 9)]
    tensors = [
        fit_states(generator.laplace(0, 9, shape).round(), coding)
        for shape, coding in zip(shapes, codings, strict=True)
    ]
    payloads = []
    for engine in both:
        encoder = engine.Encoder()
        entry_points = []
        for levels, coding in zip(tensors, codings, strict=True):
            encoder.quantization_parameter(levels.shape[0], 3)
            entry_points.append(encoder.tensor(levels, coding))
        payloads.append(encoder.finish())
    assert payloads[0] == payloads[1]
    for engine in both:
        decoder = engine.Decoder(memoryview(payloads[0]))
        for levels, coding, points in zip(tensors, codings, entry_points, strict=True):
            assert decoder.quantization_parameter(3) == levels.shape[0]
            result = decoder.tensor(*levels.shape, coding, entry_points=points)
            np.testing.assert_array_equal(result, levels)
        decoder.finish()


def test_long_carries(check, both):
    # Many bins that the estimates take for sure, then the contrary: low comes near a carry.
    generator = np.random.default_rng(11)
    for seed in range(20):
        levels = (generator.random((50, 40)) < 0.003 * seed).astype(np.int32)
        levels *= generator.integers(1, 1 << 30, levels.shape, np.int32)
        check(levels, TensorCoding(), search=False)


def test_a_large_tensor_is_sampled_alike(check, fit_states):
    # Beyond 16 blocks of 4096 levels only some are looked at.
    coding = TensorCoding(dq_flag=1, scan_order=4)
    generator = np.random.default_rng(4)
    levels = generator.laplace(0, np.linspace(0.2, 4, 340)[:, None], (340, 200)).round()
    check(fit_states(levels, coding), coding)


@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(0, 40),
    cols=st.integers(0, 40),
    scale=st.floats(0.05, 1e5),
    dq_flag=st.integers(0, 1),
    scan_order=st.integers(0, 4),
    unary=st.integers(0, 20),
    profile=st.integers(0, 1),
    search=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_random_tensors(
    check, fit_states, seed, rows, cols, scale, dq_flag, scan_order, unary, profile, search
):
    coding = TensorCoding(profile, dq_flag, scan_order, unary)
    levels = np.random.default_rng(seed).laplace(0, scale, (rows, cols)).round()
    check(fit_states(levels, coding), coding, search=search)


@pytest.mark.parametrize("density", range(8))
def test_quantization_parameter_limits(coder, density):
    bits = 6 + density
    values = (-(1 << (bits - 1)), -1, 0, (1 << (bits - 1)) - 1)
    encoder = coder.Encoder()
    for value in values:
        encoder.quantization_parameter(value, density)
    decoder = coder.Decoder(encoder.finish())
    assert tuple(decoder.quantization_parameter(density) for _ in values) == values
    decoder.finish()
