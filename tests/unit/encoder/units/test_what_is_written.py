"""Whatever the effort and the options, what is written breaks no rule and can be decoded."""

import numpy as np
import pytest

import nnc
from tests.encodings import OPTIONS, model


@pytest.mark.parametrize("effort", [0, 1, 2, 3])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_option_at_every_effort(options, effort):
    tensors = model()
    data = nnc.encode(tensors, effort=effort, **options)
    findings = nnc.check(data, deep=True)
    assert [finding for finding in findings if finding.level != "info"] == []
    decoded = nnc.decode(data)
    assert decoded.keys() == tensors.keys()
    assert np.array_equal(decoded["numbers"], tensors["numbers"])
    for name, values in tensors.items():
        assert decoded[name].shape == values.shape
        # At the least it is nearer than nothing.
        assert np.square(decoded[name] - values).sum() < np.square(values).sum()
