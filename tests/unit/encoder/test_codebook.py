"""Codebooks: indices and tables that spell the same values again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnc.bitio import BitReader, BitWriter
from nnc.encoder.codebook import LARGEST_CODEBOOK, code_by_codebook
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
