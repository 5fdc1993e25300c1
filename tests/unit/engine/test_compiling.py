"""Schemas compiled in memory: what comes out, what is kept, what is refused."""

import shutil
import sys
from pathlib import Path

import pytest

from nnc.bitio import InputError
from nnc.engine import compiling
from nnc.engine.compiling import SchemaMistakesError, compiled
from tests.second_format import syntax

FOLDER = Path(__file__).parents[2] / "second_format" / "schema"
SEQUENCE = bytes.fromhex("6742000af841a2")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NNC_CACHE", str(tmp_path / "cache"))
    before = forget()
    yield tmp_path / "cache"
    forget()
    sys.modules.update(before)


def forget():
    """Let the process forget what it compiled, and return it."""
    compiling.loaded.cache_clear()
    names = [name for name in sys.modules if name.startswith(compiling.PACKAGE)]
    return {name: sys.modules.pop(name) for name in names}


def test_the_same_as_what_is_built(cache):
    package = compiled(FOLDER)
    assert package.ROOT == syntax.ROOT == "nal_unit"
    assert package.TABLES.keys() == syntax.TABLES.keys()
    unit = package.nal_unit.parse(SEQUENCE)
    assert unit.profile_idc == syntax.nal_unit.parse(SEQUENCE).profile_idc
    assert package.nal_unit.build(unit) == SEQUENCE
    assert package.parameter_sets.ProfileIdc is package.ProfileIdc


def test_compiled_once(cache, monkeypatch):
    first = compiled(FOLDER)
    assert compiled(FOLDER) is first
    forget()
    monkeypatch.setattr(compiling, "sources", None)
    assert compiled(FOLDER).nal_unit.parse(SEQUENCE).level_idc == 10


def test_a_changed_schema_is_compiled_anew(cache, tmp_path):
    folder = tmp_path / "schema"
    shutil.copytree(FOLDER, folder)
    first = compiled(folder)
    path = folder / "parameter_sets.syntax"
    path.write_text(path.read_text("utf-8").replace("level_idc", "level"), "utf-8")
    assert compiled(folder) is not first
    assert compiled(folder).nal_unit.parse(SEQUENCE).level == 10


@pytest.mark.parametrize("damage", [b"", b"x" * 100])
def test_damaged_cache(cache, damage):
    compiled(FOLDER)
    (kept,) = cache.iterdir()
    kept.write_bytes(damage)
    forget()
    assert compiled(FOLDER).ROOT == "nal_unit"


def test_what_others_may_have_written_is_not_run(cache, monkeypatch):
    compiled(FOLDER)
    (kept,) = cache.iterdir()
    assert kept.name.endswith(".python")
    kept.chmod(0o666)
    assert compiling.stored(kept.name) is None
    kept.chmod(0o600)
    assert compiling.stored(kept.name) is not None


def test_no_cache(cache, monkeypatch):
    monkeypatch.setenv("NNC_CACHE", "")
    assert compiled(FOLDER).ROOT == "nal_unit"
    assert not cache.exists()


def test_mistakes(cache, tmp_path):
    with pytest.raises(InputError, match="there is no such folder"):
        compiled(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no schema"):
        compiled(tmp_path)
    (tmp_path / "wrong.syntax").write_text("root nothing\n", "utf-8")
    with pytest.raises(SchemaMistakesError, match=r"wrong\.syntax:1:"):
        compiled(tmp_path)
