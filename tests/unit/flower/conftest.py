"""Nodes in this process, without Ray; nothing is looked for on the network."""

import logging

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """No log of Flower, and none of its telemetry."""
    monkeypatch.setenv("FLWR_TELEMETRY_ENABLED", "0")
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def first():
    """A small model: floats, a counter beyond 32 bits, and a narrow float."""
    random = np.random.default_rng(0)
    return {
        "body.weight": random.normal(0, 0.1, (20, 30)).astype("f4"),
        "body.bias": np.zeros(20, "f4"),
        "head.weight": random.normal(0, 0.1, (4, 20)).astype("f4"),
        "half": random.normal(0, 0.1, (4, 4)).astype("f2"),
        "steps": np.array(1 << 40, "i8"),
    }
