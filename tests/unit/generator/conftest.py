"""Compiles made-up schemas into packages that the tests import."""

import importlib
import itertools
import sys

import pytest
from nnc_schema.language import tree
from nnc_schema.language.reader import read_text
from nnc_schema.passes.checker import check
from nnc_schema.targets.python import target as python
from nnc_schema.targets.strategies import target as strategies

FRAME = 'clause 1.2 "Made up"\nstatus ours\nroot top\n'
NUMBERS = itertools.count()


def as_it_is(text, *_):
    """Stand in for the formatter."""
    return text


@pytest.fixture
def analyse():
    """Return a function from schema texts (by file name) to the analysis of the schema."""

    def run(**texts):
        files = [read_text(text, f"made/{name}.syntax") for name, text in sorted(texts.items())]
        return check(tree.Schema(tuple(files)))

    return run


@pytest.fixture
def compile_schema(tmp_path, monkeypatch, analyse):
    """Return a function from schema texts to the imported package that is generated from them."""
    monkeypatch.syspath_prepend(str(tmp_path))
    # Code that nobody reads needn't be tidy; test_main.py and `generator diff` look at that.
    monkeypatch.setattr(python, "formatted", as_it_is)
    made = []

    def run(**texts):
        package = f"made_up_{next(NUMBERS)}"
        made.append(package)
        files = python.generate(analyse(**texts), {"package": package, "runtime": "nnc.bitio"})
        (tmp_path / package).mkdir()
        for name, text in files.items():
            (tmp_path / package / name).write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return importlib.import_module(package)

    yield run
    for name in list(sys.modules):
        if name.partition(".")[0] in made:
            del sys.modules[name]


@pytest.fixture
def compile_table(compile_schema):
    """Return a function from the lines of a table `top` to the package with it.

    Semantics are added: text for every name in `names`, lines of keys in `keys` by name.
    """

    def run(body, names, *, before="", after="", **keys):
        lines = [FRAME, before, "syntax top() {", body, "}"]
        if names:
            lines.append("semantics {")
            for name in names.split():
                lines += [f"    {name}", f"        Meaning of {name}."]
                lines += [f"        {key}" for key in keys.get(name, ())]
            lines.append("}")
        return compile_schema(made="\n".join([*lines, after]) + "\n")

    return run


@pytest.fixture
def compile_both(tmp_path, monkeypatch, analyse):
    """Return a function from a schema's text, or its files, to its tables and its draws."""
    monkeypatch.syspath_prepend(str(tmp_path))
    for target in (python, strategies):
        monkeypatch.setattr(target, "formatted", as_it_is)
    made = []

    def run(text="", **texts):
        analysis = analyse(**(texts or {"made": text}))
        package = f"drawn_{next(NUMBERS)}"
        made.append(package)
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        options = {"runtime": "nnc.bitio", "syntax": f"{package}.tables"}
        for room, target in (("tables", python), ("draws", strategies)):
            files = target.generate(analysis, options | {"package": f"{package}.{room}"})
            (tmp_path / package / room).mkdir()
            for name, text in files.items():
                (tmp_path / package / room / name).write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return [importlib.import_module(f"{package}.{room}") for room in ("tables", "draws")]

    yield run
    for name in list(sys.modules):
        if name.partition(".")[0] in made:
            del sys.modules[name]
