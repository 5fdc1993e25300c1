"""The side of a server: one session, in which each node follows from the version that it has."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

import nnc
from nnc.decoder.session_state import SessionState
from nnc.federated.coding import (
    DEFAULT_STEP,
    NODE,
    checked_options,
    encode,
    encoder_at,
    first_options,
    in_dtypes,
)

#: Bits of the values of a first model, where nothing is said: nodes train from what it decodes to.
FIRST_BITS = 6

#: Bytes of updates that are kept for nodes that were away, over those of the model.
KEPT = 2


class Publisher:
    """Encodes the models of a server one after the other, and decodes what nodes reply.

    Attributes:
        session: names the session.
        state: the model as nodes have it.
        version: how many models there were.
        updates: by version the bitstream that leads to it.
        base: the model as one bitstream, once one asked for it.
    """

    def __init__(
        self, first_bits: int = FIRST_BITS, step: float = DEFAULT_STEP, **options: Any
    ) -> None:
        """Begin a session.

        Raises:
            InputError: an option out of its range, or one that both ends rely on.
        """
        if not step > 0:
            raise nnc.InputError(f"step must be a positive number, not {step!r}")
        nnc.Encoder(bit_depth=first_bits)
        self.first_bits, self.step, self.options = first_bits, step, checked_options(options)
        self.reset()

    def reset(self) -> None:
        """Begin another session."""
        self.session = secrets.token_hex(8)
        self.state = SessionState(slim=True)
        self.version = 0
        self.updates: dict[int, bytes] = {}
        self.base: bytes | None = None

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return the tensors of the model as nodes have them."""
        return dict(self.state.model(0))

    def publish(self, model: Mapping[str, NDArray[Any]], **changed: Any) -> None:
        """Make a model the next version.

        Args:
            model: the tensors; those of later models have the dtypes of the first.
            **changed: options that are others for this one.
        """
        options, wanted = {**self.options, **changed}, dict(model)
        if self.state.values:
            held = {name: self.state.dtype(0, name) for name in self.state.names(0)}
            wanted = in_dtypes(wanted, held)
        else:
            options = first_options(wanted, self.first_bits, options)
        data, self.state = encode(self.state, 0, wanted, options, self.step)
        self.version += 1
        if self.version > 1:
            self.updates[self.version] = data
            self.base = None
        else:
            self.base = data
        self.forget_old_updates(KEPT * sum(one.nbytes for one in wanted.values()))

    def forget_old_updates(self, limit: int) -> None:
        """Keep the last updates up to a number of bytes: older nodes get a base."""
        total = 0
        for version in sorted(self.updates, reverse=True):
            total += len(self.updates[version])
            if total > limit:
                del self.updates[version]

    def bitstreams_from(self, known: int) -> tuple[list[bytes], int, bool]:
        """Return what brings a node to the current version.

        Args:
            known: the version that it has, 0 for none.

        Returns:
            The bitstreams, the version after the first, and whether that is a base model.
        """
        missing = range(known + 1, self.version + 1)
        if known and all(version in self.updates for version in missing):
            chain = [self.updates[version] for version in missing]
            if len(chain) < 2 or sum(map(len, chain)) <= len(self.base_now()):
                return chain, known + 1, False
        return [self.base_now()], self.version, True

    def base_now(self) -> bytes:
        """Return the current model as a base, to the bit as nodes have it."""
        if self.base is None:
            self.base = encoder_at(self.state.copy(), 0, self.options).encode_base()
        return self.base

    def learned(self, session: str, version: int, data: bytes) -> dict[str, NDArray[Any]]:
        """Decode the update of a node, which is of the current version.

        Raises:
            NncError: it is of another session or version, or damaged.
        """
        self.check(session, version)
        if version != self.version:
            raise nnc.InvalidError(f"it is of version {version}, the server is at {self.version}")
        inbox = nnc.Decoder()
        inbox.state = self.state.copy()
        inbox.decode(data)
        return inbox.tensors(NODE)

    def check(self, session: str, version: int) -> None:
        """Refuse what isn't of this session.

        Raises:
            InvalidError: it isn't.
        """
        if session != self.session or not 0 < version <= self.version:
            raise nnc.InvalidError(f"it is of version {version} of another session")
