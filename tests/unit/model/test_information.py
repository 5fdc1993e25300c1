"""What a bitstream tells of a model beside its tensors, read and written as objects."""

import zlib

import numpy as np
import pytest

import nnc
from nnc.bitstream.editing.parts import cut
from nnc.syntax import NnrTopologyUnitPayload
from tests.cases import CASES

MODEL = {"w": np.ones((3, 4), "f4")}
TEXT = b"graph text, repeated. " * 400


def encoded(**options):
    return nnc.Bitstream.parse(nnc.encode(MODEL, **options))


def test_nothing_is_told_by_default():
    assert nnc.ModelInformation.of(encoded()) == nnc.ModelInformation()


@pytest.mark.parametrize("storage_format", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("data", [b"", b"\0", b"short", TEXT])
def test_topologies_and_quantizations(storage_format, data):
    topology = nnc.Topology(storage_format, data)
    quantization = nnc.Quantization(storage_format, data)
    bitstream = encoded(topology=topology, quantization=quantization)
    read = nnc.ModelInformation.of(bitstream)
    assert read.topologies == (topology,)
    assert read.quantizations == (quantization,)
    assert bitstream.get("units[1].payload.topology_carriage_flag") == 1
    compression = bitstream.get("units[2].header.topology_compression_format")
    assert compression == bitstream.get("units[3].header.quantization_compression_format")
    assert compression == (data == TEXT)
    np.testing.assert_allclose(nnc.decode(bitstream)["w"], MODEL["w"], atol=0.01)


def test_units_in_parts():
    bitstream = encoded(topology=nnc.Topology(2, TEXT), quantization=nnc.Quantization(1, TEXT))
    for number in (3, 2):
        cut(bitstream, f"units[{number}]", 20)
    read = nnc.ModelInformation.of(nnc.Bitstream.parse(bitstream.to_bytes()))
    assert read.topologies == (nnc.Topology(2, TEXT),)
    assert read.quantizations == (nnc.Quantization(1, TEXT),)
    del bitstream.units[3]
    with pytest.raises(nnc.BitstreamError):
        nnc.ModelInformation.of(bitstream)


@pytest.mark.parametrize("order", [(2, 4, 3, 5), (2, 3, 5, 4), (2, 3, 4), (3, 4, 5)])
def test_parts_out_of_turn(order):
    bitstream = encoded(topology=nnc.Topology(2, TEXT), quantization=nnc.Quantization(1, b"q"))
    cut(bitstream, "units[2]", 24)
    units = bitstream.units
    assert len(units) == 7
    # Three parts of the topology, and the quantization unit: 2, 3, 4 and 5.
    bitstream.units = [*units[:2], *(units[number] for number in order), units[6]]
    if order == (3, 4, 5):
        # The first part alone is missing: nothing tells that from a unit of two parts.
        with pytest.raises(nnc.InvalidError):
            nnc.ModelInformation.of(bitstream)
    elif order == (2, 3, 4):
        assert nnc.ModelInformation.of(bitstream).topologies[0].data == TEXT
    else:
        with pytest.raises(nnc.InvalidError, match="out of order"):
            nnc.ModelInformation.of(bitstream)


@pytest.mark.parametrize("kind", ["topology", "quantization"])
def test_data_that_inflate_beyond_the_limit(kind):
    bomb = {"topology": nnc.Topology(2, bytes(1 << 22)), "quantization": nnc.Quantization(2, TEXT)}
    bitstream = encoded(**{kind: bomb[kind]})
    assert len(bitstream.to_bytes()) < 1 << 14
    with pytest.raises(nnc.LimitError, match="topology_bytes"):
        nnc.ModelInformation.of(bitstream, nnc.Limits(topology_bytes=5000))
    assert nnc.ModelInformation.of(bitstream, nnc.Limits(topology_bytes=1 << 22))


@pytest.mark.parametrize("data", [b"no zlib", zlib.compress(TEXT)[:-5], b""])
def test_data_that_can_not_be_inflated(data):
    bitstream = encoded(topology=nnc.Topology(2, TEXT))
    bitstream.units[2].payload = NnrTopologyUnitPayload(topology_data=data)
    with pytest.raises(nnc.InvalidError) as error:
        nnc.ModelInformation.of(nnc.Bitstream.parse(bitstream.to_bytes()))
    assert error.value.unit == 2


def test_compression_that_is_not_known():
    bitstream = encoded(topology=nnc.Topology(2, TEXT))
    bitstream.set("units[2].header.topology_compression_format", 7, force=True)
    with pytest.raises(nnc.UnsupportedError, match="an unknown way"):
        nnc.ModelInformation.of(bitstream)


TOPOLOGIES = {
    "p0-topology-pyt": 3,
    "p0-topology-tef": 4,
    "p0-topology-unrec": 0,
    "p0-topology-unrec-data": 0,
    "p1-topology-pyt": 3,
    "p0-topology-none-carriage0": None,
}


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_topologies_of_the_vectors(name):
    (case,) = [case for case in CASES if case.name == name]
    read = nnc.ModelInformation.of(nnc.open(case.bitstreams[0])).topologies
    wanted = TOPOLOGIES[name]
    assert [one.storage_format for one in read] == ([] if wanted is None else [wanted])


def test_files_and_updates_tell_it_too(tmp_path):
    told = nnc.ModelInformation(
        base_model_id="m",
        performance_maps=nnc.PerformanceMaps(metric_type="mAP", validation_set_performance=0.5),
        topologies=(nnc.Topology(2, TEXT), nnc.Topology(0, b"")),
        quantizations=(nnc.Quantization(3, b"q"),),
    )
    nnc.save_file(MODEL, tmp_path / "m.nnc", information=told)
    assert nnc.ModelInformation.of(nnc.open(tmp_path / "m.nnc")) == told
    encoder, decoder = nnc.Encoder(), nnc.Decoder()
    for shift in (0, 1):
        data = encoder.encode({"w": MODEL["w"] + np.float32(shift)}, information=told)
        assert nnc.ModelInformation.of(nnc.Bitstream.parse(data)) == told
        np.testing.assert_allclose(decoder.decode(data)["w"], MODEL["w"] + shift, atol=0.01)


def test_what_was_read_can_be_written():
    bitstream = encoded(
        topology=nnc.Topology(2, TEXT),
        quantization=nnc.Quantization(1, b"q"),
        base_model_id="m",
        performance_maps=nnc.PerformanceMaps(metric_type="mAP", validation_set_performance=0.5),
    )
    read = nnc.ModelInformation.of(bitstream)
    again = encoded(
        topology=read.topologies[0],
        quantization=read.quantizations[0],
        base_model_id=read.base_model_id,
        performance_maps=read.performance_maps,
        pruning=read.prunings,
    )
    assert again.to_bytes() == bitstream.to_bytes()
