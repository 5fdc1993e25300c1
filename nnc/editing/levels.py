"""Changing levels, and the profile: payloads coded again, all else as it was (clause 10).

What the headers say about the coding is kept: dependent quantization, scan order, codebooks,
step sizes. Only the payload of the unit and its entry points are made anew, and the digests of
units that name it as their parent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc import deepcabac
from nnc.bitio import BitstreamError, BuildError, InputError
from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream, Plan, Unit
from nnc.bitstream.editing.edit import Edit, link, run, walk_paths
from nnc.decoder import Limits
from nnc.decoder.following import known_of, layout_after
from nnc.decoder.known import Known, matrix_of
from nnc.decoder.layout import UnitLayout, coded_units
from nnc.decoder.model import decode_unit
from nnc.decoder.session import Decoder
from nnc.decoder.tensor import DecodedTensor
from nnc.deepcabac import EntryPoints
from nnc.deepcabac.coding import VALID
from nnc.editing.tensors import refuse_unread
from nnc.encoder.units.header import set_entry_points
from nnc.model.tree_names import named
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType

#: Elements of profile 1 that a base model can do without: they only name nodes.
NODE_NAMES = ("node_id_present_flag", "device_id", "parameter_id", "put_node_depth")

#: What is known of tensors from the bitstreams before: by name, or a decoder that has taken these.
KnownTensors = Mapping[str, Known] | Decoder


@checked
def read_levels(
    bitstream: Bitstream, name: str, known: KnownTensors | None = None
) -> NDArray[np.int32]:
    """Return the levels of one tensor; no other payload is decoded.

    Args:
        bitstream: the bitstream.
        name: name of the tensor.
        known: where the bitstream is an update, what is known of tensors from the bitstreams
            before: an `nnc.Decoder` that has taken these, or what that gives by name.

    Returns:
        int32 array of the tensor's shape, which may be changed.

    Raises:
        InputError: there is no such tensor, or it is stored raw.
        MissingValueError: the payload is coded with what bitstreams before hold.
        BitstreamError: the payload can't be decoded.
    """
    unit, _ = find_unit(bitstream, name, known)
    decoded, _, _ = decode_for_editing(unit, known)
    return tensor_of(decoded, name).levels  # type: ignore[return-value]


@checked
def replace_levels(
    bitstream: Bitstream,
    name: str,
    levels: Any,
    *,
    known: KnownTensors | None = None,
    parameter_search: bool = True,
    row_skip: bool | None = None,
    keep: bool = True,
) -> Plan:
    """Code other levels of one tensor in the place of its own.

    Args:
        bitstream: the bitstream.
        name: name of the tensor.
        levels: integers of the tensor's shape, as `read_levels` gives them.
        known: where the bitstream is an update, what is known of tensors from the bitstreams
            before: an `nnc.Decoder` that has taken these, or what that gives by name.
        parameter_search: choose initial states and speeds of the contexts.
        row_skip: signal rows of zeros; None: where that makes the payload smaller.
        keep: make the change; else only say what it would be.

    Returns:
        What has changed.

    Raises:
        InputError: no such tensor, another shape, or levels that the coding in the header can't
            express (outside the codebook; a parity that the state of dependent quantization
            forbids); the message names the place. The bitstream is as it was.
        MissingValueError: the payload is coded with what bitstreams before hold.
        BitstreamError: the payload can't be decoded.
    """
    unit, path = find_unit(bitstream, name, known)
    decoded, layout, nncodec1 = decode_for_editing(unit, known)
    former = tensor_of(decoded, name)
    array = np.asarray(levels)
    if array.shape != former.tensor.dimensions:
        raise InputError(
            f"tensor {name!r} has the shape {former.tensor.dimensions}, not {array.shape}"
        )
    if np.array_equal(array, former.levels):  # type: ignore[arg-type]
        return run(bitstream, lambda edit: None)
    changed = [one._replace(levels=array) if one is former else one for one in decoded]
    references = known_of(known, unit, layout) or {}
    try:
        payload, entry_points = smallest_codeword(
            changed, layout, nncodec1, references, parameter_search, row_skip
        )
    except InputError as error:
        raise InputError(f"tensor {name!r}: {error}") from None

    def change(edit: Edit) -> None:
        put_payload(edit, unit, path, payload, entry_points)

    return run(bitstream, change, keep=keep)


def convert_profile(bitstream: Bitstream, profile: int, *, keep: bool = True) -> Plan:
    """Switch general_profile_idc, coding all payloads again that differ between the profiles.

    Args:
        bitstream: a bitstream of whole units.
        profile: 0 or 1.
        keep: make the change; else only say what it would be.

    Returns:
        What has changed.

    Raises:
        BuildError: the bitstream holds something that only its profile has; it is as it was.
        BitstreamError: a payload can't be decoded.
    """
    if profile not in VALID["general_profile_idc"]:
        raise InputError(f"profile must be 0 or 1, not {profile!r}")
    if any(unit.scope is None and unit.header is not None for unit in bitstream.walk()):
        link(bitstream)
    coded: list[tuple[Unit, str, bytes, EntryPoints]] = []
    starts = []
    for path, unit in walk_paths(bitstream.units):
        if unit.header is not None and unit.header.nnr_start_unit_header is not None:
            starts.append(f"{path}.header.general_profile_idc")

    def change_headers(edit: Edit) -> None:
        for path in starts:
            edit.set(path, profile)

    # What only one profile has is told before anything is decoded: an update is that.
    refuse_losses(run(bitstream, change_headers, keep=False))
    for unit, path in ((unit, path) for path, unit in walk_paths(bitstream.units)):
        if unit not in coded_units([unit]) or is_raw(unit):
            continue
        decoded, layout, _ = decode_for_editing(unit, None)
        if layout.coding.general_profile_idc == profile:
            continue
        coding = replace(layout.coding, general_profile_idc=profile)
        other = layout._replace(coding=coding)
        coded.append((unit, path, *encode_codeword(decoded, other, False, {}, True, None)))

    def change(edit: Edit) -> None:
        change_headers(edit)
        for unit, path, payload, entry_points in coded:
            put_payload(edit, unit, path, payload, entry_points)

    return run(bitstream, change, keep=keep)


def refuse_losses(plan: Plan) -> None:
    """Refuse a plan by which elements vanish that say something."""
    for change in plan.changes:
        name = change.path.rpartition(".")[2].partition("[")[0]
        if change.after is None and change.before and name not in (*NODE_NAMES, "byte_alignment"):
            raise BuildError(
                "the other profile has no such element",
                clause="6.3",
                path=change.path,
                value=change.before,
            )


def is_raw(unit: Unit) -> bool:
    """Tell whether a unit stores its values without coding them."""
    header = unit.readable_header()
    raw: bool = header.nnr_compressed_data_unit_payload_type == PayloadType.NNR_PT_RAW_FLOAT
    return raw


def find_unit(bitstream: Bitstream, name: str, known: KnownTensors | None) -> tuple[Unit, str]:
    """Return the unit that holds a tensor, and its path; a session knows names left out.

    Raises:
        InputError: there is none.
        MissingValueError: there may be one, but for a value that isn't in the bitstream.
    """
    if any(unit.scope is None and unit.header is not None for unit in bitstream.walk()):
        link(bitstream)
    for path, unit in walk_paths(bitstream.units):
        if unit.header is None:
            continue
        whole = named(unit, known.state.names_of_node) if isinstance(known, Decoder) else unit
        if name in whole.names:
            return unit, path
    refuse_unread(bitstream)
    raise InputError(f"there is no tensor {name!r} in the bitstream")


def tensor_of(decoded: Sequence[DecodedTensor], name: str) -> DecodedTensor:
    """Return one of the tensors of a unit."""
    for one in decoded:
        if name in one.tensor.names:
            if one.tensor.split is not None:
                raise InputError(f"tensor {name!r} is coded together with others")
            if one.levels is None:
                raise InputError(f"tensor {name!r} is stored raw and has no levels")
            return one
    raise InputError(f"there is no tensor {name!r} in the unit")


def decode_for_editing(
    unit: Unit, known: KnownTensors | None
) -> tuple[list[DecodedTensor], UnitLayout, bool]:
    """Decode one unit; tells also whether it was in the dialect of NNCodec 1."""
    try:
        layout = layout_after(known, unit, Limits())
    except BitstreamError as error:
        raise unit.locate(error) from None
    references = known_of(known, unit, layout)
    try:
        return decode_unit(unit, layout, False, references), layout, False
    except BitstreamError as error:
        if layout.coding.general_profile_idc:
            raise
        try:
            return decode_unit(unit, layout, True, references), layout, True
        except BitstreamError:
            raise error from None


def smallest_codeword(
    tensors: Sequence[DecodedTensor],
    layout: UnitLayout,
    nncodec1: bool,
    known: Mapping[str, Known],
    parameter_search: bool,
    row_skip: bool | None,
) -> tuple[bytes, EntryPoints]:
    """Code the tensors of a unit with the history of updates before, where that is smaller.

    Args, result and errors as for `encode_codeword`.
    """
    options = parameter_search, row_skip
    without = {name: one._replace(history=None) for name, one in known.items()}
    coded = encode_codeword(tensors, layout, nncodec1, without, *options)
    if all(one.history is None or not one.history.any() for one in known.values()):
        return coded
    other = encode_codeword(tensors, layout, nncodec1, known, *options)
    return min(coded, other, key=lambda one: len(one[0]))


def encode_codeword(
    tensors: Sequence[DecodedTensor],
    layout: UnitLayout,
    nncodec1: bool,
    known: Mapping[str, Known],
    parameter_search: bool,
    row_skip: bool | None,
) -> tuple[bytes, EntryPoints]:
    """Code the tensors of a unit into one codeword.

    Returns:
        The payload, and the entry points of all its block rows.

    Raises:
        InputError: levels that can't be coded.
    """
    coder = deepcabac.Encoder()
    entry_points = []
    for one in tensors:
        if layout.payload_type != PayloadType.NNR_PT_INT:
            assert one.qp is not None
            coder.quantization_parameter(one.qp - layout.qp_base, layout.qp_density)
        tensor, book = one.tensor, one.tensor.codebook
        coding = replace(
            layout.coding,
            nncodec1=nncodec1,
            codebook_size=0 if book is None else len(book.values),
            codebook_zero_offset=0 if book is None else book.zero_offset,
        )
        rows, cols = tensor.rows, tensor.cols
        base_levels, history = known.get(tensor.name, Known())
        found = coder.tensor(
            tensor.to_matrix(np.asarray(one.levels)),
            coding,
            base_levels=matrix_of(tensor, base_levels) if layout.temporal else None,
            history=matrix_of(tensor, history),
            search=parameter_search,
            row_skip=row_skip,
        )
        if tensor.entry_points is not None and rows > 1 < cols:
            entry_points.append(found)
    payload = coder.finish()
    joined = EntryPoints(*([value for one in entry_points for value in one[k]] for k in range(3)))
    return payload, joined


def put_payload(
    edit: Edit, unit: Unit, path: str, payload: bytes, entry_points: EntryPoints
) -> None:
    """Put a payload and its entry points into a unit."""
    edit.open(unit)
    edit.set_payload(unit, payload, f"{path}.payload")
    header = unit.readable_header().nnr_compressed_data_unit_header
    assert header is not None
    offsets = entry_points.bit_offset_list
    # A matrix of one row or column has lists that nothing is entered by; they stay.
    if not offsets or len(offsets) != len(header.cabac_offset_list or []):
        return
    set_entry_points(header, entry_points, header.dq_state_list is not None)


Changer = Callable[[NDArray[np.int32]], Any]


@checked
def edit_levels(bitstream: Bitstream, name: str, change: Changer, **options: Any) -> Plan:
    """Read the levels of a tensor, let a function change them, and code what it gives.

    Args:
        bitstream: the bitstream.
        name: name of the tensor.
        change: takes the levels, int32 of the tensor's shape, and gives the new ones.
        **options: as for `replace_levels`.

    Returns and raises as `replace_levels`.
    """
    levels = read_levels(bitstream, name, options.get("known"))
    return replace_levels(bitstream, name, change(levels), **options)
