"""Encoding a base model and then updates of it (clauses 7.3, 9.2.4; Annex G).

What quantization loses of one update is in the difference of the next: differences are taken
from the model as the receivers have it, for which the session decodes what it encodes.
"""

from __future__ import annotations

import hashlib
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
from nnc.decoder.model import Known
from nnc.decoder.reconstruction import steps_of
from nnc.decoder.session import Decoder
from nnc.decoder.session_state import ROOT, CodedState, SessionState
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
from nnc.encoder.session.layers import SessionLayers, check_alone
from nnc.encoder.units.block import Block, check_block, names_of
from nnc.encoder.units.decodability import warn_of_limits
from nnc.encoder.units.header import Lineage
from nnc.model.data_format import DTYPES
from nnc.model.given import as_arrays
from nnc.model.information import ModelInformation
from nnc.model.limits import LARGEST_SHAPE, Limits
from nnc.model.metadata import named_dtype
from nnc.model.node import Node, Parent
from nnc.model.ties import Tie
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
        self.layers = SessionLayers(wanted.structure.blocks, self.options)
        self.decoder = Decoder(base, base_depth=self.how.base_depth)
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
        tensors = as_arrays(tensors)
        before, held = self.decoder.state, self.decoder.held_values
        try:
            data = self.encode_bitstream(tensors, information=information).to_bytes()
            warn_of_limits(
                sum(math.prod(np.shape(given)) for given in tensors.values()), len(data), held
            )
        except BaseException:
            # Nobody gets the bitstream: a warning may be an error to the caller, too.
            self.decoder.state = before
            raise
        return data

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
        state = self.decoder.state
        update = bool(state.values)
        for name in tensors:
            check_name(name)
        self.trees = self.parameter_ids(tensors)
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
        lineage = Lineage(self.node(name), True, self.parent_name(parent), self.known(name, values))
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
        return finite_difference(tensor.values, before)

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
        coded = self.decoder.state.coded
        return coded.get((self.device_id, name)) or coded.get((ROOT, name))

    def node(self, name: str) -> Node:
        """Return the node that the next unit of a tensor is."""
        parent = self.parent(name)
        if parent is not None:
            return Node(self.device_id, self.trees[name], parent.node.depth + 1)
        base = self.decoder.state.base_node
        depth = 0 if base is None else base.depth + 1
        return Node(self.device_id, self.trees[name], depth)

    def parameter_ids(self, names: Collection[str]) -> dict[str, int]:
        """Return the tree of each tensor: the same in all sessions that started from one model.

        No two tensors have one tree: nothing else in an update tells whose parent a node is.

        Args:
            names: the tensors that are to be encoded.

        Returns:
            parameter_id by name, also of tensors that the receivers have.
        """
        state = self.decoder.state
        base = state.names(ROOT)
        result = {
            name: kept.node.parameter_id
            for device in (ROOT, self.device_id)
            for (owner, name), kept in state.coded.items()
            if owner == device and kept.node.parameter_id is not None
        }
        # A first model, or one that came without trees, has them in its order.
        number_others(result, {name: number for number, name in enumerate(base or names)})
        # Other devices may add the same tensor, and have to come to the same tree.
        number_others(result, {name: len(base) + hashed(name) for name in names})
        return result

    def parent_name(self, parent: CodedState | None) -> Parent:
        """Return the way in which an update names its parent."""
        if parent is None:
            # A base model given as arrays has no payload that a digest could be of.
            return Parent(self.decoder.state.base_node or Node())
        if self.how.parents == "id":
            return Parent(parent.node)
        return Parent(algorithm=self.how.parents, digest=parent.digests[self.how.parents])

    def known(self, name: str, values: NDArray[Any]) -> Known:
        """Return the contexts that the next update of a tensor may be coded with."""
        parent = self.parent(name)
        if parent is None:
            return Known()

        def fitting(array: NDArray[Any] | None) -> NDArray[Any] | None:
            # The levels of a joined tensor are kept by the first of the names in it.
            return array if array is not None and array.shape == values.shape else None

        return Known(
            fitting(parent.levels) if self.how.temporal_contexts else None,
            fitting(parent.history) if self.how.history else None,
        )


def finite_difference(
    values: NDArray[np.floating], before: NDArray[Any]
) -> NDArray[np.float32] | None:
    """Return the difference of two arrays of floats, None where it isn't finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        difference = np.asarray(values - before).astype(np.float32)
    return difference if np.isfinite(difference).all() else None


def bytes_of(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the bytes of an array."""
    result: NDArray[np.uint8] = np.ascontiguousarray(values).reshape(-1).view(np.uint8)
    return result


def number_others(trees: dict[str, int], wanted: Mapping[str, int]) -> None:
    """Assign a tree to each tensor without one: the one it wants, or the next that is free."""
    taken = set(trees.values())
    for name, tree in wanted.items():
        if name in trees:
            continue
        while tree in taken:
            tree += 1
        trees[name] = tree
        taken.add(tree)


def hashed(name: str) -> int:
    """Return a number of 24 bits that hangs on a name alone."""
    digest = hashlib.sha256(name.encode("utf-8")).digest()
    return int.from_bytes(digest[:3], "big")
