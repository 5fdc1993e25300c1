"""`nnc build`: a bitstream out of its JSON form."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nnc.bitio import InputError
from nnc.cli.common.files import check_output, write_bitstream
from nnc.cli.common.output import examples


@click.command(
    epilog=examples("nnc build model.json -o same.nnc", "nnc build - -o same.nnc < model.json")
)
@click.argument("json_file", metavar="JSON")
@click.option("-o", "--output", required=True, help="The bitstream; - for standard output.")
@click.option("--force", is_flag=True, help="Overwrite the output.")
def command(json_file: str, output: str, force: bool) -> None:
    """Build a bitstream from the JSON that `nnc json` prints.

    JSON may be - for standard input. nnc looks for files of payloads beside the JSON file.
    """
    import json

    from nnc.bitstream.json.form import build

    check_output(output, force)
    try:
        data = sys.stdin.buffer.read() if json_file == "-" else Path(json_file).read_bytes()
        content = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{json_file}: not JSON: {error}") from None
    folder = None if json_file == "-" else Path(json_file).parent
    write_bitstream(build(content, folder), output)
