import numpy as np
import pytest

import nnc
from nnc.reduce import low_rank


def weight(rows=40, columns=60, rank=3, seed=5):
    random = np.random.default_rng(seed)
    product = random.normal(size=(rows, rank)) @ random.normal(size=(rank, columns))
    return (0.05 * product).astype("f4")


@pytest.mark.parametrize("given", [{"rank": 3}, {"energy": 0.999999}, {"mse": 1e-9}], ids=str)
def test_clause_8_3_7_low_rank_is_found_and_recomposed(given):
    model = {"w": weight().reshape(40, 15, 2, 2), "b": np.ones(40, "f4")}
    reduced = low_rank(model, **given)
    assert reduced.tensors["w_G"].shape == (40, 3)
    assert reduced.tensors["w_H"].shape == (3, 60)
    data = nnc.encode(reduced.tensors, qp=-44, nonweight_qp=-44, **reduced.options)
    decoded = nnc.decode(data)
    assert decoded["w"].shape == (40, 15, 2, 2)
    assert np.abs(decoded["w"] - model["w"]).max() < 0.01
    assert len(data) < 0.5 * len(nnc.encode(model, qp=-44, nonweight_qp=-44))


def test_the_split_that_needs_the_fewest_values():
    # Of rank 1 as (20, 1) rows of 25, of full rank as rows of the first dimension.
    values = weight(20, 25, 1).reshape(5, 4, 25)
    values *= 1 + np.random.default_rng(0).uniform(size=(5, 4, 1)).astype("f4")
    reduced = low_rank({"w": values}, energy=0.99999, smaller=False)
    assert reduced.tensors["w_G"].shape == (20, 1)
    assert reduced.blocks[0].dimensions == (5, 4, 25)
    np.testing.assert_allclose(reduced.joined()["w"], values, atol=1e-5)


def test_a_weight_without_low_rank_stays():
    model = {"w": np.random.default_rng(1).normal(size=(30, 30)).astype("f4")}
    assert not low_rank(model, energy=0.98).blocks
    assert not low_rank(model, rank=25).blocks


def test_kept_only_where_it_is_smaller_coded():
    # Nearly all is zero: a dense weight costs less than its dense factors.
    model = {"w": np.zeros((64, 64), "f4")}
    model["w"][np.arange(8), np.arange(8)] = 1
    model["w"][:8] += 1e-4 * np.random.default_rng(1).normal(size=(8, 64)).astype("f4")
    coarse = {"qp": -16, "nonweight_qp": -16}
    assert low_rank(model, rank=8, smaller=False).blocks
    assert not low_rank(model, rank=20, options=coarse).blocks


@pytest.mark.parametrize("given", [{}, {"energy": 0.9, "rank": 3}, {"energy": 2}, {"rank": 0},
                                   {"mse": -1}], ids=str)  # fmt: skip
def test_no_such_rank(given):
    with pytest.raises(nnc.InputError):
        low_rank({"w": weight()}, **given)
