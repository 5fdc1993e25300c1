"""`nnc embed`: a bitstream into a file of another format."""

from __future__ import annotations

from pathlib import Path

import click

from nnc.bitio import InputError
from nnc.cli.common.files import check_output, saying_what_it_is
from nnc.cli.common.output import examples
from nnc.cli.common.results import (
    BITSTREAM,
    beside,
    force_option,
    output_option,
    quiet_option,
    report_done,
)
from nnc.cli.common.temporary import input_file


@click.command(
    epilog=examples(
        "nnc embed model.nnc -o model.mp4",
        "nnc embed model.nnc -o carrier.safetensors",
        "nnc embed filter.nnc -o new.sei --message old.sei",
    )
)
@click.argument("bitstream")
@output_option("The new file; its suffix says the format.", "BITSTREAM's name, .mp4")
@click.option("--message", help="For .sei: the payload of another message, whose beginning up to its bitstream is kept.")  # fmt: skip # noqa: E501
@force_option
@quiet_option
def command(
    bitstream: str, output: str | None, message: str | None, force: bool, quiet: bool
) -> None:
    """Put BITSTREAM into a file of another format.

    BITSTREAM may be - for standard input. The suffix of the output chooses the format.

    .mp4, .m4v, .heif and .isobmff: an ISO base media file whose item (type nnr1, property
    nnrC) is the bitstream. .safetensors: one tensor of bytes. .onnx: initializers whose external
    data are the units of the bitstream, which is put beside the model. .sei: the payload of a
    post-filter's SEI message of ITU-T H.274 (nnpfc_mode_idc is 0).
    """
    from nnc.containers import embed

    if output is None and bitstream == "-":
        raise InputError("name the output with -o FILE: its suffix says the format")
    output = beside(output, bitstream, ".mp4", BITSTREAM)
    check_output(output, force)
    if Path(output).suffix.lower() == ".onnx":
        check_data_file(bitstream, output, force)
    with input_file(bitstream) as source, saying_what_it_is(bitstream):
        embed(source, output, message=message)
    report_done(output, quiet=quiet)


def check_data_file(bitstream: str, output: str, force: bool) -> None:
    """Refuse to write the bitstream over another file beside an ONNX model."""
    if bitstream == "-":
        raise InputError("an ONNX model refers to the file of its bitstream: name a file instead "
                         "of -")  # fmt: skip
    beside = Path(output).parent / Path(bitstream).name
    if not (beside.exists() and beside.samefile(bitstream)):
        check_output(str(beside), force)
