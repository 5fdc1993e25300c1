"""`nnc wrap`: units into an aggregate."""

from __future__ import annotations

from typing import Any

import click

from nnc.cli.common.editing import choose_output, edit_options, finish
from nnc.cli.common.files import open_bitstream
from nnc.cli.common.output import examples


@click.command(
    epilog=examples(
        "nnc wrap model.nnc 3 6 -o new.nnc", "nnc wrap model.nnc 3 6 --self-contained --dry-run"
    )
)
@click.argument("bitstream")
@click.argument("first", type=int)
@click.argument("last", type=int)
@click.option("--self-contained", is_flag=True, help="Mark it as needing nothing outside.")
@click.option("--entry-points/--no-entry-points", default=True, show_default=True,
              help="Write the place where each unit begins.")  # fmt: skip
@edit_options
def command(
    bitstream: str,
    first: int,
    last: int,
    self_contained: bool,
    entry_points: bool,
    dry_run: bool,
    force: bool,
    **options: Any,
) -> None:
    """Wrap units FIRST to LAST of BITSTREAM into an aggregate unit."""
    from nnc.bitstream.editing.parts import wrap

    choose_output(options, bitstream, dry_run, force)
    opened = open_bitstream(bitstream, **options.pop("out_of_band"))
    plan = wrap(
        opened,
        first,
        last,
        aggregate_type=int(self_contained),
        entry_points=entry_points,
        keep=not dry_run,
    )
    finish(opened, plan, dry_run=dry_run, force=force, **options)
