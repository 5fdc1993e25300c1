"""`nnc json`: a whole bitstream as JSON, without loss."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from nnc.bitio import InputError
from nnc.bitstream import Bitstream, replace_file
from nnc.cli.common.documents import (
    SCHEMA_HELP,
    load,
    open_edited,
    refuse_with_schema,
    without_own,
)
from nnc.cli.common.files import check_different, check_output, out_of_band_options
from nnc.cli.common.output import examples
from nnc.cli.common.results import force_option, quiet_option, report_done


@click.command(
    epilog=examples(
        "nnc json model.nnc -o model.json",
        "nnc json model.nnc -o model.json --payloads payloads.bin",
    )
)
@click.argument("bitstream", required=False)
@click.option("-o", "--output", default="-", help="The JSON; - for standard output.")
@click.option(
    "--payloads",
    default="inline",
    show_default=True,
    metavar="inline|none|FILE",
    help="Payloads without a syntax table: as base64, left out, or in a file beside the JSON.",
)
@out_of_band_options
@click.option(
    "--schema", is_flag=False, flag_value="", metavar="[FOLDER|NAME]", callback=without_own,
    help=f"{SCHEMA_HELP} Alone: print the JSON Schema of bitstreams.",
)  # fmt: skip
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of the output.")
@force_option
@quiet_option
def command(
    bitstream: str | None,
    output: str,
    payloads: str,
    schema: str | None,
    json_schema: bool,
    force: bool,
    quiet: bool,
    out_of_band: dict[str, Any],
) -> None:
    """Print the whole of BITSTREAM as JSON, from which `nnc build` makes the same bytes.

    BITSTREAM may be - for standard input.
    """
    from nnc.engine.json_tables import left_out

    check_output(output, force)
    refuse_with_schema(schema, payloads=payloads != "inline")
    form = load(schema)
    if schema == "" or json_schema:
        content = json.dumps(form.json_schema(), indent=2, ensure_ascii=False)
        write_text(output, [f"{content}\n"])
        report_done(output, quiet=quiet)
        return
    if bitstream is None:
        raise InputError(
            f"name a {'file' if schema else 'bitstream'}, or ask for the --json-schema"
        )
    opened = open_edited(bitstream, schema, **out_of_band)
    if payloads in ("inline", "none"):
        store = {} if payloads == "inline" else {"payloads": left_out}
        write_text(output, form.dump(opened, **store))
        report_done(output, quiet=quiet)
        return
    if payloads == "-":
        raise InputError("payloads can't go to standard output: use --payloads FILE")
    check_output(payloads, force)
    check_different(payloads, output)
    target = Path(payloads)
    if output != "-" and Path(output).resolve().parent != target.resolve().parent:
        raise InputError(f"{payloads}: payloads must be in the folder of the JSON file")
    replace_file(target, lambda file: write_with_side_file(opened, output, file, target.name))
    report_done(output, payloads, quiet=quiet)


def write_with_side_file(opened: Bitstream, output: str, file, name: str) -> None:  # type: ignore[no-untyped-def]
    """Write the JSON, and the payloads to an open file."""
    from nnc.bitstream.json.form import dump
    from nnc.engine.json_tables import SideFile

    write_text(output, dump(opened, SideFile(file, name)))


def write_text(output: str, pieces) -> None:  # type: ignore[no-untyped-def]
    """Write pieces of text to a file in one step, or to standard output for `-`."""

    def write(file) -> None:  # type: ignore[no-untyped-def]
        for piece in pieces:
            file.write(piece.encode("utf-8"))

    if output != "-":
        replace_file(output, write)
        return
    # JSON is UTF-8, whatever the encoding of the terminal.
    write(sys.stdout.buffer)
    sys.stdout.buffer.flush()
