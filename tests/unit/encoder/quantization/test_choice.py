"""The cheapest way of coding: never larger, never worse than the default one."""

import numpy as np
import pytest

import nnc

RNG = np.random.default_rng(7)
CENTRES = np.sort(RNG.normal(0, 0.1, 12))
TENSORS = {
    "few": RNG.choice(np.float32([-0.031, 0, 0.0177]), (40, 60), p=[0.2, 0.6, 0.2]),
    "wide": RNG.choice(np.sort(RNG.normal(0, 1, 16)), (40, 60)),
    "clusters": RNG.choice(CENTRES, (40, 60)) + RNG.normal(0, 0.0005, (40, 60)),
    "laplace": RNG.laplace(0, 0.05, (40, 60)),
    "constant": np.ones(500),
    "scalar": np.array(3.3),
    "zeros": np.zeros((4, 5)),
    "vector": RNG.normal(0, 1, 20),
}
TENSORS = {name: values.astype(np.float32) for name, values in TENSORS.items()}


def coded(name, **options):
    data = nnc.encode({name: TENSORS[name]}, **options)
    (unit,) = [unit for unit in nnc.Bitstream.parse(data).walk() if name in unit.names]
    error = nnc.decode(data)[name].astype(np.float64) - TENSORS[name]
    return len(data), float(np.square(error).sum()), unit.header


@pytest.mark.parametrize("name", TENSORS)
@pytest.mark.parametrize("options", [{}, {"codebook": "auto"}, {"effort": 2}], ids=str)
def test_what_is_chosen_is_neither_larger_nor_worse(name, options):
    effort = options.get("effort", 1)
    size, error, _ = coded(name, **options)
    plain_size, plain_error, _ = coded(name, dq=True, codebook=False, effort=effort)
    assert size <= plain_size
    assert error <= plain_error * (1 + 1e-12)


@pytest.mark.parametrize("name", ["few", "wide", "constant"])
def test_few_values_get_a_codebook_by_themselves(name):
    size, _, header = coded(name)
    assert header.codebook_present_flag == 1
    assert size < coded(name, codebook=False)[0]


def test_a_single_value_is_stored_where_that_is_smaller():
    size, error, header = coded("scalar")
    assert (error, header.codebook_present_flag) == (0, None)
    assert size < coded("scalar", codebook="exact")[0]


def test_clusters_get_a_codebook_when_it_is_tried():
    assert coded("clusters")[2].codebook_present_flag == 0
    size, _, header = coded("clusters", codebook="auto")
    assert header.codebook_present_flag == 1
    assert size < 0.9 * coded("clusters", codebook=False)[0]
    assert coded("laplace", codebook="auto")[2].codebook_present_flag == 0


def test_a_number_of_entries():
    _, error, header = coded("laplace", codebook=16)
    assert header.integer_codebook.codebook_size == 16
    assert error > coded("laplace", codebook=64)[1] > 0


def test_exact_codebooks_lose_nothing():
    for name in ("few", "constant", "scalar", "zeros"):
        _, error, header = coded(name, codebook="exact")
        assert (error, header.codebook_present_flag) == (0, 1)
    assert coded("laplace", codebook="exact")[2].codebook_present_flag == 0


def test_codebooks_of_single_tensors_and_of_both_factors_of_a_block():
    rng = np.random.default_rng(1)
    tensors = {"w_G": rng.normal(0, 0.1, (20, 4)), "w_H": rng.normal(0, 0.1, (4, 30))}
    tensors = {name: values.astype(np.float32) for name, values in tensors.items()}
    tensors["b"] = np.zeros(20, np.float32)
    block = nnc.Block(weight="w", g="w_G", h="w_H", dimensions=(20, 30), bias="b")
    data = nnc.encode(tensors, blocks=[block], codebook=8)
    header = nnc.Bitstream.parse(data).units[-1].header
    assert header.integer_codebook.codebook_size <= 8
    assert header.integer_codebook_dc.codebook_size <= 8
    factors = nnc.decode(data, reconstruct=False)
    for name in ("w_G", "w_H"):
        assert np.abs(factors[name] - tensors[name]).max() < 0.1
        assert np.unique(factors[name]).size <= 8


def test_the_choice_does_not_depend_on_threads():
    first = nnc.encode(TENSORS, effort=2, codebook="auto", threads=1)
    assert nnc.encode(TENSORS, effort=2, codebook="auto", threads=4) == first


def test_a_uniform_tensor_is_chosen_where_it_is_cheaper():
    values = (RNG.integers(-3, 4, (60, 60)) * 0.25).astype(np.float32)
    values[0, 0] = 0.1
    options = {"qp": -8, "codebook": False}
    size = len(nnc.encode({"x": values}, effort=2, **options))
    dependent = nnc.encode({"x": values}, effort=2, dq=True, **options)
    assert size <= len(dependent)


def test_scan_order_for_large_tensors_only():
    rng = np.random.default_rng(2)
    tensors = {
        "large": rng.choice([0, 0, 0, 1.0], (1024, 1025)).astype(np.float32),
        "small": rng.choice([0, 1.0], (30, 30)).astype(np.float32),
    }
    data = nnc.encode(tensors, scan_order="auto", dq=False, codebook=False, qp=0)
    headers = {u.names[0]: u.header for u in nnc.Bitstream.parse(data).walk() if u.names}
    assert headers["large"].scan_order == 4
    assert headers["small"].scan_order == 0
    decoded = nnc.decode(data)
    for name, values in tensors.items():
        np.testing.assert_array_equal(decoded[name], values)


def units_of(data):
    return [unit for unit in nnc.Bitstream.parse(data).walk() if unit.names]


def test_a_layer_is_a_block_only_where_that_is_smaller():
    rng = np.random.default_rng(3)
    # In a block only a weight can have a codebook.
    few = rng.choice(rng.normal(0, 1, 4), 400).astype(np.float32)
    tensors = {
        "a.weight": rng.laplace(0, 0.1, (400, 9)).astype(np.float32),
        "a.bias": few,
        "b.weight": rng.laplace(0, 0.1, (60, 60)).astype(np.float32),
        "b.bias": rng.normal(0, 1, 60).astype(np.float32),
    }
    options = {"qp": -32, "nonweight_qp": -75}
    data = nnc.encode(tensors, blocks="auto", effort=2, **options)
    assert [len(unit.names) for unit in units_of(data)] == [1, 1, 2]
    assert len(data) < len(nnc.encode(tensors, blocks="auto", effort=1, **options))
    assert len(data) < len(nnc.encode(tensors, effort=2, **options))
    # What is asked for is done: such a block is not optional.
    block = nnc.Block(weight="a.weight", bias="a.bias")
    asked = nnc.encode(tensors, blocks=[block], effort=2, **options)
    assert len(units_of(asked)) == 3


def test_scan_orders_are_tried_where_they_are_left_open():
    rng = np.random.default_rng(4)
    squares = np.kron(rng.random((8, 8)) < 0.3, np.ones((8, 8)))
    values = (squares * rng.normal(0, 1, (64, 64))).astype(np.float32)
    options = {"qp": -8, "codebook": False}
    data = nnc.encode({"x": values}, scan_order="auto", effort=2, **options)
    sizes = [len(nnc.encode({"x": values}, scan_order=k, effort=2, **options)) for k in range(5)]
    assert len(data) == min(sizes)
    np.testing.assert_allclose(nnc.decode(data)["x"], values, atol=0.5)
