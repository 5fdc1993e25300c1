"""Runs the examples of the README and the guides, a page from the top to the bottom.

What is run: code under a mark `<!-- example -->`; Python sessions (`>>>`) and console sessions
(`$ nnc ...`), whose output has to be what the page says. `<!-- example: torch -->` names what has
to be installed. Each page finds two small models, `model.safetensors` and `new.safetensors`.
Anything else of Python or shell has to say why it isn't run, by a mark `<!-- not run: ... -->` or
`<!-- command: ... -->`, which `.ci/run` takes.
"""

import doctest
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import nnc
from nnc.cli.main import run
from tests.docs.command import client, server

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>example|not run|command)(?:: (?P<what>[^\n]*))? -->\n)?"
    r"```(?P<language>python|sh|console)\n(?P<code>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("docs/guides/*.md")])
# The page of the API is generated; its blocks are signatures.
PAGES = [path for path in PAGES if path.name != "api.md" and BLOCK.search(path.read_text("utf-8"))]


@pytest.fixture(scope="session")
def tools(tmp_path_factory):
    """Return a folder with the commands `nnc` and `python` of this very interpreter."""
    folder = tmp_path_factory.mktemp("tools")
    address = folder / "calls"
    python = f'#!/bin/sh\nexec {sys.executable} "$@"\n'
    for name, program in (("nnc", client(address)), ("python", python)):
        (folder / name).write_text(program)
        (folder / name).chmod(0o755)
    with server(address):
        yield folder


def run_shell(commands: str, folder: Path, tools: Path) -> None:
    environment = dict(os.environ)
    if Path(nnc.__file__).is_relative_to(ROOT):
        paths = (str(ROOT), str(ROOT / "generator"))
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    environment["PATH"] = f"{tools}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", commands],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{commands}\n{done.stderr}"


def run_session(code: str, names: dict[str, object], page: str, capsys) -> None:
    example = doctest.DocTestParser().get_doctest(code, names, page, None, 0)
    runner = doctest.DocTestRunner(verbose=False)
    failed = runner.run(example, clear_globs=False).failed
    assert failed == 0, capsys.readouterr().out
    names.update(example.globs)


def run_console(block: str, capsys) -> None:
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, expected = part.split("\n", 1)
        program, *arguments = shlex.split(command)
        assert program == "nnc"
        capsys.readouterr()
        run(arguments)
        printed = capsys.readouterr()
        assert printed.out + printed.err == expected, command


def write_models(folder: Path) -> None:
    """Write the models that examples begin with."""
    random = np.random.default_rng(0)
    for name in ("model", "new"):
        weights = random.normal(0, 0.05, (64, 64)).astype(np.float32)
        tensors = {"layer.weight": weights, "layer.bias": weights[:, 0].copy()}
        save_file(tensors, folder / f"{name}.safetensors")


def runs(block: re.Match[str]) -> bool:
    """Tell whether a block is run, as it stands there."""
    if block["mark"] in ("not run", "command"):
        return False
    return block["mark"] == "example" or block["code"].startswith((">>> ", "$ nnc"))


def installed(what: str | None) -> bool:
    names = [] if what in (None, "repository") else str(what).split(", ")
    return all(importlib.util.find_spec(name) is not None for name in names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_run_or_says_why_not(page):
    for block in BLOCK.finditer(page.read_text("utf-8")):
        excused = block["mark"] in ("not run", "command") and bool(block["what"])
        assert runs(block) or excused, block["code"]


def with_mark(page: Path):
    """Mark a page whose examples need extras, which CI runs again when it has them."""
    needed = {block["what"] for block in BLOCK.finditer(page.read_text("utf-8")) if runs(block)}
    marks = [pytest.mark.extras] if needed - {None, "repository"} else []
    return pytest.param(page, marks=marks, id=page.name)


@pytest.mark.parametrize("page", [with_mark(page) for page in PAGES])
def test_examples(page, tools, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    before = set(sys.modules)
    names: dict[str, object] = {}
    missing = []
    write_models(tmp_path)
    for block in BLOCK.finditer(page.read_text("utf-8")):
        if not runs(block):
            continue
        if not installed(block["what"]):
            missing.append(block["what"])
        elif block["language"] == "sh":
            run_shell(block["code"], tmp_path, tools)
        elif block["language"] == "console":
            run_console(block["code"], capsys)
        elif block["code"].startswith(">>> "):
            run_session(block["code"], names, page.name, capsys)
        else:
            exec(compile(block["code"], str(page), "exec"), names)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
    if missing:
        pytest.skip(f"all but what needs {' and '.join(missing)} was run")
