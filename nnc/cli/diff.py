"""`nnc diff`: what two bitstreams differ in."""

from __future__ import annotations

from typing import Any

import click

from nnc.bitio import InputError
from nnc.cli.elements import cut, open_trace, report_faults
from nnc.cli.files import out_of_band_options
from nnc.cli.output import escape_controls, format_option, human_size, print_json
from nnc.inspect.diff import Difference, diff


@click.command(epilog="Examples: nnc diff old.nnc new.nnc -- nnc diff a.nnc b.nnc --format json")
@click.argument("first")
@click.argument("second")
@click.option("--levels", is_flag=True,
              help="Where payloads differ, decode them and count the levels that do.")  # fmt: skip
@out_of_band_options
@format_option("json")
def command(
    first: str, second: str, levels: bool, output_format: str, out_of_band: dict[str, Any]
) -> int:
    """Compare the bitstreams FIRST and SECOND element by element (- for standard input).

    Units are paired by type and tensor. Lines begin with - for what only FIRST has, + for what
    only SECOND has, ~ for what both have, > for units that have changed places.
    Exit code 0: they are the same; 1: they differ.
    """
    from nnc.cli.main import DIFFERS, GOOD

    if first == second == "-":
        raise InputError("only one of the bitstreams can be standard input")
    a, b = open_trace(first, **out_of_band), open_trace(second, **out_of_band)
    differences = diff(a, b, levels=levels)
    if output_format == "json":
        content = [difference.as_dict() for difference in differences]
        print_json({"same": not differences, "differences": content})
    else:
        for difference in differences:
            click.echo(escape_controls(line(difference)))
    faults = max(report_faults(a), report_faults(b))
    return faults if faults > DIFFERS else DIFFERS if differences else GOOD


def line(difference: Difference) -> str:
    """Give a difference for people."""
    place = difference.path_a or difference.path_b or ""
    if difference.path_a and difference.path_b and difference.path_a != difference.path_b:
        place += f" (in the second {difference.path_b})"
    if difference.kind == "only in A":
        return f"- {place}  {shown(difference.value_a)}{size(difference.bits_a)}".rstrip()
    if difference.kind == "only in B":
        return f"+ {place}  {shown(difference.value_b)}{size(difference.bits_b)}".rstrip()
    if difference.kind == "moved":
        return f"> {place}  {difference.value_a}"
    if difference.kind == "levels" and difference.count is not None:
        return f"~ {place}  {difference.count} of {difference.value_a} levels differ"
    if difference.kind == "bytes" and difference.count is not None:
        return f"~ {place}  {difference.count} of {(difference.bits_a or 0) >> 3} bytes differ"
    if difference.kind == "bytes":
        sizes = [human_size((bits or 0) >> 3) for bits in (difference.bits_a, difference.bits_b)]
        return f"~ {place}  {sizes[0]} -> {sizes[1]}"
    text = f"~ {place}  {shown(difference.value_a)} -> {shown(difference.value_b)}"
    if difference.bits_a != difference.bits_b:
        text += f" ({difference.bits_a} -> {difference.bits_b} bits)"
    return text


def shown(value: Any) -> str:
    """Give a value on one line."""
    if value is None:
        return ""
    if isinstance(value, bytes | memoryview):
        return cut(f"0x{bytes(value).hex()}")
    return cut(str(value))


def size(bits: int | None) -> str:
    """Give a size in brackets."""
    if bits is None:
        return ""
    return f" ({human_size(bits >> 3)})" if bits & 7 == 0 else f" ({bits} bits)"
