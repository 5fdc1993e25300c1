"""Searches for a size of large models begin where a sample of rows says."""

import numpy as np
import pytest

import nnc
from nnc.encoder.search.sampling import WORTH_IT, rows_of_weights


def model():
    random = np.random.default_rng(0)
    heavy = 0.2 * random.laplace(0, 1, (1200, 500)) ** 3
    return {
        "heavy": heavy.astype(np.float32),
        "plain": random.normal(0, 0.5, (600, 1000)).astype(np.float32),
        "bias": random.normal(0, 1, 600).astype(np.float32),
    }


def test_rows_are_spread_over_each_weight():
    tensors = model()
    found = rows_of_weights(tensors, {"plain": 1})
    assert list(found) == ["heavy", "plain"]
    assert np.array_equal(found["heavy"], tensors["heavy"][8::16])
    assert np.array_equal(found["plain"], tensors["plain"][:, 8::16])
    small = {"weight": np.ones((2, WORTH_IT // 2 - 1), np.float32)}
    assert rows_of_weights(small, {}) == {}


def test_little_is_left_to_search_for():
    trials = []
    tensors = model()
    values = sum(one.size for one in tensors.values())
    data = nnc.encode(tensors, bits_per_value=3, on_trial=trials.append)
    assert len(trials) <= 2
    assert abs(1 - trials[0].share) < 0.02
    assert 0.98 * 3 <= 8 * len(data) / values <= 3


def test_a_size_that_nothing_has_is_refused_as_ever():
    with pytest.raises(nnc.InputError, match="no encoding meets"):
        nnc.encode(model(), target_size=10)
