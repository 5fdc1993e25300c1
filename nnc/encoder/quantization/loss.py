"""What quantization takes of tensors, noted while they are coded."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio.caution import EncodingWarning, warn
from nnc.encoder.quantization.choice import Quantized

#: Tensors that a warning names.
MOST_NAMED = 5

#: Below this ratio (in dB) nearly nothing is left of a tensor: four fifths of it are lost.
NEARLY_NOTHING = 1.0

# Values looked at at once.
PIECE = 1 << 16


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
        noise = one.distortion(values, qp_density).squared
        notes[name] = Loss(values.size, energy(values), noise)


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


def warn_of_losses(losses: Losses) -> None:
    """Name the tensors of which quantization left nearly nothing.

    Warns:
        EncodingWarning: there are some.
    """
    found = destroyed(losses)
    if not found:
        return
    shown = [
        f"{name!r} ({snr:.1f} dB)" if snr > 0 else repr(name)
        for name, snr in list(found.items())[:MOST_NAMED]
    ]
    more = f" and {len(found) - len(shown)} more" if len(found) > len(shown) else ""
    warn(
        f"of {len(found)} of {len(losses)} quantized tensors (nearly) nothing is left: "
        f"{', '.join(shown)}{more}; their steps are too coarse, a smaller qp makes them finer",
        EncodingWarning,
    )
