"""A base model for receivers that join a session late: what the others have, to the bit.

Steps are powers of two times small numbers, so that sums of levels times steps are multiples of
one small number, of which levels cost far less than the floats.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitstream import Bitstream
from nnc.decoder.session import Decoder
from nnc.decoder.session_state import ROOT, SessionState
from nnc.decoder.workers import Resources
from nnc.encoder.call.tables import SessionOptions
from nnc.encoder.inputs.preparation import PreparedTensor, magnitude_of, prepare
from nnc.encoder.inputs.ties import wanted_ties
from nnc.encoder.model import encode_prepared
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.options.tensor import TensorOptions
from nnc.encoder.quantization.codebook import common_step
from nnc.encoder.session.trees import parameter_ids, parent_of
from nnc.encoder.units.header import Lineage
from nnc.model.node import Node

#: Levels from which floats may be no multiples of a step any more.
LARGEST_LEVEL = 1 << 24


def encode_base(
    state: SessionState,
    device: int,
    options: EncoderOptions,
    how: SessionOptions,
    resources: Resources,
) -> bytes:
    """Encode what the receivers of a session have; see `nnc.Encoder.encode_base`."""
    if not state.values:
        raise InputError("the session has no model yet: encode one first")
    check_joinable(how)
    prepared = [held_tensor(state, device, name) for name in own_names(state, device)]
    lineages = {one.name: lineage for one, lineage in lineages_of(state, device, prepared)}
    ties = wanted_ties(state.ties_of(device), state.names(device), options)

    def encoded(steps: Mapping[str, TensorOptions]) -> bytes:
        exact = replace(options, tensors=steps, tensor_qp={}, layer_parameters={})
        made = encode_prepared(prepared, exact, resources, lineages=lineages, ties=ties)
        return made.to_bytes()

    steps = {one.name: exact_options(one, options) for one in prepared}
    data = encoded(steps)
    wrong = differing(data, prepared)
    if wrong:
        data = encoded(steps | dict.fromkeys(wrong, TensorOptions(keep=True)))
        wrong = differing(data, prepared)
    if wrong:
        raise InputError(f"tensor {wrong[0]!r} can't be sent as the receivers have it")
    return data


def check_joinable(how: SessionOptions) -> None:
    """Refuse a session whose updates are coded with what late joiners don't know."""
    for name, used in (("history", how.history), ("predictive", how.predictive)):
        if used and not how.slim:
            raise InputError(f"those who join late can't follow {name}: make it {name}=False")
    if how.parents != "id":
        raise InputError("those who join late don't know digests: make it parents='id'")


def lineages_of(
    state: SessionState, device: int, prepared: Sequence[PreparedTensor]
) -> Iterator[tuple[PreparedTensor, Lineage]]:
    """Yield tensors with the nodes at which a session is."""
    trees = parameter_ids(state, device, [one.name for one in prepared])
    base = state.base_node or Node()
    for tensor in prepared:
        parent = parent_of(state, device, tensor.name)
        at = base if parent is None else parent.node
        yield tensor, Lineage(Node(at.device_id, trees[tensor.name], at.depth))


def own_names(state: SessionState, device: int) -> list[str]:
    """Return the names of the tensors that have values of their own."""
    ties = state.ties_of(device)
    return [name for name in state.names(device) if name not in ties]


def held_tensor(state: SessionState, device: int, name: str) -> PreparedTensor:
    """Return a tensor as it is held: what is delivered may have been rounded."""
    tensor = prepare(name, state.delivered(device, name))
    held = state.values[state.owner(device, name)]
    if tensor.is_integer or held.shape != tensor.values.shape:
        return tensor
    values = held.astype(tensor.values.dtype)
    largest, finite = magnitude_of(values)
    return replace(tensor, values=values, largest=largest, stored=not finite)


def exact_options(tensor: PreparedTensor, options: EncoderOptions) -> TensorOptions:
    """Return the options at which a tensor comes back to the bit, if there are such."""
    qp = exact_qp(tensor.values, options.qp_density)
    if tensor.is_integer or qp is None:
        return TensorOptions(keep=True)
    return TensorOptions(qp=qp, dq=False, effort=0, codebook=False)


def exact_qp(values: NDArray[Any], density: int) -> int | None:
    """Return the quantization parameter of the largest step that values are multiples of.

    Returns:
        None where the levels would be too large.
    """
    if values.dtype.kind != "f":
        return None
    flat = values[np.isfinite(values)].astype(np.float64)
    # Those of which the step is a normal number of float32.
    qps = range(-126 << density, 128 << density)
    found = common_step(flat, density, qps) if flat.any() else None
    if found is None or np.abs(found[1]).max() >= LARGEST_LEVEL:
        return None
    return found[0]


def differing(data: bytes, prepared: Sequence[PreparedTensor]) -> list[str]:
    """Return the names of tensors that a decoder doesn't come to have as they are."""
    decoder = Decoder()
    decoder.decode(Bitstream.parse(data))
    held = decoder.state.values
    return [
        one.name
        for one in prepared
        if held[ROOT, one.name].tobytes()
        != one.in_order().astype(held[ROOT, one.name].dtype).tobytes()
    ]
