"""`nnc encode`: a model file to a bitstream."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from nnc.bitio import InputError
from nnc.cli.common.bases import open_base
from nnc.cli.common.encode_options import (
    CodebookType,
    ScanOrderType,
    evaluate_option,
    tensor_options,
    with_file,
)
from nnc.cli.common.files import (
    ByteSize,
    binary_output,
    check_different,
    check_output,
    write_bitstream,
)
from nnc.cli.common.output import examples, human_size
from nnc.cli.common.progress import progress_bar
from nnc.cli.common.trials import trial_display

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
        "nnc encode model.onnx -o model.nnc",
        "nnc encode model.npz -o - --qp -24 --tensor-qp 'head.*=-40' | nnc info -",
        "nnc encode model.npz -o model.nnc --target-size 10% --report report.html",
        "nnc encode model.npz -o model.nnc --tensor 'layer4.*=qp:-24,dq:off'",
        "nnc encode model.npz -o model.nnc --accuracy-drop 0.5 --evaluate mine:accuracy",
    )
)
@click.argument("model")
@click.option("-o", "--output", required=True, help="The bitstream; - for standard output.")
@click.option("--base", metavar="FILE", multiple=True,
              help="What the receivers have: encode an update of that model file, bitstream or "
                   "saved session; again for bitstreams that came after it.")  # fmt: skip
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
@click.option("--bit-depth", type=int, help="Bits of the levels, in place of --qp.")
@click.option("--dq/--no-dq", default=None, help="Dependent quantization.  [default: yes; from "
              "effort 2 on where it is smaller]")  # fmt: skip
@click.option(
    "--codebook", type=CodebookType(), is_flag=False, flag_value="on",
    help="Codebooks: of few levels (on), of few values without loss (exact), of so many entries, "
         "or if smaller (auto).  [default: if smaller, for few values]",
)  # fmt: skip
@click.option("--lossless", is_flag=True, help="Store all floats as they are.")
@click.option(
    "--tensor", "tensors", multiple=True, metavar="PATTERN=OPTION:VALUE,...",
    callback=tensor_options,
    help="Options of the tensors whose names match: qp, bit_depth, dq, codebook, keep, "
         "scan_order, row_skip, cabac_unary_length_minus1, effort, data_format (int4, float16 "
         "...), row_axis; exclude:PATTERN for names that it doesn't hold for. Can be repeated.",
)  # fmt: skip
@click.option("--options", "options_file", metavar="FILE",
              help="A TOML file of options, with [tensors.'PATTERN'] tables.")  # fmt: skip
@click.option("--target-size", metavar="SIZE",
              help="Search for the finest steps that give so many bytes (10MB, 10%).")  # fmt: skip
@click.option("--bits-per-value", type=float, help="The same for bits of each value.")
@click.option("--target-mse", type=float, help="Search for a mean squared error.")
@click.option("--psnr", type=float, help="Search for a signal to noise ratio, in dB.")
@click.option("--max-error", type=float, help="Search for the largest error of a value.")
@click.option("--accuracy-drop", type=float,
              help="Search for a loss of accuracy, in percentage points.")  # fmt: skip
@click.option("--evaluate", metavar="MODULE:FUNCTION", callback=evaluate_option,
              help="Gives the accuracy of tensors by name.")  # fmt: skip
@click.option("--sensitivity", type=click.Choice(["none", "error", "callback"]), default="none",
              show_default=True, help="Which weights get finer steps than others.")  # fmt: skip
@click.option("--report", metavar="FILE", help="Write what each tensor takes, .html or .json.")
@click.option("--keep", multiple=True, metavar="PATTERN",
              help="Store matching tensors as they are; can be repeated.")  # fmt: skip
@click.option("--blocks", is_flag=True,
              help="Code each weight with its bias and batch norm as one unit.")  # fmt: skip
@click.option("--join", "joins", multiple=True, metavar="NAME,NAME",
              help="Code tensors as one along their first dimension; can be repeated.")  # fmt: skip
@click.option("--references", is_flag=True, help="List names once, and refer to them by number.")
@click.option("--part-size", type=int, help="Cut payloads of more bytes over several units.")
@click.option("--aggregates", type=click.Choice(["all", "modules"]),
              help="Put units into aggregate units.")  # fmt: skip
@click.option("--out-of-band", multiple=True, metavar="ELEMENT",
              type=click.Choice(["dimensions", "cabac_unary_length_minus1"]),
              help="Leave dimensions or cabac_unary_length_minus1 out: the decoder gets them in "
                   "another way. Can be repeated.")  # fmt: skip
@click.option("--prune-rows", is_flag=True,
              help="Leave rows of zeros out, and say which; nnc decode --full-size puts them "
                   "back.")  # fmt: skip
@click.option("--scan-order", type=ScanOrderType(), default=0, show_default=True,
              help="0: by rows; 1 to 4: blocks of 8 to 64; auto: of large tensors.")  # fmt: skip
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
@click.option("--drop", multiple=True, metavar="PATTERN",
              help="Leave matching tensors out; can be repeated.")  # fmt: skip
@click.option("--max-unpacked", type=ByteSize(),
              help="What a packed model may unpack to at least.  [default: 1GiB]")  # fmt: skip
@click.option("--progress/--no-progress", default=True, help="A bar, on a terminal.")
@click.option("--force", is_flag=True, help="Overwrite the output.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
@click.pass_context
def command(
    context: click.Context,
    /,
    model: str,
    output: str,
    base: tuple[str, ...],
    blocks: bool,
    joins: tuple[str, ...],
    force: bool,
    quiet: bool,
    threads: int | None,
    memory: int | None,
    drop: tuple[str, ...],
    max_unpacked: int | None,
    progress: bool,
    options_file: str | None,
    report: str | None,
    **options: Any,
) -> None:
    """Encode MODEL into a bitstream: a file, a folder of shards, or the index of one."""
    from nnc.encoder import EncodingWarning, Joined
    from nnc.model_files import check_not_input

    if base and joins:
        raise click.UsageError("an update has no joined tensors")
    if model == "-":
        raise InputError("a model comes from a file, whose name says the format")
    check_output(output, force)
    check_not_input(output, model, *base)
    if report is not None:
        check_report(report, base, output, force)
    options = with_file(context, options_file, options)
    check_target_options(options)
    if base:
        options = without_target(options)
    times: dict[str, float] = {}
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", EncodingWarning)
        if base:
            layers: Literal["auto"] | tuple[()] = "auto" if blocks else ()
            sizes = encode_update(
                model, base, output, threads, {"blocks": layers, **options}, drop, max_unpacked
            )
        else:
            from nnc.model_files import encode_file

            with (
                progress_bar("encoding", shown=progress and not quiet) as advance,
                trial_display(progress and not quiet) as on_trial,
                binary_output(output) as target,
            ):
                sizes = encode_file(
                    model,
                    target,
                    blocks="auto" if blocks else (),
                    joins=[Joined(names=names.split(",")) for names in joins],
                    threads=threads,
                    memory=memory,
                    drop=drop,
                    max_unpacked=max_unpacked,
                    progress=advance,
                    on_trial=on_trial,
                    times=times,
                    **options,
                )
    if report is not None:
        from nnc.report import write_report

        write_report(report, model, output, times=times)
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


def check_report(report: str, base: Sequence[str], output: str, force: bool) -> None:
    """Refuse a report that can't be written."""
    from nnc.report import check_suffix

    if base or output == "-":
        raise click.UsageError("a report is about a bitstream file of a whole model")
    check_suffix(report)
    check_output(report, force)
    check_different(report, output)
    if not Path(report).absolute().parent.is_dir():
        raise InputError(f"{report}: there is no such folder")


def check_target_options(options: Mapping[str, Any]) -> None:
    """Refuse what goes with a target, where there is none."""
    from nnc.encoder import has_target

    for name, said in {
        "evaluate": options["evaluate"] is not None,
        "sensitivity": options["sensitivity"] != "none",
    }.items():
        if said and not has_target(options):
            raise click.UsageError(f"--{name} goes with a target, such as --target-size")


def without_target(options: dict[str, Any]) -> dict[str, Any]:
    """Return options for an update, for which no target is searched."""
    from nnc.encoder import taken_target

    result = dict(options)
    if taken_target(result) is not None:
        raise click.UsageError("an update is encoded with given quantization parameters")
    return result


def encode_update(
    model: str,
    base: Sequence[str],
    output: str,
    threads: int | None,
    options: dict[str, Any],
    drop: Sequence[str] = (),
    max_unpacked: int | None = None,
) -> FileSizes:
    """Encode an update of what the receivers have, which is read as a whole, as the model is.

    Raises:
        InputError: of a tensor they have, only differences are given; or the model has none of
            their tensors.
    """
    from nnc.cli.common.base_model import fingerprint
    from nnc.decoder import ModelInformation
    from nnc.encoder import Encoder, warn_of_limits
    from nnc.formats import read_model, unpacked
    from nnc.model_files import FileSizes

    with unpacked(max_unpacked):
        source = read_model(model, drop)
    options |= {"metadata": source.metadata, "exact": source.exact}
    session = Encoder(threads=threads, **options)
    found = open_base(base, {}, threads=threads)
    assert found is not None, "a base is given"
    session.decoder = found.session
    unknown = sorted(session.decoder.state.names_without_values())
    if unknown:
        raise InputError(f"of tensor {unknown[0]!r} --base gives only a difference; what that is "
                         "one to has to stand before it")  # fmt: skip
    if source.tensors and not source.tensors.keys() & session.decoder.tensors().keys():
        raise InputError(
            f"{model} has no tensor that --base has ({next(iter(source.tensors))!r} isn't there): "
            "an update of it would be a whole model; encode it without --base"
        )
    held = session.decoder.held_values
    information = ModelInformation(base_model_id=fingerprint(session.decoder.tensors()))
    bitstream = session.encode_bitstream(source.tensors, information=information)
    write_bitstream(bitstream, output)
    before = sum(tensor.nbytes for tensor in source.tensors.values())
    after = sum(len(piece) for piece in bitstream.pieces())
    warn_of_limits(sum(tensor.size for tensor in source.tensors.values()), after, held)
    return FileSizes(len(source.tensors), before, after)
