"""`nnc schema` and --schema: a format of one's own, from an empty folder."""

import json

import pytest

from nnc.cli.main import run


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """An empty folder in which `nnc schema new recorder` was run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNC_CACHE", str(tmp_path.parent / "cache"))
    assert run(["schema", "new", "recorder"]) == 0
    told = capsys.readouterr().out
    return [line.strip() for line in told.splitlines() if line.startswith("  nnc ")]


def out(capsys, *words, code=0):
    assert run(list(words)) == code
    return capsys.readouterr()


def test_the_commands_that_new_prints_work(here, capsys, tmp_path):
    import shlex

    assert len(here) == 5
    for line in here:
        out(capsys, *shlex.split(line)[1:])
    assert (tmp_path / "pages" / "docs" / "recorder.md").exists()
    assert run(["schema", "new", "recorder"]) == 4
    assert "recorder exists; choose another name" in capsys.readouterr().err
    assert run(["schema", "new", "Some-Thing"]) == 4


def test_every_verb_takes_the_schema(here, capsys, tmp_path):
    file, schema = "recorder/example.bin", ("--schema", "recorder")
    assert "part[1]" in out(capsys, "tree", file, *schema).out
    rows = out(capsys, "trace", file, *schema, "--format", "jsonl").out.splitlines()
    assert json.loads(rows[-1])["path"] == "part[1].sample[3]"
    assert out(capsys, "get", file, "part[*].kind", *schema).out == (
        "part[0].kind = 0\npart[1].kind = 1\n"
    )
    out(capsys, "set", file, "part[1].kind=NOTE", "part[1].text=x", "-o", "a", *schema)
    out(capsys, "insert", "a", "part[0]", '{"kind": 1, "sample": [1, 2]}', "-o", "b", *schema)
    assert out(capsys, "get", "b", "part[0].sample_count", *schema).out == "2\n"
    planned = out(capsys, "remove", "b", "part[0]", "--dry-run", *schema).out
    assert "part_count: 3 -> 2" in planned
    out(capsys, "remove", "b", "part[0]", "-o", "c", *schema)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "c").read_bytes()
    assert out(capsys, "diff", "a", "c", *schema).out == ""
    told = out(capsys, "diff", file, "a", *schema, code=1).out
    assert "~ part[1].kind  1 -> 0" in told
    out(capsys, "json", "b", "-o", "b.json", *schema)
    out(capsys, "build", "b.json", "-o", "d", *schema)
    assert (tmp_path / "b").read_bytes() == (tmp_path / "d").read_bytes()
    described = json.loads(out(capsys, "json", "--json-schema", *schema).out)
    assert "recorder" in described["$defs"]
    out(capsys, "check", "b", *schema)
    out(capsys, "set", "b", "version=7", "--force", "-o", "e", *schema)
    found = out(capsys, "check", "e", *schema, code=2).out
    assert found.startswith("error: version, at 4.0: version is 7 (allowed: 1..1)")


def test_corpora(here, capsys, tmp_path):
    schema = ("--schema", "recorder")
    assert "range:kind\tfinding\t" in out(capsys, "fuzz", "--list-rules", *schema).out
    out(capsys, "fuzz", "--valid", "3", "-o", "good", *schema)
    for file in (tmp_path / "good").glob("*.bin"):
        out(capsys, "check", str(file), *schema)
    out(capsys, "fuzz", "--break", "range:kind", "-n", "2", "-o", "bad", *schema)
    (first, _) = json.loads((tmp_path / "bad" / "manifest.json").read_text())["files"]
    found = out(capsys, "check", f"bad/{first['file']}", *schema, code=2).out
    assert first["path"] in found
    out(capsys, "fuzz", "--mutate", "recorder/example.bin", "20", "-o", "odd", *schema)
    for file in (tmp_path / "odd").glob("*.bin"):
        assert run(["tree", str(file), *schema]) in (0, 2, 4)  # an empty file is no input
    capsys.readouterr()


def test_the_explorers_page(here, capsys, tmp_path):
    out(capsys, "explore", "recorder/example.bin", "-o", "page.html", "--schema", "recorder")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "Text of a note" not in page
    assert "The text of a note." in page
    assert '"part[1]"' in page


def test_damaged_files_are_shown_up_to_the_fault(here, capsys, tmp_path):
    data = (tmp_path / "recorder" / "example.bin").read_bytes()
    (tmp_path / "short").write_bytes(data[:-3])
    told = out(capsys, "tree", "short", "--schema", "recorder", code=2)
    assert "sample_count  4" in told.out
    assert told.err.startswith("nnc: part[1].sample[1], at 16.0: the data end")


def test_mistakes_of_the_call(here, capsys, tmp_path):
    file = "recorder/example.bin"
    told = out(capsys, "tree", file, "--schema", "recordr", code=4).err
    assert "recordr: neither a folder with a schema nor a format of the library" in told
    told = out(capsys, "check", file, "--deep", "--schema", "recorder", code=4).err
    assert "--deep: not for files that --schema describes" in told
    told = out(capsys, "schema", "build", "recorder", code=4).err
    assert "name the package with -o" in told


def test_mistakes_of_the_schema(here, capsys, tmp_path):
    path = tmp_path / "recorder" / "recorder.syntax"
    path.write_text(path.read_text("utf-8").replace("u(4)  Kind", "x(4)  Kind"), "utf-8")
    told = out(capsys, "schema", "check", "recorder", code=1).err
    assert told.startswith("recorder/recorder.syntax:")
    assert "'x'" in told
    again = out(capsys, "tree", "recorder/example.bin", "--schema", "recorder", code=4).err
    assert told.strip() in again


def test_a_package_is_built_and_compared(here, capsys, tmp_path):
    out(capsys, "schema", "build", "recorder", "-o", "made")
    (path,) = (tmp_path / "made").glob("recorder*.py")
    assert out(capsys, "schema", "diff", "recorder", "-o", "made").out == ""
    path.write_text(path.read_text("utf-8").replace("Kind", "Sort"), "utf-8")
    assert "+class Kind" in out(capsys, "schema", "diff", "recorder", "-o", "made", code=1).out
