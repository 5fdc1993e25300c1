"""A page that is served to a browser on this machine."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer

import click


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
