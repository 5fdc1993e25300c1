"""Documents of formats that a schema describes, for the verbs that take --schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nnc.cli.common.elements import open_data
from nnc.cli.common.files import open_bitstream

if TYPE_CHECKING:
    from nnc.engine.document import Document
    from nnc.engine.format import Format
    from nnc.engine.looking import DocumentTrace

Function = TypeVar("Function", bound=Callable[..., Any])

SCHEMA_HELP = "The file's format: a folder with a schema, or a name of the library."


def schema_option(function: Function) -> Function:
    """Add the option that names the format of a file; the verb gets it as `schema`."""
    return click.option("--schema", metavar="FOLDER|NAME", help=SCHEMA_HELP)(function)


def load(schema: str) -> Format:
    """Load the format of a schema.

    Raises:
        InputError: there is no such schema, or it has mistakes.
    """
    from nnc.engine.format import Format

    return Format.load(schema)


def open_document(path: str, schema: str) -> Document:
    """Open a file of a format; `-` reads standard input.

    Raises:
        BitstreamError: it can't be parsed.
        OSError: it can't be read.
        InputError: there is nothing in it, or no such schema.
    """
    form = load(schema)
    return form.parse(open_data(path))


def open_edited(path: str, schema: str | None, **out_of_band: Any) -> Any:
    """Open what a verb reads or changes by path: a bitstream, or a document of a schema's format.

    Both have the same methods for that.
    """
    if schema is not None:
        return open_document(path, schema)
    return open_bitstream(path, **out_of_band)


def trace_document(path: str, schema: str) -> DocumentTrace:
    """Trace a file of a format, whatever is wrong with it; else as `open_document`."""
    form = load(schema)
    return form.trace(open_data(path))


def refuse_with_schema(schema: str | None, **options: Any) -> None:
    """Refuse options that only bitstreams of neural networks have."""
    given = [name for name, value in options.items() if value]
    if schema is not None and given:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise click.UsageError(f"{names}: not for files that --schema describes")
