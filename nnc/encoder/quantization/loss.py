"""What quantization takes of tensors, noted while they are coded."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.decoder.dequantization import FLOAT32
from nnc.decoder.dequantization import step_size as decoded_step_size
from nnc.deepcabac import compiled_module
from nnc.encoder.quantization.choice import Quantized

#: The sums in one pass, where they were compiled.
SQUARES = "nnc.encoder.quantization.squares"

#: Below this ratio (in dB) nearly nothing is left of a tensor: four fifths of it are lost.
NEARLY_NOTHING = 1.0

# Values looked at at once.
PIECE = 1 << 16

# Mean square of values, in squared steps, below which float32 may lose some of them.
SMALLEST_MEAN_SQUARE = 1e-30


class Loss(NamedTuple):
    """What quantization takes of a tensor.

    Attributes:
        values: number of values.
        signal: sum of their squares.
        noise: sum of the squared errors.
    """

    values: int
    signal: float
    noise: float

    @property
    def share(self) -> float:
        """Noise as a share of the signal; 0 where there is no signal."""
        return self.noise / self.signal if self.signal else 0.0

    @property
    def snr(self) -> float:
        """Signal to noise ratio in dB."""
        return decibels(self.share)


class TotalLoss(NamedTuple):
    """What quantization takes of a model.

    Attributes:
        snr: signal to noise ratio in dB: of the noise of each tensor as a share of its signal,
            averaged over the values; infinity without noise.
        worst: name of the tensor with the lowest one of its own.
        worst_snr: that.
    """

    snr: float
    worst: str
    worst_snr: float


Losses = dict[str, Loss]

_notes: ContextVar[Losses | None] = ContextVar("notes", default=None)


@contextmanager
def noting() -> Iterator[Losses]:
    """Note the losses of all tensors that the caller codes meanwhile, by name."""
    notes: Losses = {}
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)


def note_loss(name: str, values: NDArray[Any], one: Quantized, qp_density: int) -> None:
    """Note what a way of coding takes of a tensor, if anybody wants to know."""
    notes = _notes.get()
    if notes is not None:
        quick = None if one.book is not None else quick_loss(values, one, qp_density)
        notes[name] = quick or Loss(
            values.size, energy(values), one.distortion(values, qp_density).squared
        )


def quick_loss(values: NDArray[Any], one: Quantized, qp_density: int) -> Loss | None:
    """Return the loss to five digits, in one pass over memory.

    Returns:
        None without a compiled pass, or where float32 is too narrow for it.
    """
    squares, step = compiled_module(SQUARES), decoded_step_size(one.qp, qp_density)
    if squares is None or values.dtype != np.float32 or not step <= 1 / FLOAT32.smallest_normal:
        return None
    source, coded = values.reshape(-1), one.levels.reshape(-1)
    if not (source.flags.c_contiguous and coded.flags.c_contiguous):
        return None
    signal, noise = squares.sums_of_squares(source, coded, step, np.float32(1) / step)
    return loss_of_sums(values.size, signal, noise, float(step))


def losses_of_rows(
    values: NDArray[np.float32], levels: NDArray[np.int32], steps: NDArray[np.float32]
) -> list[Loss | None]:
    """Return what quantization takes of each row of a matrix, as `quick_loss` does.

    Args:
        values: (rows, columns) array, contiguous, not empty.
        levels: that of the levels.
        steps: the step of each row, as a decoder has it.
    """
    squares = compiled_module(SQUARES)
    if squares is None or not (steps <= 1 / FLOAT32.smallest_normal).all():
        return [None] * len(steps)
    sums: list[list[float]] = squares.sums_of_rows(values, levels, steps).tolist()
    size = values.shape[1]
    return [
        loss_of_sums(size, signal, noise, step)
        for (signal, noise), step in zip(sums, steps.tolist(), strict=True)
    ]


def loss_of_sums(size: int, signal: float, noise: float, step: float) -> Loss | None:
    """Return the loss of values by both sums in squared steps; None where those are too coarse."""
    if not SMALLEST_MEAN_SQUARE * size <= signal < math.inf or not noise < math.inf:
        return None
    square = step**2
    return Loss(size, signal * square, noise * square)


def energy(values: NDArray[Any]) -> float:
    """Return the sum of squares."""
    flat = values.reshape(-1)
    pieces = (flat[start : start + PIECE] for start in range(0, flat.size, PIECE))
    return sum(float(np.square(piece.astype(np.float64)).sum()) for piece in pieces)


def decibels(share: float) -> float:
    """Return the ratio in dB of a whole to a share of it; infinity for none."""
    return -10 * math.log10(share) if share > 0 else math.inf


def total_loss(losses: Mapping[str, Loss]) -> TotalLoss | None:
    """Sum up the losses of a model; None where nothing was quantized."""
    counted = {name: loss for name, loss in losses.items() if loss.signal}
    if not counted:
        return None
    values = sum(loss.values for loss in counted.values())
    share = sum(loss.values * loss.share for loss in counted.values()) / values
    worst = min(counted, key=lambda name: counted[name].snr)
    return TotalLoss(decibels(share), worst, counted[worst].snr)


def destroyed(losses: Mapping[str, Loss]) -> dict[str, float]:
    """Return the tensors of which nearly nothing is left, with their ratio in dB."""
    found = {name: loss.snr for name, loss in losses.items() if loss.signal}
    return {name: snr for name, snr in found.items() if snr < NEARLY_NOTHING}
