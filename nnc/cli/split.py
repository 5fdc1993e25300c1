"""`nnc split`: some tensors into one bitstream, the others into another."""

from __future__ import annotations

import click

from nnc.bitio import InputError
from nnc.cli.files import check_output, open_bitstream, write_bitstream
from nnc.cli.output import examples


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
@click.option("--force", is_flag=True, help="Overwrite the outputs.")
def command(bitstream: str, patterns: tuple[str, ...], output: str, rest: str, force: bool) -> None:
    """Split BITSTREAM by the names of its tensors; each part can be decoded by itself."""
    from nnc.cli.select import matching
    from nnc.encoder.structure import split, tensor_names

    check_output(output, force)
    check_output(rest, force)
    if output == rest:
        raise InputError("the two parts need different files")
    opened = open_bitstream(bitstream)
    first, second = split(opened, matching(tensor_names(opened), patterns))
    write_bitstream(first, output)
    write_bitstream(second, rest)
