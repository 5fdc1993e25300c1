"""`nnc diff`: what two bitstreams differ in."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from numpy.typing import NDArray

from nnc.cli.common.bases import base_option, open_session
from nnc.cli.common.documents import load, refuse_with_schema, schema_option, trace_file
from nnc.cli.common.elements import cut, report_faults
from nnc.cli.common.files import is_model_file, open_bitstream, out_of_band_options
from nnc.cli.common.hints import SESSION, errors_of, hints
from nnc.cli.common.output import (
    escape_controls,
    examples,
    format_option,
    human_size,
    print_json,
    print_table,
)
from nnc.engine.diff import Difference

if TYPE_CHECKING:
    from nnc.bitstream import Bitstream
    from nnc.decoder import Decoder


@click.command(
    epilog=examples(
        "nnc diff old.nnc new.nnc",
        "nnc diff model.safetensors model.nnc --values",
        "nnc diff update.nnc other.nnc --levels --base model.nnc",
    )
)
@click.argument("first")
@click.argument("second")
@click.option("--levels", is_flag=True,
              help="Decode payloads that differ, and count the different levels.")  # fmt: skip
@click.option("--values", is_flag=True,
              help="Compare decoded values; FIRST and SECOND may be model files.")  # fmt: skip
@base_option
@schema_option
@out_of_band_options
@format_option("json")
def command(
    first: str,
    second: str,
    levels: bool,
    values: bool,
    base: tuple[str, ...],
    schema: str | None,
    output_format: str,
    out_of_band: dict[str, Any],
) -> int:
    """Compare the bitstreams FIRST and SECOND element by element.

    Either may be - for standard input. Units are paired by type and tensor. A line begins with -
    if only FIRST has the element, + if only SECOND has it, ~ if the two differ, > if a unit
    moved, ? if levels can't be compared. With --base, FIRST and SECOND are updates of that, and
    --values compares the models after them. Exit code 0: equal; 1: different.
    """
    from nnc.cli.main import DIFFERS, GOOD

    if levels and values:
        raise click.UsageError("give --levels or --values, not both")
    if base and not (levels or values):
        raise click.UsageError("--base needs --levels or --values")
    refuse_with_schema(schema, levels=levels, values=values)
    session = open_session(base, out_of_band, first, second)
    if values:
        return diff_values(first, second, output_format, out_of_band, session)
    form = load(schema)
    a, b = (trace_file(path, form, out_of_band) for path in (first, second))
    options: dict[str, Any] = {"levels": True, "before": session or ()} if levels else {}
    differences = form.compare(a, b, **options)
    if output_format == "json":
        content = [difference.as_dict() for difference in differences]
        errors = {
            "errors_first": [error.as_dict() for error in a.errors],
            "errors_second": [error.as_dict() for error in b.errors],
        }
        print_json({"same": not differences, "differences": content, **errors})
    else:
        for difference in differences:
            click.echo(escape_controls(line(difference)))
    undecoded = [one.value_a or one.value_b for one in differences if one.kind == "undecoded"]
    for hint in hints(errors_of(undecoded)):
        click.echo(f"nnc: {hint}", err=True)
    faults = max(report_faults(a), report_faults(b))
    return faults if faults > DIFFERS else DIFFERS if differences else GOOD


def line(difference: Difference) -> str:
    """Return a difference for people."""
    place = difference.path_a or difference.path_b or ""
    if difference.path_a and difference.path_b and difference.path_a != difference.path_b:
        place += f" (in the second {difference.path_b})"
    if difference.kind == "only in A":
        return f"- {place}  {shown(difference.value_a)}{size(difference.bits_a)}".rstrip()
    if difference.kind == "only in B":
        return f"+ {place}  {shown(difference.value_b)}{size(difference.bits_b)}".rstrip()
    if difference.kind == "moved":
        return f"> {place}  {difference.value_a}"
    if difference.kind == "undecoded":
        which = (
            ""
            if difference.value_a == difference.value_b
            else ("of the second " if difference.value_a is None else "of the first ")
        )
        reason = difference.value_a or difference.value_b
        return f"? {place}  the levels {which}can't be decoded: {reason}"
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
    """Return a value on one line."""
    if value is None:
        return ""
    if isinstance(value, bytes | memoryview):
        return cut(f"0x{bytes(value).hex()}")
    return cut(str(value))


def size(bits: int | None) -> str:
    """Return a size in brackets."""
    if bits is None:
        return ""
    return f" ({human_size(bits >> 3)})" if bits & 7 == 0 else f" ({bits} bits)"


def diff_values(
    first: str,
    second: str,
    output_format: str,
    out_of_band: dict[str, Any],
    session: Decoder | None,
) -> int:
    """Compare the values of two models; the exit code says whether they differ."""
    from nnc.cli.main import DIFFERS, GOOD
    from nnc.inspect.value_difference import compare_values

    one, bits_one = model_values(first, out_of_band, session)
    two, bits_two = model_values(second, out_of_band, session)
    found = list(compare_values(one, two))
    same = not any(difference.problem or difference.different for difference in found)
    bits = [(bits_one.get(d.name), bits_two.get(d.name)) for d in found]
    if output_format == "json":
        rows = [
            asdict(difference) | {"bits_per_value_first": a, "bits_per_value_second": b}
            for difference, (a, b) in zip(found, bits, strict=True)
        ]
        print_json({"same": same, "tensors": rows})
        return GOOD if same else DIFFERS
    header = [
        "name",
        "values",
        "different",
        "max error",
        "mean error",
        "cosine",
        "bits/value 1",
        "bits/value 2",
    ]
    cells = []
    for d, pair in zip(found, bits, strict=True):
        numbers = [str(d.values), str(d.different), f"{d.max_error:.4g}", f"{d.mean_error:.4g}"]
        cosine = "" if d.cosine is None else f"{d.cosine:.6f}"
        shown = ["" if one is None else f"{one:.2f}" for one in pair]
        cells.append(
            [d.name, *([d.problem, *[""] * 6] if d.problem else [*numbers, cosine, *shown])]
        )
    print_table(header, cells, spare=(6, 7, 4, 2))
    return GOOD if same else DIFFERS


def model_values(
    path: str, out_of_band: dict[str, Any], session: Decoder | None
) -> tuple[Mapping[str, NDArray[Any]], dict[str, float | None]]:
    """Return the tensors of a model file or a bitstream, and bits per value by name.

    Args:
        path: the file.
        out_of_band: what a bitstream leaves out.
        session: what a bitstream follows on; it stays as it is.
    """
    from nnc.formats import read_model
    from nnc.inspect import summarize_tensors

    if path != "-" and is_model_file(path):
        tensors = read_model(path).tensors
        return tensors, {name: 8.0 * array.itemsize for name, array in tensors.items()}
    bitstream = open_bitstream(path, **out_of_band)
    bits = {line.name: line.bits_per_value for line in summarize_tensors(bitstream)}
    if session is not None:
        # Decoding gives the copy another state, and leaves this one alone.
        return copy.copy(session).decode(bitstream), bits
    return values_alone(path, bitstream), bits


def values_alone(path: str, bitstream: Bitstream) -> Mapping[str, NDArray[Any]]:
    """Return the tensors of a bitstream, and tell where they are differences."""
    from nnc.decoder import decode_model

    model = decode_model(bitstream)
    if model.holds_differences:
        told = f"{path} is an update, so its differences are compared; {SESSION[1]}"
        click.echo(f"nnc: {escape_controls(told)}", err=True)
    return model.values()
