"""Random sequences of updates on three devices, some lost, late or doubled, with restarts."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import nnc
from nnc.fuzzing.strategies import RandomSource, strategy
from tests.property.models import Draw, coded_shape

QUICK_EXAMPLES = 30
SLOW_EXAMPLES = 1_000

DEVICES = (0, 1, 5)
FLOATS = {
    "w": ((6, 9), "f4"),
    "c": ((6, 2, 3), "f2"),
    "m.v": ((40,), "f4"),
    "m.b": ((3, 7), ml_dtypes.bfloat16),
    "d": ((4, 3), "f8"),
    "j.0": ((4, 5), "f4"),
    "j.1": ((3, 5), "f4"),
    "k.weight": ((6, 2, 3), "f4"),
    "k.bias": ((6,), "f4"),
    "s": ((), "f4"),
    "e": ((0, 3), "f4"),
}
INTEGERS = {"n": ((3,), "i8"), "m.u": ((2, 4), "u1"), "p": ((2, 2), "i8"), "t": ((5,), "?")}

#: The coarsest step that is drawn: that of a quantization parameter of -6 at a density of 1.
LARGEST_STEP = 0.125

#: What a tensor of floats may become.
OTHER_DTYPES = ["f4", "f2", "f8", ml_dtypes.bfloat16]


@dataclass
class Sent:
    """An update that a device sent.

    Attributes:
        data: the bitstream.
        given: what `nnc.Decoder.decode` has to be told of it.
        parents: for each tensor in it which update the device had coded it in before; None
            where the tensor replaces what was there.
        values: what the device has after it, by name.
    """

    data: bytes
    given: dict[str, Any]
    parents: dict[str, int | None]
    values: dict[str, np.ndarray]


@dataclass
class Device:
    """A device, and what the server has of it.

    Attributes:
        encoder: its session.
        model: its model, as it is before quantization.
        sent: its updates in order; the first is the base model.
        heads: which update it coded each tensor in last.
        server: which update the server decoded each tensor from last.
        twin: its session before a restart, which has to write the same bytes.
    """

    encoder: nnc.Encoder
    model: dict[str, np.ndarray]
    sent: list[Sent] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)
    server: dict[str, int] = field(default_factory=dict)
    twin: nnc.Encoder | None = None


def first_model(draw: Draw) -> dict[str, np.ndarray]:
    """Draw the model that all devices start from: some of the tensors above."""
    generator = np.random.default_rng(draw.integer(0, 1 << 20))
    model = {
        name: np.asarray(generator.normal(0, 0.3, shape)).astype(dtype)
        for name, (shape, dtype) in FLOATS.items()
    }
    for name, (shape, dtype) in INTEGERS.items():
        model[name] = generator.integers(0, 2, shape).astype(dtype)
    # Beyond 32 bits they are coded as pairs.
    model["p"][0, 0] = draw.choice([0, -(1 << 40)])
    chosen = {name: name == "w" or draw.chance(45) for name in model}
    # A weight and its bias come together.
    chosen["k.bias"] = chosen["k.weight"]
    return {name: values for name, values in model.items() if chosen[name]}


def bitstream_of(draw: Draw, kind: str, model: dict[str, np.ndarray]) -> bytes:
    """Encode the base model: as a session does, as a plain model, or as layers and joined."""
    options = {"qp": -16, "nonweight_qp": -18, "threads": 1}
    if kind == "session":
        return nnc.Encoder(device_id=draw.choice([0, 0, 7]), **options).encode(model)
    if kind == "plain":
        blocks = draw.choice([(), "auto"])
        return nnc.encode(model, profile=draw.choice([0, 1]), blocks=blocks, **options)
    tensors = model | {"g_G": np.ones((4, 2), "f4"), "g_H": np.full((2, 6), 0.5, "f4")}
    layer = nnc.Block(weight="g", g="g_G", h="g_H", dimensions=(4, 3, 2), separate=draw.chance(50))
    names = [name for name in model if name.startswith("j.")]
    joins = [nnc.Joined(names=names)] if len(names) > 1 else []
    return nnc.encode(tensors, blocks=[layer], joins=joins, **options)


def trained(
    draw: Draw, model: dict[str, np.ndarray], *place: int, packed: bool
) -> dict[str, np.ndarray]:
    """Change some tensors, each here and there; now and then one gets another shape or dtype.

    Args:
        draw: says what changes.
        model: the model before.
        *place: the device and the number of the update, no two of which change the same.
        packed: integers may be such as are coded as pairs.
    """
    generator = np.random.default_rng([draw.integer(0, 1 << 20), *place])
    result = {}
    for name, values in model.items():
        if not draw.chance(60):
            result[name] = values
        elif name.startswith("k."):
            # The tensors of a layer go on in one shape and dtype.
            change = generator.normal(0, 0.3, values.shape) * (generator.random(values.shape) < 0.5)
            result[name] = values + change.astype("f4")
        elif values.dtype.kind in "iub":
            result[name] = other_integers(draw, name, values, packed=packed)
        else:
            result[name] = other_floats(draw, values, generator)
    if draw.chance(10):
        result[f"new{len(result)}"] = np.ones(4, "f4")
    if result and draw.chance(10):
        del result[draw.choice(sorted(result))]
    return result


def other_integers(draw: Draw, name: str, values: np.ndarray, *, packed: bool) -> np.ndarray:
    """Return integers that follow on others."""
    if name == "p":
        largest = 1 << (45 if packed else 20)
        return np.full(values.shape, draw.integer(-largest, largest))
    if draw.chance(10):
        return np.zeros(values.shape, draw.choice(["i1", "i4", "u2", "?"]))
    return np.logical_not(values) if values.dtype.kind == "b" else values + values.dtype.type(1)


def other_floats(draw: Draw, values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return floats that follow on others."""
    shape, dtype = values.shape, values.dtype
    if draw.chance(5):
        dtype = np.dtype(draw.choice(OTHER_DTYPES))
    if shape and draw.chance(5):
        return np.asarray(generator.normal(0, 0.3, (3, *shape[1:]))).astype(dtype)
    if draw.chance(3):
        return np.asarray(generator.choice([-6e4, 6e4], shape)).astype(dtype)
    change = generator.normal(0, 0.3, shape) * (generator.random(shape) < 0.5)
    return np.asarray(values.astype("f8") + change).astype(dtype)


def draw_options(draw: Draw) -> dict[str, Any]:
    """Options of a device's session."""
    density = draw.choice([2, 2, 0, 7])
    options: dict[str, Any] = {
        "qp_density": density,
        "qp": -4 << density,
        "nonweight_qp": -5 << density,
        "threads": 1,
        "dq": draw.choice([None, False, True]),
        "effort": draw.choice([1, 0, 2, 3]),
        "parents": draw.choice(["id", "sha256", "sha512"]),
        "temporal_contexts": draw.chance(70),
        "history": draw.chance(70),
        "predictive": draw.chance(40),
        "codebook": draw.choice([None, None, False, True, "exact", "auto", 1, 5]),
        "scan_order": draw.choice([0, 0, 1, 2, 3, 4, "auto"]),
        "row_skip": draw.choice([None, True, False]),
        "parameter_search": draw.chance(70),
        "cabac_unary_length_minus1": draw.choice([10, 0, 40]),
        "metadata_unit": draw.chance(90),
        "blocks": draw.choice([(), "auto"]),
        "references": draw.chance(20),
        "part_size": draw.choice([None, None, 5]),
        "aggregates": draw.choice([None, None, "all", "modules"]),
        "out_of_band": draw.choice(
            [(), (), (), ("dimensions",), ("dimensions", "cabac_unary_length_minus1")]
        ),
        "tensors": {
            "[cg]": {"row_axis": draw.integer(0, 2)},
            "m.*": {"row_axis": 1, "cabac_unary_length_minus1": draw.choice([10, 3])},
        },
    }
    if draw.chance(15):
        options["bit_depth"] = draw.integer(2, 12)
        del options["qp"], options["nonweight_qp"]
    if draw.chance(20):
        options["keep"] = [draw.choice(["w", "m.*", "[cds]", "*"])]
    if draw.chance(20):
        own = nnc.LayerParameters(qp=-3 << 1, qp_density=1)
        options["layer_parameters"] = {draw.choice(["w", "m.*", "*"]): own}
    return options


def told(options: dict[str, Any], model: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return what a decoder has to be told of a bitstream with these options."""
    left_out = {
        "dimensions": {name: coded_shape(values) for name, values in model.items()},
        "cabac_unary_length_minus1": {
            name: options["tensors"]["m.*" if name.startswith("m.") else "[cg]"].get(
                "cabac_unary_length_minus1", options["cabac_unary_length_minus1"]
            )
            for name in model
        },
    }
    return {element: left_out[element] for element in options["out_of_band"]}


def check_closeness(
    options: dict[str, Any], model: dict[str, np.ndarray], values: dict[str, np.ndarray]
) -> None:
    """Check that a device's receivers have what it has: errors don't add up."""
    for name, wanted in model.items():
        found = values[name]
        assert found.shape == wanted.shape
        if options["metadata_unit"]:
            assert found.dtype == wanted.dtype
        if wanted.dtype.kind in "iub":
            np.testing.assert_array_equal(found, wanted)
        elif options["codebook"] not in (1, 5) and "bit_depth" not in options:
            # A codebook of few entries, or levels of few bits, may lose anything.
            error = np.abs(found.astype("f8") - wanted.astype("f8"))
            bound = 4 * LARGEST_STEP + np.abs(wanted.astype("f8")) / 100
            assert (error <= bound).all(), f"{name}: {error.max()}"


def snapshot(decoder: nnc.Decoder) -> tuple[Any, list[Any]]:
    """All that a session keeps, to be compared."""
    arrays: list[Any] = []

    def stored(array: np.ndarray | None) -> Any:
        arrays.append(None if array is None else (array.dtype.str, array.shape, array.tobytes()))
        return len(arrays)

    return decoder.state.as_content(stored), arrays


class Network:
    """Devices, what they sent, and a server that gets some of it in some order."""

    def __init__(self, draw: Draw, folder: Any):
        """Start with a base model that all have."""
        self.draw, self.path = draw, folder / "state"
        model = first_model(draw)
        kind = draw.choice(["session", "plain", "layers", "arrays"])
        data = b"" if kind == "arrays" else bitstream_of(draw, kind, model)
        base = model if kind == "arrays" else None
        self.server = nnc.Decoder(base, threads=1)
        values = self.server.decode(data) if data else self.server.tensors()
        model |= {name: values[name] for name in values if name not in model}
        self.options = {device: draw_options(draw) for device in DEVICES}
        self.devices = {}
        for number, options in self.options.items():
            encoder = nnc.Encoder(base, device_id=number, **options)
            if data:
                encoder.receive(data)
            every = dict.fromkeys(model, 0)
            sent = [Sent(data, {}, dict.fromkeys(model), values)]
            self.devices[number] = Device(encoder, model, sent, dict(every), dict(every))

    def run(self) -> None:
        """Let things happen."""
        for _ in range(self.draw.integer(1, 12)):
            number = self.draw.choice(DEVICES)
            event = self.draw.integer(0, 10)
            if event == 10:
                self.fail(number)
            elif event == 9:
                self.restart_device(number)
            elif event == 8:
                self.restart_server()
            else:
                self.update(number)
                # Lost, or delivered at once, or one of the earlier ones instead.
                if event < 5:
                    self.deliver(number, len(self.devices[number].sent) - 1)
                elif event < 7:
                    self.deliver(number, self.draw.integer(1, len(self.devices[number].sent) - 1))

    def restart_device(self, number: int) -> None:
        """Let a device go on from its file."""
        device = self.devices[number]
        device.encoder.save(self.path)
        device.twin = device.encoder
        device.encoder = nnc.Encoder(device_id=number, **self.options[number])
        device.encoder.load(self.path)

    def restart_server(self) -> None:
        """Let the server go on from its file, which is the same when it is written again."""
        self.server.save(self.path)
        before, content = snapshot(self.server), self.path.read_bytes()
        self.server = nnc.Decoder.load(self.path, threads=1)
        assert snapshot(self.server) == before
        self.server.save(self.path)
        assert self.path.read_bytes() == content

    def fail(self, number: int) -> None:
        """Let a device have a model that can't be encoded: its session stays as it was."""
        device = self.devices[number]
        before = snapshot(device.encoder.decoder)
        with pytest.raises(nnc.InputError, match="not one of numbers"):
            device.encoder.encode({"x": np.ones(3, "f4"), "y": np.array([1, "nan"])})
        assert snapshot(device.encoder.decoder) == before

    def update(self, number: int) -> None:
        """Let a device train and code an update."""
        device, options = self.devices[number], self.options[number]
        place, packed = (number, len(device.sent)), options["metadata_unit"]
        device.model = trained(self.draw, device.model, *place, packed=packed)
        data = device.encoder.encode(device.model)
        if device.twin is not None:
            assert device.twin.encode(device.model) == data
            device.twin = None
        given = told(options, device.model)
        parents: dict[str, int | None] = {}
        for unit in nnc.Bitstream.parse(data, **given).walk():
            for name in unit.names:
                has_parent = unit.header.parent_node_id_present_flag
                parents[name] = device.heads.get(name) if has_parent else None
        device.heads |= dict.fromkeys(parents, len(device.sent))
        values = device.encoder.decoder.tensors(number)
        check_closeness(options, device.model, values)
        device.sent.append(Sent(data, given, parents, values))

    def deliver(self, number: int, index: int) -> None:
        """Return an update of a device to the server, which takes it only in its turn."""
        device = self.devices[number]
        sent, before = device.sent[index], snapshot(self.server)
        follows = all(
            device.server.get(name) == parent if parent is not None
            else device.server.get(name, 0) < index
            for name, parent in sent.parents.items()
        )  # fmt: skip
        if self.draw.chance(20):
            self.damage(sent)
        if not sent.parents:
            # Nothing changed, and nothing tells whose update it is.
            self.server.decode(sent.data, **sent.given)
            assert snapshot(self.server) == before
        elif follows:
            self.take(device, sent)
            device.server |= dict.fromkeys(sent.parents, index)
        else:
            self.refuse(sent)
        self.check()

    def take(self, device: Device, sent: Sent) -> None:
        """Check that the server takes an update, to the same state however it gives it out."""
        self.server.save(self.path)
        other = nnc.Decoder.load(self.path, threads=1)
        coded = other.decode(sent.data, **sent.given, apply=False)
        decoded = self.server.decode(sent.data, **sent.given)
        assert set(coded) == set(sent.parents)
        assert set(decoded) == set(device.server) | set(sent.parents)
        assert snapshot(other) == snapshot(self.server)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", nnc.DecodingWarning)
            try:
                plain = nnc.decode(sent.data, **sent.given)
            except nnc.MissingValueError:
                return  # It is coded with what came before.
        for name, values in plain.items():
            assert values.dtype == coded[name].dtype
            np.testing.assert_array_equal(values, coded[name])

    def damage(self, sent: Sent) -> None:
        """Check that an update with a wrong bit changes nothing, if it is seen to be wrong."""
        self.server.save(self.path)
        content = self.path.read_bytes()
        other = nnc.Decoder.load(self.path, threads=1)
        place = self.draw.integer(0, len(sent.data) - 1)
        wrong = sent.data[place] ^ (1 << self.draw.integer(0, 7))
        try:
            other.decode(sent.data[:place] + bytes([wrong]) + sent.data[place + 1 :], **sent.given)
        except nnc.BitstreamError:
            other.save(self.path)
            assert self.path.read_bytes() == content

    def refuse(self, sent: Sent) -> None:
        """Check that the server refuses an update out of turn, and says which node is missing."""
        before = snapshot(self.server)
        with pytest.raises(nnc.BitstreamError) as caught:
            self.server.decode(sent.data, **sent.given)
        assert re.search(r"node \(device|node whose payload", str(caught.value))
        assert caught.value.hint
        assert snapshot(self.server) == before

    def check(self) -> None:
        """Check that the server has of each device what that had when it coded it."""
        for number, device in self.devices.items():
            for name, values in self.server.tensors(number).items():
                expected = device.sent[device.server[name]].values[name]
                assert values.dtype == expected.dtype
                np.testing.assert_array_equal(values, expected, err_msg=f"{number} {name}")


def holds(source: Any, folder: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nnc.EncodingWarning)
        Network(Draw(source), folder).run()


@settings(
    max_examples=QUICK_EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large
    ],
)  # fmt: skip
@given(strategy(lambda source: source))
def test_sessions(tmp_path, source):
    holds(source, tmp_path)


@pytest.mark.slow
def test_many_sessions(tmp_path):
    for seed in range(SLOW_EXAMPLES):
        try:
            holds(RandomSource(seed), tmp_path)
        except BaseException as error:
            error.add_note(f"drawn with seed {seed}")
            raise
