"""Encoding a base model and then updates of it (clauses 7.3, 9.2.4; Annex G).

What quantization loses of one update is in the difference of the next: differences are taken
from the model as the receivers have it, for which the session decodes what it encodes.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnc.bitio import InputError
from nnc.bitstream import Bitstream
from nnc.decoder.information import ModelInformation
from nnc.decoder.limits import LARGEST_SHAPE, Limits
from nnc.decoder.model import Known
from nnc.decoder.node import Node, Parent
from nnc.decoder.reconstruction import steps_of
from nnc.decoder.session import DIGEST_ALGORITHMS, Decoder
from nnc.decoder.session_state import ROOT, CodedState, SessionState
from nnc.encoder.decodability import warn_of_limits
from nnc.encoder.model import encode_prepared
from nnc.encoder.options import EncoderOptions
from nnc.encoder.preparation import (
    PreparedTensor,
    check_name,
    largest_magnitude,
    prepare,
    with_format,
    with_row_axis,
)
from nnc.encoder.quantization import step_size
from nnc.encoder.tensor import Lineage

#: How an update may name the units that it is a difference to.
PARENT_NAMES = ("id", *DIGEST_ALGORITHMS)


class Encoder:
    """Encodes the bitstreams of a session in order: a base model, then updates of it.

    Attributes:
        decoder: the model as the receivers have it.
        options: how tensors and differences are encoded.
        device_id: the device whose branch of the parameter update tree the updates are on.
    """

    def __init__(
        self,
        base: Mapping[str, ArrayLike] | None = None,
        *,
        base_depth: int = 0,
        device_id: int = 0,
        parents: str = "id",
        temporal_contexts: bool = True,
        history: bool = True,
        predictive: bool = False,
        threads: int | None = None,
        executor: Executor | None = None,
        **options: Any,
    ):
        """Start a session.

        Args:
            base: the tensors of the base model, where the receivers have that already.
            base_depth: put_node_depth of that base model.
            device_id: the device that encodes.
            parents: how updates name their parents: `id`, or by the `sha256` or `sha512` of
                the parent's payload.
            temporal_contexts: code levels with those of the parent as contexts, where that
                makes a unit smaller.
            history: use history-dependent probabilities, where that makes a unit smaller.
            predictive: code differences as residuals against those of the update before.
            threads: number of threads, None for one a processor.
            executor: used in place of threads of our own.
            **options: those of `nnc.encode`, for the base model and for the updates.

        Raises:
            InputError: an option out of its range.
        """
        if parents not in PARENT_NAMES:
            raise InputError(f"parents has to be one of {', '.join(PARENT_NAMES)}, not {parents!r}")
        if device_id < 0:
            raise InputError(f"device_id has to be 0 or more, not {device_id}")
        self.options = EncoderOptions(**options)
        if self.options.prune_rows:
            raise InputError("prune_rows is for single models: updates are of whole tensors")
        if self.options.profile != 1:
            raise InputError("updates need profile 1")
        self.decoder = Decoder(base, base_depth=base_depth, threads=threads, executor=executor)
        self.device_id, self.parents, self.predictive = device_id, parents, predictive
        self.temporal_contexts, self.history = temporal_contexts, history
        self.threads, self.executor = threads, executor

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state of the session into one file; see `nnc.Decoder.save`."""
        self.decoder.save(path)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Go on from the state in a file that this or another session saved.

        Raises:
            InputError: the file holds no such state.
            OSError: it can't be read.
        """
        self.decoder = Decoder.load(path, threads=self.threads, executor=self.executor)

    def receive(self, data: bytes | bytearray | memoryview | Bitstream) -> None:
        """Take in a bitstream that another device encoded: a base model, or an update.

        Raises:
            BitstreamError: as for `nnc.Decoder.decode`.
        """
        self.decoder.decode(data)

    def encode(
        self, tensors: Mapping[str, ArrayLike], *, information: ModelInformation | None = None
    ) -> bytes:
        """Encode a model: the first one whole, each further one as an update.

        Tensors that are as the receivers have them already are left out of an update, and so
        are those that aren't among `tensors`. Integers that changed are sent anew.

        Args:
            tensors: arrays by name.
            information: what else to tell of the model: `base_model_id` and its performance.

        Returns:
            The bitstream. The session's state is then that of a decoder of it.

        Raises:
            InputError: a tensor that can't be coded.
        """
        held = self.decoder.held_values
        data = self.encode_bitstream(tensors, information=information).to_bytes()
        warn_of_limits(
            sum(math.prod(np.shape(given)) for given in tensors.values()), len(data), held
        )
        return data

    def encode_bitstream(
        self, tensors: Mapping[str, ArrayLike], *, information: ModelInformation | None = None
    ) -> Bitstream:
        """Encode a model into a bitstream that can be looked at; see `encode`."""
        state = self.decoder.state
        update = bool(state.values)
        trees = self.parameter_ids(tensors)
        prepared: list[PreparedTensor] = []
        lineages: list[Lineage] = []
        for name, given in tensors.items():
            check_name(name)
            tensor = with_format(prepare(name, given), self.options.format_of(name))
            before = state.value(self.device_id, name)
            if update and before is not None and np.shape(given) == before.shape:
                one, lineage = self.difference(tensor, np.asarray(given), before, trees[name])
                if one is None:
                    continue
            else:
                one, lineage = tensor, Lineage(self.node(name, trees[name]), update)
            one = with_row_axis(one, self.options.row_axis_of(name, np.ndim(given)))
            prepared.append(one)
            lineages.append(lineage.with_row_axis(one.row_axis))
        bitstream = encode_prepared(
            prepared,
            self.options,
            lineages=lineages,
            update=update,
            predictive=self.predictive,
            information=information,
            threads=self.threads,
            executor=self.executor,
        )
        received = self.received(bitstream.to_bytes(), prepared)
        # What was made here is trusted, however small it came out.
        self.decoder.take(received, Limits(values=LARGEST_SHAPE), steps_of(True), apply=True)
        vanished = {tensor.name for tensor in prepared if self.has_vanished(tensor.name, state)}
        if vanished:
            # All of them came out as zero, which needs no unit: the others once more, alone.
            self.decoder.state = state
            rest = {name: given for name, given in tensors.items() if name not in vanished}
            return self.encode_bitstream(rest, information=information)
        return received

    def has_vanished(self, name: str, before: SessionState) -> bool:
        """Tell whether a difference was coded of which quantization left nothing.

        Args:
            name: name of the tensor.
            before: the state before that; after it a residual of zeros still says something.
        """
        key = self.device_id, name
        if self.predictive and key in before.differences:
            return False
        difference = self.decoder.state.differences.get(key)
        is_new = difference is not None and difference is not before.differences.get(key)
        return is_new and not np.any(difference)

    def received(self, data: bytes, prepared: Sequence[PreparedTensor]) -> Bitstream:
        """Give a bitstream as a receiver has it who knows what is left out of it."""
        left_out: dict[str, Any] = {}
        if "dimensions" in self.options.out_of_band:
            left_out["dimensions"] = {tensor.name: tensor.dimensions for tensor in prepared}
        if "cabac_unary_length_minus1" in self.options.out_of_band:
            left_out["cabac_unary_length_minus1"] = self.options.cabac_unary_length_minus1
        return Bitstream.parse(data, **left_out)

    def difference(
        self, tensor: PreparedTensor, given: NDArray[Any], before: NDArray[Any], tree: int
    ) -> tuple[PreparedTensor | None, Lineage]:
        """Give what has to be coded of a tensor whose earlier values the receivers have.

        Args:
            tensor: the tensor, prepared for encoding.
            given: its values as the caller gave them.
            before: those that the receivers have.
            tree: its parameter_id.

        Returns:
            None in place of the tensor where nothing of it changed.
        """
        name, node = tensor.name, self.node(tensor.name, tree)
        if tensor.is_integer or before.dtype.kind in "biu":
            same = np.array_equal(self.decoder.state.delivered(self.device_id, name), given)
            return None if same else tensor, Lineage(node, signalled=True)
        values = (tensor.values - before).astype(np.float32)
        parent = self.parent(name)
        last = self.decoder.state.differences.get((self.device_id, name))
        predicted = self.predictive and last is not None
        if not values.any() or (not predicted and self.vanishes(name, values)):
            # Left out, it leaves the parent's difference as it is, too.
            return None, Lineage(node, signalled=True)
        if predicted:
            values = values - last
        lineage = Lineage(node, True, self.parent_name(parent), self.known(name))
        difference = PreparedTensor(name, values, largest=largest_magnitude(name, values))
        return difference, lineage

    def vanishes(self, name: str, values: NDArray[np.float32]) -> bool:
        """Tell whether all of a difference would be rounded to zero, and needn't be sent."""
        own = self.options.for_tensor(name)
        if self.options.keeps(name) or own.codebook == "exact" or own.layer_parameters:
            return False
        qp = self.options.requested_qp(name, values.ndim)
        if qp is None:
            return False
        half = float(step_size(qp, self.options.qp_density)) / 2
        return largest_magnitude(name, values) < half

    def parent(self, name: str) -> CodedState | None:
        """Give what is kept of the unit that the next update of a tensor is a difference to."""
        coded = self.decoder.state.coded
        return coded.get((self.device_id, name)) or coded.get((ROOT, name))

    def node(self, name: str, tree: int) -> Node:
        """Give the node that the next unit of a tensor is."""
        kept = self.parent(name)
        if kept is not None:
            return Node(self.device_id, tree, kept.node.depth + 1)
        base = self.decoder.state.base_node
        depth = 0 if base is None else base.depth + 1
        return Node(self.device_id, tree, depth)

    def parameter_ids(self, names: Collection[str]) -> dict[str, int]:
        """Give the tree of each tensor: the same in all sessions that started from one model.

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
        """Give the way in which an update names its parent."""
        if parent is None:
            base = self.decoder.state.base_node or Node()
            return Parent(replace(base, device_id=self.decoder.state.base_device or 0))
        if self.parents == "id":
            return Parent(parent.node)
        return Parent(algorithm=self.parents, digest=parent.digests[self.parents])

    def known(self, name: str) -> Known:
        """Give the contexts that the next update of a tensor may be coded with."""
        parent = self.parent(name)
        levels = parent.levels if parent is not None and self.temporal_contexts else None
        history = None
        if self.history and parent is not None and parent.history is not None:
            history = parent.history
        return Known(levels, history)


def number_others(trees: dict[str, int], wanted: Mapping[str, int]) -> None:
    """Give tensors that have no tree theirs: the wanted one, or the next that is nobody's."""
    taken = set(trees.values())
    for name, tree in wanted.items():
        if name in trees:
            continue
        while tree in taken:
            tree += 1
        trees[name] = tree
        taken.add(tree)


def hashed(name: str) -> int:
    """Give a number of 24 bits that hangs on a name alone."""
    digest = hashlib.sha256(name.encode("utf-8")).digest()
    return int.from_bytes(digest[:3], "big")
