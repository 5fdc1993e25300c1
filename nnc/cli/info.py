"""`nnc info`: a bitstream in a few lines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from nnc.cli.common.files import open_bitstream, out_of_band_options
from nnc.cli.common.output import examples, format_option, human_size, print_json, print_pairs
from nnc.cli.common.unread import report_unread


@click.command(
    epilog=examples(
        "nnc info model.nnc",
        "nnc info model.nnc --format json",
    )
)
@click.argument("bitstream")
@out_of_band_options
@format_option("json")
def command(bitstream: str, output_format: str, out_of_band: dict[str, Any]) -> int:
    """Summarise BITSTREAM from its headers.

    BITSTREAM may be - for standard input. For profile 0, nnc also decodes a few small tensors, to
    tell the dialect.
    """
    from nnc.decoder.dialect import detect_dialect
    from nnc.features import fitting_sets
    from nnc.inspect import summarize, trace

    opened = open_bitstream(bitstream, **out_of_band)
    summary, dialect = summarize(opened), detect_dialect(opened)
    fits = fitting_sets(trace(opened.to_bytes(), **out_of_band))
    if output_format == "json":
        own = {"dialect": None if dialect is None else dialect.value, "feature_sets": fits}
        print_json({**asdict(summary), **own})
        return report_unread(opened)
    lines = {
        "size": f"{human_size(summary.bytes)} ({summary.bytes} bytes)",
        "profile": "unknown, no start unit" if summary.profile is None else str(summary.profile),
        "units": ", ".join(f"{count} {name}" for name, count in summary.units.items()),
        "tensors": f"{summary.tensors}, {summary.values} values",
        "payloads": ", ".join(f"{count} {kind}" for kind, count in summary.kinds.items()) or "-",
    }
    if dialect is not None:
        lines["dialect"] = dialect.value
    if summary.bits_per_value is not None:
        lines["bits per value"] = f"{summary.bits_per_value:.4g}"
    if summary.steps is not None and summary.qps is not None:
        finest, coarsest = (f"{step:.3g}" for step in summary.steps)
        lines["step sizes"] = span(finest, coarsest)
        lines["quantization"] = f"qp {span(*summary.qps)}, qp_density {summary.qp_density}"
    if summary.updates:
        lines["update"] = "tensors may be differences to those of a base model"
    lines["fits"] = ", ".join(fits)
    if summary.unread:
        lines["out of band"] = f"{summary.unread} units need values that are not in the bitstream"
    lines |= {f"metadata {key}": value for key, value in summary.metadata.items()}
    print_pairs(lines)
    return report_unread(opened)


def span(least: object, greatest: object) -> str:
    """Return two values with what is between them."""
    return str(least) if least == greatest else f"{least} to {greatest}"
