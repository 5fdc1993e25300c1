"""Elements that follow from tables which stand elsewhere in a document.

How many tables of a list there are, where each begins, what it holds: a schema says how an element
follows from that (`= countof(item)`), and whoever has the whole document works it out: to fill in,
to repair, to check.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnc.bitio import BuildError, Table
from nnc.engine.fields import Field, array_type, fields_of
from nnc.engine.paths import Hops
from nnc.engine.tracing import Entered, TracedElement

#: The tables around an element, from the outside.
Stack = tuple[Entered, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """One table of a list.

    Attributes:
        size: its size in bytes.
        value: tells the value of an element in it by name, None where there is none.
    """

    size: int
    value: Callable[[str], Any]


class Lists:
    """What is known of lists of tables: answers what the schema asks."""

    def __init__(self, found: Callable[[str], Sequence[Listed]]):
        """Take what tells the tables of a name, in order."""
        self.found = found
        self.begins: dict[str, list[int]] = {}

    def countof(self, table: str) -> int:
        """Return how many tables there are."""
        return len(self.found(table))

    def offsetof(self, table: str, index: int) -> int:
        """Return the bytes from the first table to one of them.

        Raises:
            IndexError: there is none of that number.
        """
        if table not in self.begins:
            sizes = (one.size for one in self.found(table))
            self.begins[table] = [0, *itertools.accumulate(sizes)][:-1]
        return self.begins[table][index]

    def valueof(self, table: str, index: int, element: str) -> Any:
        """Return the value of an element of one of the tables, None where it has none.

        Raises:
            IndexError: there is none of that number.
        """
        return self.found(table)[index].value(element)


def fill(
    table: Table, lists: Lists, *, pinned: Collection[str] = (), path: str = "", why: str = ""
) -> list[str]:
    """Set the elements of a table to the values that follow, as far as they stand in it.

    Args:
        table: the table; lists get as many values as the elements that count them say.
        lists: the tables elsewhere that they follow from.
        pinned: elements that have to be right as they are.
        path: path of the table, for messages.
        why: what they follow from, for messages.

    Returns:
        The names of those that had another value.

    Raises:
        BuildError: a pinned one has another value.
    """
    names = []
    for name, field in fields_of(type(table)).items():
        element, now = field.element, getattr(table, name)
        if element is None or element.follows is None or now is None:
            continue
        wanted: Any
        if field.depth:
            ((counter, more),) = element.counts or ((name, 0),)
            length = len(now) if counter == name else getattr(table, counter) - more
            wanted = [element.follows(lists, index) for index in range(length)]
        else:
            wanted = element.follows(lists)
        if name in pinned and (list(now) if field.depth else now) != wanted:
            raise BuildError(why, path=f"{path}.{name}", value=now, allowed=str(wanted))
        if (list(now) if field.depth else now) != wanted:
            setattr(table, name, np.array(wanted, array_type(field)) if field.array else wanted)
            names.append(name)
    return names


def counter_of(root: Table, hops: Hops, field: Field, length: int) -> tuple[Hops, str, int] | None:
    """Return the element elsewhere that follows from the number of tables in a list.

    Args:
        root: the table that all are below.
        hops: the way to the table that has the list.
        field: the list.
        length: how many there are.

    Returns:
        The way to its table, its name and its value; of several the nearest.
    """
    found: list[tuple[int, Hops, str, int]] = []
    lists = Lists({field.called.table: [Listed(0, lambda name: None)] * length}.__getitem__)
    for place, owner in tables_below(root):
        inside = place[len(hops)] if place[: len(hops)] == hops != place else ""
        if inside.partition("[")[0] == field.name:
            continue  # within one of those that are counted
        for name, element in type(owner).syntax.elements.items():
            if element.follows is None or type(owner).syntax.shapes[name].depth:
                continue
            with contextlib.suppress(KeyError):
                value = element.follows(lists)
                common = itertools.takewhile(
                    lambda pair: pair[0] == pair[1], zip(place, hops, strict=False)
                )
                found.append((len(list(common)), place, name, value))
    return max(found, key=lambda one: one[0])[1:] if found else None


def tables_below(root: Table, hops: Hops = ()) -> Iterator[tuple[Hops, Table]]:
    """Yield a table and all below it, each with the way to it."""
    yield hops, root
    for name in root.holders:
        value = getattr(root, name)
        listed = isinstance(value, list)
        for index, one in enumerate(value if listed else [value]):
            if isinstance(one, Table):
                yield from tables_below(one, (*hops, f"{name}[{index}]" if listed else name))


def follows(tables: Mapping[str, Any]) -> bool:
    """Tell whether elements of any table of a format follow from tables elsewhere."""
    return any(
        element.follows is not None
        for syntax in tables.values()
        for element in syntax.elements.values()
    )


def wrong(elements: Sequence[TracedElement], name: str = "") -> Iterator[tuple[TracedElement, int]]:
    """Yield the elements that don't follow from others as the schema says, with what they would be.

    Args:
        elements: elements in the order of the data, those of tables in others behind theirs.
        name: yield those of that name only; "": all.
    """
    whole: TracedLists | None = None
    around: dict[Stack, Lists] = {}
    for element in elements:
        description = element.description if name in ("", element.name) else None
        if description is None or description.follows is None:
            continue
        whole = whole or TracedLists(elements)
        if element.stack not in around:
            around[element.stack] = whole.around(element.stack)
        if isinstance(element.value, list):
            continue  # the rest of a very long list
        indices = [int(index) for index in element.index[1:-1].split("][") if index]
        try:
            wanted = description.follows(around[element.stack], *indices)
        except IndexError:
            continue  # there is no such table: the number of tables is wrong
        if wanted is not None and wanted != element.value:
            yield element, wanted


class TracedLists:
    """The lists of tables in traced elements."""

    def __init__(self, elements: Sequence[TracedElement]):
        """Find out which elements are in which table of which list."""
        self.elements = elements
        self.spans: dict[Stack, list[int]] = {}
        self.inside: dict[tuple[Stack, str], list[Stack]] = {}
        last: Stack = ()
        for number, element in enumerate(elements):
            if element.stack is not last:
                self.enter(last, element.stack, number)
                last = element.stack
        self.enter(last, (), len(elements))

    def enter(self, last: Stack, stack: Stack, number: int) -> None:
        """Note which tables of lists end, and which begin, before an element."""
        same = len(list(itertools.takewhile(operator.truth, map(operator.eq, last, stack))))
        for depth in range(same + 1, len(last) + 1):
            if last[depth - 1][2] is not None:
                self.spans[last[:depth]][1] = number
        for depth in range(same + 1, len(stack) + 1):
            place = stack[:depth]
            if place[-1][2] is not None and place not in self.spans:
                self.spans[place] = [number, number]
                self.note(place)

    def note(self, place: Stack) -> None:
        """Note a table of a list with all tables around it, up to one of its own name."""
        table = place[-1][1]
        for depth in range(len(place) - 1, -1, -1):
            self.inside.setdefault((place[:depth], table), []).append(place)
            if depth and place[depth - 1][1] == table:
                break

    def around(self, stack: Stack) -> Lists:
        """Return the lists that elements with a stack follow from: the nearest of each table."""

        def found(table: str) -> list[Listed]:
            for depth in range(len(stack), -1, -1):
                if places := self.inside.get((stack[:depth], table)):
                    return [self.listed(place) for place in places]
                if depth and stack[depth - 1][1] == table:
                    break
            return []

        return Lists(functools.cache(found))

    def listed(self, place: Stack) -> Listed:
        """Return one table of a list."""
        first, stop = self.spans[place]
        begin, last = self.elements[first].position, self.elements[stop - 1]

        def value(name: str) -> Any:
            inside = (self.elements[number] for number in range(first, stop))
            return next((one.value for one in inside if one.name == name), None)

        return Listed((last.position + last.bits - begin) >> 3, value)
