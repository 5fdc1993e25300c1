"""What an installation pulls in: little, and all else as extras."""

import importlib.util
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NEEDED = {
    *("numpy", "ml_dtypes", "construct", "safetensors"),
    *("click", "jinja2", "lark", "lazy_loader", "rich"),
}


def test_an_installation_needs_little():
    names = {re.split(r"[^\w-]", one)[0] for one in PROJECT["dependencies"]}
    assert names == NEEDED


def test_the_command_imports_nothing_else():
    """Of packages that are installed beside, none is imported without an extra's use."""
    code = (
        "import sys; from importlib.metadata import packages_distributions;"
        "import nnc.cli.main, nnc.formats, nnc.inspect, nnc.explore, nnc.fuzzing, nnc.containers;"
        "import nnc.reduce, nnc.torch;"
        "loaded = {name.partition('.')[0] for name in sys.modules};"
        "packages = packages_distributions();"
        "print(*{one for name in loaded for one in packages.get(name, ())})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    allowed = NEEDED | {"markdown-it-py", "mdurl", "pygments", "nnc", "setuptools", "colorama"}
    found = {name.lower().replace("_", "-") for name in done.stdout.split()}
    assert found <= {name.replace("_", "-") for name in allowed}


def test_the_package_loads_what_is_asked_for():
    """`import nnc` loads nothing yet; then its names and its packages are there."""
    code = (
        "import sys, nnc; assert 'numpy' not in sys.modules; nnc.encode;"
        "print(nnc.reduce.__name__, hasattr(nnc, 'nothing'), set(nnc.__all__) <= set(dir(nnc)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["nnc.reduce", "False", "True"]


def test_stubs_are_installed():
    """Packages read their names from stubs, which stand beside the modules."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert "**/*.pyi" in data["package-data"]["nnc"]


@pytest.mark.parametrize(
    "name",
    [
        *("bitio.machine", "bitio.operations", "bitio.slots"),
        *("deepcabac.engine_lanes", "deepcabac.engine_rows"),
        *(f"deepcabac.engine_{name}" for name in ("codeword", "nodes", "parts", "streams")),
        *(f"deepcabac.engine_reading_{name}" for name in ("rows", "small")),
        *("deepcabac.engine_small", "deepcabac.engine_together", "encoder.quantization.feedback"),
        *(f"encoder.quantization.rate_{name}" for name in ("blocks", "counting", "path")),
        *(f"encoder.quantization.rate_{name}" for name in ("pieces", "trellis")),
        *(f"encoder.quantization.{name}" for name in ("rounding", "squares", "trellis")),
        *(f"encoder.quantization.trellis_{name}" for name in ("blocks", "path", "pieces")),
    ],
)
def test_modules_that_were_not_compiled_are_done_without(name):
    """Also where Cython is installed, which lets a part of them be imported."""
    path = ROOT / "nnc" / f"{name.replace('.', '/')}.py"
    spec = importlib.util.spec_from_file_location("uncompiled", path)
    with pytest.raises(ImportError):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_sources_in_c_are_not_ignored():
    """What is generated is in C as well, and left out of version control by its suffix."""
    sources = set(re.findall(r'"(nnc/[\w/]+\.c)"', (ROOT / "setup.py").read_text()))
    kept = set(re.findall(r"^!(.+\.c)$", (ROOT / ".gitignore").read_text(), re.MULTILINE))
    assert sources
    assert sources == kept


@pytest.mark.parametrize("compiles", [False, True])
def test_nothing_is_compiled_where_what_all_share_does_not_compile(monkeypatch, tmp_path, compiles):
    """A module that doesn't find it at hand doesn't load, and hides its source."""
    setuptools = pytest.importorskip("setuptools")
    cython = pytest.importorskip("Cython.Build")
    command = importlib.import_module("setuptools.command.build_ext").build_ext
    given = {}
    built = []

    def build_extensions(self):
        built.append([one.name for one in self.extensions])
        if compiles:
            path = Path(self.get_ext_fullpath("nnc._views"))
            path.parent.mkdir(exist_ok=True)
            path.touch()

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(cython, "cythonize", lambda modules, **_: modules)
    monkeypatch.setattr(setuptools, "setup", given.update)
    monkeypatch.setattr(command, "build_extensions", build_extensions)
    runpy.run_path(str(ROOT / "setup.py"))
    modules = given["ext_modules"]
    made = given.get("cmdclass", {}).get("build_ext", command)
    build = made(setuptools.Distribution({"ext_modules": modules}))
    build.ensure_finalized()
    build.build_lib = str(tmp_path)
    build.build_extensions()
    assert built[0] == ["nnc._views"]
    assert built[1:] == ([[one.name for one in modules]] if compiles else [])
