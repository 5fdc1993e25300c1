import numpy as np
import pytest

import nnc
from nnc.reduce import prune_blocks, prune_n_of_m


def test_clause_8_3_2_blocks_of_the_least_magnitudes_become_zero():
    values = np.random.default_rng(2).normal(size=(10, 3, 3, 3)).astype("f4")
    reduced = prune_blocks({"w": values, "b": np.ones(10, "f4")}, 0.5, block=(2, 3))
    mask = reduced.masks["w"].reshape(10, 27)
    blocks = mask.reshape(5, 2, 9, 3).swapaxes(1, 2).reshape(45, 6)
    assert (blocks.all(axis=1) | ~blocks.any(axis=1)).all()
    assert (~blocks.any(axis=1)).sum() == 22
    means = np.abs(values.reshape(5, 2, 9, 3).swapaxes(1, 2)).mean(axis=(2, 3)).reshape(-1)
    assert means[~blocks.any(axis=1)].max() <= means[blocks.all(axis=1)].min()
    assert np.array_equal(reduced.tensors["w"] != 0, reduced.masks["w"])


def test_smaller_blocks_at_the_edges():
    reduced = prune_blocks({"w": np.ones((5, 7), "f4")}, 1.0, block=(4, 4))
    assert not reduced.tensors["w"].any()


def test_two_of_four():
    values = np.random.default_rng(2).normal(size=(6, 10)).astype("f4")
    reduced = prune_n_of_m({"w": values}, 2, 4)
    groups = (reduced.tensors["w"][:, :8] != 0).reshape(-1, 4)
    assert (groups.sum(axis=1) == 2).all()
    assert np.array_equal(reduced.tensors["w"][:, 8:], values[:, 8:])


def test_masks_of_several_tools_add_up():
    values = np.random.default_rng(2).normal(size=(8, 8)).astype("f4")
    first = prune_blocks({"w": values}, 0.5)
    both = prune_n_of_m(first, 2, 4)
    assert not (both.masks["w"] & ~first.masks["w"]).any()
    assert not both.tensors["w"][~both.masks["w"]].any()


@pytest.mark.parametrize("numbers", [(0, 4), (5, 4), (2.0, 4)])
def test_no_such_numbers(numbers):
    with pytest.raises(nnc.InputError):
        prune_n_of_m({"w": np.ones((4, 4), "f4")}, *numbers)
