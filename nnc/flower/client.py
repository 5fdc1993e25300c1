"""What a node does: decode the model that comes, encode the one that goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from flwr.app import ConfigRecord, Context, Error, Message, RecordDict

import nnc
from nnc.decoder.session_state import SessionState
from nnc.federated.coding import DEFAULT_STEP
from nnc.federated.node import Node, followed
from nnc.flower.wire import (
    LOST,
    MOD_FAILED,
    RECORD,
    Down,
    Up,
    arrays_of,
    packed,
    read_record,
    record_of,
    record_of_arrays,
    size_of,
    unpacked,
)

#: How the records of Flower's secure aggregation begin.
SECURE = "secaggplus"


class Mod:
    """A mod for `flwr.clientapp.ClientApp`: models and updates travel as bitstreams.

    Put it first in the list of mods, so that clipping and noise come before coding. The state of
    the node is in its context, which Flower keeps over restarts, each run for itself; it changes
    in one step, at the end.
    """

    def __init__(
        self, *, send: Sequence[str] = ("*",), step: float = DEFAULT_STEP, **options: Any
    ) -> None:
        """Take the options.

        Args:
            send: patterns of the names of tensors that are sent back; the server takes the
                others as it has them.
            step: step size of weights over the root mean square of an update's changes, where
                no `qp` is given.
            **options: those of `nnc.Encoder`; here `effort` is 0, `feedback` 1, and
                names are left out, unless said.

        Raises:
            InputError: an option out of its range, or one that both ends rely on.
        """
        self.node = Node(send, step, **options)

    def __call__(
        self, message: Message, context: Context, call_next: Callable[..., Message]
    ) -> Message:
        """Decode what a message brings, call the app, and encode what it replies."""
        refuse_masks(message.content)
        try:
            said = read_record(Down, message.content)
            if said is None:
                return call_next(message, context)
            started = time.perf_counter()
            state = received(message.content, said, context)
        except nnc.NncError as error:
            return Message(Error(MOD_FAILED, f"{LOST}: {error}"), reply_to=message)
        model = nnc.Decoder()
        model.state = state
        records = dict(message.content.items())
        del records[RECORD]
        records[said.key] = record_of_arrays(model.tensors(0))
        message.content = RecordDict(records)
        spent = time.perf_counter() - started
        reply = call_next(message, context)
        if not reply.has_content():
            return reply
        started = time.perf_counter()
        content, key, raw = dict(reply.content.items()), self.key_of(reply, said.key, state), 0
        if key:
            raw = size_of(content[key])
            data, state = self.node.update(state, arrays_of(content[key]))
            content[key] = packed([data])
        spent += time.perf_counter() - started
        content[RECORD] = record_of(Up(said.session, said.version, key, raw, spent))
        reply.content = RecordDict(content)
        context.state[RECORD] = ConfigRecord(
            {"session": said.session, "version": said.version, "state": bytes_of(state)}
        )
        return reply

    def key_of(self, reply: Message, key: str, state: SessionState) -> str:
        """Return the record of a reply that is the model trained further; "" for none."""
        known, records = set(state.names(0)), reply.content.array_records
        likely = [key] if key in records else list(records) if len(records) == 1 else []
        return next((one for one in likely if records[one] and known >= set(records[one])), "")


def refuse_masks(content: RecordDict) -> None:
    """Refuse messages of secure aggregation, whose masks wouldn't cancel after coding.

    Raises:
        UnsupportedError: it is one.
    """
    if any(name.startswith(SECURE) for name in content.config_records):
        raise nnc.UnsupportedError(
            "updates with masks of secure aggregation can't be coded with loss: leave out "
            "nnc.flower.Mod, or the masks"
        )


def received(content: RecordDict, said: Down, context: Context) -> SessionState:
    """Return the state of a node after the bitstreams of a message.

    Raises:
        NncError: they don't follow on what the node has.
    """
    decoder, version = nnc.Decoder(slim=True), 0
    kept = context.state.config_records.get(RECORD)
    if kept is not None and kept["session"] == said.session:
        decoder, version = nnc.Decoder.from_bytes(kept["state"]), int(kept["version"])
    arrived = unpacked(content.array_records[said.key])
    decoder, version = followed(decoder, version, arrived, said.first, is_base=said.is_base)
    if version != said.version:
        raise nnc.InvalidError(f"the node has version {version}, the server sent {said.version}")
    decoder.rebase()
    return decoder.state


def bytes_of(state: SessionState) -> bytes:
    """Return a state in bytes, without what a node sent."""
    decoder = nnc.Decoder()
    decoder.state = state.rebased()
    return decoder.to_bytes()
