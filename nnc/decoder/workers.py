"""Who does the work on the units of a bitstream: threads of ours, an executor, or the caller."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from nnc.bitio import InputError
from nnc.model.limits import Limits
from nnc.model.options import option

# Below so many bytes, handing units to threads costs more than it brings.
SERIAL_BYTES = 1 << 15

#: Memory of a call that is made sooner than it is handed to a thread of ours: that of a tensor of
#: about 800 values.
SMALL_CALL = 1 << 13

#: Memory that units worked on at the same time may take, for each worker: room for a tensor of
#: 16 million values. A larger one is worked on alone.
BYTES_PER_WORKER = 160 << 20

#: Workers that an executor is taken to have if it doesn't say so.
WORKERS_OF_EXECUTOR = 16

#: Results of so many units for each worker may wait for their turn.
WAITING_PER_WORKER = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What encoding and decoding may use. The bytes don't depend on it."""

    threads: int | None = option(None, "Number of threads.", told="one a processor")
    executor: Executor | None = option(
        None,
        "A `concurrent.futures.Executor` to work in place of threads of our own.",
        command=False,
    )
    memory: int | None = option(
        None,
        "Bytes that tensors worked on at once may take, about.",
        "A tensor that takes more (ten bytes a value) is worked on alone.",
        told="160MiB a worker",
        calls=("encode_file",),
    )
    limits: Limits | None = option(
        None, "What to accept of bitstreams that others encoded.", calls=("Encoder",),
        told="those of nnc.Limits",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse what can't do any work.

        Raises:
            InputError: not a number of threads, or no executor.
        """
        executor, threads = self.executor, self.threads
        if executor is not None and (isinstance(executor, type) or not hasattr(executor, "submit")):
            raise InputError(f"executor has to be a concurrent.futures.Executor, not {executor!r}")
        if threads is not None and (not isinstance(threads, int) or threads < 1):
            raise InputError(f"threads has to be 1 or more, not {threads!r}")

    @contextmanager
    def workers(self, byte_count: int) -> Iterator[Workers]:
        """Return workers, and let go of them at the end; an executor is left open.

        Args:
            byte_count: bytes to be worked on in all.
        """
        count = self.threads or os.cpu_count() or 1
        if self.executor is not None:
            yield Workers(executor=self.executor)
        elif count == 1 or (self.threads is None and byte_count < SERIAL_BYTES):
            yield SERIAL
        else:
            with ThreadPoolExecutor(count) as pool:
                try:
                    yield Workers(pool, count, pool)
                except BaseException:
                    pool.shutdown(cancel_futures=True)
                    raise


#: Threads of our own, one a processor, and the limits that hold by default.
DEFAULTS = Resources()


class Workers(NamedTuple):
    """Hands out work.

    Attributes:
        pool: threads of ours, which share memory with the caller; None where there are none.
        threads: how many.
        executor: takes single calls: the pool or the caller's executor; None: the caller works.
    """

    pool: Executor | None = None
    threads: int = 1
    executor: Executor | None = None


#: The caller does it all.
SERIAL = Workers()


class Call(NamedTuple):
    """One call to be made by a worker.

    Attributes:
        arguments: of the function.
        memory: bytes that it takes until its result is taken, about.
        parts: how many small calls it may be made of: then it is as small as these.
    """

    arguments: tuple[Any, ...]
    memory: int
    parts: int = 1


def in_order(
    work: Workers,
    function: Callable[..., Any],
    calls: Iterable[Call],
    memory: int | None = None,
    small: int = SMALL_CALL,
) -> Iterator[Any]:
    """Make calls many at once, and return their results in order.

    The next call is only taken when there is room for it, so that memory stays bounded however
    many there are; a call beyond the limit is made alone. Threads of ours aren't given small
    ones: thousands of them would cost more in handing over than in work. The caller makes those in
    their turn, while threads work on what comes later.

    Args:
        work: who makes the calls.
        function: what is called.
        calls: its arguments; taken one by one.
        memory: bytes that unfinished calls may take in all; None: by the number of workers.
        small: memory of a call that threads of ours aren't given.
    """
    if work.executor is None:
        for call in calls:
            yield function(*call.arguments)
        return
    count = worker_count(work)
    limit = room_for(work, memory)
    small = small if work.pool is not None else 0
    pending: deque[tuple[Future[Any] | Later, int]] = deque()
    used = 0
    try:
        for call in calls:
            is_small = call.memory < small * call.parts
            while pending and (
                used + call.memory > limit or len(pending) >= WAITING_PER_WORKER * count
            ):
                future, taken = pending.popleft()
                result = future.result()
                used -= taken
                del future
                yield result
                del result
            submit = Later if is_small else work.executor.submit
            pending.append((submit(function, *call.arguments), call.memory))
            used += call.memory
            del call
        while pending:
            yield pending.popleft()[0].result()
    finally:
        for future, _ in pending:
            future.cancel()


class Later:
    """A call that is made when its result is asked for, by who asks."""

    def __init__(self, function: Callable[..., Any], /, *arguments: Any) -> None:
        """Take the function and its arguments."""
        self.function, self.arguments = function, arguments

    def result(self) -> Any:
        """Make the call, and return what comes of it."""
        return self.function(*self.arguments)

    def cancel(self) -> None:
        """Do nothing: it wasn't made."""


def room_for(work: Workers, memory: int | None) -> int:
    """Return how many bytes unfinished calls may take, if `memory` doesn't say so."""
    return BYTES_PER_WORKER * worker_count(work) if memory is None else memory


def worker_count(work: Workers) -> int:
    """Return the number of workers, as far as it is known."""
    if work.pool is not None:
        return work.threads
    count = getattr(work.executor, "_max_workers", None)
    return count if isinstance(count, int) and count > 0 else WORKERS_OF_EXECUTOR
