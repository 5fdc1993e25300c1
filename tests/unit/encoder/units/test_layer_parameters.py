"""Layer parameter sets: tensors quantized apart from the model's quantization parameter."""

import numpy as np
import pytest

import nnc
from nnc.decoder.dequantization import step_size
from nnc.encoder.options.steps import rescaled


def model():
    rng = np.random.default_rng(1)
    names = ["first.weight", "fine.weight", "fine.bias", "middle.weight", "fine.more", "last.count"]
    tensors = {name: rng.normal(0, 0.1, (12, 9)).astype("f4") for name in names[:-1]}
    return tensors | {names[-1]: np.arange(5)}


def errors(decoded):
    return {name: np.abs(decoded[name] - values).max() for name, values in model().items()}


def parameter_sets(data):
    """For each layer parameter set its density and the names of what comes under it."""
    result = []
    for unit in nnc.Bitstream.parse(data).walk():
        if unit.type_name == "NNR_LPS":
            result.append((unit.payload.lps_qp_density, []))
        elif unit.names and result:
            result[-1][1].extend(unit.names)
    return result


@pytest.mark.parametrize("dq", [True, False])
def test_tensors_of_a_pattern_have_their_own(dq):
    own = nnc.LayerParameters(qp=-200, qp_density=4)
    own_options = {"qp": -8, "dq": dq, "effort": 0}
    data = nnc.encode(model(), layer_parameters={"fine.*": own}, **own_options)
    assert parameter_sets(data) == [
        (4, ["fine.weight", "fine.bias"]),
        (2, ["middle.weight"]),
        # What isn't quantized needs no parameter set.
        (4, ["fine.more", "last.count"]),
    ]
    steps = {True: float(step_size(-200, 4)), False: float(step_size(-8, 2))}
    for name, error in errors(nnc.decode(data)).items():
        assert error <= 2 * steps[name.startswith("fine")] * (1 if dq else 0.25) + 1e-6


def test_a_layer_beyond_the_window_of_the_model():
    exact = nnc.LayerParameters(qp=-90)
    data = nnc.encode(model(), qp=60, nonweight_qp=60, layer_parameters={"fine.*": exact})
    assert errors(nnc.decode(data))["fine.weight"] < 1e-5
    with pytest.warns(nnc.EncodingWarning, match="raised"):
        nnc.encode(model(), qp=60, nonweight_qp=60, tensor_qp={"fine.*": -300})


def test_what_is_not_said_is_the_models_at_the_other_density():
    plain = nnc.decode(nnc.encode(model(), qp=-18, tensor_qp={"*.more": -30}))
    own = {"fine.*": nnc.LayerParameters(qp_density=5)}
    data = nnc.encode(model(), qp=-18, tensor_qp={"*.more": -30}, layer_parameters=own)
    assert len(parameter_sets(data)) == 3
    for name, values in nnc.decode(data).items():
        np.testing.assert_array_equal(values, plain[name])


def test_options_of_tensors_go_before():
    own = {"fine.*": nnc.LayerParameters(qp_density=4)}
    data = nnc.encode(
        model(), qp=-8, layer_parameters=own, tensors={"fine.bias": {"qp": -60}, "*": {"dq": False}}
    )
    assert errors(nnc.decode(data))["fine.bias"] <= float(step_size(-60, 2)) / 2 + 1e-7


def test_where_all_tensors_match_the_model_has_none():
    data = nnc.encode(model(), layer_parameters={"*": nnc.LayerParameters(qp=-40)})
    assert [names for _, names in parameter_sets(data)] == [list(model())]


def test_a_parameter_set_like_the_models_is_not_written():
    data = nnc.encode(model(), qp=-20, layer_parameters={"fine.*": nnc.LayerParameters(qp=-20)})
    assert parameter_sets(data) == []


def test_blocks_go_by_their_weight():
    tensors = {"l.weight": np.ones((4, 3), "f4") / 3, "l.bias": np.ones(4, "f4") / 7}
    own = {"*.weight": nnc.LayerParameters(qp=-300, nonweight_qp=-300, qp_density=4)}
    data = nnc.encode(tensors, blocks="auto", qp=-8, layer_parameters=own)
    assert parameter_sets(data) == [(4, ["l.weight", "l.bias"])]
    for name, values in nnc.decode(data).items():
        assert np.abs(values - tensors[name]).max() < 1e-4


@pytest.mark.parametrize("qp", [-75, -32, -1, 0, 7, 90])
def test_the_same_step_size_at_a_finer_density(qp):
    assert step_size(rescaled(qp, 2, 6), 6) == step_size(qp, 2)
    assert rescaled(rescaled(qp, 2, 6), 6, 2) == qp
