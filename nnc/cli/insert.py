"""`nnc insert`: put a value into a list, or units into a bitstream."""

from __future__ import annotations

from typing import Any

import click

from nnc.bitio import InputError
from nnc.cli.common.documents import open_edited, schema_option
from nnc.cli.common.editing import choose_output, edit_options, finish, value_at
from nnc.cli.common.files import open_bitstream
from nnc.cli.common.output import examples


@click.command(
    epilog=examples(
        "nnc insert model.nnc 'units[3].header.tensor_dimensions[0]' 1 -o new.nnc",
        "nnc insert model.nnc 'units[3]' other.nnc:'units[5]' --dry-run",
    )
)
@click.argument("bitstream")
@click.argument("path")
@click.argument("value")
@schema_option
@edit_options
def command(
    bitstream: str,
    path: str,
    value: str,
    schema: str | None,
    dry_run: bool,
    force: bool,
    **options: Any,
) -> None:
    """Insert VALUE into BITSTREAM, before the place that PATH names.

    PATH names a place in a list, or a unit. For a unit, VALUE is FILE:units[N], a unit of another
    bitstream. For a table of a format that --schema names, VALUE is a JSON object of its elements.
    """
    from nnc.bitstream.editing.edit import is_unit_path

    choose_output(options, bitstream, dry_run, force, schema)
    opened = open_edited(bitstream, schema, **options.pop("out_of_band"))
    content: Any
    if schema is None and is_unit_path(path):
        file, _, other = value.rpartition(":")
        if not file or not is_unit_path(other):
            raise InputError(f"{value!r} is not FILE:units[N], a unit of a bitstream")
        content = open_bitstream(file).get(other)
    else:
        content = value_at(opened, path, value)
    insert = opened.plan_insert if dry_run else opened.insert
    plan = insert(path, content, force=force)
    finish(opened, plan, dry_run=dry_run, force=force, **options)
