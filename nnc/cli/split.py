"""`nnc split`: some tensors into one bitstream, the others into another."""

from __future__ import annotations

from typing import Any

import click

from nnc.cli.common.files import (
    check_different,
    check_output,
    open_bitstream,
    out_of_band_options,
    write_bitstream,
)
from nnc.cli.common.output import examples


@click.command(
    epilog=examples(
        "nnc split model.nnc 'encoder.*' -o encoder.nnc --rest decoder.nnc",
        "nnc split model.nnc '*.bias' -o biases.nnc --rest weights.nnc",
    )
)
@click.argument("bitstream")
@click.argument("patterns", metavar="PATTERN...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, help="Where the matching tensors go.")
@click.option("--rest", required=True, help="Where the others go.")
@out_of_band_options
@click.option("--force", is_flag=True, help="Overwrite the outputs.")
def command(
    bitstream: str,
    patterns: tuple[str, ...],
    output: str,
    rest: str,
    force: bool,
    out_of_band: dict[str, Any],
) -> None:
    """Split BITSTREAM by tensor names into two that can each be decoded alone."""
    from nnc.cli.select import matching
    from nnc.editing.tensors import split

    check_output(output, force)
    check_output(rest, force)
    check_different(output, rest)
    opened = open_bitstream(bitstream, **out_of_band)
    first, second = split(opened, matching(opened, patterns))
    write_bitstream(first, output)
    write_bitstream(second, rest)
