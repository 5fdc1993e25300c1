"""The file of a session's state: the same bytes each time, and typed errors where it's damaged."""

import json
import zipfile

import ml_dtypes
import numpy as np
import pytest

import nnc
from tests.property.test_sessions import snapshot


@pytest.fixture
def state(tmp_path):
    """A file with the state of a session."""
    encoder = nnc.Encoder(qp=-20)
    for factor in (1, 2):
        encoder.encode({"a": np.full((2, 3), factor, "f4"), "n": np.arange(3)})
    encoder.save(tmp_path / "state")
    return tmp_path / "state"


def test_the_same_state_is_the_same_bytes(state):
    with zipfile.ZipFile(state) as archive:
        # A time of writing would make each file another one.
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    decoder, before = nnc.Decoder.load(state), state.read_bytes()
    decoder.save(state)
    assert state.read_bytes() == before


def test_damage_is_refused_by_one_error(state):
    data, messages = state.read_bytes(), []
    damaged = [data[:length] for length in range(0, len(data), 29)]
    for place in range(0, len(data), 5):
        for bit in (0x01, 0x20, 0x80):
            damaged.append(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
    for one in damaged:
        state.write_bytes(one)
        try:
            nnc.Decoder.load(state)
        except nnc.InputError as error:
            messages.append(str(error))
    # The rest is damage of what nobody reads, as are the attributes of a member.
    assert len(messages) > len(damaged) // 2
    assert all("not the state of a session" in message for message in messages)


def test_tensors_of_every_kind_come_back(state):
    tensors = {"e": np.zeros((0, 5), "f4"), "s": np.float32(2), "b": np.array([True]),
               "h": np.ones((2, 2), "f2"), "d": np.ones((2, 2)), "p": np.array([1 << 50]),
              "x": ml_dtypes.bfloat16(3)}  # fmt: skip
    decoder = nnc.Decoder()
    decoder.decode(nnc.encode(tensors))
    decoder.save(state)
    loaded = nnc.Decoder.load(state).tensors()
    for name, values in decoder.tensors().items():
        assert loaded[name].dtype == values.dtype
        np.testing.assert_array_equal(loaded[name], values)


def rewritten(state, name, content, compression=zipfile.ZIP_STORED):
    """Put another content into one member."""
    with zipfile.ZipFile(state) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    members[name] = content
    with zipfile.ZipFile(state, "w", compression) as archive:
        for one, bytes_of_it in members.items():
            archive.writestr(one, bytes_of_it)


def changed(state, change):
    """Change the plain data of a state."""
    with zipfile.ZipFile(state) as archive:
        content = json.loads(archive.read("state.json"))
    change(content)
    rewritten(state, "state.json", json.dumps(content))


@pytest.mark.parametrize(
    ("outline", "message"),
    [
        (["<f4", [1 << 40]], "larger than the file"),
        (["<f4", [1 << 70, 0]], ""),
        (["<f4", [0] * 65], "dimension"),
        (["<f4", [2, 4]], r"doesn't hold \[2, 4\] of float32"),
        (["<f4", [-2, -3]], "-2 is not a number, 0 or more"),
        (["<f4", 6], "6 is not a list"),
        (["|O", []], "not a numeric dtype"),
        (["<U1", [6]], "not a numeric dtype"),
        ([None, [6]], "not text"),
    ],
)
def test_arrays_that_claim_what_is_not_there(state, outline, message):
    changed(state, lambda content: content["arrays"].__setitem__(0, outline))
    if isinstance(outline[1], list) and 0 in outline[1]:
        rewritten(state, "0", b"")
    with pytest.raises(nnc.InputError, match=f"not the state of a session: .*{message}"):
        nnc.Decoder.load(state)


CHANGES = {
    "another version": lambda content: content.update(version=1),
    "no list": lambda content: content.update(values={}),
    "a step of zero": lambda content: content["coded"][0].update(step=0.0),
    "an endless step": lambda content: content["coded"][0].update(step=float("inf")),
    "a step that is a text": lambda content: content["coded"][0].update(step="1"),
    "no number of an array": lambda content: content["values"][0].__setitem__(2, None),
    "another array": lambda content: content["values"][0].__setitem__(2, 1 << 40),
    "a device below all": lambda content: content["values"][0].__setitem__(0, -2),
    "a device that is a text": lambda content: content["values"][0].__setitem__(0, "0"),
    "a name that is a number": lambda content: content["values"][0].__setitem__(1, 5),
    "levels that are floats": lambda content: content["coded"][0].update(
        levels=content["values"][0][2]
    ),
    "a history that is levels": lambda content: content["coded"][0].update(
        history=content["coded"][0]["levels"]
    ),
    "a node of a negative depth": lambda content: content["coded"][0]["node"].__setitem__(2, -1),
    "a node without a depth": lambda content: content["coded"][0]["node"].pop(),
    "a node on no device": lambda content: content["coded"][0]["node"].__setitem__(0, None),
    "half a digest": lambda content: content["coded"][0]["digests"].update(sha256="00ff"),
    "no digest": lambda content: content["coded"][0]["digests"].pop("sha512"),
    "no size": lambda content: content["coded"][0].update(payload_size=None),
    "a reserved format": lambda content: content["formats"][0].__setitem__(2, 99),
    "a format that is a flag": lambda content: content["formats"][0].__setitem__(2, True),
    "a note of no dtype": lambda content: content["notes"].append([0, "a", {"dtype": "object"}]),
    "a base on no device": lambda content: content.update(base_device=1.5),
    "a base that is no node": lambda content: content.update(base_node=7),
    "a tensor's values for another": lambda content: content["values"].append([0, "b", 0]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_contents_that_are_not_what_they_should_be(state, change):
    """One error, before any of it is used."""
    changed(state, change)
    with pytest.raises(nnc.InputError, match="not the state of a session"):
        nnc.Decoder.load(state)


def test_a_difference_of_another_shape(state):
    def change(content):
        content["arrays"].append(["<f4", [3]])
        content["differences"][0][2] = len(content["arrays"]) - 1
        rewritten(state, str(len(content["arrays"]) - 1), bytes(12))

    with zipfile.ZipFile(state) as archive:
        content = json.loads(archive.read("state.json"))
    change(content)
    rewritten(state, "state.json", json.dumps(content))
    with pytest.raises(nnc.InputError, match="the difference of 'a' is of another shape"):
        nnc.Decoder.load(state)


def test_booleans_that_are_none(state):
    with zipfile.ZipFile(state) as archive:
        content = json.loads(archive.read("state.json"))
    number = next(one["history"] for one in content["coded"] if one["history"] is not None)
    rewritten(state, str(number), bytes([2]) * 6)
    with pytest.raises(nnc.InputError, match="doesn't hold booleans"):
        nnc.Decoder.load(state)


def test_what_devices_share_is_stored_once(tmp_path):
    values = np.random.default_rng(1).normal(0, 1, (100, 50)).astype("f4")
    decoder = nnc.Decoder()
    decoder.decode(nnc.encode({"w": values}))
    decoder.save(tmp_path / "state")
    # Values and levels, both of device 0 and of the base model.
    assert (tmp_path / "state").stat().st_size < 2.2 * values.nbytes


def test_two_decoders_go_on_from_one_file(state):
    encoder = nnc.Encoder(qp=-20)
    encoder.load(state)
    update = encoder.encode({"a": np.full((2, 3), 5, "f4"), "n": np.arange(3) + 1})
    first, second = nnc.Decoder.load(state), nnc.Decoder.load(state)
    results = [one.decode(update) for one in (first, second)]
    assert snapshot(first) == snapshot(second) == snapshot(encoder.decoder)
    for name, values in results[0].items():
        np.testing.assert_array_equal(results[1][name], values)


def test_a_file_is_replaced_as_a_whole_or_not_at_all(state, monkeypatch):
    before, folder = state.read_bytes(), set(state.parent.iterdir())
    decoder = nnc.Decoder.load(state)

    def full(*arguments, **options):
        raise OSError("no space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="no space left"):
        decoder.save(state)
    assert state.read_bytes() == before
    assert set(state.parent.iterdir()) == folder


def test_archives_that_inflate(state):
    rewritten(state, "0", bytes(1 << 20), zipfile.ZIP_DEFLATED)
    with pytest.raises(nnc.InputError, match=r"state\.json is compressed"):
        nnc.Decoder.load(state)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        nnc.Decoder.load(tmp_path / "nothing")
