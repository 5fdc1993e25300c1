"""The functions of the package that look at bitstreams."""

import warnings

import numpy as np
import pytest

import nnc
from nnc.encoder.call.asked import names_for
from tests.cases import FOLDER

DATA = (FOLDER / "p1-base-default-dq" / "bitstream.nnc").read_bytes()
OUT_OF_BAND = {
    "dimensions": {
        "conv1.weight": [10, 6, 3, 3], "conv1.bias": [10], "fc.weight": [22, 31], "fc.bias": [22]
    },
    "cabac_unary_length_minus1": 10,
}  # fmt: skip


@pytest.mark.parametrize("data", [DATA, bytearray(DATA), nnc.Bitstream.parse(DATA)])
def test_a_trace_covers_the_data(data):
    traced = nnc.trace(data)
    assert sum(element.bits for element in traced.elements()) == 8 * len(DATA)
    assert nnc.tree(data).bits == 8 * len(DATA)
    assert nnc.check(data, deep=True) == []
    assert nnc.diff(data, DATA) == []


def test_faults_are_in_the_result():
    cut = DATA[:-10]
    assert nnc.trace(cut).errors[0].kind == "incomplete"
    assert [node.path for node in nnc.tree(cut).walk() if node.error] == ["units[6]"]
    assert [finding.level for finding in nnc.check(cut)] == ["error"]


def test_differences():
    changed = nnc.Bitstream.parse(DATA)
    changed.set("units[3].header.dq_flag", 0)
    found = nnc.diff(DATA, changed)
    assert [difference.path_a for difference in found] == ["units[3].header.dq_flag"]


def test_what_was_not_checked_is_told():
    data = (FOLDER / "p1-oob" / "bitstream.nnc").read_bytes()
    assert {finding.level for finding in nnc.check(data)} == {"info"}
    assert nnc.check(data, deep=True, **OUT_OF_BAND) == []
    assert nnc.trace(data).missing
    assert not nnc.trace(data, **OUT_OF_BAND).missing


def few_tensors():
    rng = np.random.default_rng(5)
    weight = rng.laplace(0, 0.05, (48, 40)).astype(np.float32)
    weight[::3] = 0
    return {
        "a.weight": weight,
        "a.bias": rng.laplace(0, 0.5, 48).astype(np.float32),
        "b.weight": rng.laplace(0, 0.05, (24, 40)).astype(np.float32),
    }


CHANGES = {
    "qp": -20,
    "nonweight_qp": -60,
    "tensor_qp": {"a.*": -20},
    "tensors": {"b.*": {"qp": -20}},
    "qp_density": 3,
    "bit_depth": 5,
    "dq": False,
    "codebook": 16,
    "keep": ["b.*"],
    "scan_order": 1,
    "row_skip": False,
    "effort": 0,
    "parameter_search": False,
    "cabac_unary_length_minus1": 3,
    "profile": 0,
    "metadata": {"key": "value"},
    "layer_parameters": {"a.*": nnc.LayerParameters(qp=-20)},
    "references": True,
    "part_size": 200,
    "aggregates": "all",
    "out_of_band": ["dimensions"],
    "lossless": True,
    "target_size": 1500,
    "bits_per_value": 2,
    "target_mse": 1e-4,
    "psnr": 30,
    "max_error": 0.02,
    "blocks": "auto",
    "joins": [nnc.Joined(names=["a.weight", "b.weight"])],
    "prune_rows": True,
    "topology": nnc.Topology(1, b"graph"),
    "base_model_id": "older",
    "sparsify": 0.5,
    "sparsify_rows": 0.99,
    "unify": 0.3,
    "low_rank": "rank=2",
    "preset": "small",
    "calibration": nnc.Calibration({"b.weight": np.geomspace(0.01, 10, 40)}),
}


def test_every_option_does_something():
    # An option that is taken and forgotten looks like one that works.
    told = {"accuracy_drop", "evaluate", "sensitivity", "on_trial"}
    alike = {"threads", "executor", "metadata_unit"}
    carried = {"quantization", "pruning", "performance_maps", "information"}
    # Those of batch norms do something where there are some (tests/unit/reduce/test_folding.py).
    folded = {"fold_batch_norms", "batch_norms"}
    # What a feature set leaves out is tested where the sets are (tests/unit/features).
    known = set(names_for("encode")) - {"profile_set"}
    assert set(CHANGES) == known - told - alike - carried - folded


@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
@pytest.mark.parametrize("option", CHANGES)
def test_an_option_changes_the_bitstream(option):
    assert nnc.encode(few_tensors(), **{option: CHANGES[option]}) != nnc.encode(few_tensors())


def test_options_of_a_search_by_accuracy():
    tensors, trials = few_tensors(), []

    def evaluate(decoded):
        error = max(np.abs(decoded[name] - tensors[name]).max() for name in tensors)
        return 1 - min(error, 1)

    options = {"accuracy_drop": 2.0, "evaluate": evaluate, "on_trial": trials.append}
    data = nnc.encode(tensors, **options)
    assert 0.95 < evaluate(nnc.decode(data)) / evaluate(tensors) <= 1
    assert evaluate(nnc.decode(data)) >= 0.98
    assert trials[-1].number == len(trials) > 1
    assert nnc.encode(tensors, **options, sensitivity="callback") != data


def test_metadata_units_can_be_left_out():
    tensors = {"a": np.ones(3, bool)}
    assert len(nnc.encode(tensors, metadata_unit=False)) < len(nnc.encode(tensors))


def test_a_path_is_no_bitstream():
    with pytest.raises(nnc.InputError, match=r"nnc\.load_file"):
        nnc.decode("model.nnc")
    with pytest.raises(nnc.InputError, match=r"nnc\.open"):
        nnc.check("model.nnc")


def test_what_decoders_refuse_by_default_is_told():
    tensors = {"w": np.zeros((4500, 4000), np.float32)}
    with pytest.warns(nnc.EncodingWarning, match="--max-values 18000000"):
        data = nnc.encode(tensors)
    with pytest.raises(nnc.LimitError):
        nnc.decode(data)
    assert nnc.decode(data, limits=nnc.Limits(values=18_000_000))["w"].shape == (4500, 4000)


def test_a_small_update_of_a_large_tensor():
    # So few bytes for so many values are fine where the receiver has the values already.
    base = {"w": np.zeros((5000, 4000), np.float32)}
    changed = {"w": base["w"].copy()}
    changed["w"][7, 7] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        update = nnc.Encoder(base, qp=-8).encode(changed)
    assert len(update) < 100
    np.testing.assert_array_equal(nnc.Decoder(base).decode(update)["w"], changed["w"])
    with pytest.raises(nnc.LimitError):
        nnc.Decoder(base, limits=nnc.Limits(values=1000)).decode(update)
