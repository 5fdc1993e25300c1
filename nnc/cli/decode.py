"""`nnc decode`: a bitstream to a model file."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from nnc.cli.common.bases import base_option, open_base
from nnc.cli.common.files import (
    ByteSize,
    check_model_output,
    check_one_is_standard_input,
    open_bitstream,
    out_of_band_options,
)
from nnc.cli.common.hints import SESSION
from nnc.cli.common.output import examples, human_size
from nnc.cli.common.progress import progress_bar

if TYPE_CHECKING:
    from nnc.bitstream import Bitstream
    from nnc.cli.common.bases import Base


@click.command(
    epilog=examples(
        "nnc decode model.nnc -o model.safetensors",
        "nnc decode model.nnc -o checkpoint/ --max-shard-size 2GB",
        "nnc decode model.nnc -o model.onnx",
        "nnc decode update.nnc --base model.safetensors -o new.safetensors",
        "nnc decode second.nnc --base model.nnc --base first.nnc -o new.safetensors",
    )
)
@click.argument("bitstream")
@click.option(
    "-o", "--output", required=True, help="The model; its suffix sets the format, folder/ shards."
)
@base_option
@click.option("--parts", is_flag=True,
              help="Write tensors as they are coded: G, H, scaling ... apart.")  # fmt: skip
@click.option("--full-size", is_flag=True,
              help="Fill in the zeros that a pruning container left out.")  # fmt: skip
@click.option("--max-values", type=int,
              help="Accept up to this many values, whatever the bitstream's size.")  # fmt: skip
@click.option("--threads", type=int, help="Number of threads.  [default: one per processor]")
@click.option("--memory", type=ByteSize(),
              help="Memory for tensors in work.  [default: 160MiB per thread]")  # fmt: skip
@click.option("--max-shard-size", type=ByteSize(),
              help="Size of new shards.  [default: shards as before, or 5GB]")  # fmt: skip
@out_of_band_options
@click.option("--progress/--no-progress", default=True, help="Show a progress bar on a terminal.")
@click.option("--force", is_flag=True, help="Overwrite the output.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    bitstream: str,
    output: str,
    base: tuple[str, ...],
    parts: bool,
    full_size: bool,
    max_values: int | None,
    threads: int | None,
    memory: int | None,
    max_shard_size: int | None,
    progress: bool,
    force: bool,
    quiet: bool,
    out_of_band: dict[str, Any],
) -> None:
    """Decode BITSTREAM to a model file.

    BITSTREAM may be - for standard input. To decode an update, give the model it updates with
    --base; without it, nnc writes the differences.
    """
    from nnc.decoder import DecodingWarning, Limits, MissingTensorsWarning
    from nnc.formats import format_of_output
    from nnc.model_files import check_not_input, decode_file

    format_of_output(output)
    check_model_output(output, force)
    check_not_input(output, bitstream, *base)
    started = time.perf_counter()
    if base and full_size:
        raise click.UsageError("--full-size doesn't go with --base: an update has its base's size")
    check_one_is_standard_input(bitstream, *base)
    limits = Limits(values=max_values)
    before = open_base(base, out_of_band, reconstruct=not parts, threads=threads, limits=limits)
    source = open_bitstream(bitstream, **out_of_band)
    if before is not None:
        count, size = decode_update(source, before, output, not parts, max_shard_size)
    else:
        with (
            warnings.catch_warnings(record=True) as caught,
            progress_bar("decoding", shown=progress and not quiet) as advance,
        ):
            warnings.simplefilter("always", DecodingWarning)
            count, size, *_ = decode_file(
                source,
                output,
                reconstruct=not parts,
                pruned=not full_size,
                max_shard_size=max_shard_size,
                limits=limits,
                threads=threads,
                memory=memory,
                progress=advance,
            )
        for warning in caught:
            told = str(warning.message)
            if not issubclass(warning.category, MissingTensorsWarning):
                told = f"this is an update, so the output holds differences; {SESSION[1]}"
            click.echo(f"nnc: {told}", err=True)
    if not quiet:
        seconds = time.perf_counter() - started
        click.echo(f"{count} tensors, {human_size(size)}, {seconds:.1f} s", err=True)


def decode_update(
    source: Bitstream, base: Base, output: str, reconstruct: bool, max_shard_size: int | None
) -> tuple[int, int]:
    """Decode an update of a base model as a whole; return number and bytes of the tensors."""
    from nnc.cli.common.base_model import check_base
    from nnc.formats import TensorInfo, with_shard_size, write_model

    check_base(source, base.session)
    tensors = base.session.decode(source, reconstruct=reconstruct)
    base.add(source)
    said: Mapping[str, str] = base.metadata
    if max_shard_size is not None:
        infos = {name: TensorInfo(one.shape, one.dtype) for name, one in tensors.items()}
        said = with_shard_size(output, infos, said, max_shard_size)
    write_model(output, tensors, said, base.topology)
    return len(tensors), sum(tensor.nbytes for tensor in tensors.values())
