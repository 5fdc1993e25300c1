"""Cases that the other implementation gets wrong, each right here.

They are wrong values without an error, crashes, and bitstreams that can't be decoded again.
"""

from contextlib import nullcontext

import numpy as np
import pytest

import nnc
from nnc.decoder.dequantization import step_size
from nnc.model.performance_maps import (
    DecompositionEntry,
    PruningEntry,
    SparsificationEntry,
    UnificationEntry,
)
from tests.cases import CASES

# In half steps: each state of the trellis has every other index, and may pass over the nearest
# of them for the sake of what follows, or of bits.
TRELLIS = 5.0

# A level beside the nearest may be taken where that saves bits.
ROUNDING = 2.0


def random_tensor(*shape, seed=0, scale=0.1):
    return np.random.default_rng(seed).normal(0, scale, shape).astype(np.float32)


def there_and_back(tensors, **options):
    decoded = nnc.decode(nnc.encode(tensors, **options))
    assert list(decoded) == list(tensors)
    for name, values in tensors.items():
        assert decoded[name].shape == np.shape(values)
    return decoded


def half_steps(error, qp, qp_density=2):
    """Largest error in half steps."""
    return float(np.abs(error).max() / (step_size(qp, qp_density) / 2))


@pytest.mark.parametrize("qp_density", [0, 1, 2, 3, 7])
def test_no_quantization_parameter_wraps(qp_density):
    tensors = {"w": random_tensor(4, 5), "b": random_tensor(6)}
    with pytest.warns(nnc.EncodingWarning) if qp_density < 2 else nullcontext():
        decoded = there_and_back(tensors, qp=-8, nonweight_qp=-75, qp_density=qp_density)
    # The vector may be coarser than asked for, never finer or wrapped to something else.
    base = np.abs(decoded["b"] - tensors["b"]).max()
    assert base <= float(step_size(-8, qp_density))
    assert half_steps(decoded["w"] - tensors["w"], -8, qp_density) <= TRELLIS


@pytest.mark.parametrize("qp_density", range(8))
def test_the_default_of_vectors_fits_at_every_density(qp_density):
    tensors = {"w": random_tensor(4, 5), "b": random_tensor(6)}
    decoded = there_and_back(tensors, qp=-8, qp_density=qp_density)
    # The window of one density ends where that of the vectors begins.
    coarsest = max(-75 / 4, -8 / (1 << qp_density) - 32)
    assert np.abs(decoded["b"] - tensors["b"]).max() <= 2.0**coarsest * TRELLIS


def test_a_fine_quantization_parameter_fits_by_its_base():
    tensors = {"w": random_tensor(4, 5)}
    with pytest.warns(nnc.EncodingWarning, match="raised to -132, so that its levels fit"):
        decoded = there_and_back(tensors, qp=-140, dq=False)
    # Half a step of 2^-35 is below what float32 tells apart at these magnitudes.
    assert np.abs(decoded["w"] - tensors["w"]).max() < 1e-8


def test_huge_values_are_kept_and_told():
    tensors = {"w": random_tensor(4, 5), "x": np.full((2, 3), 1e30, np.float32)}
    with pytest.warns(nnc.EncodingWarning, match="'x'.*it is stored unchanged$"):
        decoded = there_and_back(tensors, qp=-32)
    np.testing.assert_array_equal(decoded["x"], tensors["x"])
    assert half_steps(decoded["w"] - tensors["w"], -32) <= TRELLIS


def test_huge_values_alone_raise_the_quantization_parameter():
    tensors = {"x": np.linspace(-1e6, 1e6, 12, dtype=np.float32).reshape(3, 4)}
    with pytest.warns(nnc.EncodingWarning, match="qp -120 of tensor 'x' is raised"):
        decoded = there_and_back(tensors, qp=-120, dq=False)
    np.testing.assert_allclose(decoded["x"], tensors["x"], rtol=1e-6)


@pytest.mark.parametrize("shape", [(20, 17), (20, 20), (70, 130)])
@pytest.mark.parametrize("scan_order", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("row_skip", [None, False, True])
def test_skipped_rows_keep_the_state_of_the_trellis(shape, scan_order, row_skip):
    values = random_tensor(*shape)
    values[3 : shape[0] - 2] = 0
    options = {"qp": -20, "scan_order": scan_order}
    decoded = there_and_back({"z": values}, **options, row_skip=row_skip)
    assert half_steps(decoded["z"] - values, -20) <= TRELLIS
    # Kept away from where others count the states of a skipped row another way.
    width, block = shape[1], 4 << scan_order
    is_safe = scan_order == 0 or width <= block or width % 4 == 0
    plain, skipping = (nnc.encode({"z": values}, **options, row_skip=x) for x in (False, True))
    assert (plain != skipping) == is_safe
    assert len(skipping) <= len(plain)


@pytest.mark.parametrize("shape", [(7, 1), (1, 7), (5, 1, 1, 1), (1, 1), (1,), (9,), (64, 1, 3)])
@pytest.mark.parametrize("scan_order", [0, 1, 4])
@pytest.mark.parametrize("dq", [True, False])
@pytest.mark.parametrize("profile", [0, 1])
def test_one_row_one_column(shape, scan_order, dq, profile):
    values = random_tensor(*shape)
    decoded = there_and_back(
        {"x": values}, qp=-20, nonweight_qp=-20, scan_order=scan_order, dq=dq, profile=profile
    )
    assert half_steps(decoded["x"] - values, -20) <= (TRELLIS if dq else ROUNDING)


@pytest.mark.parametrize("scalar", [np.float32(0.25), np.float16(-3), np.int64(7), np.bool_(True)])
def test_scalars(scalar):
    decoded = there_and_back({"s": scalar})
    assert decoded["s"].dtype == scalar.dtype
    assert decoded["s"] == pytest.approx(scalar, abs=1e-4)


@pytest.mark.parametrize("shape", [(0,), (0, 5), (5, 0), (2, 0, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.float64, np.uint8])
def test_empty_tensors(shape, dtype):
    decoded = there_and_back({"e": np.zeros(shape, dtype), "w": random_tensor(3, 3)}, scan_order=1)
    assert decoded["e"].dtype == dtype


NAMES = [
    "layer_Gate.weight",
    "fc_G",
    "fc_H",
    "_G",
    "_H",
    "",
    " ",
    "Gewicht \u00e4\u00df \u4e2d\u6587 \U0001f600",
    "a/b\\c",
    "../up",
    "x" * 40_000,
    "line\nbreak\ttab",
]


def test_any_name_goes():
    tensors = {name: random_tensor(3, 4, seed=i) for i, name in enumerate(NAMES)}
    decoded = there_and_back(tensors)
    for name, values in tensors.items():
        assert half_steps(decoded[name] - values, -32) <= TRELLIS


@pytest.mark.parametrize("name", ["a\0b", "\0", "\ud800", 7, None])
def test_names_that_can_not_be_coded_are_refused(name):
    with pytest.raises(nnc.InputError, match="name"):
        nnc.encode({name: random_tensor(2, 2)})


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_is_not_finite_is_kept_and_told(wrong, dtype):
    values = np.ones((2, 3), dtype)
    values[1, 2] = wrong
    tensors = {"fine": np.ones(3), "layer.weight": values}
    with pytest.warns(nnc.EncodingWarning, match=r"^tensor 'layer\.weight' holds NaN or infinity"):
        decoded = there_and_back(tensors)
    for name, array in tensors.items():
        assert decoded[name].dtype == array.dtype
        assert decoded[name].tobytes() == array.tobytes()


def test_raw_floats_and_what_follows_them():
    tensors = {"a": random_tensor(3, 4), "b": random_tensor(5, 6, seed=1), "i": np.arange(6)}
    decoded = there_and_back(tensors, keep=["a"])
    np.testing.assert_array_equal(decoded["a"], tensors["a"])
    np.testing.assert_array_equal(decoded["i"], tensors["i"])
    assert half_steps(decoded["b"] - tensors["b"], -32) <= TRELLIS


def test_nothing_quantized_and_an_integer_tensor():
    tensors = {"i": np.arange(-4, 8).reshape(3, 4), "raw": random_tensor(2, 2)}
    decoded = there_and_back(tensors, keep=["raw"])
    np.testing.assert_array_equal(decoded["i"], tensors["i"])
    # The same where the model parameter set knows nothing of quantization.
    bitstream = nnc.Bitstream.parse(nnc.encode(tensors, keep=["raw"]))
    bitstream.set("units[1].payload.mps_quantization_method_flags", 0)
    assert bitstream.units[1].payload.mps_qp_density is None
    decoded = nnc.decode(bitstream.to_bytes())
    for name, values in tensors.items():
        np.testing.assert_array_equal(decoded[name], values)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_floats(dtype):
    values = random_tensor(6, 7).astype(dtype)
    decoded = there_and_back({"x": values})
    assert decoded["x"].dtype == dtype
    assert half_steps(decoded["x"].astype(float) - values.astype(float), -32) <= TRELLIS


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("cabac_unary_length_minus1", 256),
        ("scan_order", 5),
        ("qp_density", 8),
        ("profile", 2),
        ("dq", "x"),
        ("row_skip", 2),
        ("parameter_search", "no"),
        ("layer_parameters", {"x": {"qp": 3}}),
        ("blocks", "all"),
        ("qp", 5000),
        ("qp", 1.5),
        ("threads", 0),
    ],
)
def test_options_out_of_range_are_named(option, value):
    with pytest.raises(nnc.InputError, match=option):
        nnc.encode({"x": random_tensor(2, 2)}, **{option: value})


def test_limits_of_32_bits():
    extremes = np.array([[-(2**31), 2**31 - 1], [0, -1]], np.int32)
    for options in ({}, {"profile": 0}, {"cabac_unary_length_minus1": 0}, {"scan_order": 1}):
        decoded = there_and_back({"i": extremes}, **options)
        np.testing.assert_array_equal(decoded["i"], extremes)


def test_an_all_zero_model_keeps_its_shapes():
    tensors = {"w": np.zeros((30, 40), np.float32), "b": np.zeros(30, np.float32)}
    decoded = there_and_back(tensors)
    assert not decoded["w"].any()
    assert not decoded["b"].any()


def test_no_tensors_at_all():
    assert nnc.decode(nnc.encode({})) == {}


# Layers: as blocks, or in units of their own.


def layer(scan_rows=40, channels=5, **options):
    """A convolution with scaling, bias and batch norm."""
    names = ("beta", "gamma", "mean", "var")
    tensors = {"w": random_tensor(scan_rows, channels, 3, 3)}
    tensors |= {"w_scaling": random_tensor(scan_rows, seed=1)}
    tensors |= {"b": random_tensor(scan_rows, seed=2)}
    tensors |= {name: random_tensor(scan_rows, seed=3 + i) for i, name in enumerate(names)}
    block = nnc.Block(weight="w", scaling="w_scaling", bias="b", batch_norm=names, **options)
    return tensors, block


@pytest.mark.parametrize("scan_order", [0, 1, 2])
@pytest.mark.parametrize("dq", [True, False])
@pytest.mark.parametrize("profile", [0, 1])
@pytest.mark.parametrize("separate", [False, True])
def test_vectors_of_a_layer_and_entry_points(scan_order, dq, profile, separate):
    tensors, block = layer(separate=separate)
    data = nnc.encode(
        tensors, qp=-24, blocks=[block], scan_order=scan_order, dq=dq, profile=profile
    )
    decoded = nnc.decode(data, reconstruct=False)
    for name, values in tensors.items():
        qp = -24 if name == "w" else -75
        assert half_steps(decoded[name] - values, qp) <= (TRELLIS if dq else ROUNDING)


@pytest.mark.parametrize("scan_order", [0, 1, 2])
@pytest.mark.parametrize("row_skip", [None, True])
@pytest.mark.parametrize("channels", [4, 5])
def test_skipped_rows_in_a_block(scan_order, row_skip, channels):
    tensors, block = layer(channels=channels)
    tensors["w"][4:30] = 0
    options = {"qp": -24, "blocks": [block], "scan_order": scan_order}
    data = nnc.encode(tensors, **options, row_skip=row_skip)
    decoded = nnc.decode(data, reconstruct=False)
    assert half_steps(decoded["w"] - tensors["w"], -24) <= TRELLIS
    is_safe = scan_order == 0 or channels == 4
    assert (data != nnc.encode(tensors, **options, row_skip=False)) == is_safe


@pytest.mark.parametrize("g_shape", [(6, 20), (40, 20), (12, 20)])
@pytest.mark.parametrize("scan_order", [0, 1, 2])
@pytest.mark.parametrize("profile", [0, 1])
@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("dq", [False, True])
def test_decomposed_layers(g_shape, scan_order, profile, separate, dq):
    """One block row of G and more of H; G with other rows than the weight; outside of blocks."""
    rows, rank = g_shape
    weight = (rows // 2, 120) if rows == 12 else (rows, 60)
    tensors = {
        "w_G": random_tensor(rows, rank),
        "w_H": random_tensor(rank, 60, seed=1),
        "w_scaling": random_tensor(weight[0], seed=2),
    }
    block = nnc.Block(
        weight="w", g="w_G", h="w_H", dimensions=weight, scaling="w_scaling", separate=separate
    )
    data = nnc.encode(
        tensors, qp=-60, blocks=[block], scan_order=scan_order, dq=dq, profile=profile
    )
    product = (tensors["w_G"] @ tensors["w_H"]).reshape(weight) * tensors["w_scaling"][:, None]
    decoded = nnc.decode(data)
    assert list(decoded) == ["w"]
    np.testing.assert_allclose(decoded["w"], product, atol=1e-3)
    parts = nnc.decode(data, reconstruct=False)
    assert set(parts) == set(tensors)
    for name in ("w_G", "w_H"):
        assert half_steps(parts[name] - tensors[name], -60) <= (TRELLIS if dq else ROUNDING)


def test_separate_layers_with_elements_left_out():
    tensors, block = layer(separate=True)
    data = nnc.encode(
        tensors, qp=-24, blocks=[block], out_of_band=["dimensions", "cabac_unary_length_minus1"]
    )
    decoded = nnc.decode(
        data,
        reconstruct=False,
        dimensions={name: values.shape for name, values in tensors.items()},
        cabac_unary_length_minus1=10,
    )
    assert half_steps(decoded["w"] - tensors["w"], -24) <= TRELLIS
    with pytest.raises(nnc.MissingValueError):
        nnc.decode(data)


# Levels of few bits.


@pytest.mark.parametrize("bit_depth", [2, 4, 8, 16])
@pytest.mark.parametrize("dq", [True, False])
@pytest.mark.parametrize("positive", [False, True])
def test_few_bits_keep_the_path_of_the_trellis(bit_depth, dq, positive):
    values = random_tensor(11, 12)
    values = np.abs(values) if positive else values
    data = nnc.encode({"x": values}, bit_depth=bit_depth, dq=dq)
    levels, decoded = nnc.decode_levels(data)["x"], nnc.decode(data)["x"]
    assert np.abs(levels).max() <= (1 << (bit_depth - 1)) - 1
    # Clipping after the trellis would leave its path: errors beyond a few steps.
    step = np.abs(decoded).max() / max(1, np.abs(levels).max())
    assert np.abs(decoded - values).max() <= 3 * step


def test_one_bit_is_refused():
    with pytest.raises(nnc.InputError, match="bit_depth"):
        nnc.encode({"x": random_tensor(3, 3)}, bit_depth=1)


# Updates.


@pytest.mark.parametrize("predictive", [False, True])
def test_an_all_zero_tensor_of_a_base_model_stays(predictive):
    encoder, decoder = nnc.Encoder(predictive=predictive), nnc.Decoder()
    tensors = {"w": random_tensor(4, 5), "z": np.zeros((3, 2), np.float32)}
    decoded = decoder.decode(encoder.encode(tensors))
    assert decoded["z"].shape == (3, 2)
    assert not decoded["z"].any()
    changed = {"w": tensors["w"] + 1, "z": tensors["z"]}
    assert decoder.decode(encoder.encode(changed))["z"].shape == (3, 2)


@pytest.mark.parametrize("history", [True, False])
@pytest.mark.parametrize("predictive", [True, False])
def test_history_after_a_coded_base_model(history, predictive):
    encoder = nnc.Encoder(qp=-24, history=history, predictive=predictive)
    decoder = nnc.Decoder()
    values = random_tensor(20, 30)
    for number in range(4):
        values = values + (random_tensor(20, 30, seed=number + 1) if number else 0)
        decoded = decoder.decode(encoder.encode({"w": values}))
        assert half_steps(decoded["w"] - values, -24) <= TRELLIS


def test_a_difference_needs_no_base_given_to_be_decoded():
    before = {"w": random_tensor(5, 6)}
    data = nnc.Encoder(before, temporal_contexts=False).encode({"w": before["w"] + 1})
    with pytest.warns(nnc.DecodingWarning):
        assert abs(nnc.decode(data)["w"].mean() - 1) < 0.1


# Models and options at the edge.


@pytest.mark.parametrize("effort", [0, 1, 2, 3])
def test_a_model_of_vectors_alone(effort):
    there_and_back({"a": random_tensor(7), "b": random_tensor(1)}, effort=effort)


@pytest.mark.parametrize(
    "target",
    [{"target_size": "40%"}, {"psnr": 40}, {"max_error": 0.01}, {"bits_per_value": 8}],
    ids=str,
)
@pytest.mark.parametrize("sensitivity", ["none", "error"])
def test_a_search_among_vectors_alone(target, sensitivity):
    tensors = {"a": random_tensor(700), "b": random_tensor(300, seed=1)}
    data = nnc.encode(tensors, sensitivity=sensitivity, **target)
    assert list(nnc.decode(data)) == ["a", "b"]
    assert len(data) < 4000


def test_layer_parameter_sets():
    tensors = {"a": random_tensor(6, 7), "b": random_tensor(6, 7, seed=1)}
    own = {"b": nnc.LayerParameters(qp=-20, qp_density=1)}
    data = nnc.encode(tensors, layer_parameters=own)
    units = [unit.type_name for unit in nnc.Bitstream.parse(data).units]
    assert "NNR_LPS" in units
    decoded = nnc.decode(data)
    assert half_steps(decoded["a"] - tensors["a"], -32) <= TRELLIS
    assert half_steps(decoded["b"] - tensors["b"], -20, 1) <= TRELLIS


@pytest.mark.parametrize("profile", [0, 1])
def test_performance_maps_are_written(profile):
    classes = {"class_bitmask": 5, "class_accuracies": (0.25, 0.5)}
    second_edition = {"metric_type": "accuracy", "validation_set_performance": 0.5}
    maps = nnc.PerformanceMaps(
        sparsification=[
            SparsificationEntry(threshold=0.125, non_zero_ratio=0.5, accuracy=0.75, **classes)
        ],
        pruning=[
            PruningEntry(ratio=0.5, accuracy=0.75, **classes),
            PruningEntry(ratio=1, accuracy=0),
        ],
        # As many class accuracies as are counted, whatever the bit mask is as a number.
        unification=[
            UnificationEntry(
                threshold=0.5,
                accuracy=0.75,
                reshaped_dimensions=(3, 4),
                super_block_dimensions=(8, 8),
                block_dimensions=(4,),
                **classes,
            )
        ],
        decomposition=[
            DecompositionEntry(
                mse_threshold=0.5, accuracy=0.75, reduction_ratio=0.25, class_accuracies=(0.5,)
            )
        ],
        **(second_edition if profile else {}),
    )
    tensors = {"w": random_tensor(3, 4)}
    data = nnc.encode(tensors, performance_maps=maps, profile=profile)
    assert nnc.ModelInformation.of(nnc.Bitstream.parse(data)).performance_maps == maps
    assert nnc.check(data, deep=True) == []
    assert half_steps(nnc.decode(data)["w"] - tensors["w"], -32) <= TRELLIS


@pytest.mark.parametrize("case", [case for case in CASES if "upm-bitmask" in case.name], ids=str)
def test_class_accuracies_counted_by_their_bit_mask_are_read(case):
    data = case.bitstreams[0].read_bytes()
    bitstream = nnc.Bitstream.parse(data)
    assert bitstream.to_bytes() == data
    (table,) = (
        unit.payload.unification_performance_map
        for unit in bitstream.walk()
        if unit.type_name == "NNR_MPS"
    )
    counts = [len(one) for one in table.upm_nn_class_accuracy]
    assert counts == list(table.upm_class_bitmask)
    assert counts != list(table.upm_count_classes)
    assert set(nnc.decode(data)) == set(case.arrays("expected"))


# What no other software writes.


@pytest.mark.parametrize(
    ("options", "unit", "element", "value"),
    [
        ({"quantization": nnc.Quantization(1, b"q")}, "NNR_QNT", None, None),
        ({"aggregates": "all"}, "NNR_AGG", None, None),
        ({"prune_rows": True}, "NNR_TPL", "topology_storage_format", 5),
        ({"references": True}, "NNR_TPL", "topology_storage_format", 6),
        ({"references": True}, "NNR_NDU", "topology_elem_id_index", 0),
        ({"topology": nnc.Topology(1, b"graph")}, "NNR_TPL", "topology_storage_format", 1),
        ({"topology": nnc.Topology(2, b"graph")}, "NNR_TPL", "topology_storage_format", 2),
        ({"part_size": 100}, "NNR_NDU", "partial_data_counter", 1),
        (
            {"joins": [nnc.Joined(names=["w", "v"])]},
            "NNR_NDU",
            "nnr_multiple_topology_elements_present_flag",
            1,
        ),
        (
            {"tensors": {"w": {"row_axis": 1}}},
            "NNR_NDU",
            "first_tensor_dimension_shift",
            1,
        ),
        (
            {"tensors": {"w": {"data_format": "float16"}}},
            "NNR_NDU",
            "nnr_decompressed_data_format",
            8,
        ),
    ],
    ids=lambda one: str(one)[:40] if isinstance(one, dict) else "",
)
def test_syntax_without_vectors(options, unit, element, value):
    tensors = {"w": random_tensor(30, 20), "v": random_tensor(10, 20, seed=1)}
    tensors["w"][3] = 0
    data = nnc.encode(tensors, **options)
    bitstream = nnc.Bitstream.parse(data)
    headers = [one.header for one in bitstream.walk() if one.type_name == unit]
    assert headers
    assert element is None or value in [getattr(header, element, None) for header in headers]
    decoded = nnc.decode(data, pruned=False)
    for name, values in tensors.items():
        assert half_steps(decoded[name].astype("f4") - values, -32) <= TRELLIS
    assert bitstream.to_bytes() == data


@pytest.mark.parametrize("shape", [3, (-1, 42), ("six", 7), (6.5, 7)])
def test_dimensions_given_that_are_no_shape(shape):
    data = nnc.encode({"w": random_tensor(6, 7)}, out_of_band=["dimensions"])
    with pytest.raises(nnc.InputError, match="of tensor 'w' are no shape"):
        nnc.decode(data, dimensions={"w": shape})


def test_input_parameters_left_out():
    values = random_tensor(6, 7)
    data = nnc.encode({"w": values}, out_of_band=["dimensions", "cabac_unary_length_minus1"])
    bitstream = nnc.Bitstream.parse(data, dimensions={"w": (6, 7)}, cabac_unary_length_minus1=10)
    assert bitstream.units[-1].header.input_parameters_present_flag == 0
    assert half_steps(nnc.decode(bitstream)["w"] - values, -32) <= TRELLIS
