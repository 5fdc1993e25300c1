"""`nnc extract`: a bitstream out of a file of another format."""

from __future__ import annotations

import click

from nnc.cli.common.files import check_output, input_file, output_file
from nnc.cli.common.output import escape_controls, examples


@click.command(
    epilog=examples(
        "nnc extract model.mp4 -o model.nnc", "nnc extract pictures.heif --item 7 -o filter.nnc"
    )
)
@click.argument("container")
@click.option("-o", "--output", required=True, help="The bitstream; - for standard output.")
@click.option("--item", type=int, help="item_ID in an ISO base media file that has several.")
@click.option("--force", is_flag=True, help="Overwrite the output.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def command(container: str, output: str, item: int | None, force: bool, quiet: bool) -> None:
    """Take the bitstream out of CONTAINER, byte for byte.

    CONTAINER is an ISO base media file, a safetensors file or an ONNX model (see nnc embed), or -
    for standard input.
    """
    from nnc.containers import extract

    check_output(output, force)
    with input_file(container) as source, output_file(output) as target:
        extract(source, target, item=item)
    if not quiet and output != "-":
        click.echo(f"wrote {escape_controls(output)}", err=True)
