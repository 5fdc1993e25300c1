"""Who does the work on the units of a bitstream: threads of ours, an executor, or the caller."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from nnc.bitio import InputError

# Below so many bytes, handing units to threads costs more than it brings.
SERIAL_BYTES = 1 << 15


class Workers(NamedTuple):
    """Hands out work.

    Attributes:
        map: like the built-in `map`, for one unit after the other or many at once.
        pool: threads of ours, which share memory with the caller; None where there are none.
        threads: how many.
    """

    map: Callable[..., Iterable[Any]]
    pool: Executor | None = None
    threads: int = 1


#: The caller does it all.
SERIAL = Workers(map)


@contextmanager
def workers(threads: int | None, executor: Executor | None, byte_count: int) -> Iterator[Workers]:
    """Give workers, and let go of them at the end.

    Args:
        threads: number of threads; None for one a processor.
        executor: used in place of threads of our own, and left open.
        byte_count: bytes to be worked on in all.

    Raises:
        InputError: not a number of threads.
    """
    if threads is not None and (not isinstance(threads, int) or threads < 1):
        raise InputError(f"threads has to be 1 or more, not {threads!r}")
    count = threads or os.cpu_count() or 1
    if executor is not None:
        yield Workers(executor.map)
    elif count == 1 or (threads is None and byte_count < SERIAL_BYTES):
        yield SERIAL
    else:
        with ThreadPoolExecutor(count) as pool:
            try:
                yield Workers(pool.map, pool, count)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
