"""The base model of an update: a model file that both sides have."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError

if TYPE_CHECKING:
    from nnc.bitstream import Bitstream
    from nnc.formats import Model

BITSTREAM_SUFFIX = ".nnc"

#: How base_model_id begins where it is one of ours; others' names of models stay unchecked.
FINGERPRINT = "nnc:sha256:"


def read_base(path: str) -> Model:
    """Read the base model of an update.

    Raises:
        InputError: the file can't be read as a model.
    """
    from nnc.formats import read_model

    if path.endswith(BITSTREAM_SUFFIX):
        raise InputError(
            f"{path}: the base has to be a model file; decode this one (nnc decode {path} -o ...), "
            "and give what comes out on both sides"
        )
    return read_model(path)


def fingerprint(tensors: Mapping[str, NDArray[Any]]) -> str:
    """Give a name for a model that no other one has, whatever file it is in."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        values = tensors[name]
        digest.update(
            f"{name}\0{values.dtype.name}\0{list(values.shape)}\0".encode("utf-8", "surrogatepass")
        )
        digest.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    return FINGERPRINT + digest.hexdigest()


def check_base(bitstream: Bitstream, tensors: Mapping[str, NDArray[Any]], path: str) -> None:
    """Refuse a base model that isn't the one that an update says it is for.

    Raises:
        InputError: it is another one.
    """
    from nnc.decoder.information import read_base_model_id

    said = read_base_model_id(bitstream)
    if said is not None and said.startswith(FINGERPRINT) and said != fingerprint(tensors):
        raise InputError(
            f"{path}: the update is one of another model (base_model_id {said}, here it is "
            f"{fingerprint(tensors)})"
        )
