"""The unit that holds our own notes of a model, and how names in it follow those of tensors.

It is a unit of an unspecified type, which the standard leaves to applications; decoders that don't
know it pass it over. `nnc.model.metadata` says what is in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from typing import Any

from nnc.bitstream.type_names import METADATA_SIGNATURE as SIGNATURE
from nnc.bitstream.type_names import METADATA_UNIT_TYPE
from nnc.bitstream.unit import Unit

#: Keys of its object: notes by name of the tensor, the number of tensors that are coded, names that
#: are coded under another, what tensors were before pruning, and batch norms that were folded.
TENSORS, COUNT, TIED, FULL_DIMENSIONS = "tensors", "count", "tied", "before pruning"
FOLDED = "folded"


def holds_notes(unit: Unit) -> bool:
    """Tell whether a unit holds notes of ours."""
    is_type = unit.nnr_unit_type == METADATA_UNIT_TYPE
    return is_type and unit.payload_bytes[: len(SIGNATURE)] == SIGNATURE


def content_of(unit: Unit) -> Any:
    """Return the notes as they stand in JSON.

    Raises:
        ValueError: they are no JSON.
        RecursionError: they are nested too deep.
    """
    return json_of(bytes(unit.payload_bytes))


def json_of(payload: bytes) -> Any:
    """Return the notes of a payload as they stand in JSON; errors as for `content_of`."""
    return json.loads(payload[len(SIGNATURE) :])


def payload_of(content: Mapping[str, Any]) -> bytes:
    """Return the payload that holds notes."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return SIGNATURE + text.encode("utf-8", "surrogatepass")


def with_ties(content: Mapping[str, Any], ties: list[list[Any]]) -> dict[str, Any]:
    """Return notes with other ties: each a tied name, the one that it is tied to, and its place."""
    others = {key: one for key, one in content.items() if key != TIED}
    return others | {TIED: ties} if ties else others


def followed(content: dict[str, Any], names: Mapping[str, str], gone: Set[str]) -> dict[str, Any]:
    """Return notes of tensors after some were renamed or taken out.

    Args:
        content: the notes.
        names: new names by old ones.
        gone: the tensors that aren't there any more.
    """
    result = dict(content)
    result[TENSORS] = {
        names.get(name, name): note for name, note in content[TENSORS].items() if name not in gone
    }
    if TIED in content:
        # A tensor may take the name of one that was tied to it.
        ties = [
            [tied, names.get(name, name), place]
            for tied, name, place in content[TIED]
            if name not in gone and names.get(name) != tied
        ]
        result = with_ties(result, ties)
    if FOLDED in content:
        result[FOLDED] = {
            names.get(name, name): norm
            for name, norm in content[FOLDED].items()
            if name not in gone
        }
    if FULL_DIMENSIONS in content:
        # A mask has bits for tensors that are gone, too: their shapes stay.
        result[FULL_DIMENSIONS] = [
            [names.get(name, name), *rest] for name, *rest in content[FULL_DIMENSIONS]
        ]
    return result
