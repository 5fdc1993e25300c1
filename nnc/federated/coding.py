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
from nnc.encoder.inputs.scale import scale_of
from nnc.encoder.options.tensor import exactly
from nnc.encoder.quantization.plan import qp_of_step

#: The device that updates of nodes come from: each is decoded by itself.
NODE = 1

#: Step size over the root mean square of what an update changes, where no `qp` is given. What
#: falls below half a step is sent later, by feedback.
DEFAULT_STEP = 3.0

#: The same for vectors (biases, gains, variances), each by its own changes: they are few, and
#: matter more.
VECTOR_STEP = 0.25

#: Options that say how fine tensors are, so that nothing is chosen here.
CHOOSING = {"qp", "nonweight_qp", "bit_depth", "lossless"}

#: How updates are coded unless something else is asked for. What a rate-distortion choice pulls
#: to zero isn't learned. Both ends know the names.
DEFAULTS: Mapping[str, Any] = {"effort": 0, "feedback": 1.0, "names": False}

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
    if not chosen.keys() & CHOOSING:
        changes = changes_of(state, wanted) if state.values else {}
        steps = steps_of(wanted, changes, step) if state.values else {}
        density = chosen.get("qp_density", 2)
        said = {exactly(name): qp_of_step(one, density) for name, one in steps.items()}
        chosen["tensor_qp"] = {**said, **(chosen.get("tensor_qp") or {})}
    encoder = encoder_at(state, device, chosen)
    data = encoder.encode(wanted)
    return data, encoder.decoder.state.rebased()


def first_options(
    wanted: Mapping[str, NDArray[Any]], bits: int, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the options of a first model: few bits for weights, as always for the rest.

    Args:
        wanted: the tensors.
        bits: bits of the values of weights.
        options: what is asked for.
    """
    if options.keys() & CHOOSING:
        return dict(options)
    weights = [
        exactly(name) for name, one in wanted.items() if one.dtype.kind == "f" and one.ndim > 1
    ]
    said: dict[str, Any] = {name: {"bit_depth": bits} for name in weights}
    return {**options, "tensors": {**said, **(options.get("tensors") or {})}}


def changes_of(
    state: SessionState, wanted: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[np.float64]]:
    """Return by name what changed of the floats that the receivers have."""
    changes = {}
    for name, values in wanted.items():
        before = state.value(0, name)
        if values.dtype.kind == "f" and before is not None and before.shape == values.shape:
            with np.errstate(over="ignore", invalid="ignore"):
                changed = (values - before).astype(np.float64)
            changes[name] = changed[np.isfinite(changed)]
    return changes


def steps_of(
    wanted: Mapping[str, NDArray[Any]], changes: Mapping[str, NDArray[np.float64]], step: float
) -> dict[str, float]:
    """Return the step sizes of tensors that changed: one for weights, finer ones for vectors.

    Args:
        wanted: the tensors.
        changes: what changed of them.
        step: step size over the root mean square of all changes.
    """
    squares = {name: float(np.square(one).sum()) for name, one in changes.items()}
    count = sum(one.size for one in changes.values())
    common = step * math.sqrt(sum(squares.values()) / count) if count else 0.0
    result = {}
    for name, one in changes.items():
        if not squares[name]:
            continue
        result[name] = common
        if wanted[name].ndim <= 1:
            own = VECTOR_STEP * math.sqrt(squares[name] / one.size)
            # A variance below zero would be none.
            smallest = scale_of(wanted[name]).smallest or own
            result[name] = min(common, own, smallest)
    return result


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
