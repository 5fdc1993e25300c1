"""What the command loads before it does anything: no more than a verb needs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnc
from nnc.__main__ import LOOKS
from nnc.cli.main import VERBS

ROOT = Path(__file__).parents[3]

#: What looking into headers needs none of, beside what `import numpy` loads by itself.
HEAVY = (
    *("nnc.api", "nnc.encoder.model", "nnc.formats", "nnc.containers", "nnc.reduce", "nnc.torch"),
    *("nnc.bitstream.editing", "nnc.engine.editing", "nnc.engine.looking", "nnc.engine.document"),
    *("nnc.deepcabac.engine_encoder", "nnc.deepcabac.observed", "nnc.model.batch_norm"),
    *("nnc.decoder.model", "nnc.decoder.session", "nnc.model.pruning", "nnc.model.options"),
    *("nnc.model.performance_maps", "nnc.model.topology", "nnc.fuzzing", "nnc.explore"),
    *("ml_dtypes", "safetensors", "rich", "lark", "jinja2", "torch", "onnx"),
    *("concurrent.futures", "logging", "tempfile", "zipfile", "importlib.metadata"),
    *("difflib", "csv"),
)

#: Runs a verb and prints the modules that it has loaded, but not those of numpy alone.
RUN = """
import contextlib, io, json, sys
import numpy
before = set(sys.modules)
from nnc.cli.main import run
with contextlib.redirect_stdout(io.StringIO()):
    code = run(sys.argv[1:])
print(json.dumps([code, sorted(set(sys.modules) - before)]))
"""


def loaded(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env={**os.environ, "PYTHONPATH": os.fspath(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stdout)
    assert code == 0
    return set(modules)


def among(modules: set[str], heavy: tuple[str, ...]) -> list[str]:
    return [one for one in heavy if one in modules]


@pytest.fixture
def bitstream(tmp_path):
    path = tmp_path / "small.nnc"
    path.write_bytes(nnc.encode({"w": np.ones((4, 8), "f4"), "n": np.arange(3)}))
    return os.fspath(path)


@pytest.mark.parametrize("verb", ["info", "ls"])
def test_a_look_at_headers_loads_little(verb, bitstream):
    assert not among(loaded(verb, bitstream), HEAVY)


def test_a_check_loads_no_encoder(bitstream):
    heavy = ("nnc.api", "nnc.encoder.model", "nnc.formats", "nnc.reduce", "safetensors", "torch")
    assert not among(loaded("check", bitstream), heavy)


#: Runs the command as a shell does, and prints how many threads OpenBLAS was to make.
MAIN = """
import contextlib, io, os, sys
from nnc.__main__ import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print(os.environ.get("OPENBLAS_NUM_THREADS"))
"""


@pytest.mark.parametrize(
    ("verb", "given", "taken"), [("info", "", "1"), ("ls", "3", "3"), ("decode", "", "None")]
)
def test_a_look_starts_no_threads(verb, given, taken, bitstream, tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.fspath(ROOT), "OPENBLAS_NUM_THREADS": given}
    if not given:
        del environment["OPENBLAS_NUM_THREADS"]
    output = ["-o", os.fspath(tmp_path / "out.npz")] if verb == "decode" else []
    done = subprocess.run(
        [sys.executable, "-c", MAIN, verb, bitstream, *output],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == taken


def test_looks_are_verbs():
    assert set(LOOKS) < set(VERBS)
