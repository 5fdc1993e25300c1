import numpy as np
import pytest

import nnc
from nnc.reduce import unify


def test_clause_8_3_6_blocks_get_one_magnitude_and_keep_their_signs():
    values = np.random.default_rng(2).normal(size=(7, 5)).astype("f4")
    reduced = unify({"w": values}, 1.0, block=(2, 2))
    found = reduced.tensors["w"]
    assert np.array_equal(np.sign(found), np.sign(values))
    for top in range(0, 7, 2):
        for left in range(0, 5, 2):
            block = np.abs(found[top : top + 2, left : left + 2])
            expected = np.abs(values[top : top + 2, left : left + 2]).mean()
            np.testing.assert_allclose(block, expected, rtol=1e-6)
    assert not reduced.masks["w"].any()


def test_the_blocks_that_change_least_in_each_super_block():
    values = np.ones((8, 8), "f4")
    values[::2, ::2] += np.random.default_rng(2).uniform(0.1, 1, (4, 4)).astype("f4")
    reduced = unify({"w": values}, 0.5, block=(2, 2), super_block=(4, 4))
    changed = ~reduced.masks["w"]
    for top in (0, 4):
        for left in (0, 4):
            assert changed[top : top + 4, left : left + 4].sum() == 8


def test_a_threshold():
    values = np.ones((4, 4), "f4")
    values[0, 0], values[2, 2] = 1.1, 3
    found = unify({"w": values}, threshold=0.1).tensors["w"]
    np.testing.assert_allclose(found[:2, :2], 1.025, rtol=1e-6)
    assert np.array_equal(found[2:, 2:], values[2:, 2:])


def test_few_magnitudes_cost_fewer_bytes():
    values = (0.1 * np.random.default_rng(2).normal(size=(64, 64))).astype("f4")
    coding = {"qp": -32, "nonweight_qp": -32}
    plain = len(nnc.encode({"w": values}, **coding))
    unified = unify({"w": values}, 1.0, block=(8, 8)).tensors
    assert len(nnc.encode(unified, **coding)) < 0.8 * plain


@pytest.mark.parametrize("given", [{}, {"share": 0.5, "threshold": 1.0}, {"share": 2},
                                   {"share": 1, "block": (0, 2)}, {"share": 1, "block": "22"},
                                   {"share": 1, "super_block": (3, 3)},
                                   {"share": 1, "reshaped": (3,)}], ids=str)  # fmt: skip
def test_no_such_blocks(given):
    with pytest.raises(nnc.InputError):
        unify({"w": np.ones((4, 4), "f4")}, **given)
