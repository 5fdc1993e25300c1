"""Skips what needs NNCodec where it isn't installed."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def peer():
    """The module that drives NNCodec; stand-ins for what coding doesn't need are made by it."""
    path = Path(__file__).parents[1] / "benchmarks" / "peer.py"
    specification = importlib.util.spec_from_file_location("peer", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    if not module.available():
        pytest.skip(module.INSTALLATION)
    module.load()
    return module
