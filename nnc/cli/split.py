"""`nnc split`: some tensors into one bitstream, the others into another."""

from __future__ import annotations

from typing import Any

import click

from nnc.bitio import InputError
from nnc.cli.common.files import (
    check_different,
    check_output,
    open_bitstream,
    out_of_band_options,
    write_bitstream,
)
from nnc.cli.common.output import examples
from nnc.cli.common.results import (
    BITSTREAM,
    CHANGED,
    beside,
    force_option,
    output_option,
    quiet_option,
    report_done,
)


@click.command(
    epilog=examples(
        "nnc split model.nnc 'encoder.*' -o encoder.nnc --rest decoder.nnc",
        "nnc split model.nnc '*.bias' -o biases.nnc --rest weights.nnc",
    )
)
@click.argument("bitstream")
@click.argument("patterns", metavar="PATTERN...", nargs=-1, required=True)
@output_option("Where the matching tensors go.", "BITSTREAM's name, .new.nnc")
@click.option("--rest", help="Where the others go.  [default: BITSTREAM's name, .rest.nnc]")
@out_of_band_options
@force_option
@quiet_option
def command(
    bitstream: str,
    patterns: tuple[str, ...],
    output: str | None,
    rest: str | None,
    force: bool,
    quiet: bool,
    out_of_band: dict[str, Any],
) -> None:
    """Split BITSTREAM by tensor names into two that can each be decoded alone."""
    from nnc.cli.select import matching
    from nnc.editing.tensors import split

    if output == rest is None and bitstream == "-":
        raise InputError("name the outputs with -o and --rest")
    output = beside(output, bitstream, CHANGED, BITSTREAM)
    rest = beside(rest, bitstream, ".rest.nnc", BITSTREAM)
    check_output(output, force)
    check_output(rest, force)
    check_different(output, rest)
    opened = open_bitstream(bitstream, **out_of_band)
    first, second = split(opened, matching(opened, patterns))
    write_bitstream(first, output)
    write_bitstream(second, rest)
    report_done(output, rest, quiet=quiet)
