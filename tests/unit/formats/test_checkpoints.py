"""What training scripts save: state dicts under many keys, and entries that are no tensors."""

import argparse
import collections
import os
import warnings
from pathlib import Path

import numpy as np
import pytest

import nnc
from nnc import InputError
from nnc.decoder.model import decode_model
from nnc.formats import ModelFileWarning, read_model, write_model

torch = pytest.importorskip("torch")
import nnc.torch  # noqa: E402 - needs torch

STATE = torch.nn.Linear(4, 3).state_dict()
OTHER = torch.nn.Linear(2, 2).state_dict()
OPTIMIZER = {"state": {0: {"exp_avg": torch.ones(3)}}, "param_groups": [{"lr": 0.1}]}
BESIDE = {"epoch": 3, "arch": "resnet18", "optimizer": OPTIMIZER, "best": torch.tensor(75.3)}

USUAL = {
    key: {key: STATE, **BESIDE}
    for key in (
        *("state_dict", "model_state_dict", "model_state", "model", "params", "params_ema"),
        *("net", "network", "module", "weights", "ema"),
    )
} | {
    "nested": {"model": {"module": STATE}, **BESIDE},
    "deeper": {"state_dict": {"model": {"state_dict": STATE}}, "epoch": 1},
    "own key": {"my_classifier": STATE, "epoch": 1, "optimizer": OPTIMIZER},
    "plain": dict(STATE),
    "a parameter named model": {"model": torch.ones(2), "weight": torch.ones(3)},
    "optimizer by its content": {"my_net": STATE, "adam": OPTIMIZER},
}


def saved(content, tmp_path, name="m.pt", **options):
    torch.save(content, tmp_path / name, **options)
    return tmp_path / name


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", USUAL)
def test_the_state_dict_is_found(case, tmp_path):
    content = USUAL[case]
    wanted = content if case == "a parameter named model" else STATE
    found = read_model(saved(content, tmp_path)).tensors
    assert {name: one.tolist() for name, one in found.items()} == {
        name: one.tolist() for name, one in wanted.items()
    }


SEVERAL = {
    "a GAN": {"netG": STATE, "netD": OTHER, "optimG": OPTIMIZER, "iter": 5},
    "wrapped": {"netG": {"state_dict": STATE, "epoch": 1}, "netD": {"model": OTHER}},
}


@pytest.mark.parametrize("case", SEVERAL)
def test_several_networks_have_their_keys_in_front(case, tmp_path):
    found = read_model(saved(SEVERAL[case], tmp_path)).tensors
    assert {name: one.shape for name, one in found.items()} == {
        "netG.weight": (3, 4), "netG.bias": (3,), "netD.weight": (2, 2), "netD.bias": (2,),
    }  # fmt: skip


def test_dicts_in_dicts_have_dotted_names(tmp_path):
    content = {"model": {"language_model": {"embedding": {"words": {"weight": torch.ones(2)}}}}}
    found = read_model(saved(content, tmp_path)).tensors
    assert list(found) == ["language_model.embedding.words.weight"]


def test_what_is_left_out_of_several_is_told(tmp_path):
    place = saved({"params": OTHER, "params_ema": STATE}, tmp_path)
    with pytest.warns(ModelFileWarning, match="taken from 'params_ema'; 'params' is left out"):
        assert read_model(place).tensors["weight"].shape == (3, 4)


@pytest.mark.parametrize("name", ["m.pth.tar", "m.pt.tar", "m.ckpt", "M.PTH.TAR", "m"])
@pytest.mark.parametrize("zipped", [True, False])
def test_suffixes_and_none(name, zipped, tmp_path):
    place = saved({"state_dict": STATE}, tmp_path, name, _use_new_zipfile_serialization=zipped)
    assert list(read_model(place).tensors) == ["weight", "bias"]
    if name != "m":
        write_model(tmp_path / f"x{name}", {"a": np.ones(2, "f4")})
        assert list(torch.load(tmp_path / f"x{name}")) == ["a"]


ENTRIES = {
    "none": None, "flag": True, "number": 3, "float": 0.07, "text": "v2", "bytes": b"\0abc",
    "list": [1, [2.5, "a"]], "tuple": (1, (2,)), "dict": {"k": 1, "inside": {"b": b"x"}},
    "empty": {}, "infinite": float("inf"),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("entry", ENTRIES)
def test_entries_that_are_no_tensors_are_carried(entry, tmp_path):
    value = ENTRIES[entry]
    place = saved({**STATE, "_extra_state": value}, tmp_path)
    nnc.encode_file(place, tmp_path / "m.nnc")
    nnc.decode_file(tmp_path / "m.nnc", tmp_path / "x.pt")
    back = torch.load(tmp_path / "x.pt")
    assert back["_extra_state"] == value
    assert type(back["_extra_state"]) is type(value)
    assert list(back) == ["weight", "bias", "_extra_state"]


@pytest.mark.parametrize(
    "value",
    [{"scale": torch.ones(2)}, {1: 2}, "x" * 100_000, {1, 2}, torch.Size([1]), range(3)],
    ids=lambda value: type(value).__name__,
)
def test_what_json_has_nothing_for_is_left_out(value):
    with pytest.warns(ModelFileWarning, match="'_extra_state' of the state dict is no tensor"):
        data = nnc.torch.save({**STATE, "_extra_state": value})
    assert list(nnc.torch.load(data)) == ["weight", "bias"]


class WithExtra(torch.nn.Module):
    """A module whose state dict has an entry that is no tensor."""

    def __init__(self):
        super().__init__()
        self.layer, self.extra = torch.nn.Linear(2, 2), {"k": 1}

    def get_extra_state(self):
        return self.extra

    def set_extra_state(self, state):
        self.extra = state


def test_modules_with_extra_state_come_back(tmp_path):
    nnc.torch.save_file(WithExtra(), tmp_path / "m.nnc")
    other = WithExtra()
    other.extra = None
    nnc.torch.load_into(other, tmp_path / "m.nnc")
    assert other.extra == {"k": 1}


@pytest.mark.parametrize("pair", [(1, "1"), (None, "None"), (1.5, "1.5"), ((0, 1), "(0, 1)")])
def test_two_names_that_are_one_as_text(pair, tmp_path):
    state = {pair[0]: torch.ones(2), pair[1]: torch.ones(3)}
    with pytest.raises(InputError, match="both"):
        nnc.torch.save(state)
    with pytest.raises(InputError, match="both"):
        read_model(saved(state, tmp_path))


def test_two_names_that_are_one_when_joined(tmp_path):
    content = {"a": {"b.c": torch.ones(1)}, "a.b": {"c": torch.ones(1)}}
    with pytest.raises(InputError, match=r"the name 'a\.b\.c'"):
        read_model(saved(content, tmp_path))


BESIDE_MODELS = {
    "a number of numpy": np.float64(3.0),
    "an array of numpy": np.ones(3),
    "arguments": argparse.Namespace(out=Path("out"), lr=0.1),
    "in a list": {"a": [(Path("x"),)]},
    "a program": os.system,
}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("beside", BESIDE_MODELS.values(), ids=BESIDE_MODELS)
def test_what_would_be_run_is_left_out_beside_a_model(beside, zipped, tmp_path):
    content = {"state_dict": STATE, "epoch": 3, "best": beside}
    place = saved(content, tmp_path, _use_new_zipfile_serialization=zipped)
    if beside is os.system:  # PyTorch blocks it by its module, whoever allows it
        with pytest.raises(InputError, match=r"more than tensors: posix\.system"):
            read_model(place)
        return
    with pytest.warns(ModelFileWarning, match="'best' of the checkpoint is left out"):
        arrays = read_model(place).tensors
    assert list(arrays) == list(STATE)
    for name, values in STATE.items():
        np.testing.assert_array_equal(arrays[name], values.numpy())


WITHIN_MODELS = {
    "an entry": {"state_dict": {**STATE, "x": np.float64(1)}},
    "an entry of a plain one": {**STATE, "x": np.float64(1)},
    "a whole module": torch.nn.Linear(2, 2),
    "a whole module beside": {"model": torch.nn.Linear(2, 2), "ema": STATE},
    "a whole module alone": {"model": torch.nn.Linear(2, 2)},
    "no usual key": {"mine": STATE, "args": argparse.Namespace()},
    "a list": [STATE, Path("x")],
    "derived from dict": {"model": STATE, "config": collections.defaultdict(list, a=[1])},
}


@pytest.mark.parametrize("content", WITHIN_MODELS.values(), ids=WITHIN_MODELS)
def test_what_would_be_run_within_a_model_is_named(content, tmp_path):
    with pytest.raises(InputError, match="more than tensors: ") as caught:
        read_model(saved(content, tmp_path))
    assert str(caught.value).isprintable()
    assert "two options" not in str(caught.value)


def test_the_loader_allows_no_more_afterwards(tmp_path):
    before = set(torch.serialization.get_safe_globals())
    with pytest.warns(ModelFileWarning):
        read_model(saved({"model": STATE, "args": argparse.Namespace()}, tmp_path))
    assert set(torch.serialization.get_safe_globals()) == before


@pytest.mark.parametrize("content", [b"\0" * 1000, b"a.txt".ljust(5120, b"\0")])
def test_no_advice_on_arguments_of_the_loader(content, tmp_path):
    (tmp_path / "m.pt").write_bytes(content)
    with pytest.raises(InputError, match="no file of PyTorch, or damaged") as caught:
        read_model(tmp_path / "m.pt")
    assert "weights_only" not in str(caught.value)


def test_what_is_no_checkpoint(tmp_path):
    for content in (3, [1], "text", torch.ones(3), {"epoch": 3}, {"optimizer": OPTIMIZER}):
        with pytest.raises(InputError, match=r"state dict|without a name"):
            read_model(saved(content, tmp_path))


def test_entries_that_somebody_made_up(tmp_path):
    for text in ("[", "[1]", '{"a": {"code": 1}}', '{"a": {"bytes": 3}}', '{"a": {}}', "[" * 9999):
        with pytest.raises(InputError, match=r"pytorch\.entries"):
            write_model(tmp_path / "x.pt", {"w": np.ones(2)}, {"pytorch.entries": text})
        assert not (tmp_path / "x.pt").exists()


def test_lazy_modules_are_refused():
    with pytest.raises(InputError, match="run the lazy module once"):
        nnc.torch.save(torch.nn.LazyLinear(3))
    with pytest.raises(InputError, match="run the lazy module once"):
        nnc.encode(torch.nn.LazyLinear(3))


def test_decoded_models_hold_the_entries():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = decode_model(nnc.Bitstream.parse(nnc.torch.save({**STATE, "_extra_state": 7})))
    assert "pytorch.entries" in model.metadata.metadata
