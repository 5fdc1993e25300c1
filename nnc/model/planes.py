"""Floats of up to 32 bits as exponents that entropy coding makes small, and bits that are noise.

A tensor of floats is coded, without loss, in two units: a vector of integers under its name, and
next a raw vector of what entropy coding can't make smaller. The integers are, one after the other:

- the head: how many bits of the mantissa stand with the exponent, how many trailing zero bits all
  mantissas share, which are left out, the centre of the exponents, the place of +0 among them
  counted from 1 (0: there is none), whether rows have offsets, and the number of exponents;
- the distinct exponents with the first bits of the mantissa, less the centre and the offset of the
  row, the most frequent first (0 in the place of +0);
- the offset of each row, if there are any: a row is one of the first dimension;
- the exponent of each value by its place in that list: 0, 1, -1, 2, -2 ...

The raw vector holds, for all values but +0, sign and rest of the mantissa: so many bits each, the
first value in the lowest bits of the first word of 32 bits. In place of integers they would each
come with a bin that tells nothing, at a hundredth of a bit.

So each bit pattern comes back: NaNs with their payloads, infinities, -0 and subnormals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InvalidError

#: What stands after the name of a tensor in that of its raw vector.
NOISE_SUFFIX = ".noise"

#: Bits of the mantissa below which bits are taken for noise, but in types that have few.
LEADING, FEW = 2, 3

#: More exponents are in no list.
LONGEST = 1 << 16

#: Bits of a word of the raw vector, and all of them.
WORD, LOW = 32, (1 << 32) - 1

#: Integers before the list.
HEAD = 6

#: What an entry of a list takes in bits, by measurement.
BITS_OF_ENTRY = 10

#: Values of fewer than so many aren't worth a coder that has to learn.
FEWEST = 64

# Values looked at at once: what is computed of so many stays in a processor's caches.
PIECE = WORD << 11


class Fields(NamedTuple):
    """The fields of a type of floats.

    Attributes:
        width: bits of a value.
        mantissa: bits of its mantissa.
    """

    width: int
    mantissa: int

    @property
    def largest(self) -> int:
        """The largest magnitude of an integer of the same bits."""
        return (1 << (self.width - 1)) - 1


#: Types that planes hold: those of a sign, an exponent and a mantissa, from the highest bit down.
FIELDS = {
    "float32": Fields(32, 23),
    "float16": Fields(16, 10),
    "bfloat16": Fields(16, 7),
    "float8_e4m3fn": Fields(8, 3),
    "float8_e5m2": Fields(8, 2),
}


class Head(NamedTuple):
    """The first integers: how the planes are made.

    Attributes:
        leading: bits of the mantissa that stand with the exponent.
        dropped: trailing bits that are 0 in all values.
        centre: what is taken off the exponents.
        zero: place of +0 in the list of exponents, counted from 1; 0: none.
        rows: 1 where each row has an offset.
        listed: length of the list.
    """

    leading: int
    dropped: int
    centre: int
    zero: int
    rows: int
    listed: int


class Planes(NamedTuple):
    """What floats are coded as.

    Attributes:
        integers: int32 vector.
        noise: float32 vector, whose values are but bits.
    """

    integers: NDArray[np.int32]
    noise: NDArray[np.float32]


def planes_of(values: NDArray[Any]) -> Planes | None:
    """Return the planes of floats.

    Returns:
        None where they would take no fewer bits than the values, or the type has none.
    """
    fields = FIELDS.get(values.dtype.name)
    if fields is None or not values.size or (values.size < FEWEST and survives(values)):
        return None
    bits = np.ascontiguousarray(values).reshape(-1).view(f"u{fields.width >> 3}")
    rows = len(values) if values.ndim > 1 else 1
    plan = planned(bits, rows, fields)
    if plan.cost >= bits.size * stored_width(values) and survives(values):
        return None
    head, row = plan.head, bits.size // rows
    rest = rest_of(head, fields)
    shift, mask = fields.mantissa - head.leading, (1 << (rest - 1)) - 1
    lowest = int(plan.listed.min())
    places = np.zeros(int(plan.listed.max()) - lowest + 1, np.int32)
    order = np.arange(head.listed, dtype=np.int32)
    order = np.where(order & 1, (order + 1) >> 1, -(order >> 1))
    others = order != order[head.zero - 1] if head.zero else slice(None)
    places[plan.listed[others] - lowest] = order[others]
    exponents, noise = np.empty(bits.size, np.int32), np.empty(bits.size, np.uint32)
    filled = 0
    for start in range(0, bits.size, PIECE):
        piece = bits[start : start + PIECE]
        magnitude = (piece & fields.largest).astype(np.uint32)
        found = (magnitude >> shift).astype(np.int32) - (head.centre + lowest)
        if head.rows:
            found -= plan.offsets[np.arange(start, start + piece.size) // row]
        sign = (piece >> (fields.width - 1)).astype(np.uint32)
        own = (magnitude >> head.dropped) & mask | sign << (rest - 1)
        if head.zero:
            there = piece != 0
            found = np.where(there, places[np.where(there, found, 0)], order[head.zero - 1])
            own = own[there]
        else:
            found = places[found]
        exponents[start : start + piece.size] = found
        noise[filled : filled + own.size] = own
        filled += own.size
    integers = [np.array(head, np.int32), plan.listed, plan.offsets, exponents]
    return Planes(np.concatenate(integers), packed_bits(noise[:filled], rest).view(np.float32))


def stored_width(values: NDArray[Any]) -> int:
    """Return the bits that a value takes raw."""
    return 8 * values.dtype.itemsize if values.dtype in (np.float32, np.float16) else 32


def survives(values: NDArray[Any]) -> bool:
    """Tell whether the bits of floats come back from what they would be stored as: NaNs may not."""
    with np.errstate(invalid="ignore"):
        back = values.astype(np.float32).astype(values.dtype)
    return back.tobytes() == values.tobytes()


class Plan(NamedTuple):
    """How planes are made.

    Attributes:
        head: their head.
        listed: the list of exponents.
        offsets: those of the rows, empty without.
        cost: about the bits that they take.
    """

    head: Head
    listed: NDArray[np.int32]
    offsets: NDArray[np.int32]
    cost: float


def planned(bits: NDArray[Any], rows: int, fields: Fields) -> Plan:
    """Choose how planes are made."""
    leading = fields.mantissa if fields.mantissa <= FEW else LEADING
    shift = fields.mantissa - leading
    limit = (fields.largest >> shift) + 1
    used = int(np.bitwise_or.reduce(bits)) & ((1 << shift) - 1)
    dropped = (used & -used).bit_length() - 1 if used else shift
    zeros = int(bits.size - np.count_nonzero(bits))
    noise = (shift - dropped + 1) * (bits.size - zeros)
    offsets = offsets_of(bits, rows, fields, shift)
    plans = []
    for own in (offsets[:0], offsets) if rows > 1 else (offsets[:0],):
        counts = np.zeros(3 * limit, np.int64)
        for start in range(0, bits.size, PIECE):
            piece = bits[start : start + PIECE]
            found = ((piece & fields.largest) >> shift).astype(np.int64) + limit
            if own.size:
                found -= own[np.arange(start, start + piece.size) // (bits.size // rows)]
            counts += np.bincount(found[piece != 0], minlength=counts.size)
        (found,) = counts.nonzero()
        # +0 comes last among those as frequent as it.
        frequent = np.append(counts[found], zeros)[: found.size + (zeros > 0)]
        ranks = np.argsort(-frequent, kind="stable")
        zero = int(np.flatnonzero(ranks == found.size)[0]) + 1 if zeros else 0
        centre = int(found[frequent[: found.size].argmax()]) if found.size else 0
        listed = np.append(found - centre, 0)[ranks].astype(np.int32)
        head = Head(leading, dropped, centre - limit, zero, int(own.size > 0), listed.size)
        cost = entropy(frequent) + BITS_OF_ENTRY * listed.size + noise
        if own.size:
            cost += entropy(np.unique(own, return_counts=True)[1])
        plans.append(Plan(head, listed, own, cost))
    return min(plans, key=lambda one: one.cost)


def offsets_of(bits: NDArray[Any], rows: int, fields: Fields, shift: int) -> NDArray[np.int32]:
    """Return for each row how far its mean exponent is from that of all."""
    row = bits.size // rows
    totals, shares = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    for start in range(0, bits.size, PIECE):
        piece = bits[start : start + PIECE]
        found = np.where(piece != 0, (piece & fields.largest) >> shift, 0)
        first = start // row
        number = np.arange(start, start + piece.size) // row - first
        # Sums of so few whole numbers are exact.
        own = np.bincount(number, weights=found).astype(np.int64)
        totals[first : first + own.size] += own
        own = np.bincount(number, weights=piece != 0).astype(np.int64)
        shares[first : first + own.size] += own
    means = (2 * totals + shares) // np.maximum(2 * shares, 1)
    middle = int(totals.sum() // max(int(shares.sum()), 1))
    return np.where(shares > 0, means - middle, 0).astype(np.int32)


def entropy(counts: NDArray[np.int64]) -> float:
    """Return the bits that symbols take that occur so many times."""
    counts = counts[counts > 0]
    return float((counts * np.log2(counts.sum() / counts)).sum())


def rest_of(head: Head, fields: Fields) -> int:
    """Return the bits of a value that are noise: the sign, and what is left of the mantissa."""
    return fields.mantissa - head.leading - head.dropped + 1


def places(bits: int) -> Iterator[tuple[int, int, np.uint64]]:
    """Yield where values of so many bits lie in words: the value, its word, and its first bit."""
    for number in range(WORD):
        yield number, number * bits // WORD, np.uint64(number * bits % WORD)


def packed_bits(noise: NDArray[np.uint32], bits: int) -> NDArray[np.uint32]:
    """Return the words that values of so many bits take."""
    result = np.empty(math.ceil(noise.size * bits / WORD), np.uint32)
    for start in range(0, noise.size, PIECE):
        piece = noise[start : start + PIECE]
        table = np.zeros((math.ceil(piece.size / WORD), WORD), np.uint64)
        table.reshape(-1)[: piece.size] = piece
        words = np.zeros((len(table), bits + 1), np.uint64)
        for number, word, first in places(bits):
            whole = table[:, number] << first
            words[:, word] |= whole & np.uint64(LOW)
            words[:, word + 1] |= whole >> np.uint64(WORD)
        own = result[start * bits // WORD :][: len(table) * bits]
        own[:] = words[:, :bits].reshape(-1)[: own.size]
    return result


def unpacked_bits(words: NDArray[np.uint32], bits: int, count: int) -> NDArray[np.uint32]:
    """Return what `packed_bits` was given: so many values."""
    result = np.empty(count, np.uint32)
    for start in range(0, count, PIECE):
        own = result[start : start + PIECE]
        table = np.zeros((math.ceil(own.size / WORD), bits + 1), np.uint64)
        piece = words[start * bits // WORD :][: len(table) * bits]
        padded = np.zeros(len(table) * bits, np.uint64)
        padded[: piece.size] = piece
        table[:, :bits] = padded.reshape(-1, bits)
        values = np.empty((len(table), WORD), np.uint32)
        for number, word, first in places(bits):
            whole = table[:, word] | table[:, word + 1] << np.uint64(WORD)
            values[:, number] = whole >> first & np.uint64((1 << bits) - 1)
        own[:] = values.reshape(-1)[: own.size]
    return result


def floats_of(
    planes: NDArray[Any], dtype: np.dtype[Any], shape: tuple[int, ...], name: str
) -> NDArray[Any]:
    """Return the floats that planes were made of.

    Args:
        planes: the decoded integers, and the words of the raw vector after them.
        dtype: the type of the floats.
        shape: their shape.
        name: name of the tensor, for messages.

    Raises:
        InvalidError: no floats of that type and shape have such planes.
    """
    try:
        if planes.dtype != np.int32:
            raise ValueError("its exponents aren't integers")
        bits = joined(planes.reshape(-1), FIELDS[dtype.name], shape)
    except ValueError as error:
        raise InvalidError(
            f"tensor {name!r} is not packed as the metadata say: {error}", path="payload"
        ) from None
    return bits.view(dtype).reshape(shape)


def joined(planes: NDArray[np.int32], fields: Fields, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the bits of floats as unsigned integers; arguments as for `floats_of`."""
    size = math.prod(shape)
    if planes.size < HEAD + size:
        raise ValueError(f"{planes.size} integers can't be planes of {size} values")
    head = Head(*(int(one) for one in planes[:HEAD]))
    check_head(head, fields)
    if head.rows and not shape:
        raise ValueError("a single value has no rows")
    rows = shape[0] if head.rows else 0
    listed, planes = (
        planes[HEAD : HEAD + head.listed].astype(np.int64),
        planes[HEAD + head.listed :],
    )
    offsets, planes = planes[:rows], planes[rows:]
    exponents, words = planes[:size], planes[size:].view(np.uint32)
    rest, shift = rest_of(head, fields), fields.mantissa - head.leading
    zero = order_of(head.zero - 1) if head.zero else None
    count = size if zero is None else int(np.count_nonzero(exponents != zero))
    if (
        offsets.size != rows
        or exponents.size != size
        or words.size != math.ceil(count * rest / WORD)
    ):
        raise ValueError("the planes are not of one length")
    noise = unpacked_bits(words, rest, count)
    result = np.zeros(size, f"u{fields.width >> 3}")
    table, lowest = by_order(listed + head.centre)
    taken = 0
    for start in range(0, size, PIECE):
        piece = exponents[start : start + PIECE]
        if piece.min() < lowest or piece.max() >= lowest + table.size:
            raise ValueError("an exponent isn't in the list")
        found = table[piece - np.int32(lowest)]
        if head.rows:
            found += rows_of(offsets, start, piece.size, size // rows)
        there = slice(None) if zero is None else piece != zero
        found = found[there]
        if found.size and not 0 <= found.min() <= found.max() <= fields.largest >> shift:
            raise ValueError("an exponent is out of its range")
        own = noise[taken : taken + found.size]
        taken += found.size
        low = (own & np.uint32((1 << (rest - 1)) - 1)) << np.uint32(head.dropped)
        sign = own >> np.uint32(rest - 1) << np.uint32(fields.width - 1)
        high = found.astype(np.uint32) << np.uint32(shift)
        result[start : start + PIECE][there] = high | low | sign
    return result


def by_order(listed: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Return a list of exponents by the integers that stand for its places, and the lowest."""
    order = np.arange(listed.size)
    order = np.where(order & 1, (order + 1) >> 1, -(order >> 1))
    lowest = -((listed.size - 1) >> 1) if listed.size else 0
    table = np.zeros(listed.size, np.int64)
    table[order - lowest] = listed
    return table, lowest


def rows_of(offsets: NDArray[np.int32], start: int, count: int, row: int) -> NDArray[np.int32]:
    """Return the offsets of some values from a place on, by the length of a row."""
    first = start // row
    near = offsets[first : (start + count - 1) // row + 1]
    return np.repeat(near, row)[start - first * row :][:count]


def order_of(place: int) -> int:
    """Return the integer that stands for a place of the list."""
    return (place + 1) >> 1 if place & 1 else -(place >> 1)


def check_head(head: Head, fields: Fields) -> None:
    """Refuse a head that no planes begin with; ValueError."""
    if not (
        0 <= head.leading <= fields.mantissa
        and 0 <= head.dropped <= fields.mantissa - head.leading
        and 0 <= head.zero <= head.listed <= LONGEST
        and 0 <= head.rows <= 1
    ):
        raise ValueError(f"no planes begin with {list(head)}")
