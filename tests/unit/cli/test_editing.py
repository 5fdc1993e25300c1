"""The verbs that read and change single elements, and bitstreams as JSON."""

import json

import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.cli.main import run
from tests.cases import FOLDER

SOURCE = str(FOLDER / "p1-base-default-dq" / "bitstream.nnc")
DATA = (FOLDER / "p1-base-default-dq" / "bitstream.nnc").read_bytes()
NAME = "units[3].header.topology_elem_id"


def output(capsys, *arguments, code=0):
    assert run(list(arguments)) == code
    return capsys.readouterr()


def test_get(capsys):
    assert output(capsys, "get", SOURCE, NAME).out == "conv1.weight\n"
    assert (
        output(capsys, "get", SOURCE, "units[3].header.tensor_dimensions").out == "[10, 6, 3, 3]\n"
    )
    assert output(capsys, "get", SOURCE, "units[3].header.codebook_size").out == "null\n"
    lines = output(capsys, "get", SOURCE, "units[*].header.topology_elem_id").out.splitlines()
    assert lines[0] == f"{NAME} = conv1.weight"
    assert len(lines) == 4


def test_get_as_json(capsys):
    content = json.loads(output(capsys, "get", SOURCE, NAME, "--format", "json").out)
    assert content == {"schema_version": 1, "path": NAME, "value": "conv1.weight"}
    path = "units[*].header.dq_flag"
    content = json.loads(output(capsys, "get", SOURCE, path, "--format", "json").out)
    assert content["values"][0] == {"path": "units[3].header.dq_flag", "value": 1}


def test_set(capsys, tmp_path):
    target = tmp_path / "out.nnc"
    plan = output(
        capsys, "set", SOURCE, f"{NAME}=x", "units[4].header.dq_flag=0x1", "-o", str(target)
    )
    assert plan.out == ""
    assert f"{NAME}: 'conv1.weight' -> 'x'" in plan.err
    assert next(iter(nnc.decode(target.read_bytes()))) == "x"
    assert "--force" in output(capsys, "set", SOURCE, f"{NAME}=y", "-o", str(target), code=4).err


def test_values_as_people_type_them(capsys):
    def planned(assignment):
        text = output(capsys, "set", SOURCE, assignment, "--dry-run", "--format", "json").out
        return json.loads(text)["plan"]["changes"]

    header = "units[3].header"
    kind = f"{header}.nnr_compressed_data_unit_payload_type"
    assert planned(f"{kind}=NNR_PT_RAW_FLOAT")[1]["after"] == 2
    assert [c["after"] for c in planned(f"{header}.tensor_dimensions=[10, 54]")][1] == 2
    assert planned(f'{NAME}="a=b"')[1]["after"] == "a=b"
    types = planned(f"{header}.compressed_parameter_types=NNR_CPT_LS|NNR_CPT_BI")
    assert types[0]["after"] == 10


def test_a_dry_run_writes_nothing(capsys, tmp_path):
    target = tmp_path / "out.nnc"
    printed = output(capsys, "set", SOURCE, f"{NAME}=x", "--dry-run", "-o", str(target))
    assert "bitstream: 835 -> 824 bytes" in printed.out
    assert not target.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["set", SOURCE, "units[3].header.dq_flag", "--dry-run"], "is not PATH=VALUE"),
        (["set", SOURCE, "units[3].header.dq_flag=x", "--dry-run"], "is no number"),
        (["set", SOURCE, "units[3].header.scan_order=9", "--dry-run"], r"allowed: 0..4"),
        (["set", SOURCE, "units[3].header.foo=9", "--dry-run"], "column 17"),
        (["get", SOURCE, "units[3"], "column 6"),
        (["remove", SOURCE, "units[1]", "--dry-run"], "should have come before"),
        (["insert", SOURCE, "units[3].header.dq_flag", "1", "--dry-run"], "name the place"),
        (["json"], "name a bitstream"),
    ],
)
def test_refusals_are_told_on_one_line(capsys, arguments, message):
    assert run(arguments) == 4
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("nnc: ")
    assert error.count("\n") == 1


def test_insert_and_remove(capsys, tmp_path):
    first, second = tmp_path / "a.nnc", tmp_path / "b.nnc"
    dimension = "units[3].header.tensor_dimensions[0]"
    output(capsys, "insert", SOURCE, dimension, "1", "-o", str(first), "-q")
    assert Bitstream.open(first).get("units[3].header.tensor_dimensions") == [1, 10, 6, 3, 3]
    output(capsys, "remove", str(first), dimension, "-o", str(second), "-q")
    assert second.read_bytes() == DATA
    output(capsys, "remove", SOURCE, "units[2]", "-o", str(first), "-q", "--force")
    unit = f"{SOURCE}:units[2]"
    output(capsys, "insert", str(first), "units[2]", unit, "-o", str(second), "-q", "--force")
    assert second.read_bytes() == DATA


def test_json_and_build(capsys, tmp_path):
    text, target = tmp_path / "a.json", tmp_path / "a.nnc"
    output(capsys, "json", SOURCE, "-o", str(text))
    output(capsys, "build", str(text), "-o", str(target))
    assert target.read_bytes() == DATA
    assert json.loads(output(capsys, "json", SOURCE).out) == json.loads(text.read_text("utf-8"))


def test_payloads_in_a_side_file(capsys, tmp_path):
    text, side, target = tmp_path / "a.json", tmp_path / "a.bin", tmp_path / "a.nnc"
    output(capsys, "json", SOURCE, "--payloads", str(side), "-o", str(text))
    assert side.stat().st_size < len(DATA)
    output(capsys, "build", str(text), "-o", str(target))
    assert target.read_bytes() == DATA
    elsewhere = str(tmp_path / "sub" / "b.bin")
    arguments = ["json", SOURCE, "--payloads", elsewhere, "-o", str(text), "--force"]
    assert "folder of the JSON" in output(capsys, *arguments, code=4).err


def test_payloads_left_out_and_wrong_json(capsys, tmp_path):
    text = tmp_path / "a.json"
    output(capsys, "json", SOURCE, "--payloads", "none", "-o", str(text))
    arguments = ["build", str(text), "-o", str(tmp_path / "a.nnc")]
    assert "left out" in output(capsys, *arguments, code=4).err
    text.write_text("{", "utf-8")
    assert "not JSON" in output(capsys, *arguments, code=4).err
    assert not (tmp_path / "a.nnc").exists()


def test_the_schema_is_printed(capsys):
    assert json.loads(output(capsys, "json", "--schema").out)["$defs"]["nnr_unit_header"]


def test_refusals_as_data(capsys, tmp_path):
    path, out = FOLDER / "p1-base-default-dq" / "bitstream.nnc", tmp_path / "x.nnc"
    name = "units[3].header.scan_order"
    assert run(["set", str(path), f"{name}=9", "-o", str(out), "--format", "json"]) == 4
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["kind"], error["unit"], error["unit_type"]) == ("build", 3, "NNR_NDU")
    assert (error["path"], error["value"], error["allowed"]) == (name, 9, "0..4")
    assert error["clause"] == "6.3.3"
    assert error["schema"].startswith("schema/compressed_data_unit.syntax:")
    assert not out.exists()


def test_bytes_in_two_notations(capsys, tmp_path):
    path = FOLDER / "p1-base-default-dq" / "bitstream.nnc"
    made = []
    for number, value in enumerate(("00ff", "base64:AP8=")):
        made.append(tmp_path / f"{number}.nnc")
        target = f"units[3].payload.quant_tensors={value}"
        assert run(["set", str(path), target, "-o", str(made[-1]), "-q"]) == 0
    assert made[0].read_bytes() == made[1].read_bytes()
    assert run(["set", str(path), "units[3].payload.quant_tensors=xy", "--dry-run"]) == 4
    assert "hexadecimal digits or base64" in capsys.readouterr().err
    capsys.readouterr()
    assert run(["get", str(made[0]), "units[3].payload.quant_tensors"]) == 0
    assert capsys.readouterr().out == "00ff\n"


@pytest.mark.parametrize("value", [SOURCE, "1", f"{SOURCE}:units[3].header"])
def test_a_unit_to_insert_is_named_by_file_and_place(capsys, value):
    told = output(capsys, "insert", SOURCE, "units[3]", value, "--dry-run", code=4).err
    assert "is not FILE:units[N]" in told
