"""Commands and what they print: the first line of each file is run, the rest is compared.

python tests/update.py rewrites the files; then the difference tells what a change does.
"""

import shlex
from pathlib import Path

import pytest

from nnc.cli.main import run
from tests.golden_files import check_golden

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = sorted(HERE.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_transcript(path, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    first = path.read_text("utf-8").partition("\n")[0]
    assert first.startswith("$ nnc ")
    code = run(shlex.split(first)[2:])
    output = capsys.readouterr()
    lines = [first, output.out.rstrip("\n")]
    if output.err:
        lines += ["--- standard error", output.err.rstrip("\n")]
    check_golden(path, "\n".join([*lines, f"--- exit code {code}", ""]))


def test_there_are_transcripts_of_each_verb_that_looks():
    verbs = {path.read_text("utf-8").split()[2] for path in FILES}
    assert {"tree", "trace", "diff", "check"} <= verbs
