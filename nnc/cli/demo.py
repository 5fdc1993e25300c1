"""`nnc demo`: what compression costs a small real network."""

from __future__ import annotations

from dataclasses import asdict

import click

from nnc.bitio import InputError
from nnc.cli.common.output import examples, format_option, human_size, print_json, print_table

DEFAULT_QPS = (-38, -32, -28, -24, -22)


@click.command(
    epilog=examples(
        "nnc demo",
        "nnc demo --qp -30 --qp -20 --format json",
        "nnc demo --reduce",
        "nnc demo --federated",
    )
)
@click.option("--qp", "qps", type=int, multiple=True, default=DEFAULT_QPS, show_default=True,
              help="Quantization parameter to try; repeat for more.")  # fmt: skip
@click.option(
    "--reduce",
    "with_tools",
    is_flag=True,
    help="Make the network smaller first, with each tool of clause 8.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False),
    help="With --reduce: draw bytes against accuracy into a .png, .svg or .pdf.",
)
@click.option(
    "--federated",
    is_flag=True,
    help="Learn digits on six nodes instead, uncoded, in 8 bits and coded (needs Flower).",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 1000),
    default=8,
    show_default=True,
    help="Rounds of federated learning.",
)
@format_option("json")
def command(
    qps: tuple[int, ...],
    with_tools: bool,
    plot: str | None,
    federated: bool,
    rounds: int,
    output_format: str,
) -> None:
    """Encode, decode and run a digit recognizer at several qualities.

    The network has been trained on scanned handwritten digits; its accuracy is measured on
    images that it hasn't seen, before and after.
    """
    if with_tools:
        show_reduced(plot, output_format)
        return
    if plot is not None:
        raise InputError("--plot draws what --reduce measures: give both")
    if federated:
        show_federated(rounds, output_format)
        return
    from nnc.demo import run

    results = run(qps)
    if output_format == "json":
        print_json({"results": [asdict(result) for result in results]})
        return
    first = results[0]
    click.echo(
        f"A convolutional network for handwritten digits: {human_size(first.bytes_original)} of "
        f"float32, {100 * first.accuracy_before:.1f} % of the test images right.\n"
    )
    print_table(
        ["qp", "bytes", "times smaller", "bits/value", "accuracy before", "after"],
        [
            [
                str(result.qp),
                str(result.bytes_encoded),
                f"{result.ratio:.1f}",
                f"{result.bits_per_value:.2f}",
                f"{100 * result.accuracy_before:.1f} %",
                f"{100 * result.accuracy_after:.1f} %",
            ]
            for result in results
        ],
        left=(),
    )


def show_federated(rounds: int, output_format: str) -> None:
    """Learn digits on nodes in this process, and show each round."""
    import logging

    try:
        from nnc.demo.federated import run
    except ImportError as error:
        raise InputError(str(error)) from None
    # Flower logs each step of each round.
    logging.getLogger("flwr").setLevel(logging.ERROR)
    results = {coding: run(coding, rounds=rounds) for coding in ("none", "8-bit", "nnc")}
    if output_format == "json":
        print_json({"results": [{"coding": name, **asdict(one)} for name, one in results.items()]})
        return
    click.echo("Six nodes learn to read digits, of which each has some more than others.\n")
    print_table(
        ["round", *(f"{name}: {what}" for name in results for what in ("right", "up", "down"))],
        [
            [
                str(number + 1),
                *(
                    cell
                    for one in results.values()
                    for cell in (
                        f"{100 * one.accuracy[number + 1]:.1f} %",
                        human_size(one.bytes_up[number]),
                        human_size(one.bytes_down[number]),
                    )
                ),
            ]
            for number in range(rounds)
        ],
        left=(),
    )
    whole = results["none"]
    click.echo()
    for name, one in results.items():
        up = 100 * sum(one.bytes_up) / sum(whole.bytes_up)
        down = 100 * sum(one.bytes_down) / sum(whole.bytes_down)
        click.echo(f"{name}: {up:.1f} % of the bytes up, {down:.1f} % down, in all rounds.")


def show_reduced(plot: str | None, output_format: str) -> None:
    """Make the network smaller by each tool, and show what that saves."""
    from nnc.demo import reduced

    points = reduced.run()
    if plot is not None:
        from nnc.plotting import plot_accuracies

        curves: dict[str, list[tuple[int, float]]] = {}
        for point in points:
            curves.setdefault(point.tool, []).append((point.bytes_encoded, point.accuracy))
        plot_accuracies(curves, plot, "Digits network")
    best = reduced.smallest(points)
    if output_format == "json":
        print_json(
            {
                "results": [asdict(point) for point in best.values()],
                "points": [asdict(point) for point in points],
            }
        )
        return
    whole = reduced.FLOAT32_BYTES
    click.echo(
        f"The smallest bitstreams of the digits network ({human_size(whole)} of float32) that "
        f"read at least {100 * reduced.WANTED:.1f} % of the test images right.\n"
    )
    print_table(
        ["tool", "qp", "bytes", "times smaller", "accuracy"],
        [
            [
                tool,
                "" if point.qp is None else str(point.qp),
                str(point.bytes_encoded),
                f"{whole / point.bytes_encoded:.0f}",
                f"{100 * point.accuracy:.1f} %",
            ]
            for tool, point in best.items()
        ],
    )
    missing = sorted({point.tool for point in points} - set(best))
    if missing:
        click.echo(f"\nNot at any of these steps: {', '.join(missing)}.")
