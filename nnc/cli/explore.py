"""`nnc explore`: a page about a bitstream."""

from __future__ import annotations

from pathlib import Path

import click

from nnc.cli.common.documents import load, schema_option, trace_file
from nnc.cli.common.elements import report_faults
from nnc.cli.common.files import check_output, write_bytes
from nnc.cli.common.output import examples
from nnc.cli.common.results import (
    BITSTREAM,
    beside,
    force_option,
    output_option,
    quiet_option,
    report_done,
)

#: The page that takes bitstreams, where nothing else is said.
APP = "nnc-explorer.html"


@click.command(
    epilog=examples(
        "nnc explore model.nnc",
        "nnc explore model.nnc -o page.html",
        "nnc explore damaged.nnc --serve",
        "nnc explore --app -o explorer.html",
    )
)
@click.argument("bitstream", required=False)
@output_option("The page; - for standard output.", f"BITSTREAM's name, .html; {APP} with --app")
@click.option("--app", is_flag=True, help="A page that itself takes bitstreams, decodes and shows them.")  # fmt: skip # noqa: E501
@click.option("--serve", is_flag=True, help="Serve the page to a browser on this machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="For --serve; 0: any.")
@schema_option
@force_option
@quiet_option
def command(
    bitstream: str | None,
    output: str | None,
    app: bool,
    serve: bool,
    port: int,
    schema: str | None,
    force: bool,
    quiet: bool,
) -> int:
    """Make a page that shows BITSTREAM: sizes, tensors, units, elements, bits.

    BITSTREAM may be - for standard input. The page needs no network. It shows a damaged bitstream
    up to its faults and after them. Of a large one it holds a sample, and says so. With --app the
    page holds a decoder instead: drop a file on it; nothing leaves the machine.
    """
    if output is not None and serve:
        raise click.UsageError("give -o or --serve, not both")
    if app != (bitstream is None):
        raise click.UsageError("give a bitstream, or --app without one")
    if app and schema is not None:
        raise click.UsageError("--schema doesn't go with --app, whose decoder is that of NNC")
    if not serve:
        output = (
            output or APP if bitstream is None else beside(output, bitstream, ".html", BITSTREAM)
        )
        check_output(output, force)
    if bitstream is None:
        from nnc.explore import app_page

        hand_over(app_page(), output, port, quiet)
        return 0
    from nnc.explore.page import page_of

    name, form = Path(bitstream).name, load(schema)
    traced = trace_file(bitstream, form, {})
    hand_over(page_of(form.content(traced, name), name), output, port, quiet)
    return report_faults(traced)


def hand_over(text: str, output: str | None, port: int, quiet: bool) -> None:
    """Write a page, or serve it where there is no output."""
    page = text.encode("utf-8")
    if output is None:
        from nnc.cli.common.serving import serve_page

        serve_page(page, port)
    else:
        write_bytes(page, output)
        report_done(output, quiet=quiet)
