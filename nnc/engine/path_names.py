"""Paths of elements that were read: as short as tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnc.bitio.bits import index_text


def distinct_paths(elements: Sequence[tuple[str, tuple[tuple[str, str, Any], ...]]]) -> list[str]:
    """Return for each element a path that leads to it and to nothing else.

    Where elements of one name and as many indices stand in several tables, the short path means
    that of the outermost one; those in others are named with all tables around them.

    Args:
        elements: for each element its short path, and the tables around it from the outside:
            name of the field, name of the table, index.
    """
    owners: dict[str, dict[Any, None]] = {}
    short = [without_numbers(path) for path, _ in elements]
    for name, (_, stack) in zip(short, elements, strict=True):
        owners.setdefault(name, {})[stack] = None
    if all(len(named) == 1 for named in owners.values()):
        return [path for path, _ in elements]
    paths = []
    for name, (path, stack) in zip(short, elements, strict=True):
        named = owners[name]
        if len(named) > 1 and stack != min(named, key=len):
            tables = [name + index_text(index) for name, _, index in stack]
            path = ".".join([part for part in [*tables, path.rpartition(".")[2]] if part])
        paths.append(path)
    return paths


def without_numbers(path: str) -> str:
    """Return a path without the numbers in the indices of its last name."""
    if not path.endswith("]"):
        return path
    before, dot, last = path.rpartition(".")
    name = last.partition("[")[0]
    return before + dot + name + "[]" * last.count("[")
