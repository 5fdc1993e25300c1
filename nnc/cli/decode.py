"""`nnc decode`: a bitstream to a model file."""

from __future__ import annotations

import time
from typing import Any

import click

from nnc.cli.files import check_output, open_bitstream, out_of_band_options
from nnc.cli.output import examples, human_size


@click.command(
    epilog=examples(
        "nnc decode model.nnc -o model.safetensors",
        "nnc decode update.nnc --base model.safetensors -o new.safetensors",
    )
)
@click.argument("bitstream")
@click.option("-o", "--output", required=True, help="The model: .safetensors or .npz.")
@click.option("--base", help="The model that BITSTREAM is an update of.")
@click.option("--parts", is_flag=True,
              help="Give the tensors as they are coded: G, H, scaling ... apart.")  # fmt: skip
@click.option("--max-values", type=int,
              help="Accept so many values in all, whatever the size of the bitstream.")  # fmt: skip
@click.option("--threads", type=int, help="Number of threads.  [default: one a processor]")
@out_of_band_options
@click.option("--force", is_flag=True, help="Overwrite the output.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    bitstream: str,
    output: str,
    base: str | None,
    parts: bool,
    max_values: int | None,
    threads: int | None,
    force: bool,
    quiet: bool,
    out_of_band: dict[str, Any],
) -> None:
    """Decode BITSTREAM (- for standard input) into a model file.

    An update of another model needs that, by --base; without it the differences are written.
    """
    from nnc.decoder import Decoder, Limits, decode_model, read_topology
    from nnc.formats import format_of_output, read_model, write_model

    format_of_output(output)
    check_output(output, force)
    started = time.perf_counter()
    source = open_bitstream(bitstream, **out_of_band)
    limits = Limits(values=max_values)
    if base is not None:
        model = read_model(base)
        session = Decoder(model.tensors, threads=threads, limits=limits)
        tensors, metadata = session.decode(source, reconstruct=not parts), model.metadata
        topology = model.topology
    else:
        structured = format_of_output(output).structured
        topology = read_topology(source.walk(), limits) if structured else None
        decoded = decode_model(source, threads=threads, limits=limits)
        tensors, metadata = decoded.values(reconstruct=not parts), decoded.metadata.metadata
        if decoded.holds_differences:
            click.echo("nnc: this is an update: what is written are differences", err=True)
    write_model(output, tensors, metadata, topology)
    if not quiet:
        size = sum(tensor.nbytes for tensor in tensors.values())
        seconds = time.perf_counter() - started
        click.echo(f"{len(tensors)} tensors, {human_size(size)}, {seconds:.1f} s", err=True)
