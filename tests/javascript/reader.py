"""Traces files by a reader in JavaScript and by Python's, as plain data that can be compared."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from nnc_schema.language.reader import read_schema
from nnc_schema.passes.checker import check
from nnc_schema.targets.javascript.target import generate

from nnc.engine.format import Format

#: What one run of node may take, the limit of a hang.
MOST_SECONDS = 600


def node() -> str:
    """Return the program; the test is skipped without it."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node isn't installed")
    return found


def run(script: str, *words: str) -> str:
    """Return what a script of this folder prints under node."""
    command = [node(), str(Path(__file__).with_name(script)), *words]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=MOST_SECONDS
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def made(schema: Path, folder: Path) -> Path:
    """Write the reader of a schema into a folder, and return its module."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"type": "module"}', "utf-8")
    for name, text in generate(check(read_schema(schema)), {}).items():
        (folder / name).write_text(text, "utf-8")
    return folder / "schema.js"


def described(value: Any) -> Any:
    """Return a value as trace.mjs tells it."""
    if value is None:
        return None
    if isinstance(value, list):
        return [described(each) for each in value]
    if isinstance(value, str):
        return f"text {value}"
    if isinstance(value, bytes | memoryview):
        return f"bytes {len(value)} {hashlib.md5(value).hexdigest()}"
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    # JavaScript has one kind of number: 1.0 is 1.
    is_whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1 << 53)
    if is_whole and str(value) != "-0.0":
        return str(int(value))
    return f"float {struct.pack('>d', value).hex()}"


def fault(error: Any) -> list[Any] | None:
    """Return an error as trace.mjs tells it."""
    if error is None:
        return None
    parts = [getattr(error, name) for name in ("kind", "code", "path", "position")]
    return [type(error).__name__, *parts, error.clause, error.schema]


def python_trace(form: Format, data: bytes) -> list[Any]:
    """Return what Python reads of data."""
    traced = form.trace(data)
    records = [
        [
            record.path,
            record.start,
            record.stop,
            [
                [each.path, each.position, each.bits, each.descriptor, described(each.value)]
                for each in record.elements
            ],
            fault(record.error),
        ]
        for record in traced.records
    ]
    return [records, [fault(error) for error in traced.broken]]


def compare(
    form: Format, module: Path, data: Iterable[bytes], folder: Path, **options: bool
) -> int:
    """Check that both read the same of data; return the number of faults met.

    Args:
        form: the format in Python.
        module: its reader in JavaScript.
        data: files.
        folder: where they can be put.
        **options: of trace.mjs.
    """
    files, found = list(data), 0
    paths = [folder / f"{number}.bin" for number in range(len(files))]
    for path, content in zip(paths, files, strict=True):
        path.write_bytes(content)
    job = {"module": str(module), "files": [str(path) for path in paths]} | options
    (folder / "job.json").write_text(json.dumps(job), "utf-8")
    lines = run("trace.mjs", str(folder / "job.json")).split("\n")
    for content, line in zip(files, lines, strict=False):
        expected, read = python_trace(form, content), json.loads(line)
        assert len(expected[0]) == len(read[0]), content[:64].hex()
        for one, other in zip(expected[0], read[0], strict=True):
            for wanted, element in zip(one[3], other[3], strict=False):
                assert element == wanted, content[:64].hex()
            assert (other[4], other) == (one[4], one), content[:64].hex()
        assert read[1] == expected[1], content[:64].hex()
        found += sum(record[4] is not None for record in expected[0])
    return found
