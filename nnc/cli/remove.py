"""`nnc remove`: take values out of lists, and units out of a bitstream."""

from __future__ import annotations

from typing import Any

import click

from nnc.cli.common.documents import open_edited, schema_option
from nnc.cli.common.editing import choose_output, edit_options, finish
from nnc.cli.common.output import examples


@click.command(
    epilog=examples(
        "nnc remove model.nnc 'units[2]' -o new.nnc", "nnc remove model.nnc 'units[2]' --dry-run"
    )
)
@click.argument("bitstream")
@click.argument("path")
@schema_option
@edit_options
def command(
    bitstream: str, path: str, schema: str | None, dry_run: bool, force: bool, **options: Any
) -> None:
    """Remove the list value, the table or the unit at PATH from BITSTREAM."""
    choose_output(options, bitstream, dry_run, force, schema)
    opened = open_edited(bitstream, schema, **options.pop("out_of_band"))
    remove = opened.plan_remove if dry_run else opened.remove
    plan = remove(path, force=force)
    finish(opened, plan, dry_run=dry_run, force=force, **options)
