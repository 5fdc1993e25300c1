"""Targets in place of quantization parameters: a size, an error, an accuracy.

The model is encoded with coarser and finer steps until it meets its target, at most twelve times.
One number, the coarseness, says how fine all tensors are: it is a quantization parameter at the
default density, but may lie between two of them, as step sizes at a higher density do; and where
even that isn't fine enough, some of the tensors take the one and some the next.

What an encoding will be like is guessed first: each tensor as if it had a Laplace distribution. Of
the size of a large model some of its rows tell more. After each encoding the guess is scaled to
what came out.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.caution import EncodingWarning, warn
from nnc.bitstream import Bitstream
from nnc.bitstream.alike import AlikeBuilder
from nnc.decoder import Resources
from nnc.decoder.workers import DEFAULTS
from nnc.encoder.call.asked import Asked
from nnc.encoder.model import encode_model, encode_units, warn_of_losses
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.options.target import Target, Trial, parsed_size
from nnc.encoder.quantization.loss import Losses, decibels
from nnc.encoder.search.coarseness import Coarseness
from nnc.encoder.search.errors import Errors, decoded_tensors
from nnc.encoder.search.sampling import Sample, place_by_sample, sample_of
from nnc.encoder.search.sensitivity import points, sensitivities, vectors_by_scale
from nnc.model.options import rows_of

#: How often a model is encoded at most.
MOST_ENCODES = 12

#: How near to the target an encoding has to come, as a share of it.
TOLERANCE = 0.02

#: How much of that is left to chance: the search ends at once where it comes so near.
NEAR_ENOUGH = TOLERANCE / 2

#: Steps by which the first search for an accuracy goes, in quantization parameters.
ACCURACY_STRIDE = 8.0

# Differences of coarseness below this change nothing any more; those for an accuracy are coarser,
# since each costs an encoding and an evaluation.
FINEST_DIFFERENCE = 1e-4
FINEST_STRIDE = 0.5

# How many encodings are placed by the scaled guess alone.
SCALED_GUESSES = 4

#: Share of the signal that may be lost at most where the target is an error.
MOST_LOST = 0.5

#: Why nothing depends on the steps.
EXACT = (
    "there is nothing to quantize: all values are integers, are kept, have steps given by options, "
    "or are few or whole numbers, which are stored exactly"
)


@dataclass(frozen=True, slots=True)
class TargetResult:
    """What a search came to.

    Attributes:
        bitstream: the encoding that comes nearest to the target of those that keep to it.
        trial: what is known of it.
        trials: all encodings in order.
        options: how it was encoded.
        wanted: the target in its own unit, a size in bytes.
        losses: what quantization took of each tensor, by name.
    """

    bitstream: Bitstream
    trial: Trial
    trials: list[Trial]
    options: EncoderOptions
    wanted: float
    losses: Losses = field(default_factory=dict)


@dataclass(slots=True)
class Search:
    """A search on its way.

    Attributes:
        tensors: the tensors by name.
        target: what is searched for.
        coarseness: options by coarseness, and guesses.
        encode: encodes the tensors with some options.
        progress: is told each trial.
        accuracy: of the tensors as they are, in percent.
        trials: all encodings so far.
        best: the bitstream of the best trial that meets the target, with that and its options.
        sample: some rows of the weights, where sizes are searched for.
    """

    tensors: Mapping[str, NDArray[Any]]
    target: Target
    coarseness: Coarseness
    encode: Callable[[EncoderOptions], Bitstream]
    progress: Callable[[Trial], None] | None = None
    accuracy: float = 0.0
    trials: list[Trial] = field(default_factory=list)
    best: tuple[Bitstream, Trial, EncoderOptions] | None = None
    sample: Sample | None = None

    @property
    def limit(self) -> float:
        """The target as a limit from above: bytes, squared error, error, or points."""
        target, value = self.target, getattr(self.target, self.target.kind)
        if target.kind == "size":
            whole = sum(tensor.nbytes for tensor in self.tensors.values())
            return parsed_size(value, whole) if isinstance(value, str) else value
        if target.kind == "bits_per_value":
            return float(value) * self.coarseness.values_of_all / 8
        if target.kind == "psnr":
            return float(10 ** (-value / 10))
        return float(value)

    @property
    def most(self) -> float:
        """The largest error there can be, that of zeros; a laxer target asks for no more."""
        if self.target.kind != "max_error":
            return math.inf
        return float(self.coarseness.largest.max(initial=0.0))

    @property
    def coarser_is_better(self) -> bool:
        """Whether coarser steps keep to the target: where it is a size."""
        return self.target.kind in ("size", "bits_per_value")

    def told(self, measured: float) -> float:
        """Return what was measured in the unit of the target."""
        if self.target.kind == "bits_per_value":
            return 8 * measured / self.coarseness.values_of_all
        if self.target.kind == "psnr":
            return decibels(measured)
        return measured

    def measure(self, coarseness: float) -> float:
        """Encode once, and return the result as a share of the limit."""
        options = self.coarseness.options(coarseness)
        bitstream = self.encode(options)
        data = bitstream.to_bytes()
        measured, lost = self.measured(data, options)
        share = measured / self.limit if self.limit > 0 else 1 + measured - self.limit
        # However lax the target is: a network of zeros doesn't keep to it.
        share = max(share, lost / MOST_LOST)
        number = len(self.trials) + 1
        trial = Trial(number, coarseness, len(data), self.told(measured), share)
        self.trials.append(trial)
        if trial.met and (self.best is None or self.better(trial, self.best[1])):
            self.best = bitstream, trial, options
        if self.progress is not None:
            self.progress(trial)
        return share

    def better(self, one: Trial, other: Trial) -> bool:
        """Tell whether of two trials that keep to the target the first is the better one."""
        if self.coarser_is_better:
            return one.size > other.size
        return one.size < other.size

    def measured(self, data: bytes, options: EncoderOptions) -> tuple[float, float]:
        """Return what is compared with the limit, and for errors the share of the signal lost."""
        if self.coarser_is_better:
            return len(data), 0.0
        decoded = decoded_tensors(data, self.tensors, options)
        if self.target.kind == "accuracy_drop":
            assert self.target.evaluate is not None
            return self.accuracy - points(self.target.evaluate(decoded)), 0.0
        errors = Errors.of(self.tensors, decoded)
        kinds = {"max_error": errors.largest, "psnr": errors.of_peaks, "mse": errors.mean}
        return kinds[self.target.kind], errors.lost

    def guess(self, coarseness: float) -> float:
        """Return a guess at what is compared with the limit."""
        if self.coarser_is_better:
            return self.coarseness.guessed_size(coarseness)
        if self.target.kind == "max_error":
            return self.coarseness.guessed_largest_error(coarseness)
        if self.target.kind == "psnr":
            return self.coarseness.guessed_error_of_peaks(coarseness)
        return self.coarseness.guessed_error(coarseness)


def encode_to_target(
    tensors: Mapping[str, Any],
    options: EncoderOptions,
    target: Target,
    resources: Resources = DEFAULTS,
    *,
    progress: Callable[[Trial], None] | None = None,
    **structure: Any,
) -> TargetResult:
    """Encode the tensors of a model so that a target is met.

    Tensors whose quantization parameters are given (by name, as vectors, or as layer
    parameters) keep them; the others get finer or coarser together. Vectors and scalars stay
    as much finer than the weights as by default, but never get finer than that for it; where
    steps go by scale, they follow theirs.

    Args:
        tensors: arrays by name.
        options: how, but for the quantization parameters.
        target: what has to be met.
        resources: who works.
        progress: is told each encoding.
        structure: blocks, joins and so on, as for `encode_model`.

    Returns:
        The encoding nearest to the target of those that keep to it: within 2 % of it, where the
        tensors allow that.

    Raises:
        InputError: the target can't be met; or as for `encode_model`.

    Warns:
        EncodingWarning: the encoding is further from the target, a pattern fits no name, or
            nearly nothing is left of a tensor.
    """
    arrays = {name: np.asarray(values) for name, values in tensors.items()}
    options = options_for(target, options, arrays)
    losses: list[Losses] = []

    def encode(one: EncoderOptions) -> Bitstream:
        losses.append({})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EncodingWarning)
            return encode_model(tensors, one, resources, losses=losses[-1], **structure)

    search = Search(arrays, target, Coarseness.of(arrays, options), encode, progress)
    if search.coarser_is_better:
        axes = structure.get("row_axes") or {}
        search.sample = sample_of(arrays, axes, options, resources)
    search_target(search)
    result = result_of(search)
    result = replace(result, losses=losses[result.trial.number - 1])
    warn_of_losses(result.losses, "the target leaves no room for more: ask for a larger one"
                   if search.coarser_is_better else "ask for a stricter target")  # fmt: skip
    return result


def options_for(
    target: Target, options: EncoderOptions, arrays: Mapping[str, NDArray[Any]]
) -> EncoderOptions:
    """Return the options of a search, or refuse those that leave it nothing to vary.

    Raises:
        InputError: they set the steps, or there are no values.

    Warns:
        EncodingWarning: a pattern fits no name, or the calibration.
    """
    if options.qp is not None or options.bit_depth is not None:
        raise InputError("a target sets the step sizes: give it without qp and bit_depth")
    if target.bits_per_value is not None and not any(one.size for one in arrays.values()):
        raise InputError("the target bits_per_value can't be met: there are no values")
    options.warn_of_unused(arrays)
    if target.max_error is not None and options.dq is None:
        # Rounding makes no error above half a step; all else does, where others gain by it.
        return replace(options, dq=False, effort=0)
    return options


def search_target(search: Search) -> None:
    """Search for what a target asks for."""
    target, coarseness, arrays = search.target, search.coarseness, search.tensors
    if target.evaluate is not None:
        search.accuracy = points(target.evaluate(dict(arrays)))
    kind = target.sensitivity
    if kind == "none" and coarseness.base.calibration is not None:
        kind = "scale"
    coarseness.offsets = sensitivities(arrays, coarseness, kind, target.evaluate, search.accuracy)
    if kind == "scale":
        coarseness.vectors = vectors_by_scale(arrays, coarseness)
    if target.kind == "accuracy_drop":
        search_accuracy(search)
        return
    if target.kind == "psnr":
        coarseness.follow_peaks()
    coarseness.density = density_for(search)
    search_value(search)


def encoded(tensors: Mapping[str, Any], wanted: Asked, **known: Any) -> Bitstream:
    """Encode the tensors of a model as a call asks for, to a target where it says one.

    Args:
        tensors: arrays by name.
        wanted: what the call asks for.
        known: what is known of the tensors besides, as for `encode_model`.
    """
    options, target, resources = wanted.options, wanted.target, wanted.resources
    structure = wanted.structure.arguments() | known
    if target is None:
        return encode_model(tensors, options, resources, **structure)
    progress = wanted.reports.on_trial
    losses = structure.pop("losses", None)
    found = encode_to_target(tensors, options, target, resources, progress=progress, **structure)
    if losses is not None:
        losses |= found.losses
    return found.bitstream


def encoded_bytes(tensors: Mapping[str, Any], wanted: Asked) -> bytes:
    """Encode as `encoded` does to bytes: of some units while others are still being encoded."""
    if wanted.target is not None:
        return encoded(tensors, wanted).to_bytes()
    structure = wanted.structure.arguments()
    units = encode_units(tensors, wanted.options, wanted.resources, **structure)
    return b"".join(AlikeBuilder().build_units(units))


def result_of(search: Search) -> TargetResult:
    """Return the best encoding of a search.

    Raises:
        InputError: none keeps to the target.
    """
    target = search.target
    if search.best is None:
        raise InputError(unmet(search))
    bitstream, trial, options = search.best
    result = TargetResult(bitstream, trial, search.trials, options, search.told(search.limit))
    if target.kind != "accuracy_drop" and has_room(target.kind, trial.value, result.wanted):
        found, wanted = (in_words(target.kind, one) for one in (trial.value, result.wanted))
        warn(
            f"{option_name(target.kind)} is met with room to spare: {found}, where {wanted} would "
            f"do{'' if search.coarseness.names else f'; {EXACT}'}",
            EncodingWarning,
        )
    return result


def unmet(search: Search) -> str:
    """Say that no encoding keeps to the target, and why as far as that is known."""
    kind = search.target.kind
    nearest = min(search.trials, key=lambda one: one.share)
    asked = search.told(search.limit) if kind != "accuracy_drop" else search.limit
    text = (
        f"no encoding meets {option_name(kind)} of {in_words(kind, asked)}: the nearest of "
        f"{len(search.trials)} tried has {in_words(kind, nearest.value)}"
    )
    if not search.coarseness.names:
        return f"{text}; {EXACT}"
    if not search.coarser_is_better and nearest.value <= asked and kind != "psnr":
        return f"{text}, but nearly nothing of the tensors is left"
    return text


def option_name(kind: str) -> str:
    """Return the name of the option that asks for a kind of target."""
    return next(name for name, row in rows_of(Target).items() if row.field == kind)


def in_words(kind: str, value: float) -> str:
    """Return a value of a target with its unit."""
    if kind == "size":
        return f"{value:.0f} bytes"
    units = {"bits_per_value": " bits", "psnr": " dB", "accuracy_drop": " percentage points"}
    return f"{value:.6g}{units.get(kind, '')}"


def has_room(kind: str, value: float, wanted: float) -> bool:
    """Tell whether an encoding keeps to its target by more than is usual."""
    if kind == "psnr":
        return value - wanted > decibels(1 - TOLERANCE)
    return value < wanted * (1 - TOLERANCE)


def density_for(search: Search) -> int:
    """Return the lowest qp_density whose steps are fine enough to come near the target."""
    coarseness = search.coarseness
    lowest = coarseness.density
    if search.target.kind == "max_error":
        # One tensor's error is what counts: others in between are of no use.
        return 7
    for density in range(lowest, 8):
        octaves = coarseness.largest_share / (1 << density)
        if search.coarser_is_better:
            bits = 8 * search.limit / max(1, coarseness.values)
            change = octaves / max(bits, 0.1)
        else:
            change = 2 * math.log(2) * octaves
        if change <= NEAR_ENOUGH / 2:
            return density
    return 7


def search_value(search: Search) -> None:
    """Search for a size or an error: by scaled guesses, then by secants and halves in turn."""
    ends = list(search.coarseness.bounds)
    logarithms: list[float | None] = [None, None]
    # With calibration each encoding takes long.
    near = NEAR_ENOUGH if search.coarseness.base.calibration is None else TOLERANCE
    aim = 1 - near / 2
    place = first_place(search, aim * min(search.limit, search.most), *ends)
    for number in range(1, MOST_ENCODES + 1):
        share = search.measure(place)
        if 1 - slack(number, near) <= share <= 1:
            return
        side = int((share > 1) != search.coarser_is_better)
        if place == ends[side]:
            # Nothing is finer, or coarser.
            return
        ends[side] = place
        logarithms[side] = math.log(max(share, 1e-300) / aim)
        wanted = search.guess(place) * aim / max(share, 1e-300)
        place = next_place(number, ends, logarithms, solved(search, wanted, *ends))
        if ends[1] - ends[0] < FINEST_DIFFERENCE:
            return


def first_place(search: Search, wanted: float, low: float, high: float) -> float:
    """Return the coarseness to begin with: by the guess, and by a sample where there is one."""
    if search.sample is None or not wanted > 0:
        return solved(search, wanted, low, high)
    place = place_by_sample(
        search.sample, search.coarseness, wanted, lambda one: solved(search, one, low, high)
    )
    return min(max(place, low), high)


def slack(number: int, near: float) -> float:
    """Return how far below its limit an encoding may be for the search to end with it."""
    return near if number < MOST_ENCODES // 2 else TOLERANCE


def next_place(
    number: int, ends: list[float], logarithms: list[float | None], scaled: float
) -> float:
    """Return the next coarseness to be tried, within those known to be too fine and too coarse.

    Args:
        number: how many have been tried.
        ends: the coarsest that is too fine, and the finest that is too coarse; or the bounds.
        logarithms: of what was measured there over what is aimed at; None for bounds.
        scaled: where the guess, scaled to the last encoding, sees the target.
    """
    low, high = ends
    first, second = logarithms
    if first is None or second is None:
        # Guesses that go one way for long are far off: of zeros, the error says nothing.
        return scaled if number <= SCALED_GUESSES else (low + high) / 2
    if number > SCALED_GUESSES or not low < scaled < high:
        secant = low + (high - low) * first / (first - second) if first != second else low
        scaled = secant if number % 2 else (low + high) / 2
    margin = (high - low) / 50
    return min(max(scaled, low + margin), high - margin)


def solved(search: Search, wanted: float, low: float, high: float) -> float:
    """Return the coarseness between two at which the guess is what is wanted, or nearest to it."""
    sign = -1 if search.coarser_is_better else 1
    for _ in range(50):
        middle = (low + high) / 2
        if sign * (search.guess(middle) - wanted) < 0:
            low = middle
        else:
            high = middle
    return middle


def search_accuracy(search: Search) -> None:
    """Search for the coarsest steps that keep to a drop of accuracy, by strides, then halves."""
    low, high = search.coarseness.bounds
    place, stride = min(max(search.coarseness.default, low), high), ACCURACY_STRIDE
    good: float | None = None
    bad: float | None = None
    while len(search.trials) < MOST_ENCODES and (good is None or bad is None):
        if search.measure(place) <= 1:
            good = place
            if place == high:
                return
            place = min(place + stride, high)
        else:
            bad = place
            if place == low:
                return
            place = max(place - stride, low)
    while good is not None and bad is not None and len(search.trials) < MOST_ENCODES:
        if bad - good <= FINEST_STRIDE:
            return
        middle = (good + bad) / 2
        if search.measure(middle) <= 1:
            good = middle
        else:
            bad = middle
