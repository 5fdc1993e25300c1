"""Where a verb writes if nothing is said, and how it says what it has done."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from nnc.bitio import InputError
from nnc.bitstream import size_on_disk
from nnc.cli.common.output import SCHEMA_VERSION, escape_controls, exact, human_size, print_json

Function = TypeVar("Function", bound=Callable[..., Any])

#: Keys of what a call of the command remembers: whether results are to be JSON, and its warnings.
AS_JSON, WARNINGS = "nnc.as_json", "nnc.warnings"

#: The end of the name of a bitstream, and of one that a verb made of another.
BITSTREAM, CHANGED = ".nnc", ".new.nnc"

force_option = click.option("-f", "--force", is_flag=True, help="Overwrite the output.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")


def output_option(what: str, place: str) -> Callable[[Function], Function]:
    """Return the option `-o`.

    Args:
        what: is written.
        place: where it goes if the option isn't given, as the help says it.
    """
    return click.option("-o", "--output", help=f"{what}  [default: {place}]")


def beside(given: str | None, source: str, ending: str, *endings: str) -> str:
    """Return the output of a verb: the one that is given, else one beside the input.

    Args:
        given: what `-o` says.
        source: the input.
        ending: of the output's name.
        *endings: of the input's name, in lower case; the longest that fits is taken off.

    Raises:
        InputError: standard input has no place beside it, and standard output is a terminal.
    """
    if given is not None:
        return given
    place = Path(source)
    if source == "-" or (place.exists() and not (place.is_file() or place.is_dir())):
        if sys.stdout is not None and sys.stdout.isatty():
            raise InputError("standard output is a terminal: name the output with -o FILE")
        return "-"
    if not place.name:
        place = place.resolve()
    name = place.name
    fitting = [one for one in endings if name.lower().endswith(one) and name != one]
    stem = name[: len(name) - max(map(len, fitting), default=0)]
    made = os.fspath(place.with_name(stem + ending.rstrip(os.sep)))
    return made + os.sep if ending.endswith(os.sep) else made


def json_wanted() -> bool:
    """Tell whether the call that runs is to print its result as JSON."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(AS_JSON))


def json_option(command: click.Command) -> click.Option:
    """Return the option `--json` of a verb.

    A verb with `--format` prints what that does for `json`; any other says as JSON what it did.
    """

    def choose(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value:
            context.meta[AS_JSON] = True
            context.default_map = {**(context.default_map or {}), "output_format": "json"}

    has_format = any(one.name == "output_format" for one in command.params)
    told = "The same as --format json." if has_format else "Print as JSON what was done."
    return click.Option(
        ["--json"], is_flag=True, is_eager=True, expose_value=False, callback=choose, help=told
    )


def remember_warning(text: str) -> None:
    """Keep a warning for the summary of the call that runs."""
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta.setdefault(WARNINGS, []).append(text)


def warn_user(text: str) -> None:
    """Print a warning, and keep it for the summary of the call."""
    remember_warning(text)
    click.echo(f"nnc: {escape_controls(text)}", err=True)


def report_done(
    *outputs: str,
    text: str | None = None,
    quiet: bool = False,
    as_json: bool = False,
    **content: Any,
) -> None:
    """Say what a verb has done: to people on standard error, with `--json` as data.

    Data go to standard output, or to standard error where the result itself went there.

    Args:
        *outputs: the files or folders written; `-` for standard output.
        text: what people are told; None: what was written, and how large that is.
        quiet: people are told nothing.
        as_json: data are wanted, whatever `--json` says.
        **content: more keys of the data.
    """
    sizes = {path: None if path == "-" else size_of(path) for path in outputs}
    if as_json or json_wanted():
        context = click.get_current_context()
        written = [{"path": path, "bytes": size} for path, size in sizes.items()]
        data = {
            "schema_version": SCHEMA_VERSION,
            "verb": context.info_name,
            "outputs": written,
            **content,
            "warnings": context.meta.get(WARNINGS, []),
        }
        click.echo(json.dumps(exact(data), indent=2), err="-" in outputs)
        return
    if quiet:
        return
    if text is not None:
        click.echo(escape_controls(text), err=True)
        return
    for path, size in sizes.items():
        if size is not None:
            click.echo(f"wrote {escape_controls(path)}: {human_size(size)}", err=True)


def print_text(text: str) -> None:
    """Print a text, with `--json` as the value of a key."""
    if json_wanted():
        print_json({"text": text})
    else:
        click.echo(text)


def size_of(path: str) -> int | None:
    """Return the bytes of a file, or of all files in a folder; None of a device or a pipe."""
    place = Path(path)
    return size_on_disk(place) if place.is_file() or place.is_dir() else None
