"""The verbs that rename, select, merge, split, wrap, cut and convert."""

import nnc
from nnc.bitstream import Bitstream
from nnc.cli.main import run
from tests.cases import FOLDER

SOURCE = str(FOLDER / "p1-base-default-dq" / "bitstream.nnc")
DATA = (FOLDER / "p1-base-default-dq" / "bitstream.nnc").read_bytes()


def names(path):
    return list(nnc.decode(path.read_bytes()))


def test_rename(tmp_path, capsys):
    target = tmp_path / "out.nnc"
    assert run(["rename", SOURCE, "fc.bias=b", "-o", str(target), "-q"]) == 0
    assert names(target) == ["conv1.weight", "conv1.bias", "fc.weight", "b"]
    assert run(["rename", SOURCE, "fc.bias", "--dry-run"]) == 4
    assert "is not OLD=NEW" in capsys.readouterr().err


def test_select(tmp_path, capsys):
    target = tmp_path / "out.nnc"
    assert run(["select", SOURCE, "fc.*", "*.weight", "-o", str(target), "-q"]) == 0
    assert names(target) == ["fc.weight", "fc.bias", "conv1.weight"]
    assert run(["select", SOURCE, "--drop", "fc.*", "-o", str(target), "-q", "--force"]) == 0
    assert names(target) == ["conv1.weight", "conv1.bias"]
    assert run(["select", SOURCE, "q*", "--dry-run"]) == 4
    assert "no tensor matches 'q*'" in capsys.readouterr().err


def test_split_and_merge(tmp_path):
    first, second, both = (tmp_path / f"{name}.nnc" for name in "abc")
    assert run(["split", SOURCE, "conv1.*", "-o", str(first), "--rest", str(second)]) == 0
    assert names(first) == ["conv1.weight", "conv1.bias"]
    assert names(second) == ["fc.weight", "fc.bias"]
    assert run(["merge", str(first), str(second), "-o", str(both)]) == 0
    assert names(both) == names(first) + names(second)
    assert run(["split", SOURCE, "*", "-o", str(both), "--rest", str(both), "--force"]) == 4


def test_wrap_and_unwrap(tmp_path):
    wrapped, target = tmp_path / "wrapped.nnc", tmp_path / "out.nnc"
    assert run(["wrap", SOURCE, "3", "6", "--self-contained", "-o", str(wrapped), "-q"]) == 0
    assert Bitstream.open(wrapped).get("units[3].header.nnr_aggregate_unit_type") == 1
    assert run(["unwrap", str(wrapped), "units[3]", "-o", str(target), "-q"]) == 0
    assert target.read_bytes() == DATA


def test_cut_and_join(tmp_path, capsys):
    parts, target = tmp_path / "parts.nnc", tmp_path / "out.nnc"
    assert run(["cut", SOURCE, "units[3]", "100", "-o", str(parts), "-q"]) == 0
    assert len(Bitstream.open(parts).units) == 11
    # Listed, summed up and compared as if it were whole.
    for verb in (["ls"], ["info"], ["diff", SOURCE, "--values"]):
        assert run([*verb, str(parts)]) == 0
    assert run(["levels", str(parts), "conv1.weight"]) == 3
    assert "join its parts first" in capsys.readouterr().err
    assert run(["join", str(parts), "units[3]", "-o", str(target), "-q"]) == 0
    assert target.read_bytes() == DATA


def test_convert(tmp_path, capsys):
    target = tmp_path / "out.nnc"
    assert run(["convert", SOURCE, "--profile", "0", "--dry-run"]) == 0
    assert "general_profile_idc: 1 -> 0" in capsys.readouterr().out
    assert run(["convert", SOURCE, "--profile", "0", "-o", str(target), "-q"]) == 0
    assert Bitstream.open(target).get("units[0].header.general_profile_idc") == 0
    assert run(["convert", SOURCE, "--profile", "3", "--dry-run"]) == 4


def test_json_nested_without_end(tmp_path, capsys):
    path = tmp_path / "m.json"
    for text in ("[" * 200_000, '{"units":' * 200_000):
        path.write_text(text)
        assert run(["build", str(path), "-o", str(tmp_path / "m.nnc")]) == 4
        assert "m.json: not JSON" in capsys.readouterr().err
