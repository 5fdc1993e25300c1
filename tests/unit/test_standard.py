"""The format of neural networks as any other: `nnc.Format.load("nnc")`."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import nnc
import nnc.strategies
from nnc import syntax
from nnc.cli.main import run

VECTORS = Path(__file__).parents[1] / "vectors"
FILE = VECTORS / "p1-scan4-rowskip1-nodq" / "bitstream.nnc"
DATA = FILE.read_bytes()


@pytest.fixture(scope="module")
def form():
    return nnc.Format.load("nnc")


def test_documents_are_bitstreams(form):
    opened = form.open(FILE)
    assert isinstance(opened, nnc.Bitstream)
    assert opened.to_bytes() == form.parse(DATA).to_bytes() == DATA
    index = next(i for i, unit in enumerate(opened.units) if unit.type_name == "NNR_NDU")
    path = f"units[{index}].header.dq_flag"
    assert opened.get(path) == 0
    plan = opened.set(path, 1)
    assert path in [change.path for change in plan.changes]


def test_values_from_outside(form):
    drawn = next(one for seed in range(40) if (one := form.draw(f"{seed}")).dimensions)
    with pytest.raises(nnc.MissingValueError):
        nnc.decode(drawn.data)
    bitstream = form.parse(drawn.data, **drawn.out_of_band)
    assert all(unit.missing is None for unit in bitstream.walk())


def test_looking_at_data(form):
    assert form.tree(DATA) == nnc.tree(DATA)
    assert list(form.trace(DATA).elements()) == list(nnc.trace(DATA).elements())
    other = form.parse(DATA)
    other.set("units[1].payload.mps_qp_density", 3)
    assert form.diff(DATA, other.to_bytes()) == nnc.diff(DATA, other.to_bytes())
    broken = VECTORS.parent / "broken" / "streams"
    for file in sorted(broken.rglob("*.nnc"))[:20]:
        data = file.read_bytes()
        assert form.check(data).findings == [f for f in nnc.check(data) if f.level != "info"]


def test_json(form):
    content = form.to_json(form.parse(DATA))
    assert json.loads("".join(form.dump(form.parse(DATA)))) == content
    assert form.from_json(content).to_bytes() == DATA
    assert form.json_schema()["title"] == "A bitstream of ISO/IEC 15938-17 as JSON"
    with pytest.raises(nnc.InputError, match="no values"):
        form.from_json(content, dimensions={})


def test_the_payload_decoder_is_a_hook(form):
    bitstream = form.parse(DATA)
    wanted = nnc.decode_levels(DATA)
    for index, unit in enumerate(bitstream.units):
        if unit.type_name == "NNR_NDU":
            decoded = form.decode(bitstream, f"units[{index}].payload.quant_tensors")
            (name,) = decoded
            np.testing.assert_array_equal(decoded[name], wanted[name])
    with pytest.raises(nnc.InputError, match="not a payload"):
        form.decode(bitstream, "units[1].payload.mps_qp_density")
    marked = nnc.Format.load("nnc", hooks={"nnc.deepcabac": lambda data, unit: len(data)})
    assert marked.decode(bitstream, f"units[{index}].payload.quant_tensors") == len(
        bitstream.units[index].payload_bytes
    )


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(nnc.Format.load("nnc").strategy("tensor_dimensions_list"))
def test_tables_are_drawn(drawn):
    dimensions = drawn.table.tensor_dimensions
    assert drawn.table.count_tensor_dimensions == len(dimensions)
    assert type(drawn.table).syntax.read(drawn.data, drawn.scope) == drawn.table


def test_rules(form):
    assert form.rules() == nnc.strategies.rules()
    assert form.draw("1", "range:scan_order").broken.kind == "range"
    assert form.verdicts()["range"] == "finding"


@pytest.mark.parametrize("verb", ["tree", "trace", "check", "json"])
def test_verbs_take_its_name(verb, capsys):
    assert run([verb, str(FILE)]) == 0
    alone = capsys.readouterr()
    assert run([verb, str(FILE), "--schema", "nnc"]) == 0
    assert capsys.readouterr() == alone


def test_other_formats_refuse_its_values(tmp_path, capsys):
    assert run(["schema", "new", str(tmp_path / "recorder")]) == 0
    file = str(tmp_path / "recorder" / "example.bin")
    wrong = ["tree", file, "--schema", str(tmp_path / "recorder"), "--dimensions", "a=1"]
    assert run(wrong) == 4
    assert "recorder asks for no value 'dimensions'; it asks for none" in capsys.readouterr().err


@pytest.fixture(scope="module")
def aggregate():
    """Bytes of a model whose data units stand in an aggregate."""
    draw = np.random.default_rng(0)
    tensors = {f"layer{i}.weight": draw.normal(size=(6, 5)).astype("f4") for i in range(4)}
    return nnc.encode(tensors, metadata_unit=False, aggregates="all")


@pytest.mark.parametrize("name", ["x", "a much longer name than before", "layer0.weight"])
def test_the_schema_alone_keeps_sizes_counts_and_places(aggregate, name):
    alone = nnc.Format(syntax, "alone")
    document = alone.parse(aggregate)
    assert document.to_bytes() == aggregate
    assert not alone.check(aggregate).findings
    bitstream = nnc.Bitstream.parse(aggregate)
    document.set("nnr_unit[2].nnr_unit[0].topology_elem_id", name)
    bitstream.set("units[2].units[0].header.topology_elem_id", name)
    assert document.to_bytes() == bitstream.to_bytes()
    document.remove("nnr_unit[2].nnr_unit[1]")
    bitstream.remove("units[2].units[1]")
    assert document.to_bytes() == bitstream.to_bytes()
    assert not alone.check(document.to_bytes()).findings
    assert not nnc.check(document.to_bytes())


def test_the_schema_alone_checks_sizes_counts_and_places(aggregate):
    alone = nnc.Format(syntax, "alone")
    with pytest.raises(nnc.BuildError, match="follows from other tables"):
        alone.parse(aggregate).set("nnr_unit[2].nnr_unit_entry_point[1]", 3)
    damaged = bytearray(aggregate)
    element = next(
        one
        for one in nnc.trace(aggregate).elements()
        if one.path.endswith("header.nnr_unit_entry_point[2]")
    )
    damaged[element.position + element.bits - 1 >> 3] ^= 1
    assert [one.rule for one in alone.check(bytes(damaged)).findings] == [
        "computed:nnr_unit_entry_point"
    ]
    assert [one.rule for one in nnc.check(bytes(damaged))] == ["aggregate-entry-point"]


def test_sizes_are_filled_in(aggregate):
    alone = nnc.Format(syntax, "alone")
    for record in alone.parse(aggregate).records:
        written = syntax.nnr_unit.write(record.table, record.scope.copy())
        record.table.nnr_unit_size.nnr_unit_size = None
        assert syntax.nnr_unit.write(record.table, record.scope.copy()) == written
