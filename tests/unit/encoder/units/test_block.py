"""Layers as one unit: every combination of tensors, scan orders, codebooks."""

import itertools

import numpy as np
import pytest

import nnc
from nnc.decoder.dequantization import step_size

QP = -24
BOUND = 2 * float(step_size(QP, 2)) + 1e-6
COMBINATIONS = list(itertools.product([False, True], repeat=4))[1:]


def layer(name, decomposed, scaling, batch_norm, bias, shape=(20, 3, 3, 3), rank=4):
    generator = np.random.default_rng(len(name))
    rows, cols = shape[0], int(np.prod(shape[1:]))

    def values(*dimensions):
        return generator.normal(0, 0.3, dimensions).astype("f4")

    tensors, weight = {}, f"{name}.weight"
    block = {"weight": weight}
    if decomposed:
        tensors |= {f"{weight}_G": values(rows, rank), f"{weight}_H": values(rank, cols)}
        block |= {"g": f"{weight}_G", "h": f"{weight}_H", "dimensions": shape}
    else:
        tensors[weight] = values(*shape)
    if scaling:
        tensors[f"{weight}_scaling"] = values(rows)
        block["scaling"] = f"{weight}_scaling"
    if batch_norm:
        names = [f"{name}.bn.{part}" for part in ("beta", "gamma", "mean", "variance")]
        tensors |= {one: values(rows) for one in names}
        block["batch_norm"] = names
    if bias:
        tensors[f"{name}.bias"] = values(rows)
        block["bias"] = f"{name}.bias"
    return tensors, nnc.Block(**block)


@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dq": False},
        {"scan_order": 1},
        {"scan_order": 2, "dq": False},
        {"profile": 0},
        {"codebook": True, "qp": -8},
        {"codebook": True, "qp": -8, "scan_order": 1, "profile": 0},
    ],
    ids=str,
)
def test_every_combination(combination, options):
    tensors, block = layer("l", *combination)
    tensors["tail"] = np.arange(6, dtype="f4").reshape(2, 3)
    options = {"qp": QP, "nonweight_qp": QP} | options
    data = nnc.encode(tensors, blocks=[block], **options)
    units = [unit for unit in nnc.Bitstream.parse(data).units if unit.names]
    assert len(units) == 2
    header = units[0].header
    assert header.nnr_compressed_data_unit_payload_type == 3
    assert header.compressed_parameter_types == sum(
        bit for bit, there in zip((1, 2, 4, 8), combination, strict=True) if there
    )
    assert bool(header.codebook_present_flag) == bool(options.get("codebook"))
    bound = 2 * float(step_size(options["qp"], 2)) + 1e-6
    parts = nnc.decode(data, reconstruct=False)
    assert set(parts) == set(tensors)
    for name, values in tensors.items():
        assert parts[name].shape == values.shape
        assert np.abs(parts[name] - values).max() <= bound
    # Coded one by one the tensors are the same.
    if not options.get("codebook"):
        alone = nnc.decode(nnc.encode(tensors, **options))
        for name, values in alone.items():
            if not name.endswith("_scaling"):
                np.testing.assert_array_equal(parts[name], values)


@pytest.mark.parametrize("scan_order", [0, 1, 4])
@pytest.mark.parametrize("shape", [(20, 1), (1, 20), (6, 60), (1, 1)])
@pytest.mark.parametrize("rank", [1, 20])
def test_narrow_layers(shape, rank, scan_order):
    for decomposed in (False, True):
        tensors, block = layer("l", decomposed, True, False, True, shape, rank)
        data = nnc.encode(tensors, blocks=[block], scan_order=scan_order, qp=QP, nonweight_qp=QP)
        for name, values in nnc.decode(data, reconstruct=False).items():
            assert np.abs(values - tensors[name]).max() <= BOUND


def test_layers_are_found_by_name():
    tensors = {
        "a.weight": np.ones((3, 4), "f4"),
        "a.bias": np.ones(3, "f4"),
        "b/kernel": np.ones((3, 4), "f4"),
        "b/bias": np.ones(4, "f4"),
        "bn.weight": np.ones(3, "f4"),
        "bn.bias": np.ones(3, "f4"),
        "weight": np.ones((2, 2), "f4"),
        "bias": np.ones(2, "f4"),
        "i.weight": np.ones((2, 2), "i4"),
        "i.bias": np.ones(2, "i4"),
        "d.weight": np.ones((2, 2), "f8"),
        "d.bias": np.ones(2, "f4"),
    }
    data = nnc.encode(tensors, blocks="auto")
    named = [unit.names for unit in nnc.Bitstream.parse(data).units if unit.names]
    assert ["a.weight", "a.bias"] in named
    assert ["weight", "bias"] in named
    assert sum(len(names) > 1 for names in named) == 2
    decoded = nnc.decode(data)
    assert {name: values.dtype for name, values in decoded.items()} == {
        name: values.dtype for name, values in tensors.items()
    }


def few_values(*shape, seed=1):
    values = np.array([-0.3, -0.0625, 0, 0.0625, 0.3], "f4")
    return np.random.default_rng(seed).choice(values, shape, p=[0.05, 0.2, 0.5, 0.2, 0.05])


def layer_of_few_values(decomposed):
    tensors, block = layer("l", decomposed, True, False, True, rank=12)
    for name in block.weights:
        tensors[name] = few_values(*tensors[name].shape, seed=len(name))
    return tensors, block


@pytest.mark.parametrize("decomposed", [False, True])
@pytest.mark.parametrize("profile", [0, 1])
@pytest.mark.parametrize("scan_order", [0, 1])
def test_exact_codebooks_in_a_block_lose_nothing(decomposed, profile, scan_order):
    tensors, block = layer_of_few_values(decomposed)
    data = nnc.encode(
        tensors,
        blocks=[block],
        codebook="exact",
        profile=profile,
        scan_order=scan_order,
        nonweight_qp=-75,
    )
    decoded = nnc.decode(data, reconstruct=False)
    for name in block.weights:
        np.testing.assert_array_equal(decoded[name], tensors[name])
    for name in block.vectors:
        np.testing.assert_allclose(decoded[name], tensors[name], atol=1e-5)


@pytest.mark.parametrize("decomposed", [False, True])
@pytest.mark.parametrize(
    "options", [{}, {"codebook": "auto"}, {"effort": 2}, {"dq": False}], ids=str
)
def test_codebooks_are_chosen_in_a_block_where_they_are_cheaper(decomposed, options):
    tensors, block = layer_of_few_values(decomposed)
    # Without steps asked for, such weights are settings, which no block holds.
    options = {"qp": -32, "nonweight_qp": -75} | options
    without = nnc.encode(tensors, blocks=[block], **options | {"codebook": False})
    data = nnc.encode(tensors, blocks=[block], **options)
    header = nnc.Bitstream.parse(data).units[-1].header
    assert header.codebook_present_flag == 1
    second = header.nnr_compressed_data_unit_header.integer_codebook_dc
    assert (second is not None) == decomposed
    assert len(data) < len(without)
    errors = []
    for one in (data, without):
        decoded = nnc.decode(one, reconstruct=False)
        errors.append([np.square(decoded[name] - tensors[name]).sum() for name in block.weights])
    assert errors[0] <= errors[1]


def test_no_codebook_where_none_is_cheaper():
    tensors, block = layer("l", True, False, False, True)
    for options in ({"codebook": "auto"}, {"effort": 2}):
        data = nnc.encode(tensors, blocks=[block], **options)
        assert nnc.Bitstream.parse(data).units[-1].header.codebook_present_flag == 0


@pytest.mark.parametrize("scan_order", [0, 1, "auto"])
@pytest.mark.parametrize("profile", [0, 1])
def test_a_decomposed_vector_has_no_scan_order(scan_order, profile):
    generator = np.random.default_rng(1)
    shapes = {"w_G": (40, 12), "w_H": (12, 2), "b": (80,)}
    tensors = {name: generator.normal(0, 0.1, shape).astype("f4") for name, shape in shapes.items()}
    block = nnc.Block(weight="w", g="w_G", h="w_H", dimensions=(80,), bias="b")
    data = nnc.encode(tensors, blocks=[block], scan_order=scan_order, profile=profile, qp=-60)
    assert nnc.Bitstream.parse(data).units[-1].header.scan_order is None
    product = (tensors["w_G"] @ tensors["w_H"]).reshape(80)
    np.testing.assert_allclose(nnc.decode(data)["w"], product, atol=1e-3)


def test_a_layer_with_a_raw_tensor_is_coded_singly():
    tensors, block = layer("l", False, False, False, True)
    data = nnc.encode(tensors, blocks=[block], keep=["*.bias"])
    assert sum(bool(unit.names) for unit in nnc.Bitstream.parse(data).units) == 2


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (lambda: nnc.Block(weight="w", bias="missing"), "no tensor 'missing'"),
        (lambda: nnc.Block(weight="w", bias="short"), "must have 3 values"),
        (lambda: nnc.Block(weight="w", bias="integers"), "float32"),
        (lambda: nnc.Block(weight="w", g="w"), "give g, h and dimensions"),
        (lambda: nnc.Block(weight="w", batch_norm=["b"]), "beta, gamma, mean"),
        (lambda: nnc.Block(weight="x", g="w", h="w", dimensions=(3, 4)), "doesn't make"),
        (lambda: nnc.Block(weight="scalar", bias="b"), "scalar"),
        (lambda: nnc.Block(weight="w"), "more tensors than the weight"),
    ],
)
def test_blocks_that_are_no_layers(block, message):
    tensors = {
        "w": np.ones((3, 4), "f4"),
        "b": np.ones(3, "f4"),
        "short": np.ones(2, "f4"),
        "integers": np.ones(3, "i4"),
        "scalar": np.float32(1),
    }
    with pytest.raises(nnc.InputError, match=message):
        nnc.encode(tensors, blocks=[block()])


def test_a_tensor_is_in_one_block():
    tensors, block = layer("l", False, False, False, True)
    with pytest.raises(nnc.InputError, match="in two blocks"):
        nnc.encode(tensors, blocks=[block, block])


BINDING = {
    "one factor for all": {"s": np.full(64, 0.5, "f4")},
    "whole numbers": {"w": np.arange(64 * 9).reshape(64, 9).astype("f4") % 5 - 2},
    "all of them settings": {
        "w": np.ones((64, 9), "f4"), "s": np.full(64, 2, "f4"), "b": np.zeros(64, "f4"),
    },
    "few rows": {name: values[:3] for name, values in (
        ("w", np.arange(12.0, dtype="f4").reshape(3, 4)), ("s", np.ones(3, "f4")),
        ("b", np.ones(3, "f4")))},
    "factors far from each other": {"s": np.r_[np.linspace(0.5, 1, 63), 1e6].astype("f4")},
}  # fmt: skip


@pytest.mark.parametrize("options", [{}, {"effort": 2}, {"qp": -40}], ids=str)
@pytest.mark.parametrize("case", BINDING)
def test_local_scaling_is_applied_whatever_the_values(case, options):
    """What is coded without loss elsewhere must not fall out of its layer."""
    random = np.random.default_rng(0)
    tensors = {
        "w": random.normal(0, 0.1, (64, 9)).astype("f4"),
        "s": random.uniform(0.5, 1, 64).astype("f4"),
        "b": random.normal(size=64).astype("f4"),
    } | BINDING[case]
    layer = nnc.Block(weight="w", scaling="s", bias="b")
    decoded = nnc.decode(nnc.encode(tensors, blocks=[layer], **options))
    assert decoded.keys() == {"w", "b"}
    expected = tensors["w"] * tensors["s"][:, None]
    step = np.abs(expected).max(axis=1, keepdims=True) + 1e-9
    assert (np.abs(decoded["w"] - expected) / step).max() < 0.02


def test_a_decomposed_layer_of_whole_numbers_is_put_together():
    g, h = np.arange(40.0, dtype="f4").reshape(20, 2) % 3, np.ones((2, 30), "f4")
    layer = nnc.Block(weight="w", g="w_G", h="w_H", dimensions=(20, 30))
    decoded = nnc.decode(nnc.encode({"w_G": g, "w_H": h}, blocks=[layer]))
    assert decoded.keys() == {"w"}
    assert np.abs(decoded["w"] - g @ h).max() < 0.02


@pytest.mark.parametrize(
    ("options", "name"),
    [({"lossless": True}, "w"), ({"keep": ["s"]}, "s"), ({"keep": ["b"]}, "b")],
    ids=str,
)
def test_what_is_kept_cannot_be_put_together(options, name):
    tensors = {"w": np.ones((4, 4), "f4"), "s": np.ones(4, "f4"), "b": np.ones(4, "f4")}
    layer = nnc.Block(weight="w", scaling="s", bias="b")
    with pytest.raises(nnc.InputError, match=f"tensor '{name}' has to be stored as it is"):
        nnc.encode(tensors, blocks=[layer], **options)


def test_factors_too_far_from_each_other_for_any_step():
    tensors = {"w": np.ones((64, 9), "f4"), "s": np.r_[np.linspace(0.5, 1, 63), 1e12].astype("f4")}
    with pytest.raises(nnc.InputError, match="tensor 's' has to be stored"):
        nnc.encode(tensors, blocks=[nnc.Block(weight="w", scaling="s")])
