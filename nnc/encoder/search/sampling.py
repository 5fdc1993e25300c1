"""Where a search for a size begins, as some rows of each weight tell.

A guess from the shape of a distribution is off by as much as a third, by more with calibration. A
sixteenth of the rows, coded in earnest, tells the size to one or two parts in a hundred, in a
sixteenth of the time.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio.caution import EncodingWarning
from nnc.decoder import Resources
from nnc.encoder.model import encode_model
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.search.coarseness import Coarseness

#: Every so many rows are taken, but of no tensor fewer values than these.
EVERY, FEWEST_VALUES = 16, 1 << 14

#: Values in the weights of a model from which on a sample is worth it.
WORTH_IT = 1 << 20

#: How often a sample is encoded.
TRIALS = 3

#: Bytes that each tensor takes until the coder knows its values, however many these are.
LEARNT_BYTES = 100

#: How far two samples that differ little move the coarseness at most.
STRIDE = 4.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Some rows of the weights of a model.

    Attributes:
        coarseness: of these rows.
        encode: returns the bytes that they take with some options.
    """

    coarseness: Coarseness
    encode: Callable[[EncoderOptions], int]


def sample_of(
    tensors: Mapping[str, NDArray[Any]],
    row_axes: Mapping[str, int],
    options: EncoderOptions,
    resources: Resources,
) -> Sample | None:
    """Take some rows of the weights of a model; of a small one it isn't worth it."""
    rows = rows_of_weights(tensors, row_axes)
    coarseness = Coarseness.of(rows, options)
    if not coarseness.names:
        return None

    def encode(one: EncoderOptions) -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EncodingWarning)
            return len(encode_model(rows, one, resources, row_axes=row_axes).to_bytes())

    return Sample(coarseness, encode)


def rows_of_weights(
    tensors: Mapping[str, NDArray[Any]], row_axes: Mapping[str, int]
) -> dict[str, NDArray[Any]]:
    """Return rows of the weights of a model, spread over each; none of a small model.

    Args:
        tensors: all of the model's.
        row_axes: the dimension of the rows, where it isn't the first.
    """
    weights = {name: one for name, one in tensors.items() if one.ndim > 1 and one.size}
    if sum(one.size for one in weights.values()) < WORTH_IT:
        return {}
    result = {}
    for name, one in weights.items():
        every = max(1, min(EVERY, one.size // FEWEST_VALUES))
        before = (slice(None),) * row_axes.get(name, 0)
        result[name] = np.ascontiguousarray(one[(*before, slice(every // 2, None, every))])
    return result


def place_by_sample(
    sample: Sample, coarseness: Coarseness, wanted: float, solved: Callable[[float], float]
) -> float:
    """Return the coarseness at which a model will have a size.

    Args:
        sample: some of its rows.
        coarseness: all of it.
        wanted: the size in bytes.
        solved: returns the coarseness at which the guess of all of it is a size.
    """
    own = sample.coarseness
    own.offsets, own.density = coarseness.offsets, coarseness.density
    place = solved(wanted)
    before: tuple[float, float] | None = None
    for _ in range(TRIALS):
        coded = sample.encode(coarseness.options(place))
        coded = max(coded - LEARNT_BYTES * len(own.names), coded // 2)
        guess = coarseness.guessed_size(place)
        share = guess / own.guessed_size(place) * coded / wanted
        scaled, excess = solved(guess / share), math.log(share)
        if before is None or before[1] == excess:
            after = scaled
        else:
            change = excess * (place - before[0]) / (excess - before[1])
            after = place - min(max(change, -STRIDE), STRIDE)
        place, before = after, (place, excess)
    return place
