"""Tensors renamed, left out, put in another order; bitstreams merged and split.

No payload is decoded. The notes that a metadata unit of ours has of tensors go with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from nnc.bitio import BuildError, InputError
from nnc.bitio.table import same_value
from nnc.bitstream import Bitstream, Plan, Unit
from nnc.bitstream.builder import build_table
from nnc.bitstream.editing.edit import Edit, run, walk_paths
from nnc.bitstream.editing.parts import copy_bitstream, copy_unit
from nnc.bitstream.notes import TIED, content_of, holds_notes, payload_of, with_ties
from nnc.bitstream.parser import holds_part_of_decomposed
from nnc.bitstream.type_names import METADATA_UNIT_TYPE
from nnc.encoder.units.layer_parameters import layer_parameter_set
from nnc.engine.fields import copy_table
from nnc.model.metadata import read_metadata
from nnc.model.parts import holds_noise, names_of_planes, noise_names
from nnc.model.planes import NOISE_SUFFIX
from nnc.model.tree_names import refuse_left_out
from nnc.syntax import (
    NnrModelParameterSetUnitPayload,
    NnrUnitType,
    TopologyStorageFormat,
)

#: Elements of the model parameter set that a layer parameter set can say for one half.
QUANTIZATION = ("mps_qp_density", "mps_quantization_parameter", "mps_quantization_method_flags")

#: Elements of topology units that are lists of tensors' names, by storage format.
LISTS_OF_NAMES: dict[int | None, str] = {
    TopologyStorageFormat.NNR_TPL_REFLIST: "topology_elem_id_list",
    TopologyStorageFormat.NNR_TPL_PRUN: "element_id",
}


def tensor_names(bitstream: Bitstream) -> list[str]:
    """Return the names of all tensors in order, each once; those tied to others at the end."""
    found = taken_names(bitstream)
    noise = noise_names(names_of_planes(read_metadata(bitstream.walk())).intersection(found))
    return [name for name in found if name not in noise]


def taken_names(bitstream: Bitstream) -> list[str]:
    """Return the names that no other tensor can have: those of the raw vectors of planes, too."""
    names = (name for unit in bitstream.walk() if unit.header is not None for name in unit.names)
    return list(dict.fromkeys([*names, *ties_in(bitstream)]))


def ties_in(bitstream: Bitstream) -> dict[str, str]:
    """Return which names are other names of which tensors."""
    return {name: tie.name for name, tie in read_metadata(bitstream.walk()).ties.items()}


def change_ties(
    edit: Edit, bitstream: Bitstream, change: Callable[[list[list[Any]]], list[list[Any]]]
) -> None:
    """Change the ties in our notes: lists of a tied name, that of the tensor, and a place."""
    for path, unit in walk_paths(bitstream.units):
        if holds_notes(unit) and TIED in (content := content_of(unit)):
            edit.open(unit)
            notes = with_ties(content, change(content[TIED]))
            edit.set_payload(unit, payload_of(notes), f"{path}.payload")


def refuse_unread(bitstream: Bitstream) -> None:
    """Refuse a bitstream of which some units could not be read, and might hold what is wanted.

    Raises:
        MissingValueError: which value they need, or that they leave out names.
    """
    for unit in bitstream.walk():
        if unit.missing is not None:
            raise unit.locate(unit.missing)
    refuse_without_names(bitstream)


def refuse_without_names(bitstream: Bitstream) -> None:
    """Refuse a bitstream whose tensors can't be told apart by name, as one leaves its name out.

    Raises:
        MissingValueError: where that is.
    """
    for unit in bitstream.walk():
        refuse_left_out(unit)


def rename(bitstream: Bitstream, names: Mapping[str, str], *, keep: bool = True) -> Plan:
    """Return tensors other names, wherever they are named.

    Args:
        bitstream: the bitstream.
        names: new names by old ones.
        keep: make the change; else only say what it would be.

    Raises:
        InputError: an old name isn't there, or two tensors would have one name.
        MissingValueError: an update leaves out the names of its tensors.
    """
    refuse_without_names(bitstream)
    present = tensor_names(bitstream)
    missing = [name for name in names if name not in present]
    if missing:
        refuse_unread(bitstream)
        raise InputError(f"there is no tensor {missing[0]!r} in the bitstream")
    planes = names_of_planes(read_metadata(bitstream.walk()))
    names = {
        one + suffix: name + suffix
        for one, name in names.items()
        for suffix in ("", NOISE_SUFFIX)[: 1 + (one in planes)]
    }
    after = Counter(names.get(name, name) for name in taken_names(bitstream))
    twice = [name for name, number in after.items() if number > 1]
    if twice:
        raise InputError(f"two tensors would have the name {twice[0]!r}")

    def change(edit: Edit) -> None:
        for path, unit in walk_paths(bitstream.units):
            rename_in(edit, path, unit, names)
        for parts in lists_in_parts(bitstream):
            rename_in_parts(edit, parts, names)
        if names.keys() & ties_in(bitstream).keys():
            change_ties(
                edit, bitstream, lambda ties: [[names.get(t[0], t[0]), *t[1:]] for t in ties]
            )

    return run(bitstream, change, keep=keep)


def rename_in(edit: Edit, path: str, unit: Unit, names: Mapping[str, str]) -> None:
    """Change the names in one unit."""
    header = unit.header
    if header is None:
        return
    if header.nnr_unit_type == NnrUnitType.NNR_NDU:
        if header.topology_elem_id in names:
            edit.set(f"{path}.header.topology_elem_id", names[header.topology_elem_id])
        for number, name in enumerate(getattr(header, "topology_elem_id_list", None) or []):
            if name in names:
                edit.set(f"{path}.header.topology_elem_id_list[{number}]", names[name])
        return
    listing = LISTS_OF_NAMES.get(getattr(header, "topology_storage_format", None))
    if listing is None or unit.is_part:
        return
    for number, name in enumerate(getattr(unit.payload, listing, None) or []):
        if name in names:
            edit.set(f"{path}.payload.{listing}[{number}]", names[name])


def rename_in_parts(
    edit: Edit, parts: Sequence[tuple[str, Unit]], names: Mapping[str, str]
) -> None:
    """Change the names in a list of names that is cut into parts.

    The parts keep their sizes, but for the last one with bytes that are left.
    """
    units = [unit for _, unit in parts]
    whole = Unit.joined(units)
    listing = LISTS_OF_NAMES[whole.header.topology_storage_format]  # type: ignore[union-attr]
    before = getattr(whole.payload, listing, None) or []
    after = [names.get(name, name) for name in before]
    if after == list(before):
        return
    table = copy_table(whole.table)
    getattr(table, listing)[:] = after
    assert whole.scope is not None
    built = build_table(whole.payload_syntax, table, whole.scope.copy(), "payload")
    left = memoryview(built + bytes(whole.trailing))
    for path, unit in parts:
        size = len(left) if unit is units[-1] else len(unit.payload_bytes)
        edit.open(unit)
        edit.set_payload(unit, left[:size], f"{path}.payload")
        left = left[size:]


def lists_in_parts(bitstream: Bitstream) -> Iterator[list[tuple[str, Unit]]]:
    """Yield the lists of names that are cut into parts, as the paths and units of all parts."""
    parts: list[tuple[str, Unit]] = []
    for path, unit in walk_paths(bitstream.units):
        header = unit.header
        storage = getattr(header, "topology_storage_format", None)
        if storage not in LISTS_OF_NAMES or not unit.is_part:
            continue
        last = parts[-1][1] if parts else None
        if last is None or last.partial_data_counter - 1 != unit.partial_data_counter:
            parts = []
        parts.append((path, unit))
        if unit.partial_data_counter == 1:
            yield parts
            parts = []


def select(bitstream: Bitstream, names: Sequence[str], *, keep: bool = True) -> Plan:
    """Keep some tensors only, in the order in which they are named.

    Args:
        bitstream: the bitstream; its tensors don't stand in aggregates.
        names: the tensors that stay.
        keep: make the change; else only say what it would be.

    Raises:
        InputError: a name isn't there; a block would be torn apart; a tensor would come under
            other layer parameters.
        MissingValueError: an update leaves out the names of its tensors.
    """
    refuse_without_names(bitstream)
    groups = tensor_groups(bitstream)
    ties = ties_in(bitstream)
    # A tensor of which only another name is wanted goes by that.
    other = {ties[name]: name for name in reversed(names) if ties.get(name, name) not in names}
    wanted = ordered_groups(groups, [ties.get(name, name) for name in names])
    if [unit.parameter_sets.lps for group in wanted for unit in group] != [
        unit.parameter_sets.lps
        for unit in bitstream.units
        if any(unit in group for group in wanted)
    ]:
        raise InputError("this order would put tensors under other layer parameter sets")
    dropped = {id(unit) for group in groups for unit in group}

    def change(edit: Edit) -> None:
        order = iter([unit for group in wanted for unit in group])
        kept: list[Unit] = []
        taken = {id(unit) for group in wanted for unit in group}
        for unit in bitstream.units:
            if id(unit) not in dropped:
                kept.append(unit)
            elif id(unit) in taken:
                kept.append(next(order))
        bitstream.units[:] = kept
        if set(ties) - set(names):
            change_ties(edit, bitstream, lambda ties: [tie for tie in ties if tie[0] in names])
        for path, unit in walk_paths(bitstream.units) if other else ():
            rename_in(edit, path, unit, other)

    return run(bitstream, change, keep=keep)


def tensor_groups(bitstream: Bitstream) -> list[list[Unit]]:
    """Return the units with tensors.

    Parts of one unit, G and H of a weight, and the integers and the noise of planes stay together.
    """
    planes = names_of_planes(read_metadata(bitstream.units))
    groups: list[list[Unit]] = []
    together = False
    for unit in bitstream.units:
        if unit.units and any(inner.nnr_unit_type == NnrUnitType.NNR_NDU for inner in unit.units):
            raise InputError(f"{unit.path} is an aggregate; unwrap it first")
        if unit.nnr_unit_type != NnrUnitType.NNR_NDU:
            together = False
            continue
        if together or (planes and groups and holds_noise(unit, groups[-1][0], planes)):
            groups[-1].append(unit)
        else:
            groups.append([unit])
        counter = unit.readable_header().partial_data_counter or 0
        is_g = holds_part_of_decomposed(unit) and unit.given.get("decomposed_tensor_role") == 1
        together = counter > 1 or is_g
    return groups


def ordered_groups(groups: list[list[Unit]], names: Sequence[str]) -> list[list[Unit]]:
    """Return the groups that hold the named tensors, in the order of the names."""
    group_of = {name: group for group in groups for unit in group for name in unit.names}
    found: list[list[Unit]] = []
    for name in names:
        if name not in group_of:
            raise InputError(f"there is no tensor {name!r} in the bitstream")
        group = group_of[name]
        if any(group is one for one in found):
            continue
        inside = {one for unit in group for one in unit.names} - {name + NOISE_SUFFIX}
        if not inside <= set(names):
            left = sorted(inside - set(names))[0]
            raise InputError(f"{name!r} and {left!r} are coded together and can't be separated")
        found.append(group)
    return found


def drop(bitstream: Bitstream, names: Iterable[str], *, keep: bool = True) -> Plan:
    """Leave out some tensors; arguments and errors as for `select`."""
    present, leaving = tensor_names(bitstream), set(names)
    missing = sorted(leaving - set(present))
    if missing:
        refuse_unread(bitstream)
        raise InputError(f"there is no tensor {missing[0]!r} in the bitstream")
    return select(bitstream, [name for name in present if name not in leaving], keep=keep)


def split(bitstream: Bitstream, names: Sequence[str]) -> tuple[Bitstream, Bitstream]:
    """Return two bitstreams: one with some tensors, one with the others.

    Each has all other units: parameter sets, topology, metadata. The bitstream itself stays as
    it is. Errors as for `select`.
    """
    first, second = copy_bitstream(bitstream), copy_bitstream(bitstream)
    select(first, names)
    drop(second, names)
    return first, second


def merge(first: Bitstream, second: Bitstream) -> Bitstream:
    """Return a bitstream with the tensors of two, those of the first before the others.

    Where the second has other step sizes, a layer parameter set says so. The two bitstreams
    themselves stay as they are.

    Raises:
        InputError: a tensor is in both, or one of them is no single model.
        BuildError: their profiles or parameter sets can't be brought together.
    """
    refuse_without_names(first)
    refuse_without_names(second)
    twice = sorted(set(taken_names(first)) & set(taken_names(second)))
    if twice:
        raise InputError(f"tensor {twice[0]!r} is in both; rename it first")
    result, added = copy_bitstream(first), copy_bitstream(second)
    for bitstream in (result, added):
        check_single_model(bitstream)
    own, other = mps_of(result), mps_of(added)
    check_parameter_sets(result, added, own, other)
    units = [copy_unit(unit) for unit in added.units[2:] if not is_there(unit, result)]
    if all(any(unit.lists_ids for unit in one) for one in (result.units, units)):
        raise BuildError("both have a list of element ids, and indices into it", clause="6.2.3")
    if layer_parameters_needed(result, own, other):
        parameters = layer_parameter_set(*(getattr(other, name) for name in QUANTIZATION))
        units.insert(first_data_unit(units), parameters)
    values = {
        f"units[1].payload.{name}": getattr(own, name) | getattr(other, name)
        for name in ("topology_carriage_flag", "mps_quantization_method_flags")
    }
    if own.mps_qp_density is None and other.mps_qp_density is not None:
        values |= {f"units[1].payload.{name}": getattr(other, name) for name in QUANTIZATION[:2]}

    def change(edit: Edit) -> None:
        for path, value in values.items():
            edit.set(path, value)
        result.units.extend(units)

    run(result, change)
    result.share_mapping(second)
    return result


def is_there(unit: Unit, bitstream: Bitstream) -> bool:
    """Tell whether a unit about the whole model stands in a bitstream already.

    Both halves of a bitstream that was split have its topology and its list of names.
    """
    if unit.nnr_unit_type not in (NnrUnitType.NNR_TPL, NnrUnitType.NNR_QNT):
        return False
    return any(
        unit.header == other.header and same_value(unit.payload, other.payload)
        for other in bitstream.units
    )


def check_single_model(bitstream: Bitstream) -> None:
    """Refuse what doesn't begin with a start unit and a model parameter set, or has more."""
    kinds = [unit.nnr_unit_type for unit in bitstream.walk()]
    head = [NnrUnitType.NNR_STR, NnrUnitType.NNR_MPS]
    if kinds[:2] != head or any(kinds.count(kind) > 1 for kind in head):
        raise InputError("only bitstreams of one model can be merged")


def mps_of(bitstream: Bitstream) -> NnrModelParameterSetUnitPayload:
    """Return the model parameter set."""
    payload = bitstream.units[1].payload
    assert isinstance(payload, NnrModelParameterSetUnitPayload)
    return payload


def check_parameter_sets(
    first: Bitstream,
    second: Bitstream,
    own: NnrModelParameterSetUnitPayload,
    other: NnrModelParameterSetUnitPayload,
) -> None:
    """Refuse models whose parameters differ in more than layers can have for themselves."""
    profiles = [one.units[0].header.general_profile_idc for one in (first, second)]  # type: ignore[union-attr]
    if profiles[0] != profiles[1]:
        raise BuildError(
            "the profiles differ",
            clause="6.2.3",
            hint="convert one of them first",
            path="units[0].header.general_profile_idc",
            value=profiles[1],
            allowed=str(profiles[0]),
        )
    for name in own.fields:
        if name in (*QUANTIZATION, "topology_carriage_flag", "byte_alignment"):
            continue
        if getattr(own, name) != getattr(other, name):
            raise BuildError(
                "the model parameter sets differ",
                clause="6.2.3",
                path=f"units[1].payload.{name}",
                value=getattr(other, name),
                allowed=str(getattr(own, name)),
            )


def layer_parameters_needed(
    result: Bitstream,
    own: NnrModelParameterSetUnitPayload,
    other: NnrModelParameterSetUnitPayload,
) -> bool:
    """Tell whether the second half needs a layer parameter set of its own."""
    if other.mps_qp_density is None:
        return False
    in_force = any(unit.nnr_unit_type == NnrUnitType.NNR_LPS for unit in result.walk())
    differ = own.mps_qp_density is not None and any(
        getattr(own, name) != getattr(other, name) for name in QUANTIZATION[:2]
    )
    return in_force or differ


def first_data_unit(units: Sequence[Unit]) -> int:
    """Return the number of the first unit that isn't topology, quantization or metadata."""
    before = (NnrUnitType.NNR_TPL, NnrUnitType.NNR_QNT, METADATA_UNIT_TYPE)
    return next(
        (number for number, unit in enumerate(units) if unit.nnr_unit_type not in before),
        len(units),
    )
