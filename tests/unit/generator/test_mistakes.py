"""What `check` says of wrong schemas: for each mistake the place, and what to write."""

from pathlib import Path

import pytest
from nnc_schema.__main__ import main
from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError
from nnc_schema.language.reader import read_text
from nnc_schema.passes.checker import check

from tests.golden_files import check_golden

FOLDER = Path(__file__).parent / "mistakes"
SCHEMAS = sorted(FOLDER.glob("*.syntax"))


def reported(path):
    text = path.read_text(encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        check(tree.Schema((read_text(text, path.name),)))
    return caught.value


def test_there_are_forty():
    assert len(SCHEMAS) >= 40


def test_reports_are_as_they_were():
    texts = [reported(path).report() for path in SCHEMAS]
    check_golden(FOLDER / "reports.txt", "\n".join(texts) + "\n")


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_every_mistake_says_what_to_write(path):
    error = reported(path)
    assert all(each.hint for each in error.all), error.report()
    expected = 1 if path.stem != "several-at-once" else 5
    assert len(error.all) >= expected


def test_the_command_prints_all_with_their_hints(tmp_path, capsys):
    folder = tmp_path / "made"
    folder.mkdir()
    for name in ("several-at-once", "name-mistyped"):
        text = (FOLDER / f"{name}.syntax").read_text("utf-8")
        (folder / f"{name}.syntax").write_text(text, "utf-8")
    assert main(["check", "--schema", str(folder)]) == 1
    shown = capsys.readouterr().err
    assert "made/several-at-once.syntax:5:5: found the unknown descriptor 'ux'" in shown
    assert "    write" in shown


def test_mistakes_of_every_file_are_told(tmp_path):
    from nnc_schema.language.reader import read_schema

    for name in ("one", "two"):
        (tmp_path / f"{name}.syntax").write_text("syntax (", "utf-8")
    with pytest.raises(SchemaError) as caught:
        read_schema(tmp_path)
    assert len(caught.value.all) == 2


def test_warnings_do_not_fail(tmp_path, capsys):
    text = 'semantics optional clause 1 "T" status ours root top syntax top() { a u(8) }'
    (tmp_path / "top.syntax").write_text(text, "utf-8")
    assert main(["check", "--schema", str(tmp_path)]) == 0
    assert "top.syntax:1:69: warning: 'a' has no semantics" in capsys.readouterr().err
