"""What the explorer's page holds, of good, damaged and large bitstreams."""

import base64
import json
import re

import numpy as np
import pytest

import nnc
from nnc.cli.main import run
from nnc.explore import app_page, explorer_page
from nnc.explore.bundle import bundled
from nnc.explore.content import Budget, explore
from nnc.explore.histograms import BINS, describe_levels, describe_values

NAME = "</script><b>fc.weight"


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(1)
    weights = random.laplace(size=(40, 30)).astype(np.float32)
    return nnc.encode({NAME: weights, "fc.bias": weights[0], "steps": np.array(7)})


def paths(content):
    rows = content["nodes"]
    found = []
    for row in rows:
        names = []
        while row[0] >= 0:
            names.insert(0, row[1])
            row = rows[row[0]]
        found.append(".".join(names))
    return found


def test_the_tree_covers_every_bit_once(data):
    content = explore(memoryview(data), "model")
    leaves = sorted((row[3], row[4]) for row in content["nodes"] if row[2] == "e" and row[4])
    position = 0
    for start, bits in leaves:
        assert start == position
        position += bits
    assert position == 8 * len(data)
    assert content["sampled"] == []


def test_elements_have_values_and_semantics(data):
    content = explore(memoryview(data), "model")
    at = paths(content).index("units[2].header.nnr_unit_type")
    row = content["nodes"][at]
    assert row[7] == "NNR_NDU"
    assert content["semantics"][row[8]]["clause"] == "6.3.3.1"
    assert content["semantics"][row[8]]["names"][row[6]] == "NNR_NDU"


def test_tensors_have_sizes_and_histograms(data):
    content = explore(memoryview(data), "model")
    weight, bias, steps = content["tensors"]
    assert (weight["name"], weight["shape"], weight["values"]) == (NAME, [40, 30], 1200)
    assert sum(weight["level_histogram"]["counts"]) == 1200
    assert sum(weight["value_histogram"]["counts"]) == 1200
    assert bias["bits_per_value"] == pytest.approx(8 * bias["bytes"] / 30)
    assert steps["value_histogram"]["mean"] == 7
    assert sum(t["bytes"] for t in content["tensors"]) < len(data)


def test_small_budgets_are_kept_and_said(data):
    budget = Budget(nodes=40, bytes=300, payload_bytes=8, decoded_values=40, tensors=2)
    content = explore(memoryview(data), "model", budget)
    assert len(content["nodes"]) <= 40
    held = {start: base64.b64decode(text) for start, text in content["data"]}
    assert sum(map(len, held.values())) <= 300
    assert all(data[start : start + len(piece)] == piece for start, piece in held.items())
    assert len(content["tensors"]) == 2
    assert [("value_histogram" in tensor) for tensor in content["tensors"]] == [False, True]
    assert len(content["sampled"]) == 3


@pytest.mark.parametrize("end", [0, 1, 5, 20, 100, -1])
def test_damaged_bitstreams_are_shown_with_their_fault(data, end):
    content = explore(memoryview(data[:end]), "cut")
    faults = [row[9] for row in content["nodes"] if row[9]]
    assert len(faults) == len(content["errors"]) == (end != 0)


def test_flipped_bytes_never_stop_the_page(data):
    for position in range(0, len(data), 7):
        damaged = bytearray(data)
        damaged[position] ^= 0x5A
        content = explore(memoryview(bytes(damaged)), "damaged")
        json.dumps(content, allow_nan=False)


def test_names_cannot_become_markup(data):
    page = explorer_page(data, NAME)
    assert NAME not in page
    assert "<title>&lt;/script&gt;&lt;b&gt;fc.weight</title>" in page
    text = re.search(r'id="content">(.*?)</script>', page, re.DOTALL)[1]
    assert json.loads(text)["tensors"][0]["name"] == NAME


def test_the_page_needs_no_network(data):
    for page in (explorer_page(data, "model"), app_page()):
        assert not re.search(r"(src|href)\s*=\s*[\"']|@import|url\(|fetch\(|XMLHttp", page)
        assert "default-src 'none'; script-src 'sha256-" in page


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([0, 0, 3, -1], {"low": -1, "step": 1, "counts": [1, 2, 0, 0, 1], "zeros": 0.5}),
        ([], {"low": 0, "step": 1, "counts": [], "zeros": 0.0}),
        ([5], {"low": 5, "step": 1, "counts": [1], "zeros": 0.0}),
    ],
)
def test_levels_are_counted(levels, expected):
    assert describe_levels(np.array(levels, np.int32)) == expected


def test_a_wide_range_of_levels_takes_few_bins():
    extremes = np.array([-(1 << 31), (1 << 31) - 1, 0], np.int32)
    described = describe_levels(extremes)
    assert len(described["counts"]) <= BINS
    assert sum(described["counts"]) == 3


def test_values_that_are_not_finite_are_counted_apart():
    described = describe_values(np.array([np.nan, np.inf, 1.0, 3.0]))
    assert described["not_finite"] == 2
    assert (described["low"], described["high"], sum(described["counts"])) == (1.0, 3.0, 2)
    assert describe_values(np.array([np.nan]))["counts"] == []
    assert describe_values(np.array([2.0, 2.0]))["counts"] == [2]


def test_the_command(data, tmp_path, capsys):
    (tmp_path / "model.nnc").write_bytes(data)
    page = tmp_path / "page.html"
    assert run(["explore", str(tmp_path / "model.nnc"), "-o", str(page)]) == 0
    assert page.read_text("utf-8") == explorer_page(data, "model.nnc")
    assert run(["explore", str(tmp_path / "model.nnc"), "-o", str(page)]) == 4
    assert "page.html" in capsys.readouterr().err


def test_the_command_makes_a_page_that_takes_bitstreams(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["explore", "--app"]) == 0
    assert (tmp_path / "nnc-explorer.html").read_text("utf-8") == app_page()
    for words in ([], ["m.nnc", "--app"], ["--app", "--schema", "flac"]):
        assert run(["explore", *words]) == 4
    assert "--app" in capsys.readouterr().err


def test_modules_of_the_page_are_one_script():
    script = bundled("worker")
    assert not re.search(r"^(import|export) ", script, re.M)
    assert "</script" not in script
    assert script.index("const module_runtime") < script.index("const module_units")
