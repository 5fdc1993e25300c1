"""What reader and writer share about the bits of elements, and arrays of a fixed width."""

from __future__ import annotations

import numpy as np

from nnc.bitio.errors import WIDEST_IN_TEXT

# An Exp-Golomb code may be as long as its data; nothing in the format needs numbers beyond
# 64 bits, and a limit keeps a run of zero bytes from turning into one huge integer.
MAXIMUM_EXP_GOLOMB_ORDER = 64

# A shift of this one is a shift of Python's integers, compiled or not: it can't overflow.
ONE = 1

FLOAT_FORMATS = {16: "<e", 32: "<f", 64: "<d"}

#: Passes of loops that compute only are free up to so many for each bit: some 400 stand in the
#: header of a frame of AV1, which may have as few as 16 bits.
PASSES_PER_BIT = 32


def unsigned_text(n: int) -> str:
    """Return the values of `n` bits, as messages say them."""
    return f"0..{(ONE << n) - 1}" if n <= WIDEST_IN_TEXT else f"0..2 to the {n} minus 1"


def signed_text(n: int) -> str:
    """Return the values of `n` bits in two's complement, as messages say them."""
    if n > WIDEST_IN_TEXT:
        return f"numbers of {n} bits"
    half = (ONE << n) >> 1
    return f"{-half}..{half - 1}" if n else "none"


def filling(n: int, fill: int) -> int:
    """Return the regular bits of a padding of `n` bits."""
    return (ONE << n) - 1 if fill == 1 else 0


def narrowest_unsigned(n: int) -> np.dtype:
    """Return the narrowest unsigned dtype that holds `n` bits."""
    return np.dtype(f"u{1 if n <= 8 else 2 if n <= 16 else 4 if n <= 32 else 8}")


def unpack_fixed_width(source: memoryview, start: int, n: int, count: int) -> np.ndarray:
    """Unpack `count` unsigned integers of `n` bits that begin at bit `start`.

    Works in pieces, so that no more than a few megabytes are used besides the result.
    """
    dtype = narrowest_unsigned(n)
    result = np.zeros(count, dtype=dtype)
    if n == 0:
        return result
    if n in (8, 16, 32, 64) and start & 7 == 0:
        first = start >> 3
        raw = source[first : first + count * (n >> 3)]
        result[:] = np.frombuffer(raw, dtype=dtype.newbyteorder(">"))
        return result
    piece = 1 << 16
    weights = 1 << np.arange(n - 1, -1, -1, dtype=np.uint64)
    for done in range(0, count, piece):
        some = min(piece, count - done)
        begin = start + done * n
        stop = begin + some * n
        pieces = np.frombuffer(source[begin >> 3 : (stop + 7) >> 3], dtype=np.uint8)
        bits = np.unpackbits(pieces)[begin & 7 : (begin & 7) + some * n].reshape(some, n)
        result[done : done + some] = bits.astype(np.uint64) @ weights
    return result
