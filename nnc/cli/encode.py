"""`nnc encode`: a model file to a bitstream."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any

import click

from nnc.cli.files import ByteSize, binary_output, check_output, write_bitstream
from nnc.cli.output import examples, human_size
from nnc.cli.progress import progress_bar

if TYPE_CHECKING:
    from nnc.model_files import FileSizes


def pattern_values(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    """Read `PATTERN=VALUE` options."""
    result = {}
    for value in values:
        pattern, equals, text = value.rpartition("=")
        if not equals:
            raise click.BadParameter(f"{value!r} is not {parameter.metavar}")
        result[pattern] = text
    return result


def pattern_numbers(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, int]:
    """Read `PATTERN=N` options."""
    result = {}
    for pattern, text in pattern_values(context, parameter, values).items():
        try:
            result[pattern] = int(text)
        except ValueError:
            raise click.BadParameter(f"{text!r} is not a number") from None
    return result


@click.command(
    epilog=examples(
        "nnc encode model.safetensors -o model.nnc",
        "nnc encode checkpoint/model.safetensors.index.json -o model.nnc",
        "nnc encode model.npz -o - --qp -24 --tensor-qp 'head.*=-40' | nnc info -",
    )
)
@click.argument("model")
@click.option("-o", "--output", required=True, help="The bitstream; - for standard output.")
@click.option("--base", help="The model that the receivers have: encode an update of it.")
@click.option("--qp", type=int, help="Quantization parameter of weights.  [default: -32]")
@click.option("--nonweight-qp", type=int, help="That of vectors and scalars.  [default: -75]")
@click.option(
    "--tensor-qp", multiple=True, metavar="PATTERN=QP", callback=pattern_numbers,
    help="That of the tensors whose names match; can be repeated.",
)  # fmt: skip
@click.option("--qp-density", type=int, default=2, show_default=True,
              help="The step doubles every 2^N steps of qp.")  # fmt: skip
@click.option("--effort", type=int, default=1, show_default=True,
              help="From fastest to smallest, 0 to 3.")  # fmt: skip
@click.option("--dq/--no-dq", default=True, show_default=True, help="Dependent quantization.")
@click.option("--codebook", is_flag=True, help="Codebooks for tensors of few distinct levels.")
@click.option("--keep", multiple=True, metavar="PATTERN",
              help="Store matching tensors as they are; can be repeated.")  # fmt: skip
@click.option("--blocks", is_flag=True,
              help="Code each weight with its bias as one unit.")  # fmt: skip
@click.option("--join", "joins", multiple=True, metavar="NAME,NAME",
              help="Code tensors as one along their first dimension; can be repeated.")  # fmt: skip
@click.option("--references", is_flag=True, help="List names once, and refer to them by number.")
@click.option("--part-size", type=int, help="Cut payloads of more bytes over several units.")
@click.option("--aggregates", type=click.Choice(["all", "modules"]),
              help="Put units into aggregate units.")  # fmt: skip
@click.option("--scan-order", type=int, default=0, show_default=True,
              help="0: by rows; 1 to 4: in blocks of 8 to 64.")  # fmt: skip
@click.option("--row-skip/--no-row-skip", default=None,
              help="Signal rows of zeros.  [default: where it helps]")  # fmt: skip
@click.option("--parameter-search/--no-parameter-search", default=True, show_default=True,
              help="Choose initial states of the contexts.")  # fmt: skip
@click.option("--cabac-unary-length-minus1", type=int, default=10, show_default=True,
              help="Number of greater-than flags, less one.")  # fmt: skip
@click.option("--profile", type=int, default=1, show_default=True, help="general_profile_idc.")
@click.option(
    "--metadata-unit/--no-metadata-unit",
    default=True,
    show_default=True,
    help="Keep metadata and dtypes that the format can't say in a unit of our own.",
)
@click.option("--threads", type=int, help="Number of threads.  [default: one a processor]")
@click.option("--memory", type=ByteSize(),
              help="For tensors worked on at once.  [default: 160MiB a thread]")  # fmt: skip
@click.option("--progress/--no-progress", default=True, help="A bar, on a terminal.")
@click.option("--force", is_flag=True, help="Overwrite the output.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    model: str,
    output: str,
    base: str | None,
    blocks: bool,
    joins: tuple[str, ...],
    force: bool,
    quiet: bool,
    threads: int | None,
    memory: int | None,
    progress: bool,
    **options: Any,
) -> None:
    """Encode MODEL into a bitstream: a file, a folder of shards, or the index of one."""
    from nnc.encoder import EncodingWarning, Joined

    if base is not None and (blocks or joins):
        raise click.UsageError("an update has no blocks and no joined tensors")
    check_output(output, force)
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", EncodingWarning)
        if base is not None:
            sizes = encode_update(model, base, output, threads, options)
        else:
            from nnc.model_files import encode_file

            with (
                progress_bar("encoding", shown=progress and not quiet) as advance,
                binary_output(output) as target,
            ):
                sizes = encode_file(
                    model,
                    target,
                    blocks="auto" if blocks else (),
                    joins=[Joined(names=names.split(",")) for names in joins],
                    threads=threads,
                    memory=memory,
                    progress=advance,
                    **options,
                )
    for warning in caught:
        click.echo(f"nnc: {warning.message}", err=True)
    if not quiet:
        ratio = f", {sizes.model / sizes.bitstream:.2f} times smaller"
        seconds = time.perf_counter() - started
        click.echo(
            f"{sizes.tensors} tensors, {human_size(sizes.model)} -> "
            f"{human_size(sizes.bitstream)}{ratio}, {seconds:.1f} s",
            err=True,
        )


def encode_update(
    model: str, base: str, output: str, threads: int | None, options: dict[str, Any]
) -> FileSizes:
    """Encode an update of a base model, both of which are read as a whole."""
    from nnc.encoder import Encoder
    from nnc.formats import read_model
    from nnc.model_files import FileSizes

    source = read_model(model)
    options |= {"metadata": source.metadata, "exact": source.exact}
    session = Encoder(read_model(base).tensors, threads=threads, **options)
    bitstream = session.encode_bitstream(source.tensors)
    write_bitstream(bitstream, output)
    before = sum(tensor.nbytes for tensor in source.tensors.values())
    after = sum(len(piece) for piece in bitstream.pieces())
    return FileSizes(len(source.tensors), before, after)
