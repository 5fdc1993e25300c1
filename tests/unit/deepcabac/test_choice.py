"""Which engine is taken, and what the user is told."""

import os
import subprocess
import sys

import pytest

import nnc.deepcabac

SCRIPT = """
import sys, warnings
warnings.simplefilter("always")
import nnc.deepcabac
assert "nnc.deepcabac.reference" not in sys.modules
assert "nnc.deepcabac.engine" not in sys.modules
if {hide}:
    from importlib import util
    nnc.deepcabac.find_spec = lambda name: None
with warnings.catch_warnings(record=True) as caught:
    nnc.deepcabac.Decoder, nnc.deepcabac.Encoder, nnc.deepcabac.Decoder
print(nnc.deepcabac.engine_name(), len(caught), *(str(w.message) for w in caught))
"""


def run(engine, hide=False):
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.format(hide=hide)],
        env={**os.environ, "NNC_ENGINE": engine, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_reference_by_name_gives_no_warning():
    assert run("reference").stdout.split() == ["reference", "0"]


def test_compiled_by_name(both):
    name, warnings = run("compiled").stdout.split()
    assert name in ("lanes", "scalar")
    assert warnings == "0"


def test_scalar_by_name(both):
    assert run("scalar").stdout.split() == ["scalar", "0"]


def test_lanes_by_name_where_there_are_any(both):
    assert run("lanes").stdout.split() == (["lanes", "0"] if nnc.deepcabac.lanes() else [])


def test_without_compiled_engine_one_warning():
    words = run("", hide=True).stdout.split(maxsplit=2)
    assert words[:2] == ["reference", "1"]
    assert "C compiler" in words[2]


@pytest.mark.parametrize(("engine", "hide"), [("fast", False), ("compiled", True)])
def test_what_cannot_be_had_is_an_error(engine, hide):
    result = run(engine, hide)
    assert result.returncode != 0
    assert "InputError" in result.stderr
    assert "NNC_ENGINE" in result.stderr


def test_all_that_the_engine_loads_is_looked_for(both):
    script = """
import sys, nnc.deepcabac
nnc.deepcabac.Decoder, nnc.deepcabac.Encoder
print(*(name for name in sys.modules if name.startswith("nnc.deepcabac.engine_")))"""
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "NNC_ENGINE": "compiled", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    parts = {f"nnc.deepcabac.engine_{part}" for part in nnc.deepcabac._PARTS}
    assert set(result.stdout.split()) <= parts


@pytest.mark.parametrize("part", ["rows", "parts", "codeword", "encoder", "decoder"])
def test_where_one_part_is_missing_nothing_compiled_is_taken(both, monkeypatch, part):
    find = nnc.deepcabac.find_spec

    def find_others(name):
        return None if name == f"nnc.deepcabac.engine_{part}" else find(name)

    monkeypatch.setattr(nnc.deepcabac, "find_spec", find_others)
    assert not nnc.deepcabac._has_all_parts()


@pytest.mark.parametrize("error", [ImportError, KeyError])
def test_a_module_that_does_not_load_is_none(monkeypatch, error):
    def fail(name):
        raise error(name)

    monkeypatch.setattr(nnc.deepcabac, "is_compiled", lambda: True)
    monkeypatch.setattr(nnc.deepcabac, "import_module", fail)
    assert nnc.deepcabac.compiled_module("nnc.deepcabac.engine_there_is_none") is None
