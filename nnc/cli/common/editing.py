"""What the verbs that change a bitstream have in common: options, values, the plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from nnc.bitio import InputError
from nnc.bitstream import Bitstream, Plan
from nnc.cli.common.files import check_output, out_of_band_options, write_bitstream
from nnc.cli.common.output import SCHEMA_VERSION, escape_controls, exact, print_json

Function = TypeVar("Function", bound=Callable[..., Any])


def edit_options(function: Function) -> Function:
    """Add the options of verbs that change elements."""
    options = [
        click.option("-o", "--output", help="The new bitstream; - for standard output."),
        click.option("--dry-run", is_flag=True, help="Only print what would change."),
        click.option(
            "--force",
            is_flag=True,
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
        click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors."),
    ]
    for option in reversed(options):
        function = option(function)
    return out_of_band_options(function)


def finish(
    bitstream: Bitstream,
    plan: Plan,
    *,
    output: str | None,
    dry_run: bool,
    force: bool,
    output_format: str,
    quiet: bool,
) -> None:
    """Write a changed bitstream, and print the plan: as data in a dry run, else as talk."""
    if dry_run:
        print_plan(plan, output_format, err=False)
        return
    assert output is not None
    write_bitstream(bitstream, output)
    if not quiet:
        print_plan(plan, output_format, err=True)


def check_target(output: str | None, dry_run: bool, force: bool) -> None:
    """Refuse a call without an output, or with one that exists."""
    if dry_run:
        return
    if output is None:
        raise InputError("name the output with -o FILE, or see the plan with --dry-run")
    check_output(output, force)


def print_plan(plan: Plan, output_format: str, *, err: bool) -> None:
    """Print a plan; as data it goes to standard output, beside a result to standard error."""
    if output_format == "json" and not err:
        print_json({"plan": plan.as_dict()})
    elif output_format == "json":
        content = {"schema_version": SCHEMA_VERSION, "plan": plan.as_dict()}
        click.echo(json.dumps(exact(content)), err=True)
    else:
        click.echo(escape_controls(str(plan)), err=err)


def once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return a dictionary of pairs, and refuse a key that comes twice."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise InputError(f"{key} is given twice")
        result[key] = value
    return result


def assigned(bitstream: Bitstream, text: str) -> tuple[str, Any]:
    """Read `PATH=VALUE`.

    Raises:
        InputError: it isn't that, or the value is none of the element's.
    """
    path, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"{text!r} is not PATH=VALUE")
    return path.strip(), value_at(bitstream, path.strip(), value)


def value_at(bitstream: Bitstream, path: str, text: str) -> Any:
    """Read a value for the element at a path."""
    from nnc.bitstream.paths import places
    from nnc.engine.values import bytes_from_text, value_from_text

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
