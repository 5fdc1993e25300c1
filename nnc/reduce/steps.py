"""Quantization parameters for single tensors: by their sizes, or by what the network still does."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.caution import EncodingWarning
from nnc.encoder.call.asked import asked
from nnc.encoder.model import encode_model
from nnc.encoder.search.errors import decoded_tensors
from nnc.reduce.reduced import Model, Reduced, check_count, reduced_of, weights_of

#: A layer of more than half of the values counts as this share.
MOST, IN_PLACE_OF_MORE = 0.5, 0.15

#: How much a layer's deviation counts beside its size.
OF_DEVIATION = 0.1

#: By how many steps a tensor is made finer or coarser at most.
FARTHEST = 4

#: After how many steps in a row that didn't pay a direction is left.
PATIENCE = 2


def opt_qp(model: Model, qp: int, *, only: Sequence[str] | None = None) -> dict[str, int]:
    """Return quantization parameters of weights by their sizes and deviations.

    With s a weight's share of all values, and d its standard deviation over the largest one, it is
    `qp * (1 - s - 0.1 * (1 - d))`: large and flat layers get coarser steps. A layer of more than
    half of the values counts as 0.15. The rule is that of NNCodec's option of the same name.

    Args:
        model: arrays by name, or the result of a tool.
        qp: the parameter to begin with, below zero.
        only: patterns of the names that are meant; None for all weights.

    Returns:
        By name, as `nnc.encode(..., tensor_qp=...)` takes it.

    Raises:
        InputError: qp is no integer below zero.
    """
    check_qp(qp)
    if qp >= 0:
        raise InputError(f"qp must be below zero, for larger steps to be nearer to it, not {qp}")
    weights = dict(weights_of(reduced_of(model), only))
    whole = sum(values.size for values in weights.values())
    deviations = {name: float(values.std()) for name, values in weights.items()}
    largest = max(deviations.values(), default=0.0) or 1.0
    found = {}
    for name, values in weights.items():
        share = values.size / whole + OF_DEVIATION * (1 - deviations[name] / largest)
        found[name] = round(qp * (1 - (IN_PLACE_OF_MORE if share > MOST else share)))
    return found


class Searched(NamedTuple):
    """What a search came to.

    Attributes:
        qps: by name, as `nnc.encode(..., tensor_qp=...)` takes it.
        size: bytes of the units of these weights.
        accuracy: as `evaluate` returned it.
        slope: accuracy that a byte is worth, by which it was weighed.
        evaluations: how often the network was evaluated.
    """

    qps: dict[str, int]
    size: int
    accuracy: float
    slope: float
    evaluations: int


def search_qp(
    model: Model,
    qp: int,
    evaluate: Callable[[dict[str, NDArray[Any]]], float],
    *,
    slope: float | None = None,
    farthest: int = FARTHEST,
    passes: int = 1,
    only: Sequence[str] | None = None,
    **options: Any,
) -> Searched:
    """Search for the quantization parameter of each weight by running the network (IOQ).

    All weights one step finer and one coarser tell how much accuracy a byte is worth. Then each,
    the largest first, is tried finer and coarser, with all others as they are by then, and what
    costs least stays: the accuracy that is lost, and the bytes at that price. Only the one tensor
    is encoded again; where steps stop paying in a direction, it is left.

    Args:
        model: arrays by name, or the result of a tool.
        qp: of all weights to begin with.
        evaluate: returns the accuracy of decoded tensors, or anything that is larger where the
            network is better; on data that aren't for the test.
        slope: accuracy that a byte is worth; None: by a step of all weights.
        farthest: by how many steps a weight gets finer or coarser at most.
        passes: how often to go through the weights.
        only: patterns of the names that are meant; None for all weights.
        **options: of `nnc.encode` for all tensors: `nonweight_qp`, `effort` and so on.

    Returns:
        The parameters, and what they come to.

    Raises:
        InputError: a number that can't be meant, or no weight.
    """
    check_qp(qp)
    check_count("farthest", farthest)
    check_count("passes", passes)
    if slope is not None and not 0 <= slope < math.inf:
        raise InputError(f"slope must be a number, 0 or more, not {slope!r}")
    whole = reduced_of(model)
    names = sorted(
        (name for name, _ in weights_of(whole, only)),
        key=lambda name: -whole.tensors[name].size,
    )
    if not names:
        raise InputError("there is no weight whose quantization parameter could be searched for")
    units = Units(whole, evaluate, {**options, "qp": qp})
    start = dict.fromkeys(names, qp)
    if slope is None:
        slope = slope_at(units, start)
    best = units.tried(start)
    for _ in range(passes):
        for name in names:
            best = best_of(units, best, name, slope, range(qp - farthest, qp + farthest + 1))
    return Searched(best.qps, best.size, best.accuracy, slope, units.evaluations)


class Tried(NamedTuple):
    """One setting: the parameters, the bytes of the weights, and the accuracy."""

    qps: dict[str, int]
    size: int
    accuracy: float


@dataclass(slots=True)
class Units:
    """Tensors as they are decoded, each encoded once for each quantization parameter.

    Attributes:
        model: the model.
        evaluate: returns the accuracy.
        options: of the encoder.
        known: size and values by name and quantization parameter; None: that of the options.
        evaluations: how often `evaluate` was called.
    """

    model: Reduced
    evaluate: Callable[[dict[str, NDArray[Any]]], float]
    options: Mapping[str, Any]
    known: dict[tuple[str, int | None], tuple[int, NDArray[Any]]] = field(default_factory=dict)
    evaluations: int = 0

    def unit(self, name: str, qp: int | None) -> tuple[int, NDArray[Any]]:
        """Return the bytes of a tensor that is encoded alone, and what it decodes to."""
        if (name, qp) not in self.known:
            chosen = {**self.options, **({} if qp is None else {"qp": qp})}
            wanted = asked("encode", chosen)
            alone = {name: self.model.tensors[name]}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", EncodingWarning)
                data = encode_model(alone, wanted.options, wanted.resources).to_bytes()
            values = decoded_tensors(data, alone, wanted.options)[name]
            self.known[name, qp] = len(data), values
        return self.known[name, qp]

    def tried(self, qps: dict[str, int]) -> Tried:
        """Return what some parameters come to."""
        parts = {name: self.unit(name, qps.get(name)) for name in self.model.tensors}
        size = sum(parts[name][0] for name in qps)
        accuracy = float(self.evaluate(self.model.joined({n: one[1] for n, one in parts.items()})))
        if not math.isfinite(accuracy):
            raise InputError(f"evaluate must return a number, not {accuracy}")
        self.evaluations += 1
        return Tried(qps, size, accuracy)


def slope_at(units: Units, qps: Mapping[str, int]) -> float:
    """Return how much accuracy a byte is worth where all weights get finer or coarser."""
    finer, coarser = (
        units.tried({name: qp + step for name, qp in qps.items()}) for step in (-1, 1)
    )
    if finer.size == coarser.size:
        return 0.0
    return max((finer.accuracy - coarser.accuracy) / (finer.size - coarser.size), 0.0)


def best_of(units: Units, start: Tried, name: str, slope: float, allowed: range) -> Tried:
    """Return the best setting with another parameter for one weight, or the one to begin with."""

    def cost(one: Tried) -> tuple[float, int]:
        return start.accuracy - one.accuracy + slope * (one.size - start.size), one.size

    best = start
    for settings in (range(start.qps[name] + 1, allowed.stop),
                     range(start.qps[name] - 1, allowed.start - 1, -1)):  # fmt: skip
        for one in patient(units, start, name, settings, cost):
            best = min(best, one, key=cost)
    return best


def patient(
    units: Units, start: Tried, name: str, qps: range, cost: Callable[[Tried], Any]
) -> Iterator[Tried]:
    """Yield settings of one weight, until several in a row are no better than the best."""
    least, without = cost(start), 0
    for qp in qps:
        found = units.tried({**start.qps, name: qp})
        yield found
        without = 0 if cost(found) < least else without + 1
        least = min(least, cost(found))
        if without == PATIENCE:
            return


def check_qp(qp: object) -> None:
    """Refuse what is no quantization parameter."""
    if isinstance(qp, bool) or not isinstance(qp, int | np.integer):
        raise InputError(f"qp must be an integer, not {qp!r}")
