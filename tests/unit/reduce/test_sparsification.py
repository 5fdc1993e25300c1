import numpy as np
import pytest

import nnc
from nnc.reduce import sparsify, sparsify_rows


@pytest.fixture
def model():
    random = np.random.default_rng(1)
    return {
        "a": random.normal(0, 0.1, (20, 30)).astype("f4"),
        "b": random.normal(0, 2.0, (8, 3, 3, 3)).astype("f4"),
        "bias": random.normal(size=20).astype("f4"),
    }


def zeros(tensors, names=("a", "b")):
    return sum(int((tensors[name] == 0).sum()) for name in names)


def test_clause_8_3_4_the_share_comes_out_with_thresholds_that_follow_the_tensors(model):
    reduced = sparsify(model, 0.6)
    count = model["a"].size + model["b"].size
    assert zeros(reduced.tensors) == np.ceil(0.6 * count)
    # One delta for all: both tensors lose about as much, though one's values are twenty times less.
    assert 0.5 < (reduced.tensors["a"] == 0).mean() < 0.7
    assert 0.5 < (reduced.tensors["b"] == 0).mean() < 0.7
    for name, mask in reduced.masks.items():
        assert np.array_equal(reduced.tensors[name] != 0, mask)
        assert np.array_equal(reduced.tensors[name][mask], model[name][mask])
        assert np.abs(model[name][~mask]).max() <= np.abs(model[name][mask]).min()
    assert reduced.tensors["bias"] is not None
    assert np.array_equal(reduced.tensors["bias"], model["bias"])


def test_what_a_step_rounds_to_zero_is_zero(model):
    reduced = sparsify(model, 0.0, step=0.1)
    assert np.array_equal(reduced.tensors["a"] == 0, np.abs(model["a"]) < 0.05)


def test_weights_that_are_all_the_same_stay():
    model = {"a": np.full((4, 4), 0.1, "f4"), "b": np.arange(16, dtype="f4").reshape(4, 4)}
    reduced = sparsify(model, 0.4)
    assert (reduced.tensors["a"] == np.float32(0.1)).all()


def test_only_the_tensors_that_are_meant(model):
    reduced = sparsify(model, 0.5, only=["b"])
    assert np.array_equal(reduced.tensors["a"], model["a"])
    assert zeros(reduced.tensors, ["b"]) == model["b"].size // 2


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, "0.5", True, None])
def test_no_such_share(model, share):
    with pytest.raises(nnc.InputError, match="share"):
        sparsify(model, share)


def test_of_an_update_the_rest_comes_with_the_next(model):
    random = np.random.default_rng(2)
    after = {
        name: (values + random.laplace(0, 0.1, values.shape)).astype("f4")
        for name, values in model.items()
    }
    session = nnc.Encoder(model, qp=-40, nonweight_qp=-40)
    received = nnc.Decoder(model)
    for share in (0.9, 0.0):
        base = session.decoder.tensors()
        reduced = sparsify(after, share, base=base)
        changed = np.mean(reduced.tensors["a"] != base["a"])
        assert changed < 0.2 if share else changed > 0.9
        decoded = received.decode(session.encode(reduced.tensors))
    assert np.abs(decoded["a"] - after["a"]).max() < 0.01
    assert np.abs(decoded["b"] - after["b"]).max() < 0.01


def test_clause_8_3_5_rows_below_a_share_of_the_mean(model):
    model["a"][[3, 7]] *= 0.1
    reduced = sparsify_rows(model, 0.5)
    assert np.flatnonzero(~reduced.tensors["a"].any(axis=1)).tolist() == [3, 7]
    data = nnc.encode(reduced.tensors, qp=-30, nonweight_qp=-30, prune_rows=True)
    assert nnc.decode(data)["a"].shape == (18, 30)
    whole = nnc.decode(data, pruned=False)["a"]
    assert np.flatnonzero(~whole.any(axis=1)).tolist() == [3, 7]


def test_a_share_of_each_tensor_and_of_all(model):
    model["a"][:10] *= 0.01
    local = sparsify_rows(model, share=0.25)
    assert [(~local.tensors[n].any(axis=tuple(range(1, local.tensors[n].ndim)))).sum()
            for n in ("a", "b")] == [5, 2]  # fmt: skip
    everywhere = sparsify_rows(model, share=7 / 28, scope="global")
    assert (~everywhere.tensors["a"].any(axis=1)).sum() == 7
    assert everywhere.tensors["b"].any(axis=(1, 2, 3)).all()


def test_rows_along_another_dimension_and_one_that_stays(model):
    model["a"][:, 4] = 0
    reduced = sparsify_rows(model, 0.1, row_axes={"a": 1}, only=["a"])
    assert np.array_equal(reduced.tensors["a"], model["a"])
    reduced = sparsify_rows(model, share=1.0)
    assert reduced.tensors["a"].any(axis=1).sum() == 1


def test_gain_or_share(model):
    for given in ({}, {"gain": 0.5, "share": 0.5}):
        with pytest.raises(nnc.InputError, match="gain or share"):
            sparsify_rows(model, **given)
    with pytest.raises(nnc.InputError, match="scope"):
        sparsify_rows(model, 0.5, scope="all")
