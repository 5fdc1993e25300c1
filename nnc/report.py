"""What an encoding came to, tensor by tensor: as JSON, or as one HTML page with plots.

The page holds all that it needs, asks no network, and is readable in dark and light and on a
telephone.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream
from nnc.decoder import ModelStream
from nnc.encoder.quantization.distortion import Distortion, compared
from nnc.formats import open_source
from nnc.inspect import TensorSummary, summarize_tensors

#: Version of the JSON form; raised when a key changes its meaning.
SCHEMA_VERSION = 1

#: Tensors that the plot of sizes shows.
LARGEST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class TensorReport:
    """What one tensor came to.

    Attributes:
        name: its name.
        shape: its dimensions as coded.
        dtype: the dtype that it decodes to.
        values: number of values.
        bytes: size of its unit; None for the tensors of a unit after the first.
        bits_per_value: 8 * bytes over the values of the whole unit.
        tool: how it is coded: `dependent`, `uniform`, `codebook of N`, `integer` or `raw`; of a
            layer as one unit, with `block`.
        qp: quantization parameter; None without one, or where it is inside a block.
        scan_order: scan order.
        mse: mean squared error of its values.
        max_error: largest error.
        seconds: time that its unit took to encode; None where it wasn't measured.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    values: int
    bytes: int | None
    bits_per_value: float | None
    tool: str
    qp: int | None
    scan_order: int
    mse: float
    max_error: float
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """What an encoding came to.

    Attributes:
        bytes_before: bytes of the tensors' values.
        bytes: size of the bitstream.
        values: number of values.
        bits_per_value: 8 * bytes / values.
        mse: mean squared error of all float values.
        max_error: the largest error of all.
        seconds: what the tensors took to encode, all together.
        tensors: one by one, in the order of the bitstream.
    """

    bytes_before: int
    bytes: int
    values: int
    bits_per_value: float
    mse: float
    max_error: float
    seconds: float | None
    tensors: list[TensorReport]

    def to_json(self) -> str:
        """Return the report as JSON."""
        return json.dumps({"schema_version": SCHEMA_VERSION, **asdict(self)}, indent=1)

    def to_html(self, title: str = "Encoding report") -> str:
        """Return the report as a page of its own."""
        return page(self, title)


@checked
def make_report(
    bitstream: Bitstream,
    read: Callable[[str], NDArray[Any]],
    *,
    times: Mapping[str, float] | None = None,
) -> Report:
    """Compare a bitstream with the tensors that it was made of.

    Args:
        bitstream: the bitstream, parsed from its bytes.
        read: gives a tensor by its name.
        times: seconds that the tensors took to encode.

    Raises:
        BitstreamError: it can't be decoded.
    """
    lines = {line.name: line for line in summarize_tensors(bitstream)}
    shared = bits_of_units(lines.values())
    rows, floats, before = [], Distortion(), 0
    largest, seconds = 0.0, 0.0
    for name, decoded in ModelStream(bitstream, reconstruct=False).values():
        given = np.asarray(read(name))
        error = compared(given, decoded)
        before += given.nbytes
        largest = max(largest, error.largest)
        if given.dtype.kind not in "biu":
            floats += error
        spent = (times or {}).get(name)
        line = lines[name]
        seconds += (spent or 0.0) if line.bytes is not None else 0.0
        rows.append(row_of(line, shared[line.unit], error, spent))
    size = sum(unit.byte_size for unit in bitstream.units)
    values = sum(row.values for row in rows)
    return Report(
        bytes_before=before,
        bytes=size,
        values=values,
        bits_per_value=8 * size / values if values else 0.0,
        mse=floats.mean,
        max_error=largest,
        seconds=seconds if times else None,
        tensors=rows,
    )


def bits_of_units(lines: Any) -> dict[str, float | None]:
    """Return the bits for each value by unit; a unit's first tensor says them."""
    return {line.unit: line.bits_per_value for line in lines if line.tied is None}


def row_of(
    line: TensorSummary, bits: float | None, error: Distortion, seconds: float | None
) -> TensorReport:
    """Return what one tensor came to."""
    return TensorReport(
        name=line.name,
        shape=line.shape,
        dtype=line.dtype,
        values=line.values,
        bytes=line.bytes,
        bits_per_value=bits,
        tool=tool_of(line),
        qp=line.qp,
        scan_order=line.scan_order,
        mse=error.mean,
        max_error=error.largest,
        seconds=seconds,
    )


def tool_of(line: TensorSummary) -> str:
    """Say in words how a tensor is coded."""
    if line.tied is not None:
        return f"tied to {line.tied}"
    if line.kind in ("int", "raw_float"):
        return {"int": "integer", "raw_float": "raw"}[line.kind]
    tool = "dependent" if line.dq else "uniform"
    if line.codebook_size:
        tool = f"codebook of {line.codebook_size}"
    return f"{tool}, block" if line.kind == "block" else tool


@checked
def write_report(
    path: str | os.PathLike[str],
    model: str | os.PathLike[str],
    bitstream: str | os.PathLike[str],
    *,
    times: Mapping[str, float] | None = None,
) -> None:
    """Write a report about a bitstream file and the model file that it was made of.

    Args:
        path: the report, `.json` or `.html`; replaced if it is there.
        model: the model file.
        bitstream: the bitstream file.
        times: seconds that the tensors took to encode.

    Raises:
        InputError: another suffix.
        BitstreamError: the bitstream can't be decoded.
        OSError: a file can't be read or written.
    """
    kind = check_suffix(path)
    with open_source(model) as source:
        report = make_report(Bitstream.open(bitstream), source.tensor, times=times)
    title = f"{Path(model).name} as {Path(bitstream).name}"
    text = report.to_json() if kind == ".json" else report.to_html(title)
    Path(path).write_text(text, "utf-8")


def check_suffix(path: str | os.PathLike[str]) -> str:
    """Return the suffix of a report, or refuse it.

    Raises:
        InputError: it is neither .json nor .html.
    """
    kind = Path(path).suffix.lower()
    if kind not in (".json", ".html"):
        raise InputError(f"a report must be .html or .json, not {os.fspath(path)!r}")
    return kind


STYLE = """
:root { color-scheme: light dark; --back: #ffffff; --text: #1b1f24; --soft: #5c6672;
  --line: #d8dde3; --tile: #f3f5f8; --mark: #1f6feb; --other: #b35900; }
@media (prefers-color-scheme: dark) { :root { --back: #14171b; --text: #e6e9ed; --soft: #9aa5b1;
  --line: #333a42; --tile: #1e2329; --mark: #6cb0ff; --other: #f0a35e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1rem; background: var(--back);
  color: var(--text); font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.tiles { display: grid; gap: .6rem; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); }
.tile { background: var(--tile); border-radius: .5rem; padding: .6rem .8rem; }
.tile b { display: block; font-size: 1.2rem; } .tile span, .note { color: var(--soft);
  font-size: .85rem; }
.bars { display: grid; grid-template-columns: minmax(6rem, 35%) 1fr 5rem; gap: .2rem .6rem;
  font-size: .85rem; align-items: center; }
.bars .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; direction: rtl;
  text-align: left; } .bars .number { text-align: right; }
.bar { height: .9rem; border-radius: .2rem; background: var(--mark); min-width: 1px; }
svg { width: 100%; height: auto; max-height: 26rem; display: block; }
svg text { fill: var(--soft); font-size: 13px; } svg line { stroke: var(--line); }
@media (max-width: 40rem) { svg text { font-size: 22px; } }
svg circle { fill: var(--mark); fill-opacity: .65; } svg circle.other { fill: var(--other); }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; white-space: nowrap; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child, .text { text-align: left; }
thead th { background: var(--tile); }
"""


def page(report: Report, title: str) -> str:
    """Return a report as an HTML page."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>\n"
        f"<h1>{escape(title)}</h1>\n{tiles(report)}\n"
        f"<h2>Largest units</h2>\n{bars(report)}\n"
        f"<h2>Bits and errors</h2>\n{scatter(report)}\n"
        f"<h2>All tensors</h2>\n{table(report)}\n</body></html>\n"
    )


def tiles(report: Report) -> str:
    """Return the numbers of the whole model."""
    ratio = report.bytes_before / report.bytes if report.bytes else 0.0
    shown = [
        (f"{report.bytes:,} bytes", f"of {report.bytes_before:,}"),
        (f"{ratio:.2f} times", "smaller"),
        (f"{report.bits_per_value:.3f} bits", f"for each of {report.values:,} values"),
        (short(report.mse), "mean squared error of floats"),
        (short(report.max_error), "largest error"),
    ]
    if report.seconds is not None:
        shown.append((f"{report.seconds:.2f} s", "to encode, on one processor"))
    cells = "".join(
        f'<div class="tile"><b>{escape(number)}</b><span>{escape(told)}</span></div>'
        for number, told in shown
    )
    return f'<div class="tiles">{cells}</div>'


def bars(report: Report) -> str:
    """Return the largest units as bars."""
    sized = [(row, row.bytes) for row in report.tensors if row.bytes is not None]
    sized.sort(key=lambda pair: -pair[1])
    longest = sized[0][1] if sized else 1
    cells = "".join(
        f'<div class="name" title="{escape(row.name)}">&lrm;{escape(row.name)}</div>'
        f'<div><div class="bar" style="width:{100 * size / longest:.1f}%"></div></div>'
        f'<div class="number">{size:,}</div>'
        for row, size in sized[:LARGEST_SHOWN]
    )
    left = len(sized) - LARGEST_SHOWN
    rest = f'<p class="note">and {left} smaller ones</p>' if left > 0 else ""
    return f'<div class="bars">{cells}</div>{rest}'


def scatter(report: Report) -> str:
    """Plot the root mean squared error over the bits for each value, for float tensors."""
    points = [
        (row, row.bits_per_value, math.log10(math.sqrt(row.mse)))
        for row in report.tensors
        if row.mse > 0 and row.bits_per_value is not None
    ]
    if not points:
        return '<p class="note">No tensor has an error.</p>'
    right = max(1.0, math.ceil(max(bits for _, bits, _ in points)))
    bottom = math.floor(min(error for _, _, error in points))
    top = max(bottom + 1, math.ceil(max(error for _, _, error in points)))

    def x_of(bits: float) -> float:
        return 60 + 720 * bits / right

    def y_of(error: float) -> float:
        return 340 - 310 * (error - bottom) / (top - bottom)

    parts = [
        f'<line x1="60" x2="780" y1="{y_of(power):.0f}" y2="{y_of(power):.0f}"/>'
        f'<text x="52" y="{y_of(power) + 4:.0f}" text-anchor="end">1e{power}</text>'
        for power in range(bottom, top + 1)
    ]
    stride = max(1, math.ceil(right / 12))
    parts += [
        f'<text x="{x_of(bits):.0f}" y="360" text-anchor="middle">{bits}</text>'
        for bits in range(0, int(right) + 1, stride)
    ]
    parts += [
        f'<circle cx="{x_of(bits):.1f}" cy="{y_of(error):.1f}" r="{radius(row.values):.1f}"'
        f"{'' if row.tool.startswith('dependent') else OTHER}>"
        f"<title>{escape(told(row))}</title></circle>"
        for row, bits, error in sorted(points, key=lambda point: -point[0].values)
    ]
    parts.append('<text x="420" y="388" text-anchor="middle">bits for each value</text>')
    parts.append('<text x="60" y="18">root mean squared error</text>')
    return (
        f'<svg viewBox="0 0 800 396" role="img" aria-label="errors over bits">{"".join(parts)}'
        '</svg><p class="note">A dot for each tensor, larger for more values; the other colour '
        "is for tensors without dependent quantization.</p>"
    )


OTHER = ' class="other"'


def radius(values: int) -> float:
    """Return the size of a dot."""
    return 3 + 1.1 * math.log10(max(values, 1))


def told(row: TensorReport) -> str:
    """Return one tensor in a line."""
    size = "" if row.bytes is None else f"{row.bytes:,} bytes, "
    return f"{row.name}: {size}{row.bits_per_value:.2f} bits a value, {row.tool}"


COLUMNS = (
    *("tensor", "shape", "bytes", "bits/value", "coded as", "qp"),
    *("scan order", "mean sq. error", "largest error", "ms"),
)


def table(report: Report) -> str:
    """Return all tensors as a table."""
    head = "".join(f"<th>{escape(name)}</th>" for name in COLUMNS)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells(row)) + "</tr>\n"
        for row in report.tensors
    )
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>\n{rows}</tbody></table></div>"
    )


def cells(row: TensorReport) -> list[str]:
    """Return the cells of a row."""
    return [
        row.name,
        "x".join(map(str, row.shape)) or "scalar",
        "" if row.bytes is None else f"{row.bytes:,}",
        "" if row.bits_per_value is None else f"{row.bits_per_value:.3f}",
        row.tool,
        "" if row.qp is None else str(row.qp),
        str(row.scan_order),
        short(row.mse),
        short(row.max_error),
        "" if row.seconds is None else f"{1000 * row.seconds:.1f}",
    ]


def short(number: float) -> str:
    """Return a number with three digits."""
    return f"{number:.3g}"
