"""`nnc tree`: all units, tables and elements with values, places and sizes."""

from __future__ import annotations

from typing import Any

import click

from nnc.cli.common.documents import load, schema_option, trace_file
from nnc.cli.common.elements import cut, report_faults, value_json, value_text
from nnc.cli.common.files import out_of_band_options
from nnc.cli.common.output import escape_controls, examples, format_option, human_size, print_json
from nnc.engine.tracing import byte_bit
from nnc.engine.tree import Node


@click.command(
    epilog=examples(
        "nnc tree model.nnc",
        "nnc tree model.nnc --depth 1 --format json",
        "nnc tree song.flac --schema flac",
    )
)
@click.argument("bitstream")
@click.option("--depth", type=click.IntRange(0), help="Number of levels to show.  [default: all]")
@schema_option
@out_of_band_options
@format_option("json")
def command(
    bitstream: str,
    depth: int | None,
    schema: str | None,
    output_format: str,
    out_of_band: dict[str, Any],
) -> int:
    """Show the units of BITSTREAM as a tree, with all values, positions and sizes.

    BITSTREAM may be - for standard input. A damaged bitstream is shown up to each fault, and
    again from the next unit whose place the sizes tell.
    """
    form = load(schema)
    traced = trace_file(bitstream, form, out_of_band)
    root = form.arrange(traced)
    if output_format == "json":
        errors = [error.as_dict() for error in traced.errors]
        print_json({"tree": as_json(root, depth), "errors": errors})
    else:
        for line in lines(root, depth):
            click.echo(line)
    return report_faults(traced)


def as_json(node: Node, depth: int | None) -> dict[str, Any]:
    """Return a node for JSON, with nodes below it to a depth."""
    content: dict[str, Any] = {
        "name": node.name,
        "kind": node.kind,
        "path": node.path,
        "position": byte_bit(node.position),
        "bits": node.bits,
    }
    if node.note:
        content["unit_type" if node.kind == "unit" else "table"] = node.note
    if node.kind == "unit":
        content["tensors"] = node.tensors
    if node.element is not None:
        content["descriptor"] = node.element.descriptor
        content["value"] = value_json(node.element)
        if node.element.value_name:
            content["value_name"] = node.element.value_name
    if node.error is not None:
        content["error"] = node.error.as_dict()
    if node.kind != "element" and depth != 0:
        below = None if depth is None else depth - 1
        content["children"] = [as_json(child, below) for child in node.children]
    return content


def lines(node: Node, depth: int | None, indent: int = 0) -> list[str]:
    """Return the lines of a node and those below it to a depth."""
    result = [line(node, label(node), indent)]
    if depth != 0:
        below = None if depth is None else depth - 1
        for run in runs(node.children):
            if len(run) == 1:
                result += lines(run[0], below, indent + 1)
            else:
                result.append(run_line(run, indent + 1))
    if node.error is not None:
        mark = f"!! {node.error.message}"
        at = node.error.position or byte_bit(node.position)
        result.append(f"{at:>10}  {'':>10}  {'  ' * (indent + 1)}{escape_controls(mark)}")
    return result


def line(node: Node, text: str, indent: int) -> str:
    """Return one line: place, size, name and value."""
    return f"{byte_bit(node.position):>10}  {size(node.bits):>10}  {'  ' * indent}{text}"


def label(node: Node) -> str:
    """Return name and value of a node."""
    if node.element is not None:
        return f"{node.name}  {value_text(node.element)}"
    note = "" if node.note in ("", node.name) else f"  {node.note}"
    tensors = cut(escape_controls(", ".join(node.tensors)))
    return f"{node.name}{note}{'  ' if tensors else ''}{tensors}"


def size(bits: int) -> str:
    """Return a number of bits as people read it."""
    if bits & 7 == 0:
        return human_size(bits >> 3)
    return "1 bit" if bits == 1 else f"{bits} bits"


def runs(nodes: list[Node]) -> list[list[Node]]:
    """Put neighbouring entries of one list together."""
    result: list[list[Node]] = []
    for node in nodes:
        before = result[-1][-1] if result else None
        if before is not None and array_name(before) and array_name(before) == array_name(node):
            result[-1].append(node)
        else:
            result.append([node])
    return result


def array_name(node: Node) -> str:
    """Return the name of the list that an element is an entry of, "" for others."""
    inside = node.kind == "element" and node.name.endswith("]")
    return node.name.rpartition("[")[0] if inside else ""


def run_line(run: list[Node], indent: int) -> str:
    """Return one line for neighbouring entries of one list."""
    first, last = (node.name.rpartition("[")[2].rstrip("]") for node in (run[0], run[-1]))
    whole = Node("", "", run[0].position, sum(node.bits for node in run), "element")
    values = ""
    for shown, node in enumerate(run):
        values += " " * bool(values) + value_text(node.element) if node.element else ""
        if len(values) > 60 and shown + 1 < len(run):
            values += f" ... ({len(run) - shown - 1} more)"
            break
    return line(whole, f"{array_name(run[0])}[{first}..{last}]  {values}", indent)
