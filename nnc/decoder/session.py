"""Decoding a base model and the updates that follow it (clauses 7.3, 9.2.4, 10.3).

An update that doesn't fit what was decoded before raises an error that names both nodes, and
leaves the session as it was: all is worked out on a copy of the state, which then replaces it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnc.bitio import BitstreamError, InputError, InvalidError, MissingValueError
from nnc.bitstream import Bitstream, Unit
from nnc.decoder.layout import UnitLayout
from nnc.decoder.limits import Limits
from nnc.decoder.metadata import TensorNote, restore
from nnc.decoder.model import DecodedModel, Known, decode_model
from nnc.decoder.node import Node, Parent
from nnc.decoder.parts import joined_data_units
from nnc.decoder.reconstruction import Reconstruct, Reconstruction, steps_of
from nnc.decoder.session_state import ROOT, CodedState, Key, SessionState

DIGEST_ALGORITHMS = ("sha256", "sha512")

#: Elements by which a payload is coded with what bitstreams before hold, and the one by which
#: its values are differences to such.
NEED_OF_LEVELS = ("hist_dep_sig_prob_enabled_flag", "temporal_context_modeling_flag")
NEED_OF_VALUES = "parent_node_id_present_flag"


class Decoder:
    """Decodes the bitstreams of a session in order: a base model, then updates of it.

    Attributes:
        state: what is kept between bitstreams; see `save` and `load`.
    """

    def __init__(
        self,
        base: Mapping[str, ArrayLike] | None = None,
        *,
        base_depth: int = 0,
        threads: int | None = None,
        executor: Executor | None = None,
        limits: Limits | None = None,
    ):
        """Start a session.

        Args:
            base: the tensors of the base model, where that doesn't come as a bitstream.
            base_depth: put_node_depth of that base model.
            threads: number of threads, None for one a processor.
            executor: used in place of threads of our own.
            limits: what to accept; None for the defaults.
        """
        self.state = SessionState() if base is None else base_state(base, base_depth)
        self.threads, self.executor, self.limits = threads, executor, limits

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        threads: int | None = None,
        executor: Executor | None = None,
        limits: Limits | None = None,
    ) -> Decoder:
        """Go on with a session whose state `save` wrote.

        Raises:
            InputError: the file holds no such state.
            OSError: it can't be read.
        """
        decoder = cls(threads=threads, executor=executor, limits=limits)
        decoder.state = SessionState.load(path)
        return decoder

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state of the session into one file.

        Raises:
            OSError: it can't be written.
        """
        self.state.save(path)

    def tensors(self, device_id: int | None = None) -> dict[str, NDArray[Any]]:
        """Give all tensors as they are now.

        Args:
            device_id: the device; None for the one that the base model came from.
        """
        device = self.state.base_device or 0 if device_id is None else device_id
        return self.state.model(device)

    def decode(
        self,
        data: bytes | bytearray | memoryview | Bitstream,
        *,
        reconstruct: Reconstruct = True,
        apply: bool = True,
        dimensions: Mapping[str, Sequence[int]] | None = None,
        cabac_unary_length_minus1: int | Mapping[str, int] | None = None,
    ) -> dict[str, NDArray[Any]]:
        """Decode the next bitstream.

        Args:
            data: the bitstream.
            reconstruct: put decomposed weights together and apply local scaling, or which of
                these, as for `nnc.decode`; the same for all bitstreams of a session whose
                updates are applied.
            apply: give the whole model after the update; else just the tensors of this
                bitstream, as they are coded: neither parent nor prediction added.
            dimensions: shapes by name, where the bitstream leaves them out.
            cabac_unary_length_minus1: the same for this element, one for all or by name.

        Raises:
            InputError: no such step of reconstruction.
            InvalidError: the bitstream breaks a rule, or doesn't follow on what was decoded
                before: both nodes are named.
            MissingValueError: a parent's levels or values aren't known.
            BitstreamError: as for `nnc.decode`.
        """
        steps, bitstream = steps_of(reconstruct), data
        if not isinstance(bitstream, Bitstream):
            bitstream = Bitstream.parse(
                bitstream,
                dimensions=dimensions,
                cabac_unary_length_minus1=cabac_unary_length_minus1,
            )
        # An update may say of few bytes that a large tensor stays: that tensor is there already.
        limits = replace(self.limits or Limits(), held_values=self.held_values)
        return self.take(bitstream, limits, steps, apply=apply)

    @property
    def held_values(self) -> int:
        """Number of values of all tensors that the session holds."""
        return sum(values.size for values in self.state.values.values())

    def take(
        self, bitstream: Bitstream, limits: Limits, steps: frozenset[str], *, apply: bool
    ) -> dict[str, NDArray[Any]]:
        """Decode the next bitstream within limits; arguments, result and errors as for `decode`."""
        model = decode_model(
            bitstream,
            threads=self.threads,
            executor=self.executor,
            limits=limits,
            known=self.known,
        )
        state = self.state.copy()
        state.notes.update(model.metadata.tensors)
        self.keep_coded(state, bitstream, model)
        tensors = model.reconstruction(steps)
        device = self.apply_values(state, tensors, needed=apply)
        # Worked out before the state is replaced: a value may turn out not to fit its format.
        result = state.model(device) if apply else without_parents(state, tensors)
        self.state = state
        return result

    def known(self, unit: Unit, layout: UnitLayout) -> dict[str, Known]:
        """Give what the tensors of a unit may refer to, after checking that its parent fits.

        Raises:
            InvalidError: the parent isn't the node that the session is at.
            MissingValueError: the parent isn't known, and needed.
        """
        result = {}
        for tensor in layout.tensors:
            name = tensor.name
            own = self.state.coded.get((device_of(layout, self.state), name))
            if own is not None and is_past(layout, own):
                raise InvalidError(
                    f"the update of tensor {name!r} to {layout.node} was decoded already, or left "
                    f"out: the tensor is at {own.node}",
                    path="header.put_node_depth",
                    value=own.node.depth,
                    clause="6.4.3",
                )
            parent = self.parent_state(layout, name)
            history = None if parent is None else (own or parent).history
            if history is None and layout.parent is not None:
                history = np.zeros(tensor.dimensions, np.bool_)
            result[name] = Known(None if parent is None else parent.levels, history)
        return result

    def parent_state(self, layout: UnitLayout, name: str) -> CodedState | None:
        """Give what is kept of the parent of a tensor's update; None where nothing is."""
        key = self.parent_key(layout, name)
        return None if key is None else self.state.coded.get(key)

    def parent_key(self, layout: UnitLayout, name: str) -> Key | None:
        """Find the parent of a tensor's update.

        Returns:
            The device, or ROOT, whose tensor is the parent; None where the update has no parent,
            or nothing is known that it could be checked against.

        Raises:
            InvalidError: the session is at other nodes, or two nodes fit that aren't alike.
        """
        parent, base = layout.parent, self.state.base_node
        if parent is None:
            return None
        own = device_of(layout, self.state), name
        kept = {key: state for key, state in self.state.coded.items() if key[1] == name}
        fitting = [key for key, state in kept.items() if parent.fits(state.node, state.digests)]
        if fitting:
            # Payloads of two devices may be the same, as where few levels are: the own goes first.
            if own in fitting:
                return own
            check_alike(name, parent, [kept[key] for key in fitting])
            return fitting[0]
        if base is not None and (parent.node is None or parent.node.depth == base.depth):
            return ROOT, name
        if kept or base is not None:
            raise mismatch(
                name, parent, [state.node for state in kept.values()] or [base or Node()]
            )
        return None

    def keep_coded(self, state: SessionState, bitstream: Bitstream, model: DecodedModel) -> None:
        """Put what later updates may refer to into a state."""
        for unit, tensors in zip(joined_data_units(bitstream.walk()), model.units, strict=True):
            if not tensors:
                continue
            layout = tensors[0].layout
            device = device_of(layout, self.state)
            if state.base_device is None:
                state.base_device = device
            digests = {
                algorithm: hashlib.new(algorithm, unit.payload_bytes).hexdigest()
                for algorithm in DIGEST_ALGORITHMS
            }
            for decoded in tensors:
                name = decoded.tensor.name
                levels = None if decoded.levels is None else decoded.levels.copy()
                kept = CodedState(
                    self.new_node(layout, name),
                    levels,
                    self.new_history(layout, name, levels),
                    digests,
                )
                state.coded[device, name] = kept
                if not layout.update:
                    state.coded[ROOT, name] = kept

    def new_node(self, layout: UnitLayout, name: str) -> Node:
        """Give the node that a tensor is at after its unit."""
        if layout.node is not None:
            return layout.node
        parent = self.parent_state(layout, name)
        device = device_of(layout, self.state)
        if parent is None:
            return Node(device)
        return Node(device, parent.node.parameter_id, parent.node.depth + 1)

    def new_history(
        self, layout: UnitLayout, name: str, levels: NDArray[np.int32] | None
    ) -> NDArray[np.bool_] | None:
        """Give where levels were not 0, in this unit or before.

        Units of bitstreams without parent signalling don't count.
        """
        own = self.state.coded.get((device_of(layout, self.state), name))
        before = own or self.parent_state(layout, name)
        history = None if before is None else before.history
        if levels is None or not layout.update:
            return history
        coded: NDArray[np.bool_] = levels != 0
        if history is None or history.shape != coded.shape:
            # A tensor that came anew in another shape has a history of its own.
            return coded
        return history | coded

    def apply_values(self, state: SessionState, tensors: Reconstruction, *, needed: bool) -> int:
        """Put the tensors of a bitstream into a state, and give the device they are of.

        Raises:
            MissingValueError: the values of a parent aren't known, and needed.
        """
        device = state.base_device or 0
        for name, decoded in tensors.values.items():
            layout = tensors.layouts[name]
            device = device_of(layout, self.state)
            key = device, name
            if layout.parent is None:
                state.values[key] = decoded.copy()
                if not layout.update:
                    state.values[ROOT, name] = state.values[key]
                state.formats[name] = layout.data_format
                state.differences.pop(key, None)
                continue
            difference = decoded
            if layout.predictive and key in state.differences:
                difference = add(state.differences[key], decoded, name)
            state.differences[key] = difference.copy()
            before = self.state.values.get(self.parent_key(layout, name) or (ROOT, name))
            if before is not None:
                state.values[key] = add(before, difference, name)
            elif needed:
                raise MissingValueError(
                    f"tensor {name!r} is a difference to {layout.parent}, whose values "
                    "aren't known",
                    path="header.parent_node_id_present_flag",
                    hint="decode the base model first, or give it, or ask for the "
                    "differences as they are (apply=False)",
                )
        return device


#: What comes before a bitstream in its session: the bitstreams, in order, or a decoder that has
#: taken them.
Before = Sequence[bytes | bytearray | memoryview | Bitstream] | Decoder


def session_after(
    before: Before,
    *,
    dimensions: Mapping[str, Sequence[int]] | None = None,
    cabac_unary_length_minus1: int | Mapping[str, int] | None = None,
) -> Decoder | None:
    """Give the session in which bitstreams have come, None where there are none.

    Args:
        before: the bitstreams; they may be updates of a model that isn't given.
        dimensions: shapes by name, where they leave them out.
        cabac_unary_length_minus1: the same for this element, one for all or by name.

    Raises:
        BitstreamError: one of them can't be decoded.
        InputError: it is one bitstream, and no list.
    """
    if isinstance(before, Decoder):
        return before
    if isinstance(before, bytes | bytearray | memoryview | Bitstream):
        raise InputError("the bitstreams before are given as a list, if only of one")
    if not before:
        return None
    session = Decoder()
    for data in before:
        session.decode(
            data,
            apply=False,
            dimensions=dimensions,
            cabac_unary_length_minus1=cabac_unary_length_minus1,
        )
    return session


def known_of(
    known: Mapping[str, Known] | Decoder | None, unit: Unit, layout: UnitLayout
) -> Mapping[str, Known] | None:
    """Give what is known of the tensors of a unit, which a session has to be asked for.

    Raises:
        BitstreamError: the unit doesn't follow on what the session has come to.
    """
    if not isinstance(known, Decoder):
        return known
    try:
        return known.known(unit, layout)
    except BitstreamError as error:
        raise unit.locate(error) from None


def needs_session(error: BitstreamError) -> bool:
    """Tell whether an error says that bitstreams of the session before are needed."""
    names = (*NEED_OF_LEVELS, NEED_OF_VALUES)
    return isinstance(error, MissingValueError) and error.path.endswith(names)


def without_parents(state: SessionState, tensors: Reconstruction) -> dict[str, NDArray[Any]]:
    """Give the tensors of one bitstream in their formats, as they are coded."""
    result = tensors.delivered()
    for name, values in result.items():
        note = state.notes.get(name)
        result[name] = values if note is None else restore(values, note, name)
    return result


def base_state(base: Mapping[str, ArrayLike], depth: int) -> SessionState:
    """Give the state of a session whose base model is known as arrays."""
    state = SessionState(base_device=0, base_node=Node(depth=depth))
    for name, given in base.items():
        values = np.asarray(given)
        if values.dtype not in (np.dtype(np.float32), np.dtype(np.int32)):
            state.notes[name] = TensorNote(values.dtype.name)
        if values.dtype.kind not in "biu" and values.dtype != np.dtype(np.float64):
            values = values.astype(np.float32)
        state.values[ROOT, name] = values.copy()
    return state


def device_of(layout: UnitLayout, state: SessionState) -> int:
    """Give the device that a unit is of; that of the base model where it doesn't say."""
    if layout.node is not None:
        return layout.node.device_id
    return state.base_device or 0


def is_past(layout: UnitLayout, own: CodedState) -> bool:
    """Tell whether an update is to a node that its device has come to, or passed, before."""
    node = layout.node
    if node is None or not layout.update or node.depth > own.node.depth:
        return False
    place = node.device_id, node.parameter_id
    return place == (own.node.device_id, own.node.parameter_id)


def mismatch(name: str, parent: Parent, at: list[Node]) -> InvalidError:
    """Give the error for an update that follows on another node than the session is at."""
    where = " and ".join(str(node) for node in at)
    return InvalidError(
        f"the update of tensor {name!r} is one of {parent}, but the tensor is at {where}",
        path="header.parent_node_id_present_flag",
        clause="6.4.3",
        hint="an update is missing, comes twice, or belongs to another model",
    )


def check_alike(name: str, parent: Parent, states: list[CodedState]) -> None:
    """Refuse a parent that may be one of several nodes, if it matters which.

    Raises:
        InvalidError: levels or histories of the nodes differ; names two of them.
    """
    for other in states[1:]:
        same_levels = equal_or_both_none(states[0].levels, other.levels)
        if not (same_levels and equal_or_both_none(states[0].history, other.history)):
            raise InvalidError(
                f"the update of tensor {name!r} is one of the {parent}, which {states[0].node} and "
                f"{other.node} have both",
                path="header.parent_node_id_type",
                clause="6.4.3",
                hint="name the parent by its place in the tree (ICNN_NDU_ID)",
            )


def equal_or_both_none(first: NDArray[Any] | None, second: NDArray[Any] | None) -> bool:
    """Tell whether two arrays are the same, or there is none of them."""
    if first is None or second is None:
        return first is second
    return bool(np.array_equal(first, second))


def add(parent: NDArray[Any], difference: NDArray[Any], name: str) -> NDArray[Any]:
    """Add a difference to a parent.

    Raises:
        InvalidError: their shapes differ, or integers leave their range.
    """
    if parent.shape != difference.shape:
        raise InvalidError(
            f"tensor {name!r} is of another shape than its parent",
            path="header.tensor_dimensions",
            value=str(list(difference.shape)),
            allowed=str(list(parent.shape)),
        )
    if parent.dtype.kind == "f" or difference.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(parent + difference)
    total = parent.astype(np.int64) + difference
    result: NDArray[Any] = total.astype(parent.dtype)
    if not np.array_equal(result, total):
        raise InvalidError(
            f"tensor {name!r} leaves the range of {parent.dtype}", path="payload", clause="7.2"
        )
    return result
