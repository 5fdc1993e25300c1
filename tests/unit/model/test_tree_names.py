"""Names that updates leave out."""

import numpy as np
import pytest

import nnc
from nnc.cli.main import run
from nnc.editing import levels, tensors
from nnc.editing.levels import decode_for_editing
from nnc.inspect.bins import decode_bins

BATCH_NORM = ("bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")


def model(seed):
    random = np.random.default_rng(seed)
    vectors = dict.fromkeys(("fc.bias", *BATCH_NORM), (16,))
    shapes = {"fc.weight": (16, 8), "alone": (12, 12), **vectors}
    return {name: random.random(shape).astype("f4") + 1 for name, shape in shapes.items()}


def names_in(data):
    return [name for unit in nnc.Bitstream.parse(data).units for name in unit.names]


@pytest.mark.parametrize("blocks", [(), "auto"])
@pytest.mark.parametrize("parents", ["id", "sha256"])
def test_receivers_know_the_names(blocks, parents, tmp_path):
    options = {"qp": -20, "nonweight_qp": -20, "blocks": blocks, "parents": parents}
    bare, full = nnc.Encoder(names=False, **options), nnc.Encoder(**options)
    decoder = nnc.Decoder()
    first = bare.encode(model(0))
    assert set(names_in(first)) == set(model(0))
    assert first == full.encode(model(0))
    decoder.decode(first)
    for seed in (1, 2):
        data = bare.encode(model(seed))
        assert set(names_in(data)) == {""}
        assert len(data) < len(full.encode(model(seed)))
        decoder.save(tmp_path / "state")
        decoder = nnc.Decoder.load(tmp_path / "state")
        tensors = decoder.decode(data)
        for name, values in full.decoder.tensors().items():
            np.testing.assert_array_equal(tensors[name], values)


def test_new_tensors_are_named():
    encoder, decoder = nnc.Encoder(names=False), nnc.Decoder()
    decoder.decode(encoder.encode(model(0)))
    data = encoder.encode({**model(1), "new": np.ones(3, "f4")})
    assert set(names_in(data)) == {"", "new"}
    assert set(decoder.decode(data)) == {*model(0), "new"}


def test_a_base_given_as_arrays_has_no_trees_at_first():
    encoder, decoder = nnc.Encoder(model(0), names=False), nnc.Decoder(model(0))
    first, second = encoder.encode(model(1)), encoder.encode(model(2))
    assert "" not in names_in(first)
    assert set(names_in(second)) == {""}
    decoder.decode(first)
    assert set(decoder.decode(second)) == set(model(0))


def test_a_receiver_without_the_tree_refuses():
    encoder = nnc.Encoder(names=False)
    encoder.encode(model(0))
    data = encoder.encode(model(1))
    with pytest.raises(nnc.NncError):
        nnc.Decoder(model(5)).decode(data)


def test_dimensions_are_told_by_name():
    with pytest.raises(nnc.InputError, match="by name"):
        nnc.Encoder(names=False, out_of_band=["dimensions"])


@pytest.fixture
def two():
    """Return a model and an update without names, one tensor each."""
    encoder = nnc.Encoder(names=False)
    weight = np.random.default_rng(0).normal(size=(12, 9)).astype("f4")
    return [encoder.encode({"w": weight + one}) for one in (0, 1)]


@pytest.mark.parametrize("decode", [nnc.decode, nnc.Decoder().decode])
def test_a_lone_update_is_no_tensor_without_a_name(decode, two):
    with pytest.raises(nnc.BitstreamError, match="before it with the same decoder"):
        decode(two[1])


def test_tools_know_the_names_from_what_is_before(two):
    first, update = two
    assert nnc.check(update) == []
    assert nnc.check(update, deep=True, before=[first]) == []
    (unit,) = [one for one in nnc.Bitstream.parse(update).units if one.names]
    session = nnc.Decoder()
    session.decode(first)
    (decoded,), _, _ = decode_for_editing(unit, session)
    assert decoded.tensor.name == "w"
    rows = []
    decode_bins(unit, rows.append, False, session)
    assert rows


def test_an_empty_name_of_a_base_is_a_name():
    base = {"": np.random.default_rng(0).normal(size=(12, 9)).astype("f4")}
    update = nnc.Encoder(base).encode({"": base[""] + 1})
    assert set(nnc.Decoder(base).decode(update)) == {""}


def test_a_file_of_an_update_lists_no_names(two, tmp_path):
    (tmp_path / "u.nnc").write_bytes(two[1])
    with nnc.safe_open(tmp_path / "u.nnc", framework="np") as file:
        with pytest.raises(nnc.MissingValueError, match="leaves out the name"):
            file.keys()
        with pytest.raises(nnc.NncError):
            file.get_tensor("w")


@pytest.mark.parametrize(
    "change",
    [
        lambda update: tensors.select(update, [""]),
        lambda update: tensors.select(update, ["w"]),
        lambda update: tensors.drop(update, ["w"]),
        lambda update: tensors.drop(update, []),
        lambda update: tensors.rename(update, {"": "w"}),
        lambda update: tensors.rename(update, {"w": "v"}),
        lambda update: tensors.merge(update, nnc.Bitstream.parse(nnc.encode(model(0)))),
        lambda update: levels.read_levels(update, "w"),
    ],
)
def test_tensors_without_names_are_not_told_apart(change):
    encoder = nnc.Encoder(names=False)
    encoder.encode(model(0))
    update = nnc.Bitstream.parse(encoder.encode(model(1)))
    before = update.to_bytes()
    with pytest.raises(nnc.MissingValueError, match="leaves out the name"):
        change(update)
    assert update.to_bytes() == before


def test_levels_are_found_by_names_of_the_session(two):
    session = nnc.Decoder()
    session.decode(two[0])
    update = nnc.Bitstream.parse(two[1])
    found = levels.read_levels(update, "w", session)
    assert found.shape == (12, 9)
    levels.replace_levels(update, "w", np.zeros_like(found), known=session)
    assert not levels.read_levels(update, "w", session).any()
    with pytest.raises(nnc.MissingValueError, match="leaves out the name"):
        levels.read_levels(update, "v")


def test_verbs_say_that_names_are_left_out(two, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, data in zip(("m.nnc", "u.nnc"), two, strict=True):
        (tmp_path / name).write_bytes(data)
    assert run(["ls", "u.nnc"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[1].startswith("(left out)")
    assert "those of the bitstreams before it" in said.err
    np.savez("m.npz", w=np.zeros((12, 9), "f4"))
    assert run(["decode", "u.nnc", "--base", "m.npz", "-o", "out.npz"]) == 4
    assert "--base FILE gives what came before it" in capsys.readouterr().err
    assert run(["decode", "u.nnc", "--base", "m.nnc", "-o", "out.npz"]) == 0
    assert run(["select", "u.nnc", "*", "-o", "s.nnc"]) == 4
    assert not (tmp_path / "s.nnc").exists()
    assert run(["levels", "u.nnc", "w", "--base", "m.nnc"]) == 0
