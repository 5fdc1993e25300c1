"""Readers in JavaScript of NNC and of the library: the same trees and errors as Python's."""

from pathlib import Path

import pytest

from nnc.engine.format import Format
from nnc.engine.framing import Repeat
from tests.conftest import VECTORS
from tests.javascript.reader import compare, made, node
from tests.library.files import of
from tests.mutations import mutations

ROOT = Path(__file__).parents[2]
FORMATS = ("nnc", *Format.names())

#: Of so many files one in the quick run, and so many damaged ones.
QUICK = {"nnc": (20, 80), "flac": (3, 60)}

#: Larger files are not damaged: whoever does it reads them over and over.
LARGEST = 50_000


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """Return a function from a format to it in Python, its reader, and its files."""
    found = {}

    def reader(name):
        node()
        if name not in found:
            schema = ROOT / "schema" if name == "nnc" else ROOT / "schema" / "library" / name
            form = Format.load(schema)
            if name == "nnc":
                form.framing = Repeat()
            files = of(name) if name != "nnc" else vectors()
            found[name] = form, made(schema, tmp_path_factory.mktemp(name)), files
        return found[name]

    return reader


def vectors():
    return [path.read_bytes() for path in sorted(VECTORS.glob("*/*.nnc"))]


def same(readers, name, folder, step, count, seed):
    form, module, files = readers(name)
    repeated = name == "nnc"
    faults = compare(form, module, files[::step], folder, repeated=repeated)
    # Some vectors take values that only the caller knows.
    assert faults == 0 or name == "nnc"
    small = [data for data in files if len(data) < LARGEST]
    damaged = list(mutations(small, count, seed))
    assert compare(form, module, damaged, folder, repeated=repeated)


@pytest.mark.parametrize("name", QUICK)
def test_some_files(readers, tmp_path, name):
    same(readers, name, tmp_path, *QUICK[name], seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_all_files(readers, tmp_path, name):
    same(readers, name, tmp_path, 1, 2000, seed=1)
