"""Sets of features: what their files say, and which bitstreams are outside of them."""

import json

import numpy as np
import pytest

import nnc
from nnc.bitio import BitstreamError, InputError
from nnc.cli.main import run
from nnc.features import capabilities, feature_set, features, fitting_sets, held_to, set_names
from nnc.features.use import used_features
from nnc.fuzzing.placed import PlacedSource
from nnc.fuzzing.strategies import RejectedError
from nnc.fuzzing.whole import draw_valid
from nnc.fuzzing.within import Within
from nnc.inspect import trace

#: Bitstreams in which each feature comes up, and those that are drawn without one.
MANY, FEW = 400, 6


def drawn(name, count, within):
    """Yield bitstreams of a set."""
    for number in range(count):
        try:
            made = draw_valid(PlacedSource(f"{name}.{number}"), within)
        except RejectedError:
            continue
        yield trace(made.data, **made.out_of_band)


def without(*names):
    return feature_set("all").leaving_out(names)


@pytest.fixture(scope="module")
def model():
    values = np.random.default_rng(0).normal(size=(2, 8, 8)).astype("f4")
    return {"w": values[0], "v": values[1]}


def test_each_set_is_read():
    assert set_names() == ["all", "edition-1", "ims-full", "ims-update", "nncodec"]
    for name in set_names():
        assert feature_set(name).title
    assert feature_set("all").features == list(features())
    assert set(feature_set("ims-full").features) < set(feature_set("ims-update").features)


@pytest.mark.parametrize("name", set_names())
def test_what_is_drawn_within_a_set_fits_it(name):
    wanted = feature_set(name)
    found = [held_to(traced, wanted).findings for traced in drawn(name, 12, Within(wanted))]
    assert found
    assert not any(found)


def test_features_are_found_where_they_are_and_named_with_path_and_value(model):
    traced = trace(nnc.encode(model, profile=1, dq=True, scan_order=1))
    assert {"second-edition", "dependent-quantization", "block-scans"} <= set(used_features(traced))
    (finding, *_) = held_to(traced, without("dependent-quantization")).findings
    assert finding.path.endswith("header.dq_flag")
    assert finding.message.startswith("dq_flag is 1: dependent quantization, which all without")
    assert "edition-1" not in fitting_sets(traced)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(features()))
def test_each_feature_is_found_and_left_out(name):
    wanted = without(name)
    with_it = (traced for traced in drawn("with", MANY, Within(feature_set("all"))))
    assert any(
        any(finding.rule == f"feature:{name}" for finding in held_to(traced, wanted).findings)
        for traced in with_it
    )
    assert all(not held_to(traced, wanted).findings for traced in drawn(name, FEW, Within(wanted)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ims-full", "ims-update"])
def test_each_feature_of_a_set_is_let_through_and_each_other_one_is_found(name):
    wanted = feature_set(name)
    let_through, found = set(), set()
    for traced in drawn(f"{name} with", MANY, Within(wanted)):
        assert not held_to(traced, wanted).findings
        let_through |= set(used_features(traced))
    for traced in drawn("outside", 2 * MANY, Within(feature_set("all"))):
        found |= {finding.rule for finding in held_to(traced, wanted).findings}
    assert let_through == set(wanted.features)
    assert found >= {f"feature:{each}" for each in wanted.without}


def test_a_set_of_ones_own(tmp_path, model):
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = "Mine"\nextends = "ims-full"\nwithout = ["codebooks"]\n'
        '[elements]\nmps_qp_density = "0..1"\n[limits]\ntensors = 1\ntensor_values = 10\n'
    )
    found = held_to(trace(nnc.encode(model, codebook=False)), feature_set(path))
    rules = [finding.rule for finding in found.findings]
    assert rules == ["element:mps_qp_density", "limit:tensors", *["limit:tensor_values"] * 2]
    assert found.findings[0].message == f"mps_qp_density is 2; {path} permits 0..1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("only = ['colour']", "no feature 'colour'"),
        ("colour = 1", "no option 'colour'"),
        ("[elements]\nscan_ordr = 1", "no element 'scan_ordr'"),
        ("[elements]\nscan_order = 'NNR_MPS'", "scan_order has no value 'NNR_MPS'"),
        ("[limits]\ntensors = -1", "a number from 0 on"),
        ("extends = 'mine'", "extends 'mine'"),
        ("= 3", "Invalid"),
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        feature_set(path)


def test_nothing_is_said_of_what_is_no_bitstream(tmp_path, model, capsys):
    for number, content in enumerate((b"nonsense" * 9, nnc.encode(model)[:-9])):
        path = tmp_path / f"{number}.nnc"
        path.write_bytes(content)
        assert run(["capabilities", str(path)]) == 2
        said = capsys.readouterr()
        assert not said.out
        assert "runs past the end" in said.err
        with pytest.raises(BitstreamError):
            capabilities(nnc.trace(content))


def test_check_warns_info_names_sets_and_capabilities_tell(tmp_path, model, capsys):
    path = tmp_path / "model.nnc"
    nnc.save_file(model, path, scan_order=1)
    assert run(["check", str(path), "--profile", "ims-full"]) == 1
    assert "[feature:block-scans" in capsys.readouterr().out
    assert run(["check", str(path), "--profile", "ims-update"]) == 0
    assert run(["info", str(path), "--format", "json"]) == 0
    assert "ims-update" in json.loads(capsys.readouterr().out)["feature_sets"]
    assert run(["capabilities", str(path), "--decoder", "ims-full"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert "block-scans" in told["bitstream"]["features"]
    assert told["bitstream"]["lacking"]
    assert capabilities()["decoder"]["features"] == list(features())
