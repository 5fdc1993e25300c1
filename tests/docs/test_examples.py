"""Runs the examples of the README and the guides: code under a mark `<!-- example -->`."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"<!-- example(?P<where>: repository)? -->\n```(python|sh)\n(.*?)```", re.DOTALL)
PAGES = sorted(
    path
    for path in [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("docs/guides/*.md")]
    if FENCE.search(path.read_text("utf-8"))
)


def run_shell(commands: str, folder: Path) -> None:
    # The command `nnc` of this very interpreter, wherever the package is installed.
    tools = folder / ".tools"
    tools.mkdir(exist_ok=True)
    command = tools / "nnc"
    command.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'from nnc.cli import main; main()' \"$@\"\n"
    )
    command.chmod(0o755)
    (tools / "python").unlink(missing_ok=True)
    (tools / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (tools / "python").chmod(0o755)
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    environment["PATH"] = f"{tools}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", commands],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_there_are_examples():
    assert {"index.md", "quick-start.md", "schema-language.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    names: dict[str, object] = {}
    for _, language, code in FENCE.findall(page.read_text("utf-8")):
        if language == "sh":
            run_shell(code, tmp_path)
        else:
            exec(compile(code, str(page), "exec"), names)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
