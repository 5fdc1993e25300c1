import shutil
import subprocess
import sys

import pytest
from nnc_schema.__main__ import main

SCHEMA = """
clause 1 "Top"
status ours
root top
syntax top() {
    a u(8)
}
semantics {
    a
        Text.
}
"""


@pytest.fixture
def schema(tmp_path):
    folder = tmp_path / "schema"
    folder.mkdir()
    (folder / "one.syntax").write_text(SCHEMA, encoding="utf-8")
    (folder / "targets.toml").write_text(
        '[python]\noutput = "unused"\npackage = "made"\nruntime = "nnc.bitio"\n', encoding="utf-8"
    )
    return folder


def run(command, schema, output):
    return main([command, "--schema", str(schema), "--output", str(output)])


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_check(schema, tmp_path, capsys):
    assert run("check", schema, tmp_path / "made") == 0
    (schema / "one.syntax").write_text(SCHEMA.replace("u(8)", "x(8)"), encoding="utf-8")
    assert run("check", schema, tmp_path / "made") == 1
    assert capsys.readouterr().err.startswith("schema/one.syntax:6:5: found the unknown descriptor")
    assert not (tmp_path / "made").exists()


def test_build_is_the_same_every_time(schema, tmp_path):
    assert run("build", schema, tmp_path / "made") == 0
    first = contents(tmp_path / "made")
    assert b'"schema/one.syntax:5"' in first["one.py"]
    # Another process hashes strings differently.
    command = [sys.executable, "-m", "generator", "build", "--schema", str(schema)]
    subprocess.run([*command, "--output", str(tmp_path / "again")], check=True, capture_output=True)
    assert contents(tmp_path / "again") == first


def test_diff(schema, tmp_path, capsys):
    made = tmp_path / "made"
    run("build", schema, made)
    capsys.readouterr()
    assert run("diff", schema, made) == 0
    assert capsys.readouterr().out == ""
    (schema / "one.syntax").write_text(SCHEMA.replace("u(8)", "u(7)"), encoding="utf-8")
    assert run("diff", schema, made) == 1
    shown = capsys.readouterr().out
    assert '-            "u(8)",' in shown
    assert '+            "u(7)",' in shown
    assert run("build", schema, made) == 0
    assert run("diff", schema, made) == 0


def test_diff_sees_edits_and_files_too_many(schema, tmp_path, capsys):
    made = tmp_path / "made"
    run("build", schema, made)
    path = made / "one.py"
    path.write_text(path.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    assert run("diff", schema, made) == 1
    assert "-# edited" in capsys.readouterr().out
    run("build", schema, made)
    shutil.copy(path, made / "gone.py")
    assert run("diff", schema, made) == 1
    assert "gone.py (found)" in capsys.readouterr().out
    run("build", schema, made)
    assert not (made / "gone.py").exists()


def test_files_written_by_hand_stay(schema, tmp_path, capsys):
    made = tmp_path / "made"
    run("build", schema, made)
    by_hand = made / "by_hand.py"
    by_hand.write_text('"""Mine."""\n', encoding="utf-8")
    assert run("diff", schema, made) == 0
    run("build", schema, made)
    assert by_hand.read_text(encoding="utf-8") == '"""Mine."""\n'


def test_target_without_settings(schema, tmp_path):
    (schema / "targets.toml").unlink()
    with pytest.raises(SystemExit, match="has no section of any target"):
        run("build", schema, tmp_path / "made")
    with pytest.raises(SystemExit, match=r"has no section \[docs\]"):
        main(["build", "--schema", str(schema), "--target", "docs"])
