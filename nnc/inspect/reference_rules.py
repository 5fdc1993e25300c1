"""Rules on the list of element ids that indices of tensors point into (clauses 6.2.3, 6.3.3).

A list that is cut into parts counts as the parser gives it, joined, to the units after it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from nnc.bitio import BitstreamError
from nnc.engine.findings import ERROR, Problem, Rule
from nnc.inspect.findings import Model, element_of, value_of
from nnc.inspect.tracing import UnitTrace
from nnc.syntax import NnrUnitType, TopologyStorageFormat

#: Elements that are indices into the list.
INDICES = ("topology_elem_id_index", "topology_elem_id_index_list", "element_id_index")


def list_first(model: Model) -> Iterator[Problem]:
    """Look for the list of element ids that indices point into."""
    flag = element_of(model.mps(), "mps_topology_indexed_reference_flag")
    if flag is None or flag.value == 0:
        return
    lists = reference_lists(model)
    data = model.of_type(NnrUnitType.NNR_NDU)
    if data and not any(unit.start < data[0].start for unit in lists):
        yield flag, "no NNR_TPL of format NNR_TPL_REFLIST before the first NNR_NDU"


def index_in_list(model: Model) -> Iterator[Problem]:
    """Find indices outside of the last list before them."""
    lists = deque(reference_lists(model))
    before: UnitTrace | None = None
    count: int | None = None
    for unit in model.units:
        while lists and lists[0].start < unit.start:
            before, count = lists.popleft(), None
        if before is None or not any(unit.element(name) for name in INDICES):
            continue
        if count is None:
            count = len(names_before(before, unit))
        for element in [element for element in unit.elements if element.name in INDICES]:
            if max(element.values) >= count:
                label = element.name + element.index
                yield element, f"{label} is {max(element.values)} (allowed: 0..{count - 1})"


def names_unique(model: Model) -> Iterator[Problem]:
    """Find ids that a list names twice."""
    for unit in reference_lists(model):
        seen: set[str] = set()
        for element in unit.elements:
            if element.name != "topology_elem_id_list":
                continue
            for name in element.values:
                if name in seen:
                    yield element, f"the id {name!r} stands in the list twice"
                seen.add(name)
        for name in joined_names(unit):
            if name in seen:
                yield unit, f"the id {name!r} stands twice in the list that ends here"
            seen.add(name)


def joined_names(unit: UnitTrace) -> list[str]:
    """Return the ids of the list that a unit is the last part of; else none."""
    part = unit.unit
    if part is None or not part.is_part or part.partial_data_counter > 1:
        return []
    joined = part.parameter_sets.after(part).reference_list
    try:
        return [] if joined is None else list(joined.payload.topology_elem_id_list)  # type: ignore[union-attr]
    except BitstreamError:
        return []


def reference_lists(model: Model) -> list[UnitTrace]:
    """Return the units that list element ids."""
    return [
        unit
        for unit in model.of_type(NnrUnitType.NNR_TPL)
        if value_of(unit, "topology_storage_format") == TopologyStorageFormat.NNR_TPL_REFLIST
    ]


def names_before(listing: UnitTrace, unit: UnitTrace) -> list[str]:
    """Return the ids that the indices in a unit point into.

    Args:
        listing: the last list, or part of one, before the unit.
        unit: the unit.
    """
    if listing.unit is None or not listing.unit.is_part:
        return listing.names
    joined = None if unit.unit is None else unit.unit.parameter_sets.reference_list
    try:
        return [] if joined is None else list(joined.payload.topology_elem_id_list)  # type: ignore[union-attr]
    except BitstreamError:
        return []


REFERENCE_RULES = [
    Rule(
        "reference-list-first",
        "With indexed references the list of ids precedes the data.",
        "6.2.3", "interop", ERROR, list_first,
    ),
    Rule(
        "element-id-index",
        "An index of an element id points into the list of ids.",
        "6.3.3", "interop", ERROR, index_in_list,
    ),
    Rule(
        "reference-list-unique",
        "A list of element ids names each element once.",
        "6.2.3", "draft", ERROR, names_unique,
    ),
]  # fmt: skip
