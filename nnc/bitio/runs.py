# cython: annotation_typing=False
"""Runs of records that begin alike: what differs at the beginning is a size and a text.

A file may hold tens of thousands of them. Where their bytes are the same, so is all that reading
them one by one would come to; what that is has to be known from such a record that was read.
Where a C compiler was at hand this module is compiled (the types stand in `runs.pxd`).
"""

from __future__ import annotations

from typing import Any, NamedTuple


class RecordPattern(NamedTuple):
    """The bytes that records begin with.

    Attributes:
        width: bytes of the size field, which comes first.
        size_bits: its last bits, which are the size of the record in bytes.
        fixed: the bits before them, as a number.
        before: the bytes from the size field to the text.
        after: the bytes after the zero byte that ends the text, up to what records have of
            their own.
    """

    width: int
    size_bits: int
    fixed: int
    before: bytes
    after: bytes


class Record(NamedTuple):
    """A record that was found.

    Attributes:
        pattern: number of its pattern.
        text: the text at its beginning.
        payload_start: place of the byte after what is alike.
        stop: place of the byte after its last.
    """

    pattern: int
    text: str
    payload_start: int
    stop: int


class RunMatcher:
    """Finds records of known patterns that follow each other.

    Attributes:
        patterns: the patterns.
    """

    def __init__(self) -> None:
        """Begin without a pattern."""
        self.patterns: list[Any] = []
        self.followers: list[Any] = []
        self.last = 0
        self.data: Any = b""

    def add(self, pattern: RecordPattern) -> None:
        """Add a pattern; it is taken to be followed by others of it."""
        self.patterns.append(tuple(pattern))
        self.last = len(self.followers)
        self.followers.append(self.last)

    def run(self, source: Any, start: int, end: int) -> list[Any]:
        """Return the parts of a `Record` for each that is found, up to the first unknown one.

        Args:
            source: the data, a memoryview of bytes.
            start: place of the first record.
            end: where the last one ends at most.
        """
        found: list[Any] = []
        if not self.patterns:
            return found
        self.data = source
        place = start
        while place < end:
            # Patterns come in turns: what followed a pattern last time mostly follows it again.
            guess = self.followers[self.last]
            number = guess
            stop = begin = zero = 0
            while True:
                pattern = self.patterns[number]
                stop = self.end_of_record(place, end, pattern)
                if stop > 0:
                    begin = place + pattern[0] + len(pattern[3])
                    if self.holds(place + pattern[0], stop, pattern[3]):
                        zero = self.zero_byte(begin, stop)
                        if zero >= 0 and self.holds(zero + 1, stop, pattern[4]):
                            break
                number = number + 1 if number + 1 < len(self.patterns) else 0
                if number == guess:
                    return found
            try:
                text = bytes(source[begin:zero]).decode("utf-8")
            except UnicodeDecodeError:
                return found
            found.append((number, text, zero + 1 + len(pattern[4]), stop))
            self.followers[self.last] = number
            self.last = number
            place = stop
        return found

    def end_of_record(self, place: int, end: int, pattern: Any) -> int:
        """Return where a record ends by its size field; 0: it is another, or cut off."""
        width, bits = pattern[0], pattern[1]
        if end - place < width:
            return 0
        size = 0
        for j in range(place, place + width):
            size = (size << 8) | self.data[j]
        if size >> bits != pattern[2]:
            return 0
        size -= (size >> bits) << bits
        if size > end - place:
            return 0
        stop: int = place + size
        return stop

    def holds(self, place: int, end: int, wanted: Any) -> bool:
        """Tell whether bytes stand at a place before the end."""
        length = len(wanted)
        if length > end - place:
            return False
        for j in range(length):  # noqa: SIM110 (compiled)
            if self.data[place + j] != wanted[j]:
                return False
        return True

    def zero_byte(self, place: int, end: int) -> int:
        """Return the place of the first zero byte, or -1."""
        for j in range(place, end):
            if self.data[j] == 0:
                return j
        return -1
