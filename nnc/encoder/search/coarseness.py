"""How fine all tensors of a model are by one number, and what size and error that will give."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.encoder.inputs.preparation import check_dtype, parts_of
from nnc.encoder.inputs.scale import TINY, is_free, scale_of
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.options.steps import (
    DEFAULT_NONWEIGHT_QP,
    DEFAULT_QP,
    DEFAULT_QP_DENSITY,
    rescaled,
)
from nnc.encoder.options.tensor import matches
from nnc.encoder.search.roles import output_heads

#: Quantization parameters of the default density in an octave.
PER_OCTAVE = 1 << DEFAULT_QP_DENSITY

#: Octaves from a magnitude down to the finest step that is of use: float32 has 24 bits.
FINEST_OCTAVES = 26

#: A matrix of so many times as many rows as columns is a table.
TABLE = 16

#: Octaves that vectors are finer than weights where both follow their tensors.
FINER_VECTORS = 4

# What a unit takes beside its levels: header and the end of the codeword.
UNIT_BYTES = 25

# Largest error of dependent quantization, in steps, as it mostly is.
DEPENDENT_ERROR = 1.4

# Values looked at at once.
PIECE = 1 << 20


def is_integer(tensor: NDArray[Any]) -> bool:
    """Tell whether a tensor is coded without loss."""
    return tensor.dtype.kind in "biu" or "int" in tensor.dtype.name


@dataclass(slots=True)
class Coarseness:
    """The float tensors of a model that get finer and coarser together.

    The coarseness is the quantization parameter of the weights at the default density, with
    what lies between them.

    Attributes:
        base: the options without quantization parameters.
        names: the tensors.
        sizes: their numbers of values.
        means: the means of their magnitudes.
        variances: their mean squares.
        largest: their largest magnitudes.
        weights: whether they have more than one dimension.
        tables: whether they are tables of many rows, of which a network looks up some.
        values_of_all: values of all tensors, the others too.
        fixed_bytes: what the others will take, roughly.
        density: the qp_density taken.
        offsets: by how much the tensors are coarser than the model, by name.
        follows: whether vectors have offsets too.
        vectors: by how much vectors are coarser, if their steps follow their scales.
        heads: names of those whose rows are all used at a time, even if they are tables.
    """

    base: EncoderOptions
    names: list[str]
    sizes: NDArray[np.float64]
    means: NDArray[np.float64]
    variances: NDArray[np.float64]
    largest: NDArray[np.float64]
    weights: NDArray[np.bool_]
    tables: NDArray[np.bool_]
    values_of_all: int
    fixed_bytes: float
    density: int
    offsets: dict[str, float] = field(default_factory=dict)
    follows: bool = False
    vectors: dict[str, float] = field(default_factory=dict)
    heads: frozenset[str] = frozenset()

    @classmethod
    def of(cls, tensors: Mapping[str, NDArray[Any]], options: EncoderOptions) -> Coarseness:
        """Look at the tensors of a model."""
        rows: list[tuple[float, float, float, float, bool, bool]] = []
        names: list[str] = []
        settings: dict[str, tuple[tuple[float, float, float, float, bool, bool], float, bool]] = {}
        fixed, every = 0.0, 0
        for name, tensor in tensors.items():
            check_dtype(name, tensor.dtype)
            tensor = parts_of(tensor) if tensor.dtype.kind == "c" else tensor
            every += tensor.size
            if is_integer(tensor) or not tensor.size:
                fixed += tensor.nbytes / 4 + UNIT_BYTES
                continue
            mean, square, largest = magnitudes(tensor)
            if not math.isfinite(square):
                fixed += tensor.nbytes + UNIT_BYTES
                continue
            weight = tensor.ndim > 1
            table = tensor.ndim == 2 and tensor.shape[0] >= TABLE * tensor.shape[1]
            if options.keeps(name):
                fixed += tensor.nbytes + UNIT_BYTES
            elif is_setting(name, tensor, options):
                size = exact_bytes(tensor) + UNIT_BYTES
                settings[name] = (
                    (tensor.size, mean, square, largest, weight, table),
                    size,
                    weight and is_whole(tensor),
                )
            elif is_fixed(name, weight, options):
                fixed += 2.0 * tensor.size + UNIT_BYTES
            else:
                names.append(name)
                rows.append((tensor.size, mean, square, largest, weight, table))
        # The weights of a model that was decoded from coarse steps look like settings, but they
        # are no whole numbers.
        decoded = not any(row[4] for row in rows)
        for name, (row, size, whole) in settings.items():
            if decoded and row[4] and row[0] > TINY and not whole:
                names.append(name)
                rows.append(row)
            else:
                fixed += size
        columns = np.array(rows, dtype=np.float64).reshape(-1, 6).T
        return cls(
            options,
            names,
            columns[0],
            columns[1],
            columns[2],
            columns[3],
            columns[4] > 0,
            columns[5] > 0,
            every,
            fixed,
            options.qp_density,
            heads=output_heads(tensors),
        )

    @property
    def values(self) -> float:
        """Number of values in the tensors."""
        return float(self.sizes.sum())

    @property
    def largest_share(self) -> float:
        """Share of the values that the largest tensor has."""
        return float(self.sizes.max(initial=0.0)) / max(1.0, self.values)

    @property
    def default(self) -> float:
        """Coarseness without a target."""
        return float(DEFAULT_QP)

    @property
    def bounds(self) -> tuple[float, float]:
        """The finest and the coarsest that is of use."""
        octaves = np.log2(self.largest[self.largest > 0]) if self.largest.any() else np.zeros(1)
        # Single large values of one tensor mustn't keep all others from being fine.
        finest = PER_OCTAVE * max(float(np.median(octaves)) - FINEST_OCTAVES, -100)
        gap = DEFAULT_QP - DEFAULT_NONWEIGHT_QP
        return finest, PER_OCTAVE * min(float(octaves.max()) + 2, 100) + gap

    def follow_peaks(self) -> None:
        """Let the steps be the same share of each tensor's largest magnitude."""
        top = float(self.largest.max(initial=0.0))
        for name, largest in zip(self.names, self.largest.tolist(), strict=True):
            if largest:
                own = PER_OCTAVE * math.log2(largest / top)
                self.offsets[name] = self.offsets.get(name, 0.0) + own
        self.follows = True

    def octaves_by_scale(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the steps of some weights that follow their scales, as logarithms to the base 2.

        Were the noise of each tensor, relative to its values, to count as much, squared steps would
        go with the number of values. Beside a table, most of whose rows do nothing at a time, are
        the layers of a language model: the large ones carry more of what reaches the outputs.
        """
        sizes, tables = np.log2(self.sizes[rows]), self.tables[rows]
        counts = np.where(tables, 0, self.sizes[rows])
        if not (tables.any() and counts.any()):
            return np.asarray(np.log2(self.means[rows]) + sizes / 2)
        typical = float(np.sum(counts * sizes)) / float(counts.sum())
        looked_up = tables & np.array([self.names[row] not in self.heads for row in rows], bool)
        shares = np.where(looked_up, (2 * sizes - typical) / 4, sizes / 4)
        result: NDArray[np.float64] = np.log2(self.means[rows]) + shares
        return result

    def octaves(self, coarseness: float) -> NDArray[np.float64]:
        """Return the wanted step sizes of the tensors as logarithms to the base 2.

        Vectors are as much finer than weights as by default, but no finer than by default for
        that; or their steps follow what `vectors` says of them.
        """
        own = np.array([self.offsets.get(name, 0.0) for name in self.names])
        gap = DEFAULT_QP - DEFAULT_NONWEIGHT_QP
        vectors = np.full(own.shape, min(coarseness, max(DEFAULT_NONWEIGHT_QP, coarseness - gap)))
        if self.follows:
            vectors = coarseness + own - PER_OCTAVE * FINER_VECTORS
        elif self.vectors:
            pairs = zip(self.names, vectors.tolist(), strict=True)
            known = ((self.vectors.get(name), one) for name, one in pairs)
            vectors = np.array([one if own is None else coarseness + own for own, one in known])
        result: NDArray[np.float64] = np.where(self.weights, coarseness + own, vectors)
        return result / PER_OCTAVE

    def options(self, coarseness: float) -> EncoderOptions:
        """Return the options for a coarseness.

        Between two quantization parameters some of the tensors take the one, some the other:
        the nearer to the next, the more values.
        """
        density = self.density
        exponents = np.floor(self.octaves(coarseness))
        fractions = (np.exp2(self.octaves(coarseness) - exponents) - 1) * (1 << density)
        qps = np.floor(exponents * (1 << density) + fractions + self.thresholds())
        limits = -126 << density, (128 << density) - 1
        named = {
            name: int(min(max(qp, limits[0]), limits[1]))
            for name, qp in zip(self.names, qps.tolist(), strict=True)
        }
        middle = math.floor(coarseness / PER_OCTAVE * (1 << density))
        return replace(
            at_density(self.base, density),
            named_qp=named,
            # Where nothing is searched for, all of it is exact.
            qp=min(max(middle, limits[0]), limits[1]) if named else None,
        )

    def thresholds(self) -> NDArray[np.float64]:
        """Return for each tensor which part of a step makes it take the next one.

        They are spread so that with the part the share of the values grows evenly.
        """
        running = np.cumsum(self.sizes)
        result: NDArray[np.float64] = (running - self.sizes / 2) / max(1.0, self.values)
        return result

    def guessed_size(self, coarseness: float) -> float:
        """Guess the bytes of a bitstream: the entropy of rounded Laplace variables."""
        steps = np.exp2(self.octaves(coarseness))
        ratio = steps / np.maximum(self.means, 1e-300)
        # Probabilities of zero, and of going on to the next level.
        nonzero = np.exp(-ratio / 2)
        further = np.exp(-ratio)
        with np.errstate(divide="ignore", invalid="ignore"):
            bits = entropy(nonzero) + nonzero * (1 + entropy(further) / (1 - further))
        bits = np.where(ratio > 700, 0, np.nan_to_num(bits, posinf=32.0))
        total = float(np.sum(np.minimum(bits, 34) * self.sizes)) / 8
        return total + UNIT_BYTES * len(self.names) + self.fixed_bytes

    def guessed_error(self, coarseness: float) -> float:
        """Guess the mean squared error of all float values."""
        variances = np.maximum(self.variances, 1e-300)
        squares = np.exp2(2 * self.octaves(coarseness)) / 12
        errors = variances * -np.expm1(-squares / variances)
        return float(np.sum(errors * self.sizes)) / max(1.0, self.values)

    def guessed_error_of_peaks(self, coarseness: float) -> float:
        """Guess the mean of the squared errors, those of each tensor over its squared peak."""
        peaks = np.maximum(self.largest, 1e-150) ** 2
        variances = np.maximum(self.variances, 1e-300)
        squares = np.exp2(2 * self.octaves(coarseness)) / 12
        errors = variances * -np.expm1(-squares / variances) / peaks
        return float(np.sum(errors * self.sizes)) / max(1.0, self.values)

    def guessed_largest_error(self, coarseness: float) -> float:
        """Guess the largest error."""
        # A path of the trellis may leave the nearest level aside.
        share = 0.5 if self.base.dq is False else DEPENDENT_ERROR
        halves = np.exp2(self.octaves(coarseness)) * share
        return float(np.minimum(halves, self.largest).max(initial=0.0))


def entropy(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the entropy of a yes or no in bits."""
    yes = np.clip(probability, 1e-300, 1.0)
    no = np.clip(1 - probability, 1e-300, 1.0)
    result: NDArray[np.float64] = -(yes * np.log2(yes) + no * np.log2(no))
    return result


def magnitudes(tensor: NDArray[Any]) -> tuple[float, float, float]:
    """Return the mean magnitude, the mean square and the largest magnitude of a tensor."""
    flat = tensor.reshape(-1)
    total, squares, largest = 0.0, 0.0, 0.0
    for start in range(0, flat.size, PIECE):
        piece = np.abs(flat[start : start + PIECE].astype(np.float64))
        with np.errstate(over="ignore"):
            total += float(piece.sum())
            squares += float(np.square(piece).sum())
        largest = max(largest, float(piece.max()))
    return total / flat.size, squares / flat.size, largest


def is_setting(name: str, tensor: NDArray[Any], options: EncoderOptions) -> bool:
    """Tell whether a tensor is coded without loss, for its values are few or whole numbers."""
    if options.codebook not in (None, False, "auto") or not is_free(name, tensor.ndim, options):
        return False
    wide = np.asarray(tensor, np.float64 if tensor.dtype.itemsize == 8 else np.float32)
    return scale_of(wide).exact


def is_whole(tensor: NDArray[Any]) -> bool:
    """Tell whether all values are whole numbers."""
    flat = tensor.reshape(-1)
    pieces = (flat[start : start + PIECE] for start in range(0, flat.size, PIECE))
    return all(bool((wide == np.rint(wide)).all()) for wide in map(np.float64, pieces))


def exact_bytes(tensor: NDArray[Any]) -> float:
    """Guess the bytes of a tensor that is coded without loss: the entropy of its values."""
    flat = tensor.reshape(-1)
    _, counts = np.unique(flat[:PIECE], return_counts=True)
    shares = counts / counts.sum()
    bits = -float(np.sum(shares * np.log2(shares))) * flat.size
    return min(bits / 8 + counts.size * tensor.itemsize, tensor.nbytes)


def is_fixed(name: str, weight: bool, options: EncoderOptions) -> bool:
    """Tell whether the options give a tensor a quantization parameter of its own."""
    said = options.said_of(name)
    layers = options.layer_parameters
    layer = next((layers[pattern] for pattern in layers if matches(name, [pattern])), None)
    return (
        "qp" in said
        or "bit_depth" in said
        or matches(name, list(options.tensor_qp))
        or (not weight and options.nonweight_qp is not None)
        or (layer is not None and (layer.qp is not None or layer.nonweight_qp is not None))
    )


def at_density(options: EncoderOptions, density: int) -> EncoderOptions:
    """Return options with another qp_density, and the same step sizes."""
    before = options.qp_density

    def changed(qp: int | None) -> int | None:
        return None if qp is None else rescaled(qp, before, density)

    return replace(
        options,
        qp_density=density,
        nonweight_qp=changed(options.nonweight_qp),
        tensor_qp={name: rescaled(qp, before, density) for name, qp in options.tensor_qp.items()},
        tensors={
            pattern: replace(one, qp=changed(one.qp)) for pattern, one in options.typed().items()
        },
        layer_parameters={
            pattern: one
            if one.qp_density is not None
            else replace(one, qp=changed(one.qp), nonweight_qp=changed(one.nonweight_qp))
            for pattern, one in options.layer_parameters.items()
        },
    )
