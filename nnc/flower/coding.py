"""How models become bitstreams on their way between a server and its nodes.

The server's branch of updates is one session, in which each node follows. A node's update is of
the model that it received last, so that the server needs to know of a node only its version.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nnc
from nnc.decoder.session_state import SessionState
from nnc.encoder.quantization.plan import qp_of_step

#: The device that updates of nodes come from: each is decoded by itself.
NODE = 1

#: Step size over the root mean square of what an update changes, where no `qp` is given. What
#: falls below half a step is sent later, by feedback.
DEFAULT_STEP = 3.0

#: How updates are coded unless something else is asked for. What a rate-distortion choice pulls
#: to zero isn't learned.
DEFAULTS: Mapping[str, Any] = {"effort": 0, "feedback": 1.0}

#: What the two ends have to agree on.
FIXED = ("device_id", "parent", "parents", "slim", "history", "predictive", "base_depth")


def checked_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of the encoder with the defaults of federated learning.

    Raises:
        InputError: an option that can't be chosen here, or out of its range.
    """
    for name in FIXED:
        if name in options:
            raise nnc.InputError(f"{name} can't be chosen: both ends of a run rely on it")
    given = {**DEFAULTS, **options}
    nnc.Encoder(**given)
    return given


def encoder_at(state: SessionState, device: int, options: Mapping[str, Any]) -> nnc.Encoder:
    """Return an encoder that goes on from a state."""
    encoder = nnc.Encoder(
        device_id=device, parent="received" if device else "own", slim=True, **options
    )
    encoder.decoder.state = state
    return encoder


def encode(
    state: SessionState,
    device: int,
    wanted: Mapping[str, NDArray[Any]],
    options: Mapping[str, Any],
    step: float,
) -> tuple[bytes, SessionState]:
    """Encode a model, or the update of one.

    Args:
        state: what the receivers have, and what was left out before.
        device: 0 for the server, `NODE` for a node.
        wanted: the tensors.
        options: those of `nnc.Encoder`.
        step: step size over the root mean square of the changes, where there is no `qp`.

    Returns:
        The bitstream, and the state after it.

    Raises:
        InputError: a tensor that can't be coded.
    """
    chosen = dict(options)
    if state.values and not chosen.keys() & {"qp", "bit_depth", "lossless"}:
        qp = qp_of_changes(state, wanted, step, chosen.get("qp_density", 2))
        if qp is not None:
            chosen |= {"qp": qp, "nonweight_qp": chosen.get("nonweight_qp", qp)}
    encoder = encoder_at(state, device, chosen)
    data = encoder.encode(wanted)
    return data, encoder.decoder.state.rebased()


def qp_of_changes(
    state: SessionState, wanted: Mapping[str, NDArray[Any]], step: float, density: int
) -> int | None:
    """Return the quantization parameter whose step fits what changed; None where nothing did."""
    squares, count = 0.0, 0
    for name, values in wanted.items():
        before = state.value(0, name)
        if values.dtype.kind == "f" and before is not None and before.shape == values.shape:
            with np.errstate(over="ignore", invalid="ignore"):
                changed = (values - before).astype(np.float64)
            squares += float(np.square(changed[np.isfinite(changed)]).sum())
            count += values.size
    if not squares:
        return None
    return qp_of_step(step * math.sqrt(squares / count), density)


def in_dtypes(
    tensors: Mapping[str, NDArray[Any]], dtypes: Mapping[str, np.dtype[Any]]
) -> dict[str, NDArray[Any]]:
    """Return tensors in the dtypes of a model: a mean of integers is rounded."""
    result = {}
    for name, values in tensors.items():
        dtype = dtypes.get(name, values.dtype)
        whole = dtype.kind in "iu" and values.dtype.kind == "f"
        result[name] = (np.rint(values) if whole else values).astype(dtype)
    return result
