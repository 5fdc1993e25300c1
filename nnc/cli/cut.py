"""`nnc cut`: a payload over several units."""

from __future__ import annotations

from typing import Any

import click

from nnc.cli.common.editing import choose_output, edit_options, finish
from nnc.cli.common.files import open_bitstream
from nnc.cli.common.output import examples


@click.command(
    epilog=examples(
        "nnc cut model.nnc 'units[3]' 65536 -o new.nnc",
        "nnc cut model.nnc 'units[3]' 65536 --dry-run",
    )
)
@click.argument("bitstream")
@click.argument("path")
@click.argument("size", type=int)
@edit_options
def command(
    bitstream: str, path: str, size: int, dry_run: bool, force: bool, **options: Any
) -> None:
    """Cut the unit at PATH into parts with at most SIZE bytes of payload."""
    from nnc.bitstream.editing.parts import cut

    choose_output(options, bitstream, dry_run, force)
    opened = open_bitstream(bitstream, **options.pop("out_of_band"))
    plan = cut(opened, path, size, keep=not dry_run)
    finish(opened, plan, dry_run=dry_run, force=force, **options)
