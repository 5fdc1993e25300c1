"""Files of any format, for the verbs that take --schema; without it they are bitstreams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nnc.cli.common.elements import open_data
from nnc.cli.common.files import hint_of, hint_of_first, open_bitstream

if TYPE_CHECKING:
    from nnc.engine.format import Format

Function = TypeVar("Function", bound=Callable[..., Any])

SCHEMA_HELP = "The file's format: a folder with a schema, or a name of the library."

#: The format of bitstreams of neural networks, which needs no --schema.
OWN = "nnc"


def schema_option(function: Function) -> Function:
    """Add the option that names the format of a file; the verb gets it as `schema`."""
    return click.option(
        "--schema", metavar="FOLDER|NAME", callback=without_own, help=SCHEMA_HELP
    )(function)  # fmt: skip


def without_own(context: click.Context, option: click.Parameter, schema: str | None) -> str | None:
    """Take the name of the format that a verb reads anyway for no name."""
    return None if schema == OWN else schema


def load(schema: str | None) -> Format:
    """Load the format of a schema, that of bitstreams for None.

    Raises:
        InputError: there is no such schema, or it has mistakes.
    """
    from nnc.engine.format import Format

    return Format.load(schema or OWN)


def open_edited(path: str, schema: str | None, **out_of_band: Any) -> Any:
    """Open what a verb reads or changes by path: a bitstream, or a document of a schema's format.

    Both have the same methods for that; `-` reads standard input.

    Raises:
        BitstreamError: it can't be parsed.
        OSError: it can't be read.
        InputError: there is nothing in it, or no such schema.
    """
    if schema is None:
        return open_bitstream(path, **out_of_band)
    return load(schema).parse(open_data(path), **told(out_of_band))


def trace_file(path: str, form: Format, out_of_band: Mapping[str, Any]) -> Any:
    """Trace a file of a format, whatever is wrong with it.

    Args:
        path: the file; `-` reads standard input.
        form: its format.
        out_of_band: what the caller tells of it.

    Raises:
        OSError: it can't be read.
        InputError: there is nothing in it, or the format has no such value to be told.
    """
    traced = form.trace(open_data(path), **told(out_of_band))
    if traced.errors and path != "-" and form.name == OWN:
        first = traced.errors[0]
        first.hint = hint_of(path) or hint_of_first(first) or first.hint
    return traced


def check_file(path: str, form: Format, out_of_band: Mapping[str, Any]) -> Any:
    """Return what a file of a format breaks of its rules; args and errors as for `trace_file`."""
    return form.check(open_data(path), **told(out_of_band))


def told(out_of_band: Mapping[str, Any]) -> dict[str, Any]:
    """Return what options say of a file, those left out that weren't given."""
    return {name: value for name, value in out_of_band.items() if value not in (None, {})}


def refuse_with_schema(schema: str | None, **options: Any) -> None:
    """Refuse options that only bitstreams of neural networks have."""
    given = [name for name, value in options.items() if value]
    if schema is not None and given:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise click.UsageError(f"{names}: not for files that --schema describes")
