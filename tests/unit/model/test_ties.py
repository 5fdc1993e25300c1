"""Tied tensors: coded once, there under all of their names again."""

import io
import json

import ml_dtypes
import numpy as np
import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.bitstream.notes import SIGNATURE, holds_notes
from nnc.cli.main import run
from nnc.editing.tensors import drop, merge, rename, select, split, tensor_names
from nnc.inspect import summarize, summarize_tensors
from nnc.model.metadata import read_metadata
from nnc.model_files import decode_file, encode_file

pytestmark = pytest.mark.filterwarnings("error")

RNG = np.random.default_rng(3)
EMBEDDING = RNG.normal(0, 0.02, (60, 32)).astype("f4")
OTHER = RNG.normal(0, 0.5, (20, 8)).astype("f4")


def tied_model(dtype="f4"):
    embedding = EMBEDDING.astype(dtype)
    return {
        "embed": embedding,
        "other": OTHER,
        "head": embedding,
        "z": OTHER[:, :4],
        "tail": embedding,
    }


def untied(model):
    return {name: values.copy() for name, values in model.items()}


def parsed(**options):
    return Bitstream.parse(nnc.encode(tied_model(), **options))


def stream_names(data):
    return [line.name for line in summarize_tensors(Bitstream.parse(data)) if line.tied is None]


def ties_of(bitstream):
    return {name: tie.name for name, tie in read_metadata(bitstream.walk()).ties.items()}


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", ml_dtypes.bfloat16, "i4", "u8", "c8", "?"])
@pytest.mark.parametrize("options", [{}, {"profile": 0}, {"references": True}, {"lossless": True}])
def test_coded_once_and_one_array_again(dtype, options):
    model = tied_model(dtype)
    data = nnc.encode(model, **options)
    assert sorted(stream_names(data)) == ["embed", "other", "z"]
    decoded = nnc.decode(data)
    assert list(decoded) == list(model)
    assert decoded["embed"] is decoded["head"] is decoded["tail"]
    expected = nnc.decode(nnc.encode(untied(model), **options))
    assert decoded["head"].dtype == expected["head"].dtype
    assert decoded["head"].shape == (60, 32)
    if "lossless" in options:
        assert np.array_equal(decoded["head"], model["head"])


def test_models_without_ties_have_the_bytes_that_they_had():
    model = {"a": EMBEDDING, "b": EMBEDDING[:30], "c": EMBEDDING.T, "d": OTHER}
    assert nnc.encode(model) == nnc.encode(untied(model) | {"c": EMBEDDING.T})
    assert not any(map(holds_notes, Bitstream.parse(nnc.encode(model)).units))


@pytest.mark.parametrize(
    "options",
    [
        {"metadata_unit": False},
        {"tensor_qp": {"head": -20}, "qp": -30},
        {"keep": ["head", "tail"]},
        {"tensors": {"[ht]*": {"dq": False}}},
        {"joins": [nnc.Joined(names=["head", "tail"])]},
    ],
    ids=repr,
)
def test_names_with_options_of_their_own_are_coded_for_themselves(options):
    data = nnc.encode(tied_model(), **options)
    names = [name for unit in Bitstream.parse(data).walk() for name in unit.names]
    assert {"embed", "head"} <= set(names)
    assert nnc.decode(data).keys() == tied_model().keys()


@pytest.mark.parametrize(
    "options",
    [
        {"prune_rows": True},
        {"blocks": "auto"},
        {"aggregates": "all"},
        {"part_size": 500},
        {"target_size": "20%"},
        {"max_error": 1e-3},
    ],
    ids=repr,
)
def test_ties_beside_other_tools(options):
    decoded = nnc.decode(nnc.encode(tied_model(), **options), pruned=False)
    assert list(decoded) == list(tied_model())
    assert decoded["embed"] is decoded["head"]


@pytest.mark.parametrize("suffix", ["pt", "safetensors", "npz"])
def test_files(suffix, tmp_path):
    torch = pytest.importorskip("torch")
    state = {name: torch.from_numpy(values) for name, values in tied_model().items()}
    state["head"] = state["tail"] = state["embed"]
    torch.save(state, tmp_path / "model.pt")
    advanced = []
    sizes = encode_file(
        tmp_path / "model.pt",
        tmp_path / "m.nnc",
        progress=lambda done, size: advanced.append(done / size),
    )
    assert sizes.tensors == 5
    assert advanced[-1] == 1
    assert (tmp_path / "m.nnc").stat().st_size < 0.3 * 4 * (60 * 32 + 20 * 8 + 80) + 300
    back = tmp_path / f"back.{suffix}"
    decode_file(tmp_path / "m.nnc", back)
    decoded = nnc.load_file(tmp_path / "m.nnc")
    if suffix == "pt":
        loaded = torch.load(back)
        assert loaded["embed"].data_ptr() == loaded["head"].data_ptr() == loaded["tail"].data_ptr()
        assert loaded["embed"].data_ptr() != loaded["other"].data_ptr()
    from nnc.formats import read_model

    tensors = read_model(back).tensors
    assert sorted(tensors) == sorted(decoded)
    for name, values in tensors.items():
        assert np.array_equal(values, decoded[name])


def test_modules_of_pytorch():
    torch = pytest.importorskip("torch")
    import nnc.torch

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = torch.nn.Embedding(20, 8)
            self.head = torch.nn.Linear(8, 20, bias=False)
            self.head.weight = self.embed.weight

    network, other = Network(), Network()
    file = io.BytesIO()
    file.write(nnc.encode(network.state_dict()))
    decoded = nnc.torch.load(file.getvalue())
    assert decoded["embed.weight"].data_ptr() == decoded["head.weight"].data_ptr()
    other.load_state_dict(decoded)
    assert torch.equal(other.embed.weight, decoded["embed.weight"])


def test_lists_of_names(tmp_path, capsys):
    lines = {line.name: line for line in summarize_tensors(parsed())}
    assert lines["head"].tied == "embed"
    assert lines["head"].bytes is None
    assert lines["embed"].tied is None
    assert summarize(parsed()).values == 60 * 32 + 20 * 8 + 80
    (tmp_path / "m.nnc").write_bytes(nnc.encode(tied_model()))
    assert run(["ls", str(tmp_path / "m.nnc")]) == 0
    assert "tied to embed" in capsys.readouterr().out
    assert run(["tree", "--depth", "1", str(tmp_path / "m.nnc")]) == 0
    out = capsys.readouterr().out
    assert any("embed" in line and "head" in line for line in out.splitlines())
    assert run(["check", "--deep", str(tmp_path / "m.nnc")]) == 0


def values_of(bitstream):
    return nnc.decode(bitstream.to_bytes())


def test_renamed():
    bitstream = parsed()
    rename(bitstream, {"embed": "e", "head": "h"})
    assert ties_of(bitstream) == {"h": "e", "tail": "e"}
    assert list(values_of(bitstream)) == ["e", "other", "h", "z", "tail"]
    with pytest.raises(nnc.InputError, match="two tensors would have the name"):
        rename(bitstream, {"e": "tail"})


@pytest.mark.parametrize(
    ("kept", "ties"),
    [
        (["embed"], {}),
        (["embed", "tail"], {"tail": "embed"}),
        (["head"], {}),
        (["other", "tail", "head"], {"head": "tail"}),
        (["z", "other"], {}),
    ],
)
def test_selected(kept, ties):
    bitstream, before = parsed(), nnc.decode(nnc.encode(tied_model()))
    select(bitstream, kept)
    assert ties_of(bitstream) == ties
    decoded = values_of(bitstream)
    assert sorted(decoded) == sorted(kept)
    for name in kept:
        assert np.array_equal(decoded[name], before[name])


@pytest.mark.parametrize(
    "leaving", [["embed"], ["head"], ["embed", "head"], ["embed", "head", "tail"]]
)
def test_dropped(leaving):
    bitstream = parsed()
    drop(bitstream, leaving)
    assert values_of(bitstream).keys() == tied_model().keys() - set(leaving)


def test_a_plan_changes_nothing():
    bitstream = parsed()
    before = bitstream.to_bytes()
    select(bitstream, ["head", "tail"], keep=False)
    rename(bitstream, {"head": "new"}, keep=False)
    assert bitstream.to_bytes() == before


def test_units_taken_out_by_path_take_their_other_names_along():
    bitstream = parsed()
    bitstream.remove(next(unit.path for unit in bitstream.units if "embed" in unit.names))
    assert list(values_of(bitstream)) == ["other", "z"]


def test_split_and_merged():
    first, second = split(parsed(), ["embed", "other"])
    assert tensor_names(first) == ["embed", "other"]
    assert sorted(tensor_names(second)) == ["head", "tail", "z"]
    assert values_of(merge(first, second)).keys() == tied_model().keys()


def test_what_is_cut_off_is_missing_under_all_names():
    data = Bitstream(parsed().units[:3]).to_bytes()
    with pytest.warns(nnc.DecodingWarning, match="tells of 3 tensors"):
        assert nnc.decode(data) == {}


def with_ties(ties):
    bitstream = parsed()
    unit = next(filter(holds_notes, bitstream.units))
    content = json.loads(bytes(unit.payload_bytes[len(SIGNATURE) :])) | {"tied": ties}
    unit.payload = SIGNATURE + json.dumps(content).encode()
    return bitstream.to_bytes()


BAD = [
    [["a", "b", 0], ["b", "a", 1]],
    [["a", "a", 0]],
    [["a", "embed", 0], ["a", "other", 0]],
    [["other", "embed", 0]],
    [["embed", "embed", 0]],
    [["a", "embed", 0], ["b", "a", 0]],
    [["a", "embed", -1]],
    [["a", "embed", True]],
    [["a", "embed"]],
    [["a", 5, 0]],
    [[5, "embed", 0]],
    [["a\0", "embed", 0]],
    [[[], "embed", 0]],
    {"a": "embed"},
    5,
    None,
]


@pytest.mark.parametrize("ties", BAD, ids=repr)
def test_ties_that_are_none(ties, tmp_path):
    data = with_ties(ties)
    (tmp_path / "m.nnc").write_bytes(data)
    for read in (
        nnc.decode,
        lambda data: nnc.Decoder().decode(data),
        lambda _: decode_file(tmp_path / "m.nnc", tmp_path / "m.npz"),
    ):
        with pytest.raises(nnc.InvalidError) as caught:
            read(data)
        assert caught.value.unit == 2


def test_ties_to_what_is_not_there():
    with pytest.warns(nnc.DecodingWarning, match=r"1 tensor \('a'\)"):
        assert "a" not in nnc.decode(with_ties([["a", "nowhere", 0]]))
    assert list(nnc.decode(with_ties([["a", "embed", 10**30]])))[-1] == "a"


def test_ties_make_no_bomb():
    data = with_ties([[str(number), "embed", 0] for number in range(20_000)])
    with pytest.raises(nnc.LimitError):
        nnc.decode(data, limits=nnc.Limits(values=1_000_000))


# Sessions.


def copies(model):
    """Equal arrays, which share no memory any more."""
    return {name: values.copy() for name, values in model.items()}


def changed(model, names=("embed", "head", "tail"), scale=1e-3):
    other = model["embed"] + RNG.normal(0, scale, model["embed"].shape).astype("f4")
    return model | dict.fromkeys(names, other)


def near(decoded, wanted):
    assert decoded.keys() == wanted.keys()
    for name, values in wanted.items():
        assert np.linalg.norm(decoded[name] - values) < 0.01 * np.linalg.norm(values), name


@pytest.fixture(params=["base sent", "base held"])
def session(request):
    base = tied_model()
    if request.param == "base held":
        return nnc.Encoder(base), nnc.Decoder(base), base
    encoder, decoder = nnc.Encoder(), nnc.Decoder()
    near(decoder.decode(encoder.encode(base)), base)
    return encoder, decoder, base


def coded_names(data):
    return {name for unit in Bitstream.parse(data).walk() for name in unit.names}


@pytest.mark.parametrize("again", [dict, copies])
def test_updates_of_ties(session, again):
    encoder, decoder, model = session
    for number in range(3):
        model = changed(model)
        data = encoder.encode(model if number == 0 else again(model))
        assert coded_names(data) <= {"embed"} | ({"other", "z"} if number == 0 else set())
        decoded = decoder.decode(data)
        near(decoded, model)
        assert decoded["head"] is decoded["embed"]
        for name, values in encoder.decoder.tensors().items():
            assert np.array_equal(values, decoded[name])


def test_a_tie_that_ends(session, tmp_path):
    encoder, decoder, model = session
    model = changed(model)
    decoder.decode(encoder.encode(model))
    encoder.save(tmp_path / "state")
    encoder.load(tmp_path / "state")
    model = changed(model, ["head"])
    data = encoder.encode(model)
    assert "head" in coded_names(data)
    near(decoder.decode(data), model)
    for names in (["embed", "tail"], ["head"]):
        model = changed(model, names)
        data = encoder.encode(model)
        assert len(data) < 60 * 32 * 4 * 0.2
        decoded = decoder.decode(data)
        near(decoded, model)
        assert decoded["tail"] is decoded["embed"]
        assert decoded["head"] is not decoded["embed"]
    # And it is tied anew.
    model = changed(model)
    data = encoder.encode(model)
    assert "head" not in coded_names(data)
    decoded = decoder.decode(data)
    near(decoded, model)
    assert decoded["head"] is decoded["embed"]


def test_only_one_of_the_names_is_sent(session):
    encoder, decoder, model = session
    model = changed(model)
    decoder.decode(encoder.encode(model))
    model = changed(model)
    near(decoder.decode(encoder.encode({"embed": model["embed"]})), model)
    other = changed(model, ["head"])
    near(decoder.decode(encoder.encode({"head": other["head"]})), other)


def test_ties_of_another_device():
    base = tied_model()
    first, second, decoder = nnc.Encoder(), nnc.Encoder(device_id=1), nnc.Decoder()
    data = first.encode(base)
    second.receive(data)
    decoder.decode(data)
    model = changed(base)
    near(decoder.decode(second.encode(model)), model)
    assert np.array_equal(decoder.tensors(1)["head"], decoder.tensors(1)["embed"])
    near(decoder.tensors(0), base)
    own = changed(model, ["head"])
    near(decoder.decode(second.encode(own)), own)
    near(decoder.tensors(0), base)
    more = changed(base)
    near(decoder.decode(first.encode(more)), more)
    near(decoder.tensors(1), own)


def test_a_state_with_ties_that_are_none(tmp_path):
    import zipfile

    encoder = nnc.Encoder()
    encoder.encode(tied_model())
    encoder.save(tmp_path / "state")
    with zipfile.ZipFile(tmp_path / "state") as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    content = json.loads(members["state.json"])
    assert [0, "head", "embed"] in content["ties"]
    for ties in ([[0, "head", 5]], [[0, "head"]], 5, [["0", "head", "embed"]]):
        members["state.json"] = json.dumps(content | {"ties": ties}).encode()
        with zipfile.ZipFile(tmp_path / "bad", "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        with pytest.raises(nnc.InputError, match="not the state of a session"):
            nnc.Decoder.load(tmp_path / "bad")
