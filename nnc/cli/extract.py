"""`nnc extract`: a bitstream out of a file of another format."""

from __future__ import annotations

import click

from nnc.cli.common.files import check_output
from nnc.cli.common.output import examples
from nnc.cli.common.results import (
    BITSTREAM,
    beside,
    force_option,
    output_option,
    quiet_option,
    report_done,
)
from nnc.cli.common.temporary import input_file, output_file


@click.command(
    epilog=examples(
        "nnc extract model.mp4 -o model.nnc",
        "nnc extract pictures.heif --item 7 -o filter.nnc",
        "nnc extract message.sei -o filter.nnc",
    )
)
@click.argument("container")
@output_option("The bitstream; - for standard output.", "CONTAINER's name, .nnc")
@click.option("--item", type=int, help="item_ID in an ISO base media file that has several.")
@force_option
@quiet_option
def command(container: str, output: str | None, item: int | None, force: bool, quiet: bool) -> None:
    """Take the bitstream out of CONTAINER, byte for byte.

    CONTAINER is an ISO base media file, a safetensors file, an ONNX model, or the payload of a
    post-filter's SEI message (.sei; see nnc embed), or - for standard input.
    """
    from nnc.containers import EMBEDDING_SUFFIXES, MESSAGE_SUFFIX, extract

    output = beside(output, container, BITSTREAM, *EMBEDDING_SUFFIXES, MESSAGE_SUFFIX)
    check_output(output, force)
    with input_file(container) as source, output_file(output) as target:
        extract(source, target, item=item)
    report_done(output, quiet=quiet)
