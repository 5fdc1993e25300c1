"""How bitstreams travel in NVFlare's data exchange objects, and what filters of a site share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from nvflare.apis.dxo import DXO
from nvflare.apis.fl_context import FLContext

from nnc.bitio import InputError, InvalidError

#: Where an object says that its data are bitstreams, and what filters of a site share is kept.
RECORD = "nnc"

Shared = TypeVar("Shared")

#: Filters of a server run on several threads.
LOCK = threading.RLock()


def shared(context: FLContext, make: Callable[[], Shared]) -> Shared:
    """Return what the filters of one site share during a job; what `make` returns at first."""
    with LOCK:
        found: Shared | None = context.get_prop(RECORD)
        if found is None:
            found = make()
            context.set_prop(RECORD, found, private=True, sticky=True)
        return found


def arrays_of(data: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return the tensors of an object.

    Raises:
        InputError: one of them is no NumPy array.
    """
    for name, values in data.items():
        if not isinstance(values, np.ndarray | np.generic):
            raise InputError(
                f"{name!r} is no NumPy array but {type(values).__name__}: exchange models in "
                "NumPy's format (server_expected_format)"
            )
    return {name: np.asarray(values) for name, values in data.items()}


def packed(one: DXO, bitstreams: Sequence[bytes], **said: Any) -> DXO:
    """Return an object with bitstreams in place of its data."""
    # Without any data, filters wouldn't see the object.
    data = {str(place): bitstream for place, bitstream in enumerate(bitstreams)} or {"": b""}
    return DXO(one.data_kind, data, {**(one.meta or {}), RECORD: said})


def unpacked(one: DXO, *expected: str) -> tuple[list[bytes], dict[str, Any]] | None:
    """Return the bitstreams of an object, and what is said of them; None if it holds none.

    Raises:
        InvalidError: something is missing, or of another kind.
    """
    said = (one.meta or {}).get(RECORD)
    if said is None:
        return None
    if not isinstance(said, dict) or any(name not in said for name in expected):
        raise InvalidError(f"{RECORD!r} of a message can't be read: {said!r}")
    bitstreams = list(one.data.values())
    if not all(isinstance(data, bytes) for data in bitstreams):
        raise InvalidError("a message should hold bitstreams, but doesn't")
    return [data for data in bitstreams if data], said


def restored(one: DXO, tensors: Mapping[str, NDArray[Any]]) -> DXO:
    """Return an object with tensors in place of its bitstreams."""
    meta = {name: value for name, value in one.meta.items() if name != RECORD}
    return DXO(one.data_kind, dict(tensors), meta)
