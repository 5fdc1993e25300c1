"""Reports: the numbers are those of the bitstream, the page is whole in itself."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import nnc
from nnc.report import check_suffix, make_report, write_report


class Balanced(HTMLParser):
    """Notes tags that are not closed in their order, and what a page loads."""

    EMPTY = ("meta", "br")

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.loaded, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.loaded += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.loaded += [value for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def model():
    rng = np.random.default_rng(1)
    return {
        "a.weight": rng.normal(0, 0.1, (30, 40)).astype(np.float32),
        "a.bias": rng.normal(0, 0.1, 30).astype(np.float32),
        "few.weight": rng.choice(np.float32([-0.25, 0, 1.5]), (30, 40)),
        "kept <b>": rng.normal(0, 1, (5, 5)).astype(np.float32),
        "steps": np.arange(7),
    }


def encoded(model, **options):
    data = nnc.encode(model, keep=["kept*"], **options)
    return nnc.Bitstream.parse(data), data


def test_the_numbers_are_those_of_the_bitstream(model):
    bitstream, data = encoded(model, tensors={"a.bias": {"dq": False}, "a.weight": {"qp": -32}})
    report = make_report(bitstream, model.__getitem__, times={"a.weight": 0.25})
    rows = {row.name: row for row in report.tensors}
    decoded = nnc.decode(data)
    assert report.bytes == len(data)
    assert report.values == sum(values.size for values in model.values())
    assert report.bits_per_value == 8 * len(data) / report.values
    assert list(rows) == list(model)
    for name, row in rows.items():
        error = decoded[name].astype(np.float64) - model[name]
        assert row.mse == pytest.approx(np.mean(error**2))
        assert row.max_error == np.abs(error).max()
    assert {name: row.tool for name, row in rows.items()} == {
        "a.weight": "dependent",
        "a.bias": "uniform",
        "few.weight": "codebook of 3",
        "kept <b>": "raw",
        "steps": "integer",
    }
    assert rows["a.weight"].seconds == 0.25
    assert rows["a.weight"].qp == -32
    assert sum(row.bytes for row in report.tensors) < report.bytes


def test_tensors_of_one_unit_have_its_size_once(model):
    block = nnc.Block(weight="a.weight", bias="a.bias")
    bitstream, _ = encoded(model, blocks=[block])
    rows = {row.name: row for row in make_report(bitstream, model.__getitem__).tensors}
    assert sorted([rows["a.weight"].bytes is None, rows["a.bias"].bytes is None]) == [False, True]
    assert rows["a.weight"].bits_per_value == rows["a.bias"].bits_per_value
    assert rows["a.weight"].tool == "dependent, block"


@pytest.mark.parametrize("part_size", [None, 50])
def test_joined_tensors_and_those_in_parts_have_rows(model, part_size):
    joins = [nnc.Joined(names=["a.weight", "few.weight"])]
    bitstream, data = encoded(model, joins=joins, part_size=part_size)
    rows = {row.name: row for row in make_report(bitstream, model.__getitem__).tensors}
    assert set(rows) == set(model)
    for name, values in nnc.decode(data).items():
        assert rows[name].shape == values.shape
        assert rows[name].max_error == np.abs(values.astype(np.float64) - model[name]).max()
    assert rows["a.weight"].bits_per_value == rows["few.weight"].bits_per_value
    coded = [unit for unit in bitstream.units if unit.type_name == "NNR_NDU"]
    assert sum(row.bytes or 0 for row in rows.values()) == sum(one.byte_size for one in coded)


def test_the_page_is_whole_and_asks_for_nothing(model):
    bitstream, _ = encoded(model)
    page = make_report(bitstream, model.__getitem__).to_html("A <title> & more")
    parser = Balanced()
    parser.feed(page)
    assert not parser.open
    assert not parser.wrong
    assert not parser.loaded
    assert "url(" not in page
    assert "kept <b>" in parser.text
    assert "A <title> & more" in parser.text
    assert "prefers-color-scheme: dark" in page
    assert page.count("<circle") == 2


def test_a_report_of_one_exact_tensor():
    tensors = {"x": np.arange(4)}
    bitstream = nnc.Bitstream.parse(nnc.encode(tensors))
    report = make_report(bitstream, tensors.__getitem__)
    assert (report.mse, report.max_error, report.seconds) == (0, 0, None)
    assert "No tensor has an error" in report.to_html()


def test_files(model, tmp_path):
    from safetensors.numpy import save_file

    save_file(model, tmp_path / "m.safetensors")
    nnc.save_file(model, tmp_path / "m.nnc")
    for name in ("r.json", "r.html"):
        write_report(tmp_path / name, tmp_path / "m.safetensors", tmp_path / "m.nnc")
    content = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert content["schema_version"] == 1
    assert content["bytes"] == (tmp_path / "m.nnc").stat().st_size
    assert re.search("m.safetensors as m.nnc", (tmp_path / "r.html").read_text("utf-8"))
    with pytest.raises(nnc.InputError, match=r"\.html or \.json"):
        check_suffix("report.pdf")
