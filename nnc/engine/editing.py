"""Changes of documents: each carried out as a whole, with all that it entails, or not at all.

Each table of the root that was touched, and each after which other names are in force, is
built anew and repaired where the change contradicts it (see `repair`). A plan is a change that
is undone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from nnc.bitio import (
    BitWriter,
    BuildError,
    InputError,
    InvalidError,
    PlacedError,
    Table,
    TraceEntry,
)
from nnc.bitio.bits import index_text
from nnc.bitio.computing import MOST_ROUNDS, unsettled
from nnc.engine.changing import ElementEdit, list_at, owner_at, set_value
from nnc.engine.fields import Field, copy_table, empty_table, fields_of
from nnc.engine.following import follows, wrong
from nnc.engine.lists import Shift
from nnc.engine.looking import trace_from
from nnc.engine.paths import ALL, Hops, Place, parse_path
from nnc.engine.plan import Plan, UnitChange, compare, trace_table
from nnc.engine.records import Layout, Record, copied, written
from nnc.engine.repair import Pin, Repair

Elements = dict[str, TraceEntry]


class Document(Protocol):
    """What an edit changes: tables of the root, found by path."""

    format: Layout
    records: list[Record]
    rest: bytes | memoryview

    def places(self, path: str) -> Iterator[Place]:
        """Yield the places that a path leads to."""

    def name_of(self, index: int) -> str:
        """Return the path of a root table; "" for the only one."""


class Edit(ElementEdit):
    """A change of a document that is not settled yet.

    Attributes:
        document: the document.
        force: accept reserved values.
        before: its root tables as they were.
        touched: those that were changed, by identity.
        pinned: elements that the caller set, by root table.
        shifts: insertions and removals, by root table and by the table they were made in.
        reasons: why elements were changed, by root table and path.
    """

    def __init__(self, document: Document, *, force: bool):
        """Start with nothing changed."""
        self.document, self.force = document, force
        self.before = list(document.records)
        self.places_before = [(one.start, one.stop) for one in self.before]
        self.touched: dict[int, tuple[int, Record]] = {}
        self.pinned: dict[int, set[Pin]] = {}
        self.shifts: dict[int, dict[tuple[str, ...], Shift]] = {}
        self.reasons: dict[int, dict[str, str]] = {}
        # Records are replaced, so that those before the change stay as they are.
        document.records = [copied(record) for record in self.before]
        self.original = dict(zip(map(id, document.records), enumerate(self.before), strict=True))
        self.size = len(document.rest) + (self.before[-1].stop + 7 >> 3 if self.before else 0)

    def places(self, path: str) -> Iterator[Place]:
        """Yield the places that a path leads to."""
        return self.document.places(path)

    def opened(self, place: Place) -> Place:
        """Return a place in a copy of its root table, which may be changed."""
        for record in self.document.records:
            if record.table is place.root:
                break
        else:  # pragma: no cover - places come from the document
            raise InputError(f"{place.path}: there is nothing here")
        if id(record) not in self.touched:
            self.touched[id(record)] = self.original.get(id(record), (0, record))
            record.table = copy_table(record.table)
        return Place(
            place.table_type, record.table, place.prefix, place.hops, place.field, place.indices
        )

    def key(self, place: Place) -> int:
        """Return the identity of the record that holds a root table."""
        return next(id(one) for one in self.document.records if one.table is place.root)

    def set(self, path: str, value: Any) -> None:
        """Change the elements at a path."""
        found = list(self.places(path))
        if ALL in path:
            found = [place for place in found if place.value() is not None]
        if not found:
            raise InputError(f"{path}: there is nothing here")
        for place in found:
            self.set_place(place, value)

    def set_place(self, place: Place, value: Any) -> None:
        """Change one element."""
        field = place.field
        if field is None:
            raise BuildError("is a table; name one of its elements", path=place.path)
        if field.called is None or not isinstance(value, Table | Mapping | list | None):
            self.set_element(place, value)
            return
        place = self.opened(place)
        self.set_table(place, owner_at(place), value)
        self.pin_values(self.key(place), (*place.hops, hop_of(field, place.indices)), value)
        self.pin(place)

    def set_table(self, place: Place, owner: Table, value: Any) -> None:
        """Put another table in the place of one."""
        field = place.field
        assert field is not None
        if field.depth and not place.indices and isinstance(value, list | None):
            path = place.path
            rows = [self.table_of(field, one, f"{path}[{i}]") for i, one in enumerate(value or ())]
            setattr(owner, field.name, None if value is None else rows)
            return
        if (field.depth > 0) != bool(place.indices):
            raise BuildError("is a list of tables; name one of them", path=place.path)
        made = None if value is None else self.table_of(field, value, place.path)
        if not field.depth:
            setattr(owner, field.name, made)
        elif made is None:
            raise BuildError("a table in a list can't be absent; use remove", path=place.path)
        else:
            list_at(field, owner, place.indices, place.path, 0)[place.indices[-1]] = made

    def table_of(self, field: Field, value: Any, path: str) -> Table:
        """Return a table, or one that is made of a mapping of its values.

        Raises:
            BuildError: it isn't that table.
        """
        if isinstance(value, field.called.table_type):
            copy: Table = copy_table(value)
            return copy
        if not isinstance(value, Mapping):
            raise BuildError(f"takes a {field.called.table}", path=path, value=value)
        made, fields = empty_table(field.called), fields_of(field.called.table_type)
        for name, one in value.items():
            inner = fields.get(name)
            if inner is None or inner.derived:
                raise BuildError(f"{field.called.table} has no element {name!r}", path=path)
            if inner.called is None:
                set_value(inner, made, (), one, f"{path}.{name}", force=self.force)
            elif inner.depth:
                rows = [self.table_of(inner, row, f"{path}.{name}") for row in one]
                setattr(made, name, rows)
            else:
                setattr(made, name, self.table_of(inner, one, f"{path}.{name}"))
        return made

    def pin_values(self, key: int, hops: Hops, value: Any) -> None:
        """Remember that the caller wants the values of a new table as they are.

        Args:
            key: the root table, by identity.
            hops: the way to the new table, or to a list of them.
            value: its values by name, or a list of such.
        """
        if isinstance(value, list):
            for index, one in enumerate(value):
                self.pin_values(key, (*hops[:-1], f"{hops[-1]}[{index}]"), one)
        elif isinstance(value, Mapping):
            for name, one in value.items():
                self.pinned.setdefault(key, set()).add((hops, name))
                self.pin_values(key, (*hops, name), one)

    def item(self, place: Place, value: Any) -> Any:
        """Return a value as a list takes it in: a table too."""
        assert place.field is not None
        if place.field.called is None:
            return super().item(place, value)
        return self.table_of(place.field, value, place.path)

    def moved(self, place: Place, value: Any, delta: int) -> None:
        """Follow what has moved in a list, and keep what was put in."""
        assert place.field is not None
        self.move_pins(place, delta)
        if delta > 0:
            self.pin_values(
                self.key(place), (*place.hops, hop_of(place.field, place.indices)), value
            )

    def move_pins(self, place: Place, delta: int) -> None:
        """Let what was pinned in later tables of a list move with them."""
        assert place.field is not None
        key, depth, first = self.key(place), len(place.hops), place.indices[0]
        moved = set()
        for hops, name in self.pinned.get(key, set()):
            hop = hops[depth] if len(hops) > depth and hops[:depth] == place.hops else ""
            if hop.startswith(f"{place.field.name}["):
                number = int(hop[len(place.field.name) + 1 : -1])
                if number >= first:
                    hop = f"{place.field.name}[{number + delta}]"
                    hops = (*hops[:depth], hop, *hops[depth + 1 :])
            moved.add((hops, name))
        self.pinned[key] = moved

    def change_records(self, path: str, value: Any, delta: int) -> None:
        """Put a table of the root into the list of them, or take one out."""
        form, records = self.document.format, self.document.records
        index = int(parse_path(path)[0].indices[0])
        if index >= len(records) + (delta > 0):
            raise InputError(f"{path}: the tables go up to {len(records) - 1}")
        if delta < 0:
            del records[index]
            return
        field = Field(form.root.table, form.root, form.root, 1, "table", False, None, False)
        table = self.table_of(field, value, path)
        scope = records[index].scope if index < len(records) else form.scope({})
        made = Record(table, scope.copy())
        records.insert(index, made)
        self.touched[id(made)] = (index, made)
        if isinstance(value, Mapping):
            self.pinned[id(made)] = {((), name) for name in value}
            for name, one in value.items():
                self.pin_values(id(made), (name,), one)

    def settle(self) -> Plan:
        """Bring everything in line with what was changed, and say what that was.

        Raises:
            NncError: the change can't be carried out.
        """
        traces = self.settle_tables()
        if follows(self.document.format.tables):
            for _ in range(MOST_ROUNDS):
                if not self.follow():
                    break
                traces = self.settle_tables()
            else:
                raise unsettled()
        return self.plan(traces)

    def settle_tables(self) -> dict[int, tuple[Elements, Elements]]:
        """Build the tables that a change touches; return their elements before and after."""
        document = self.document
        scope, changed = None, False
        traces: dict[int, tuple[Elements, Elements]] = {}
        for index, record in enumerate(document.records):
            anew = id(record) in self.touched
            if scope is not None and changed:
                anew = anew or scope.names() != record.scope.names()
                record.scope = scope.copy()
            if anew:
                traces[id(record)], scope = self.build(record, index)
                changed = True
            elif changed:
                scope = self.scope_after(record)
        return traces

    def follow(self) -> bool:
        """Correct elements that follow from tables elsewhere; tell whether there were any.

        Raises:
            BuildError: the caller has set one of them to something else.
        """
        form, records = self.document.format, self.document.records
        if not records:
            return False
        data, _ = written(form, records)
        traced = trace_from(form, memoryview(data), records[0].scope.copy())
        found = list(wrong(list(traced.all_elements())))
        for element, wanted in found:
            place = self.opened(next(self.places(element.path)))
            assert place.field is not None
            if (place.hops, place.field.name) in self.pinned.get(self.key(place), ()):
                raise BuildError(
                    "follows from other tables", path=element.path, value=element.value,
                    allowed=str(wanted), clause=form.tables[element.table].clause,
                    schema=element.schema_line,
                )  # fmt: skip
            set_value(place.field, owner_at(place), place.indices, wanted, element.path, force=True)
            path = re.sub(r"(\[\d+\])+$", "", element.path)
            prefix = f"{place.prefix}." if place.prefix else ""
            reasons = self.reasons.setdefault(self.key(place), {})
            reasons[path.removeprefix(prefix)] = "follows from other tables"
        return bool(found)

    def scope_after(self, record: Record) -> Any:
        """Return the names in force after a table that stays as it is."""
        root = self.document.format.root
        scope = record.scope.copy()
        root.write_to(BitWriter(), record.table, scope)
        return scope

    def build(self, record: Record, index: int) -> tuple[tuple[Elements, Elements], Any]:
        """Build a table anew; return its elements before and after, and the scope after it."""
        root = self.document.format.root
        number, old = self.original.get(id(record), (index, None))
        before = {} if old is None else self.elements(old.table, old.scope, number)
        repair = Repair(
            self.document.name_of(index) or root.table, root, record.table, record.scope.copy,
            pinned=self.pinned.get(id(record), set()), shifts=self.shifts.get(id(record), {}),
            in_force=record.scope.names(),
        )  # fmt: skip
        built, scope = repair.build()
        record.table, entries = trace_table(root.table, root, built, record.scope.copy())
        prefix = f"{self.document.name_of(index)}."
        reasons = self.reasons.setdefault(id(record), {})
        for path, reason in repair.reasons.items():
            reasons.setdefault(path.removeprefix(prefix), reason)
        return (before, {entry.path: entry for entry in entries}), scope

    def elements(self, table: Table, scope: Any, index: int) -> Elements:
        """Return the elements of a root table as it stands, by path below it."""
        form = self.document.format
        built, _ = written(form, [Record(table, scope)])
        start = 0
        if form.framing.bounded:
            start = form.framing.span(memoryview(built), 0).content
        _, entries = trace_table(form.root.table, form.root, built[start:], scope.copy())
        return {entry.path: entry for entry in entries}

    def plan(self, traces: dict[int, tuple[Elements, Elements]]) -> Plan:
        """Compare what was with what is."""
        document = self.document
        data, places = written(document.format, document.records)
        plan = Plan(bytes_before=self.size, bytes_after=len(data) + len(document.rest))
        kind = document.format.root.table
        for index, (record, place) in enumerate(zip(document.records, places, strict=True)):
            number, old = self.original.get(id(record), (index, None))
            record.start, record.stop = place
            path = document.name_of(index)
            if id(record) in traces and old is not None:
                starts = tuple(8 * (one.start >> 3) for one in (old, record))
                reasons = self.reasons.get(id(record), {})
                plan.changes.extend(compare(path, *traces[id(record)], starts, reasons))
            size = place[1] - place[0] + 7 >> 3
            if old is None:
                plan.units.append(UnitChange(path, kind, "", None, size))
            elif path and (size != old.stop - old.start + 7 >> 3 or number != index):
                size_before = old.stop - old.start + 7 >> 3
                was = document.name_of(number)
                plan.units.append(UnitChange(path, kind, was, size_before, size))
        kept = {id(record) for record in document.records}
        for key, (number, old) in self.original.items():
            if key not in kept:
                path = document.name_of(number)
                size = old.stop - old.start + 7 >> 3
                plan.units.append(UnitChange(path, kind, path, size, None))
        return plan

    def rollback(self) -> None:
        """Undo everything."""
        self.document.records = self.before


def hop_of(field: Field, indices: tuple[int, ...]) -> str:
    """Return the hop that leads to a table, or to a list of them."""
    return field.name + index_text(indices or None)


def run(
    document: Document, change: Callable[[Edit], None], *, force: bool = False, keep: bool = True
) -> Plan:
    """Carry out a change as a whole, or undo it.

    Args:
        document: what to change.
        change: makes the change on an `Edit`.
        force: accept reserved values.
        keep: keep the change; else only the plan is made.

    Raises:
        NncError: the change was refused; the document is as it was.
    """
    return carried_out(Edit(document, force=force), change, keep=keep)


def follow_others(document: Document) -> None:
    """Set elements that follow from tables elsewhere, and change nothing else.

    Raises:
        NncError: one can't have the value, and the document is as it was.
    """
    if follows(document.format.tables):
        run(document, lambda edit: None)


AnyEdit = TypeVar("AnyEdit", bound=ElementEdit)


def carried_out(edit: AnyEdit, change: Callable[[AnyEdit], None], *, keep: bool) -> Plan:
    """Carry out a change as a whole, or undo it.

    Args:
        edit: an edit of what is changed.
        change: makes the change on it.
        keep: keep the change; else only the plan is made.

    Raises:
        NncError: the change was refused, and all is as it was.
    """
    try:
        change(edit)
        try:
            plan = edit.settle()
        except InvalidError as error:
            raise refusal(error) from None
    except BaseException as error:
        if isinstance(error, PlacedError):
            edit.locate(error)
        edit.rollback()
        raise
    if keep:
        edit.commit()
    else:
        edit.rollback()
    return plan


def refusal(error: InvalidError) -> BuildError:
    """Return the error of a change that breaks a rule: what was read is good."""
    parts = ("code", "path", "value", "allowed", "clause", "schema", "hint")
    return BuildError(error.message, **{part: getattr(error, part) for part in parts})


class Settable(Protocol):
    """An edit, of whatever."""

    def set(self, path: str, value: Any) -> None:
        """Change the elements at a path."""


def setting(values: Mapping[str, Any]) -> Callable[[Settable], None]:
    """Return the change that sets elements, all at once."""

    def change(edit: Settable) -> None:
        for path, value in values.items():
            edit.set(path, value)

    return change


def insertion(path: str, value: Any) -> Callable[[Edit], None]:
    """Return the change that puts a value into a list, or a table among those of the root."""

    def change(edit: Edit) -> None:
        if is_record_path(edit.document, path):
            edit.change_records(path, value, 1)
        else:
            edit.change_list(path, value, 1)

    return change


def removal(path: str) -> Callable[[Edit], None]:
    """Return the change that takes out a value of a list, an element, or a table of the root."""

    def change(edit: Edit) -> None:
        if is_record_path(edit.document, path):
            edit.change_records(path, None, -1)
        else:
            edit.change_list(path, None, -1)

    return change


def is_record_path(document: Document, path: str) -> bool:
    """Tell whether a path is that of one table of the root, which a framing makes a list of."""
    steps = parse_path(path)
    name = document.format.root.table
    many = document.format.framing.many
    return many and len(steps) == 1 and steps[0].name == name and ALL not in steps[0].indices
