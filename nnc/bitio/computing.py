"""Elements that the schema computes from others: sizes, counts, checksums.

Where a table is written, one without a value gets that which it is computed to be. What it is
computed from may only be there later: then the whole is written again with what came out, until
nothing changes. Where a table is read, nothing is computed unless rules are enforced.
"""

from __future__ import annotations

import functools
import hashlib
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

from nnc.bitio.errors import BuildError, NncError

#: How often a table is written anew before its computed elements have to stay as they are.
MOST_ROUNDS = 16

Work = Callable[[], int]


class Pending(NamedTuple):
    """A computed element that waits for the end of a table around its own."""

    table: str
    check: Callable[[], None]


class Filler:
    """What computed elements of a table that is written come to.

    Attributes:
        repair: elements that have another value get the right one too.
        kept: paths of elements that a repair leaves alone.
        guesses: values that came out when the table was written last, by path.
        unsettled: something came out as another value than was written.
        is_finished: all computed elements are known.
        lenient: sizes that don't fit are passed over: they may come from a guess.
    """

    def __init__(
        self, computes: bool, *, repair: bool = False, kept: frozenset[str] = frozenset()
    ) -> None:
        """Begin with no value; a schema that computes nothing is written once."""
        self.is_finished = not computes
        self.repair = repair
        self.kept = kept
        self.guesses: dict[str, int] = {}
        self.unsettled = False
        self.lenient = True
        self.passed_over = False

    def begin(self) -> None:
        """Begin to write the table."""
        self.unsettled = self.passed_over = False

    def needs_another(self, was_last: bool, enforced: bool) -> bool:
        """Tell, after the table was written, whether it has to be written again.

        Args:
            was_last: it was written as it is to stay.
            enforced: somebody wants its rules to be held to.
        """
        if self.unsettled:
            self.is_finished = False
            return True
        if was_last:
            return False
        self.is_finished = True
        if self.passed_over:
            # Not the guesses are wrong: now the error is to come out.
            self.lenient = False
            return True
        return enforced

    def takes(self, value: Any, path: str) -> bool:
        """Tell whether an element is to be computed."""
        return value is None or (self.repair and path not in self.kept)


def computed_value(stream: Any, obj: Any, name: str, work: Work | None) -> Any:
    """Return the value that a computed element is written with.

    Args:
        stream: the writer.
        obj: its table.
        name: the element.
        work: computes it, where everything that it takes is there already; else None.

    Raises:
        BuildError: it has no value, and the writer computes none.
    """
    value = getattr(obj, name)
    filler = stream.filler
    if filler is None:
        if value is None:
            stream.fail("the element is missing", name, code="missing-element")
        return value
    path = stream.path(name)
    if not filler.takes(value, path):
        return value
    if work is None:
        found = filler.guesses.setdefault(path, 0 if value is None else value)
    else:
        found = work()
    if filler.repair:
        setattr(obj, name, found)
    return found


def settle(stream: Any, syntax: Any, obj: Any, name: str, begin: int, work: Work) -> None:
    """Compare a computed element, that begins at bit `begin`, with what it comes to."""
    path = stream.path(name)
    filler = getattr(stream, "filler", None)
    if filler is not None and path in filler.guesses:
        found = work()
        if found != filler.guesses[path]:
            filler.guesses[path] = found
            filler.unsettled = True
    elif stream.rules is not None:
        value = getattr(obj, name)
        try:
            found = work()
        except NncError as error:
            stream.rules.miscomputed(stream, syntax, path, name, begin, value, str(error))
            return
        if value is not None and value != found:
            stream.rules.miscomputed(stream, syntax, path, name, begin, value, str(found))


def settle_later(
    stream: Any, table: str, syntax: Any, obj: Any, name: str, begin: int, work: Work
) -> None:
    """Settle a computed element at the end of a table around its own."""
    if stream.rules is None and getattr(stream, "filler", None) is None:
        return
    depth = stream.stack[:]

    def check() -> None:
        after, stream.stack = stream.stack, depth
        settle(stream, syntax, obj, name, begin, work)
        stream.stack = after

    stream.pending.append(Pending(table, check))


def settle_pending(stream: Any, table: str, before: int) -> None:
    """Settle the computed elements that wait for the end of a table.

    Args:
        stream: the reader or writer.
        table: the table.
        before: how many elements waited when it began; they wait for another one.
    """
    since = stream.pending[before:]
    stream.pending[before:] = [each for each in since if each.table != table]
    for each in since:
        if each.table == table:
            each.check()


def byte_count(stream: Any, begin: int | None, end: int | None) -> int:
    """Return how many bytes lie between two bits; 0 where there is nothing."""
    if begin is None or end is None:
        return 0
    if (end - begin) & 7:
        stream.fail("a size is no number of bytes", "", None, end - begin, "", "bad-span")
    return (end - begin) >> 3


def bytes_between(
    stream: Any, begin: int | None, end: int | None, own: tuple[int, int | None]
) -> bytes:
    """Return the bytes between two bits, with zeros for those of the element that they yield."""
    if begin is None or end is None:
        return b""
    if begin & 7 or end & 7:
        stream.fail("a checksum has to be of whole bytes", "", None, begin, "", "bad-span")
    data = stream.span(begin, end)
    if own[1] is None:
        return bytes(data)
    first, last = max(own[0], begin), min(own[1], end)
    if first >= last:
        return bytes(data)
    whole = int.from_bytes(data, "big")
    whole &= ~(((1 << (last - first)) - 1) << (end - last))
    return whole.to_bytes(len(data), "big")


def crc8(data: bytes) -> int:
    """Return the CRC-8 of polynomial 0x07, as FLAC has it."""
    return crc(8, 0x07, 0, 0, 0, data)


def crc16(data: bytes) -> int:
    """Return the CRC-16 of polynomial 0x8005, as FLAC has it."""
    return crc(16, 0x8005, 0, 0, 0, data)


def crc32(data: bytes) -> int:
    """Return the CRC-32 of zlib, PNG and Ethernet."""
    return zlib.crc32(data)


def md5(data: bytes) -> int:
    """Return the MD5 as an integer of 128 bits."""
    return int.from_bytes(hashlib.md5(data, usedforsecurity=False).digest(), "big")


def crc(width: int, polynomial: int, initial: int, reflected: int, final: int, data: bytes) -> int:
    """Return a cyclic redundancy check.

    Args:
        width: its bits, at least 8.
        polynomial: without its highest bit, most significant bit first.
        initial: what the register holds at first.
        reflected: the least significant bit of each byte comes first.
        final: what the register is combined with at the end, by exclusive or.
        data: the bytes.
    """
    table = crc_table(width, polynomial, bool(reflected))
    register = initial
    if reflected:
        register = int(f"{initial:0{width}b}"[::-1], 2)
        for byte in data:
            register = table[(register ^ byte) & 255] ^ (register >> 8)
    else:
        mask, shift = (1 << width) - 1, width - 8
        for byte in data:
            register = table[(register >> shift) ^ byte] ^ (register << 8) & mask
    return register ^ final


@functools.cache
def crc_table(width: int, polynomial: int, reflected: bool) -> list[int]:
    """Return what each value of a byte does to the register."""
    table = []
    top, mask = 1 << (width - 1), (1 << width) - 1
    mirrored = int(f"{polynomial:0{width}b}"[::-1], 2)
    for byte in range(256):
        register = byte if reflected else byte << (width - 8)
        for _ in range(8):
            if reflected:
                register = (register >> 1) ^ (mirrored if register & 1 else 0)
            else:
                register = (register << 1) & mask ^ (polynomial if register & top else 0)
        table.append(register)
    return table


def unsettled() -> BuildError:
    """Return the error for computed elements that go on changing."""
    return BuildError("the computed elements don't settle", code="unsettled")
