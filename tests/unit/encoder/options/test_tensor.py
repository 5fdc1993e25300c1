"""Options of single tensors: patterns, exclusions, and what the encoder makes of them."""

import numpy as np
import pytest

import nnc
from nnc.encoder import EncoderOptions, TensorOptions
from nnc.encoder.options.tensor import options_of


def weights():
    rng = np.random.default_rng(3)
    shapes = {"layer1.a.weight": (20, 30), "layer4.a.weight": (20, 30), "layer4.b.weight": (20, 30)}
    return {name: rng.laplace(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}


def header_of(data, name):
    (unit,) = [unit for unit in nnc.Bitstream.parse(data).walk() if name in unit.names]
    return unit.header


def error(decoded, tensors, name):
    return float(np.abs(decoded[name] - tensors[name]).max())


def test_the_first_pattern_that_says_something_counts():
    tensors = {
        "a.*": TensorOptions(qp=-20, exclude=["a.no*"]),
        "*": TensorOptions(qp=-40, dq=False),
        "*.b": TensorOptions(dq=True, keep=True),
    }
    assert options_of("a.b", tensors) == {"qp": -20, "dq": False, "keep": True}
    assert options_of("a.none", tensors) == {"qp": -40, "dq": False}


def test_qp_and_bit_depth_are_one_option():
    tensors = {"a": TensorOptions(bit_depth=4), "*": TensorOptions(qp=-20)}
    assert options_of("a", tensors) == {"bit_depth": 4}
    with pytest.raises(nnc.InputError, match="give one of them"):
        TensorOptions(qp=-20, bit_depth=4)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"quality": 3}, "tensors\\['x'\\]: there is no option 'quality'"),
        ({"qp": "fine"}, "tensors\\['x'\\]: qp must be an integer"),
        ({"scan_order": 7}, "scan_order"),
        ({"dq": "maybe"}, "dq must be true or false"),
        ({"codebook": "best"}, "codebook must be"),
        ({"exclude": "y"}, "exclude must be a list"),
        (5, "options by name"),
    ],
)
def test_wrong_options_are_named(given, message):
    with pytest.raises(nnc.InputError, match=message):
        EncoderOptions(tensors={"x": given})


def test_each_tensor_is_coded_as_its_pattern_says():
    model = weights()
    data = nnc.encode(
        model,
        tensors={
            "layer4.*": {"qp": -16, "dq": False, "exclude": ["layer4.b.*"]},
            "layer4.b.*": TensorOptions(scan_order=1, cabac_unary_length_minus1=3),
        },
    )
    decoded = nnc.decode(data)
    assert header_of(data, "layer1.a.weight").dq_flag == 1
    assert header_of(data, "layer4.a.weight").dq_flag == 0
    assert header_of(data, "layer4.b.weight").scan_order == 1
    assert header_of(data, "layer4.b.weight").cabac_unary_length_minus1 == 3
    assert error(decoded, model, "layer4.a.weight") > 4 * error(decoded, model, "layer4.b.weight")


def test_a_tensor_kept_against_the_list_and_by_it():
    model = weights()
    decoded = nnc.decode(
        nnc.encode(model, keep=["*"], tensors={"layer4.*": {"keep": False}}),
    )
    assert error(decoded, model, "layer1.a.weight") == 0
    assert error(decoded, model, "layer4.a.weight") > 0


def test_tensors_go_before_tensor_qp():
    model = weights()
    decoded = nnc.decode(
        nnc.encode(model, tensor_qp={"*": -40}, tensors={"layer4.*": {"qp": -16}}),
    )
    assert error(decoded, model, "layer4.a.weight") > 8 * error(decoded, model, "layer1.a.weight")


@pytest.mark.parametrize("dq", [False, True])
@pytest.mark.parametrize("depth", [2, 4, 8])
def test_a_bit_depth_limits_the_levels(dq, depth):
    values = np.random.default_rng(4).laplace(0, 0.1, (100, 50)).astype(np.float32)
    model = weights() | {"zeros": np.zeros(5, np.float32), "large.weight": values}
    model["large.weight"][3, 3] = 100
    tensors = {"layer4.a.*": {"qp": -32}}
    data = nnc.encode(model, bit_depth=depth, dq=dq, tensors=tensors, effort=0)
    limit = (1 << (depth - 1)) - 1
    levels = nnc.decode_levels(data)
    for name in ("layer1.a.weight", "layer4.b.weight", "large.weight", "zeros"):
        assert np.abs(levels[name]).max() <= limit
    assert np.abs(levels["layer4.b.weight"]).max() > limit // 2
    assert levels["large.weight"][3, 3] >= limit - 1
    assert np.count_nonzero(levels["large.weight"]) > 100
    assert np.abs(levels["layer4.a.weight"]).max() > 100
