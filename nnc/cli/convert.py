"""`nnc convert`: another profile."""

from __future__ import annotations

from typing import Any

import click

from nnc.cli.common.editing import choose_output, edit_options, finish
from nnc.cli.common.files import open_bitstream
from nnc.cli.common.output import examples


@click.command(
    epilog=examples(
        "nnc convert model.nnc --profile 0 -o first_edition.nnc",
        "nnc convert model.nnc --profile 1 --dry-run",
    )
)
@click.argument("bitstream")
@click.option("--profile", type=int, required=True, help="general_profile_idc: 0 or 1.")
@edit_options
def command(bitstream: str, profile: int, dry_run: bool, force: bool, **options: Any) -> None:
    """Convert BITSTREAM to another profile, if its content allows.

    Payloads that the profiles code differently are coded again; the levels stay the same.
    """
    from nnc.editing.levels import convert_profile

    choose_output(options, bitstream, dry_run, force)
    opened = open_bitstream(bitstream, **options.pop("out_of_band"))
    plan = convert_profile(opened, profile, keep=not dry_run)
    finish(opened, plan, dry_run=dry_run, force=force, **options)
