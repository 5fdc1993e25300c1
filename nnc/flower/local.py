"""Nodes in this process, for trying things and for tests: no network, no Ray."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

from flwr.app import Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid

from nnc.bitio import UnsupportedError

#: What is done to a message on its way, and to a reply: None is lost.
Fault = Callable[[Message], Message | None]

#: Code of errors of an app, as Flower numbers them.
APP_FAILED = 2


class LocalGrid(Grid):
    """A grid whose nodes are called one after the other.

    As with Flower, what an app changes in its context counts once it has replied.

    Attributes:
        nodes: the state that each node keeps, by its number. Add and remove nodes at will.
        on_message: what happens to messages on the way to a node.
        on_reply: what happens to replies.
    """

    def __init__(
        self,
        app: ClientApp,
        count: int,
        *,
        on_message: Fault | None = None,
        on_reply: Fault | None = None,
    ) -> None:
        """Make nodes, numbered from 1.

        Args:
            app: what runs on each of them.
            count: how many there are.
            on_message: called with each message to a node; returns it, another one, or None.
            on_reply: likewise with each reply.

        Raises:
            UnsupportedError: Flower's release has no place for the identity of a task.
        """
        self.app, self.on_message, self.on_reply = app, on_message, on_reply
        self.nodes: dict[int, Context] = {}
        self.count, self.sent, self.waiting = count, 0, dict[str, Message]()
        identify()
        for number in range(1, count + 1):
            self.add_node(number)

    def add_node(self, number: int) -> None:
        """Add a node without a state, or take the state from one."""
        config: dict[str, Any] = {"partition-id": number - 1, "num-partitions": self.count}
        self.nodes[number] = Context(
            run_id=1, node_id=number, node_config=config, state=RecordDict(), run_config={}
        )

    def set_run(self, run: Any) -> None:
        """Take the run, of which nothing is needed."""

    @property
    def run(self) -> Any:
        """The run: none."""
        raise UnsupportedError("a local grid has no run")

    def create_message(self, *args: Any, **named: Any) -> Message:
        """Return a message, as Flower's own grids did."""
        return Message(*args, **named)

    def get_node_ids(self) -> Iterable[int]:
        """Return the numbers of the nodes."""
        return list(self.nodes)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Hand messages to their nodes, and keep the replies."""
        names = []
        for message in messages:
            self.sent += 1
            names.append(str(self.sent))
            message.metadata.__dict__["_message_id"] = names[-1]
            reply = self.answered(message)
            if reply is not None:
                self.waiting[names[-1]] = reply
        return names

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Return the replies to messages."""
        return [self.waiting.pop(name) for name in list(message_ids) if name in self.waiting]

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        """Return the replies to messages that are sent."""
        return self.pull_messages(self.push_messages(messages))

    def answered(self, message: Message) -> Message | None:
        """Return the reply of a node, None where something was lost."""
        node = message.metadata.dst_node_id
        arrived: Message | None = copy.deepcopy(message)
        if self.on_message is not None and arrived is not None:
            arrived = self.on_message(arrived)
        if arrived is None or node not in self.nodes:
            return None
        context = copy.deepcopy(self.nodes[node])
        try:
            reply: Message | None = self.app(arrived, context)
        except Exception as error:  # As Flower does, whatever an app raises.
            reply = Message(Error(APP_FAILED, str(error)), reply_to=message)
        else:
            self.nodes[node] = context
        return reply if self.on_reply is None or reply is None else self.on_reply(reply)


def identify() -> None:
    """Say who sends messages, which outside of Flower's own processes nobody does.

    Raises:
        UnsupportedError: Flower's release has no place for it.
    """
    try:
        from flwr.supercore.task_identity import TaskIdentity
    except ImportError:
        raise UnsupportedError("this release of flwr can't run nodes locally: use 1.42") from None
    TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, 1, 0
