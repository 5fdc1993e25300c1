"""Dependent quantization: by the compiled trellis where there is one, else by its reference."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.deepcabac import compiled_module
from nnc.encoder.quantization import trellis_reference

__all__ = ["quantize_dependent", "quantize_rows"]

#: The trellis that goes with the compiled engine; the reference gives the same indices.
TRELLIS = "nnc.encoder.quantization.trellis"

_Quantizer = Callable[[NDArray[np.floating], float], NDArray[np.int32]]


def quantize_dependent(values: NDArray[np.floating], step: float) -> NDArray[np.int32]:
    """Quantize a sequence so that its squared error is the least that the state machine allows.

    Args:
        values: 1-D array of float32 or float64 in coding order; float64 is divided as float64.
        step: the step size, positive; taken as float32.

    Returns:
        int32 array of the same length: indices after the doubling of dependent quantization.

    Raises:
        InputError: a value isn't finite or is beyond `quantization.LARGEST_RATIO` steps; the
            values aren't 1-D floats; the step isn't a positive finite number of float32.
    """
    return _quantizer()(values, step)


def quantize_rows(
    values: NDArray[np.float32], steps: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Quantize the rows of a matrix as `quantize_dependent` does, each by itself.

    Args:
        values: (rows, columns) array of float32, contiguous, not empty, of less than 4096 columns.
        steps: the step size of each row, positive.

    Returns:
        int32 array of the same shape, and for each row whether it could be quantized.
    """
    trellis = compiled_module(TRELLIS)
    if trellis is not None:
        found: tuple[NDArray[np.int32], NDArray[np.bool_]] = trellis.quantize_rows(values, steps)
        return found
    levels, fits = np.zeros(values.shape, np.int32), np.zeros(values.shape[0], np.bool_)
    for row, step in enumerate(steps.tolist()):
        with contextlib.suppress(InputError):
            levels[row] = trellis_reference.quantize_dependent(values[row], step)
            fits[row] = True
    return levels, fits


def _quantizer() -> _Quantizer:
    """Take the quantizer that goes with the entropy coder's engine."""
    trellis = compiled_module(TRELLIS)
    if trellis is None:
        return trellis_reference.quantize_dependent
    quantizer: _Quantizer = trellis.quantize_dependent
    return quantizer
