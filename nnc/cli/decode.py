"""`nnc decode`: a bitstream to a model file."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnc.bitio import InputError
from nnc.bitstream import size_on_disk
from nnc.cli.common.bases import base_option, open_base
from nnc.cli.common.files import (
    ByteSize,
    check_model_output,
    check_one_is_standard_input,
    open_bitstream,
    out_of_band_options,
)
from nnc.cli.common.hints import SESSION
from nnc.cli.common.model_formats import ModelFormat, model_output
from nnc.cli.common.output import STANDARD_OUTPUT, counted, examples, human_size
from nnc.cli.common.progress import progress_bar
from nnc.cli.common.results import (
    BITSTREAM,
    beside,
    force_option,
    output_option,
    quiet_option,
    report_done,
    warn_user,
)

if TYPE_CHECKING:
    from nnc.bitstream import Bitstream
    from nnc.cli.common.bases import Base
    from nnc.decoder import Limits
    from nnc.model_files import FileSizes


@click.command(
    epilog=examples(
        "nnc decode model.nnc",
        "nnc decode model.nnc -o model.safetensors",
        "nnc decode model.nnc --to npz",
        "nnc decode model.nnc -o checkpoint/ --max-shard-size 2GB",
        "nnc decode model.nnc -o model.onnx",
        "nnc decode update.nnc --base model.safetensors -o new.safetensors",
        "nnc decode second.nnc --base model.nnc --base first.nnc -o new.safetensors",
    )
)
@click.argument("bitstream")
@output_option(
    "The model; its suffix sets the format, folder/ shards.",
    "BITSTREAM's name, the suffix of the format that the model came in or .safetensors",
)
@click.option("--to", "suffix", type=ModelFormat(),
              help="The format to write, if -o doesn't say it: onnx, npz, pt ...")  # fmt: skip
@base_option
@click.option("--parts", is_flag=True,
              help="Write tensors as they are coded: G, H, scaling ... apart.")  # fmt: skip
@click.option("--full-size", is_flag=True,
              help="Fill in the zeros that a pruning container left out.")  # fmt: skip
@click.option("--thin-out", metavar="KIND=ACCURACY",
              help="Thin tensors out as a performance map says keeps an accuracy: "
                   "sparsification=0.98.")  # fmt: skip
@click.option("--max-values", type=int,
              help="Accept up to this many values, whatever the bitstream's size.")  # fmt: skip
@click.option("--threads", type=int, help="Number of threads.  [default: one per processor]")
@click.option("--memory", type=ByteSize(),
              help="Memory for tensors in work.  [default: 160MiB per thread]")  # fmt: skip
@click.option("--max-shard-size", type=ByteSize(),
              help="Size of new shards.  [default: shards as before, or 5GB]")  # fmt: skip
@out_of_band_options
@click.option("--progress/--no-progress", default=True, help="Show a progress bar on a terminal.")
@force_option
@quiet_option
def command(
    bitstream: str,
    output: str | None,
    suffix: str | None,
    base: tuple[str, ...],
    parts: bool,
    full_size: bool,
    thin_out: str | None,
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
    from nnc.decoder import Limits

    started = time.perf_counter()
    if output is not None:
        check_place(output, suffix, force, bitstream, *base)
    if base and full_size:
        raise click.UsageError("--full-size doesn't go with --base: an update has its base's size")
    if thin_out and (base or parts):
        raise click.UsageError("--thin-out is for whole models, put together")
    check_one_is_standard_input(bitstream, *base)
    limits = Limits(values=max_values)
    before = open_base(base, out_of_band, reconstruct=not parts, threads=threads, limits=limits)
    source = open_bitstream(bitstream, **out_of_band)
    if output is None:
        ending = suffix or suffix_known(source, before, limits)
        output = beside(None, bitstream, ending, BITSTREAM)
        suffix = ending if output == "-" else None
        check_place(output, suffix, force, bitstream, *base)
    with model_output(output, suffix or "") as place:
        if before is not None:
            sizes = decode_update(source, before, place, not parts, max_shard_size)
        else:
            with progress_bar("decoding", shown=progress and not quiet) as advance:
                sizes = decode_alone(
                    source,
                    place,
                    reconstruct=not parts,
                    pruned=not full_size,
                    thin_out=thin_out,
                    max_shard_size=max_shard_size,
                    limits=limits,
                    threads=threads,
                    memory=memory,
                    progress=advance,
                )
        name = format_name(place)
    seconds = time.perf_counter() - started
    told = summary(sizes, output, name, seconds)
    report_done(output, text=told, quiet=quiet, **figures(sizes, name, seconds))


def check_place(output: str, suffix: str | None, force: bool, *inputs: str) -> None:
    """Refuse a model file that can't be written.

    Args:
        output: the file, or `-`.
        suffix: of the format, where the file doesn't say it.
        force: whether it may exist.
        *inputs: files that it must not be.
    """
    from nnc.formats import format_of_output
    from nnc.model_files import check_not_input

    if output == "-":
        if suffix is None:
            raise InputError("name the format that standard output gets with --to FORMAT")
        format_of_output(f"model{suffix}")
        return
    if suffix is not None and not output.lower().endswith(suffix):
        raise InputError(f"{output} is no file of the format that --to names ({suffix})")
    format_of_output(output)
    check_model_output(output, force)
    check_not_input(output, *inputs)


def suffix_known(source: Bitstream, base: Base | None, limits: Limits) -> str:
    """Return the suffix of the format that the model came in, as far as that is known."""
    from nnc.decoder import read_topology
    from nnc.formats import suffix_for
    from nnc.model.metadata import read_metadata

    topology = read_topology(source.walk(), limits)
    metadata = read_metadata(source.walk()).metadata
    if base is not None:
        topology, metadata = topology or base.topology, metadata or base.metadata
    return suffix_for(topology, metadata)


def format_name(path: str) -> str:
    """Return what the format of a model is called."""
    from nnc.formats import format_of_output

    return format_of_output(path).name


def summary(sizes: FileSizes, output: str, name: str, seconds: float) -> str:
    """Return in two lines what a decoding came to."""
    place = STANDARD_OUTPUT if output == "-" else output
    missing = f", {len(sizes.missing)} missing" if sizes.missing else ""
    return (
        f"{place}: {human_size(sizes.file)} as {name}, from {human_size(sizes.bitstream)}\n"
        f"{counted(sizes.tensors, 'tensor')}{missing}, {human_size(sizes.model)} of values, "
        f"in {seconds:.1f} s"
    )


def figures(sizes: FileSizes, name: str, seconds: float) -> dict[str, Any]:
    """Return as data what a decoding came to."""
    return {
        "format": name,
        "tensors": sizes.tensors,
        "missing": list(sizes.missing),
        "bytes_of_values": sizes.model,
        "bytes_of_bitstream": sizes.bitstream,
        "bytes_of_file": sizes.file,
        "seconds": seconds,
    }


def decode_alone(source: Bitstream, output: str, **options: Any) -> FileSizes:
    """Decode a bitstream without anything before it, and tell where it is an update."""
    from nnc.decoder import DecodingWarning, MissingTensorsWarning
    from nnc.model_files import decode_file

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DecodingWarning)
        sizes = decode_file(source, output, **options)
    for warning in caught:
        told = str(warning.message)
        if issubclass(warning.category, DecodingWarning) and not issubclass(
            warning.category, MissingTensorsWarning
        ):
            told = f"this is an update, so the output holds differences; {SESSION[1]}"
        warn_user(told)
    return sizes


def decode_update(
    source: Bitstream, base: Base, output: str, reconstruct: bool, max_shard_size: int | None
) -> FileSizes:
    """Decode an update of a base model as a whole."""
    from nnc.cli.common.base_model import check_base
    from nnc.formats import TensorInfo, with_shard_size, write_model
    from nnc.model_files import FileSizes

    check_base(source, base.session)
    tensors = base.session.decode(source, reconstruct=reconstruct)
    base.add(source)
    said: Mapping[str, str] = base.metadata
    if max_shard_size is not None:
        infos = {name: TensorInfo(one.shape, one.dtype) for name, one in tensors.items()}
        said = with_shard_size(output, infos, said, max_shard_size)
    write_model(output, tensors, said, base.topology)
    size = sum(tensor.nbytes for tensor in tensors.values())
    read = sum(unit.byte_size for unit in source.units)
    return FileSizes(len(tensors), size, read, size_on_disk(Path(output)))
