"""The side of a node: follow the server's model, encode what was learned of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

import nnc
from nnc.decoder.session_state import SessionState
from nnc.encoder.options.tensor import matches
from nnc.federated.coding import DEFAULT_STEP, NODE, checked_options, encode, in_dtypes


class Node:
    """How a node encodes what it learned.

    Attributes:
        send: patterns of the names of tensors that are sent back.
        step: step size of weights over the root mean square of changes, where no `qp` is given.
        options: those of `nnc.Encoder`.
    """

    def __init__(
        self, send: Sequence[str] = ("*",), step: float = DEFAULT_STEP, **options: Any
    ) -> None:
        """Check the options.

        Raises:
            InputError: an option out of its range, or one that both ends rely on.
        """
        if not step > 0:
            raise nnc.InputError(f"step must be a positive number, not {step!r}")
        if isinstance(send, str):
            raise nnc.InputError("send must be a list of patterns, not a string")
        self.send, self.step = tuple(send), step
        self.options = checked_options(options)

    def update(
        self, state: SessionState, learned: Mapping[str, NDArray[Any]]
    ) -> tuple[bytes, SessionState]:
        """Encode those tensors of a model that are to be sent; return the state after that, too."""
        given = {name: values for name, values in learned.items() if matches(name, self.send)}
        held = {name: state.dtype(0, name) for name in given}
        floats = {name: one for name, one in held.items() if one.kind == given[name].dtype.kind}
        return encode(state, NODE, in_dtypes(given, floats), self.options, self.step)


def followed(
    decoder: nnc.Decoder, at: int, bitstreams: Sequence[bytes], first: int, *, is_base: bool
) -> tuple[nnc.Decoder, int]:
    """Decode what brings a node to the server's version; what it has already is skipped.

    Args:
        decoder: what the node has.
        at: the version of that, 0 for none.
        bitstreams: what came.
        first: the version after the first of them.
        is_base: the first is a base model, else all are updates.

    Returns:
        What the node has then, and the version of it.

    Raises:
        NncError: a bitstream is damaged, or doesn't follow.
    """
    for place, data in enumerate(bitstreams):
        following = first + place
        if place == 0 and is_base:
            residuals = decoder.state.residuals
            decoder, at = nnc.Decoder(slim=True), following
            decoder.decode(data)
            decoder.state.residuals = residuals
        elif following == at + 1:
            decoder.decode(data)
            at = following
        elif following > at:
            break
    return decoder, at
