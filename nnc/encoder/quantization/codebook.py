"""Codebooks: of few distinct values, or of the centres of k-means (clause 9.3.2).

A codebook's entries are integers, multiples of the tensor's step size. Everything here is done
on the distinct levels and how often they occur, so that it costs little on large tensors; and in
an order of its own, so that the same values give the same codebook everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.syntax import IntegerCodebook

# A codebook stands in the header, where each entry costs bits of its own.
LARGEST_CODEBOOK = 256

# Values looked at at once.
PIECE = 1 << 18

# Largest span of levels that are counted in a table of all of them.
LARGEST_SPAN = 1 << 18

# Rounds after which k-means has long found its centres; it stops when nothing moves.
ROUNDS = 100

INT32 = np.iinfo(np.int32)


class CodedByCodebook(NamedTuple):
    """A quantized tensor as indices into a codebook.

    Attributes:
        levels: int32 indices relative to the zero offset, of the tensor's shape.
        size: codebook_size.
        zero_offset: CbZeroOffset.
        table: the codebook's syntax table.
        entries: int64 entries, ascending, in steps.
    """

    levels: NDArray[np.int32]
    size: int
    zero_offset: int
    table: IntegerCodebook
    entries: NDArray[np.int64]

    @property
    def header_bits(self) -> int:
        """Bits that the codebook takes in the header, but for its size and its zero value."""
        deltas = [*self.table.codebook_delta_left, *self.table.codebook_delta_right]
        return exp_golomb_bits(self.table.codebook_egk, np.array(deltas, dtype=np.int64))


def distinct_values(
    values: NDArray[np.generic], limit: int
) -> tuple[NDArray[np.generic], NDArray[np.int64]] | None:
    """Return the distinct values in ascending order, and how often each occurs.

    Args:
        values: array of any shape.
        limit: how many there may be.

    Returns:
        None where there are more. Memory is bounded by the limit.
    """
    flat = values.reshape(-1)
    # A small piece first: nearly always it shows already that there are too many.
    first = 2 * limit + 2
    distinct = distinct_in(flat[:first], limit)
    for start in range(first, flat.size, PIECE):
        if distinct is None:
            break
        found, counts = distinct
        fresh, number = np.unique(flat[start : start + PIECE], return_counts=True)
        joined, place = np.unique(np.concatenate([found, fresh]), return_inverse=True)
        total = np.zeros(joined.size, dtype=np.int64)
        np.add.at(total, place.reshape(-1), np.concatenate([counts, number]))
        distinct = None if joined.size > limit else (joined, total)
    return distinct


def distinct_in(
    piece: NDArray[np.generic], limit: int
) -> tuple[NDArray[np.generic], NDArray[np.int64]] | None:
    """Return the same as `distinct_values` for a few values, without the detours of np.unique."""
    ordered = piece.copy()
    ordered.sort()
    changes = ordered[1:] != ordered[:-1]
    if 1 + np.count_nonzero(changes) > limit:
        return None
    places = np.concatenate([[0], 1 + np.flatnonzero(changes)])
    return ordered[places], np.diff(places, append=ordered.size)


def code_by_codebook(
    levels: NDArray[np.int32], limit: int = LARGEST_CODEBOOK
) -> CodedByCodebook | None:
    """Return quantized levels as indices into the codebook of their distinct values.

    Args:
        levels: int32 array of any shape, not empty.
        limit: how many entries the codebook may have.

    Returns:
        None where there are more distinct values.
    """
    distinct = distinct_values(levels, limit)
    if distinct is None:
        return None
    return coded_with(levels, distinct[0].astype(np.int64), distinct[1])


def coded_with(
    levels: NDArray[np.int32],
    entries: NDArray[np.int64],
    counts: NDArray[np.int64],
    *,
    in_place: bool = False,
) -> CodedByCodebook:
    """Return levels as indices of the nearest entries, of two as near the smaller one.

    Args:
        levels: int32 array of any shape.
        entries: ascending, all different.
        counts: how often each will occur.
        in_place: the indices take the place of the levels, in their memory.
    """
    offset = zero_offset(entries, counts)
    # Doubled, the middle between two entries is an integer.
    borders = entries[:-1] + entries[1:]
    indices = levels if in_place else np.empty(levels.shape, dtype=np.int32)
    source, target = levels.reshape(-1), indices.reshape(-1)
    for start in range(0, source.size, PIECE):
        doubled = source[start : start + PIECE].astype(np.int64) * 2
        target[start : start + PIECE] = np.searchsorted(borders, doubled) - offset
    values = entries.tolist()
    return CodedByCodebook(indices, len(values), offset, codebook_table(values, offset), entries)


def zero_offset(entries: NDArray[np.int64], counts: NDArray[np.int64]) -> int:
    """Return the place of the entry that the index 0 stands for, the cheapest one.

    It is zero where that is the most frequent entry, else the one in the middle of all values.
    """
    zero = int(np.argmin(np.abs(entries)))
    if counts[zero] == counts.max():
        return zero
    running = np.cumsum(counts)
    return int(np.searchsorted(running, (int(running[-1]) + 1) // 2))


def code_by_means(levels: NDArray[np.int32], size: int) -> CodedByCodebook:
    """Return levels as indices into a codebook of so many entries at most, by k-means.

    Args:
        levels: int32 array of any shape, not empty.
        size: number of entries, positive. Fewer come out where fewer levels are distinct.
    """
    return coded_by_means(levels, Histogram.of(*counted(levels)), size)


def counted(levels: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct levels in ascending order, and how often each occurs.

    Args:
        levels: int32 array of any shape, not empty.
    """
    flat = levels.reshape(-1)
    lowest, span = int(flat.min()), int(flat.max()) - int(flat.min()) + 1
    if span > LARGEST_SPAN:
        distinct, counts = np.unique(flat, return_counts=True)
        return distinct.astype(np.int64), counts
    table = np.zeros(span, dtype=np.int64)
    for start in range(0, flat.size, PIECE):
        offsets = flat[start : start + PIECE].astype(np.int64) - lowest
        table += np.bincount(offsets, minlength=span)
    found = np.flatnonzero(table)
    return found + lowest, table[found]


class Histogram(NamedTuple):
    """How often each level occurs, summed up from the smallest.

    Attributes:
        levels: distinct levels, ascending.
        counts: running number of values, with a leading 0.
        sums: their running sum, with a leading 0.
        squares: the running sum of their squares, with a leading 0.
    """

    levels: NDArray[np.int64]
    counts: NDArray[np.int64]
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def of(cls, distinct: NDArray[np.integer], counts: NDArray[np.integer]) -> Histogram:
        """Sum up distinct levels and their counts."""
        levels, number = distinct.astype(np.int64), counts.astype(np.int64)
        wide = levels.astype(np.float64)
        return cls(
            levels,
            np.concatenate([[0], np.cumsum(number)]),
            np.concatenate([[0.0], np.cumsum(wide * number)]),
            np.concatenate([[0.0], np.cumsum(wide * wide * number)]),
        )

    def cut(self, entries: NDArray[np.floating]) -> NDArray[np.int64]:
        """Return where the levels nearest to each entry begin and end."""
        borders = (entries[:-1] + entries[1:]) / 2
        inner = np.searchsorted(self.levels, borders, side="right")
        return np.concatenate([[0], inner, [self.levels.size]])

    def counts_of(self, entries: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return how many values are nearest to each entry."""
        return np.diff(self.counts[self.cut(entries.astype(np.float64))])

    def squared_error(self, entries: NDArray[np.integer]) -> float:
        """Return the squared error of taking the nearest entry for each value, in steps."""
        wide = entries.astype(np.float64)
        cut = self.cut(wide)
        number, total = np.diff(self.counts[cut]), np.diff(self.sums[cut])
        squares = np.diff(self.squares[cut])
        return float(np.sum(squares - 2 * wide * total + wide * wide * number))


def coded_by_means(
    levels: NDArray[np.int32], histogram: Histogram, size: int, *, in_place: bool = False
) -> CodedByCodebook:
    """Return levels as indices into a codebook made by k-means from their histogram."""
    entries = means(histogram, size)
    return coded_with(levels, entries, histogram.counts_of(entries), in_place=in_place)


def means(histogram: Histogram, size: int) -> NDArray[np.int64]:
    """Return the entries of a codebook by k-means: integers, ascending, all different.

    Zero is one of them where it is a level: what was pruned stays pruned.
    """
    if histogram.levels.size <= size:
        return histogram.levels
    centres = first_centres(histogram, size)
    for _ in range(ROUNDS):
        cut = histogram.cut(centres)
        number = np.diff(histogram.counts[cut])
        used = number > 0
        moved = np.diff(histogram.sums[cut])[used] / number[used]
        if moved.size == centres.size and np.array_equal(moved, centres):
            break
        centres = moved
    if 0 in histogram.levels:
        centres[np.argmin(np.abs(centres))] = 0
    return np.unique(np.rint(centres).astype(np.int64))


def first_centres(histogram: Histogram, size: int) -> NDArray[np.float64]:
    """Return centres to begin with: as dense as the cube root of the values' density."""
    number = np.diff(histogram.counts)
    gaps = np.gradient(histogram.levels.astype(np.float64))
    running = np.cumsum(np.cbrt(number / gaps) * gaps)
    wanted = (np.arange(size) + 0.5) * (running[-1] / size)
    places = np.minimum(np.searchsorted(running, wanted), histogram.levels.size - 1)
    return np.unique(histogram.levels[places]).astype(np.float64)


class ExactCodebook(NamedTuple):
    """Values without loss: a codebook, and the step size that its entries are multiples of.

    Attributes:
        coded: the indices and the codebook.
        qp: the quantization parameter of the step size.
    """

    coded: CodedByCodebook
    qp: int


def code_exactly(
    values: NDArray[np.floating], qp_density: int, qps: range, limit: int = LARGEST_CODEBOOK
) -> ExactCodebook | None:
    """Return values as indices into the codebook of their distinct values, without loss.

    Args:
        values: float array of any shape, not empty.
        qp_density: 0 to 7.
        qps: quantization parameters that may be taken.
        limit: how many entries the codebook may have.

    Returns:
        None where there are more, or where no step size makes integers of 32 bits of them all
        (values of very different size, or values that float32 can't hold).
    """
    distinct = distinct_values(values, limit)
    if distinct is None:
        return None
    wide = distinct[0].astype(np.float64)
    if not np.array_equal(wide, wide.astype(np.float32)):
        return None
    step = common_step(wide, qp_density, qps)
    if step is None:
        return None
    qp, entries = step
    offset = zero_offset(entries, distinct[1])
    indices = np.empty(values.shape, dtype=np.int32)
    source, target = values.reshape(-1), indices.reshape(-1)
    for start in range(0, source.size, PIECE):
        found = np.searchsorted(distinct[0], source[start : start + PIECE])
        target[start : start + PIECE] = found - offset
    table = codebook_table(entries.tolist(), offset)
    return ExactCodebook(CodedByCodebook(indices, entries.size, offset, table, entries), qp)


def common_step(
    values: NDArray[np.float64], qp_density: int, qps: range
) -> tuple[int, NDArray[np.int64]] | None:
    """Return the coarsest step size of which values are multiples, and the multiples.

    Args:
        values: distinct values that float32 can hold, ascending.
        qp_density: 0 to 7.
        qps: quantization parameters that may be taken.
    """
    mantissas, exponents = np.frexp(values)
    whole = np.ldexp(mantissas, 24).astype(np.int64)
    trailing = np.where(whole != 0, np.log2((whole & -whole).clip(1)).astype(np.int64), 0)
    lowest = exponents - 24 + trailing
    exponent = int(lowest[whole != 0].min()) if whole.any() else 0
    multiples = np.ldexp(values, -exponent)
    if np.abs(multiples).max() > INT32.max:
        return None
    entries = multiples.astype(np.int64)
    # The common divisor is odd: its power of two is in the exponent already.
    divisor = int(np.gcd.reduce(entries)) or 1
    if divisor.bit_length() > qp_density + 1:
        divisor = 1
    entries //= divisor
    extra = divisor.bit_length() - 1
    qp = ((exponent + extra) << qp_density) + ((divisor << qp_density >> extra) - (1 << qp_density))
    while qp not in qps:
        # A step size that is half as large makes the same values, with larger entries.
        if qp < qps.start or not entries.any() or np.abs(entries).max() > INT32.max // 2:
            break
        entries, qp = entries * 2, qp - (1 << qp_density)
    if not entries.any():
        qp = qps[len(qps) // 2]
    return (qp, entries) if qp in qps else None


def codebook_table(values: list[int], zero_offset: int) -> IntegerCodebook:
    """Return the syntax table of a codebook, with the cheapest codebook_egk.

    Args:
        values: the entries in ascending order, all different.
        zero_offset: place of the entry that the index 0 stands for.
    """
    left = [values[j + 1] - values[j] - 1 for j in range(zero_offset - 1, -1, -1)]
    right = [values[j] - values[j - 1] - 1 for j in range(zero_offset + 1, len(values))]
    deltas = np.array(left + right, dtype=np.int64)
    return IntegerCodebook(
        codebook_egk=min(range(16), key=lambda k: exp_golomb_bits(k, deltas)),
        codebook_size=len(values),
        codebook_centre_offset=zero_offset - (len(values) >> 1),
        codebook_zero_value=values[zero_offset],
        codebook_delta_left=left,
        codebook_delta_right=right,
    )


def exp_golomb_bits(k: int, numbers: NDArray[np.int64]) -> int:
    """Return the bits that numbers take as Exp-Golomb codes of order k."""
    # The exponent of (n >> k) + 1 is its number of bits, exactly so below 2^53.
    lengths = np.frexp(((numbers >> k) + 1).astype(np.float64))[1]
    return int(np.sum(2 * lengths - 1 + k))
