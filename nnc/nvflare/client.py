"""Filters of a client: follow the server's model, and encode what was learned of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from nvflare.apis.dxo import DXO, DataKind
from nvflare.apis.dxo_filter import DXOFilter
from nvflare.apis.fl_context import FLContext
from nvflare.apis.shareable import Shareable

import nnc
from nnc.federated.coding import DEFAULT_STEP
from nnc.federated.node import Node, followed
from nnc.nvflare.wire import arrays_of, packed, restored, shared, unpacked


class Client:
    """What the two filters of a client share.

    Attributes:
        session: names the server's session, "" for none.
        version: the version of the model that the client has.
        decoder: the model, and what was left out of updates.
    """

    def __init__(self) -> None:
        """Begin without a model."""
        self.session, self.version, self.decoder = "", 0, nnc.Decoder(slim=True)


class DecodeModel(DXOFilter):
    """Decodes models that `EncodeModel` encoded. A filter of a client's task data."""

    def __init__(self) -> None:
        """Take models."""
        super().__init__([DataKind.WEIGHTS], None)

    def process_dxo(self, dxo: DXO, shareable: Shareable, fl_ctx: FLContext) -> DXO | None:
        """Return the tensors of a model.

        Raises:
            NncError: it doesn't follow on what the client has, or is damaged.
        """
        found = unpacked(dxo, "session", "version", "first", "is_base")
        if found is None:
            return None
        bitstreams, said = found
        client = shared(fl_ctx, Client)
        decoder, version = client.decoder.copy(), client.version
        if said["session"] != client.session:
            decoder, version = nnc.Decoder(slim=True), 0
        decoder, version = followed(
            decoder, version, bitstreams, said["first"], is_base=said["is_base"]
        )
        if version != said["version"]:
            raise nnc.InvalidError(
                f"the client has version {version} of the model, the server sent {said['version']}"
            )
        decoder.rebase()
        client.session, client.version, client.decoder = said["session"], version, decoder
        return restored(dxo, decoder.tensors(0))


class EncodeUpdate(DXOFilter):
    """Encodes what a client learned, for `DecodeUpdate` of the server.

    A filter of a client's task results. Put it last, so that filters for privacy come before it.
    """

    def __init__(
        self,
        send: list[str] | None = None,
        step: float = DEFAULT_STEP,
        options: dict[str, Any] | None = None,
    ) -> None:
        """Take the options.

        Args:
            send: patterns of the names of tensors that are sent back; the server takes the
                others as it has them. None for all.
            step: step size over the root mean square of an update's changes, where no `qp` is
                given.
            options: those of `nnc.Encoder`; here `effort` is 0, `feedback` 1, and
                names are left out, unless said.

        Raises:
            InputError: an option out of its range, or one that both ends rely on.
        """
        super().__init__([DataKind.WEIGHTS, DataKind.WEIGHT_DIFF], None)
        self.send, self.step, self.options = send, step, options
        self.node()

    def node(self) -> Node:
        """Return what encodes with these options."""
        return Node(("*",) if self.send is None else self.send, self.step, **(self.options or {}))

    def process_dxo(self, dxo: DXO, shareable: Shareable, fl_ctx: FLContext) -> DXO | None:
        """Return an update; None, which leaves it as it is, where it is none of the model."""
        client = shared(fl_ctx, Client)
        if not client.version or not dxo.data.keys() <= set(client.decoder.state.names(0)):
            return None
        learned = arrays_of(dxo.data)
        raw = sum(one.nbytes for one in learned.values())
        if dxo.data_kind == DataKind.WEIGHT_DIFF:
            learned = plus(client.decoder.tensors(0), learned)
        data, state = self.node().update(client.decoder.state, learned)
        client.decoder = nnc.Decoder(slim=True)
        client.decoder.state = state.rebased()
        return packed(dxo, [data], session=client.session, version=client.version, raw_bytes=raw)


def plus(
    model: Mapping[str, NDArray[Any]], changes: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Return those tensors of a model that changed, with their changes."""
    return {name: np.asarray(model[name] + values) for name, values in changes.items()}
