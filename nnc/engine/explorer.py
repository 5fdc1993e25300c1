"""What the explorer's page shows of data, as plain data: a tree, semantics, bytes.

A page has to open quickly for data of any size. What it holds is therefore bounded by a `Budget`,
and what was left out is said in the page.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnc.engine.looking import DocumentTrace
from nnc.engine.tree import Node
from nnc.engine.values import enums_of

#: The version of the data's form, which the page's script checks.
CONTENT_VERSION = 1

#: Values longer than this are cut in the page.
LONGEST_TEXT = 200


#: Kinds of nodes that stand for all of the data.
WHOLES = ("bitstream", "document")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much a page may hold.

    Attributes:
        nodes: units, tables and elements.
        bytes: bytes of the bitstream.
        payload_bytes: first bytes of each payload, where the whole doesn't fit.
        decoded_values: values of the tensors that are decoded for their histograms.
        tensors: rows of the table, the largest tensors first.
    """

    nodes: int = 20_000
    bytes: int = 1_000_000
    payload_bytes: int = 64
    decoded_values: int = 20_000_000
    tensors: int = 5_000


def document_content(
    traced: DocumentTrace, name: str, budget: Budget | None = None
) -> dict[str, Any]:
    """Return what the page shows of a document, whatever is wrong with it.

    Args:
        traced: its trace.
        name: what to call it.
        budget: bounds of what is shown.

    Returns:
        Data for JSON.
    """
    limits = budget or Budget()
    nodes, whole_tree = flatten(traced.tree(), limits.nodes)
    shown = bytes(traced.data[: limits.bytes])
    notes = []
    if not whole_tree:
        notes.append("The tree leaves out what is inside some tables.")
    if len(shown) < len(traced.data):
        notes.append(f"Of {len(traced.data)} bytes the first {len(shown)} are in this page.")
    return {
        "version": CONTENT_VERSION,
        "name": name,
        "bytes": len(traced.data),
        "nodes": nodes,
        "semantics": semantics(traced.format.tables),
        "tables": titles(traced.format.tables),
        "data": [[0, base64.b64encode(shown).decode("ascii")]],
        "tensors": [],
        "errors": [error.as_dict() for error in traced.errors],
        "sampled": notes,
    }


def titles(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return clause and title of each table, by name."""
    return {
        table: {"clause": syntax.clause, "title": syntax.title} for table, syntax in tables.items()
    }


def flatten(root: Node, most: int) -> tuple[list[list[Any]], bool]:
    """Return the nodes of a tree as rows, and whether all of them are there.

    A row holds the number of the node above (-1 for the root), name, kind (b, u, t or e),
    position and size in bits, note, value, name of the value, key of the semantics, error.
    Where there are too many, units come without what is in them from some place on.
    """
    rows: list[list[Any]] = []
    complete = True
    taken = 1
    # Level by level, so that what is cut is the inside of the last units.
    pending: list[tuple[int, Node]] = [(-1, root)]
    while pending:
        following: list[tuple[int, Node]] = []
        for parent, node in pending:
            number = len(rows)
            rows.append(row(parent, node))
            children = node.children
            if taken + len(children) > most:
                complete = False
                children = children[: most - taken] if node.kind in WHOLES else []
            taken += len(children)
            following += [(number, child) for child in children]
        pending = following
    return rows, complete


def row(parent: int, node: Node) -> list[Any]:
    """Return one node as a row; see `flatten`."""
    element = node.element
    return [
        parent,
        node.name,
        "b" if node.kind in WHOLES else node.kind[0],
        node.position,
        node.bits,
        " ".join([node.note, *node.tensors[:3]]) if node.kind == "unit" else node.note,
        "" if element is None or element.value is None else shortened(element.value),
        "" if element is None or not element.is_syntax else element.value_name,
        "" if element is None else f"{element.table}.{element.name}",
        "" if node.error is None else str(node.error),
    ]


def shortened(value: Any) -> str:
    """Return a value as text of bounded length."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def semantics(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the schema says about each element, by table and name."""
    return {
        f"{table}.{element.name}": described(syntax, element)
        for table, syntax in tables.items()
        for element in syntax.elements.values()
    }


def described(syntax: Any, element: Any) -> dict[str, Any]:
    """Return what the schema says about one element."""
    content: dict[str, Any] = {
        "descriptor": element.descriptor,
        "clause": element.clause,
        "status": element.status,
        "text": element.text,
    }
    if element.range:
        content["range"] = f"{element.range[0]} .. {element.range[1]}"
    if element.enum:
        names = enums_of(syntax)[element.enum]
        content["names"] = {str(int(value)): value.name for value in names}
    return content
