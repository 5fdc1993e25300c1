"""Damages files of a format in the ways that hurt parsers, and checks what comes of it."""

from __future__ import annotations

import functools
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

from nnc.bitio import NncError

#: What one damaged file of a few hundred bytes may take.
MOST_SECONDS = 1.0
MOST_BYTES = 100_000_000

#: Values that sizes and counts go wrong with.
BAD_BYTES = (0x00, 0x01, 0x03, 0x7F, 0x80, 0xFE, 0xFF)


def flipped(data: bytearray, source: random.Random) -> None:
    """Flip one to eight bits."""
    for _ in range(source.randint(1, 8)):
        data[source.randrange(len(data))] ^= 1 << source.randrange(8)


def overwritten(data: bytearray, source: random.Random) -> None:
    """Overwrite a few bytes with one that hurts."""
    start = source.randrange(len(data))
    length = source.choice((1, 2, 4, 8))
    data[start : start + length] = bytes([source.choice(BAD_BYTES)]) * length


def cut(data: bytearray, source: random.Random) -> None:
    """Cut the end off."""
    del data[source.randrange(len(data)) :]


def removed(data: bytearray, source: random.Random) -> None:
    """Take some bytes out."""
    start = source.randrange(len(data))
    del data[start : start + source.randint(1, 16)]


def inserted(data: bytearray, source: random.Random) -> None:
    """Put some bytes in."""
    start = source.randrange(len(data) + 1)
    data[start:start] = source.randbytes(source.randint(1, 16))


def repeated(data: bytearray, source: random.Random) -> None:
    """Repeat a piece."""
    start = source.randrange(len(data))
    piece = data[start : start + source.randint(1, 32)]
    data[start:start] = piece * source.randint(1, 8)


WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    flipped,
    overwritten,
    cut,
    removed,
    inserted,
    repeated,
)


def mutations(files: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Yield damaged files: each is one of the files, damaged in one to three ways."""
    source = random.Random(seed)
    for number in range(count):
        data = bytearray(files[number % len(files)])
        for _ in range(source.randint(1, 3)):
            if data:
                source.choice(WAYS)(data, source)
        yield bytes(data)


def cost(call: Callable[[], Any]) -> tuple[Any, float, int]:
    """Call a function, and return its result, its CPU time in seconds, and its memory in bytes.

    It is called twice, as what watches memory makes small allocations some twenty times as slow.
    Time is that of this process alone, so that a busy machine changes little.
    """
    begin = time.process_time()
    result = call()
    seconds = time.process_time() - begin
    tracemalloc.start()
    try:
        call()
        return result, seconds, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def goes_through(use: Callable[[bytes], Any], data: bytes) -> bool:
    """Tell whether data can be used; let nothing pass but errors of ours."""
    try:
        use(data)
    except NncError:
        return False
    return True


def survive(
    use: Callable[[bytes], Any], files: list[bytes], count: int, *, seed: int = 0
) -> tuple[int, int]:
    """Check that damaged files raise nothing but errors of ours, in little time and memory.

    Returns:
        How many were read all the same, and how many were refused.
    """
    read = 0
    for data in mutations(files, count, seed):
        passed, seconds, used = cost(functools.partial(goes_through, use, data))
        read += passed
        assert seconds < MOST_SECONDS, f"{data.hex()}: {seconds:.1f} s"
        assert used < MOST_BYTES, f"{data.hex()}: {used} bytes"
    return read, count - read
