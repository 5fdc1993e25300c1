"""`nnc trace`: each element in the order of the data, and each bin of coded payloads."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from nnc.bitio import BitstreamError, InputError, MissingValueError
from nnc.cli.common.bases import base_option, open_session
from nnc.cli.common.documents import load, refuse_with_schema, schema_option, trace_file
from nnc.cli.common.elements import cut, report_faults, value_json, value_text
from nnc.cli.common.files import out_of_band_options
from nnc.cli.common.hints import with_hint
from nnc.cli.common.output import SCHEMA_VERSION, escape_controls, exact, examples, format_option
from nnc.engine.looking import RecordTrace
from nnc.engine.tracing import TracedElement
from nnc.inspect.tracing import BitstreamTrace, UnitTrace

if TYPE_CHECKING:
    from nnc.decoder import Decoder

Row = dict[str, Any]

#: Columns of CSV, those of elements and those of bins in one.
ELEMENT_COLUMNS = ("position", "bits", "path", "descriptor", "code", "value", "value_name")
BIN_COLUMNS = (
    *("position", "path", "kind", "context", "context_number", "s0", "s1", "range", "offset"),
    "bin",
)


@click.command(
    epilog=examples(
        "nnc trace model.nnc",
        "nnc trace model.nnc --unit 3 --bins --format jsonl",
        "nnc trace update.nnc --bins --base model.nnc",
    )
)
@click.argument("bitstream")
@click.option("--unit", type=click.IntRange(0), help="Show only the unit with this number.")
@click.option("--bins", is_flag=True, help="Show the bins of entropy-coded payloads.")
@base_option
@schema_option
@out_of_band_options
@format_option("json", "jsonl", "csv")
def command(
    bitstream: str,
    unit: int | None,
    bins: bool,
    base: tuple[str, ...],
    schema: str | None,
    output_format: str,
    out_of_band: dict[str, Any],
) -> int:
    """Show each element of BITSTREAM: position, path, descriptor, bits and value.

    BITSTREAM may be - for standard input. Each bit of the data appears once. --bins shows the
    bins of all entropy-coded payloads instead: the first bit not yet consumed, syntax element,
    bin, context, and the context's counters, the range and the offset before the bin. Payloads of
    an update may be coded with earlier levels; give those with --base.
    """
    if base and not bins:
        raise click.UsageError("--base needs --bins")
    refuse_with_schema(schema, bins=bins, unit=unit is not None)
    session = open_session(base, out_of_band, bitstream)
    traced = trace_file(bitstream, load(schema), out_of_band)
    if schema is not None:
        print_elements(traced.data, traced.records, output_format)
        return report_faults(traced)
    units = traced.units
    if unit is not None:
        if unit >= len(units):
            raise InputError(f"there is no unit {unit}: the bitstream has {len(units)}")
        units = [units[unit]]
    if bins:
        return print_bins(traced, units, output_format, session)
    inside = [inner for top in units for inner in top.walk()]
    print_elements(traced.data, inside, output_format)
    return report_faults(traced)


def print_elements(
    data: memoryview, pieces: Sequence[UnitTrace | RecordTrace], output_format: str
) -> None:
    """Print the elements of units, or of tables of the root."""
    writer = Rows(output_format, ELEMENT_COLUMNS, "elements")
    for piece in pieces:
        width = max((len(escape_controls(element.path)) for element in piece.elements), default=0)
        for element in piece.elements:
            if output_format == "human":
                click.echo(element_line(element, data, width))
            else:
                writer.write(element_row(element, data))
        if piece.error is not None:
            mark = escape_controls(piece.error.message)
            if output_format == "human":
                place = f" {piece.path}" if piece.path else ""
                click.echo(f"{piece.error.position:>10}  !!{place}: {mark}")
            else:
                writer.fail(piece.error)
    writer.end()


def element_line(element: TracedElement, data: memoryview, width: int) -> str:
    """Return one element for people, its path filled up to `width` characters."""
    code = element.descriptor or "-"
    bits = cut(element.bit_text(data), 32) if element.is_syntax else ""
    place = f"{element.byte_bit:>10}  {escape_controls(element.path):{width}}"
    return f"{place}  {code:6}  {bits:16}  = {value_text(element)}"


def element_row(element: TracedElement, data: memoryview) -> Row:
    """Return one element as data; payloads without their bits."""
    return {
        "position": element.byte_bit,
        "bits": element.bits,
        "path": element.path,
        "descriptor": element.descriptor or None,
        "code": element.bit_text(data) if element.is_syntax else None,
        "value": value_json(element),
        "value_name": element.value_name or None,
    }


def print_bins(
    traced: BitstreamTrace, units: list[UnitTrace], output_format: str, session: Decoder | None
) -> int:
    """Print the bins of units, up to the first fault of each, and return the exit code."""
    from nnc.cli.main import DIFFERS
    from nnc.inspect.bins import PART, decode_bins, is_coded, is_coded_part
    from nnc.inspect.dialect import find_dialect

    nncodec1 = find_dialect(traced)
    writer = Rows(output_format, BIN_COLUMNS, "bins")
    codes: list[int] = []

    def show(row: Row) -> None:
        if output_format == "human":
            click.echo(bin_line(row))
        else:
            writer.write(row)

    for top in units:
        for unit in top.walk():
            if unit.unit is not None and is_coded_part(unit.unit):
                codes.append(DIFFERS)
                click.echo(f"nnc: the bins of {unit.path} are not shown: it is {PART}", err=True)
            if unit.unit is None or not is_coded(unit.unit):
                continue
            try:
                decode_bins(unit.unit, show, nncodec1, session)
            except BitstreamError as error:
                codes.append(fault_code(error))
                click.echo(f"nnc: {escape_controls(str(with_hint(error)))}", err=True)
                if output_format == "human":
                    click.echo(f"{error.position:>10}  !! {escape_controls(error.message)}")
                else:
                    writer.fail(error)
    writer.end()
    return max([report_faults(traced), *codes])


def fault_code(error: BitstreamError) -> int:
    """Return the exit code for a payload that isn't shown to its end.

    One that only needs what came before isn't at fault; something is left over then.
    """
    from nnc.cli.main import DIFFERS, exit_code

    return DIFFERS if isinstance(error, MissingValueError) else exit_code(error)


def bin_line(row: Row) -> str:
    """Return one bin for people."""
    text = f"{row['position']:>10}  {escape_controls(row['path'])}  {row['bin']}"
    registers = f"range {row['range']}, offset {row['offset']}"
    if row["kind"] != "context":
        return f"{text}  {row['kind']}, {registers}"
    state = f"s0 {row['s0']}, s1 {row['s1']}"
    return f"{text}  {row['context']} ({row['context_number']}), {state}, {registers}"


class Rows:
    """Prints rows one by one, as JSON, JSON lines or CSV; nothing for people."""

    def __init__(self, output_format: str, columns: tuple[str, ...], name: str):
        """Begin: CSV with the names of the columns, JSON with the name of all rows together."""
        self.csv = None
        self.output_format = output_format
        self.errors: list[dict[str, Any]] = []
        self.between = ""
        if output_format == "json":
            click.echo(f'{{"schema_version": {SCHEMA_VERSION}, "{name}": [', nl=False)
        if output_format == "csv":
            self.csv = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
            self.csv.writeheader()

    def write(self, row: Row) -> None:
        """Print one row."""
        if self.csv is not None:
            self.csv.writerow(row)
        elif self.output_format == "json":
            click.echo(f"{self.between}\n{json.dumps(exact(row))}", nl=False)
            self.between = ","
        else:
            click.echo(json.dumps(exact({"schema_version": SCHEMA_VERSION, **row})))

    def fail(self, error: BitstreamError) -> None:
        """Print a fault among the lines; as JSON, after all rows."""
        self.errors.append(error.as_dict())
        if self.output_format == "jsonl":
            self.write({"error": self.errors[-1]})

    def end(self) -> None:
        """Print what JSON ends with."""
        if self.output_format == "json":
            click.echo(f'\n], "errors": {json.dumps(exact(self.errors))}}}')
