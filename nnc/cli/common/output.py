"""How results are printed: for people, as JSON, JSON lines or CSV."""

from __future__ import annotations

import json
import math
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

#: Version of everything that is printed as JSON; raised when a key changes its meaning.
SCHEMA_VERSION = 1

# JSON numbers beyond this lose digits in most readers.
LARGEST_EXACT = 1 << 53

SIZE_UNITS = ("kB", "MB", "GB", "TB")

#: Between the columns of a table, and the least that its first one gets.
GAP, NARROWEST = "  ", 10

#: What people are told of an output `-`.
STANDARD_OUTPUT = "standard output"

Function = TypeVar("Function", bound=Callable[..., Any])


def format_option(*formats: str) -> Callable[[Function], Function]:
    """Return the option `--format` with the choices that a verb has."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(["human", *formats]),
        default="human",
        show_default=True,
        help="How to print the result.",
    )


def examples(*commands: str) -> str:
    """Return the end of a help page: commands to be copied, one a line."""
    return "\b\nExamples:\n" + "\n".join(f"  {command}" for command in commands)


def escape_controls(text: str) -> str:
    """Return text with control characters (and what else can upset a terminal) escaped."""
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape", "replace").decode()
        for c in text
    )


def exact(value: Any) -> Any:
    """Return a value for JSON; numbers that JSON lacks, or would round, as strings."""
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [exact(item) for item in value]
    if isinstance(value, int) and abs(value) > LARGEST_EXACT:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def print_json(content: dict[str, Any]) -> None:
    """Print one JSON object."""
    click.echo(json.dumps(exact({"schema_version": SCHEMA_VERSION, **content}), indent=2))


def print_rows(
    rows: Sequence[dict[str, Any]], columns: Sequence[str], output_format: str, name: str
) -> None:
    """Print rows as JSON, JSON lines or CSV.

    Args:
        rows: what to print.
        columns: the keys of each row.
        output_format: `json`, `jsonl` or `csv`.
        name: of all rows together.
    """
    if output_format == "json":
        print_json({name: list(rows)})
    elif output_format == "jsonl":
        for row in rows:
            click.echo(json.dumps(exact({"schema_version": SCHEMA_VERSION, **row})))
    else:
        import csv

        writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {key: "x".join(map(str, v)) if isinstance(v, list) else v for key, v in row.items()}
            for row in rows
        )


def human_size(count: int) -> str:
    """Return a number of bytes as people read it."""
    if count < 1000:
        return f"{count} B"
    power = min((len(str(count)) - 1) // 3, len(SIZE_UNITS))
    size = count / 1000**power
    digits = f"{size:.3g}" if size < 100 else f"{size:.0f}"
    return f"{digits} {SIZE_UNITS[power - 1]}"


def counted(number: int, what: str) -> str:
    """Return a number of things."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def terminal_width() -> int | None:
    """Return the columns of the terminal that results go to, None where they go elsewhere."""
    if not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns


def print_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    left: Sequence[int] = (0,),
    spare: Sequence[int] = (),
) -> None:
    """Print a table; columns are as wide as their contents, numbers stand right.

    On a terminal that is too narrow columns are left out, and the first one is shortened.

    Args:
        header: names of the columns.
        rows: the cells, as text.
        left: numbers of the columns that stand left.
        spare: numbers of the columns that may be left out, the least needed first.
    """
    safe = [[escape_controls(cell) for cell in row] for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*safe, strict=True)]
    kept = fit(widths, spare, terminal_width())
    for row in safe:
        cells = [
            cell.ljust(widths[number]) if number in left else cell.rjust(widths[number])
            for number, cell in ((number, shorten(row[number], widths[number])) for number in kept)
        ]
        click.echo(GAP.join(cells).rstrip())


def fit(widths: list[int], spare: Sequence[int], available: int | None) -> list[int]:
    """Choose the columns that fit, and make the first one narrower where they still don't.

    Args:
        widths: of the columns; the first is changed.
        spare: numbers of the columns that may be left out, the least needed first.
        available: columns of the terminal, None for any number.
    """
    kept = list(range(len(widths)))

    def excess() -> int:
        total = sum(widths[number] for number in kept) + len(GAP) * (len(kept) - 1)
        return 0 if available is None else total - available

    for number in spare:
        if excess() > 0:
            kept.remove(number)
    widths[0] = max(min(widths[0], NARROWEST), widths[0] - max(excess(), 0))
    return kept


def shorten(text: str, width: int) -> str:
    """Take out the middle of a text that is too long."""
    if len(text) <= width:
        return text
    end = (width - 1) // 2
    return f"{text[: width - 1 - end]}…{text[len(text) - end :]}"


def print_pairs(pairs: Mapping[str, str]) -> None:
    """Print keys and values, a line each; on a terminal values that are longer are wrapped."""
    safe = {escape_controls(key): escape_controls(value) for key, value in pairs.items()}
    indent = max(map(len, safe), default=0) + len(GAP)
    available = terminal_width()
    for key, value in safe.items():
        lines = [value]
        if available is not None:
            lines = textwrap.wrap(value, max(available - indent, NARROWEST)) or [""]
        click.echo(key.ljust(indent) + f"\n{' ' * indent}".join(lines))
