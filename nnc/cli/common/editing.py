"""What the verbs that change a bitstream have in common: options, values, the plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from nnc.bitio import InputError
from nnc.bitstream import Bitstream, Plan
from nnc.cli.common.files import check_output, out_of_band_options, write_bitstream
from nnc.cli.common.output import escape_controls
from nnc.cli.common.results import (
    BITSTREAM,
    CHANGED,
    beside,
    output_option,
    quiet_option,
    report_done,
)
from nnc.engine.document import Document

Function = TypeVar("Function", bound=Callable[..., Any])


def edit_options(function: Function) -> Function:
    """Add the options of verbs that change elements."""
    options = [
        output_option("The new bitstream; - for standard output.", "BITSTREAM's name, .new.nnc"),
        click.option("--dry-run", is_flag=True, help="Only print what would change."),
        click.option(
            "-f", "--force", is_flag=True,
            help="Accept reserved values and overwrite the output.",
        ),
        click.option(
            "--format",
            "output_format",
            type=click.Choice(["human", "json"]),
            default="human",
            show_default=True,
            help="How to print the plan.",
        ),
        quiet_option,
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return out_of_band_options(function)


def finish(
    bitstream: Bitstream | Document,
    plan: Plan,
    *,
    output: str | None,
    dry_run: bool,
    force: bool,
    output_format: str,
    quiet: bool,
) -> None:
    """Write a changed bitstream, and print the plan: in a dry run as the result."""
    if dry_run and output_format == "json":
        report_done(as_json=True, plan=plan.as_dict())
    elif dry_run:
        click.echo(escape_controls(str(plan)))
    if dry_run:
        return
    assert output is not None
    write_bitstream(bitstream, output)
    if output_format != "json" and not quiet:
        click.echo(escape_controls(str(plan)), err=True)
    report_done(output, as_json=output_format == "json", quiet=quiet, plan=plan.as_dict())


def choose_output(
    options: dict[str, Any], bitstream: str, dry_run: bool, force: bool, schema: str | None = None
) -> None:
    """Put the output of a change into the options of the verb, unless there is to be none.

    Raises:
        InputError: it exists, or is the input.
    """
    if dry_run:
        return
    ending, changed = BITSTREAM, CHANGED
    if schema is not None:
        ending = Path(bitstream).suffix
        changed = f".new{ending}"
    options["output"] = beside(options["output"], bitstream, changed, ending)
    check_output(options["output"], force)


def once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return a dictionary of pairs, and refuse a key that comes twice."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise InputError(f"{key} is given twice")
        result[key] = value
    return result


def assigned(bitstream: Bitstream | Document, text: str) -> tuple[str, Any]:
    """Read `PATH=VALUE`.

    Raises:
        InputError: it isn't that, or the value is none of the element's.
    """
    path, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"{text!r} is not PATH=VALUE")
    return path.strip(), value_at(bitstream, path.strip(), value)


def value_at(bitstream: Bitstream | Document, path: str, text: str) -> Any:
    """Read a value for the element at a path."""
    from nnc.bitstream.paths import places
    from nnc.engine.values import bytes_from_text, value_from_text

    if isinstance(bitstream, Document):
        return value_in(bitstream, path, text)
    for place in places(bitstream.units, path):
        if place.field is not None:
            return value_from_text(place.field, text)
        if place.part in ("payload", "trailing"):
            return bytes_from_text(text)
        try:
            return int(text, 0)
        except ValueError:
            raise InputError(f"{path}: {text!r} is not a number") from None
    raise InputError(f"{path}: there is nothing here")


def value_in(document: Document, path: str, text: str) -> Any:
    """Read a value for an element of a document, or a JSON object for a table.

    Raises:
        InputError: it is no value for what stands there.
    """
    from nnc.engine.paths import parse_path
    from nnc.engine.values import value_from_text

    if len(parse_path(path)) > 1 or not document.format.framing.many:
        place = next(document.places(path), None)
        if place is None:
            raise InputError(f"{path}: there is nothing here")
        if place.field is not None and place.field.called is None:
            return value_from_text(place.field, text)
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError(f"{path}: {text[:40]!r} is no JSON object: {error}") from None
