"""Learning digits on nodes: as good coded as not, at a small part of the bytes."""

import json
import logging

import numpy as np
import pytest
from click.testing import CliRunner

from nnc.cli.demo import command

pytest.importorskip("flwr")

from nnc.demo.federated import in_eight_bits, run
from nnc.demo.learning import Digits, first_model


@pytest.fixture(autouse=True)
def quiet():
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def test_coded_nodes_learn_as_well_at_a_small_part_of_the_bytes():
    plain, coded = (run(one, rounds=5, nodes=4) for one in ("none", "nnc"))
    assert plain.accuracy[-1] > 0.7
    assert coded.accuracy[-1] > plain.accuracy[-1] - 0.05
    assert sum(coded.bytes_up) < 0.04 * sum(plain.bytes_up)
    assert sum(coded.bytes_down) < 0.05 * sum(plain.bytes_down)


def test_every_image_is_for_one_node_or_for_tests():
    digits = Digits.divided(3, 5)
    all_of_them = np.concatenate([*digits.parts, digits.test])
    assert sorted(all_of_them) == list(range(len(digits.labels)))


def test_eight_bits_keep_the_ends():
    weight = first_model(0)["layers.0.weight"]
    rounded = in_eight_bits(weight)
    step = (weight.max() - weight.min()) / 255
    assert np.abs(rounded - weight).max() <= step / 2 * 1.001
    assert len(np.unique(rounded)) <= 256


def test_the_command_tells_each_round():
    done = CliRunner().invoke(command, ["--federated", "--rounds", "1", "--format", "json"])
    assert done.exit_code == 0, done.output
    results = json.loads(done.stdout)["results"]
    assert [one["coding"] for one in results] == ["none", "8-bit", "nnc"]
    assert all(len(one["bytes_up"]) == 1 for one in results)
