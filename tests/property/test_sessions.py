"""Random sequences of updates on three devices, some lost, late or doubled, with restarts."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import nnc
from nnc.fuzzing.strategies import RandomSource, strategy
from tests.property.models import Draw

QUICK_EXAMPLES = 40
SLOW_EXAMPLES = 1_500

DEVICES = (0, 1, 5)
SHAPES = {"w": (6, 9), "c": (6, 2, 3), "v": (40,), "s": (), "n": (3,)}


@dataclass
class Sent:
    """An update that a device sent.

    Attributes:
        data: the bitstream.
        parents: for each tensor in it which update the device had coded it in before; None
            where the tensor replaces what was there.
        values: what the device has after it, by name.
    """

    data: bytes
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
    """

    encoder: nnc.Encoder
    model: dict[str, np.ndarray]
    sent: list[Sent] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)
    server: dict[str, int] = field(default_factory=dict)


def first_model(draw: Draw) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(draw.integer(0, 1 << 20))
    model = {
        name: np.asarray(generator.normal(0, 0.3, shape).astype("f4"))
        for name, shape in SHAPES.items()
    }
    model["n"] = generator.integers(-9, 9, SHAPES["n"])
    model["c"] = model["c"].astype("f2")
    return model


def trained(
    draw: Draw, model: dict[str, np.ndarray], *place: int, digests: bool
) -> dict[str, np.ndarray]:
    """Change some tensors, each here and there; now and then one gets another shape.

    Args:
        draw: says what changes.
        model: the model before.
        *place: the device and the number of the update, no two of which change the same.
        digests: parents are named by digests, which tell nothing where a payload of some bits
            comes again: the scalar stays as it is.
    """
    generator = np.random.default_rng([draw.integer(0, 1 << 20), *place])
    result = {}
    for name, values in model.items():
        if not draw.chance(60) or (digests and name == "s"):
            result[name] = values
        elif name == "n":
            result[name] = values + 1
        else:
            shape = (3, *values.shape[1:]) if name == "c" and draw.chance(10) else values.shape
            before = values if shape == values.shape else np.zeros(shape, values.dtype)
            change = generator.normal(0, 0.3, shape) * (generator.random(shape) < 0.5)
            result[name] = np.asarray((before + change).astype(values.dtype))
    if draw.chance(10):
        result[f"new{len(result)}"] = np.ones(4, "f4")
    return result


def draw_options(draw: Draw) -> dict[str, Any]:
    """Options of a device's session."""
    parents = draw.choice(["id", "sha256", "sha512"])
    return {
        "qp": -16,
        "nonweight_qp": -18,
        "threads": 1,
        "dq": draw.chance(50),
        "parents": parents,
        "temporal_contexts": draw.chance(70),
        "history": draw.chance(70),
        # Residuals of zeros are payloads like any other's, of which digests tell nothing.
        "predictive": parents == "id" and draw.chance(40),
        "codebook": draw.choice([None, False, True]),
        "scan_order": draw.choice([0, 0, 1]),
        "references": draw.chance(20),
        "part_size": draw.choice([None, None, 5]),
        "aggregates": draw.choice([None, None, "all"]),
        "tensors": {"c": {"row_axis": draw.integer(0, 2)}},
    }


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
        base = nnc.Encoder(qp=-16, nonweight_qp=-18, threads=1)
        data = base.encode(model)
        self.server = nnc.Decoder(threads=1)
        values = self.server.decode(data)
        self.options = {device: draw_options(draw) for device in DEVICES}
        self.devices = {}
        for number, options in self.options.items():
            encoder = nnc.Encoder(device_id=number, **options)
            encoder.receive(data)
            every = dict.fromkeys(model, 0)
            sent = [Sent(data, dict.fromkeys(model), values)]
            self.devices[number] = Device(encoder, model, sent, dict(every), dict(every))

    def run(self) -> None:
        """Let things happen."""
        for _ in range(self.draw.integer(1, 12)):
            number = self.draw.choice(DEVICES)
            event = self.draw.integer(0, 9)
            if event == 9:
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
        device = self.devices[number]
        device.encoder.save(self.path)
        device.encoder = nnc.Encoder(device_id=number, **self.options[number])
        device.encoder.load(self.path)

    def restart_server(self) -> None:
        self.server.save(self.path)
        before = snapshot(self.server)
        self.server = nnc.Decoder.load(self.path, threads=1)
        assert snapshot(self.server) == before

    def update(self, number: int) -> None:
        """Let a device train and code an update."""
        device = self.devices[number]
        digests = self.options[number]["parents"] != "id"
        place = number, len(device.sent)
        device.model = trained(self.draw, device.model, *place, digests=digests)
        data = device.encoder.encode(device.model)
        parents: dict[str, int | None] = {}
        for unit in nnc.Bitstream.parse(data).walk():
            for name in unit.names:
                has_parent = unit.header.parent_node_id_present_flag
                parents[name] = device.heads.get(name) if has_parent else None
        device.heads |= dict.fromkeys(parents, len(device.sent))
        device.sent.append(Sent(data, parents, device.encoder.decoder.tensors(number)))

    def deliver(self, number: int, index: int) -> None:
        """Give an update of a device to the server, which takes it only in its turn."""
        device = self.devices[number]
        sent, before = device.sent[index], snapshot(self.server)
        follows = all(
            device.server.get(name) == parent if parent is not None
            else device.server.get(name, 0) < index
            for name, parent in sent.parents.items()
        )  # fmt: skip
        if not sent.parents:
            # Nothing changed, and nothing tells whose update it is.
            self.server.decode(sent.data)
            assert snapshot(self.server) == before
        elif follows:
            decoded = self.server.decode(sent.data)
            device.server |= dict.fromkeys(sent.parents, index)
            assert set(decoded) == set(device.server)
        else:
            self.refuse(number, index)
        self.check()

    def refuse(self, number: int, index: int) -> None:
        """Check that the server refuses an update out of turn, and says which node is missing.

        By digests it may take one where another device's unit is the same as the missing one,
        to the bit: then it has to have the device's values all the same.
        """
        device, before = self.devices[number], snapshot(self.server)
        failure = None
        try:
            self.server.decode(device.sent[index].data)
        except nnc.BitstreamError as error:
            failure = str(error)
        if failure is None:
            assert self.options[number]["parents"] != "id"
            device.server |= dict.fromkeys(device.sent[index].parents, index)
        else:
            assert re.search(r"node \(device|node whose payload", failure)
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
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
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
