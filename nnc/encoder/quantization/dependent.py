"""Dependent quantization: by the compiled trellis where there is one, else by its reference."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nnc.deepcabac import is_compiled
from nnc.encoder.quantization import trellis_reference

__all__ = ["quantize_dependent"]

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


@functools.cache
def _quantizer() -> _Quantizer:
    """Take the quantizer that goes with the entropy coder's engine."""
    if is_compiled():
        try:
            from nnc.encoder.quantization import trellis
        except ImportError:
            # Compiled modules are optional one by one; the reference gives the same indices.
            return trellis_reference.quantize_dependent
        quantizer: _Quantizer = trellis.quantize_dependent
        return quantizer
    return trellis_reference.quantize_dependent
