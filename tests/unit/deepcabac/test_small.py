"""Codewords of small tensors of one shape: the same as one by one."""

import numpy as np
import pytest

from nnc import deepcabac
from nnc.bitio import InputError
from nnc.deepcabac import Encoder, TensorCoding

if not deepcabac.encodes_small():
    pytest.skip("the engine isn't compiled", allow_module_level=True)


@pytest.mark.parametrize("dq_flag", [0, 1])
@pytest.mark.parametrize("flags", [1, 11, 17, 200])
@pytest.mark.parametrize("profile", [0, 1])
@pytest.mark.parametrize("shape", [(1, 7), (9, 1), (3, 5), (15, 17)])
def test_same_codewords(fit_states, dq_flag, flags, profile, shape):
    coding = TensorCoding(profile, dq_flag, cabac_unary_length_minus1=flags - 1)
    generator = np.random.default_rng([dq_flag, flags, profile, *shape])
    scales = 2.0 ** generator.uniform(-1, 20, (40, 1, 1))
    levels = generator.laplace(0, scales, (40, *shape)).round().astype(np.int32)
    if dq_flag:
        levels = np.array([fit_states(one, coding) for one in levels], np.int32)
    levels[3, 0] = 0
    offsets = generator.integers(-128, 128, 40).tolist()
    for search in (False, True):
        for row_skip in (False, None):
            found = deepcabac.encode_small(
                levels, coding, offsets, 2, search=search, row_skip=row_skip is None
            )
            for one, offset, payload in zip(levels, offsets, found, strict=True):
                coder = Encoder()
                coder.quantization_parameter(offset, 2)
                try:
                    coder.tensor(one, coding, search=search, row_skip=row_skip)
                except InputError:
                    assert payload is None
                    continue
                asks = row_skip is None and profile == 1 and not one.any(axis=1).all()
                if not (asks and payload is None):
                    assert payload == coder.finish()


def test_what_is_wrong_is_left_to_be_coded_alone():
    levels = np.ones((3, 2, 2), np.int32)
    levels[1] = [[2, 2], [1, 0]]
    coding = TensorCoding(dq_flag=1)
    how = {"search": True, "row_skip": True}
    found = deepcabac.encode_small(levels, coding, [0, 0, 0], 2, **how)
    assert [one is None for one in found] == [True, False, True]
    levels[:] = levels[1]
    found = deepcabac.encode_small(levels, coding, [128, -128, -129], 2, **how)
    assert [one is None for one in found] == [True, False, True]
    with pytest.raises(InputError, match="cabac_unary_length_minus1"):
        deepcabac.encode_small(levels, TensorCoding(cabac_unary_length_minus1=-1), [0], 2, **how)
