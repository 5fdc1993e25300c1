"""`nnc set`: change elements by their paths."""

from __future__ import annotations

from typing import Any

import click

from nnc.cli.common.documents import open_edited, schema_option
from nnc.cli.common.editing import assigned, choose_output, edit_options, finish, once
from nnc.cli.common.output import examples


@click.command(
    epilog=examples(
        "nnc set model.nnc 'units[3].header.topology_elem_id=fc' -o new.nnc",
        "nnc set model.nnc 'units[1].payload.mps_quantization_parameter=-30' --dry-run",
    )
)
@click.argument("bitstream")
@click.argument("assignments", metavar="PATH=VALUE...", nargs=-1, required=True)
@schema_option
@edit_options
def command(
    bitstream: str,
    assignments: tuple[str, ...],
    schema: str | None,
    dry_run: bool,
    force: bool,
    **options: Any,
) -> None:
    """Set elements of BITSTREAM, all at once, and whatever else must change with them.

    A value is a number, text, a name of the standard (NNR_PT_FLOAT), or a JSON list. Payloads
    stay as they are. nnc refuses what the syntax or the range of the schema forbids.
    """
    choose_output(options, bitstream, dry_run, force, schema)
    opened = open_edited(bitstream, schema, **options.pop("out_of_band"))
    values = once(assigned(opened, text) for text in assignments)
    plan = opened.plan_set(values, force=force) if dry_run else opened.set_all(values, force=force)
    finish(opened, plan, dry_run=dry_run, force=force, **options)
