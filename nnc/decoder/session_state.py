"""What a decoder keeps between the bitstreams of a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nnc.decoder.layout import UnitLayout
from nnc.model.data_format import DTYPES, deliver
from nnc.model.metadata import TensorNote, named_dtype, restore
from nnc.model.node import Node
from nnc.model.ties import Tie
from nnc.model.tree_names import LEFT_OUT, in_header_order

#: A tensor on a device: device_id and name.
Key = tuple[int, str]

#: In place of a device: the base model that all devices start from, kept for those that begin
#: later than others go on.
ROOT = -1

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class CodedState:
    """What is kept of one coded tensor on one device.

    Attributes:
        node: where in the parameter update tree it is.
        levels: levels of its last unit, int32 of its shape; None if those were raw values, or
            if it was put together out of several tensors or is a part of one.
        history: whether a level was not 0 in any update so far, bool of its shape.
        digests: digests of the payload of its last unit, in hexadecimal digits by algorithm.
        payload_size: bytes of that payload.
        step: step size of its last unit; None for values without one.
    """

    node: Node
    levels: NDArray[np.int32] | None
    history: NDArray[np.bool_] | None
    digests: Mapping[str, str]
    payload_size: int
    step: float | None = None


@dataclass(slots=True)
class SessionState:
    """The state of a decoder between two bitstreams.

    Attributes:
        coded: what is kept of each coded tensor.
        values: each tensor as it is now: float32, or integers.
        differences: the last difference of each tensor, for predictive residual encoding.
        formats: nnr_decompressed_data_format of tensors that came as bitstreams.
        notes: what the metadata units say of tensors.
        ties: by the tensor which other one its values are; None: those are its own, whatever is
            said of the base model.
        base_device: the device that the base model came from.
        base_node: node of a base model that was given as arrays; None for a coded one.
        residuals: what the updates of a device that encodes here have left out so far, float32.
        slim: neither levels nor history are kept, nor differences.
    """

    coded: dict[Key, CodedState] = field(default_factory=dict)
    values: dict[Key, NDArray[Any]] = field(default_factory=dict)
    differences: dict[Key, NDArray[Any]] = field(default_factory=dict)
    formats: dict[Key, int] = field(default_factory=dict)
    notes: dict[Key, TensorNote] = field(default_factory=dict)
    ties: dict[Key, str | None] = field(default_factory=dict)
    base_device: int | None = None
    base_node: Node | None = None
    residuals: dict[Key, NDArray[Any]] = field(default_factory=dict)
    slim: bool = False

    def copy(self) -> SessionState:
        """Return a state that can be changed without this one; the arrays are shared."""
        return SessionState(
            dict(self.coded),
            dict(self.values),
            dict(self.differences),
            dict(self.formats),
            dict(self.notes),
            dict(self.ties),
            self.base_device,
            self.base_node,
            dict(self.residuals),
            self.slim,
        )

    def without_contexts(self) -> SessionState:
        """Return the state without what contexts, history and predictions need."""
        state = self.copy()
        for key, kept in state.coded.items():
            if kept.levels is not None or kept.history is not None:
                state.coded[key] = replace(kept, levels=None, history=None)
        # Without values, differences are all that is known.
        state.differences = {
            key: difference
            for key, difference in state.differences.items()
            if self.value(*key) is None
        }
        return state

    def without_levels(self, device: int) -> SessionState:
        """Return the state without the levels of a device's last units, and the base model's."""
        state = self.copy()
        for key, kept in self.coded.items():
            if key[0] in (device, ROOT):
                state.coded[key] = replace(kept, levels=None)
        return state

    def rebased(self) -> SessionState:
        """Return the state of a session whose base model is what its device has come to."""
        base, state = self.base_device or 0, self.copy()
        moved = {name for owner, name in (*self.values, *self.coded) if owner == base}

        def at_base(table: dict[Key, Entry]) -> dict[Key, Entry]:
            names = {name for owner, name in table if owner == base}
            kept = {
                (owner, name): table[base, name] if owner == ROOT and name in names else entry
                for (owner, name), entry in table.items()
                if owner == base or (owner == ROOT and (name in names or name not in moved))
            }
            return kept | {(ROOT, name): table[base, name] for name in names}

        state.coded, state.values = at_base(self.coded), at_base(self.values)
        state.differences, state.ties = at_base(self.differences), at_base(self.ties)
        state.formats, state.notes = at_base(self.formats), at_base(self.notes)
        for key in [key for key in state.coded if key[0] == ROOT]:
            # No device has a history from there on.
            state.coded[key] = replace(state.coded[key], history=None)
        return state

    def restarted(self, device: int) -> SessionState:
        """Return the state of a session in which a device has the base model's values again.

        What its last units were stays: its nodes, levels and history; where it had none, they are
        those of the base model's device.
        """
        base, state = self.base_device or 0, self.copy()
        for name in self.names(base):
            source = self.owner(base, name)
            if (device, name) not in self.coded:
                if source not in self.coded:
                    continue
                state.coded[device, name] = self.coded[source]
            state.values[device, name] = self.values[source]
            state.inherit((device, name), source, None)
            for table in (state.formats, state.notes):
                if source not in table:
                    table.pop((device, name), None)
        return state

    def owner(self, device: int, name: str) -> Key:
        """Return whose a tensor is that a device has: its own, else the one all start from."""
        own = device, name
        return own if own in self.values else (ROOT, name)

    def value(self, device: int, name: str) -> NDArray[Any] | None:
        """Return a tensor as a device has it, None where it has none."""
        return self.values.get(self.owner(device, name))

    def is_behind(self, other: SessionState, device: int) -> bool:
        """Tell whether no tensor of a device has come further here than in another state."""
        return all(
            kept.node.depth < other.coded[key].node.depth
            for key, kept in self.coded.items()
            if key[0] == device and key in other.coded
        )

    def names(self, device: int) -> list[str]:
        """Return the names of the tensors that a device has."""
        owners = {device, ROOT}
        return list(dict.fromkeys(name for owner, name in self.values if owner in owners))

    def names_of_node(self, device: int, parameter_id: int) -> list[str]:
        """Return the names of the tensors of a tree that a device follows, as a header has them."""
        for owner in (device, ROOT):
            names = [
                name
                for (at, name), kept in self.coded.items()
                if at == owner and kept.node.parameter_id == parameter_id
            ]
            if names:
                return in_header_order(names)
        # A base given as arrays has no trees; a tensor of it may have an empty name.
        return [LEFT_OUT] if LEFT_OUT in self.names(device) else []

    def names_without_values(self) -> set[str]:
        """Return the names of tensors of which only differences came, and not what these are to."""
        return {name for device, name in self.differences if self.value(device, name) is None}

    def model(self, device: int) -> dict[str, NDArray[Any]]:
        """Return all tensors as a device has them, in their formats; the caller may change them.

        Raises:
            InvalidError: a value doesn't fit its format.
        """
        result = {name: self.delivered(device, name) for name in self.names(device)}
        ties = self.ties_of(device)
        return {name: result.get(ties.get(name, name), values) for name, values in result.items()}

    def ties_of(self, device: int) -> dict[str, str]:
        """Return which names of a device's tensors are other names of which."""
        own = {name: first for (owner, name), first in self.ties.items() if owner == ROOT}
        own |= {name: first for (owner, name), first in self.ties.items() if owner == device}
        return {name: first for name, first in own.items() if first is not None}

    def follow_ties(
        self, device: int, ties: Mapping[str, Tie], came: Mapping[str, UnitLayout]
    ) -> None:
        """Let tied tensors follow after a bitstream.

        Args:
            device: the device that it came from.
            ties: what it ties.
            came: the layouts of units, by name of the tensors in them.
        """
        is_base = any(not layout.update for layout in came.values())
        for owner in (ROOT, device) if is_base else (device,):
            known = self.ties_of(owner)
            self.ties |= {(owner, name): None for name in came if name in known}
            self.ties |= {(owner, name): tie.name for name, tie in ties.items()}
            for name, first in self.ties_of(owner).items():
                key, source = (owner, name), self.owner(owner, first)
                if source in self.values:
                    self.values[key] = self.values[source]
                    self.inherit(key, source, None)
                    self.coded.pop(key, None)
                    self.differences.pop(key, None)

    def delivered(self, device: int, name: str) -> NDArray[Any]:
        """Return one tensor in its format."""
        key = self.owner(device, name)
        values = self.values[key].copy()
        if key in self.formats:
            values = deliver(values, self.formats[key], name)
        note = self.notes.get(key)
        return values if note is None else restore(values, note, name)

    def dtype(self, device: int, name: str) -> np.dtype[Any]:
        """Return the dtype that a tensor is delivered in."""
        key = self.owner(device, name)
        if key in self.notes:
            return named_dtype(self.notes[key].dtype)
        if key in self.formats:
            return DTYPES[self.formats[key]]
        return self.values[key].dtype

    def shape(self, device: int, name: str) -> tuple[int, ...] | None:
        """Return the shape that a tensor is delivered in, None where a device has none."""
        key = self.owner(device, name)
        if key not in self.values:
            return None
        note = self.notes.get(key)
        packed = None if note is None else note.packed_shape
        return self.values[key].shape if packed is None else packed

    def replace(
        self, key: Key, values: NDArray[Any], data_format: int, note: TensorNote | None
    ) -> None:
        """Put a tensor that takes the place of what was there."""
        self.values[key] = values
        self.formats[key] = data_format
        self.notes.pop(key, None)
        self.differences.pop(key, None)
        if note is not None:
            self.notes[key] = note

    def inherit(self, key: Key, parent: Key, note: TensorNote | None) -> None:
        """Let a tensor be delivered as its parent is, but for what a note says of it."""
        data_format, note = self.formats.get(parent), note or self.notes.get(parent)
        self.formats.pop(key, None)
        self.notes.pop(key, None)
        if data_format is not None:
            self.formats[key] = data_format
        if note is not None:
            self.notes[key] = note

    def as_content(self, stored: Callable[[NDArray[Any] | None], int | None]) -> dict[str, Any]:
        """Return the state as plain data.

        Args:
            stored: gives the number that stands for an array.
        """
        return {
            "base_device": self.base_device,
            "base_node": None if self.base_node is None else node_content(self.base_node),
            "coded": [
                {
                    "device": device,
                    "name": name,
                    "node": node_content(state.node),
                    "levels": stored(state.levels),
                    "history": stored(state.history),
                    "digests": dict(state.digests),
                    "payload_size": state.payload_size,
                    "step": state.step,
                }
                for (device, name), state in self.coded.items()
            ],
            "values": [[*key, stored(array)] for key, array in self.values.items()],
            "differences": [[*key, stored(array)] for key, array in self.differences.items()],
            "residuals": [[*key, stored(array)] for key, array in self.residuals.items()],
            "slim": self.slim,
            "formats": [[*key, data_format] for key, data_format in self.formats.items()],
            "ties": [[*key, first] for key, first in self.ties.items()],
            "notes": [[*key, note.as_content()] for key, note in self.notes.items()],
        }


def node_content(node: Node) -> list[int | None]:
    """Return a node as plain data."""
    return [node.device_id, node.parameter_id, node.depth]
