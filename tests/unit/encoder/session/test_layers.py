"""Layers as one unit each, from update to update."""

import numpy as np
import pytest

import nnc
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType

QP = {"qp": -24, "nonweight_qp": -24, "threads": 1}
NAMES = ("l.weight", "l.bias", "x", "other.weight")
LAYER = nnc.Block(weight="l.weight", bias="l.bias")


def model(seed=0, scale=1.0):
    random = np.random.default_rng(seed)
    shapes = {"l.weight": (12, 5, 2), "l.bias": (12,), "x": (4, 4), "other.weight": (3, 7)}
    return {
        name: (scale * random.normal(0, 0.5, shapes[name])).astype(np.float32) for name in NAMES
    }


def changed(tensors, names=NAMES, seed=1, scale=0.1):
    steps = model(seed, scale)
    return {
        name: values + steps[name] if name in names else values for name, values in tensors.items()
    }


def blocks_of(data):
    """For each unit that is a block its names and its depth."""
    return [
        (unit.names, unit.header.put_node_depth)
        for unit in nnc.Bitstream.parse(data).units
        if unit.type_name == "NNR_NDU"
        and unit.header.nnr_compressed_data_unit_payload_type == PayloadType.NNR_PT_BLOCK
    ]


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)


@pytest.mark.parametrize("blocks", [[LAYER], "auto"])
@pytest.mark.parametrize("parents", ["id", "sha256", "sha512"])
@pytest.mark.parametrize("predictive", [False, True])
@pytest.mark.parametrize(
    "options",
    [{}, {"dq": False}, {"scan_order": 1}, {"effort": 0}, {"codebook": 6, "effort": 0},
     {"tensors": {"l.weight": {"row_axis": 0}}}, {"part_size": 20}, {"history": False}],
    ids=str,
)  # fmt: skip
def test_layers_come_as_blocks_in_every_update(blocks, parents, predictive, options):
    encoder = nnc.Encoder(
        blocks=blocks, parents=parents, predictive=predictive, **{**QP, **options}
    )
    decoder = nnc.Decoder()
    tensors = model()
    for step in range(4):
        data = encoder.encode(tensors)
        assert blocks_of(data) == [(["l.weight", "l.bias"], step)] or options.get("part_size")
        assert_same(decoder.decode(data), encoder.decoder.tensors())
        for name, values in decoder.tensors().items():
            np.testing.assert_allclose(values, tensors[name], atol=0.5)
        tensors = changed(tensors, seed=step)


def test_contexts_of_the_parent_make_blocks_smaller():
    tensors = {"l.weight": model()["l.weight"].repeat(20, 1), "l.bias": model()["l.bias"]}
    sizes = {}
    for contexts in (False, True):
        # Without effort the levels are the same with contexts as without.
        encoder = nnc.Encoder(
            blocks="auto", temporal_contexts=contexts, history=contexts, effort=0, **QP
        )
        encoder.encode(tensors)
        step = np.where(np.arange(100)[None, :, None] < 10, 0.3, 0).astype(np.float32)
        for number in range(3):
            moved = {**tensors, "l.weight": tensors["l.weight"] + (number + 1) * step}
            data = encoder.encode(moved)
        sizes[contexts] = len(data)
        (unit,) = nnc.Bitstream.parse(data).units[2:]
        assert unit.header.temporal_context_modeling_flag == contexts
        assert unit.header.independently_decodable_flag == (not contexts)
    assert sizes[True] < sizes[False]


def test_a_part_that_changed_brings_the_others():
    encoder, decoder = nnc.Encoder(blocks=[LAYER], **QP), nnc.Decoder()
    tensors = model()
    decoder.decode(encoder.encode(tensors))
    for given in (changed(tensors, ["l.bias"]), {"l.bias": tensors["l.bias"] + 1}):
        data = encoder.encode(given)
        assert [names for names, _ in blocks_of(data)] == [["l.weight", "l.bias"]]
        assert_same(decoder.decode(data), encoder.decoder.tensors())
    np.testing.assert_allclose(decoder.tensors()["l.bias"], tensors["l.bias"] + 1, atol=0.05)
    np.testing.assert_allclose(decoder.tensors()["l.weight"], tensors["l.weight"], atol=0.05)


def test_what_did_not_change_is_not_sent():
    encoder = nnc.Encoder(blocks=[LAYER], **QP)
    encoder.encode(model())
    held = encoder.decoder.tensors()
    assert len(nnc.Bitstream.parse(encoder.encode(held)).units) == 2
    hardly = {name: values + np.float32(1e-4) for name, values in held.items()}
    assert len(nnc.Bitstream.parse(encoder.encode(hardly)).units) == 2
    assert_same(encoder.decoder.tensors(), held)


def test_a_base_model_of_arrays():
    base = model()
    encoder, decoder = nnc.Encoder(base, blocks="auto", **QP), nnc.Decoder(base)
    data = encoder.encode(changed(base))
    assert blocks_of(data) == [(["l.weight", "l.bias"], 1)]
    assert_same(decoder.decode(data), encoder.decoder.tensors())


def test_layers_that_came_apart_stay_apart():
    base = nnc.encode(model(), **QP)
    encoder, decoder = nnc.Encoder(blocks=[LAYER], **QP), nnc.Decoder()
    encoder.receive(base)
    decoder.decode(base)
    data = encoder.encode(changed(model()))
    assert blocks_of(data) == []
    assert_same(decoder.decode(data), encoder.decoder.tensors())


def test_layers_of_a_plain_bitstream_go_on_as_blocks():
    base = nnc.encode(model(), blocks="auto", **QP)
    encoder, decoder = nnc.Encoder(blocks="auto", **QP), nnc.Decoder()
    encoder.receive(base)
    decoder.decode(base)
    data = encoder.encode(changed(model()))
    assert blocks_of(data) == [(["l.weight", "l.bias"], 1)]
    assert_same(decoder.decode(data), encoder.decoder.tensors())


def test_sessions_go_on_from_a_file(tmp_path):
    encoder = nnc.Encoder(blocks="auto", **QP)
    encoder.encode(model())
    encoder.save(tmp_path / "state")
    resumed = nnc.Encoder(blocks="auto", **QP)
    resumed.load(tmp_path / "state")
    assert resumed.encode(changed(model())) == encoder.encode(changed(model()))
    without = nnc.Encoder(**QP)
    without.load(tmp_path / "state")
    with pytest.raises(nnc.InputError, match=r"'l.bias', 'l.weight' were coded as one unit"):
        without.encode(changed(model()))


def test_a_layer_of_another_shape_comes_whole():
    encoder, decoder = nnc.Encoder(blocks=[LAYER], **QP), nnc.Decoder()
    decoder.decode(encoder.encode(model()))
    larger = {"l.weight": np.ones((13, 5, 2), np.float32), "l.bias": np.ones(13, np.float32)}
    data = encoder.encode(larger)
    (unit,) = nnc.Bitstream.parse(data).units[2:]
    assert unit.header.parent_node_id_present_flag == 0
    assert_same(decoder.decode(data), encoder.decoder.tensors())


def test_two_devices():
    options = {"blocks": "auto", **QP}
    first, second = nnc.Encoder(device_id=0, **options), nnc.Encoder(device_id=3, **options)
    server = nnc.Decoder()
    base = first.encode(model())
    second.receive(base)
    server.decode(base)
    for step in range(3):
        for encoder in (first, second):
            data = encoder.encode(changed(model(), seed=10 * step + encoder.device_id))
            assert [names for names, _ in blocks_of(data)] == [["l.weight", "l.bias"]]
            server.decode(data)
    for encoder in (first, second):
        assert_same(server.tensors(encoder.device_id), encoder.decoder.tensors(encoder.device_id))


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ("all", "or auto, not 'all'"),
        ([LAYER, LAYER], "in two blocks"),
        ([nnc.Block(weight="w", scaling="s")], "a weight, a bias and a batch norm"),
        ([nnc.Block(weight="w", g="g", h="h", dimensions=(4, 4))], "a weight, a bias and"),
        ([nnc.Block(weight="w", bias="b", separate=True)], "in one unit"),
    ],
)
def test_layers_that_updates_can_not_be_of(blocks, message):
    with pytest.raises(nnc.InputError, match=message):
        nnc.Encoder(blocks=blocks)


def test_tensors_that_do_not_make_up_a_layer():
    tensors = {"l.weight": np.ones((3, 4), np.float32), "l.bias": np.ones(4, np.float32)}
    encoder = nnc.Encoder(blocks=[LAYER], **QP)
    with pytest.raises(nnc.InputError, match="must have 3 values"):
        encoder.encode(tensors)
    assert not encoder.decoder.tensors()
