"""Which way of coding a tensor is the cheapest: uniform, dependent, or by a codebook.

Every way that is tried instead of the default one makes no larger error than that, so that the
fewest bytes win. What is tried depends on the tensor and the options alone: the same bytes come
out whatever the machine and the number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.decoder.dequantization import step_size as decoded_step_size
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization.codebook import (
    LARGEST_CODEBOOK,
    CodedByCodebook,
    Histogram,
    code_by_codebook,
    code_by_means,
    code_exactly,
    coded_by_means,
    counted,
    distinct_values,
    means,
)
from nnc.encoder.quantization.distortion import Distortion, distortion
from nnc.encoder.quantization.uniform import quantize_uniform, step_size

#: The effort from which all ways of coding are tried.
TRYING_EFFORT = 2

#: How much finer than the tensor's the steps are that the entries of k-means are multiples of.
FINER_OCTAVES = 3

#: Distinct values of a tensor that may be coded without loss when that is asked for.
LARGEST_EXACT_CODEBOOK = 1 << 12

# How often a value occurs on average in a tensor for which codebooks are tried at low efforts.
VALUES_PER_ENTRY = 8

# Distinct levels up to which k-means is tried.
LARGEST_HISTOGRAM = 1 << 16


class Quantized(NamedTuple):
    """A tensor as levels, with what a decoder has to know.

    Attributes:
        levels: int32 array of the tensor's shape.
        qp: its quantization parameter.
        dq: the levels are those of dependent quantization.
        book: its codebook, if it has one.
    """

    levels: NDArray[np.int32]
    qp: int
    dq: bool = False
    book: CodedByCodebook | None = None

    def without_levels(self) -> Quantized:
        """Return what the header says of it."""
        none = np.zeros(0, dtype=np.int32)
        book = None if self.book is None else self.book._replace(levels=none)
        return self._replace(levels=none, book=book)

    def distortion(self, values: NDArray[np.floating], qp_density: int) -> Distortion:
        """Compare with the values that were quantized."""
        step = decoded_step_size(self.qp, qp_density)
        if self.book is None:
            return distortion(values, self.levels, step)
        return distortion(values, self.levels, step, self.book.entries, self.book.zero_offset)


def window_of(base: int, qp_density: int) -> range:
    """Return the quantization parameters that can be coded, by that of the parameter set."""
    half = 1 << (5 + qp_density)
    lowest = max(base - half, -126 << qp_density)
    return range(lowest, min(base + half, 128 << qp_density))


def asked_for_codebook(
    values: NDArray[np.floating], qp: int, window: range, options: EncoderOptions
) -> Quantized | None:
    """Return the tensor by the codebook that the options ask for; None: for none, or it can't be.

    Args:
        values: float array, not empty.
        qp: its quantization parameter.
        window: those that can be coded.
        options: how.
    """
    choice, book = options.codebook, None
    if choice is None or choice is False or choice == "auto":
        return None
    if choice == "exact":
        exact = code_exactly(values, options.qp_density, window, LARGEST_EXACT_CODEBOOK)
        return None if exact is None else Quantized(exact.coded.levels, exact.qp, book=exact.coded)
    levels = quantize_uniform(values, float(step_size(qp, options.qp_density)))
    book = code_by_codebook(levels) if choice is True else code_by_means(levels, choice)
    return None if book is None else Quantized(book.levels, qp, book=book)


def other_ways(
    values: NDArray[np.floating], default: Quantized, window: range, options: EncoderOptions
) -> Iterator[Quantized]:
    """Yield the other ways of coding a tensor that are worth a try, none with a larger error.

    Args:
        values: float array, not empty.
        default: the way that it is coded in if no other one is cheaper.
        window: quantization parameters that can be coded.
        options: how.
    """
    trying = options.effort >= TRYING_EFFORT
    books = allows_codebook(options) and (
        trying or options.codebook == "auto" or has_few_values(values)
    )
    uniform = trying and options.dq is None and default.dq
    if not books and not uniform:
        return
    error, qp = default.distortion(values, options.qp_density).squared, default.qp
    del default
    if books:
        exact = code_exactly(values, options.qp_density, window)
        if exact is not None:
            yield Quantized(exact.coded.levels, exact.qp, book=exact.coded)
        del exact
        for one in by_codebooks(values, qp, window, options, error):
            if one.distortion(values, options.qp_density).squared <= error:
                yield one
            del one
    if uniform:
        rounded = uniform_as_good(values, error, window, options)
        if rounded is not None:
            yield rounded


def has_few_values(values: NDArray[np.floating]) -> bool:
    """Tell whether a tensor's values repeat so often that a codebook may well be worth it."""
    limit = min(LARGEST_CODEBOOK, max(1, values.size // VALUES_PER_ENTRY))
    return distinct_values(values, limit) is not None


def rows_of_few_values(rows: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell of which rows of a matrix `has_few_values` may hold: of the others it doesn't."""
    limit = min(LARGEST_CODEBOOK, max(1, rows.shape[1] // VALUES_PER_ENTRY))
    ordered = np.sort(rows[:, : 2 * limit + 2], axis=1)
    few: NDArray[np.bool_] = (ordered[:, 1:] != ordered[:, :-1]).sum(axis=1) < limit
    return few


def allows_codebook(options: EncoderOptions) -> bool:
    """Tell whether a codebook may be chosen: the limit of a bit depth holds for its entries."""
    return options.codebook in (None, "auto") and options.bit_depth is None


def by_codebooks(
    values: NDArray[np.floating], qp: int, window: range, options: EncoderOptions, error: float
) -> Iterator[Quantized]:
    """Yield codebooks of the levels and of k-means that may be as good as an error allows."""
    density = options.qp_density
    book = code_by_codebook(quantize_uniform(values, float(step_size(qp, density))))
    if book is not None:
        yield Quantized(book.levels, qp, book=book)
    # A way that was looked at isn't kept while the next one is worked out.
    del book
    finer = max(qp - (FINER_OCTAVES << density), window.start)
    step = float(step_size(finer, density))
    largest = max(float(values.max()), -float(values.min()))
    if largest / step > LARGEST_HISTOGRAM:
        return
    levels = quantize_uniform(values, step)
    histogram = Histogram.of(*counted(levels))
    size = fewest_entries(histogram, error / step**2)
    if size is not None:
        coded = coded_by_means(levels, histogram, size, in_place=True)
        del levels
        yield Quantized(coded.levels, finer, book=coded)


def fewest_entries(histogram: Histogram, error: float) -> int | None:
    """Return the fewest entries of a codebook by k-means that keep to a squared error in steps.

    Returns:
        None where the largest codebook doesn't.
    """
    low, high = 1, min(LARGEST_CODEBOOK, histogram.levels.size)
    if histogram.squared_error(means(histogram, high)) > error:
        return None
    while low < high:
        middle = (low + high) // 2
        if histogram.squared_error(means(histogram, middle)) <= error:
            high = middle
        else:
            low = middle + 1
    return high


def uniform_as_good(
    values: NDArray[np.floating], error: float, window: range, options: EncoderOptions
) -> Quantized | None:
    """Return the tensor rounded with the coarsest of a few step sizes that keeps to an error.

    Returns:
        None where none of them does, or the error is 0, or beyond all numbers.
    """
    if not 0 < error < math.inf:
        return None
    density = options.qp_density
    exponent = math.log2(12 * error / values.size) / 2
    first = math.floor(exponent * (1 << density)) + (1 << density) // 2
    largest = max(float(values.max()), -float(values.min()))
    for qp in range(min(first, window.stop - 1), first - (1 << density) - 1, -1):
        if qp not in window or largest / float(step_size(qp, density)) > LARGEST_HISTOGRAM:
            break
        one = Quantized(quantize_uniform(values, float(step_size(qp, density))), qp)
        if one.distortion(values, density).squared <= error:
            return one
    return None
