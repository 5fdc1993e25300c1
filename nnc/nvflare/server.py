"""Filters of a server: models go out as updates of one session, and updates come in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from nvflare.apis.dxo import DXO, DataKind
from nvflare.apis.dxo_filter import DXOFilter
from nvflare.apis.fl_constant import ReturnCode
from nvflare.apis.fl_context import FLContext
from nvflare.apis.shareable import Shareable

import nnc
from nnc.federated.coding import DEFAULT_STEP
from nnc.federated.publisher import FIRST_BITS, Publisher
from nnc.nvflare.wire import LOCK, arrays_of, packed, restored, shared, unpacked


class Server:
    """What the two filters of a server share.

    Attributes:
        publisher: the session.
        model: the tensors of its last version, as the server has them.
        versions: by client the version that it has, as far as it said.
        differences: clients send differences, of which the server's own model is the sum.
    """

    def __init__(self, publisher: Publisher) -> None:
        """Begin without a model."""
        self.publisher = publisher
        self.model: Mapping[str, Any] = {}
        self.versions: dict[str, int] = {}
        self.differences = False

    def publish(self, model: Mapping[str, Any]) -> None:
        """Make a model the current version, unless it is that already."""
        if not same(model, self.model):
            # What coding takes from a sum of differences stays in the sum.
            changed = {"feedback": 0.0} if self.differences else {}
            self.publisher.publish(arrays_of(model), **changed)
            self.model = dict(model)


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two models are equal."""
    return list(one) == list(other) and all(
        one[name] is other[name] or np.array_equal(one[name], other[name]) for name in one
    )


def client_of(context: FLContext) -> str:
    """Return the name of the client at the other end."""
    peer = context.get_peer_context()
    return "" if peer is None else str(peer.get_identity_name())


class EncodeModel(DXOFilter):
    """Encodes models on their way to clients that decode them by `DecodeModel`.

    A filter of the server's task data.
    """

    def __init__(
        self,
        first_bits: int = FIRST_BITS,
        step: float = DEFAULT_STEP,
        options: dict[str, Any] | None = None,
    ) -> None:
        """Take the options.

        Args:
            first_bits: bits of the values of the first model's weights, 2 to 31, where no `qp` is
                given.
            step: step size over the root mean square of an update's changes, where no `qp` is
                given.
            options: those of `nnc.Encoder`; here `effort` is 0, `feedback` 1, and
                names are left out, unless said.

        Raises:
            InputError: an option out of its range, or one that both ends rely on.
        """
        super().__init__([DataKind.WEIGHTS], None)
        self.first_bits, self.step, self.options = first_bits, step, options
        self.begin()

    def begin(self) -> Server:
        """Return a session with these options."""
        return Server(Publisher(self.first_bits, self.step, **(self.options or {})))

    def process_dxo(self, dxo: DXO, shareable: Shareable, fl_ctx: FLContext) -> DXO:
        """Return what brings the client to the model."""
        server, client = shared(fl_ctx, self.begin), client_of(fl_ctx)
        with LOCK:
            server.publish(dxo.data)
            publisher, known = server.publisher, server.versions.get(client, 0)
            bitstreams, first, is_base = publisher.bitstreams_from(known)
        coded, raw = sum(map(len, bitstreams)), sum(one.nbytes for one in server.model.values())
        self.log_info(fl_ctx, f"nnc: model to {client}: {coded} bytes in place of {raw}")
        return packed(
            dxo,
            bitstreams,
            session=publisher.session,
            version=publisher.version,
            first=first,
            is_base=is_base,
        )


class DecodeUpdate(DXOFilter):
    """Decodes what clients learned, as `EncodeUpdate` encodes it.

    A filter of the server's task results. A client that replies with an error, or whose reply
    can't be decoded, gets the whole model with its next task.
    """

    def __init__(self) -> None:
        """Take updates in both of NVFlare's kinds."""
        super().__init__([DataKind.WEIGHTS, DataKind.WEIGHT_DIFF], None)

    def process(self, shareable: Shareable, fl_ctx: FLContext) -> Shareable:
        """Filter a reply; forget what a client has that replies with an error."""
        server = shared(fl_ctx, lambda: Server(Publisher()))
        known = server.versions.pop(client_of(fl_ctx), None)
        result = super().process(shareable, fl_ctx)
        if known and result.get_return_code() == ReturnCode.OK:
            server.versions.setdefault(client_of(fl_ctx), known)
        return result

    def process_dxo(self, dxo: DXO, shareable: Shareable, fl_ctx: FLContext) -> DXO | None:
        """Return the tensors of an update.

        Raises:
            NncError: it is of another version, or damaged.
        """
        found = unpacked(dxo, "session", "version", "raw_bytes")
        if found is None:
            return None
        server, client = shared(fl_ctx, lambda: Server(Publisher())), client_of(fl_ctx)
        arrived, said = found
        if len(arrived) != 1:
            raise nnc.InvalidError(f"a reply should hold one bitstream, not {len(arrived)}")
        with LOCK:
            publisher = server.publisher
            tensors = publisher.learned(said["session"], said["version"], arrived[0])
            server.versions[client] = said["version"]
            server.differences = dxo.data_kind == DataKind.WEIGHT_DIFF
        self.log_info(
            fl_ctx,
            f"nnc: update of {client}: {len(arrived[0])} bytes in place of {said['raw_bytes']}",
        )
        if server.differences:
            tensors = minus(tensors, publisher.tensors())
        return restored(dxo, {name: tensors[name] for name in server.model})


def minus(
    tensors: Mapping[str, NDArray[Any]], before: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Return the differences of tensors by name.

    Raises:
        InvalidError: they have other shapes.
    """
    for name, values in tensors.items():
        if values.shape != before[name].shape:
            raise nnc.InvalidError(f"tensor {name!r} has the shape {values.shape} in an update")
    return {name: values - before[name] for name, values in tensors.items()}
