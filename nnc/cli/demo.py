"""`nnc demo`: what compression costs a small real network."""

from __future__ import annotations

from dataclasses import asdict

import click

from nnc.cli.common.output import examples, format_option, human_size, print_json, print_table

DEFAULT_QPS = (-38, -32, -28, -24, -22)


@click.command(
    epilog=examples(
        "nnc demo",
        "nnc demo --qp -30 --qp -20 --format json",
    )
)
@click.option("--qp", "qps", type=int, multiple=True, default=DEFAULT_QPS, show_default=True,
              help="Quantization parameter to try; repeat for more.")  # fmt: skip
@format_option("json")
def command(qps: tuple[int, ...], output_format: str) -> None:
    """Encode, decode and run a digit recognizer at several qualities.

    The network has been trained on scanned handwritten digits; its accuracy is measured on
    images that it hasn't seen, before and after.
    """
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
