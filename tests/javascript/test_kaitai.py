"""What the Kaitai target writes, read by what Kaitai Struct's own compiler makes of it."""

import enum
import json
import subprocess
from pathlib import Path

import pytest
from nnc_schema.language.reader import read_schema
from nnc_schema.passes.checker import check
from nnc_schema.targets.ksy.expressions import identifier
from nnc_schema.targets.ksy.target import structure

from nnc.engine.format import Format
from tests.javascript.reader import node, run
from tests.library.files import of

LIBRARY = Path(__file__).parents[2] / "schema" / "library"


@pytest.fixture(scope="module")
def kaitai():
    """Skip where the compiler can't be found by node, by NODE_PATH for example, or its runtime."""
    script = "require('kaitai-struct-compiler')"
    if subprocess.run([node(), "-e", script], check=False, capture_output=True).returncode:
        pytest.skip("kaitai-struct-compiler isn't installed")
    return pytest.importorskip("kaitaistruct")


def leaves(value, key=""):
    """Yield names and values in the order of reading."""
    if isinstance(value, list):
        for each in value:
            yield from leaves(each, key)
    elif hasattr(value, "_io"):
        parameters = type(value).__init__.__code__.co_varnames
        for name, each in vars(value).items():
            if name[0] != "_" and name not in ("unsaid", "at_begin", *parameters):
                yield from leaves(each, name)
    elif value is not None:
        yield key, value.value if isinstance(value, enum.Enum) else value


def compare(name, root, pieces, folder):
    """Check that both read the same of data; pieces are data, and what Python reads of them."""
    unsaid = {}
    made = structure(check(read_schema(LIBRARY / name)), name, root, unsaid)
    (folder / "made.json").write_text(json.dumps(made), "utf-8")
    module = {}
    exec(run("kaitai.cjs", str(folder / "made.json")), module)
    kind, count = module[name.capitalize()], 0
    for data, elements in pieces:
        found = leaves(kind.from_bytes(data))
        expected = [
            (identifier(each.name), told(each.value))
            for each in elements
            if each.descriptor
            and each.name not in ("trailing_data", "padding")
            and not unsaid.keys() & {table for _, table, _ in each.stack}
        ]
        assert [(key, told(value)) for key, value in found] == expected
        count += len(expected)
    return count, unsaid


def told(value):
    """Return a value as both have it."""
    return bytes(value) if isinstance(value, bytes | memoryview) else value


@pytest.mark.slow
def test_boxes(kaitai, tmp_path):
    form = Format.load("isobmff")
    pieces = [(data, list(form.trace(data).all_elements())) for data in of("isobmff")]
    count, unsaid = compare("isobmff", "", pieces, tmp_path)
    assert count > 1000
    assert set(unsaid) == {"item_location", "edit_list_box", "track_fragment_random_access_box"}


@pytest.mark.slow
def test_metadata_of_flac(kaitai, tmp_path):
    form, pieces = Format.load("flac"), []
    for data in of("flac"):
        elements = list(form.trace(data).records[0].elements)
        starts = [n for n, each in enumerate(elements) if each.name == "last_block_flag"]
        for start, stop in zip(starts, [*starts[1:], len(elements)], strict=True):
            block = [one for one in elements[start:stop] if "metadata_block" in one.path]
            pieces.append((data[elements[start].position // 8 :], block))
    count, unsaid = compare("flac", "metadata_block", pieces, tmp_path)
    assert count > 100
    assert not unsaid
