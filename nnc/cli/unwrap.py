"""`nnc unwrap`: the units of an aggregate in its place."""

from __future__ import annotations

from typing import Any

import click

from nnc.cli.common.editing import choose_output, edit_options, finish
from nnc.cli.common.files import open_bitstream
from nnc.cli.common.output import examples


@click.command(
    epilog=examples(
        "nnc unwrap model.nnc 'units[3]' -o new.nnc", "nnc unwrap model.nnc 'units[3]' --dry-run"
    )
)
@click.argument("bitstream")
@click.argument("path")
@edit_options
def command(bitstream: str, path: str, dry_run: bool, force: bool, **options: Any) -> None:
    """Replace the aggregate at PATH by the units in it."""
    from nnc.bitstream.editing.parts import unwrap

    choose_output(options, bitstream, dry_run, force)
    opened = open_bitstream(bitstream, **options.pop("out_of_band"))
    plan = unwrap(opened, path, keep=not dry_run)
    finish(opened, plan, dry_run=dry_run, force=force, **options)
