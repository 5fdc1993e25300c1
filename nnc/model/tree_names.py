"""Names of tensors that updates leave out, because the parameter update tree tells them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nnc.bitio import MissingValueError
from nnc.bitstream import Bitstream, Unit
from nnc.syntax import NnrUnitType

#: The name that stands for one that is left out.
LEFT_OUT = ""

#: The element that holds it.
NEED_OF_NAMES = "topology_elem_id"

#: By device and parameter_id the names of the tensors of a node, as a header has them.
Known = Callable[[int, int], Sequence[str]]


def update_header(unit: Unit) -> Any:
    """Return the header of a unit whose node is said, None for any other unit."""
    shared = unit.shared_header
    if shared is None or shared.nnr_unit_type != NnrUnitType.NNR_NDU:
        return None
    own = shared.nnr_compressed_data_unit_header
    if own is None or not own.node_id_present_flag:
        return None
    return unit.readable_header().nnr_compressed_data_unit_header


def own_names(header: Any) -> list[str]:
    """Return the names that a header has itself; none where it has numbers in place of them."""
    listing = header.topology_elements_ids_list
    if listing is not None:
        return list(listing.topology_elem_id_list or [])
    return [] if header.topology_elem_id is None else [header.topology_elem_id]


def renamed(unit: Unit, names: Sequence[str]) -> Unit:
    """Return a unit with other names; it shares its payload with the one that is given."""
    made = copy.copy(unit)
    made.header = copy.copy(unit.header)
    assert made.header is not None
    header = copy.copy(made.header.nnr_compressed_data_unit_header)
    assert header is not None
    made.header.nnr_compressed_data_unit_header = header
    if header.topology_elements_ids_list is None:
        (header.topology_elem_id,) = names
    else:
        header.topology_elements_ids_list = copy.copy(header.topology_elements_ids_list)
        header.topology_elements_ids_list.topology_elem_id_list = list(names)
    return made


def in_header_order(names: Iterable[str]) -> list[str]:
    """Return the names of one node, given in the order of its payload, as its header has them.

    Of a layer of weight and bias (and batch norm), the payload begins with the bias and ends
    with the weight, the header has them the other way round.
    """
    listed = list(names)
    if len(listed) > 1:
        listed[0], listed[-1] = listed[-1], listed[0]
    return listed


def without_names(bitstream: Bitstream, known: Known) -> Bitstream:
    """Return a bitstream whose units leave out names that their receivers know.

    Args:
        bitstream: the bitstream.
        known: `SessionState.names_of_node` of what the receivers have.
    """
    units = []
    for unit in bitstream.units:
        header, made = update_header(unit), unit
        if header is not None and header.parent_node_id_present_flag:
            names = own_names(header)
            if names and names == list(known(header.device_id, header.parameter_id)):
                made = renamed(unit, [LEFT_OUT] * len(names))
        units.append(made)
    return Bitstream(units)


def named(unit: Unit, known: Known) -> Unit:
    """Return a unit with the names that `without_names` left out; any other as it is.

    Raises:
        MissingValueError: they aren't known.
    """
    if not leaves_out_names(unit):
        return unit
    header = update_header(unit)
    names = known(header.device_id, header.parameter_id)
    if len(names) != len(own_names(header)):
        refuse_left_out(unit)
    return renamed(unit, names)


def leaves_out_names(unit: Unit) -> bool:
    """Tell whether a unit is an update that leaves out names."""
    header = update_header(unit)
    if header is None or not header.parent_node_id_present_flag:
        return False
    return LEFT_OUT in own_names(header)


def with_names(bitstream: Bitstream, known: Known) -> Bitstream:
    """Return a bitstream with the names that `without_names` left out; others as they are."""
    units = [named(unit, known) for unit in bitstream.units]
    changed = any(one is not other for one, other in zip(units, bitstream.units, strict=True))
    return Bitstream(units) if changed else bitstream


def refuse_left_out(unit: Unit) -> None:
    """Refuse an update whose names are left out, where nothing tells them."""
    if leaves_out_names(unit):
        error = MissingValueError(
            "the update leaves out the name of its tensor, and nothing before tells it",
            path=f"header.{NEED_OF_NAMES}",
            clause="6.4.3",
            hint="decode the bitstreams before it with the same decoder",
        )
        raise unit.locate(error)
