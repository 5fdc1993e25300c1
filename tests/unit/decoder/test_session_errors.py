"""Updates that don't follow on what a session has: typed errors, and the session as it was."""

import re
from dataclasses import replace

import numpy as np
import pytest

import nnc
from nnc.decoder.session import add
from nnc.syntax import ParentNodeIdType
from tests.property.test_sessions import snapshot

QP = -20
SHA256, SHA512 = ParentNodeIdType.ICNN_NDU_PL_SHA256, ParentNodeIdType.ICNN_NDU_PL_SHA512


def models(count=3):
    generator = np.random.default_rng(1)
    result = [{"w": np.zeros((8, 9), "f4"), "v": np.zeros(5, "f4")}]
    for _ in range(count):
        result.append(
            {
                name: (values + generator.normal(0, 0.5, values.shape)).astype("f4")
                for name, values in result[-1].items()
            }
        )
    return result


def session(**options):
    """The bitstreams of a session: a base model and updates of it."""
    encoder = nnc.Encoder(qp=QP, nonweight_qp=QP, **options)
    return [encoder.encode(model) for model in models()]


def header_of(bitstream, name="w"):
    (unit,) = [unit for unit in bitstream.units if name in unit.names]
    return unit.header.nnr_compressed_data_unit_header


def refused(decoder, data, kind, message):
    """Check that a session refuses a bitstream, and stays as it was."""
    before = snapshot(decoder)
    with pytest.raises(kind, match=message) as caught:
        decoder.decode(data)
    assert snapshot(decoder) == before
    assert isinstance(caught.value, nnc.BitstreamError)
    return caught.value


@pytest.fixture(params=["id", "sha256", "sha512"])
def started(request):
    """A decoder after the base model and one update, and the next update."""
    data = session(parents=request.param)
    decoder = nnc.Decoder()
    decoder.decode(data[0])
    decoder.decode(data[1])
    return decoder, nnc.Bitstream.parse(data[2]), data


def test_what_follows_is_decoded(started):
    decoder, update, _ = started
    decoder.decode(update)


def test_another_digest(started):
    decoder, update, _ = started
    header = header_of(update)
    if header.parent_node_id_type == SHA256:
        header.parent_node_payload_sha256 ^= 1
    elif header.parent_node_id_type == SHA512:
        header.parent_node_payload_sha512 ^= 1
    else:
        header.parent_node_id_type = SHA256
        header.parent_node_payload_sha256 = 1 << 255
        header.parent_device_id = None
    refused(
        decoder,
        update.to_bytes(),
        nnc.InvalidError,
        r"node whose payload has the sha\d+ .* but the tensor is at node \(device 0",
    )


@pytest.mark.parametrize("depth", [4, 17])
def test_another_depth(started, depth):
    decoder, update, _ = started
    header_of(update).put_node_depth = depth
    # Where the digest is right, the depth still isn't the parent's and one more.
    refused(decoder, update.to_bytes(), nnc.InvalidError, "but the tensor is at node")


@pytest.mark.parametrize("depth", [0, 1])
def test_a_depth_that_was_passed(started, depth):
    decoder, update, _ = started
    header_of(update).put_node_depth = depth
    refused(decoder, update.to_bytes(), nnc.InvalidError, "node")


def test_another_parameter(started):
    """A parent is in the tree that the unit is in, by whatever it is named."""
    decoder, update, _ = started
    header_of(update).parameter_id += 1
    refused(decoder, update.to_bytes(), nnc.InvalidError, "parameter .* but the tensor is at")


def test_messages_name_both_nodes_and_what_to_do(started):
    decoder, _, data = started
    error = refused(
        decoder, data[3], nnc.InvalidError, r"to node \(device 0, .*depth 3\) is one of"
    )
    assert re.search(r"but the tensor is at node \(device 0, .*depth 1\)", error.message)
    assert "depth 2" in error.message
    assert "decode the missing one first" in error.hint
    decoder.decode(data[2])
    error = refused(decoder, data[1], nnc.InvalidError, r"to node \(device 0, .*depth 1\) was")
    assert re.search(r"the tensor is at node \(device 0, .*depth 2\)", error.message)
    assert "leave it out" in error.hint
    update = data[1]
    error = refused(nnc.Decoder(), update, nnc.MissingValueError, "whose values aren't known")
    assert "depth 1) is one of node" in error.message


def test_another_device():
    data = session()
    decoder = nnc.Decoder()
    decoder.decode(data[0])
    decoder.decode(data[1])
    update = nnc.Bitstream.parse(data[2])
    header_of(update).parent_device_id = 3
    error = refused(decoder, update.to_bytes(), nnc.InvalidError, r"one of node \(device 3")
    assert "the tensor is at node (device 0" in str(error)


@pytest.mark.parametrize("missing", [1, 2])
def test_an_update_is_missing(started, missing):
    _, _, data = started
    decoder = nnc.Decoder()
    for number in range(missing):
        decoder.decode(data[number])
    refused(decoder, data[missing + 1], nnc.InvalidError, "but the tensor is at node")


def test_an_update_comes_twice(started):
    decoder, _, data = started
    refused(decoder, data[1], nnc.InvalidError, r"node \(device 0, parameter \d+, depth 1\)")
    decoder.decode(data[2])
    refused(decoder, data[2], nnc.InvalidError, "already decoded")
    refused(decoder, data[1], nnc.InvalidError, "already decoded or skipped")
    decoder.decode(data[3])


def test_another_base_model(started):
    _, _, data = started
    decoder = nnc.Decoder()
    other = models()[1] | {"w": np.ones((8, 9), "f4")}
    decoder.decode(nnc.encode(other, qp=QP))
    before = snapshot(decoder)
    if header_of(nnc.Bitstream.parse(data[1])).parent_node_id_type in (SHA256, SHA512):
        refused(decoder, data[1], nnc.InvalidError, "but the tensor is at node")
    refused(decoder, data[2], nnc.InvalidError, "but the tensor is at node")
    assert snapshot(decoder) == before


@pytest.mark.parametrize("parents", ["id", "sha256", "sha512"])
@pytest.mark.parametrize("contexts", [True, False])
def test_updates_of_arrays_are_missing(parents, contexts):
    """Nothing tells the digest of arrays: a parent that isn't there must not be taken for them."""
    options = {"parents": parents, "temporal_contexts": contexts, "history": contexts}
    encoder, base = nnc.Encoder(models()[0], qp=QP, nonweight_qp=QP, **options), models()[0]
    data = [encoder.encode(model) for model in models()[1:]]
    decoder = nnc.Decoder(base)
    for late in data[1:]:
        refused(decoder, late, nnc.InvalidError, r"but the tensor is at node \(device 0, depth 0")
    decoder.decode(data[0])
    refused(decoder, data[2], nnc.InvalidError, "but the tensor is at node .*depth 1")
    refused(decoder, data[0], nnc.InvalidError, "already decoded")
    for one in data[1:]:
        decoder.decode(one)


def test_arrays_are_of_one_device():
    base = models()[0]
    update = nnc.Bitstream.parse(nnc.Encoder(base, qp=QP).encode(models()[1]))
    header_of(update).parent_device_id = 7
    refused(nnc.Decoder(base), update.to_bytes(), nnc.InvalidError, r"one of node \(device 7")


def test_arrays_are_no_parent_of_another_tree():
    """The device has its own branch by then, which the update doesn't follow on."""
    base = models()[0]
    data = nnc.Encoder(base, qp=QP, nonweight_qp=QP).encode(models()[1])
    decoder, update = nnc.Decoder(base), nnc.Bitstream.parse(data)
    decoder.decode(data)
    for name in ("w", "v"):
        header_of(update, name).parameter_id += 7
    refused(decoder, update.to_bytes(), nnc.InvalidError, "but the tensor is at node .*depth 1")


@pytest.mark.parametrize(
    "base", ["x", np.array(["x"]), np.array([None]), np.longdouble(1), np.clongdouble(1j)], ids=repr
)
def test_base_models_that_are_no_numbers(base):
    with pytest.raises(nnc.InputError, match=r"tensor 'w' is of dtype .* holds no numbers"):
        nnc.Decoder({"w": base})


def test_names_of_base_models_that_are_none():
    with pytest.raises(nnc.InputError, match="must be text, not 1"):
        nnc.Decoder({1: np.ones(3)})


@pytest.mark.parametrize("depth", [-1, "1", 1.0, True, None])
def test_depths_of_base_models_that_are_none(depth):
    with pytest.raises(nnc.InputError, match="base_depth must be"):
        nnc.Decoder({}, base_depth=depth)


@pytest.mark.parametrize("shape", [(8, 8), (9, 8), (72,)])
def test_a_base_model_of_another_shape(shape):
    data = session()
    decoder = nnc.Decoder({"w": np.zeros(shape, "f4"), "v": np.zeros(5, "f4")})
    refused(decoder, data[1], nnc.InvalidError, "another shape than its parent|another size")


def test_no_base_model():
    data = session()
    error = refused(nnc.Decoder(), data[1], nnc.MissingValueError, "whose values aren't known")
    assert "decode or pass the base model first" in str(error)


def test_levels_of_the_parent_are_missing():
    generator = np.random.default_rng(1)
    places = generator.random((60, 80)) < 0.1
    model, encoder = np.zeros((60, 80), "f4"), nnc.Encoder(qp=QP, history=False)
    data = []
    for _ in range(4):
        data.append(encoder.encode({"w": model}))
        model = (model + places * generator.normal(0, 0.2, (60, 80))).astype("f4")
    flags = [header_of(nnc.Bitstream.parse(one)).temporal_context_modeling_flag for one in data]
    assert flags[3] == 1
    decoder = nnc.Decoder({"w": model}, base_depth=2)
    refused(decoder, data[3], nnc.MissingValueError, r"parent, node \(device 0")


def sparse_updates():
    """Updates whose probabilities depend on the history, from the second on."""
    generator = np.random.default_rng(1)
    places = generator.random((60, 80)) < 0.1
    model, encoder = np.zeros((60, 80), "f4"), nnc.Encoder(qp=QP, temporal_contexts=False)
    for _ in range(4):
        yield encoder.encode({"w": model})
        model = (model + places * generator.normal(0, 0.2, (60, 80))).astype("f4")


def test_the_history_up_to_the_parent_is_missing():
    *_, update = sparse_updates()
    node = r"no history .* up to its parent, node \(device 0, parameter \d+, depth 2\)"
    with pytest.raises(nnc.MissingValueError, match=node):
        nnc.decode(update)
    for base in (None, {"w": np.zeros((60, 80), "f4")}):
        decoder = nnc.Decoder(base, base_depth=2)
        before = snapshot(decoder)
        with pytest.raises(nnc.MissingValueError, match=node):
            decoder.decode(update, apply=False)
        assert snapshot(decoder) == before


@pytest.mark.parametrize("parents", ["id", "sha256"])
@pytest.mark.parametrize("remove", [-1, -2, 2])
def test_parts_are_missing(parents, remove):
    data = session(parents=parents, part_size=4)
    decoder = nnc.Decoder()
    decoder.decode(data[0])
    update = nnc.Bitstream.parse(data[1])
    del update.units[remove]
    refused(decoder, update.to_bytes(), nnc.BitstreamError, "unit")
    decoder.decode(data[1])


def test_a_unit_comes_twice():
    data = session()
    decoder = nnc.Decoder()
    decoder.decode(data[0])
    update = nnc.Bitstream.parse(data[1])
    update.units.append(update.units[-1])
    refused(decoder, update.to_bytes(), nnc.InvalidError, "occurs twice")


def test_a_unit_is_its_own_parent():
    data = session()
    decoder = nnc.Decoder()
    decoder.decode(data[0])
    update = nnc.Bitstream.parse(data[1])
    header = header_of(update)
    header.put_node_depth = 0
    refused(decoder, update.to_bytes(), nnc.InvalidError, "depth 0 has no parent")


def test_parents_in_a_circle():
    """Two tensors, each of which names the other's unit of the same update as its parent."""
    data = session(parents="sha256")
    decoder = nnc.Decoder()
    decoder.decode(data[0])
    update = nnc.Bitstream.parse(data[1])
    digests = decoder_digests(data)
    for name, other in (("w", "v"), ("v", "w")):
        header_of(update, name).parent_node_payload_sha256 = int(digests[other], 16)
    refused(decoder, update.to_bytes(), nnc.InvalidError, "but the tensor is at node")


def decoder_digests(data):
    decoder = nnc.Decoder()
    for one in data[:2]:
        decoder.decode(one)
    return {name: decoder.state.coded[0, name].digests["sha256"] for name in ("w", "v")}


def test_a_damaged_payload_of_the_last_unit(started):
    """The units before it are fine, and still nothing of them is taken."""
    decoder, update, _ = started
    unit = update.units[-1]
    unit.payload = bytes(unit.payload_bytes)[:-2]
    refused(decoder, update.to_bytes(), nnc.BitstreamError, "unit")


def test_values_that_leave_their_format():
    """Found only when the whole model is given out: the update isn't taken even so."""
    encoder = nnc.Encoder(qp=0)
    data = [encoder.encode({"w": np.full((2, 2), value, "f4")}) for value in (100, 200)]
    base = nnc.Bitstream.parse(data[0])
    header_of(base).nnr_decompressed_data_format_present_flag = 1
    header_of(base).nnr_decompressed_data_format = 5
    decoder = nnc.Decoder()
    assert decoder.decode(base.to_bytes())["w"].dtype == "int8"
    refused(decoder, data[1], nnc.InvalidError, "8-bit format can't hold")


@pytest.mark.parametrize("differ", ["", "levels", "values"])
def test_a_digest_that_two_devices_have(differ):
    """It names either, if that makes no difference; else nothing says which is the parent."""
    data = session(parents="sha256")
    decoder = nnc.Decoder()
    decoder.decode(data[0])
    decoder.decode(data[1])
    known, values = decoder.state.coded, decoder.state.values
    first = known.pop((0, "w"))
    known[1, "w"] = replace(first, node=replace(first.node, device_id=1))
    levels = first.levels + 1 if differ == "levels" else first.levels
    known[2, "w"] = replace(first, node=replace(first.node, device_id=2), levels=levels)
    values[1, "w"] = values[2, "w"] = values.pop((0, "w"))
    if differ == "values":
        values[2, "w"] = values[2, "w"] + 1
    if differ:
        error = refused(decoder, data[2], nnc.InvalidError, "device 1.* and .*device 2.* have both")
        assert error.path.endswith("parent_node_id_type")
    else:
        decoder.decode(data[2], apply=False)


@pytest.mark.parametrize("shape", [(), (3,), (30, 40)])
def test_a_digest_of_a_payload_that_says_little(shape):
    """Two devices may come to the same few bits, one of which is lost: it isn't the other's."""
    options = {"qp": 0, "nonweight_qp": 0, "parents": "sha256", "predictive": True}
    options |= {"temporal_contexts": False, "history": False}
    base = {"w": np.zeros(shape, "f4")}
    devices = [nnc.Encoder(base, device_id=number, **options) for number in (1, 2)]
    # The third has no residual: payloads of zeros, of any size.
    data = [
        [device.encode({"w": base["w"] + step * count}) for count in (1, 2, 3)]
        for device, step in zip(devices, (8, 4), strict=True)
    ]
    decoder = nnc.Decoder(base)
    for one in (*data[0], data[1][0]):
        decoder.decode(one)
    following = devices[1].encode({"w": base["w"] + 90})
    error = refused(decoder, following, nnc.InvalidError, r"but the tensor is at node \(device 2")
    assert "device 1" in error.hint
    assert "ICNN_NDU_ID" in error.hint


def test_a_device_goes_on_from_another_ones_node():
    """As the header says it, or without any place in it but the parent's."""
    data = session()
    decoder = nnc.Decoder()
    for one in data[:2]:
        decoder.decode(one)
    update = nnc.Bitstream.parse(data[2])
    for name in ("w", "v"):
        header_of(update, name).device_id = 4
    same = nnc.Decoder()
    for one in data[:3]:
        same.decode(one)
    decoded = decoder.decode(update.to_bytes())
    np.testing.assert_array_equal(decoded["w"], same.tensors()["w"])
    assert (4, "w") in decoder.state.coded


@pytest.mark.parametrize("wide", ["i8", "u8"])
def test_integers_of_64_bits_that_leave_their_range(wide):
    """The sum comes out on the other side, which isn't seen by its type."""
    limits = np.iinfo(wide)
    for parent, step, fits in (
        (limits.max, 1, False), (limits.min, -1, False), (limits.max - 1, 1, True),
        (limits.min + 1, -1, True), (limits.max, -5, True), (limits.min, 0, True),
    ):  # fmt: skip
        before, difference = np.array([parent], wide), np.array([step], "i4")
        if fits:
            assert int(add(before, difference, "n")[0]) == parent + step
        else:
            with pytest.raises(nnc.InvalidError, match="leaves the range"):
                add(before, difference, "n")


def saved(decoder, path):
    """The bytes of the file that a session is kept in."""
    decoder.save(path)
    return path.read_bytes()


@pytest.mark.parametrize(
    "options",
    [{"predictive": True}, {"parents": "sha256"}, {"part_size": 9}, {"aggregates": "all"}],
    ids=str,
)
def test_damage_anywhere_leaves_the_saved_state(options, tmp_path):
    data = session(**options)
    decoder = nnc.Decoder(threads=1)
    decoder.decode(data[0])
    decoder.decode(data[1])
    state, before = decoder.state, saved(decoder, tmp_path / "state")
    refusals = 0
    for place in range(0, len(data[2]), 2):
        for damaged in (
            data[2][:place],
            data[2][:place] + bytes([data[2][place] ^ 0x10]) + data[2][place + 1 :],
        ):
            try:
                decoder.decode(damaged)
            except nnc.BitstreamError:
                refusals += 1
                assert decoder.state is state
            # What ends between two units, or has another value, may be an update.
            decoder.state = state
    assert refusals > len(data[2]) // 2
    assert saved(decoder, tmp_path / "state") == before
    decoder.decode(data[2])
