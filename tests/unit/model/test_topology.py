"""Topology and quantization units that carry the structure of a network."""

import zlib

import numpy as np
import pytest

from nnc import Bitstream, IncompleteError, InvalidError, LimitError, Limits, UnsupportedError
from nnc.bitstream.editing.parts import cut
from nnc.decoder import Topology, decode_model, read_topology
from nnc.encoder import EncoderOptions, encode_model
from nnc.inspect import check
from nnc.syntax import TopologyStorageFormat

TENSORS = {"w": np.linspace(-1, 1, 24, dtype=np.float32).reshape(2, 3, 4)}


def carrying(topology, **given):
    bitstream = encode_model(TENSORS, EncoderOptions(), topology=topology, **given)
    return Bitstream.parse(bitstream.to_bytes())


@pytest.mark.parametrize("data", [b"", b"x", b"graph " * 500], ids=len)
@pytest.mark.parametrize("quantization", [None, b"", b"q" * 100], ids=repr)
def test_comes_back(data, quantization):
    topology = Topology(TopologyStorageFormat.NNR_TPL_NNEF, data, quantization)
    bitstream = carrying(topology)
    assert bitstream.units[1].payload.topology_carriage_flag == 1
    assert read_topology(bitstream.walk()) == topology
    assert not check(bitstream.to_bytes()).findings


def test_long_texts_are_deflated():
    bitstream = carrying(Topology(TopologyStorageFormat.NNR_TPL_ONNX, b"graph " * 500))
    assert bitstream.units[2].header.topology_compression_format == 1
    assert zlib.decompress(bytes(bitstream.units[2].payload.topology_data)) == b"graph " * 500


def test_no_topology_is_none():
    assert read_topology(carrying(None).walk()) is None


def test_cut_into_parts():
    topology = Topology(TopologyStorageFormat.NNR_TPL_TEF, bytes(range(256)) * 4, None)
    bitstream = carrying(topology)
    cut(bitstream, "units[2]", 120)
    again = Bitstream.parse(bitstream.to_bytes())
    assert [unit.type_name for unit in again.units].count("NNR_TPL") == 3
    assert read_topology(again.walk()) == topology
    del again.units[4:]
    del again.units[-1]
    with pytest.raises(IncompleteError, match="parts of the unit are missing"):
        read_topology(again.walk())


def test_bombs_are_refused_before_they_inflate():
    bitstream = carrying(Topology(TopologyStorageFormat.NNR_TPL_ONNX, bytes(1 << 20)))
    with pytest.raises(LimitError, match="too many bytes"):
        read_topology(bitstream.walk(), Limits(topology_bytes=1 << 16))
    assert decode_model(bitstream).values()["w"].shape == (2, 3, 4)


def test_what_is_not_deflated_is_refused():
    bitstream = carrying(Topology(TopologyStorageFormat.NNR_TPL_ONNX, b"graph " * 500))
    data = bytes(bitstream.units[2].payload.topology_data)
    bitstream.units[2].payload.topology_data = data[:-5]
    with pytest.raises(InvalidError, match="ends too early"):
        read_topology(bitstream.walk())
    bitstream.units[2].payload.topology_data = b"?" + data
    with pytest.raises(InvalidError, match="can't be inflated"):
        read_topology(bitstream.walk())
    bitstream.units[2].header.nnr_topology_unit_header.topology_compression_format = 7
    with pytest.raises(UnsupportedError):
        read_topology(bitstream.walk())
