"""Sessions of updates: what one side encodes the other has afterwards."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnc
from nnc.decoder.dequantization import step_size

QP = -28
BOUND = 2 * float(step_size(QP, 2)) + 1e-6


def model(seed=0):
    generator = np.random.default_rng(seed)
    return {
        "w": generator.normal(0, 0.1, (20, 30)).astype("f4"),
        "c": generator.normal(0, 0.1, (6, 3, 3, 3)).astype("f4"),
        "b": generator.normal(0, 0.1, 20).astype("f4"),
        "h": generator.normal(0, 0.1, (4, 4)).astype("f2"),
        "n": np.array(seed, "i8"),
    }


def trained(tensors, seed, share=0.2):
    """The model a step later: some values changed, some tensors not."""
    generator = np.random.default_rng(seed)
    result = {}
    for name, values in tensors.items():
        if values.dtype.kind == "i":
            result[name] = values + 1
        else:
            change = generator.normal(0, 0.05, values.shape)
            change *= generator.random(values.shape) < share
            result[name] = (values + change).astype(values.dtype)
    return result


def same(a, b):
    assert set(a) == set(b)
    for name, values in a.items():
        assert values.dtype == b[name].dtype
        np.testing.assert_array_equal(values, b[name], err_msg=name)


def close(decoded, tensors):
    for name, values in tensors.items():
        error = np.abs(decoded[name].astype(float) - values.astype(float)).max()
        assert error <= (0 if values.dtype.kind == "i" else BOUND + 1e-3 * (values.dtype == "f2"))


OPTIONS = [
    {},
    {"dq": False},
    {"predictive": True},
    {"parents": "sha256"},
    {"parents": "sha512", "scan_order": 1},
    {"temporal_contexts": False, "history": False},
    {"codebook": True},
    {"device_id": 3},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_updates_follow_each_other(options):
    encoder = nnc.Encoder(qp=QP, nonweight_qp=QP, **options)
    decoder = nnc.Decoder()
    tensors = model()
    for seed in range(4):
        data = encoder.encode(tensors)
        decoded = decoder.decode(data)
        same(decoded, encoder.decoder.tensors(options.get("device_id")))
        close(decoded, tensors)
        tensors = trained(tensors, seed)


def test_what_quantization_loses_comes_with_the_next_update():
    encoder = nnc.Encoder(qp=-8, nonweight_qp=-8, dq=False, effort=0)
    tensors = model()
    encoder.encode({"w": tensors["w"]})
    errors = []
    for _ in range(3):
        encoder.encode({"w": tensors["w"]})
        errors.append(np.abs(encoder.decoder.tensors()["w"] - tensors["w"]).max())
    assert max(errors) <= float(step_size(-8, 2)) / 2 + 1e-6


def test_a_base_model_that_both_sides_have():
    base = model()
    encoder, decoder = nnc.Encoder(base, qp=QP, nonweight_qp=QP), nnc.Decoder(base)
    tensors = base
    for seed in range(3):
        tensors = trained(tensors, seed)
        decoded = decoder.decode(encoder.encode(tensors))
        close(decoded, tensors)
        same(decoded, encoder.decoder.tensors())


def test_what_did_not_change_is_left_out():
    base = model()
    encoder = nnc.Encoder(base, qp=QP)
    assert nnc.Bitstream.parse(encoder.encode(base)).units[2:] == []
    changed = base | {"b": base["b"] + 1}
    data = encoder.encode(changed)
    assert [unit.names for unit in nnc.Bitstream.parse(data).units[2:]] == [["b"]]


def test_new_tensors_and_other_shapes_are_sent_whole():
    encoder, decoder = nnc.Encoder(qp=QP, nonweight_qp=QP), nnc.Decoder()
    decoder.decode(encoder.encode(model()))
    grown = model() | {"w": np.ones((3, 3), "f4"), "new": np.full((2, 2), 0.5, "f4")}
    decoded = decoder.decode(encoder.encode(grown))
    close(decoded, grown)


def test_temporal_contexts_and_history_are_used_and_help():
    tensors = [{"w": np.zeros((60, 80), "f4")}]
    generator = np.random.default_rng(1)
    places = generator.random((60, 80)) < 0.1
    for _ in range(4):
        step = generator.normal(0, 0.2, (60, 80)) * places
        tensors.append({"w": (tensors[-1]["w"] + step).astype("f4")})

    def sizes(**options):
        encoder = nnc.Encoder(tensors[0], qp=-20, **options)
        datas = [encoder.encode(one) for one in tensors[1:]]
        headers = [nnc.Bitstream.parse(data).units[-1].header for data in datas]
        return sum(map(len, datas)), [h.temporal_context_modeling_flag for h in headers]

    plain, none_used = sizes(temporal_contexts=False, history=False)
    both, used = sizes()
    assert not any(none_used)
    assert both < 0.95 * plain
    temporal, used = sizes(history=False)
    assert any(used)
    assert temporal < plain


@pytest.mark.parametrize("how", [{}, {"profile": 0}, {"keep": ["*"]}, {"blocks": "auto"}], ids=str)
@pytest.mark.parametrize(
    "options", [{}, {"parents": "sha256"}, {"parents": "sha512"}, {"predictive": True}], ids=str
)
def test_devices_go_on_from_a_bitstream_that_is_no_update(how, options):
    """Such a base model says of no tensor which tree of updates it is the root of."""
    first, decoder = model(), nnc.Decoder()
    data = nnc.encode(first, qp=QP, nonweight_qp=QP, **how)
    decoder.decode(data)
    devices = [nnc.Encoder(device_id=n, qp=QP, nonweight_qp=QP, **options) for n in (0, 3)]
    for device in devices:
        device.receive(data)
    for seed in range(3):
        for device in devices:
            now = trained(first, 10 * seed + device.device_id)
            decoded = decoder.decode(device.encode(now))
            same(decoded, device.decoder.tensors(device.device_id))
            close(decoded, now)


def test_what_is_told_of_the_model_stays_where_a_difference_vanishes():
    """A difference of which nothing is left is taken out again, and nothing else with it."""
    told = nnc.ModelInformation(base_model_id="first")
    base = {"w": np.zeros((4, 4), "f4"), "v": np.zeros((4, 4), "f4")}
    sent = set()
    for size in np.linspace(0.5, 2, 16):
        encoder = nnc.Encoder(base, qp=0)
        update = {name: values.copy() for name, values in base.items()}
        update["w"] += 9
        update["v"][0, 0] = size
        bitstream = nnc.Bitstream.parse(encoder.encode(update, information=told))
        assert nnc.ModelInformation.of(bitstream).base_model_id == "first"
        sent.add("".join(name for unit in bitstream.walk() for name in unit.names))
    # Small differences vanish, large ones don't: both have been there.
    assert sent == {"w", "wv"}


def test_a_session_goes_on_from_its_file(tmp_path):
    tensors = [model()]
    for seed in range(4):
        tensors.append(trained(tensors[-1], seed))
    through = nnc.Encoder(qp=QP, predictive=True)
    expected = [through.encode(one) for one in tensors]
    resumed = nnc.Encoder(qp=QP, predictive=True)
    for one, data in zip(tensors, expected, strict=True):
        assert resumed.encode(one) == data
        resumed.save(tmp_path / "state")
        resumed = nnc.Encoder(qp=QP, predictive=True)
        resumed.load(tmp_path / "state")


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"something else"])
def test_files_that_hold_no_state(content, tmp_path):
    (tmp_path / "state").write_bytes(content)
    with pytest.raises(nnc.InputError, match="not the state of a session"):
        nnc.Decoder.load(tmp_path / "state")


@pytest.mark.parametrize(
    "options", [{"parents": "md5"}, {"device_id": -1}, {"profile": 0}, {"qp_density": 9}]
)
def test_options_that_can_not_be(options):
    with pytest.raises(nnc.InputError):
        nnc.Encoder(**options)


def test_an_update_for_another_model_changes_nothing():
    encoder, decoder = nnc.Encoder(parents="sha256"), nnc.Decoder()
    decoder.decode(nnc.encode(model(1)))
    before = decoder.tensors()
    encoder.encode(model(0))
    update = encoder.encode(trained(model(0), 1))
    with pytest.raises(nnc.InvalidError, match="but the tensor is at node"):
        decoder.decode(update)
    same(before, decoder.tensors())


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_three_devices_with_losses_and_restarts(data):
    base = nnc.Encoder(qp=QP, nonweight_qp=QP)
    first = base.encode(model())
    devices = []
    for device in range(3):
        options = {"parents": data.draw(st.sampled_from(["id", "sha256"])), "device_id": device}
        encoder = nnc.Encoder(qp=QP, nonweight_qp=QP, **options)
        encoder.receive(first)
        devices.append([encoder, model(), False])
    server = nnc.Decoder()
    server.decode(first)
    for number in range(data.draw(st.integers(1, 8))):
        device = data.draw(st.integers(0, 2))
        encoder, tensors, lost = devices[device]
        tensors = trained(tensors, number)
        update = encoder.encode(tensors)
        devices[device][1] = tensors
        if data.draw(st.integers(0, 4)) == 0:
            devices[device][2] = True
            continue
        if lost:
            with pytest.raises(nnc.NncError, match="but the tensor is at node"):
                server.decode(update)
            continue
        same(server.decode(update), encoder.decoder.tensors(device))


def trees(data):
    """Give parameter_id and put_node_depth of each tensor in a bitstream."""
    return {
        name: (unit.header.parameter_id, unit.header.put_node_depth)
        for unit in nnc.Bitstream.parse(data).walk()
        for name in unit.names
    }


def test_trees_of_a_first_model_are_numbered_in_its_order():
    first = model()
    encoder = nnc.Encoder(qp=QP)
    assert trees(encoder.encode(first)) == {name: (i, 0) for i, name in enumerate(first)}
    now = trained(first, 1)
    assert trees(encoder.encode(now)) == {name: (i, 1) for i, name in enumerate(first)}


#: Names whose SHA-256 begin with the same three bytes.
ALIKE = ("layers.431.weight", "layers.5588.weight")


def test_no_two_new_tensors_have_one_tree():
    device, other = nnc.Encoder(model(), qp=QP), nnc.Encoder(model(), device_id=2, qp=QP)
    new = {name: np.full((3, 4), i + 1, "f4") for i, name in enumerate(ALIKE)}
    data = device.encode(new)
    found = trees(data)
    assert len({tree for tree, _ in found.values()} | set(range(len(model())))) == 7
    # A device that has seen neither comes to the same trees.
    assert trees(other.encode(new)) == found
    later = trees(device.encode({name: values + 1 for name, values in new.items()}))
    assert later == {name: (tree, depth + 1) for name, (tree, depth) in found.items()}


def test_a_new_tensor_has_another_tree_than_one_that_came_before():
    """Also where both would have the same, and the first came in another update."""
    encoder = nnc.Encoder(model(), qp=QP)
    first, second = ({name: np.ones((3, 4), "f4")} for name in ALIKE)
    (before,) = trees(encoder.encode(first)).values()
    (after,) = trees(encoder.encode(second)).values()
    assert after[0] == before[0] + 1
