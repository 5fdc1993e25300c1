"""Float tensors without loss, in the fewest bytes: as levels, by a codebook, or as they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization.choice import LARGEST_EXACT_CODEBOOK, Quantized, window_of
from nnc.encoder.quantization.codebook import code_exactly
from nnc.encoder.quantization.uniform import LARGEST_RATIO, quantize_uniform, step_size


def exact_ways(
    values: NDArray[np.floating], qp: int, base: int, options: EncoderOptions
) -> Iterator[Quantized]:
    """Return the ways of coding a tensor that bring it back to the bit.

    Args:
        values: float array, not empty.
        qp: the quantization parameter of a step that the values may be multiples of.
        base: that of the parameter set.
        options: the rest.
    """
    step = step_size(qp, options.qp_density)
    if np.abs(values).max() / float(step) <= LARGEST_RATIO:
        levels = quantize_uniform(values, float(step))
        with np.errstate(over="ignore"):
            same = np.array_equal(levels.astype(np.float32) * step, values)
        if same:
            yield Quantized(levels, qp)
    if options.codebook is False:
        return
    window = window_of(base, options.qp_density)
    book = code_exactly(values, options.qp_density, window, LARGEST_EXACT_CODEBOOK)
    if book is not None:
        yield Quantized(book.coded.levels, book.qp, book=book.coded)
