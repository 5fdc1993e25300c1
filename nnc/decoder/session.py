"""Decoding a base model and the updates that follow it (clauses 7.3, 9.2.4, 10.3).

An update that doesn't fit what was decoded before raises an error that names both nodes, and
leaves the session as it was: all is worked out on a copy of the state, which then replaces it.
"""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnc.bitio import InvalidError, MissingValueError
from nnc.bitstream import Bitstream, OutOfBandKeywords, Unit
from nnc.decoder.dequantization import step_size
from nnc.decoder.known import Known
from nnc.decoder.layout import CodedTensor, UnitLayout
from nnc.decoder.model import DecodedModel, decode_model
from nnc.decoder.reconstruction import Reconstruct, Reconstruction, steps_of
from nnc.decoder.session_file import load_state, save_state, state_from_bytes, state_to_bytes
from nnc.decoder.session_fit import (
    device_of,
    equal_or_both_none,
    is_past,
    is_telling,
    mismatch,
    update_of,
)
from nnc.decoder.session_state import ROOT, CodedState, Key, SessionState
from nnc.decoder.session_values import add, base_state
from nnc.decoder.workers import Resources
from nnc.model.limits import Limits
from nnc.model.metadata import TensorNote, restore
from nnc.model.node import DIGEST_ALGORITHMS, Node, Parent
from nnc.model.options import naming_options
from nnc.model.parts import joined_data_units
from nnc.model.tree_names import with_names

#: put_node_depth that a base model has at most, as far as is known.
LARGEST_BASE_DEPTH = 1


class Decoder:
    """Decodes the bitstreams of a session in order: a base model, then updates of it.

    Attributes:
        state: what is kept between bitstreams; see `save` and `load`.
    """

    @naming_options
    def __init__(
        self,
        base: Mapping[str, ArrayLike] | None = None,
        *,
        base_depth: int = 0,
        slim: bool = False,
        threads: int | None = None,
        executor: Executor | None = None,
        limits: Limits | None = None,
    ):
        """Start a session.

        Args:
            base: the tensors of the base model, where that doesn't come as a bitstream.
            base_depth: put_node_depth of that base model.
            slim: keep values only, which takes a quarter of the memory: updates coded with
                contexts, history or predictions of those before are refused.
            threads: number of threads, None for one a processor.
            executor: used in place of threads of our own.
            limits: what to accept; None for the defaults.

        Raises:
            InputError: a tensor that can't be coded, or no such depth.
        """
        self.state = SessionState() if base is None else base_state(base, base_depth)
        self.state.slim = slim
        self.resources = Resources(threads=threads, executor=executor, limits=limits)

    @classmethod
    @naming_options
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        threads: int | None = None,
        executor: Executor | None = None,
        limits: Limits | None = None,
    ) -> Decoder:
        """Resume a session from the state that `save` wrote.

        Raises:
            InputError: the file holds no such state.
            OSError: it can't be read.
        """
        decoder = cls(threads=threads, executor=executor, limits=limits)
        decoder.state = load_state(path)
        return decoder

    @naming_options
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state of the session into one file.

        Raises:
            OSError: it can't be written.
        """
        save_state(path, self.state)

    @classmethod
    @naming_options
    def from_bytes(
        cls,
        data: bytes | bytearray | memoryview,
        *,
        threads: int | None = None,
        executor: Executor | None = None,
        limits: Limits | None = None,
    ) -> Decoder:
        """Resume a session from the state that `to_bytes` returned, or `save` wrote.

        Raises:
            InputError: the bytes hold no such state.
        """
        decoder = cls(threads=threads, executor=executor, limits=limits)
        decoder.state = state_from_bytes(data)
        return decoder

    @naming_options
    def to_bytes(self) -> bytes:
        """Return the state of the session as `save` writes it: same state, same bytes."""
        return state_to_bytes(self.state)

    def copy(self) -> Decoder:
        """Return a session at the same state, which goes on without this one.

        The arrays are shared until they change. To roll back, go on with the copy.
        """
        made = copy.copy(self)
        made.state = self.state.copy()
        return made

    def rebase(self) -> None:
        """Let all devices start from the model that the device of the base model has come to.

        Branches of other devices are dropped. The next update of each is of that model, as
        those of `nnc.Encoder(parent="received")` are.
        """
        self.state = self.state.rebased()

    @naming_options
    def restart(self, device_id: int) -> None:
        """Let a device have the model again that the device of the base model has come to.

        Its next update is taken for one of that model, but its levels for what follows its own
        last ones, as those of `nnc.Encoder(parent="mixed")` do. A bitstream doesn't say so: by the
        standard, an update is of its parent.

        Args:
            device_id: the device.
        """
        self.state = self.state.restarted(device_id)

    @naming_options
    def tensors(self, device_id: int | None = None) -> dict[str, NDArray[Any]]:
        """Return all tensors as they are now.

        Args:
            device_id: the device; None for the one that the base model came from.
        """
        device = self.state.base_device or 0 if device_id is None else device_id
        return self.state.model(device)

    @naming_options
    def decode(
        self,
        data: bytes | bytearray | memoryview | Bitstream,
        *,
        reconstruct: Reconstruct = True,
        apply: bool = True,
        **left_out: Unpack[OutOfBandKeywords],
    ) -> dict[str, NDArray[Any]]:
        """Decode the next bitstream.

        Args:
            data: the bitstream.
            reconstruct: put decomposed weights together and apply local scaling, or which of
                these, as for `nnc.decode`; the same for all bitstreams of a session whose
                updates are applied.
            apply: return the whole model after the update; else only the tensors of this
                bitstream, as they are coded: neither parent nor prediction added.
            **left_out: what is left out of bitstreams, as for `Bitstream.parse`.

        Raises:
            InputError: no such step of reconstruction.
            InvalidError: the bitstream breaks a rule, or doesn't follow on what was decoded
                before: both nodes are named.
            MissingValueError: a parent's levels, history or values aren't known.
            BitstreamError: as for `nnc.decode`.

        Warns:
            MissingTensorsWarning: the bitstream was cut off, or tensors were taken out.
        """
        steps, bitstream = steps_of(reconstruct), data
        if not isinstance(bitstream, Bitstream):
            bitstream = Bitstream.parse(bitstream, **left_out)
        # An update may say of few bytes that a large tensor stays: that tensor is there already.
        limits = replace(self.resources.limits or Limits(), held_values=self.held_values)
        return self.take(bitstream, limits, steps, apply=apply)

    @property
    def held_values(self) -> int:
        """Number of values of all tensors that the session holds."""
        return sum(values.size for values in self.state.values.values())

    def take(
        self, bitstream: Bitstream, limits: Limits, steps: frozenset[str], *, apply: bool
    ) -> dict[str, NDArray[Any]]:
        """Decode the next bitstream within limits; arguments, result and errors as for `decode`."""
        bitstream = with_names(bitstream, self.state.names_of_node)
        model = decode_model(bitstream, replace(self.resources, limits=limits), known=self.known)
        model.warn_of_missing()
        notes, state = model.metadata.tensors, self.state.copy()
        units = self.keep_coded(state, bitstream, model)
        tensors = model.reconstruction(steps)
        keep_put_together(state, tensors, units)
        device = self.apply_values(state, tensors, notes, needed=apply)
        state.follow_ties(device, model.metadata.ties, tensors.layouts)
        # Worked out before the state is replaced: a value may turn out not to fit its format.
        result = state.model(device) if apply else as_coded(tensors, notes)
        self.state = state.without_contexts() if state.slim else state
        return result

    def known(self, unit: Unit, layout: UnitLayout) -> dict[str, Known]:
        """Return what the tensors of a unit may refer to, after checking that its parent fits.

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
                    f"the update of tensor {name!r} to {layout.node} was already decoded or "
                    f"skipped: the tensor is at {own.node}",
                    path="header.put_node_depth",
                    value=own.node.depth,
                    clause="6.4.3",
                    hint="it comes twice, or after one that replaced the tensor: leave it out",
                )
            parent = self.parent_state(layout, name)
            levels = None if parent is None else parent.levels
            result[name] = Known(levels, self.known_history(layout, tensor))
        return result

    def known_history(self, layout: UnitLayout, tensor: CodedTensor) -> NDArray[np.bool_] | None:
        """Return where levels of a tensor have been nonzero up to its parent; None if unknown."""
        key = self.parent_key(layout, tensor.name)
        if key is None:
            return None
        if self.state.slim:
            return None
        kept = self.state.coded.get((device_of(layout, self.state), tensor.name))
        kept = kept or self.state.coded.get(key)
        base = self.state.base_node
        if kept is None and base is not None and base.depth > LARGEST_BASE_DEPTH:
            # Updates led to what was given as arrays.
            return None
        history = None if kept is None else kept.history
        if history is None or history.shape != tensor.dimensions:
            return np.zeros(tensor.dimensions, np.bool_)
        return history

    def parent_state(self, layout: UnitLayout, name: str) -> CodedState | None:
        """Return what is kept of the parent of a tensor's update; None where nothing is."""
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
        parent, coded = layout.parent, self.state.coded
        if parent is None:
            return None
        own, root = (device_of(layout, self.state), name), (ROOT, name)
        likely = [own, root]
        if parent.node is not None:
            likely.append((parent.node.device_id, name))
        for key in likely:
            if key in coded and parent.fits(coded[key].node, coded[key].digests):
                return key
        others = [] if parent.node is not None else self.others_with(parent, name)
        if others and all(is_telling(coded[key]) for key in others):
            self.check_alike(name, parent, others)
            return others[0]
        if own not in coded and self.is_given_base(parent):
            return root
        at = [coded[key].node for key in likely if key in coded]
        if not at and self.state.base_node is not None:
            at = [self.state.base_node]
        if at or others:
            raise mismatch(name, layout, at, [coded[key].node for key in others])
        return None

    def others_with(self, parent: Parent, name: str) -> list[Key]:
        """Return the devices whose last unit of a tensor has the digest that names a parent."""
        return [
            key
            for key, kept in self.state.coded.items()
            if key[1] == name and parent.fits(kept.node, kept.digests)
        ]

    def is_given_base(self, parent: Parent) -> bool:
        """Tell whether a parent may be the base model that was given as arrays."""
        base = self.state.base_node
        if base is None:
            return False
        if parent.node is None:
            # What the payload of that was isn't known.
            return parent.depth in (None, base.depth)
        return (parent.node.device_id, parent.node.depth) == (base.device_id, base.depth)

    def check_alike(self, name: str, parent: Parent, keys: Sequence[Key]) -> None:
        """Refuse a parent that may be one of several nodes, if it matters which.

        Raises:
            InvalidError: levels, histories or values of the nodes differ; names two of them.
        """

        def kept(key: Key) -> list[NDArray[Any] | None]:
            one = self.state.coded[key]
            return [one.levels, one.history, self.state.values.get(key)]

        first = kept(keys[0])
        for key in keys[1:]:
            if not all(map(equal_or_both_none, first, kept(key))):
                raise InvalidError(
                    f"the update of tensor {name!r} is one of the {parent}, which "
                    f"{self.state.coded[keys[0]].node} and {self.state.coded[key].node} have both",
                    path="header.parent_node_id_type",
                    clause="6.4.3",
                    hint="name the parent by its place in the tree (ICNN_NDU_ID)",
                )

    def keep_coded(
        self, state: SessionState, bitstream: Bitstream, model: DecodedModel
    ) -> dict[int, CodedState]:
        """Put what later updates may refer to into a state.

        Returns:
            By the identity of a unit's layout what is kept of a tensor that comes out of it, but
            isn't what was coded.
        """
        units = {}
        for unit, tensors in zip(joined_data_units(bitstream.walk()), model.units, strict=True):
            if not tensors:
                continue
            layout = tensors[0].layout
            device = device_of(layout, self.state)
            if state.base_device is None:
                state.base_device = device
            payload = unit.payload_bytes
            digests = {name: hashlib.new(name, payload).hexdigest() for name in DIGEST_ALGORITHMS}
            for decoded in tensors:
                name = decoded.tensor.name
                levels = None if decoded.levels is None else decoded.levels.copy()
                history = self.new_history(layout, decoded.tensor, levels)
                node = self.new_node(layout, name)
                qp, density = decoded.qp, layout.qp_density
                step = None if qp is None else float(step_size(qp, density))
                kept = CodedState(node, levels, history, digests, len(payload), step)
                keep(state, (device, name), kept, layout)
            units[id(layout)] = replace(kept, levels=None, history=None)
        return units

    def new_node(self, layout: UnitLayout, name: str) -> Node:
        """Return the node that a tensor is at after its unit."""
        if layout.node is not None:
            return layout.node
        device = device_of(layout, self.state)
        before = self.parent_state(layout, name)
        if before is None and layout.update:
            before = self.state.coded.get((device, name))
        if before is None:
            return Node(device)
        return Node(device, before.node.parameter_id, before.node.depth + 1)

    def new_history(
        self, layout: UnitLayout, tensor: CodedTensor, levels: NDArray[np.int32] | None
    ) -> NDArray[np.bool_] | None:
        """Return where levels were not 0, in this unit or before.

        Units of bitstreams without parent signalling don't count. A tensor that came anew in
        another shape has a history of its own.
        """
        own = self.state.coded.get((device_of(layout, self.state), tensor.name))
        before = own or self.parent_state(layout, tensor.name)
        history = None if before is None else before.history
        if history is not None and history.shape != tensor.dimensions:
            history = None
        if levels is None or not layout.update:
            return history
        coded: NDArray[np.bool_] = levels != 0
        return coded if history is None else history | coded

    def apply_values(
        self,
        state: SessionState,
        tensors: Reconstruction,
        notes: Mapping[str, TensorNote],
        *,
        needed: bool,
    ) -> int:
        """Put the tensors of a bitstream into a state, and return the device they are of.

        Raises:
            MissingValueError: the values of a parent aren't known, and needed.
        """
        device = state.base_device or 0
        for name, decoded in tensors.values.items():
            layout = tensors.layouts[name]
            device = device_of(layout, self.state)
            key = device, name
            if layout.parent is None:
                state.replace(key, decoded.copy(), layout.data_format, notes.get(name))
                if not layout.update:
                    state.replace(
                        (ROOT, name), state.values[key], layout.data_format, notes.get(name)
                    )
                continue
            parent = self.parent_key(layout, name) or (ROOT, name)
            difference, last = decoded, self.state.differences.get(parent)
            if layout.predictive and last is not None:
                difference = add(last, decoded, name)
            state.differences[key] = difference.copy()
            before = self.state.values.get(parent)
            if before is not None:
                state.values[key] = add(before, difference, name)
                state.inherit(key, parent, notes.get(name))
            elif needed:
                raise MissingValueError(
                    f"{update_of(name, layout)} is one of {layout.parent}, whose values "
                    "aren't known",
                    path="header.parent_node_id_present_flag",
                    hint="decode or pass the base model first, or ask for the differences "
                    "(apply=False)",
                )
        return device


def keep(state: SessionState, key: Key, kept: CodedState, layout: UnitLayout) -> None:
    """Put what is kept of a tensor into a state, where all devices start from it for each."""
    state.coded[key] = kept
    if not layout.update:
        # No device has a history from there on.
        state.coded[ROOT, key[1]] = replace(kept, history=None)


def keep_put_together(
    state: SessionState, tensors: Reconstruction, units: Mapping[int, CodedState]
) -> None:
    """Put into a state what is kept of tensors that aren't what was coded.

    These are weights put together out of their factors, and those that a joined tensor divides
    into: an update may be one of them all the same.

    Args:
        state: the state.
        tensors: the tensors of a bitstream.
        units: as `Decoder.keep_coded` gives it.
    """
    for name, layout in tensors.layouts.items():
        if name in tensors.values and name not in {one.name for one in layout.tensors}:
            kept = units[id(layout)]
            keep(state, (kept.node.device_id, name), kept, layout)


def as_coded(tensors: Reconstruction, notes: Mapping[str, TensorNote]) -> dict[str, NDArray[Any]]:
    """Return the tensors of one bitstream as it says them, neither parent nor prediction added."""
    result = tensors.delivered()
    for name, values in result.items():
        result[name] = restore(values, notes[name], name) if name in notes else values
    return result
