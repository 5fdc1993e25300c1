"""`nnc encode`: a model file to a bitstream."""

from __future__ import annotations

import time
import warnings
from typing import Any

import click

from nnc.cli.files import check_output, write_bitstream
from nnc.cli.output import examples, human_size


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
    **options: Any,
) -> None:
    """Encode MODEL (.safetensors or .npz) into a bitstream."""
    from nnc.encoder import Encoder, EncoderOptions, EncodingWarning, Joined, encode_model
    from nnc.formats import read_model

    if base is not None and (blocks or joins):
        raise click.UsageError("an update has no blocks and no joined tensors")
    check_output(output, force)
    started = time.perf_counter()
    source = read_model(model)
    options |= {"metadata": source.metadata, "exact": source.exact}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", EncodingWarning)
        if base is None:
            bitstream = encode_model(
                source.tensors,
                EncoderOptions(**options),
                blocks="auto" if blocks else (),
                joins=[Joined(names=names.split(",")) for names in joins],
                topology=source.topology,
                row_axes=source.row_axes,
                threads=threads,
            )
        else:
            session = Encoder(read_model(base).tensors, threads=threads, **options)
            bitstream = session.encode_bitstream(source.tensors)
    write_bitstream(bitstream, output)
    for warning in caught:
        click.echo(f"nnc: {warning.message}", err=True)
    if not quiet:
        before = sum(tensor.nbytes for tensor in source.tensors.values())
        after = sum(len(piece) for piece in bitstream.pieces())
        ratio = f", {before / after:.2f} times smaller" if after else ""
        seconds = time.perf_counter() - started
        click.echo(
            f"{len(source.tensors)} tensors, {human_size(before)} -> {human_size(after)}{ratio}, "
            f"{seconds:.1f} s",
            err=True,
        )
