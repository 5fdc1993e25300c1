"""Bitstreams that end between two units, where no syntax is broken."""

import numpy as np
import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.model_files import decode_file

TENSORS = {name: np.arange(4, dtype="u2") for name in "abcde"}


def without_last(data, count):
    bitstream = Bitstream.parse(data)
    return b"".join(bytes(piece) for piece in Bitstream(bitstream.units[:-count]).pieces())


READERS = {
    "decode": nnc.decode,
    "decode_levels": nnc.decode_levels,
    "Decoder": lambda data: nnc.Decoder().decode(data),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("units", [0, 1])
def test_what_ends_before_a_model_is_incomplete(reader, units):
    bitstream = Bitstream.parse(nnc.encode(TENSORS))
    data = Bitstream(bitstream.units[:units]).to_bytes()
    with pytest.raises(nnc.IncompleteError):
        READERS[reader](data)


@pytest.mark.parametrize("units", [0, 1])
def test_files_that_end_before_a_model_are_incomplete(tmp_path, units):
    Bitstream(Bitstream.parse(nnc.encode(TENSORS)).units[:units]).save(tmp_path / "m.nnc")
    for read in (nnc.load_file, lambda path: decode_file(path, tmp_path / "m.npz")):
        with pytest.raises(nnc.IncompleteError):
            read(tmp_path / "m.nnc")
    assert not (tmp_path / "m.npz").exists()


def test_a_model_without_tensors_is_a_model():
    assert nnc.decode(nnc.encode({})) == {}


@pytest.mark.parametrize("options", [{}, {"references": True}], ids=["metadata", "references"])
def test_missing_tensors_are_counted(options, tmp_path):
    tensors = TENSORS if not options else {name: np.arange(4, dtype="i4") for name in "abcde"}
    data = nnc.encode(tensors, **options)
    with pytest.warns(nnc.DecodingWarning, match=r"2 tensors \('d', 'e'\)"):
        assert list(nnc.decode(without_last(data, 2))) == ["a", "b", "c"]
    (tmp_path / "m.nnc").write_bytes(without_last(data, 4))
    with pytest.warns(nnc.DecodingWarning, match=r"4 tensors \('b', 'c', 'd', ...\)"):
        decode_file(tmp_path / "m.nnc", tmp_path / "m.npz")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("options", [{}, {"references": True}, {"blocks": "auto"}], ids=repr)
def test_nothing_is_said_of_whole_bitstreams(options):
    model = {"l.weight": np.ones((3, 3), "f4"), "l.bias": np.ones(3, "f4"), **TENSORS}
    assert nnc.decode(nnc.encode(model, **options)).keys() == model.keys()
