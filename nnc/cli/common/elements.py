"""How elements, places and faults are printed by the verbs that show them."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import click

from nnc.bitio import InputError
from nnc.cli.common.hints import with_hint
from nnc.cli.common.output import escape_controls
from nnc.engine.looking import DocumentTrace
from nnc.engine.mapped import bytes_of
from nnc.engine.tracing import TracedElement
from nnc.inspect.tracing import BitstreamTrace

#: Longest value that the human view shows in full, in characters.
LONGEST = 60


def open_data(path: str) -> memoryview:
    """Map a file into memory; `-` reads standard input.

    Raises:
        OSError: it can't be read.
        InputError: there is nothing in it.
    """
    data = memoryview(sys.stdin.buffer.read()) if path == "-" else bytes_of(path)
    if not len(data):
        raise InputError(f"{path}: the file is empty")
    return data


def cut(text: str, longest: int = LONGEST) -> str:
    """Cut text that is too long for a line, and tell how much is missing."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}... ({len(text) - longest} more)"


def value_text(element: TracedElement) -> str:
    """Return a value for people: on one line, not too long, with its name if it has one."""
    value = element.value
    if not element.is_syntax:
        return f"{element.bits >> 3} bytes" if element.bits & 7 == 0 else f"{element.bits} bits"
    if isinstance(value, str):
        return cut(escape_controls(json.dumps(value, ensure_ascii=False)))
    if isinstance(value, list):
        return cut(" ".join(map(str, value[: LONGEST + 1]))) + f", {len(value)} values"
    if isinstance(value, bytes | memoryview):
        shown = bytes(value[: LONGEST // 2]).hex()
        more = len(value) - LONGEST // 2
        return f"0x{shown}... ({more} more bytes)" if more > 0 else f"0x{shown}"
    if element.bits > 64 and isinstance(value, int):
        return cut(f"0x{value:x}")
    name = element.value_name
    return f"{value} ({name})" if name else str(value)


def value_json(element: TracedElement) -> Any:
    """Return a value for JSON: bytes as hexadecimal text, what isn't finite as text."""
    value = element.value
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def report_faults(traced: BitstreamTrace | DocumentTrace) -> int:
    """Print the faults of a trace to standard error, and return the exit code.

    A header that only needs a value from outside isn't a fault: something is left over.
    """
    from nnc.cli.main import DIFFERS, GOOD, exit_code

    errors = traced.errors
    missing = traced.missing if isinstance(traced, BitstreamTrace) else []
    for error in [*errors, *missing]:
        click.echo(f"nnc: {escape_controls(str(with_hint(error)))}", err=True)
    if errors:
        return exit_code(errors[0])
    return DIFFERS if missing else GOOD
