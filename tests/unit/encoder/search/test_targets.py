"""Targets: met, from the right side, within 2 %, in at most twelve encodings."""

import functools
import math
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import nnc
from nnc.decoder import Resources
from nnc.demo import accuracy, load_network
from nnc.encoder import EncoderOptions, Target, encode_to_target
from nnc.encoder.search.coarseness import Coarseness
from nnc.encoder.search.targets import MOST_ENCODES, TOLERANCE, parsed_size

DEMO = load_network()
VALUES = sum(tensor.size for tensor in DEMO.values())


def small_residual_network(seed=1):
    """Tensors as a residual network has them: kernels of few sizes, batch norms, counters."""
    rng = np.random.default_rng(seed)
    tensors = {}
    for layer, (outputs, inputs) in enumerate([(16, 3), (16, 16), (32, 16), (32, 32), (64, 32)]):
        scale = (2 / (9 * inputs)) ** 0.5
        tensors[f"layer{layer}.conv.weight"] = rng.normal(0, scale, (outputs, inputs, 3, 3))
        for name, mean in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
            tensors[f"layer{layer}.bn.{name}"] = rng.normal(mean, 0.1, outputs)
    tensors["fc.weight"] = rng.normal(0, 0.05, (100, 64))
    tensors = {name: values.astype(np.float32) for name, values in tensors.items()}
    tensors["layer0.bn.num_batches_tracked"] = np.array(31200)
    return tensors


RESIDUAL = small_residual_network()


def reach(tensors, effort=0, **target):
    options = EncoderOptions(effort=effort)
    return encode_to_target(tensors, options, Target(**target), Resources(threads=1))


def errors(tensors, data):
    decoded = nnc.decode(data)
    return np.concatenate(
        [
            (tensors[name].astype(np.float64) - decoded[name]).reshape(-1)
            for name in tensors
            if tensors[name].dtype.kind == "f"
        ]
    )


def psnr(tensors, data):
    """The ratio in dB, with the errors of each tensor over its own peak."""
    decoded = nnc.decode(data)
    shares = [
        (((values.astype(np.float64) - decoded[name]) / np.abs(values).max()) ** 2).reshape(-1)
        for name, values in tensors.items()
        if values.dtype.kind == "f" and values.any()
    ]
    return -10 * math.log10(np.mean(np.concatenate(shares)))


@pytest.mark.parametrize("tensors", [DEMO, RESIDUAL], ids=["demo", "residual"])
@pytest.mark.parametrize("effort", [0, 1])
@pytest.mark.parametrize(
    "target",
    [
        {"size": "10%"},
        {"size": 20_000},
        {"bits_per_value": 5},
        {"bits_per_value": 3},
        {"bits_per_value": 1.5},
        {"mse": 1e-6},
        {"mse": 1e-4},
        {"psnr": 50},
        {"psnr": 35},
        {"max_error": 0.02},
        {"max_error": 0.0005},
    ],
    ids=str,
)
def test_targets_are_met_within_two_percent(tensors, effort, target):
    result = reach(tensors, effort, **target)
    data = result.bitstream.to_bytes()
    ((kind, wanted),) = target.items()
    whole = sum(tensor.nbytes for tensor in tensors.values())
    count = sum(tensor.size for tensor in tensors.values())
    error = errors(tensors, data)
    reached, limit = {
        "size": (len(data), whole / 10 if wanted == "10%" else wanted),
        "bits_per_value": (8 * len(data) / count, wanted),
        "mse": (np.mean(error**2), wanted),
        # More decibels are better: a limit from below.
        "psnr": (-psnr(tensors, data), -wanted if kind == "psnr" else 0),
        "max_error": (np.abs(error).max(), wanted),
    }[kind]
    assert limit - abs(limit) * TOLERANCE <= reached <= limit + abs(limit) * 1e-9
    assert len(result.trials) <= MOST_ENCODES
    assert result.trial.size == len(data)


def test_a_search_gives_the_same_bytes_again():
    first = reach(DEMO, bits_per_value=2).bitstream.to_bytes()
    again = encode_to_target(
        DEMO, EncoderOptions(effort=0), Target(bits_per_value=2), Resources(threads=3)
    ).bitstream.to_bytes()
    assert first == again


@functools.cache
def dropped(sensitivity):
    """Return what half a percent of accuracy may be given up for."""
    return reach(DEMO, accuracy_drop=0.5, evaluate=accuracy, sensitivity=sensitivity)


@pytest.mark.parametrize("sensitivity", ["none", "error", "callback"])
def test_an_accuracy_drop_holds_on_the_test_images(sensitivity):
    result = dropped(sensitivity)
    data = result.bitstream.to_bytes()
    assert 100 * (accuracy(DEMO) - accuracy(nnc.decode(data))) <= 0.5
    assert len(result.trials) <= MOST_ENCODES
    assert len(data) < len(nnc.encode(DEMO, effort=0)) / 1.5
    worse = [trial for trial in result.trials if not trial.met]
    assert worse
    assert all(trial.size < len(data) for trial in worse)


def test_evaluations_in_percent_are_as_good_as_shares():
    percent = reach(DEMO, accuracy_drop=0.5, evaluate=lambda tensors: 100 * accuracy(tensors))
    assert dropped("none").bitstream.to_bytes() == percent.bitstream.to_bytes()


def test_progress_is_told():
    seen = []
    options = EncoderOptions(effort=0)
    result = encode_to_target(DEMO, options, Target(size=20000), progress=seen.append)
    assert seen == result.trials
    assert [trial.number for trial in seen] == list(range(1, len(seen) + 1))


def test_what_is_given_by_name_stays():
    tensors = {**RESIDUAL}
    options = EncoderOptions(
        effort=0, tensors={"fc.*": {"qp": -40, "dq": False, "codebook": False}}, keep=["layer1.bn*"]
    )
    for target in (Target(bits_per_value=6), Target(bits_per_value=4)):
        decoded = nnc.decode(encode_to_target(tensors, options, target).bitstream.to_bytes())
        error = np.abs(decoded["fc.weight"] - tensors["fc.weight"]).max()
        assert 0.45 * 2**-10 < error <= 0.5 * 2**-10
        np.testing.assert_array_equal(decoded["layer1.bn.bias"], tensors["layer1.bn.bias"])


def test_a_target_that_cannot_be_met():
    with pytest.raises(nnc.InputError, match="no encoding meets target_size of 50 bytes"):
        reach(DEMO, size=50)
    with pytest.raises(nnc.InputError, match="no encoding meets target_mse of"):
        reach(DEMO, mse=1e-30)


@pytest.mark.parametrize("target", [{"max_error": 1e9}, {"mse": 1e9}, {"psnr": -100}], ids=str)
def test_a_target_laxer_than_zeros_would_be(target):
    tensors = {"large": np.linspace(-1e4, 1e4, 600).reshape(20, 30).astype("f4"),
               "small": np.linspace(-1e-4, 2e-4, 600).reshape(20, 30).astype("f4")}  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nnc.EncodingWarning)
        result = reach(tensors, **target)
    assert result.trial.met
    decoded = nnc.decode(result.bitstream.to_bytes())
    assert any(one.any() for one in decoded.values())


def test_messages_say_the_option_and_units():
    with pytest.warns(nnc.EncodingWarning, match="target_size is met with .* 1000000000 bytes"):
        reach(DEMO, size=10**9)
    with pytest.raises(nnc.InputError, match="stored exactly"):
        reach({"counts": np.arange(100)}, size=10)
    with pytest.raises(nnc.InputError, match=r"of 0\.001 bits: .* has \S+ bits"):
        reach(DEMO, bits_per_value=0.001)


def test_advice_that_goes_with_a_target():
    with pytest.warns(nnc.EncodingWarning, match="the target leaves no room for more"):
        reach(DEMO, size=1200)
    with pytest.warns(nnc.EncodingWarning, match="a smaller qp makes their steps finer"):
        nnc.encode(DEMO, qp=20)


def test_a_model_that_was_coded_before_is_coded_again_to_a_target():
    values = np.random.default_rng(0).normal(0, 0.1, (32, 64)).astype("f4")
    decoded = nnc.decode(nnc.encode({"w": values, "b": np.zeros(32, "f4")}))
    assert reach(decoded, bits_per_value=4).trial.met


def test_a_target_beyond_what_can_be_is_said_to_be_missed():
    with pytest.warns(nnc.EncodingWarning, match="met with room to spare"):
        result = reach(DEMO, size=10**9)
    assert result.trial.met
    assert len(result.trials) == 1


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({}, "one target"),
        ({"size": 1, "mse": 1}, "exactly one target is needed, not target_size and target_mse"),
        ({"size": "much"}, "is not a size"),
        ({"mse": 0}, "can't be 0"),
        ({"mse": "small"}, "must be a number"),
        ({"accuracy_drop": 1}, "needs evaluate"),
        ({"size": 1, "sensitivity": "callback"}, "needs evaluate"),
        ({"size": 1, "sensitivity": "guess"}, "sensitivity must be"),
    ],
)
def test_wrong_targets(target, message):
    with pytest.raises(nnc.InputError, match=message):
        Target(**target)


def test_a_target_and_a_quantization_parameter_contradict_each_other():
    with pytest.raises(nnc.InputError, match="without qp and bit_depth"):
        encode_to_target(DEMO, EncoderOptions(qp=-20), Target(size=20000))


def test_an_accuracy_that_is_none():
    with pytest.raises(nnc.InputError, match="must return an accuracy"):
        reach(DEMO, accuracy_drop=1, evaluate=lambda tensors: -3.0)


@pytest.mark.parametrize(
    ("text", "size"),
    [("123", 123), ("10MB", 10**7), ("1.5 GiB", 3 << 29), ("10%", 100), ("2kb", 2000)],
)
def test_sizes(text, size):
    assert parsed_size(text, 1000) == size


def test_a_model_without_floats():
    tensors = {"counts": np.arange(100)}
    with pytest.raises(nnc.InputError, match="no encoding meets"):
        reach(tensors, size=10)
    with pytest.warns(nnc.EncodingWarning):
        assert reach(tensors, size=10_000).trial.met


@pytest.fixture
def large_network():
    """A ResNet-56 for CIFAR-100, where NNC_MODELS names a folder with it."""
    path = Path(os.environ.get("NNC_MODELS", "")) / "resnet56_cifar100.safetensors"
    if not path.exists():
        pytest.skip("NNC_MODELS names no folder with resnet56_cifar100.safetensors")
    return load_file(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "target",
    [
        {"size": "10%"},
        {"bits_per_value": 4},
        {"bits_per_value": 1.5},
        {"mse": 1e-5},
        {"psnr": 40},
        {"max_error": 0.01},
    ],
    ids=str,
)
def test_a_large_network(large_network, target):
    result = reach(large_network, 1, **target)
    assert 1 - TOLERANCE <= result.trial.share <= 1
    assert len(result.trials) <= MOST_ENCODES


@pytest.mark.parametrize("model", [{}, {"empty": np.zeros((0, 3), "f4")}], ids=str)
def test_no_values_have_no_bits_per_value(model):
    with pytest.raises(nnc.InputError, match="there are no values"):
        nnc.encode(model, bits_per_value=8)
    assert nnc.decode(nnc.encode(model, target_size=100)).keys() == model.keys()


def test_an_accuracy_that_is_no_number():
    with pytest.raises(nnc.InputError, match=r"evaluate must return an accuracy.*'good'"):
        nnc.encode({"w": np.ones((3, 3), "f4")}, accuracy_drop=1, evaluate=lambda tensors: "good")


DIFFERENT = {
    "large": np.random.default_rng(1).normal(0, 30, (64, 64)).astype("f4"),
    "small": np.random.default_rng(2).normal(0, 1e-3, (64, 64)).astype("f4"),
}


@pytest.mark.parametrize("wanted", [20, 40, 60])
def test_a_psnr_is_that_of_each_tensor_whatever_its_scale(wanted):
    data = nnc.encode(DIFFERENT, psnr=wanted)
    for name, values in DIFFERENT.items():
        assert psnr({name: values}, data) > wanted - 1.5


@pytest.mark.parametrize("target", [{"target_mse": 1e9}, {"max_error": 1e6}, {"psnr": -20}])
def test_no_target_is_met_by_a_network_of_zeros(target):
    tensors = {"w": DIFFERENT["large"]}
    with pytest.warns(nnc.EncodingWarning, match="met with room to spare"):
        back = nnc.decode(nnc.encode(tensors, **target))["w"]
    assert np.square(back - tensors["w"]).sum() <= np.square(tensors["w"]).sum() / 2


def test_what_a_size_destroys_is_named():
    with pytest.warns(nnc.EncodingWarning, match="nothing is left: 'small'"):
        nnc.encode(DIFFERENT, target_size="10%")


def test_by_scale_large_tables_get_coarser_steps():
    random = np.random.default_rng(0)
    tensors = {
        "table": random.normal(0, 0.1, (2000, 16)).astype("f4"),
        "layer": random.normal(0, 0.1, (16, 125)).astype("f4"),
    }
    data = nnc.encode(tensors, bits_per_value=3, sensitivity="scale")
    back, alike = nnc.decode(data), nnc.decode(nnc.encode(tensors, bits_per_value=3))
    errors, before = (
        {name: float(np.square(one[name] - tensors[name]).mean()) for name in tensors}
        for one in (back, alike)
    )
    # A sixteenth of the values: a quarter of the step, and so 16 times less noise.
    assert 10 < errors["table"] / errors["layer"] < 25
    assert before["table"] / before["layer"] == pytest.approx(1, rel=0.3)


def test_single_large_values_keep_no_target_from_being_met():
    random = np.random.default_rng(0)
    model = {f"w{number}": random.normal(0, 0.05, (40, 50)).astype("f4") for number in range(6)}
    model["variances"] = np.geomspace(1e-3, 1e8, 20).astype("f4")
    data = nnc.encode(model, bits_per_value=8)
    assert 7.5 < 8 * len(data) / 12020 <= 8


def test_steps_by_scale_of_language_models_differ_less_between_layers():
    random = np.random.default_rng(0)

    def steps(rows):
        shapes = {"small": (40, 40), "large": (40, 640), "more": (rows, 40)}
        model = {name: random.normal(0, 0.05, shape).astype("f4") for name, shape in shapes.items()}
        found = Coarseness.of(model, EncoderOptions())
        octaves = found.octaves_by_scale(np.arange(3))
        return octaves - np.log2(found.means)

    small, large, _ = steps(639)
    assert large - small == pytest.approx(2)
    small, large, table = steps(640)
    assert large - small == pytest.approx(1)
    assert table > large
