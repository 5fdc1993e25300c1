"""Steps of reconstruction, each by itself: products, local scaling, folded batch norms."""

import warnings
from itertools import combinations

import numpy as np
import pytest

import nnc
from nnc.decoder.reconstruction import STEPS
from tests.cases import CASES

WEIGHT = np.random.default_rng(3).normal(0, 0.1, (6, 4, 3)).astype("f4")
SCALING = np.linspace(0.5, 2, 6).astype("f4")
BIAS = np.linspace(-1, 1, 6).astype("f4")
NAMES = {"beta": "n.beta", "gamma": "n.gamma", "mean": "n.mean", "variance": "n.var"}


def vector(name):
    (case,) = [case for case in CASES if case.name == name]
    return case.bitstreams[0].read_bytes()


def block(*, bias="w.bias", decomposed=False):
    """A layer of a weight, its scaling factors and a bias, as a batch norm is folded into it."""
    tensors = {"w": WEIGHT, "w_scaling": SCALING, bias: BIAS}
    layer = nnc.Block(weight="w", bias=bias, scaling="w_scaling")
    if decomposed:
        matrix = WEIGHT.reshape(6, 12)
        tensors |= {"w_G": matrix[:, :2].copy(), "w_H": matrix[:2].copy()}
        del tensors["w"]
        layer = nnc.Block(
            weight="w", g="w_G", h="w_H", dimensions=(6, 4, 3), bias=bias, scaling="w_scaling"
        )
    return nnc.encode(tensors, qp=-40, blocks=[layer])


CHOICES = [set(chosen) for count in range(4) for chosen in combinations(STEPS, count)]


@pytest.mark.parametrize("steps", CHOICES, ids=lambda steps: "+".join(sorted(steps)) or "none")
def test_each_step_is_done_or_left(steps):
    data = block(decomposed=True)
    parts = nnc.decode(data, reconstruct=False)
    # A weight that is left decomposed has no batch norm to be unfolded.
    names = {"w": nnc.BatchNorm(**NAMES)} if "decomposition" in steps else {}
    result = nnc.decode(data, reconstruct=steps, batch_norms=names)
    g, h, scaling = parts["w_G"], parts["w_H"], parts["w_scaling"]
    if "local_scaling" in steps:
        assert "w_scaling" not in result
        g = g * scaling[:, None]
    else:
        np.testing.assert_array_equal(result["w_scaling"], scaling)
    if "decomposition" in steps:
        assert not {"w_G", "w_H"} & set(result)
        np.testing.assert_allclose(result["w"], (g @ h).reshape(6, 4, 3), rtol=1e-5, atol=1e-7)
        assert ("n.beta" in result) == ("batch_norm" in steps)
        assert ("w.bias" in result) != ("batch_norm" in steps)
    else:
        np.testing.assert_array_equal(result["w_G"], g)
        np.testing.assert_array_equal(result["w_H"], h)


def test_true_is_all_steps_and_false_none():
    data = block()
    for whole, steps in ((True, STEPS), (False, ())):
        one, other = nnc.decode(data, reconstruct=whole), nnc.decode(data, reconstruct=steps)
        assert list(one) == list(other)
        for name, values in one.items():
            np.testing.assert_array_equal(values, other[name])


def test_one_step_by_its_name():
    assert "w_scaling" not in nnc.decode(block(), reconstruct="local_scaling")


@pytest.mark.parametrize("wrong", [{"batchnorm"}, "scaling", ["decomposition", 3], 3, None])
def test_steps_that_are_not_there_are_refused(wrong):
    with pytest.raises(nnc.InputError, match="reconstruct must be"):
        nnc.decode(block(), reconstruct=wrong)
    with pytest.raises(nnc.InputError, match="reconstruct must be"):
        nnc.Decoder().decode(block(), reconstruct=wrong)


def test_scaling_of_g_with_other_rows_stays_apart():
    data = vector("p0-block-dc-grows")
    assert [n for n in nnc.decode(data, reconstruct={"decomposition"}) if n.endswith("_G")] == []
    parts = nnc.decode(data, reconstruct={"local_scaling"})
    coded = nnc.decode(data, reconstruct=False)
    for name, values in parts.items():
        np.testing.assert_array_equal(values, coded[name])


def test_scaling_goes_along_the_rows_wherever_they_are():
    values = np.random.default_rng(4).normal(0, 0.1, (4, 6)).astype("f4")
    data = nnc.encode(
        {"w": values, "w_scaling": SCALING},
        qp=-60,
        blocks=[nnc.Block(weight="w", scaling="w_scaling")],
        tensors={"w": {"row_axis": 1}},
    )
    np.testing.assert_allclose(nnc.decode(data)["w"], values * SCALING, atol=1e-4)


@pytest.mark.parametrize("eps", [0.0, 1e-5])
def test_folded_batch_norm_of_a_layer_without_bias(eps):
    data = block()
    folded = nnc.decode(data)
    result = nnc.decode(data, batch_norms={"w": nnc.BatchNorm(**NAMES, eps=eps)})
    assert "w.bias" not in result
    np.testing.assert_array_equal(result["n.beta"], folded["w.bias"])
    np.testing.assert_array_equal(result["n.gamma"], np.ones(6, "f4"))
    np.testing.assert_array_equal(result["n.mean"], np.zeros(6, "f4"))
    np.testing.assert_array_equal(result["n.var"], np.full(6, 1 - eps, "f4"))
    np.testing.assert_array_equal(result["w"], folded["w"])


def test_folded_batch_norm_of_a_layer_with_bias():
    data = block(bias="layer.b")
    result = nnc.decode(data, batch_norms={"w": nnc.BatchNorm(**NAMES)})
    np.testing.assert_array_equal(result["layer.b"], nnc.decode(data)["layer.b"])
    np.testing.assert_array_equal(result["n.beta"], np.zeros(6, "f4"))


def test_unfolded_network_gives_the_output_of_the_one_before_folding():
    generator = np.random.default_rng(5)
    matrix = generator.normal(size=(6, 12)).astype("f4")
    gamma, beta, mean = generator.normal(size=(3, 6)).astype("f4")
    variance, eps = generator.uniform(0.5, 2, 6).astype("f4"), 1e-3
    x = generator.normal(size=12).astype("f4")

    def batch_norm(values, gamma, beta, mean, variance):
        return (values - mean) / np.sqrt(variance + eps) * gamma + beta

    wanted = batch_norm(matrix @ x, gamma, beta, mean, variance)
    g = gamma / np.sqrt(variance + eps)
    tensors = {"w": matrix, "w_scaling": g, "w.bias": -mean * g + beta}
    layer = nnc.Block(weight="w", bias="w.bias", scaling="w_scaling")
    data = nnc.encode(tensors, qp=-90, nonweight_qp=-90, blocks=[layer])
    result = nnc.decode(data, batch_norms={"w": nnc.BatchNorm(**NAMES, eps=eps)})
    parts = [result[NAMES[part]] for part in ("gamma", "beta", "mean", "variance")]
    np.testing.assert_allclose(batch_norm(result["w"] @ x, *parts), wanted, atol=2e-5)


def test_folded_batch_norms_of_the_vectors():
    data = vector("p0-bnf-dq")
    folded = nnc.decode(data)
    names = {
        weight: nnc.BatchNorm(**{part: f"{weight}.{name}" for part, name in NAMES.items()})
        for weight in ("l0.weight", "l1.weight")
    }
    result = nnc.decode(data, batch_norms=names)
    # l0 has a bias of its own; that of l1 is new.
    np.testing.assert_array_equal(result["l0.bias"], folded["l0.bias"])
    assert not result["l0.weight.n.beta"].any()
    assert "l1.weight.bias" not in result
    np.testing.assert_array_equal(result["l1.weight.n.beta"], folded["l1.weight.bias"])


def test_batch_norms_that_do_not_fit_are_refused():
    with pytest.raises(nnc.InputError, match="no weight 'x'"):
        nnc.decode(block(), batch_norms={"x": nnc.BatchNorm(**NAMES)})
    taken = nnc.BatchNorm(**NAMES | {"gamma": "w"})
    with pytest.raises(nnc.InputError, match="'w' of a folded batch norm is in the bitstream"):
        nnc.decode(block(), batch_norms={"w": taken})


def test_batch_norm_of_a_block_is_left_as_it_is():
    layer = nnc.Block(weight="w", batch_norm=("b", "g", "m", "v"))
    tensors = {"w": WEIGHT} | {name: BIAS + number for number, name in enumerate("bgmv")}
    data = nnc.encode(tensors, nonweight_qp=-90, blocks=[layer])
    result = nnc.decode(data)
    for name in "bgmv":
        np.testing.assert_allclose(result[name], tensors[name], atol=1e-5)


def test_an_update_without_base_gives_differences_and_says_so():
    before = {"w": WEIGHT}
    update = nnc.Encoder(before, temporal_contexts=False).encode({"w": WEIGHT + 0.25})
    with pytest.warns(nnc.DecodingWarning, match="'w' first.* are differences to a base model"):
        plain = nnc.decode(update)
    coded = nnc.Decoder(before).decode(update, apply=False)
    np.testing.assert_array_equal(plain["w"], coded["w"])
    assert np.abs(plain["w"] - 0.25).max() < 0.1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nnc.decode(block())
        applied = nnc.Decoder(before).decode(update)
    np.testing.assert_allclose(applied["w"], WEIGHT + 0.25, atol=0.1)


def test_apply_and_reconstruct_go_together():
    data = block()
    for reconstruct in (True, False, {"local_scaling"}):
        wanted = nnc.decode(data, reconstruct=reconstruct)
        for apply in (True, False):
            got = nnc.Decoder().decode(data, reconstruct=reconstruct, apply=apply)
            assert set(got) == set(wanted)
            for name, values in wanted.items():
                np.testing.assert_array_equal(got[name], values)
