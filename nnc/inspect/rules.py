"""Rules that no table states: how units follow and name each other (clause 6.2.3).

Each is one function, registered with a name, the clause, and how sure the rule is. They look
at one model at a time, and skip what isn't there or couldn't be read: a damaged unit gives one
finding of its own, not one for each rule that it would have mattered to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnc.bitstream import type_name
from nnc.engine.findings import WARNING, Problem
from nnc.engine.tracing import TracedElement
from nnc.inspect.findings import Model, RuleBook, element_of, readable, value_of
from nnc.inspect.tracing import UNKNOWN_TYPE, UnitTrace
from nnc.model.tree_names import LEFT_OUT
from nnc.syntax import (
    UNIT_KINDS,
    NnrUnitType,
    ParentNodeIdType,
)

RULES = RuleBook()
rule = RULES.rule


@rule("start-unit-first", "A bitstream begins with a start unit.")
def start_unit_first(model: Model) -> Iterator[Problem]:
    """Look at the first unit of the bitstream."""
    first = model.units[0] if model.units else None
    if not model.is_first or first is None or first.type_name == UNKNOWN_TYPE:
        return
    if first.type_name != NnrUnitType.NNR_STR.name:
        yield first, f"the first unit is {first.type_name}, not NNR_STR"


@rule("mps-second", "The start unit is followed by the model parameter set.")
def mps_second(model: Model) -> Iterator[Problem]:
    """Look at the unit after the start unit, aggregates opened."""
    units = [unit for unit in model.units if unit.type_name != NnrUnitType.NNR_AGG.name]
    if not units or units[0].type_name != NnrUnitType.NNR_STR.name:
        return
    if len(units) == 1:
        if model.is_whole:
            yield units[0], "no NNR_MPS follows the start unit"
    elif units[1].type_name not in (NnrUnitType.NNR_MPS.name, UNKNOWN_TYPE):
        yield units[1], f"the unit after the start unit is {units[1].type_name}, not NNR_MPS"


@rule("one-mps", "A model has one model parameter set.", status="peer")
def one_mps(model: Model) -> Iterator[Problem]:
    """Find further ones."""
    for unit in model.of_type(NnrUnitType.NNR_MPS)[1:]:
        yield unit, "a second NNR_MPS in one model"


@rule("topology-carried", "topology_carriage_flag 1: the model has a topology unit.")
def topology_carried(model: Model) -> Iterator[Problem]:
    """Look for the topology unit that the parameter set announces."""
    flag = element_of(model.mps(), "topology_carriage_flag")
    if flag is None or flag.value == 0 or not model.is_whole:
        return
    if not model.of_type(NnrUnitType.NNR_TPL):
        yield flag, "topology_carriage_flag is 1, but there is no NNR_TPL"


@rule("topology-announced", "topology_carriage_flag 0: the model has no topology unit.")
def topology_announced(model: Model) -> Iterator[Problem]:
    """Find topology units that the parameter set doesn't announce."""
    if value_of(model.mps(), "topology_carriage_flag") != 0:
        return
    for unit in model.of_type(NnrUnitType.NNR_TPL):
        yield unit, "a topology unit, but topology_carriage_flag is 0"


@rule("topology-before-data", "Topology units precede the compressed data units.")
def topology_before_data(model: Model) -> Iterator[Problem]:
    """Find topology units after data."""
    yield from after_data(model, NnrUnitType.NNR_TPL)


@rule("quantization-before-data", "Quantization units precede the data units.", status="draft")
def quantization_before_data(model: Model) -> Iterator[Problem]:
    """Find quantization units after data."""
    yield from after_data(model, NnrUnitType.NNR_QNT)


def after_data(model: Model, kind: NnrUnitType) -> Iterator[Problem]:
    """Find units of a type that stand after a compressed data unit."""
    data = model.of_type(NnrUnitType.NNR_NDU)
    for unit in model.of_type(kind):
        if data and unit.start > data[0].start:
            yield unit, f"{kind.name} after the first NNR_NDU"


@rule("lps-applies", "A layer parameter set precedes data that it applies to.",
      status="peer", level=WARNING)  # fmt: skip
def lps_applies(model: Model) -> Iterator[Problem]:
    """Find layer parameter sets that no data follow before the next one."""
    open_set: UnitTrace | None = None
    for unit in model.units:
        if unit.type_name == NnrUnitType.NNR_LPS.name:
            if open_set is not None:
                yield open_set, "no NNR_NDU follows before the next NNR_LPS"
            open_set = unit
        elif unit.type_name == NnrUnitType.NNR_NDU.name:
            open_set = None
    if open_set is not None and model.is_whole:
        yield open_set, "no NNR_NDU follows the NNR_LPS"


@rule("g-then-h", "A unit with G of a decomposed weight is followed at once by that with H.")
def g_then_h(model: Model) -> Iterator[Problem]:
    """Look at the units that hold one part of a decomposed weight by itself."""
    waiting: UnitTrace | None = None
    after_unknown, parts_left = False, 0
    for unit in model.units:
        if unit.type_name == NnrUnitType.NNR_AGG.name:
            # Its units are what follows.
            continue
        counter = value_of(unit, "partial_data_counter", 0)
        if parts_left and counter == parts_left:
            # The unit before goes on.
            parts_left -= 1
            continue
        parts_left = max(counter - 1, 0)
        if unit.missing is not None:
            # It may be either; its header can't be read without what was sent out of band.
            waiting, after_unknown = None, True
            continue
        role = part_of_decomposed(unit)
        if waiting is not None and role != 2:
            yield waiting, "G of a decomposed weight, but the next unit isn't its H"
        if role == 2 and waiting is None and not after_unknown:
            yield unit, "H of a decomposed weight, but the unit before isn't its G"
        waiting, after_unknown = unit if role == 1 else None, False
    if waiting is not None and model.is_whole:
        yield waiting, "G of a decomposed weight, but no unit with H follows"


def part_of_decomposed(unit: UnitTrace) -> Any:
    """Return which part of a decomposed weight a unit holds, None where it holds none."""
    if unit.unit is None or unit.type_name != NnrUnitType.NNR_NDU.name:
        return None
    return unit.unit.given.get("decomposed_tensor_role")


#: Elements that hold names of tensors.
NAMES = ("topology_elem_id", "topology_elem_id_list")


@rule("tensor-once", "A tensor stands in a model once.", clause="6.3.3")
def tensor_once(model: Model) -> Iterator[Problem]:
    """Find names that two units carry, not counting parts of one and updates of the same."""
    seen: dict[tuple[object, ...], UnitTrace] = {}
    for unit in model.data_units():
        if value_of(unit, "partial_data_counter", 0):
            continue
        node = value_of(unit, "device_id"), value_of(unit, "put_node_depth")
        for element in unit.those(NAMES):
            for name in element.values:
                if name == LEFT_OUT and value_of(unit, "parent_node_id_present_flag"):
                    # The node says which tensor it is.
                    continue
                key = (name, *node)
                if key in seen:
                    yield element, f"tensor {name!r} is in {seen[key].path} already"
                seen.setdefault(key, unit)


@rule("node-once", "A node of the parameter update tree stands in a model once.", status="peer")
def node_once(model: Model) -> Iterator[Problem]:
    """Find two units with the same device, parameter and depth."""
    seen: dict[tuple[int, int, int], UnitTrace] = {}
    for unit in model.data_units():
        node = node_of(unit)
        if node is None or value_of(unit, "partial_data_counter", 0):
            continue
        if node in seen:
            text = "device {}, parameter {}, depth {}".format(*node)
            place = element_of(unit, "parameter_id") or unit
            yield place, f"the node of {text} is that of {seen[node].path} already"
        seen.setdefault(node, unit)


def node_of(unit: UnitTrace) -> tuple[int, int, int] | None:
    """Return device_id, parameter_id and put_node_depth of a unit that says them all."""
    names = ("device_id", "parameter_id", "put_node_depth")
    device, parameter, depth = (value_of(unit, name) for name in names)
    if device is None or parameter is None or depth is None:
        return None
    return device, parameter, depth


@rule(
    "parent-depth",
    "The parent of a node is one level above it.",
    status="peer",
    by_unit=True,
    reads={"put_node_depth", "parent_node_id_type"},
)
def parent_depth(model: Model) -> Iterator[Problem]:
    """Find nodes at the top of the tree that name a parent."""
    for unit in model.data_units():
        depth = element_of(unit, "put_node_depth")
        kind = value_of(unit, "parent_node_id_type")
        if depth is not None and depth.value == 0 and kind == ParentNodeIdType.ICNN_NDU_ID:
            yield depth, "put_node_depth is 0, but the unit names a parent"


@rule("parent-first", "A parent in the same model precedes its child.", status="peer")
def parent_first(model: Model) -> Iterator[Problem]:
    """Find units whose parent comes after them."""
    nodes = {node_of(unit): unit for unit in model.data_units()}
    for unit in model.data_units():
        device = element_of(unit, "parent_device_id")
        parameter, depth = value_of(unit, "parameter_id"), value_of(unit, "put_node_depth")
        if device is None or parameter is None or depth is None:
            continue
        parent = nodes.get((device.value, parameter, depth - 1))
        if parent is not None and parent.start > unit.start:
            yield device, f"the parent is {parent.path}, which comes after the unit"


@rule("parameter-of-one-tensor", "A parameter_id stands for one tensor.", status="peer")
def parameter_of_one_tensor(model: Model) -> Iterator[Problem]:
    """Find two names under one parameter_id."""
    seen: dict[int, tuple[str, UnitTrace]] = {}
    nodes = set()
    for unit in model.data_units():
        parameter, node = element_of(unit, "parameter_id"), node_of(unit)
        # The same node twice is another rule's business.
        if parameter is None or not unit.names or (node is not None and node in nodes):
            continue
        nodes.add(node)
        name, other = seen.setdefault(parameter.value, (unit.names[0], unit))
        if name != unit.names[0]:
            told = f"parameter_id {parameter.value} is that of tensor {name!r} in {other.path}"
            yield parameter, f"{told} already"


@rule("parts-in-order", "The parts of cut data follow each other, counting down to 1.",
      clause="6.3.3.1", status="draft")  # fmt: skip
def parts_in_order(model: Model) -> Iterator[Problem]:
    """Follow the counters of parts."""
    before: UnitTrace | None = None
    for unit in model.units:
        left = value_of(before, "partial_data_counter", 0)
        counter = element_of(unit, "partial_data_counter")
        count = 0 if counter is None else counter.value
        if left > 1:
            same = before is not None and before.type_name == unit.type_name
            if not same or before is None or before.names != unit.names:
                yield unit, missing_parts(left - 1, "before")
            elif counter is None or count != left - 1:
                yield counter or unit, f"partial_data_counter is {count} (allowed: {left - 1})"
        before = unit
    left = value_of(before, "partial_data_counter", 0)
    if before is not None and left > 1 and model.is_whole:
        yield before, missing_parts(left - 1, "at the end")


def missing_parts(count: int, place: str) -> str:
    """Say how many parts are missing, and where."""
    parts, are = ("part", "is") if count == 1 else ("parts", "are")
    return f"{count} {parts} of the data {place} {are} missing"


@rule("parts-type", "Only topologies, quantization information and data are cut into parts.",
      clause="6.3.3.1", status="draft", by_unit=True,
      reads={"partial_data_counter"})  # fmt: skip
def parts_type(model: Model) -> Iterator[Problem]:
    """Find counters of parts in other units."""
    names = {type_name(number) for number, kind in UNIT_KINDS.items() if kind.divisible}
    for unit in model.units:
        counter = element_of(unit, "partial_data_counter")
        if counter is not None and counter.value and unit.type_name not in names:
            yield counter, f"partial_data_counter is {counter.value} in a unit of {unit.type_name}"


@rule("aggregate-count", "An aggregate holds as many units as it says.", clause="6.3.3",
      status="draft")  # fmt: skip
def aggregate_count(model: Model) -> Iterator[Problem]:
    """Compare the number of units."""
    whole = {
        unit.path
        for unit in model.of_type(NnrUnitType.NNR_AGG)
        if readable(unit) and unit.error is None
    }
    for element, text in unlike_units(model, "num_of_nnr_units_minus2"):
        if element.path.rpartition(".header.")[0] in whole:
            yield element, text


@rule("aggregate-entry-point", "An entry point is where the unit begins.", clause="6.3.3",
      status="draft")  # fmt: skip
def aggregate_entry_point(model: Model) -> Iterator[Problem]:
    """Compare the entry points with the places of the units."""
    yield from unlike_units(model, "nnr_unit_entry_point")


@rule("aggregate-entry-type", "The types beside entry points are those of the units.",
      clause="6.3.3", status="draft")  # fmt: skip
def aggregate_entry_type(model: Model) -> Iterator[Problem]:
    """Compare the types with those of the units."""
    for element, text in unlike_units(model, "nnr_unit_type"):
        # A type without a name is told of by the rule of the element's values.
        if element.value in list(NnrUnitType):
            yield element, text


def unlike_units(model: Model, name: str) -> Iterator[tuple[TracedElement, str]]:
    """Find elements of aggregates' headers that don't follow from the units in them."""
    for element, wanted in model.unlike:
        if element.name == name:
            yield element, f"{name}{element.index} is {element.value} (allowed: {wanted})"
