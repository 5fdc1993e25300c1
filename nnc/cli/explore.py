"""`nnc explore`: a page about a bitstream."""

from __future__ import annotations

import mmap
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import click

from nnc.bitio import InputError
from nnc.cli.files import check_output
from nnc.cli.output import escape_controls, examples, human_size


@click.command(
    epilog=examples("nnc explore model.nnc -o page.html", "nnc explore damaged.nnc --serve")
)
@click.argument("bitstream")
@click.option("-o", "--output", help="The page; - for standard output.")
@click.option("--serve", is_flag=True, help="Serve the page to a browser on this machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="For --serve; 0: any.")
@click.option("--force", is_flag=True, help="Overwrite the output.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    bitstream: str, output: str | None, serve: bool, port: int, force: bool, quiet: bool
) -> None:
    """Make a page about BITSTREAM: its sizes, tensors, units, elements and bits.

    The page holds all it needs and works without network. A damaged bitstream is shown up to
    its faults and after them. Of a large one the page holds a sample, and says so.
    """
    from nnc.explore import explorer_page

    if (output is None) == (not serve):
        raise click.UsageError("give either -o or --serve")
    if output is not None:
        check_output(output, force)
    page = explorer_page(read(bitstream), Path(bitstream).name).encode("utf-8")
    if output is None:
        serve_page(page, port)
    elif output == "-":
        sys.stdout.buffer.write(page)
    else:
        Path(output).write_bytes(page)
        if not quiet:
            click.echo(f"wrote {escape_controls(output)}: {human_size(len(page))}", err=True)


def read(path: str) -> memoryview:
    """Map a file into memory, or read standard input for `-`."""
    if path == "-":
        return memoryview(sys.stdin.buffer.read())
    with Path(path).open("rb") as file:
        if Path(path).stat().st_size == 0:
            raise InputError(f"{path}: the file is empty")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def serve_page(page: bytes, port: int) -> None:
    """Serve one page on the loopback address until interrupted."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer every path with the page."""
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            """Keep standard error for messages of ours."""

    with HTTPServer(("127.0.0.1", port), Handler) as server:
        click.echo(f"http://127.0.0.1:{server.server_port}/  (Ctrl-C ends it)", err=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("", err=True)
