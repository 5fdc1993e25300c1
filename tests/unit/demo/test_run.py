"""The demo's measurements, with a stand-in for the codec and with the codec itself."""

import dataclasses

import numpy as np
import pytest

from nnc.bitio.errors import InputError
from nnc.demo import DemoResult, load_network, run

VALUES = 85_354


def test_figures_follow_from_the_sizes_and_the_decoded_network():
    original = load_network()
    lost = original | {"features.3.weight": np.zeros((64, 32, 3, 3), dtype=np.float32)}
    asked = []

    def encode(tensors, qp):
        assert tensors.keys() == original.keys()
        asked.append(qp)
        return bytes(VALUES) if qp == -38 else bytes(VALUES // 2)

    def decode(data):
        return original if len(data) == VALUES else lost

    fine, coarse = run([-38, -4], encode=encode, decode=decode)
    assert asked == [-38, -4]
    assert fine == DemoResult(
        qp=-38,
        bytes_original=VALUES * 4,
        bytes_encoded=VALUES,
        ratio=4.0,
        bits_per_value=8.0,
        accuracy_before=0.998,
        accuracy_after=0.998,
    )
    assert coarse.qp == -4
    assert coarse.ratio == 8.0
    assert coarse.bits_per_value == 4.0
    assert coarse.accuracy_before == 0.998
    assert coarse.accuracy_after < 0.3


def test_no_qp_gives_no_result():
    assert run([]) == []


def test_results_cannot_be_changed():
    (result,) = run([0], encode=lambda tensors, qp: b"1", decode=lambda data: load_network())
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.qp = 1


def test_errors_of_the_codec_come_through():
    def encode(tensors, qp):
        raise InputError("no such step")

    with pytest.raises(InputError, match="no such step"):
        run([0], encode=encode)


def test_the_codec_makes_the_network_eight_times_smaller_at_a_point_of_accuracy_at_most():
    results = run([-38, -32, -26])
    sizes = [result.bytes_encoded for result in results]
    assert sizes == sorted(sizes, reverse=True)
    assert any(
        result.ratio >= 8 and result.accuracy_after >= result.accuracy_before - 0.01
        for result in results
    )
