"""Which model an update is one of, told by a digest of that (base_model_id)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError

if TYPE_CHECKING:
    from nnc.bitstream import Bitstream
    from nnc.decoder import Decoder

#: How base_model_id begins where it is one of ours; others' names of models stay unchecked.
FINGERPRINT = "nnc:sha256:"


def fingerprint(tensors: Mapping[str, NDArray[Any]]) -> str:
    """Return a name for a model that no other one has, whatever file it is in."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        values = tensors[name]
        digest.update(
            f"{name}\0{values.dtype.name}\0{list(values.shape)}\0".encode("utf-8", "surrogatepass")
        )
        digest.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    return FINGERPRINT + digest.hexdigest()


def check_base(bitstream: Bitstream, session: Decoder) -> None:
    """Refuse a base model that isn't the one that an update says it is for.

    Args:
        bitstream: the update.
        session: a decoder that has taken in what came before it.

    Raises:
        InputError: it is another one.
    """
    from nnc.model.information import read_base_model_id

    said = read_base_model_id(bitstream)
    if said is None or not said.startswith(FINGERPRINT) or session.state.names_without_values():
        return
    held = fingerprint(session.tensors())
    if said != held:
        raise InputError(
            f"the update is for another model than the one in --base (base_model_id {said}, but "
            f"--base has {held})"
        )
