"""`nnc build`: a bitstream out of its JSON form."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from nnc.bitio import InputError
from nnc.cli.common.documents import load, schema_option
from nnc.cli.common.files import check_output, write_bitstream
from nnc.cli.common.output import examples
from nnc.cli.common.results import (
    BITSTREAM,
    beside,
    force_option,
    output_option,
    quiet_option,
    report_done,
)


def text_of(data: bytes) -> str:
    """Return JSON as text: UTF-8, or what a byte order mark says, or UTF-16 and UTF-32 without.

    Raises:
        ValueError: it is none of these.
    """
    return data.decode(json.detect_encoding(data))


@click.command(
    epilog=examples("nnc build model.json -o same.nnc", "nnc build - -o same.nnc < model.json")
)
@click.argument("json_file", metavar="JSON")
@output_option("The bitstream; - for standard output.", "JSON's name, .nnc")
@schema_option
@force_option
@quiet_option
def command(
    json_file: str, output: str | None, schema: str | None, force: bool, quiet: bool
) -> None:
    """Build a bitstream from the JSON that `nnc json` prints.

    JSON may be - for standard input. nnc looks for files of payloads beside the JSON file.
    """
    output = beside(output, json_file, BITSTREAM if schema is None else ".bin", ".json")
    check_output(output, force)
    try:
        data = sys.stdin.buffer.read() if json_file == "-" else Path(json_file).read_bytes()
        content = json.loads(text_of(data))
    except UnicodeDecodeError:
        raise InputError(f"{json_file}: not JSON, and no text at all") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{json_file}: not JSON: {error}") from None
    side_files = (
        {} if schema is not None or json_file == "-" else {"folder": Path(json_file).parent}
    )
    write_bitstream(load(schema).from_json(content, **side_files), output)
    report_done(output, quiet=quiet)
