"""Going through all units of a changed bitstream, and bringing each in line with the others."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from nnc.bitio import BuildError, NncError, PlacedError, Table
from nnc.bitstream.builder import build_table, given_value, placed
from nnc.bitstream.editing.changes import Changes
from nnc.bitstream.editing.measuring import lists_of, written_size
from nnc.bitstream.parser import holds_part_of_decomposed
from nnc.bitstream.sizes import size_field
from nnc.bitstream.unit import ParameterSets, Unit, kind_of, payload_syntax_of, scope_after
from nnc.engine.fields import Field
from nnc.engine.following import fill
from nnc.engine.plan import trace_table
from nnc.engine.repair import Repair
from nnc.syntax import (
    PERSISTENT,
    NnrUnitType,
    Scope,
    nnr_unit_header,
)

#: Names that say nothing about how a payload is to be read.
ABOUT_UNITS = {
    "nnr_unit_size", "nnr_unit_type", "topologyIndexedFlag", "num_of_nnr_units_minus2",
    "mps_topology_indexed_reference_flag", "mps_parent_signalling_enabled_flag",
}  # fmt: skip

#: Why elements of an aggregate's header change.
FOLLOWS = "follows from the units in the aggregate"


class Settler:
    """Walks units in order, with what is in force between them.

    Without an edit it only gives new units the parameters in force for them.
    """

    def __init__(self, edit: Changes | None):
        """Start with nothing in force."""
        self.edit = edit
        self.scope = Scope()
        self.parameter_sets = ParameterSets()

    def settle_units(self, units: Sequence[Unit], prefix: str) -> bool:
        """Settle units one after the other; tell whether one of them was built anew."""
        changed = False
        for number, unit in enumerate(units):
            path = f"{prefix}units[{number}]"
            try:
                changed |= self.settle_unit(unit, path)
            except PlacedError as error:
                raise placed(error, path) from None
        return changed

    def settle_unit(self, unit: Unit, path: str) -> bool:
        """Settle one unit; tell whether it was built anew."""
        if unit.header is None:
            return False
        scope, parameter_sets = self.scope, self.parameter_sets
        anew = self.has_to_be_built(unit)
        if unit.nnr_unit_type == NnrUnitType.NNR_AGG:
            inside = self.settle_units(unit.units, f"{path}.")
            anew = anew or inside
        if unit.parameter_sets != parameter_sets:
            if self.edit is not None:
                self.edit.save(unit)
            unit.parameter_sets = parameter_sets
        if anew:
            self.build(unit, scope)
        self.take_effect(unit)
        return anew

    def has_to_be_built(self, unit: Unit) -> bool:
        """Tell whether a unit was changed, or what is in force before it."""
        if unit.scope is None or (self.edit is not None and self.edit.touched(unit)):
            return True
        if kind_of(unit.nnr_unit_type).starts:
            return False
        own = () if unit.nnr_unit_type != NnrUnitType.NNR_MPS else ("general_profile_idc",)
        now, before = self.scope.names(), unit.scope.names()
        return any(now.get(name) != before.get(name) for name in own or PERSISTENT)

    def take_effect(self, unit: Unit) -> None:
        """Make what a unit changes come into force."""
        assert unit.scope is not None
        self.scope = scope_after(self.scope, unit.nnr_unit_type, unit.scope)
        if unit.nnr_unit_type != NnrUnitType.NNR_AGG:
            self.parameter_sets = self.parameter_sets.after(unit)

    def build(self, unit: Unit, scope: Scope) -> None:
        """Build a unit, and take what was built as what it is."""
        edit = self.edit
        in_force = unit.scope.names() if unit.scope is not None else {}
        if edit is not None:
            edit.open(unit)
            drop_read_table(unit, edit)
            if unit.nnr_unit_type == NnrUnitType.NNR_AGG:
                describe_units(unit, edit)
        before = copy_of_given(unit)
        asked: set[str] = set()

        def fresh() -> Scope:
            made = scope.copy()
            made.given = asking(unit, before, asked)
            return made

        repair = self.repair(unit, "header", nnr_unit_header, unit.header, fresh, in_force)
        header, after = repair.build()
        reasons = dict(repair.reasons)
        if edit is not None and unit.nnr_unit_type == NnrUnitType.NNR_AGG:
            # Elements may have come that follow from the units too.
            reasons |= describe_units(unit, edit)
            header, after = repair.build()
        if edit is not None:
            unit.header, _ = trace_table("header", nnr_unit_header, header, fresh())
        unit.scope = after
        after.given = functools.partial(answer, unit)
        if holds_part_of_decomposed(unit):
            after.given("decomposed_tensor_role", unit.header)
        payload = self.build_payload(unit, in_force)
        if edit is not None:
            edit.reasons.setdefault(id(unit), {}).update(reasons)
            note_effects(unit, edit, in_force, asked)
            flag = size_field(len(header) + payload, unit.size)
            check_size_form(unit, edit, flag.nnr_unit_size_flag)
            unit.edited_size = flag.nnr_unit_size

    def build_payload(self, unit: Unit, in_force: dict[str, Any]) -> int:
        """Settle the payload of a unit whose header is settled; return its size in bytes."""
        kind = unit.nnr_unit_type
        if kind == NnrUnitType.NNR_AGG:
            return sum(inner.byte_size or written_size(inner) for inner in unit.units)
        syntax = unit.payload_syntax
        if kind_of(kind).persistent:
            _ = unit.payload  # parses bytes that have become a parameter set
        if unit.table is None or syntax is None:
            if syntax is not None and self.edit is not None:
                check_payload_fits(unit, self.edit)
            return len(unit.payload_bytes)
        assert unit.scope is not None
        start = unit.scope

        def fresh() -> Scope:
            return start.copy()

        repair = self.repair(unit, "payload", syntax, unit.table, fresh, in_force)
        built, after = repair.build()
        unit.scope = after
        if self.edit is not None:
            unit.table, _ = trace_table("payload", syntax, built, fresh())
            self.edit.reasons.setdefault(id(unit), {}).update(repair.reasons)
        return len(built) + len(unit.trailing)

    def repair(
        self,
        unit: Unit,
        part: str,
        syntax: Any,
        table: Any,
        fresh: Callable[[], Scope],
        in_force: dict[str, Any],
    ) -> Repair:
        """Return the repair of one part of a unit."""
        edit, key = self.edit, (id(unit), part)
        return Repair(
            part,
            syntax,
            table,
            fresh,
            pinned=set() if edit is None else edit.pinned.get(key, set()),
            shifts={} if edit is None else edit.shifts.get(key, {}),
            in_force=in_force,
            default=functools.partial(name_default, unit, edit),
        )


def copy_of_given(unit: Unit) -> Callable[[str], Any]:
    """Return a function of names that answers as the unit does now."""
    frozen = Unit(None, scope=unit.scope)
    frozen.given = unit.given
    return functools.partial(given_value, frozen)


def asking(
    unit: Unit, before: Callable[[str], Any], asked: set[str]
) -> Callable[[str, Table], Any]:
    """Return the function that tables ask for given values; it remembers what was asked for."""

    def given(name: str, table: Table) -> Any:
        asked.add(name)
        if name == "decomposed_tensor_role" and name not in unit.given:
            return role_by_name(table)
        return before(name)

    return given


def answer(unit: Unit, name: str, table: Table) -> Any:
    """Return a value that a table of a settled unit asks for."""
    if name == "decomposed_tensor_role" and name not in unit.given:
        unit.given[name] = role_by_name(table)
    return given_value(unit, name)


def role_by_name(table: Table) -> int:
    """Tell which tensor of a decomposed layer a unit holds by the end of its name."""
    from nnc.bitstream.parser import element_name

    return 2 if element_name(table).endswith("_H") else 1


def name_default(unit: Unit, edit: Changes | None, field: Field) -> Any:
    """Return the names of a unit in the other way of writing them, by name or by index.

    Raises:
        BuildError: there is no list of element ids, or it lacks a name.
    """
    if edit is None or field.element is None or not field.name.startswith("topology_elem_id"):
        return None
    saved = edit.saved.get(id(unit))
    header = saved[1]["header"] if saved is not None else None
    if header is None or header.nnr_unit_type != NnrUnitType.NNR_NDU:
        return None
    former = Unit(header, parameter_sets=saved[1]["parameter_sets"])  # type: ignore[index]
    names = former.names
    if "index" in field.name:
        listed = unit.parameter_sets.reference_list
        ids = [] if listed is None else list(listed.payload.topology_elem_id_list)  # type: ignore[union-attr]
        unknown = [name for name in names if name not in ids]
        if unknown:
            raise BuildError(
                f"{unknown[0]!r} is in no list of element ids before this unit",
                path=f"header.{field.name}",
                clause="6.2.3",
                hint="a topology unit of format NNR_TPL_REFLIST must come first",
            )
        names = [ids.index(name) for name in names]  # type: ignore[misc]
    return names if field.depth else names[0]


def drop_read_table(unit: Unit, edit: Changes) -> None:
    """Drop a payload table that was only looked at, so that its bytes stay as they are.

    Raises:
        BuildError: the table isn't that of the unit's type, and there are no bytes.
    """
    if unit.table is None:
        return
    kind = unit.nnr_unit_type
    syntax = unit.payload_syntax
    fits = syntax is not None and isinstance(unit.table, syntax.table_type)
    if fits and (kind_of(kind).persistent or edit.pinned.get((id(unit), "payload"))):
        return
    state = edit.saved[id(unit)][1]
    if len(state["payload_bytes"]) and unit_payload(state) == bytes(state["payload_bytes"]):
        unit.table, unit.trailing = None, b""
        # The bytes stay: the plan isn't to say that their elements vanish.
        edit.traces[id(unit)] = edit.traces[id(unit)]._replace(payload=[])
    elif not fits:
        raise BuildError("the payload does not belong to the new type", path="header.nnr_unit_type")


def check_payload_fits(unit: Unit, edit: Changes) -> None:
    """Check that payload bytes can still be read as a table after their header has changed.

    Raises:
        BuildError: they can't.
    """
    if edit.saved[id(unit)][1]["header"] == unit.header:
        return
    assert unit.scope is not None
    scope = unit.scope
    unit.scope = scope.copy()
    try:
        unit.parse_payload(unit.payload_syntax)
    except NncError as error:
        if not edit.force:
            raise BuildError(
                f"the payload doesn't fit the change: {error}", path="header"
            ) from None
        edit.notes.append(f"{unit.path}: the payload is left as it is, and can't be read any more")
    finally:
        unit.table, unit.trailing, unit.scope = None, b"", scope


def unit_payload(state: dict[str, Any]) -> bytes:
    """Build the payload table that a unit had before an edit."""
    syntax: Any = payload_syntax_of(state["header"].nnr_unit_type)
    built = build_table(syntax, state["table"], state["scope"].copy(), "payload")
    return built + bytes(state["trailing"])


def describe_units(unit: Unit, edit: Changes) -> dict[str, str]:
    """Bring the header of an aggregate in line with the units in it.

    Returns:
        Why its elements change, by path.

    Raises:
        BuildError: there are too few, or the caller has set something else.
    """
    header = unit.header.nnr_aggregate_unit_header  # type: ignore[union-attr]
    if len(unit.units) < 2:
        raise BuildError(
            "an aggregate must hold at least two units",
            clause="6.3.3",
            path="header.num_of_nnr_units_minus2",
            value=len(unit.units),
            allowed="2 units or more",
        )
    pinned = {pin[1] for pin in edit.pinned.get((id(unit), "header"), set())}
    if header is None:
        return {}
    lists = lists_of((inner, inner.byte_size or written_size(inner)) for inner in unit.units)
    names = fill(header, lists, pinned=pinned, path="header", why=FOLLOWS)
    return {f"header.{name}": FOLLOWS for name in names}


def note_effects(unit: Unit, edit: Changes, in_force: dict[str, Any], asked: set[str]) -> None:
    """Note what a change leaves as it is though it may no longer fit."""
    state = edit.saved[id(unit)][1]
    path = unit.path or unit.type_name
    assert unit.scope is not None
    for name in sorted(asked & {"out_of_band_tensor_dimensions"}):
        if (
            "tensor_dimensions" in in_force
            and carried(state["header"])
            and not carried(unit.header)
        ):
            edit.notes.append(f"{path}: {name} now have to be given to every reader")
    if unit.nnr_unit_type != NnrUnitType.NNR_NDU or not in_force:
        return
    now = unit.scope.names()
    differing = sorted(
        name
        for name in now.keys() | in_force.keys()
        if name not in ABOUT_UNITS and now.get(name) != in_force.get(name)
    )
    if getattr(state["header"], "scan_order", None) != unit.header.scan_order:  # type: ignore[union-attr]
        differing.append("scan_order")
    replaced = any(owner is unit for owner, _ in edit.payloads)
    what = "the payload is left as it is; what says how to read it changes"
    note = f"{path}: {what}: {', '.join(differing)}"
    if differing and not replaced and note not in edit.notes:
        edit.notes.append(note)


def carried(header: Any) -> bool:
    """Tell whether a header carries the dimensions of its tensor."""
    return getattr(header, "tensor_dimensions_list", None) is not None


def check_size_form(unit: Unit, edit: Changes, flag: int) -> None:
    """Refuse a size form that was asked for and doesn't do."""
    if edit.size_forms.get(id(unit), flag) != flag:
        raise BuildError(
            "the unit is too large for the short form of its size",
            clause="6.3.2",
            path="nnr_unit_size_flag",
            value=0,
            allowed="1",
        )
