"""Layers found by the names of their tensors."""

import numpy as np
import pytest

import nnc
from nnc.encoder.units.layer_names import layers_by_name


def found(rows, weights):
    """For each layer its weight, its bias and the mean of its batch norm."""
    return [
        (block.weight, block.bias, block.batch_norm[2] if block.batch_norm else None)
        for block in layers_by_name(rows, weights)
    ]


def torch_norm(module):
    return [f"{module}.{end}" for end in ("weight", "bias", "running_mean", "running_var")]


def tensorflow_norm(module):
    ends = ("gamma", "beta", "moving_mean", "moving_variance")
    return [f"{module}/{end}:0" for end in ends]


@pytest.mark.parametrize(
    ("weight", "bias"),
    [
        ("conv.weight", "conv.bias"),
        ("weight", "bias"),
        ("attention.in_proj_weight", "attention.in_proj_bias"),
        ("lstm.weight_hh_l0", "lstm.bias_hh_l0"),
        ("dense/kernel", "dense/bias"),
        ("dense/kernel:0", "dense/bias:0"),
        ("fc/W", "fc/b"),
        ("conv1_w_0", "conv1_b_0"),
        ("resnetv15_conv0_weight", "resnetv15_conv0_bias"),
        ("onnx::Conv_193", "onnx::Conv_194"),
        ("onnx::Conv_9", "onnx::Conv_10"),
    ],
)
def test_biases(weight, bias):
    assert found({bias: 4, "other": 4}, {weight: 4}) == [(weight, bias, None)]
    assert not found({bias: 5}, {weight: 4}), "a bias has a value for each row"


@pytest.mark.parametrize(
    ("weight", "module"),
    [
        ("conv1.weight", "bn1"),
        ("layer1.0.conv2.weight", "layer1.0.bn2"),
        ("layer2.0.downsample.0.weight", "layer2.0.downsample.1"),
        ("features.norm0conv0.weight", "features.norm0norm0"),
        ("fc.weight", "fc_bn"),
        ("Conv2d_1a.conv.weight", "Conv2d_1a.bn"),
        ("linear.weight", "linear.bn"),
    ],
)
def test_batch_norms_of_pytorch(weight, module):
    rows = dict.fromkeys(torch_norm(module), 8)
    assert found(rows, {weight: 8}) == [(weight, None, f"{module}.running_mean")]
    assert not found(rows, {weight: 7})
    del rows[f"{module}.running_var"]
    assert not found(rows, {weight: 8})


def test_batch_norms_of_tensorflow():
    rows = dict.fromkeys(["c/conv2d_1/bias:0", *tensorflow_norm("c/batch_normalization_1")], 3)
    assert found(rows, {"c/conv2d_1/kernel:0": 3}) == [
        ("c/conv2d_1/kernel:0", "c/conv2d_1/bias:0", "c/batch_normalization_1/moving_mean:0")
    ]


def test_batch_norms_of_mxnet():
    ends = ("gamma", "beta", "running_mean", "running_var")
    rows = {f"net_batchnorm0_{end}": 3 for end in ends}
    assert found(rows, {"net_conv0_weight": 3}) == [
        ("net_conv0_weight", None, "net_batchnorm0_running_mean")
    ]


def test_a_tensor_is_in_one_layer():
    """`conv1` and its sequence's first both could have the batch norm; the first gets it."""
    rows = dict.fromkeys(torch_norm("s.1"), 4)
    weights = {"s.0.weight": 4, "s.0.kernel": 4}
    assert found(rows, weights) == [("s.0.weight", None, "s.1.running_mean")]
    shared = found({"bias": 4}, {"weight": 4, "kernel": 4})
    assert shared == [("weight", "bias", None)]


def test_parts_that_a_decoder_would_put_together_are_left_alone():
    assert not found({"l.weight_scaling": 4}, {"l.weight": 4, "l.weight_G": 4, "l.weight_H": 2})


def test_models_come_back_whatever_the_names_tell():
    random = np.random.default_rng(1)
    shapes = {"conv1.weight": (6, 3, 3), "conv1.bias": (6,)}
    shapes |= dict.fromkeys(torch_norm("bn1"), (6,))
    tensors = {name: random.normal(size=shape).astype("f4") for name, shape in shapes.items()}
    for profile in (0, 1):
        data = nnc.encode(tensors, blocks="auto", qp=-40, nonweight_qp=-40, profile=profile)
        types = nnc.Bitstream.parse(data).get("units[2].header.compressed_parameter_types")
        assert types == 4 + 8
        back = nnc.decode(data)
        assert back.keys() == tensors.keys()
        for name, values in tensors.items():
            np.testing.assert_allclose(back[name], values, atol=4e-3)
