"""The examples of the guide to editing, run from the first to the last."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from nnc.cli.main import run

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "editing.md"
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.M | re.S)


def commands(block: str) -> list[tuple[str, str]]:
    """Give the commands of a block, each with what it prints."""
    parts = re.split(r"^\$ ", block, flags=re.M)[1:]
    return [tuple(part.split("\n", 1)) for part in parts]


def test_the_examples_of_the_guide(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    count = 0
    for kind, block in BLOCK.findall(GUIDE.read_text("utf-8")):
        count += 1
        if kind == "python":
            example = doctest.DocTestParser().get_doctest(block, names, GUIDE.name, None, 0)
            runner = doctest.DocTestRunner(verbose=False)
            failed = runner.run(example, clear_globs=False).failed
            assert failed == 0, capsys.readouterr().out
            names = example.globs
            continue
        for command, expected in commands(block):
            program, *arguments = shlex.split(command)
            assert program == "nnc"
            capsys.readouterr()
            run(arguments)
            printed = capsys.readouterr()
            assert printed.out + printed.err == expected
    if count < 10:
        pytest.fail("the guide has lost its examples")
