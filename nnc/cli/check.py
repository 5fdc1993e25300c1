"""`nnc check`: what of a bitstream breaks which rule."""

from __future__ import annotations

from typing import Any

import click

from nnc.cli.common.bases import base_option, open_session
from nnc.cli.common.documents import (
    check_file,
    load,
    refuse_with_schema,
    schema_option,
    trace_file,
)
from nnc.cli.common.files import hint_of, out_of_band_options
from nnc.cli.common.hints import errors_of, hints
from nnc.cli.common.output import counted, escape_controls, examples, format_option, print_json


@click.command(
    epilog=examples(
        "nnc check model.nnc",
        "nnc check update.nnc --deep --base model.nnc",
        "nnc check model.nnc --profile ims-full",
    )
)
@click.argument("bitstream")
@click.option("--deep", is_flag=True, help="Decode the entropy-coded payloads too.")
@base_option
@click.option("--profile", metavar="SET", help="Warn of what is outside a set of features: a name, or a file of yours.")  # fmt: skip # noqa: E501
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but findings.")
@schema_option
@out_of_band_options
@format_option("json")
def command(
    bitstream: str,
    deep: bool,
    base: tuple[str, ...],
    profile: str | None,
    schema: str | None,
    quiet: bool,
    output_format: str,
    out_of_band: dict[str, Any],
) -> int:
    """Check BITSTREAM against the rules of the format.

    BITSTREAM may be - for standard input.

    Each finding names the rule, its place in the data, the clause and the line of the schema.
    Exit code 0: nothing was found; 1: warnings only; 2: errors.
    """
    from nnc.cli.main import BAD_BITSTREAM, DIFFERS, GOOD
    from nnc.inspect.checking import Report

    if base and not deep:
        raise click.UsageError("--base needs --deep")
    refuse_with_schema(schema, deep=deep, profile=profile is not None)
    form = load(schema)
    session = open_session(base, out_of_band, bitstream)
    if deep or profile is not None:
        options: dict[str, Any] = {"deep": True, "session": session} if deep else {}
        traced = trace_file(bitstream, form, out_of_band)
        report = form.examine(traced, **options)
        if profile is not None:
            report = with_set(report, traced, profile)
    else:
        report = check_file(bitstream, form, out_of_band)
    skipped = report.skipped if isinstance(report, Report) else {}
    if output_format == "json":
        print_json(report.as_dict())
    else:
        for finding in report.findings:
            click.echo(escape_controls(str(finding)))
    if not quiet:
        for path, reason in skipped.items():
            click.echo(f"nnc: {path} was not checked in full: {escape_controls(reason)}", err=True)
        told = hints(errors_of(skipped.values()))
        if report.errors and schema is None and bitstream != "-":
            told += filter(None, [hint_of(bitstream)])
        for hint in told:
            click.echo(f"nnc: {hint}", err=True)
        click.echo(
            f"{counted(report.errors, 'error')}, {counted(report.warnings, 'warning')}", err=True
        )
    if report.errors:
        return BAD_BITSTREAM
    return DIFFERS if report.warnings else GOOD


def with_set(report: Any, traced: Any, name: str) -> Any:
    """Add what of a bitstream is outside a set of features.

    Raises:
        InputError: there is no such set.
    """
    from nnc.engine.findings import place_in_data
    from nnc.features import feature_set, held_to
    from nnc.inspect import Report

    held = held_to(traced, feature_set(name))
    findings = sorted([*report.findings, *held.findings], key=place_in_data)
    reason = "the beginning of its payload, with the tools that it uses, can't be read"
    return Report(findings, dict.fromkeys(held.skipped, reason) | report.skipped)
