"""Layers whose tensors are units of their own, and formats and row axes of single tensors."""

import numpy as np
import pytest

import nnc

QP = -28
BOUND = 2 * 2.0**-7 + 1e-6


def values(*shape, seed=1):
    return np.random.default_rng(seed).normal(0, 0.3, shape).astype("f4")


def layer():
    tensors = {
        "l.weight_G": values(20, 4),
        "l.weight_H": values(4, 27, seed=2),
        "l.weight_scaling": values(20, seed=3),
        "l.bias": values(20, seed=4),
    }
    block = {
        "weight": "l.weight",
        "g": "l.weight_G",
        "h": "l.weight_H",
        "dimensions": (20, 3, 3, 3),
        "scaling": "l.weight_scaling",
        "bias": "l.bias",
    }
    return tensors, block


@pytest.mark.parametrize(
    "options",
    [{}, {"dq": False}, {"scan_order": 1}, {"profile": 0}, {"references": True}, {"part_size": 9},
     {"aggregates": "all", "part_size": 20}],
    ids=str,
)  # fmt: skip
def test_a_layer_is_reconstructed_from_separate_units(options):
    tensors, block = layer()
    options = {"qp": QP, "nonweight_qp": QP} | options
    data = nnc.encode(tensors, blocks=[nnc.Block(**block, separate=True)], **options)
    together = nnc.encode(tensors, blocks=[nnc.Block(**block)], **options)
    parts, expected = (nnc.decode(one, reconstruct=False) for one in (data, together))
    assert set(parts) == set(tensors)
    for name, decoded in parts.items():
        np.testing.assert_array_equal(decoded, expected[name])
        assert np.abs(decoded - tensors[name]).max() <= BOUND
    whole = nnc.decode(data)
    assert set(whole) == {"l.weight", "l.bias"}
    np.testing.assert_allclose(whole["l.weight"], nnc.decode(together)["l.weight"], rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scaling": "s"}, "l.weight_scaling"),
        ({"g": "g"}, "l.weight_G and l.weight_H"),
        ({"h": "h"}, "l.weight_G and l.weight_H"),
    ],
)
def test_names_that_tell_nothing(change, message):
    with pytest.raises(nnc.InputError, match=message):
        nnc.Block(**layer()[1] | change, separate=True)


def test_a_vector_is_not_decomposed_by_itself():
    tensors = {"l.weight_G": values(6, 2), "l.weight_H": values(2, 1)}
    block = nnc.Block(
        weight="l.weight", g="l.weight_G", h="l.weight_H", dimensions=(6,), separate=True
    )
    with pytest.raises(nnc.InputError, match="can't be decomposed"):
        nnc.encode(tensors, blocks=[block])


class TestRowAxis:
    @pytest.mark.parametrize("axis", [0, 1, 2, 3])
    @pytest.mark.parametrize("scan_order", [0, 1])
    @pytest.mark.parametrize("keep", [[], ["w"]])
    def test_the_tensor_is_as_it_was(self, axis, scan_order, keep):
        tensors = {"w": values(6, 5, 4, 30), "v": values(9)}
        data = nnc.encode(
            tensors, qp=QP, nonweight_qp=QP, keep=keep, scan_order=scan_order,
            tensors={"*": {"row_axis": axis}},
        )  # fmt: skip
        decoded = nnc.decode(data)
        assert np.abs(decoded["w"] - tensors["w"]).max() <= (0 if keep else BOUND)
        header = nnc.Bitstream.parse(data).units[2].header
        assert header.first_tensor_dimension_shift == (0 if keep else axis)

    @pytest.mark.parametrize("axis", [0, 1, 3])
    @pytest.mark.parametrize("separate", [True, False])
    @pytest.mark.parametrize("scan_order", [0, 1])
    def test_in_a_layer_its_rows_are_scaled(self, axis, separate, scan_order):
        weight = values(20, 9, 3, 30)
        rows = weight.shape[axis]
        tensors = {"w": weight, "w_scaling": values(rows, seed=2), "b": values(rows, seed=3)}
        block = nnc.Block(weight="w", scaling="w_scaling", bias="b", separate=separate)
        data = nnc.encode(
            tensors, qp=QP, nonweight_qp=QP, blocks=[block], scan_order=scan_order,
            tensors={"w": {"row_axis": axis}},
        )  # fmt: skip
        parts, whole = nnc.decode(data, reconstruct=False), nnc.decode(data)
        for name, decoded in parts.items():
            assert np.abs(decoded - tensors[name]).max() <= BOUND
        shape = [rows if number == axis else 1 for number in range(4)]
        np.testing.assert_allclose(whole["w"], parts["w"] * parts["w_scaling"].reshape(shape))

    def test_updates_keep_to_it(self):
        options = {"qp": -16, "tensors": {"w": {"row_axis": 2}}}
        encoder, decoder = nnc.Encoder(**options), nnc.Decoder()
        places = np.random.default_rng(5).random((8, 30, 20)) < 0.1
        model = {"w": values(8, 30, 20)}
        used = []
        for seed in range(4):
            data = encoder.encode(model)
            decoded = decoder.decode(data)
            assert np.abs(decoded["w"] - model["w"]).max() <= 2 * 2.0**-4
            header = nnc.Bitstream.parse(data).units[-1].header
            assert header.first_tensor_dimension_shift == 2
            used.append(header.temporal_context_modeling_flag)
            model = {"w": model["w"] + places * values(8, 30, 20, seed=seed)}
        assert any(used)


class TestDataFormats:
    @pytest.mark.parametrize("bits", [2, 3, 4, 8, 16, 32, 64])
    def test_integers(self, bits):
        low, high = max(-(2 ** (bits - 1)), -(2**31)), min(2 ** (bits - 1), 2**31) - 1
        tensor = np.array([low, -1, 0, 1, high])
        data = nnc.encode({"x": tensor}, tensors={"x": {"data_format": f"int{bits}"}})
        decoded = nnc.decode(data)["x"]
        assert decoded.dtype == f"int{max(bits, 8)}"
        np.testing.assert_array_equal(decoded, tensor)

    @pytest.mark.parametrize("bits", [2, 3, 4, 8, 16])
    @pytest.mark.parametrize("beyond", ["low", "high"])
    def test_integers_that_do_not_fit(self, bits, beyond):
        wrong = 2 ** (bits - 1) if beyond == "high" else -(2 ** (bits - 1)) - 1
        with pytest.raises(nnc.InputError, match=f"which int{bits} can't"):
            nnc.encode({"x": np.array([wrong])}, tensors={"x": {"data_format": f"int{bits}"}})

    @pytest.mark.parametrize("keep", [[], ["x"]])
    @pytest.mark.parametrize("given", ["float16", "float32", "float64"])
    @pytest.mark.parametrize("wanted", ["float16", "float32", "float64"])
    def test_floats(self, keep, given, wanted):
        tensor = values(5, 6).astype(given)
        options = {"tensors": {"x": {"data_format": wanted}}}
        decoded = nnc.decode(nnc.encode({"x": tensor}, qp=QP, keep=keep, **options))["x"]
        assert decoded.dtype == wanted
        if keep:
            np.testing.assert_array_equal(decoded, tensor.astype(wanted))
        else:
            assert np.abs(decoded - tensor).max() <= BOUND + 1e-3

    @pytest.mark.parametrize(
        ("tensor", "wanted"),
        [
            (np.ones(3, "f4"), "int8"),
            (np.ones(3, "i4"), "float32"),
            (np.full(3, 1 << 40), "int64"),
            (np.full(3, 1e6, "f4"), "float16"),
            (np.full(3, 1e300), "float32"),
        ],
    )
    def test_formats_that_do_not_fit(self, tensor, wanted):
        with pytest.raises(nnc.InputError, match="'x'"):
            nnc.encode({"x": tensor}, tensors={"x": {"data_format": wanted}})
