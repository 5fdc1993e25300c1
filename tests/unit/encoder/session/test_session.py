"""Sessions of updates: what one side encodes the other has afterwards."""

import warnings

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnc
from nnc.decoder.dequantization import step_size
from nnc.deepcabac import engine, reference
from tests.property.test_sessions import snapshot

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


def both(*models, base=None, **options):
    """What a decoder has after each model, and the last bitstream."""
    encoder, decoder = nnc.Encoder(base, **options), nnc.Decoder(base)
    for one in models:
        data = encoder.encode({"x": one})
        decoded = decoder.decode(data)["x"]
        assert snapshot(decoder) == snapshot(encoder.decoder)
        assert decoded.shape == np.shape(one)
        yield decoded, data


def named(data):
    return [name for unit in nnc.Bitstream.parse(data).walk() for name in unit.names]


DTYPES = ["f4", "f2", "f8", ml_dtypes.bfloat16, "i4", "i1", "i8", "u1", "?", ml_dtypes.int4]


@pytest.mark.parametrize("before", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize("arrays", [True, False])
def test_a_tensor_of_another_dtype_is_sent_whole(before, arrays):
    """With what was noted of the one before, it would come out as that one's dtype."""
    values = np.arange(6).reshape(2, 3)
    for after in DTYPES:
        ones = [values.astype(before), values.astype(after), (6 - values).astype(after)]
        base = {"x": ones[0]} if arrays else None
        for one, (decoded, _) in zip(ones, both(*ones, base=base), strict=True):
            assert decoded.dtype == one.dtype
            np.testing.assert_allclose(decoded.astype("f8"), one.astype("f8"), atol=0.02)


@pytest.mark.parametrize("after", [np.ones((3, 2), "f4"), np.ones((4, 4), "i4")], ids=str)
def test_a_note_goes_with_the_tensor_that_it_is_of(after):
    noted = [np.ones((2, 2), ml_dtypes.bfloat16), np.array([1 << 40, 3])]
    for before in noted:
        *_, (decoded, _) = both(before, after)
        assert decoded.dtype == after.dtype


def test_integers_beyond_32_bits_come_and_go():
    wide, narrow = np.array([[1 << 40, -5]]), np.array([[3, -5]])
    ones = (narrow, wide, wide + 1, narrow, wide)
    for one, (decoded, _) in zip(ones, both(*ones), strict=True):
        np.testing.assert_array_equal(decoded, one)
        assert decoded.dtype == one.dtype


def test_integers_beyond_32_bits_that_did_not_change_are_left_out():
    wide = np.array([[1 << 40, -5]])
    for base in (None, {"x": wide}):
        *_, (_, data) = both(wide, wide, base=base)
        assert named(data) == []


def test_what_one_device_sends_is_not_noted_of_another():
    first, server = {"n": np.array([1000, 2]), "f": np.ones((2, 2), "f4")}, nnc.Decoder()
    data = nnc.encode(first)
    server.decode(data)
    device, other = nnc.Encoder(device_id=1), nnc.Encoder(device_id=2)
    for one in (device, other):
        one.receive(data)
    server.decode(device.encode({"n": np.array([1, 2], "i1"), "f": np.ones((2, 2), "i1")}))
    server.decode(device.encode({"n": np.array([1 << 40, 2])}))
    same(server.tensors(0), nnc.decode(data))
    changed = {"n": np.array([1001, 2]), "f": first["f"] + 1}
    close(server.decode(other.encode(changed)), changed)
    assert server.tensors(1)["n"][0] == 1 << 40
    assert server.tensors(1)["f"].dtype == "int8"


@pytest.mark.parametrize(
    ("before", "after"), [(-3e38, 3e38), (np.nan, 1), (np.inf, 1), (-np.inf, 0)]
)
@pytest.mark.parametrize("predictive", [True, False])
def test_a_difference_that_is_not_finite(before, after, predictive):
    ones = [np.full((2, 3), value, "f4") for value in (before, after, after)]
    base = {"x": ones[0]}
    *_, (decoded, _) = both(*ones[1:], base=base, qp=400, predictive=predictive, keep=["*"])
    np.testing.assert_array_equal(decoded, ones[-1])
    *_, (decoded, _) = both(*ones[1:], base=base, qp=400, predictive=predictive)
    assert abs(decoded[0, 0] - after) <= 4 * float(step_size(400, 2))


def test_a_residual_that_is_not_finite():
    values = [np.full((2, 3), value, "f4") for value in (0, 3e38, 0)]
    *_, (decoded, _) = both(*values, base={"x": values[0]}, qp=400, predictive=True)
    assert abs(decoded[0, 0]) <= 4 * float(step_size(400, 2))


@pytest.mark.parametrize("dtype", ["f4", "f2", "f8"])
@pytest.mark.parametrize("options", [{"lossless": True}, {"keep": ["x"]}], ids=str)
def test_what_is_kept_stays_to_the_bit(dtype, options):
    """Sums of floats are rounded, so that a difference brings another value."""
    generator = np.random.default_rng(1)
    ones = [
        (generator.normal(0, 1, (6, 9)) * 10.0 ** generator.integers(-3, 4, (6, 9))).astype(dtype)
        for _ in range(3)
    ]
    ones.append(np.where(np.arange(9) < 2, -0.0, 0.0).astype(dtype) * ones[0])
    for one, (decoded, _) in zip(ones, both(*ones, predictive=True, **options), strict=True):
        assert decoded.tobytes() == one.tobytes()


TOPOLOGY = nnc.Topology(4, b"")
JOINED = nnc.Joined(names=["a", "b"])
LAYER = {"weight": "w", "g": "w_G", "h": "w_H", "dimensions": (4, 3, 2)}


@pytest.mark.parametrize("parents", ["id", "sha256"])
@pytest.mark.parametrize("separate", [True, False])
def test_devices_go_on_from_tensors_that_are_put_together(parents, separate):
    """Joined tensors and decomposed weights aren't what was coded, and have updates even so."""
    generator = np.random.default_rng(1)
    parts = {name: generator.normal(0, 0.3, shape).astype("f4") for name, shape in
             {"a": (4, 5), "b": (3, 5), "w_G": (4, 2), "w_H": (2, 6)}.items()}  # fmt: skip
    layer = nnc.Block(separate=separate, **LAYER)
    data = nnc.encode(parts, qp=QP, nonweight_qp=QP, joins=[JOINED], blocks=[layer])
    server, encoder = nnc.Decoder(), nnc.Encoder(device_id=3, qp=QP, parents=parents)
    encoder.receive(data)
    tensors = server.decode(data)
    assert set(tensors) == {"a", "b", "w"}
    for number in range(3):
        tensors = trained(tensors, number, share=1)
        update = encoder.encode(tensors)
        headers = [unit.header for unit in nnc.Bitstream.parse(update).walk() if unit.names]
        assert [one.parent_node_id_present_flag for one in headers] == [1, 1, 1]
        close(server.decode(update), tensors)
        same(server.tensors(3), encoder.decoder.tensors(3))


def test_a_history_of_another_shape_is_none():
    """After a tensor of another shape that was stored, or a base model in the middle."""
    values = np.random.default_rng(1).normal(0, 1, (6, 9)).astype("f4")
    kept = nnc.Encoder(lossless=True)
    for between in (
        lambda state: (setattr(kept.decoder, "state", state), kept.encode({"x": values[:3]}))[1],
        lambda state: nnc.encode({"x": values[:3]}, qp=QP),
    ):
        encoder, decoder = nnc.Encoder(qp=QP), nnc.Decoder()
        for one in (values, values + 1):
            decoder.decode(encoder.encode({"x": one}))
        other = between(encoder.decoder.state)
        encoder.receive(other)
        decoder.decode(other)
        for one in (values[:3] + 1, values[:3] - 1):
            close(decoder.decode(encoder.encode({"x": one})), {"x": one})


def test_a_base_model_in_the_middle_is_the_start_for_all():
    """Who comes in with it knows no history from before."""
    tensors = [{"w": np.zeros((60, 80), "f4")}]
    generator = np.random.default_rng(1)
    places = generator.random((60, 80)) < 0.1
    for _ in range(6):
        step = generator.normal(0, 0.2, (60, 80)) * places
        tensors.append({"w": (tensors[-1]["w"] + step).astype("f4")})
    server, device = nnc.Encoder(qp=-20), nnc.Encoder(device_id=1, qp=-20)
    for one in tensors[:3]:
        device.receive(server.encode(one))
    base = nnc.encode(tensors[3], qp=-20)
    device.receive(base)
    late = nnc.Decoder()
    late.decode(base)
    for one in tensors[4:]:
        late.decode(device.encode(one))
        same(late.tensors(1), device.decoder.tensors(1))


def test_unary_lengths_of_single_tensors_that_are_left_out():
    options = {"tensors": {"w": {"cabac_unary_length_minus1": 0}}, "qp": QP}
    encoder = nnc.Encoder(out_of_band=["cabac_unary_length_minus1", "dimensions"], **options)
    decoder, tensors = nnc.Decoder(), model()
    lengths = dict.fromkeys(tensors, 10) | {"w": 0}
    shapes = {name: values.shape for name, values in tensors.items()}
    for seed in range(3):
        given = {"dimensions": shapes, "cabac_unary_length_minus1": lengths}
        same(decoder.decode(encoder.encode(tensors), **given), encoder.decoder.tensors())
        tensors = trained(tensors, seed)


@pytest.mark.parametrize("dtype", ["f4", "f2", ml_dtypes.bfloat16])
def test_differences_as_they_are_coded(dtype):
    """Those that `nnc.decode` gives: in the format of the update, not in the model's."""
    base = {"x": np.ones((3, 4), dtype)}
    update = nnc.Encoder(base).encode({"x": (base["x"] + np.float32(0.3)).astype(dtype)})
    coded = nnc.Decoder(base).decode(update, apply=False)["x"]
    with pytest.warns(nnc.DecodingWarning):
        plain = nnc.decode(update)["x"]
    assert coded.dtype == plain.dtype == np.float32
    np.testing.assert_array_equal(coded, plain)


@pytest.mark.parametrize(
    "option",
    [{"target_size": "10%"}, {"max_error": 0.0}, {"psnr": 40}, {"sensitivity": "error"},
     {"joins": [JOINED]}, {"prune_rows": True}, {"topology": TOPOLOGY},
     {"base_model_id": "x"}],
    ids=str,
)  # fmt: skip
def test_options_that_are_for_single_models(option):
    with pytest.raises(nnc.InputError, match=next(iter(option))):
        nnc.Encoder(**option)


def test_options_for_single_models_that_say_nothing():
    nnc.Encoder(target_size=None, blocks=(), joins=[], prune_rows=False, sensitivity="none")
    with pytest.raises(TypeError, match="unheard_of"):
        nnc.Encoder(unheard_of=1)


@pytest.mark.parametrize("option", ["device_id", "base_depth"])
@pytest.mark.parametrize("value", [-1, 1.5, "1", True, None, 1 << 64])
def test_places_in_the_tree_that_are_none(option, value):
    with pytest.raises(nnc.InputError, match=f"{option} must be an integer from 0"):
        nnc.Encoder(**{option: value})


def test_the_last_places_in_the_tree(tmp_path):
    base, place = {"x": np.zeros((2, 2), "f4")}, {"base_depth": np.uint64((1 << 64) - 2)}
    encoder = nnc.Encoder(base, device_id=np.uint64((1 << 64) - 1), qp=QP, **place)
    decoder = nnc.Decoder(base, **place)
    decoder.save(tmp_path / "state")
    update = encoder.encode({"x": base["x"] + 1})
    close(nnc.Decoder.load(tmp_path / "state").decode(update), {"x": base["x"] + 1})


@pytest.fixture
def few_values(monkeypatch):
    """Lower the number of values that any bitstream may hold."""
    monkeypatch.setattr("nnc.model.limits.FREE_VALUES", 1 << 18)
    monkeypatch.setattr("nnc.model.limits.VALUES_PER_BYTE", 64)


def test_limits_of_what_devices_receive(tmp_path, few_values):
    """A device can be told to trust its server."""
    with pytest.warns(nnc.EncodingWarning, match="so many values in so few bytes"):
        data = nnc.encode({"w": np.zeros((1000, 1000), "f4")})
    with pytest.raises(nnc.LimitError, match="too many values"):
        nnc.Encoder(device_id=1).receive(data)
    device = nnc.Encoder(device_id=1, limits=nnc.Limits(values=1_000_000))
    nnc.Encoder({"w": np.zeros(3, "f4")}).save(tmp_path / "state")
    for _ in range(2):
        device.receive(data)
        assert device.decoder.tensors()["w"].shape == (1000, 1000)
        device.load(tmp_path / "state")


@pytest.mark.parametrize("failing", ["a value", "a warning"])
def test_what_can_not_be_encoded_leaves_the_session_as_it_was(failing, few_values):
    encoder = nnc.Encoder(qp=QP)
    encoder.encode(model())
    before = encoder.decoder.state
    tensors = trained(model(), 1) | {"z": np.zeros((1000, 1000), "f4")}
    if failing == "a value":
        tensors["z"] = np.array([np.nan])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((nnc.InputError, nnc.EncodingWarning)):
            encoder.encode(tensors)
    assert encoder.decoder.state is before


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_both_engines_make_the_same_session(options, monkeypatch):
    states, datas = [], []
    for one in (engine, reference):
        monkeypatch.setattr("nnc.deepcabac.Encoder", one.Encoder, raising=False)
        monkeypatch.setattr("nnc.deepcabac.Decoder", one.Decoder, raising=False)
        encoder = nnc.Encoder(qp=QP, nonweight_qp=QP, **options)
        tensors = [model()]
        for seed in range(2):
            tensors.append(trained(tensors[-1], seed))
        datas.append([encoder.encode(each) for each in tensors])
        states.append(snapshot(encoder.decoder))
    assert datas[0] == datas[1]
    assert states[0] == states[1]


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
    """Return parameter_id and put_node_depth of each tensor in a bitstream."""
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


@pytest.mark.parametrize("scale", [1e-4, 0.02, 1.0, 50.0])
@pytest.mark.parametrize("blocks", [[], "auto"])
def test_small_changes_arrive_whatever_the_scale_of_the_tensors(scale, blocks):
    rng = np.random.default_rng(5)
    base = {"l.weight": rng.normal(0, scale, (40, 60)), "l.bias": rng.normal(0, scale, 40)}
    changed = {name: values * rng.normal(1, 0.02, values.shape) for name, values in base.items()}
    encoder, decoder = nnc.Encoder(blocks=blocks), nnc.Decoder()
    for model in (base, changed):
        wanted = {name: values.astype(np.float32) for name, values in model.items()}
        decoded = decoder.decode(encoder.encode(wanted))
        for name, values in wanted.items():
            error = np.linalg.norm(decoded[name] - values)
            assert error < 0.005 * np.linalg.norm(values)


def moved(base, rel, rng):
    return {
        name: (values + rng.normal(0, rel * values.std(), values.shape)).astype("f4")
        for name, values in base.items()
    }


def snr(wanted, got):
    energy, error = (sum(float(np.sum(one**2)) for one in each) for each in (wanted, got))
    return 10 * np.log10(energy / error)


@pytest.mark.parametrize("scale", [1e-4, 0.02, 50.0])
@pytest.mark.parametrize("rel", [1e-4, 2e-3, 0.02, 0.2, 1.4])
@pytest.mark.parametrize("held", [True, False])
def test_steps_of_updates_follow_the_change(scale, rel, held):
    rng = np.random.default_rng(6)
    base = {"w": rng.normal(0, scale, (64, 96)).astype("f4"), "b": rng.normal(0, scale, 96)}
    base = {name: values.astype("f4") for name, values in base.items()}
    changed = moved(base, rel, rng)
    encoder, decoder = (nnc.Encoder(base), nnc.Decoder(base)) if held else (nnc.Encoder(), None)
    if decoder is None:
        decoder = nnc.Decoder()
        decoder.decode(encoder.encode(base))
    before = decoder.tensors()
    data = encoder.encode(changed)
    after = decoder.decode(data)
    errors = [changed[name].astype("f8") - after[name] for name in base]
    changes = [changed[name].astype("f8") - before[name] for name in base]
    assert snr([values.astype("f8") for values in changed.values()], errors) > 48
    if held or rel > 1e-3:
        assert snr(changes, errors) > 15
        assert len(data) < (0.14 if rel < 0.1 else 0.32) * 4 * (64 * 96 + 96)
    else:
        # Less than what the base has lost.
        assert len(data) < 0.05 * 4 * (64 * 96 + 96)


def test_what_the_base_has_lost_is_no_change():
    rng = np.random.default_rng(7)
    base = {name: rng.normal(0, 0.02, (64, 96)).astype("f4") for name in ("frozen", "head")}
    encoder = nnc.Encoder()
    whole = encoder.encode(base)
    for number in range(3):
        base["head"] = moved(base, 0.02, rng)["head"]
        units = nnc.Bitstream.parse(encoder.encode(base)).walk()
        sizes = {unit.names[0]: unit.byte_size for unit in units if unit.names}
        assert sizes.get("frozen", 0) < 0.03 * len(whole), number


def test_tensors_that_are_new_in_an_update_get_steps_of_their_own():
    rng = np.random.default_rng(8)
    new = {"new": rng.normal(0, 1e-4, (40, 60)).astype("f4"), "whole": np.arange(40, dtype="f4")}
    decoder = nnc.Decoder(model())
    decoded = decoder.decode(nnc.Encoder(model()).encode(new))
    assert snr([new["new"]], [new["new"] - decoded["new"]]) > 45
    assert np.array_equal(decoded["whole"], new["whole"])


def test_a_step_is_resumed(tmp_path):
    encoder = nnc.Encoder()
    encoder.encode(model())
    encoder.decoder.save(tmp_path / "state")
    kept = nnc.Decoder.load(tmp_path / "state").state.coded
    assert {key: one.step for key, one in kept.items()} == {
        key: one.step for key, one in encoder.decoder.state.coded.items()
    }
    assert any(one.step for one in kept.values())
