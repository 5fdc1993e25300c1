"""`nnc get`: what stands at a path."""

from __future__ import annotations

from typing import Any

import click

from nnc.cli.common.documents import open_edited, schema_option
from nnc.cli.common.files import out_of_band_options
from nnc.cli.common.output import escape_controls, examples, format_option, print_json


@click.command(
    epilog=examples(
        "nnc get model.nnc 'units[3].header.tensor_dimensions'",
        "nnc get model.nnc 'units[*].header.topology_elem_id' --format json",
    )
)
@click.argument("bitstream")
@click.argument("path")
@schema_option
@out_of_band_options
@format_option("json")
def command(
    bitstream: str,
    path: str,
    schema: str | None,
    output_format: str,
    out_of_band: dict[str, Any],
) -> None:
    """Print the value at PATH of BITSTREAM.

    BITSTREAM may be - for standard input. An absent element is null. If the path has a *, each
    element that is present is printed with its own path. Bytes are printed as hexadecimal digits.
    """
    from nnc.bitstream.json.form import plain_value

    opened = open_edited(bitstream, schema, **out_of_band)
    value = opened.get(path)
    if "*" in path:
        rows = [(one, plain_value(found)) for one, found in value]
        if output_format == "json":
            print_json({"values": [{"path": one, "value": found} for one, found in rows]})
        else:
            for one, found in rows:
                click.echo(f"{one} = {value_line(found)}")
        return
    plain = plain_value(value)
    if output_format == "json":
        print_json({"path": path, "value": plain})
    else:
        click.echo(value_line(plain))


def value_line(value: Any) -> str:
    """Return a value as people read it: text as it is, all else as JSON."""
    import json

    if isinstance(value, str):
        return escape_controls(value)
    return json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, dict) else None)
