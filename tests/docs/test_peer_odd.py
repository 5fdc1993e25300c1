"""The table of bitstreams that the other software is not consistent on says what we do."""

import re
from pathlib import Path

import numpy as np
import pytest

import nnc
from nnc.decoder.dialect import detect_dialect
from nnc.inspect import check
from tests.cases import CASES

PAGE = (Path(__file__).parents[2] / "docs/peer-odd.md").read_text("utf-8")
ROWS = {
    row[0].strip("`"): row[1:]
    for line in PAGE.splitlines()
    if line.startswith("| `")
    for row in [[cell.strip() for cell in line.strip("|").split("|")]]
}
ODD = {case.name: case for case in CASES if case.is_odd}


def test_every_vector_has_a_row():
    assert set(ROWS) == set(ODD)


def test_every_kind_of_vector_is_explained():
    kinds = {re.sub(r"peer-odd-p\d(v1)?-", "", name) for name in ROWS}
    explained = set(re.findall(r"`([a-z0-9-]+)`", PAGE.split("## Why")[1]))
    assert kinds <= explained


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_true(name):
    decodes_to, dialect, findings, kept = ROWS[name]
    case = ODD[name]
    data = case.bitstreams[0].read_bytes()
    bitstream = nnc.Bitstream.parse(data)

    values = nnc.decode(data, reconstruct=False)
    levels = nnc.decode_levels(data)
    same = all(
        set(found) == set(wanted) and all(np.array_equal(found[one], wanted[one]) for one in wanted)
        for found, wanted in ((values, case.arrays("expected")), (levels, case.arrays("levels")))
    )
    assert decodes_to == ("expected" if same else "other values")
    assert dialect == detect_dialect(bitstream).value
    found = sorted({finding.rule for finding in check(data).findings})
    assert findings == (", ".join(found) or "none")
    assert kept == ("kept" if bitstream.to_bytes() == data else "changed")


@pytest.mark.parametrize("name", [name for name in ROWS if "noblock-dc" in name])
def test_decomposed_layers_are_put_together(name):
    case = ODD[name]
    parts, whole = case.arrays("expected"), nnc.decode(case.bitstreams[0].read_bytes())
    product = parts["l0.weight_G"] * parts["l0.weight_scaling"][:, None] @ parts["l0.weight_H"]
    assert list(whole) == ["l0.weight"]
    np.testing.assert_allclose(whole["l0.weight"].reshape(product.shape), product, rtol=1e-4)


@pytest.mark.parametrize("name", [name for name in ROWS if "upm-bitmask" in name])
def test_accuracies_are_those_of_the_bitmask(name):
    unit = nnc.open(ODD[name].bitstreams[0]).units[1]
    table = unit.payload.unification_performance_map
    assert [len(one) for one in table.upm_nn_class_accuracy] == table.upm_class_bitmask
    assert table.upm_count_classes != table.upm_class_bitmask
