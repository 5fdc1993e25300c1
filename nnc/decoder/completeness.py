"""Whether a bitstream is all there: one that was cut off between units breaks no syntax."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from nnc.bitio import IncompleteError
from nnc.bitio.caution import MissingTensorsWarning, warn
from nnc.bitstream import Bitstream
from nnc.model.metadata import Metadata
from nnc.model.parts import names_of_planes, noise_names
from nnc.syntax import NnrUnitType, TopologyStorageFormat

#: Units without which there is no model.
NEEDED = (NnrUnitType.NNR_MPS, NnrUnitType.NNR_NDU)

#: As many names as a message shows.
SHOWN = 3


def check_whole(bitstream: Bitstream) -> None:
    """Refuse a bitstream that ends before a model begins.

    Raises:
        IncompleteError: it is empty, or has neither a parameter set nor a tensor.
        InputError: the file that it is in has become shorter.
    """
    bitstream.check_files()
    if not bitstream.units:
        raise IncompleteError(
            "an empty file or no bytes are no bitstream", missing_bits=8, clause="6.2.3"
        )
    if not any(unit.nnr_unit_type in NEEDED for unit in bitstream.walk()):
        size = sum(unit.byte_size for unit in bitstream.units)
        raise IncompleteError(
            "the bitstream ends before its model parameter set",
            missing_bits=8,
            bit_position=8 * size,
            clause="6.2.3",
        )


def warn_of_missing(bitstream: Bitstream, metadata: Metadata, names: Collection[str]) -> list[str]:
    """Say how many tensors are missing, where something in the bitstream knows them by name.

    Args:
        bitstream: the bitstream.
        metadata: what our metadata unit says.
        names: the tensors that units are there for.

    Returns:
        The names of the missing ones.

    Warns:
        MissingTensorsWarning: tensors are missing.
    """
    known = dict.fromkeys([*listed_names(bitstream), *metadata.tensors])
    if metadata.count is None:
        known |= dict.fromkeys(metadata.full_dimensions)
    planes = names_of_planes(metadata)
    noise = noise_names(planes)
    missing = [name for name in known if name not in names and name not in noise]
    missing += [tied for tied, tie in metadata.ties.items() if tie.name not in names]
    # Of each tensor in planes, there or not, the raw vector is counted too.
    number = max(len(missing), (metadata.count or 0) - len(names) - len(planes))
    if number:
        shown = ", ".join(map(repr, missing[:SHOWN])) + (", ..." if number > SHOWN else "")
        shown = f" ({shown})" if missing else ""
        what = "1 tensor" if number == 1 else f"{number} tensors"
        warn(
            f"the bitstream tells of {what}{shown} that it doesn't hold: it was cut off, or "
            "they were taken out",
            MissingTensorsWarning,
        )
    return missing


def listed_names(bitstream: Bitstream) -> list[str]:
    """Return the names of tensors in the lists that units refer to by number."""
    result: list[str] = []
    for unit in bitstream.walk():
        if unit.nnr_unit_type != NnrUnitType.NNR_TPL:
            continue
        header: Any = unit.readable_header()
        if header.topology_storage_format != TopologyStorageFormat.NNR_TPL_REFLIST:
            continue
        payload: Any = unit.payload
        listed = getattr(payload, "topology_elements_ids_list", None)
        result += [] if listed is None else list(listed.topology_elem_id_list or ())
    return result
