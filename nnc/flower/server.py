"""What the server does: any strategy of Flower, whose models and replies travel as bitstreams."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from flwr.app import ArrayRecord, ConfigRecord, Error, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp import strategy as flower

import nnc
from nnc.federated.coding import DEFAULT_STEP
from nnc.federated.publisher import FIRST_BITS, Publisher
from nnc.flower.rounds import Round
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
    with_content,
)


class Strategy(flower.Strategy):
    """A strategy around another one, whose nodes have `nnc.flower.Mod`.

    The inner strategy, what evaluates on the server, and the result see the model as nodes have
    it. What coding took from it is sent with the next update (`feedback`).

    Attributes:
        inner: the strategy inside.
        rounds: what each round cost.
        versions: by node the version of the model that it has, as far as it said.
    """

    def __init__(
        self,
        inner: flower.Strategy,
        *,
        first_bits: int = FIRST_BITS,
        step: float = DEFAULT_STEP,
        **options: Any,
    ) -> None:
        """Wrap a strategy.

        Args:
            inner: the strategy.
            first_bits: bits of the values of the first model's weights, 2 to 31, where no `qp` is
                given. Vectors are coded as `nnc.encode` does.
            step: step size over the root mean square of an update's changes, where no `qp` is
                given.
            **options: those of `nnc.Encoder`; here `effort` is 0, `feedback` 1, and
                names are left out, unless said.

        Raises:
            InputError: an option out of its range, or one that both ends rely on.
        """
        if not isinstance(inner, flower.Strategy):
            raise nnc.InputError(f"inner must be a strategy, not {type(inner).__name__}")
        self.inner, self.publisher = inner, Publisher(first_bits, step, **options)
        self.reset()

    def reset(self) -> None:
        """Forget all nodes, and begin a session of its own."""
        self.publisher.reset()
        self.current: ArrayRecord | None = None
        self.versions: dict[int, int] = {}
        self.rounds: list[Round] = []

    @property
    def version(self) -> int:
        """The version of the model now."""
        return self.publisher.version

    def tensors(self) -> dict[str, Any]:
        """Return the tensors of the model as nodes have them after the last update."""
        return self.publisher.tensors()

    def summary(self) -> None:
        """Log what the inner strategy does."""
        self.inner.summary()

    def start(self, grid: Grid, initial_arrays: ArrayRecord, *args: Any, **named: Any) -> Any:
        """Run the strategy; arguments and result are those of Flower's."""
        self.reset()
        return super().start(grid, self.published(initial_arrays, 0), *args, **named)

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Return the inner strategy's messages, coded for the node of each."""
        arrays = self.published(arrays, server_round)
        messages = self.inner.configure_train(server_round, arrays, config, grid)
        return self.coded(server_round, messages)

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Return the inner strategy's messages, coded for the node of each."""
        arrays = self.published(arrays, server_round)
        messages = self.inner.configure_evaluate(server_round, arrays, config, grid)
        return self.coded(server_round, messages)

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Decode replies, let the inner strategy aggregate them, and encode the new model."""
        decoded = [self.decoded(server_round, reply) for reply in replies]
        arrays, metrics = self.inner.aggregate_train(server_round, decoded)
        return None if arrays is None else self.published(arrays, server_round), metrics

    def aggregate_evaluate(
        self, server_round: int, replies: Iterable[Message]
    ) -> MetricRecord | None:
        """Let the inner strategy aggregate replies."""
        decoded = [self.decoded(server_round, reply) for reply in replies]
        return self.inner.aggregate_evaluate(server_round, decoded)

    def round(self, number: int) -> Round:
        """Return what a round cost so far."""
        if not self.rounds or self.rounds[-1].number != number:
            self.rounds.append(Round(number))
        return self.rounds[-1]

    def published(self, arrays: ArrayRecord, number: int) -> ArrayRecord:
        """Make a model the current one, and return it as nodes will have it."""
        if self.current is not None and same(arrays, self.current):
            return self.current
        started = time.perf_counter()
        self.publisher.publish(arrays_of(arrays))
        tensors = self.tensors()
        order = [*arrays, *(name for name in tensors if name not in arrays)]
        self.current = record_of_arrays({name: tensors[name] for name in order})
        self.round(number).seconds += time.perf_counter() - started
        return self.current

    def coded(self, number: int, messages: Iterable[Message]) -> Iterator[Message]:
        """Yield messages whose models are bitstreams; arrays of another kind stay as they are."""
        for message in messages:
            records = message.content.array_records
            key = next((one for one in records if same(records[one], self.current)), None)
            if key is None:
                yield message
                continue
            started, cost = time.perf_counter(), self.round(number)
            server, known = self.publisher, self.versions.get(message.metadata.dst_node_id, 0)
            bitstreams, first, is_base = server.bitstreams_from(known)
            said = Down(server.session, server.version, first, is_base, key)
            cost.bytes_down += sum(map(len, bitstreams))
            cost.raw_down += size_of(records[key])
            content = dict(message.content.items())
            content |= {key: packed(bitstreams), RECORD: record_of(said)}
            cost.seconds += time.perf_counter() - started
            # Strategies let their messages share one content.
            yield with_content(message, RecordDict(content))

    def decoded(self, number: int, reply: Message) -> Message:
        """Return a reply as the inner strategy expects it; an error where it can't be decoded."""
        cost, node = self.round(number), reply.metadata.src_node_id
        if reply.has_error():
            cost.failures += 1
            if (reply.error.reason or "").startswith(LOST):
                self.versions.pop(node, None)
            return reply
        started = time.perf_counter()
        try:
            said = read_record(Up, reply.content)
            if said is None:
                return reply
            content = self.content_of(reply.content, said, cost)
        except (nnc.NncError, KeyError, ValueError, TypeError) as error:
            cost.failures += 1
            reason = f"nnc: the reply of node {node} can't be decoded: {error}"
            return Message(error=Error(MOD_FAILED, reason), metadata=reply.metadata)
        self.versions[node] = said.version
        cost.replies += 1
        cost.seconds += said.seconds + time.perf_counter() - started
        return with_content(reply, content)

    def content_of(self, content: RecordDict, said: Up, cost: Round) -> RecordDict:
        """Return the content of a reply, decoded.

        Raises:
            NncError: it is of another session or version, or damaged.
        """
        self.publisher.check(said.session, said.version)
        records = dict(content.items())
        del records[RECORD]
        if said.key:
            (data,) = unpacked(records[said.key])
            tensors = self.publisher.learned(said.session, said.version, data)
            assert self.current is not None, "a version has a model"
            records[said.key] = record_of_arrays({name: tensors[name] for name in self.current})
            cost.bytes_up += len(data)
            cost.raw_up += said.raw_bytes
        return RecordDict(records)


def same(one: ArrayRecord, other: ArrayRecord | None) -> bool:
    """Tell whether two records hold the same arrays."""
    if other is None or one is other:
        return one is other
    return list(one) == list(other) and all(
        (one[name].dtype, one[name].data) == (other[name].dtype, other[name].data) for name in one
    )
