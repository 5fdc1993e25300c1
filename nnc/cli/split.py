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
@click.option("-o", "--output", required=True, help="Gets the tensors that match.")
@click.option("--rest", required=True, help="Gets the others.")
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
    """Split BITSTREAM by the names of its tensors; each part can be decoded by itself."""
    from nnc.cli.select import matching
    from nnc.editing.tensors import split

    check_output(output, force)
    check_output(rest, force)
    check_different(output, rest)
    opened = open_bitstream(bitstream, **out_of_band)
    first, second = split(opened, matching(opened, patterns))
    write_bitstream(first, output)
    write_bitstream(second, rest)
