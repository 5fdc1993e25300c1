"""Codebooks: indices and tables that spell the same values again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnc.bitio import BitReader, BitWriter
from nnc.encoder.quantization.codebook import (
    LARGEST_CODEBOOK,
    Histogram,
    code_by_codebook,
    code_by_means,
    code_exactly,
    exp_golomb_bits,
    means,
)
from nnc.encoder.quantization.uniform import step_size
from nnc.syntax import Scope, integer_codebook


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=60))
def test_the_table_spells_the_values(values):
    levels = np.array(values, np.int32)
    coded = code_by_codebook(levels)
    writer = BitWriter()
    integer_codebook._build(coded.table, writer, Scope(), "")
    table = integer_codebook._parse(BitReader(writer.to_bytes()), Scope(), "")
    assert table.codebook == sorted(set(values))
    assert table.cbZeroOffset == coded.zero_offset
    restored = np.array(table.codebook)[coded.levels + coded.zero_offset]
    np.testing.assert_array_equal(restored, levels)


def test_zero_stands_for_zero():
    coded = code_by_codebook(np.array([[5, -7, 0], [0, 0, 5]], np.int32))
    np.testing.assert_array_equal(coded.levels, [[1, -1, 0], [0, 0, 1]])


def test_too_many_values_for_a_codebook():
    assert code_by_codebook(np.arange(LARGEST_CODEBOOK, dtype=np.int32)) is not None
    assert code_by_codebook(np.arange(LARGEST_CODEBOOK + 1, dtype=np.int32)) is None


@given(
    st.lists(st.integers(-(2**20), 2**20), min_size=1, max_size=60),
    st.integers(-20, 3),
    st.integers(0, 7),
)
def test_exact_codebooks_lose_nothing(numbers, exponent, density):
    values = np.ldexp(np.array(numbers, np.float32), exponent)
    window = range(-126 << density, 128 << density)
    found = code_exactly(values, density, window)
    step = np.float64(step_size(found.qp, density))
    coded = found.coded
    np.testing.assert_array_equal(
        (coded.entries[coded.levels + coded.zero_offset] * step).astype(np.float32), values
    )


def test_an_exact_codebook_has_the_coarsest_step():
    values = np.float32([-0.75, 0, 1.5, 2.25])
    found = code_exactly(values, 2, range(-200, 200))
    assert found.coded.entries.tolist() == [-1, 0, 2, 3]
    assert step_size(found.qp, 2) == np.float32(0.75)


def test_values_that_no_step_makes_exactly():
    assert code_exactly(np.float32([1e-20, 1.0]), 2, range(-500, 500)) is None
    assert code_exactly(np.float64([0.1]), 2, range(-500, 500)) is None
    assert code_exactly(np.float32([0.1]), 2, range(100)) is None
    assert code_exactly(np.float32(np.arange(300)), 2, range(-500, 500)) is None


def test_means_find_the_clusters():
    rng = np.random.default_rng(5)
    centres = np.array([-900, -300, 0, 250, 700, 1000])
    levels = (rng.choice(centres, 5000) + rng.integers(-20, 21, 5000)).astype(np.int32)
    coded = code_by_means(levels, 6)
    assert np.abs(coded.entries - centres).max() <= 3
    assert coded.entries[2] == 0
    restored = coded.entries[coded.levels + coded.zero_offset]
    assert np.abs(restored - levels).max() <= 23


@given(
    st.lists(st.integers(-500, 500), min_size=1, max_size=200),
    st.integers(1, 40),
)
def test_means_keep_to_the_number_of_entries(numbers, size):
    levels = np.array(numbers, np.int32)
    coded = code_by_means(levels, size)
    assert coded.size <= size
    assert coded.size == coded.entries.size
    assert np.all(np.diff(coded.entries) > 0)
    distance = np.abs(coded.entries[:, None] - levels).min(axis=0)
    restored = coded.entries[coded.levels + coded.zero_offset]
    np.testing.assert_array_equal(np.abs(restored - levels), distance)


def test_more_entries_make_smaller_errors():
    rng = np.random.default_rng(6)
    distinct, counts = np.unique(rng.laplace(0, 300, 20000).astype(np.int32), return_counts=True)
    histogram = Histogram.of(distinct, counts)
    errors = [histogram.squared_error(means(histogram, size)) for size in (2, 4, 16, 64, 256)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 1000


@given(st.integers(0, 15), st.lists(st.integers(0, 2**33), max_size=20))
def test_bits_of_exp_golomb_codes(k, numbers):
    writer = BitWriter()
    for number in numbers:
        writer.ue(k, number, "codebook_delta")
    assert exp_golomb_bits(k, np.array(numbers, np.int64)) == writer.position
