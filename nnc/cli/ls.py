"""`nnc ls`: a line for each tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import click

from nnc.cli.common.files import open_bitstream, out_of_band_options
from nnc.cli.common.output import examples, format_option, print_rows, print_table
from nnc.cli.common.unread import report_unread

if TYPE_CHECKING:
    from nnc.inspect import TensorSummary

#: What stands for the name of a tensor that an update leaves out, and what is said of such.
LEFT_OUT = "(left out)"
SAID_OF_NAMES = "names that an update leaves out are those of the bitstreams before it"


@click.command(
    epilog=examples(
        "nnc ls model.nnc",
        "nnc ls model.nnc --format csv > tensors.csv",
    )
)
@click.argument("bitstream")
@out_of_band_options
@format_option("json", "jsonl", "csv")
def command(bitstream: str, output_format: str, out_of_band: dict[str, Any]) -> int:
    """List the tensors of BITSTREAM with shape, bytes, bits per value and qp.

    BITSTREAM may be - for standard input. A narrow terminal shows fewer columns; files and pipes
    get all of them.
    """
    from nnc.inspect import TensorSummary, summarize_tensors

    opened = open_bitstream(bitstream, **out_of_band)
    tensors = summarize_tensors(opened)
    if output_format != "human":
        rows = [asdict(tensor) | {"shape": list(tensor.shape)} for tensor in tensors]
        print_rows(rows, [one.name for one in fields(TensorSummary)], output_format, "tensors")
    else:
        print_human(tensors)
        if not all(tensor.name for tensor in tensors):
            click.echo(f"nnc: {SAID_OF_NAMES}", err=True)
    return report_unread(opened)


def print_human(tensors: Sequence[TensorSummary]) -> None:
    """Print a table of tensors."""
    cells = [
        [
            tensor.name or LEFT_OUT,
            "x".join(map(str, tensor.shape)) or "scalar",
            tensor.dtype,
            f"tied to {tensor.tied}" if tensor.tied is not None
            else tensor.kind + ("+dq" if tensor.dq else "")
            + (f"+codebook {tensor.codebook_size}" if tensor.codebook_size else ""),
            str(tensor.values),
            "" if tensor.bytes is None else str(tensor.bytes),
            "" if tensor.bits_per_value is None else f"{tensor.bits_per_value:.3f}",
            "" if tensor.qp is None else str(tensor.qp),
            "" if tensor.step is None else f"{tensor.step:.3g}",
        ]
        for tensor in tensors
    ]  # fmt: skip
    header = ["name", "shape", "dtype", "coding", "values", "bytes", "bits/value", "qp", "step"]
    print_table(header, cells, left=(0, 1, 2, 3), spare=(2, 3, 4, 8, 7, 1))
