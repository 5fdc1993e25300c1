"""`nnc decode`: a bitstream to a model file."""

from __future__ import annotations

import time

import click

from nnc.cli.files import check_output, open_bitstream
from nnc.cli.output import examples, human_size


@click.command(
    epilog=examples(
        "nnc decode model.nnc -o model.safetensors",
        "nnc decode - -o model.npz --threads 1 < model.nnc",
    )
)
@click.argument("bitstream")
@click.option("-o", "--output", required=True, help="The model: .safetensors or .npz.")
@click.option("--max-values", type=int,
              help="Accept so many values in all, whatever the size of the bitstream.")  # fmt: skip
@click.option("--threads", type=int, help="Number of threads.  [default: one a processor]")
@click.option("--force", is_flag=True, help="Overwrite the output.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    bitstream: str,
    output: str,
    max_values: int | None,
    threads: int | None,
    force: bool,
    quiet: bool,
) -> None:
    """Decode BITSTREAM (- for standard input) into a model file."""
    from nnc.decoder import Limits, decode_model
    from nnc.formats import write_model
    from nnc.formats.model import known_suffix

    known_suffix(output)
    check_output(output, force)
    started = time.perf_counter()
    model = decode_model(
        open_bitstream(bitstream), threads=threads, limits=Limits(values=max_values)
    )
    tensors = model.values()
    write_model(output, tensors, model.metadata.metadata)
    if not quiet:
        size = sum(tensor.nbytes for tensor in tensors.values())
        seconds = time.perf_counter() - started
        click.echo(f"{len(tensors)} tensors, {human_size(size)}, {seconds:.1f} s", err=True)
