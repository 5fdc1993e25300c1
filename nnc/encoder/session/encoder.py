"""Encoding a base model and then updates of it (clauses 7.3, 9.2.4; Annex G).

What quantization loses of one update is in the difference of the next: differences are taken
from the model as the receivers have it, for which the session decodes what it encodes.
"""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream
from nnc.decoder.reconstruction import steps_of
from nnc.decoder.session import Decoder
from nnc.decoder.session_state import CodedState, SessionState
from nnc.encoder.call.asked import asked, listing_options
from nnc.encoder.inputs.preparation import (
    PreparedTensor,
    check_name,
    magnitude_of,
    prepare,
    with_format,
    with_row_axis,
)
from nnc.encoder.inputs.scale import is_free, scale_of
from nnc.encoder.inputs.ties import untied_of
from nnc.encoder.model import encode_prepared
from nnc.encoder.quantization.uniform import step_size
from nnc.encoder.session.bases import encode_base
from nnc.encoder.session.differences import (
    bytes_of,
    finite_difference,
    left_out,
    sparsified,
    with_residuals,
)
from nnc.encoder.session.layers import SessionLayers, check_alone
from nnc.encoder.session.trees import known_of, parameter_ids, parent_name, parent_of
from nnc.encoder.units.block import Block, check_block, names_of
from nnc.encoder.units.decodability import warn_of_limits
from nnc.encoder.units.header import Lineage
from nnc.model.data_format import DTYPES
from nnc.model.given import as_arrays
from nnc.model.information import ModelInformation
from nnc.model.limits import LARGEST_SHAPE, Limits
from nnc.model.metadata import named_dtype
from nnc.model.node import Node
from nnc.model.ties import Tie
from nnc.model.tree_names import without_names
from nnc.syntax import DecompressedDataFormat as Format

if TYPE_CHECKING:
    from nnc.encoder.call.keywords import EncoderKeywords

#: What is coded of one tensor, and which update that is.
Piece = tuple[PreparedTensor, Lineage]


class Encoder:
    """Encodes the bitstreams of a session in order: a base model, then updates of it.

    Attributes:
        decoder: the model as the receivers have it.
        options: how tensors and differences are encoded.
        how: how updates are.
        resources: who works, and what is accepted of others.
        trees: by name the parameter_id of the tensors that are encoded, or that the receivers have.
        layers: which layers are coded as one unit each.
    """

    @listing_options
    def __init__(
        self, base: Mapping[str, ArrayLike] | None = None, **options: Unpack[EncoderKeywords]
    ):
        """Start a session.

        Args:
            base: the tensors of the base model, where the receivers have that already.
            **options: how its bitstreams are encoded, by name: those of `nnc.encode` but for
                targets, the structure of a model, and what is told of it; and those of sessions.
                docs/options.md says more of them.

        Raises:
            InputError: an option out of its range, or one that a session doesn't have; a base
                model that can't be coded.
            UnknownOptionError: an option that there isn't; the message names the nearest.
        """
        wanted = asked("Encoder", options)
        self.options, self.how, self.resources = wanted.options, wanted.session, wanted.resources
        if self.options.profile != 1:
            raise InputError("updates need profile 1")
        if not self.how.names and self.options.out_of_band:
            raise InputError("out_of_band is told by name: leave out names or that, not both")
        self.layers = SessionLayers(wanted.structure.blocks, self.options)
        self.decoder = Decoder(base, base_depth=self.how.base_depth, slim=self.how.slim)
        self.decoder.resources = self.resources
        self.trees: dict[str, int] = {}

    @property
    def device_id(self) -> int:
        """The device whose branch of the parameter update tree the updates are on."""
        return int(self.how.device_id)

    @checked
    def keep_exact(self, names: Collection[str]) -> None:
        """Store float tensors as they are too, unless options of single tensors say otherwise."""
        self.options = replace(self.options, exact=names)
        self.layers.options = self.options

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state of the session into one file; see `nnc.Decoder.save`."""
        self.decoder.save(path)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Resume from the state in a file that this or another session saved.

        Raises:
            InputError: the file holds no such state.
            OSError: it can't be read.
        """
        self.decoder = Decoder.load(path)
        self.decoder.resources = self.resources

    def to_bytes(self) -> bytes:
        """Return the state of the session, as `save` writes it."""
        return self.decoder.to_bytes()

    def load_bytes(self, data: bytes | bytearray | memoryview) -> None:
        """Resume from the state that `to_bytes` of this or another session returned.

        Raises:
            InputError: the bytes hold no such state.
        """
        self.decoder = Decoder.from_bytes(data)
        self.decoder.resources = self.resources

    def copy(self) -> Encoder:
        """Return a session at the same state, which goes on without this one.

        The arrays are shared until they change. To roll back, go on with the copy.
        """
        made = copy.copy(self)
        made.decoder = self.decoder.copy()
        return made

    def encode_base(self) -> bytes:
        """Encode the model that the receivers have, for those who join late.

        A decoder that begins with it has the same tensors, bit by bit, and takes the updates that
        follow. Of the next update, levels aren't coded with those of the one before.

        Raises:
            InputError: nothing was encoded yet, or the session uses what the new ones can't know:
                `history`, `predictive`, or digests as `parents`.
        """
        state = self.decoder.state
        data = encode_base(state, self.device_id, self.options, self.how, self.resources)
        self.decoder.state = state.without_levels(self.device_id)
        return data

    def receive(self, data: bytes | bytearray | memoryview | Bitstream) -> None:
        """Take in a bitstream that another device encoded: a base model, or an update.

        Raises:
            BitstreamError: as for `nnc.Decoder.decode`.
        """
        self.decoder.decode(data)

    @checked
    def encode(
        self, tensors: Mapping[str, ArrayLike], *, information: ModelInformation | None = None
    ) -> bytes:
        """Encode a model: the first one whole, each further one as an update.

        An update leaves out tensors that the receivers already have as they are, and those that
        aren't among `tensors`. It sends whole: integers that changed, tensors whose shape or
        dtype changed, floats that are stored unchanged, and tensors whose difference isn't
        finite.

        Args:
            tensors: arrays by name.
            information: what else to tell of the model: `base_model_id` and its performance.

        Returns:
            The bitstream. The session then has the state of a decoder that has decoded it; after
            an error it stays as it was.

        Raises:
            InputError: a tensor that can't be coded.
        """
        given = as_arrays(tensors)
        before, held = self.decoder.state, self.decoder.held_values
        own = {name: left for (at, name), left in before.residuals.items() if at == self.device_id}
        wanted = with_residuals(given, own, self.how.feedback)
        try:
            data = self.encode_from_parent(wanted, information)
            warn_of_limits(sum(math.prod(np.shape(one)) for one in given.values()), len(data), held)
        except BaseException:
            # Nobody gets the bitstream: a warning may be an error to the caller, too.
            self.decoder.state = before
            raise
        if self.how.feedback:
            self.keep_residuals(wanted)
        return data

    def encode_from_parent(
        self, tensors: Mapping[str, NDArray[Any]], information: ModelInformation | None
    ) -> bytes:
        """Encode tensors as differences to the parents that the options ask for."""
        own, choice = self.decoder.state, self.how.parent
        base = own.base_device
        if choice == "own" or base in (None, self.device_id) or not own.values:
            return self.encode_bitstream(tensors, information=information).to_bytes()
        if choice == "mixed":
            self.decoder.restart(self.device_id)
            return self.encode_bitstream(tensors, information=information).to_bytes()
        self.decoder.state = own.rebased()
        received = self.encode_bitstream(tensors, information=information).to_bytes()
        if choice == "received" or not own.is_behind(self.decoder.state, self.device_id):
            return received
        after, self.decoder.state = self.decoder.state, own
        data = self.encode_bitstream(tensors, information=information).to_bytes()
        if len(received) < len(data):
            data, self.decoder.state = received, after
        return data

    def keep_residuals(self, wanted: Mapping[str, NDArray[Any]]) -> None:
        """Remember what of tensors the receivers don't have."""
        state = self.decoder.state.copy()
        for name, values in wanted.items():
            left = left_out(values, state.delivered(self.device_id, name))
            if left is not None:
                state.residuals[self.device_id, name] = left
        self.decoder.state = state

    @checked
    def encode_bitstream(
        self, tensors: Mapping[str, ArrayLike], *, information: ModelInformation | None = None
    ) -> Bitstream:
        """Encode a model into a bitstream that can be looked at; see `encode`."""
        known, alone = self.decoder.state.ties_of(self.device_id), self.layers.given_names
        untied = untied_of(as_arrays(tensors), known, self.options, alone)
        return self.encode_untied(*untied, information)

    def encode_untied(
        self,
        tensors: Mapping[str, NDArray[Any]],
        ties: Mapping[str, Tie],
        information: ModelInformation | None,
    ) -> Bitstream:
        """Encode tensors into a bitstream that says which names are tied to theirs."""
        state, update = self.decoder.state, bool(self.decoder.state.values)
        for name in tensors:
            check_name(name)
        self.trees = parameter_ids(self.decoder.state, self.device_id, tensors)
        pieces, layers = self.pieces(tensors, update=update)
        prepared: list[PreparedTensor] = []
        lineages: dict[str, Lineage] = {}
        for name, (tensor, lineage) in pieces.items():
            one = with_row_axis(tensor, self.options.row_axis_of(name, len(tensor.dimensions)))
            prepared.append(one)
            lineages[name] = lineage.with_row_axis(one.row_axis)
        for block in layers:
            check_block(block, {tensor.name: tensor for tensor in prepared})
        bitstream = encode_prepared(
            prepared,
            self.options,
            self.resources,
            blocks=layers,
            lineages=lineages,
            update=update,
            predictive=self.how.predictive,
            information=information,
            ties=ties,
        )
        if not self.how.names:
            bitstream = without_names(bitstream, state.names_of_node)
        received = self.received(bitstream.to_bytes(), prepared)
        # What was made here is trusted, however small it came out.
        self.decoder.take(received, Limits(values=LARGEST_SHAPE), steps_of(True), apply=True)
        vanished = {tensor.name for tensor in prepared if self.has_vanished(tensor.name, state)}
        for block in layers:
            if not vanished.issuperset(block.names):
                vanished.difference_update(block.names)
        if vanished:
            # All of them came out as zero, which needs no unit: the others once more, alone.
            self.decoder.state = state
            rest = {name: given for name, given in tensors.items() if name not in vanished}
            return self.encode_untied(rest, ties, information)
        return received

    def has_vanished(self, name: str, before: SessionState) -> bool:
        """Tell whether a difference was coded of which quantization left nothing.

        Args:
            name: name of the tensor.
            before: the state before that; after it a residual of zeros still says something.
        """
        key = self.device_id, name
        if self.how.predictive and key in before.differences:
            return False
        difference = self.decoder.state.differences.get(key)
        is_new = difference is not None and difference is not before.differences.get(key)
        return is_new and not np.any(difference)

    def received(self, data: bytes, prepared: Sequence[PreparedTensor]) -> Bitstream:
        """Return a bitstream as a receiver has it who knows what is left out of it."""
        left_out: dict[str, Any] = {}
        if "dimensions" in self.options.out_of_band:
            left_out["dimensions"] = {tensor.name: tensor.dimensions for tensor in prepared}
        if "cabac_unary_length_minus1" in self.options.out_of_band:
            left_out["cabac_unary_length_minus1"] = {
                tensor.name: self.options.for_tensor(tensor.name).cabac_unary_length_minus1
                for tensor in prepared
            }
        return Bitstream.parse(data, **left_out)

    def pieces(
        self, tensors: Mapping[str, ArrayLike], *, update: bool
    ) -> tuple[dict[str, Piece], list[Block]]:
        """Return what is coded of tensors, and of those that are in one unit with them.

        Args:
            tensors: the tensors as they were handed in.
            update: the receivers have a model.

        Returns:
            What is coded by name, and the layers of it that are one unit each.
        """
        given = as_arrays(tensors)
        layers = self.found_layers(given)
        inside = names_of(layers)
        result: dict[str, Piece] = {}
        for name, array in given.items():
            tensor = with_format(prepare(name, array), self.options.format_of(name))
            piece = self.sent(tensor, array) if update else (tensor, Lineage(self.node(name)))
            if piece is not None:
                result[name] = piece
        check_alone(result.keys() - inside, self.trees)
        layers = [block for block in layers if any(name in result for name in block.names)]
        for block in layers:
            result |= self.together(block, given, update=update)
        return result, layers

    def found_layers(self, given: Mapping[str, NDArray[Any]]) -> list[Block]:
        """Return the layers of tensors that are coded as one unit each."""
        if not self.layers.blocks:
            return []
        state = self.decoder.state
        held = {
            name: state.values[state.owner(self.device_id, name)]
            for name in state.names(self.device_id)
            if state.dtype(self.device_id, name) == np.float32
        }
        parents = {name: self.parent(name) for name in (*held, *given)}
        return self.layers.found(given, held, parents)

    def together(
        self, block: Block, given: Mapping[str, NDArray[Any]], *, update: bool
    ) -> dict[str, Piece]:
        """Return what is coded of all tensors of a layer, whether they changed or not."""
        whole: dict[str, Piece] = {}
        pieces: dict[str, Piece] = {}
        node = self.node(block.weight)
        for name in block.names:
            held = name not in given
            array = self.decoder.state.delivered(self.device_id, name) if held else given[name]
            tensor = prepare(name, array)
            whole[name] = tensor, Lineage(node, signalled=update)
            if update:
                piece, lineage = self.change(tensor, self.difference(tensor, array))
                pieces[name] = piece, replace(lineage, node=node)
        # They have a parent all together, or none.
        parents = {lineage.parent for _, lineage in pieces.values()}
        return pieces if len(parents) == 1 and None not in parents else whole

    def sent(self, tensor: PreparedTensor, given: NDArray[Any]) -> Piece | None:
        """Return what an update sends of a tensor: a difference, or the whole of it.

        Args:
            tensor: the tensor.
            given: its values as they were handed in.

        Returns:
            None where nothing is sent: the receivers have it as it is. Left out, it leaves the
            parent's difference as it is, too.
        """
        if tensor.name in self.decoder.state.ties_of(self.device_id):  # No parent of its own.
            return tensor, Lineage(self.node(tensor.name), signalled=True)
        if self.is_held(tensor, given):
            return None
        values = self.difference(tensor, given)
        if values is not None:
            may_vanish = self.last_difference(tensor.name) is None
            if not values.any() or (may_vanish and self.vanishes(tensor.name, values)):
                return None
        return self.change(tensor, values)

    def change(self, tensor: PreparedTensor, values: NDArray[np.float32] | None) -> Piece:
        """Return a difference as it is coded, or the whole tensor.

        Args:
            tensor: the tensor.
            values: the difference; None: there is none.
        """
        name, parent = tensor.name, self.parent(tensor.name)
        last = self.last_difference(name)
        if values is not None and last is not None:
            values = finite_difference(values, last)
        if values is None:
            return tensor, Lineage(self.node(name), signalled=True)
        named = parent_name(parent, self.decoder.state.base_node, self.how)
        lineage = Lineage(self.node(name), True, named, known_of(parent, values, self.how))
        piece = PreparedTensor(
            name,
            values,
            largest=magnitude_of(values)[0],
            scale=scale_of(tensor.values),
            parent_step=None if parent is None else parent.step,
        )
        return piece, lineage

    def last_difference(self, name: str) -> NDArray[Any] | None:
        """Return what the next difference of a tensor is a residual to, None for nothing."""
        last = self.decoder.state.differences.get((self.device_id, name))
        return last if self.how.predictive else None

    def is_held(self, tensor: PreparedTensor, given: NDArray[Any]) -> bool:
        """Tell whether the receivers have a tensor as it is, to the bit."""
        state = self.decoder.state
        if state.shape(self.device_id, tensor.name) != given.shape:
            return False
        if not self.keeps_dtype(tensor, given):
            return False
        held = state.delivered(self.device_id, tensor.name)
        return np.array_equal(bytes_of(held), bytes_of(given.astype(held.dtype)))

    def keeps_dtype(self, tensor: PreparedTensor, given: NDArray[Any]) -> bool:
        """Tell whether a tensor is delivered as it would be if it were sent as a whole.

        One of the dtype that it was given in may stay so, even where the header can't say it.
        """
        held = self.decoder.state.dtype(self.device_id, tensor.name)
        if self.options.format_of(tensor.name) is None and held == given.dtype.newbyteorder("="):
            return True
        if tensor.note is not None and self.options.metadata_unit:
            return held == named_dtype(tensor.note.dtype)
        absent = Format.TENSOR_INT32 if tensor.is_integer else Format.TENSOR_FLOAT32
        return held == DTYPES[tensor.data_format or absent]

    def difference(self, tensor: PreparedTensor, given: NDArray[Any]) -> NDArray[np.float32] | None:
        """Return the difference of a tensor to what the receivers have.

        Returns:
            None where the tensor has to be sent as a whole.
        """
        state = self.decoder.state
        before = state.value(self.device_id, tensor.name)
        if before is None or before.shape != given.shape or before.dtype.kind != "f":
            return None
        if tensor.is_integer or self.options.keeps(tensor.name):
            # A sum of floats is rounded: what is kept is sent as it is.
            return None
        if not self.keeps_dtype(tensor, given):
            return None
        found = finite_difference(tensor.values, before)
        return None if found is None else sparsified(found, self.how.sparsity)

    def vanishes(self, name: str, values: NDArray[np.float32]) -> bool:
        """Tell whether all of a difference would be rounded to zero, and needn't be sent."""
        own = self.options.for_tensor(name)
        if own.codebook == "exact" or own.layer_parameters:
            return False
        qp = self.options.requested_qp(name, values.ndim)
        if qp is None or is_free(name, values.ndim, self.options):
            return False
        half = float(step_size(qp, self.options.qp_density)) / 2
        return magnitude_of(values)[0] < half

    def parent(self, name: str) -> CodedState | None:
        """Return what is kept of the unit that the next update of a tensor is a difference to."""
        return parent_of(self.decoder.state, self.device_id, name)

    def node(self, name: str) -> Node:
        """Return the node that the next unit of a tensor is."""
        parent = self.parent(name)
        if parent is not None:
            return Node(self.device_id, self.trees[name], parent.node.depth + 1)
        base = self.decoder.state.base_node
        depth = 0 if base is None else base.depth + 1
        return Node(self.device_id, self.trees[name], depth)
