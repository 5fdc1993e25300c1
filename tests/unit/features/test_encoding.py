"""Encoding within a set of features: what comes out keeps to it, or nothing does."""

import random

import numpy as np
import pytest

import nnc
from nnc.bitio import InputError
from nnc.features import feature_set, held_to, set_names
from nnc.inspect import trace

CHOICES = {
    "qp": [-40, -24, -10],
    "dq": [None, True, False],
    "codebook": [None, False, True, "auto"],
    "scan_order": [0, 1, 2, "auto"],
    "row_skip": [None, True, False],
    "profile": [0, 1],
    "parameter_search": [True, False],
    "references": [False, True],
    "part_size": [None, 40],
    "aggregates": [None, "all"],
    "blocks": [(), "auto"],
    "effort": [0, 1],
    "metadata_unit": [True, False],
    "prune_rows": [False, True],
    "keep": [(), ("*bias",)],
    "cabac_unary_length_minus1": [10, 2],
}


def random_model(chance, rng):
    """Return a few small tensors with the names of layers; of most models all are float32."""
    model = {}
    dtypes = chance.choice([["f4"], ["f4"], ["f4", "f2", "f8"]])
    for number in range(chance.randint(1, 3)):
        rows = chance.randint(1, 12)
        shape = [rows, *(chance.randint(1, 5) for _ in range(chance.randint(0, 3)))]
        weight = rng.normal(size=shape).astype(chance.choice(dtypes))
        if chance.random() < 0.3:
            weight[::2] = 0
        model[f"layer{number}.weight"] = weight
        if chance.random() < 0.5:
            model[f"layer{number}.bias"] = rng.normal(size=rows).astype("f4")
    if len(dtypes) > 1 and chance.random() < 0.5:
        model["steps"] = np.array(chance.randint(0, 9), chance.choice(["i4", "i8"]))
    return model


def encodes_within(name, seed):
    """Encode a random model; return whether it was encoded, or refused with a reason."""
    chance, rng = random.Random(seed), np.random.default_rng(seed)
    model = random_model(chance, rng)
    names = chance.sample(sorted(CHOICES), chance.randint(0, 4))
    options = {one: chance.choice(CHOICES[one]) for one in names}
    # Without a quality, vectors of few values are stored raw, which most sets lack.
    if chance.random() < 0.7:
        options["qp"] = chance.choice(CHOICES["qp"])
    try:
        data = nnc.encode(model, profile_set=name, **options)
    except InputError:
        return False
    assert not held_to(trace(data), feature_set(name)).findings
    assert nnc.decode(data).keys() == model.keys()
    return True


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", set_names())
def test_random_models_keep_to_a_set(name):
    assert sum(encodes_within(name, seed) for seed in range(8))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", set_names())
def test_a_thousand_random_models_keep_to_a_set(name):
    encoded = sum(encodes_within(name, seed) for seed in range(1000))
    assert encoded > 200


def test_options_that_leave_a_set_are_refused_by_name():
    model = {"w": np.ones((4, 4), "f4")}
    with pytest.raises(InputError, match="scan_order=1 asks for scanning in blocks"):
        nnc.encode(model, profile_set="ims-full", scan_order=1)
    with pytest.raises(InputError, match=r"tensors\['w'\]: row_skip=True asks for"):
        nnc.encode(model, profile_set="edition-1", tensors={"w": {"row_skip": True}})
    with pytest.raises(InputError, match=r"with a quality \(qp\)"):
        nnc.encode({"b": np.linspace(0.1, 0.7, 9, dtype="f4")}, profile_set="ims-full")
    with pytest.raises(InputError, match="neither a set of features"):
        nnc.encode(model, profile_set="edition-3")


def test_what_options_cant_avoid_is_refused_and_no_file_is_left(tmp_path):
    model = {"w": np.ones((4, 4), "f2")}
    with pytest.raises(InputError, match="the model needs what ims-full doesn't have"):
        nnc.save_file(model, tmp_path / "model.nnc", profile_set="ims-full")
    np.savez(tmp_path / "model.npz", **model)
    with pytest.raises(InputError, match="the model needs"):
        nnc.encode_file(tmp_path / "model.npz", tmp_path / "model.nnc", profile_set="ims-full")
    assert not (tmp_path / "model.nnc").exists()
