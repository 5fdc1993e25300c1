"""Units that can't be read without values from outside, as verbs tell of them."""

from __future__ import annotations

import click

from nnc.bitstream import Bitstream
from nnc.cli.common.hints import hints


def report_unread(bitstream: Bitstream) -> int:
    """Report units that need values from outside, and return the exit code."""
    from nnc.cli.main import DIFFERS, GOOD

    missing = [unit.missing for unit in bitstream.walk() if unit.missing is not None]
    if not missing:
        return GOOD
    count = "1 unit needs" if len(missing) == 1 else f"{len(missing)} units need"
    told = "; ".join([f"{count} values that are not in the bitstream", *hints(missing)])
    click.echo(f"nnc: {told}", err=True)
    return DIFFERS
