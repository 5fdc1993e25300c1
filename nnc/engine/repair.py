"""Building a changed table, and repairing what the change has left contradictory.

The generated builder is the judge: it says which element is missing, which stands where its
condition doesn't hold, which list has the wrong number of values. Each complaint is settled by
a default, by removal, or by the count that goes with a list, and the table is built again.
What the caller set himself is pinned: it is never repaired away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nnc.bitio import BitWriter, BuildError, LimitError, NncError, Table
from nnc.bitio.bits import index_text
from nnc.bitio.computing import Filler
from nnc.engine.fields import Field, array_type, copy_table, fields_of
from nnc.engine.following import counter_of
from nnc.engine.lists import Shift, resized
from nnc.engine.paths import Hops, names_below, owner_of, stepped
from nnc.engine.places import located
from nnc.engine.values import default_value, refusal

#: More repairs than this no change of a valid table needs.
MAXIMUM_REPAIRS = 2000

#: More values than this no list gets of itself: each costs time and memory before all is well.
MOST_FILLERS = 1 << 17

#: Codes of what is wrong where a size doesn't fit.
SIZES = ("wrong-extent", "wrong-size")

#: Why an element changes that says how long something is.
SIZE = "a size"

LAST_NAME = re.compile(r"(\w+)((?:\[\d+\])*)$")

#: The way to a table below the root, and the name of a field in it.
Pin = tuple[Hops, str]


class Repair:
    """Builds one table, repairing it on the way.

    Attributes:
        table: the table; it is changed in place.
        reasons: why elements were changed, by their path without indices.
    """

    def __init__(
        self,
        name: str,
        syntax: Any,
        table: Table,
        scope: Callable[[], Any],
        *,
        pinned: set[Pin],
        shifts: dict[tuple[str, ...], Shift],
        in_force: dict[str, Any],
        default: Callable[[Field], Any] = lambda field: None,
        probing: bool = False,
        resizing: bool = True,
    ):
        """Take what is to be built.

        Args:
            name: what the table is called where it stands, as `header`.
            syntax: the syntax of the table.
            table: the table.
            scope: makes the scope to build in, anew for each attempt.
            pinned: the elements that the caller set.
            shifts: insertions and removals by the place of the table they were made in.
            in_force: values of shared names before the change.
            default: values for elements that appear, None where it knows none.
            probing: give up where a pinned list doesn't fit.
            resizing: settle sizes that don't fit.
        """
        self.name, self.syntax, self.table, self.scope = name, syntax, table, scope
        self.pinned, self.shifts, self.in_force = pinned, shifts, in_force
        self.default, self.probing, self.resizing = default, probing, resizing
        self.reasons: dict[str, str] = {}
        self.fillers = 0
        self.scope_then: Any = None

    def build(self) -> tuple[bytes, Any]:
        """Return the bytes of the table, and the scope after it.

        Raises:
            BuildError: what was set contradicts the rest.
            BitstreamError: the table needs something that isn't there.
        """
        filler = self.filler()
        for _ in range(MAXIMUM_REPAIRS):
            was_last = filler.is_finished
            filler.begin()
            writer = BitWriter(filler=filler)
            writer.enter(self.name, self.syntax.table)
            scope = self.scope()
            try:
                self.syntax._build(self.table, writer, scope, "")
            except BuildError as error:
                self.scope_then = scope
                tables = self.syntax.scope_type.tables
                self.repair(located(error, writer, tables), writer.stack)
                # What was guessed before may be wrong now.
                filler = self.filler()
            except LimitError as error:
                raise BuildError(
                    f"the change asks for more than {MOST_FILLERS} new values",
                    path=error.path, hint="set the list in the same edit",
                ) from None  # fmt: skip
            else:
                if not filler.needs_another(was_last, enforced=False):
                    return writer.to_bytes(), scope
        raise BuildError("the change leads to no valid table", path=self.name)

    def filler(self) -> Filler:
        """Return what computes elements, all but those that the caller set."""
        kept = (
            self.path_of(hops, name)
            for hops, name in self.pinned
            if owner_of(self.table, hops) is not None
        )
        computes = self.syntax.scope_type.computes
        return Filler(computes, repair=True, kept=frozenset(kept))

    def repair(self, error: BuildError, stack: list[Any]) -> None:
        """Settle one complaint of the builder, or raise it."""
        tables = tuple(name + index_text(index) for name, _, index in stack[1:])
        owner = owner_of(self.table, tables)
        assert owner is not None
        if error.code in SIZES and self.resizing:
            self.resize(tables, error)
            return
        match = LAST_NAME.search(error.path)
        field = fields_of(type(owner)).get(match[1]) if match else None
        if match is None or field is None:
            raise error
        indices = [int(index) for index in re.findall(r"\d+", match[2])]
        if error.code == "missing-element":
            self.appear(owner, tables, field, indices, error)
        elif error.code == "unexpected-element":
            self.vanish(owner, tables, field, error)
        elif error.code in ("wrong-count", "too-few", "too-many"):
            self.fit(owner, tables, field, indices, error)
        elif error.code == "outside-array":
            self.grow(owner, tables, error)
        else:
            raise error

    def note(self, error: BuildError, reason: str, field: Field | None = None) -> None:
        """Remember why an element, or all elements of a called table, are changed."""
        path = re.sub(r"(\[\d+\])+$", "", error.path)
        self.reasons.setdefault(path, reason)
        if field is not None and field.called is not None:
            prefix = path.rpartition(".")[0] if field.name == field.called.table else path
            for name in names_below(field.called.table_type):
                self.reasons.setdefault(f"{prefix}.{name}", reason)

    def grow(self, owner: Table, tables: tuple[str, ...], error: BuildError) -> None:
        """Make an array one larger that the defaults of new elements have left too small."""
        if not self.probing:
            for field in fields_of(type(owner)).values():
                value = getattr(owner, field.name)
                if (tables, field.name) in self.pinned or type(value) is not int or field.derived:
                    continue
                probe = self.probe([(tables, field.name, None, value + 1)])
                try:
                    probe.build()
                except NncError:
                    continue
                setattr(owner, field.name, value + 1)
                return
        raise error

    def resize(self, tables: Hops, error: BuildError) -> None:
        """Change the element that says how long a table, a text or bytes are.

        It stands in the same table or in one around it; which one it is comes out by trying.
        """
        wanted, found = int(error.allowed.partition(" ")[0]), int(error.value)
        difference = wanted - found if error.code == "wrong-extent" else found - wanted
        changes = dict.fromkeys((difference // 8, difference)[error.code != "wrong-extent" :])
        for depth in range(len(tables), -1, -1):
            owner = owner_of(self.table, tables[:depth])
            assert owner is not None
            for field in reversed(fields_of(type(owner)).values()):
                if self.is_pinned_or_none(owner, tables[:depth], field):
                    continue
                for change in changes:
                    value = getattr(owner, field.name) + change
                    if self.settles(tables[:depth], field.name, value, error):
                        setattr(owner, field.name, value)
                        self.reasons.setdefault(self.path_of(tables[:depth], field.name), SIZE)
                        return
        raise error

    def path_of(self, tables: Hops, name: str) -> str:
        """Return the path of an element as errors give it."""
        names, owner = [], self.table
        if self.name != self.syntax.table:
            names.append(self.name)
        for hop in tables:
            inner = stepped(owner, hop)
            if hop != inner.syntax.table:
                names.append(hop)
            owner = inner
        return ".".join([*names, name])

    def is_pinned_or_none(self, owner: Table, tables: Hops, field: Field) -> bool:
        """Tell whether an element is no number that may be changed."""
        no_number = field.element is None or type(getattr(owner, field.name)) is not int
        return no_number or (tables, field.name) in self.pinned

    def settles(self, tables: Hops, name: str, value: int, complaint: BuildError) -> bool:
        """Tell whether a size fits with another value of an element of a table.

        It does if the table can be written with it, or if only another size in it doesn't fit.
        """
        probe = copy_table(owner_of(self.table, tables))
        setattr(probe, name, value)
        depth = len(tables)
        pinned = {(hops[depth:], pin) for hops, pin in self.pinned if hops[:depth] == tables}
        table = probe.syntax.table
        try:
            Repair(
                table, probe.syntax, probe, self.scope_then.copy, pinned=pinned | {((), name)},
                shifts={}, in_force=self.in_force, default=self.default, probing=True,
                resizing=False,
            ).build()  # fmt: skip
        except BuildError as error:
            place = self.path_of(tables, error.path).rstrip(".")
            return error.code in SIZES and place != complaint.path.rstrip(".")
        except NncError:
            return False
        return True

    def appear(
        self,
        owner: Table,
        tables: tuple[str, ...],
        field: Field,
        indices: list[int],
        error: BuildError,
    ) -> None:
        """Return an element that is missing its default."""
        if (tables, field.name) in self.pinned:
            raise refusal(error, field, "the element can't be taken away here")
        if indices:
            rows = getattr(owner, field.name)
            rows[indices[0]] = np.zeros(0, array_type(field)) if field.array else []
        else:
            value = self.default(field)
            setattr(
                owner, field.name, default_value(field, self.in_force) if value is None else value
            )
        self.note(error, "appears: its condition holds now", field)

    def vanish(
        self, owner: Table, tables: tuple[str, ...], field: Field, error: BuildError
    ) -> None:
        """Take away an element whose condition doesn't hold."""
        below = (*tables, field.name)
        if (tables, field.name) in self.pinned or any(
            pin[0][: len(below)] == below for pin in self.pinned
        ):
            raise refusal(error, field, error.message, self.switch_for(owner, tables, field))
        setattr(owner, field.name, None)
        self.note(error, "vanishes: its condition doesn't hold any more", field)

    def switch_for(self, owner: Table, tables: tuple[str, ...], field: Field) -> str:
        """Find the flag that would let an element stand, for the message."""
        for flag in fields_of(type(owner)).values():
            element = flag.element
            if flag.name == field.name:
                break
            if (
                element is None
                or (element.coding, element.width) != ("u", 1)
                or getattr(owner, flag.name) != 0
            ):
                continue
            probe = self.probe([(tables, flag.name, None, 1)])
            try:
                probe.build()
            except NncError:
                continue
            return f"{flag.name}=1 would allow it"
        return ""

    def fit(
        self,
        owner: Table,
        tables: tuple[str, ...],
        field: Field,
        indices: list[int],
        error: BuildError,
    ) -> None:
        """Bring a list and the number of its values together."""
        row = indices[0] if error.code == "wrong-count" and indices else None
        values = getattr(owner, field.name)
        values = values if row is None else values[row]
        if (tables, field.name) in self.pinned:
            self.fit_count(tables, field, row, len(values), error)
            return
        # How many there have to be comes out once there are too many.
        wanted = 2 * len(values) + 1 if error.code == "too-few" else int(error.allowed)
        self.fillers += max(wanted - len(values), 0)
        if self.fillers > MOST_FILLERS:
            raise refusal(
                error, field, f"the change asks for more than {MOST_FILLERS} new values",
                "set the list in the same edit",
            )  # fmt: skip
        shift = self.shifts.get(tables) if row is None else None
        changed = resized(field, values, wanted, shift, row is not None)
        if row is None:
            setattr(owner, field.name, changed)
        else:
            getattr(owner, field.name)[row] = changed
        self.note(error, "the number of its values follows from other elements")

    def fit_count(
        self, tables: tuple[str, ...], field: Field, row: int | None, length: int, error: BuildError
    ) -> None:
        """Change the element that counts the values of a list which the caller has changed."""
        if self.set_count(tables, field, length, error):
            return
        if field.called is not None and (found := counter_of(self.table, tables, field, length)):
            place, name, value = found
            if (place, name) not in self.pinned:
                self.put(self.table, place, name, None, value)
                self.pinned.add((place, name))
                self.reasons.setdefault(self.path_of(place, name), f"counts {field.name}")
                return
        if self.probing:
            raise error
        if error.code == "wrong-count":
            delta = length - int(error.allowed)
        else:
            shift = self.shifts.get(tables)
            delta = shift.delta if shift else (1 if error.code == "too-many" else -1)
        for edits in self.count_candidates(tables, field, row, delta):
            if self.counts(edits, delta, re.sub(r"(\[\d+\])+$", "", error.path)):
                for place, name, index, value in edits:
                    self.put(self.table, place, name, index, value)
                    self.pinned.add((place, name))
                    prefix = error.path[: -len(LAST_NAME.search(error.path)[0])]  # type: ignore[index]
                    self.reasons.setdefault(f"{prefix}{name}", f"counts {field.name}")
                return
        raise refusal(
            error, field, f"{length} values where other elements ask for another number",
            "change those instead",
        )  # fmt: skip

    def set_count(self, tables: Hops, field: Field, length: int, error: BuildError) -> bool:
        """Set the element that counts a list in a table of a list, as the schema says it.

        Such a table may be new, and others like it wrong still: trying would tell nothing.
        """
        if error.code != "wrong-count" or not any(hop.endswith("]") for hop in tables):
            return False
        counts: tuple[tuple[str, int], ...] = () if field.element is None else field.element.counts
        if len(counts) != 1 or (tables, counts[0][0]) in self.pinned:
            return False
        name, more = counts[0]
        self.put(self.table, tables, name, None, length + more)
        self.pinned.add((tables, name))
        prefix = error.path[: -len(LAST_NAME.search(error.path)[0])]  # type: ignore[index]
        self.reasons.setdefault(f"{prefix}{name}", f"counts {field.name}")
        return True

    def count_candidates(
        self, tables: tuple[str, ...], field: Field, row: int | None, delta: int
    ) -> Iterator[list[tuple[tuple[str, ...], str, int | None, int]]]:
        """Return the changes that may make the elements count one list differently.

        A count is an unsigned element of the same table that stands before the list; beside it
        a signed one may say how the values lie around a centre.
        """
        owner = owner_of(self.table, tables)
        assert owner is not None
        single, signed = [], []
        for other in fields_of(type(owner)).values():
            if other.name == field.name:
                break
            element = other.element
            if element is None or other.kind != "int" or (tables, other.name) in self.pinned:
                continue
            value = getattr(owner, other.name)
            index = None
            if other.depth == 1 and row is not None and value is not None:
                index, value = row, value[row]
            if not isinstance(value, int) or (element.coding, element.width) == ("u", 1):
                continue
            low, high = element.limits
            if low < 0:
                signed.append((tables, other.name, index, value))
            elif low <= value + delta <= high:
                single.append((tables, other.name, index, value + delta))
        for edit in reversed(single):
            yield [edit]
        for edit in reversed(single):
            for place, name, index, value in signed:
                yield [edit, (place, name, index, value + 1)]
                yield [edit, (place, name, index, value - 1)]

    def counts(
        self, edits: list[tuple[tuple[str, ...], str, int | None, int]], delta: int, path: str
    ) -> bool:
        """Tell whether changes make all counts fit, and not by accident.

        They do if nothing else has to change with them, what is in the list and sizes aside, or if
        one more in the count asks for one more value.
        """
        probe = self.probe(edits)
        try:
            probe.build()
        except NncError:
            return False
        if all(
            place.startswith(f"{path}[") or reason == SIZE
            for place, reason in probe.reasons.items()
        ):
            return True
        if len(edits) > 1:
            return False
        place, name, index, value = edits[0]
        step = 1 if delta > 0 else -1
        try:
            self.probe([(place, name, index, value + step)]).build()
        except BuildError as error:
            if error.code == "wrong-count" and error.value is not None:
                return int(error.allowed) - int(error.value) == step
        except NncError:
            return False
        return False

    def probe(self, edits: list[tuple[tuple[str, ...], str, int | None, int]]) -> Repair:
        """Return a repair of a copy of the table in which some elements are changed."""
        table = copy_table(self.table)
        for place, name, index, value in edits:
            self.put(table, place, name, index, value)
        return Repair(
            self.name,
            self.syntax,
            table,
            self.scope,
            pinned=self.pinned | {(place, name) for place, name, _, _ in edits},
            shifts=self.shifts,
            in_force=self.in_force,
            default=self.default,
            probing=True,
        )

    @staticmethod
    def put(table: Table, place: tuple[str, ...], name: str, index: int | None, value: int) -> None:
        """Set one element of a table below `table`."""
        owner = owner_of(table, place)
        assert owner is not None
        if index is None:
            setattr(owner, name, value)
        else:
            getattr(owner, name)[index] = value
