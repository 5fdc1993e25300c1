"""Coding order against the order of clause 10, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnc.deepcabac import TensorCoding
from nnc.deepcabac.scan import segments
from nnc.encoder.quantization.order import from_coding_order, to_coding_order


@given(rows=st.integers(1, 70), cols=st.integers(1, 70), scan_order=st.integers(0, 4))
def test_order_is_that_of_the_coder(rows, cols, scan_order):
    matrix = np.arange(rows * cols).reshape(rows, cols)
    coding = TensorCoding(scan_order=scan_order)
    expected = [
        value
        for part in segments(rows, cols, coding)
        for value in matrix[part.row, part.start : part.stop]
    ]
    ordered = to_coding_order(matrix, scan_order)
    assert ordered.tolist() == expected
    np.testing.assert_array_equal(from_coding_order(ordered, rows, cols, scan_order), matrix)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0)])
def test_nothing_in_order(shape):
    matrix = np.zeros(shape, np.float32)
    ordered = to_coding_order(matrix, 2)
    assert ordered.size == 0
    assert from_coding_order(ordered, *shape, 2).shape == shape
