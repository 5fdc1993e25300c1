"""`nnc embed`: a bitstream into a file of another format."""

from __future__ import annotations

import click

from nnc.cli.files import check_output
from nnc.cli.output import escape_controls, examples


@click.command(
    epilog=examples(
        "nnc embed model.nnc -o model.mp4", "nnc embed model.nnc -o carrier.safetensors"
    )
)
@click.argument("bitstream")
@click.option("-o", "--output", required=True, help="The new file; its suffix says the format.")
@click.option("--force", is_flag=True, help="Overwrite the output.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def command(bitstream: str, output: str, force: bool, quiet: bool) -> None:
    """Put BITSTREAM into a file of another format.

    .mp4, .m4v, .heif and .isobmff: an ISO base media file whose item (type nnr1, property
    nnrC) is the bitstream. .safetensors: one tensor of bytes. .onnx: initializers whose external
    data are the units of the bitstream, which is put beside the model.
    """
    from nnc.containers import embed

    check_output(output, force)
    embed(bitstream, output)
    if not quiet:
        click.echo(f"wrote {escape_controls(output)}", err=True)
