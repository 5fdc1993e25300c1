"""The file of a session's state: the same bytes each time, and typed errors where it's damaged."""

import io
import zipfile

import numpy as np
import pytest

import nnc


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
    for place in range(0, len(data), 3):
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
               "h": np.ones((2, 2), "f2"), "d": np.ones((2, 2))}  # fmt: skip
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


def array_file(header):
    """An array's file of a header and no values."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


@pytest.mark.parametrize(
    "header",
    [
        {"descr": "<f4", "fortran_order": False, "shape": (1 << 40,)},
        {"descr": "<f4", "fortran_order": False, "shape": (2, 3)},
        {"descr": "|O", "fortran_order": False, "shape": (0,)},
    ],
    ids=["beyond all memory", "without values", "objects"],
)
def test_arrays_that_claim_what_is_not_there(state, header):
    rewritten(state, "0.npy", array_file(header))
    with pytest.raises(nnc.InputError, match=r"0\.npy doesn't hold"):
        nnc.Decoder.load(state)


def test_archives_that_inflate(state):
    rewritten(state, "0.npy", bytes(1 << 20), zipfile.ZIP_DEFLATED)
    with pytest.raises(nnc.InputError, match=r"state\.json is compressed"):
        nnc.Decoder.load(state)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        nnc.Decoder.load(tmp_path / "nothing")
