"""The offset registers of entry points, which are known only once a codeword is finished."""

from __future__ import annotations


def fill_offsets(entries: list[tuple[list[int], int, int]], payload: bytes) -> None:
    """Append the offset registers to the lists of entry points of a finished codeword.

    Args:
        entries: for each entry point the list to append to, the bits consumed there and the
            low 9 bits of the encoder's low.
        payload: the codeword.
    """
    for offsets, position, low in entries:
        # The last 9 bits that a decoder has read there.
        first = (position - 9) >> 3
        window = int.from_bytes(payload[first : first + 3].ljust(3, b"\0"), "big")
        value = window >> (24 - 9 - ((position - 9) & 7))
        offsets.append((value - low) & 511)
