"""`nnc plot`: pictures of a model or a bitstream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nnc.bitio import InputError
from nnc.cli.common.files import check_output, is_model_file, open_bitstream, out_of_band_options
from nnc.cli.common.output import escape_controls, examples
from nnc.cli.common.results import (
    BITSTREAM,
    beside,
    force_option,
    json_wanted,
    output_option,
    quiet_option,
    report_done,
)

#: Quantization parameters that a model is tried with where none are given.
DEFAULT_QPS = "-40,-36,-32,-28,-24,-20,-16"


@click.command(
    epilog=examples(
        "nnc plot model.nnc -o bytes.png",
        "nnc plot model.safetensors -o rates.svg --qp=-36,-32,-28,-24",
    )
)
@click.argument("file")
@output_option("The picture: .png, .svg or .pdf.", "FILE's name, .png")
@click.option("--qp", "qps", default=DEFAULT_QPS, show_default=True,
              help="Quantization parameters to try on a model.")  # fmt: skip
@out_of_band_options
@force_option
@quiet_option
def command(
    file: str, output: str | None, qps: str, force: bool, quiet: bool, out_of_band: dict[str, Any]
) -> None:
    """Plot the bytes per layer of a bitstream, or the error of a model against its size.

    FILE may be - for a bitstream from standard input. Plotting needs matplotlib: pip install
    'nnc[plot]'.
    """
    from nnc.formats import read_model, suffixes
    from nnc.plotting import measure_rates, plot_bytes, plot_rates
    from nnc.plotting.figure import new_figure

    if output is None and file == "-":
        raise InputError("name the output with -o FILE: its suffix says the format")
    output = beside(output, file, ".png", BITSTREAM, *suffixes())
    check_output(output, force)
    new_figure(1, 1)  # the message about a missing package comes before the work
    if file == "-" or not is_model_file(file):
        plot_bytes(open_bitstream(file, **out_of_band), output)
        report_done(output, quiet=quiet)
        return
    tensors = read_model(file).tensors
    points = []
    for point in measure_rates(tensors, numbers(qps)):
        points.append(point)
        if not quiet and not json_wanted():
            click.echo(
                f"qp {point.qp}: {point.bytes} bytes, {point.bits_per_value:.3f} bits per value, "
                f"mean squared error {point.mse:.4g}",
                err=True,
            )
    plot_rates(points, output, escape_controls(Path(file).name))
    report_done(output, quiet=quiet, points=[point._asdict() for point in points])


def numbers(text: str) -> list[int]:
    """Read numbers with commas between."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a list of numbers", param_hint="--qp") from None
