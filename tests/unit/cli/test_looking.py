"""The verbs that look into bitstreams: what they print in each format, exit codes."""

import csv
import io
import json
import sys
import types

import pytest

import nnc
from nnc.cli.main import run
from tests.cases import FOLDER

STREAMS = FOLDER.parent / "broken" / "streams"
SMALL = FOLDER / "p0v1-perfmap-mps-count1" / "bitstream.nnc"
DEFAULT = FOLDER / "p1-base-default-dq" / "bitstream.nnc"
SCAN = FOLDER / "p1-scan1-rowskip1-dq-narrow" / "bitstream.nnc"


def printed(capsys, *arguments):
    code = run([str(argument) for argument in arguments])
    return code, capsys.readouterr()


def renamed(tmp_path, name):
    bitstream = nnc.open(SMALL)
    bitstream.set("units[3].header.topology_elem_id", name)
    path = tmp_path / "renamed.nnc"
    bitstream.save(path)
    return path


def test_traces_as_data_hold_every_bit_of_the_headers(capsys):
    code, output = printed(capsys, "trace", SCAN, "--format", "jsonl")
    assert code == 0
    rows = [json.loads(line) for line in output.out.splitlines()]
    data = SCAN.read_bytes()
    bits = "".join(f"{byte:08b}" for byte in data)
    place = 0
    for row in rows:
        byte, bit = row["position"].split(".")
        assert 8 * int(byte) + int(bit) == place
        if row["code"] is not None:
            assert row["code"] == bits[place : place + row["bits"]]
        else:
            assert row["path"].endswith(".payload")
        place += row["bits"]
    assert place == len(bits)
    code, output = printed(capsys, "trace", SCAN, "--format", "csv")
    table = list(csv.DictReader(io.StringIO(output.out)))
    assert [row["path"] for row in table] == [row["path"] for row in rows]
    assert [row["code"] for row in table] == [row["code"] or "" for row in rows]


def test_bins_as_data(capsys):
    code, output = printed(capsys, "trace", SCAN, "--bins", "--format", "jsonl")
    assert code == 0
    rows = [json.loads(line) for line in output.out.splitlines()]
    assert rows[-1]["path"].endswith("payload.end_of_codeword_flag")
    assert {row["kind"] for row in rows} == {"context", "bypass", "terminate"}
    code, output = printed(capsys, "trace", SCAN, "--bins", "--format", "csv")
    table = list(csv.DictReader(io.StringIO(output.out)))
    assert [row["path"] for row in table] == [row["path"] for row in rows]


def test_a_unit_out_of_many(capsys):
    _, output = printed(capsys, "trace", SCAN, "--unit", 1)
    assert output.out
    assert all(" units[1]." in line for line in output.out.splitlines())
    code, output = printed(capsys, "trace", SCAN, "--unit", 9)
    assert code == 4
    assert "there is no unit 9" in output.err


def test_long_values_are_cut_for_people_only(capsys, tmp_path):
    path = renamed(tmp_path, "x" * 300)
    _, output = printed(capsys, "tree", path)
    assert "x" * 300 not in output.out
    assert "more)" in output.out
    _, output = printed(capsys, "tree", path, "--format", "json")
    assert "x" * 300 in output.out
    _, output = printed(capsys, "trace", path, "--format", "jsonl")
    assert "x" * 300 in output.out


def test_control_characters_are_escaped(capsys, tmp_path):
    path = renamed(tmp_path, "a\x1b[31mb\x7f\u202e")
    for verb in (["tree"], ["trace"], ["diff", SMALL], ["check"]):
        _, output = printed(capsys, *verb, path)
        for character in "\x1b\x7f\u202e":
            assert character not in output.out + output.err


def test_trees_end_at_the_depth(capsys):
    counts = []
    for depth in range(5):
        _, output = printed(capsys, "tree", SMALL, "--depth", depth)
        counts.append(len(output.out.splitlines()))
    assert counts[0] == 1
    assert counts[1] == 5
    assert counts == sorted(counts)
    _, whole = printed(capsys, "tree", SMALL)
    assert len(whole.out.splitlines()) >= counts[-1]


def nodes(node):
    yield node
    for child in node.get("children", []):
        yield from nodes(child)


def test_sizes_in_trees_add_up(capsys):
    _, output = printed(capsys, "tree", SCAN, "--format", "json")
    content = json.loads(output.out)
    assert content["schema_version"] == 1
    assert content["errors"] == []
    for node in nodes(content["tree"]):
        if node.get("children"):
            assert sum(child["bits"] for child in node["children"]) == node["bits"]


@pytest.mark.parametrize("verb", ["tree", "trace"])
def test_what_is_whole_of_a_damaged_bitstream_is_shown(capsys, verb):
    path = STREAMS / "name-not-utf8.nnc"
    code, output = printed(capsys, verb, path)
    assert code == 2
    assert "!!" in output.out
    assert "mps_qp_density" in output.out
    assert "units[3].header.topology_elem_id" in output.err
    formats = {"tree": "json", "trace": "jsonl"}
    code, output = printed(capsys, verb, path, "--format", formats[verb])
    assert code == 2
    if verb == "tree":
        errors = json.loads(output.out)["errors"]
    else:
        rows = [json.loads(line) for line in output.out.splitlines()]
        errors = [row["error"] for row in rows if "error" in row]
    assert [error["path"] for error in errors] == ["units[3].header.topology_elem_id"]
    assert errors[0]["clause"] == "6.3.3"
    assert errors[0]["schema"].startswith("schema/compressed_data_unit.syntax:")


def test_standard_input(capsys, monkeypatch):
    for verb in ("tree", "trace", "check"):
        monkeypatch.setattr(
            sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(SMALL.read_bytes()))
        )
        assert run([verb, "-"]) == 0
        capsys.readouterr()


@pytest.mark.parametrize("verb", ["tree", "trace", "check"])
def test_files_that_are_no_use(capsys, tmp_path, verb):
    empty = tmp_path / "empty.nnc"
    empty.write_bytes(b"")
    assert run([verb, str(empty)]) == 4
    assert run([verb, str(tmp_path / "none.nnc")]) == 4
    capsys.readouterr()


def test_differences(capsys, tmp_path):
    assert run(["diff", str(SMALL), str(SMALL)]) == 0
    path = renamed(tmp_path, "y")
    code, output = printed(capsys, "diff", SMALL, path, "--format", "json")
    assert code == 1
    content = json.loads(output.out)
    assert not content["same"]
    assert "units[3].header.topology_elem_id" in {d["path_a"] for d in content["differences"]}
    assert run(["diff", "-", "-"]) == 4
    assert run(["diff", str(SMALL), str(STREAMS / "size-too-large.nnc")]) == 2


def test_findings(capsys):
    assert run(["check", str(SMALL), "--deep"]) == 0
    assert run(["check", str(STREAMS / "size-form-0.nnc")]) == 1
    capsys.readouterr()
    code, output = printed(capsys, "check", STREAMS / "stop-bit-p0.nnc", "--deep",
                           "--format", "json")  # fmt: skip
    assert code == 2
    content = json.loads(output.out)
    assert content["errors"] == len(content["findings"]) == 1
    assert content["findings"][0]["rule"] == "stop-bit"
    # Without decoding nothing is found.
    assert run(["check", str(STREAMS / "stop-bit-p0.nnc"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def out_of_band():
    options = []
    for name, shape in {
        "conv1.weight": "10,6,3,3",
        "conv1.bias": "10",
        "fc.weight": "22,31",
        "fc.bias": "22",
    }.items():
        options += ["--dimensions", f"{name}={shape}"]
    return [*options, "--cabac-unary-length-minus1", "10"]


def test_values_out_of_band(capsys, tmp_path):
    path = FOLDER / "p1-oob" / "bitstream.nnc"
    assert printed(capsys, "tree", path)[0] == 1
    for verb in (["tree"], ["trace"], ["trace", "--bins"], ["check", "--deep"], ["info"], ["ls"]):
        code, output = printed(capsys, *verb, path, *out_of_band())
        assert code == 0
        assert "was not given" not in output.out + output.err
    assert printed(capsys, "diff", path, path, *out_of_band())[0] == 0
    model, edited = tmp_path / "model.npz", tmp_path / "edited.nnc"
    assert printed(capsys, "decode", path, *out_of_band(), "-o", model)[0] == 0
    name = "units[3].header.topology_elem_id"
    assert printed(capsys, "set", path, *out_of_band(), f"{name}=x", "-o", edited)[0] == 0
    whole, built = tmp_path / "model.json", tmp_path / "built.nnc"
    assert printed(capsys, "json", path, *out_of_band(), "-o", whole)[0] == 0
    assert "unread_unit" not in whole.read_text("utf-8")
    assert printed(capsys, "build", whole, "-o", built)[0] == 0
    assert built.read_bytes() == path.read_bytes()
    named = [option.replace("conv1.weight", "x") for option in out_of_band()]
    assert printed(capsys, "get", edited, name, *named)[1].out == "x\n"


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--dimensions", "conv1.weight", "is not NAME=N,N..."),
        ("--dimensions", "w=3,x", "'x' must be a number"),
        ("--dimensions", "w=-3", "'-3' must be a number"),
        ("--cabac-unary-length-minus1", "x", "'x' must be a number"),
    ],
)
def test_values_out_of_band_that_are_no_use(capsys, option, value, message):
    code, output = printed(capsys, "tree", SMALL, option, value)
    assert code == 4
    assert message in output.err


def test_levels_in_parts_are_told_to_be_left_out(capsys, tmp_path):
    paths = [tmp_path / name for name in ("parts.nnc", "other.nnc")]
    for path, size in zip(paths, (100, 120), strict=True):
        arguments = ["cut", DEFAULT, "units[3]", size, "-o", path, "-q"]
        assert printed(capsys, *arguments)[0] == 0
    code, output = printed(capsys, "trace", paths[0], "--bins")
    assert code == 1
    assert "the bins of units[3] are not shown: it is a part of a unit" in output.err
    assert "units[3]" not in output.out
    code, output = printed(capsys, "diff", *paths, "--levels")
    assert code == 1
    assert "? units[3].payload  the levels can't be decoded: a part of a unit" in output.out
