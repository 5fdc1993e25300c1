"""`nnc encode`: a model file to a bitstream."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnc.bitio import InputError
from nnc.cli.common.bases import open_base
from nnc.cli.common.encode_options import (
    GroupedCommand,
    encoding_options,
    said_of,
    with_file,
)
from nnc.cli.common.files import (
    binary_output,
    check_different,
    check_output,
    write_bitstream,
)
from nnc.cli.common.model_formats import STANDARD_INPUT, ModelFormat, model_input
from nnc.cli.common.output import STANDARD_OUTPUT, counted, examples, human_size
from nnc.cli.common.progress import progress_bar
from nnc.cli.common.results import (
    BITSTREAM,
    beside,
    force_option,
    output_option,
    quiet_option,
    report_done,
)
from nnc.cli.common.trials import trial_display
from nnc.encoder.options.target import KINDS, Target
from nnc.model.options import rows_of

if TYPE_CHECKING:
    from nnc.model_files import FileSizes


@click.command(
    cls=GroupedCommand,
    epilog=examples(
        "nnc encode model.safetensors",
        "nnc encode checkpoint/model.safetensors.index.json -o model.nnc",
        "nnc encode model.onnx -o model.nnc",
        "nnc encode model.npz -o - --qp -24 --tensor-qp 'head.*=-40' | nnc info -",
        "nnc encode model.npz -o model.nnc --target-size 10% --report report.html",
        "nnc encode model.npz -o model.nnc --tensor 'layer4.*=qp:-24,dq:off'",
        "nnc encode model.npz -o model.nnc --accuracy-drop 0.5 --evaluate mine:accuracy",
    ),
)
@click.argument("model")
@output_option("The bitstream; - for standard output.", "MODEL's name, .nnc")
@click.option("--from", "suffix", type=ModelFormat(),
              help="The format of a model from standard input: onnx, npz, pt ...")  # fmt: skip
@click.option("--base", metavar="FILE", multiple=True,
              help="What the receivers have: encode an update of that model file, bitstream or "
                   "saved session; again for bitstreams that came after it.")  # fmt: skip
@click.option("--options", "options_file", metavar="FILE",
              help="A TOML file of options, with [tensors.'PATTERN'] tables.")  # fmt: skip
@click.option("--report", metavar="FILE", help="Write what each tensor takes, .html or .json.")
@click.option("--progress/--no-progress", default=True, help="A bar, on a terminal.")
@force_option
@quiet_option
@encoding_options
@click.pass_context
def command(
    context: click.Context,
    /,
    model: str,
    output: str | None,
    suffix: str | None,
    base: tuple[str, ...],
    force: bool,
    quiet: bool,
    progress: bool,
    options_file: str | None,
    report: str | None,
    **given: Any,
) -> None:
    """Encode MODEL into a bitstream: a file, a folder of shards, or the index of one.

    MODEL may be - for standard input.
    """
    from nnc.formats import suffixes
    from nnc.model_files import check_not_input

    output = beside(output, model, BITSTREAM, *suffixes())
    check_output(output, force)
    check_not_input(output, model, *base)
    if report is not None:
        check_report(report, base, output, force)
    options = with_file(options_file, said_of(context, given))
    check_target_options(options)
    times: dict[str, float] = {}
    started = time.perf_counter()
    with model_input(model, suffix) as source:
        if base:
            sizes = encode_update(source, base, output, options)
        else:
            sizes = encode_model_file(source, output, progress and not quiet, times, options)
        if report is not None:
            from nnc.report import write_report

            write_report(report, source, output, times=times)
    seconds = time.perf_counter() - started
    outputs = [output] if report is None else [output, report]
    told = summary(sizes, model, output, seconds)
    report_done(*outputs, text=told, quiet=quiet, **figures(sizes, seconds))


def summary(sizes: FileSizes, model: str, output: str, seconds: float) -> str:
    """Return in two lines what an encoding came to."""
    lines = [f"{STANDARD_OUTPUT if output == '-' else output}: {human_size(sizes.bitstream)}"]
    name = STANDARD_INPUT if model == "-" else model
    for size, what in ((sizes.file, name), (sizes.model, "its values")):
        if size:
            lines[0] += f", {compared(sizes.bitstream, size)} {what} ({human_size(size)})"
    lines.append(f"{counted(sizes.tensors, 'tensor')} in {seconds:.1f} s")
    loss = sizes.loss
    if loss is not None and math.isfinite(loss.snr):
        # No minus before a zero.
        whole, least = (round(snr, 1) + 0.0 for snr in (loss.snr, loss.worst_snr))
        lines[1] += f"; signal to noise {whole:.1f} dB, lowest {least:.1f} dB in {loss.worst!r}"
    return "\n".join(lines)


def compared(size: int, other: int) -> str:
    """Say how many times smaller or larger a size is than another."""
    if size <= other:
        return f"{other / size:.2f} times smaller than"
    return f"{size / other:.2f} times larger than"


def figures(sizes: FileSizes, seconds: float) -> dict[str, Any]:
    """Return as data what an encoding came to."""
    loss = sizes.loss
    return {
        "tensors": sizes.tensors,
        "bytes_of_values": sizes.model,
        "bytes_of_bitstream": sizes.bitstream,
        "bytes_of_file": sizes.file or None,
        "snr": None if loss is None else loss.snr,
        "worst_tensor": None if loss is None else loss.worst,
        "worst_snr": None if loss is None else loss.worst_snr,
        "seconds": seconds,
    }


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
    rows = rows_of(Target)
    has_target = any(name in options for name, row in rows.items() if row.field in KINDS)
    for name in ("evaluate", "sensitivity"):
        if options.get(name, "none") != "none" and not has_target:
            raise click.UsageError(f"--{name} goes with a target, such as --target-size")


def encode_model_file(
    model: str, output: str, shown: bool, times: dict[str, float], options: dict[str, Any]
) -> FileSizes:
    """Encode a model file, and show how it goes on."""
    from nnc.model_files import encode_file

    with (
        progress_bar("encoding", shown=shown) as advance,
        trial_display(shown) as on_trial,
        binary_output(output) as target,
    ):
        return encode_file(
            model, target, progress=advance, on_trial=on_trial, times=times, **options
        )


def encode_update(
    model: str, base: Sequence[str], output: str, options: dict[str, Any]
) -> FileSizes:
    """Encode an update of what the receivers have, which is read as a whole, as the model is.

    Raises:
        InputError: of a tensor they have, only differences are given; or the model has none of
            their tensors.
    """
    from nnc.cli.common.base_model import fingerprint
    from nnc.decoder import ModelInformation
    from nnc.encoder import Encoder, asked, warn_of_limits
    from nnc.features import feature_set
    from nnc.features.encoding import options_within, refuse_outside
    from nnc.formats import read_model, unpacked
    from nnc.model_files import FileSizes

    drop, max_unpacked = options.pop("drop", ()), options.pop("max_unpacked", None)
    within = None
    if (name := options.pop("profile_set", None)) is not None:
        within = feature_set(name)
        options = options_within(within, "Encoder", options)
    asked("Encoder", options | {"memory": None})  # what it refuses needs no model to be read
    with unpacked(max_unpacked):
        source = read_model(model, drop)
    # All tensors are in memory.
    options.pop("memory", None)
    options["metadata"] = source.metadata | options.get("metadata", {})
    session = Encoder(**options)
    session.keep_exact(source.exact)
    found = open_base(base, {}, threads=session.resources.threads)
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
    if within is not None:
        refuse_outside(bitstream.to_bytes(), within)
    write_bitstream(bitstream, output)
    before = sum(tensor.nbytes for tensor in source.tensors.values())
    after = sum(len(piece) for piece in bitstream.pieces())
    warn_of_limits(sum(tensor.size for tensor in source.tensors.values()), after, held)
    return FileSizes(len(source.tensors), before, after)
