"""What calibration says of weights: how errors of these reach the outputs.

Statistics of one tensor are an array of float32: of its columns (the dimensions but that of the
rows, flattened) either the mean squares alone, or a square matrix. That holds U above its diagonal
and D on it, of the second moments C = U D U' of the inputs of its layer, or of gradients, where U
is upper triangular with ones on its diagonal. With the factors rather than the moments encoding is
quick, and its bytes are the same everywhere.

Their size says what the outputs of the model lose: D is the loss by an error of a value in each
column, squared, beside those of other tensors. So it gives the steps of the tensors as well.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from nnc.bitio import InputError
from nnc.engine.files import as_path

#: What is added to the diagonal of second moments, as a share of its mean: inputs that the
#: calibration hasn't seen differ from those that it has.
DAMPING = 0.03

#: Octaves that a step is finer or coarser for its statistics at most: inputs that the calibration
#: hasn't seen may use what it found without effect.
MOST_OCTAVES = 3.0

#: Marks a file of statistics.
MARK = {"nnc": "calibration"}


class Calibration(Mapping[str, NDArray[np.float32]]):
    """Statistics of the inputs of layers, by the names of their weights.

    They come from `nnc.torch.calibrate` or `nnc.onnx.calibrate`, and are given to encoders as
    `calibration`. Those of a file are read when they are needed, one tensor's at a time.
    """

    def __init__(
        self,
        statistics: Mapping[str, NDArray[np.float32]] | None = None,
        *,
        path: str | os.PathLike[str] | None = None,
        names: Collection[str] | None = None,
    ) -> None:
        """Hold statistics in memory, or those of a file.

        Args:
            statistics: by name of the tensor, as the module says; None with a path.
            path: a file that `save` has written.
            names: which of them; None for all.

        Raises:
            InputError: the statistics are none by name, or the file is no file of them.
            OSError: it can't be read.
        """
        if not isinstance(statistics, Mapping | None):
            raise InputError(
                "statistics are given by the names of tensors, not as "
                f"{type(statistics).__name__}; those of a file with path="
            )
        self._path = None if path is None else os.fspath(as_path(path))
        self._statistics = dict(statistics or {})
        found = names_in(self._path) if self._path is not None else list(self._statistics)
        self._names = [name for name in found if names is None or name in names]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Calibration:
        """Open a file of statistics; arguments and errors as for the class."""
        return cls(path=path)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a .safetensors file.

        Raises:
            OSError: it can't be written.
        """
        save_file(dict(self), path, metadata=MARK)

    def only(self, names: Collection[str]) -> Calibration:
        """Return the statistics of some tensors alone."""
        if self._path is not None:
            return Calibration(path=self._path, names=names)
        return Calibration({name: self[name] for name in names if name in self})

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """Return the statistics of a tensor.

        Raises:
            KeyError: there are none.
            InputError: they are of another type or shape, or not finite.
        """
        if name not in self._names:
            raise KeyError(name)
        if self._path is None:
            return checked_statistics(name, self._statistics[name])
        with safe_open(self._path, framework="np") as file:
            return checked_statistics(name, file.get_tensor(name))

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return how many tensors there are statistics of."""
        return len(self._names)

    def __repr__(self) -> str:
        """Return what it is of."""
        where = "" if self._path is None else f" in {self._path!r}"
        return f"<nnc.Calibration of {len(self)} tensors{where}>"


class WeightScale(NamedTuple):
    """What is known of a weight without statistics.

    Attributes:
        values: the number of its values.
        columns: how many columns it may have; statistics of others aren't its own.
        octaves: the logarithm to the base 2 of the step that it would have.
    """

    values: float
    columns: Collection[int]
    octaves: float


def coarser_octaves(known: Calibration, scales: Mapping[str, WeightScale]) -> dict[str, float]:
    """Return by how much the steps of weights are coarser than by their scales, in octaves.

    All outputs lose least, bits given, where each value loses them as much: by a squared step times
    what an error in its column counts.

    Args:
        known: the statistics.
        scales: the weights.

    Returns:
        Octaves of those that there are statistics of: 0 on average over their values.
    """
    own = {}
    for name, scale in scales.items():
        if name in known:
            statistics = known[name]
            if statistics.shape[0] not in scale.columns:
                continue
            weights = statistics if statistics.ndim == 1 else statistics.diagonal()
            mean = math.fsum(weights.tolist()) / weights.size
            if mean > 0:
                own[name] = -math.log2(mean) / 2 - scale.octaves
    values = sum(scales[name].values for name in own)
    average = sum(scales[name].values * one for name, one in own.items()) / max(values, 1)
    return {name: min(max(one - average, -MOST_OCTAVES), MOST_OCTAVES) for name, one in own.items()}


def names_in(path: str) -> list[str]:
    """Return the names in a file of statistics, in order.

    Raises:
        InputError: it is none.
        OSError: it can't be read.
    """
    try:
        with safe_open(path, framework="np") as file:
            mark, names = file.metadata() or {}, sorted(file.keys())
    except SafetensorError as error:
        raise InputError(f"{path}: no file of statistics: {error}") from None
    if mark.get("nnc") != MARK["nnc"]:
        raise InputError(f"{path}: these are no statistics that nnc.Calibration.save has written")
    return names


def checked_statistics(name: str, values: ArrayLike) -> NDArray[np.float32]:
    """Return the statistics of a tensor, or refuse what can be none.

    Raises:
        InputError: not one number a column, nor a square; or numbers that second moments can't
            give.
    """
    array = np.ascontiguousarray(values, dtype=np.float32)
    square = array.ndim == 2 and array.shape[0] == array.shape[1]
    if not (array.ndim == 1 or square) or not array.size:
        raise InputError(
            f"statistics of {name!r} have shape {array.shape}: neither a list nor square"
        )
    weights = array if array.ndim == 1 else array.diagonal()
    if not np.isfinite(array).all() or not (weights >= 0).all():
        raise InputError(f"statistics of {name!r} hold what no second moments give")
    return array


def statistics_of(
    moments: NDArray[np.floating], weight: NDArray[np.floating], lost: float | None = None
) -> NDArray[np.float32]:
    """Return the statistics of a weight.

    Args:
        moments: as for `factors_of`, of the inputs of a layer or of gradients.
        weight: the weight.
        lost: what the outputs lose by an error of each of its values, beside those of others; None:
            as much by all tensors, relative to their values.

    Raises:
        InputError: the moments aren't finite.
    """
    if lost is None:
        lost = 1 / (float(np.abs(weight, dtype=np.float64).mean()) ** 2 * weight.size or 1.0)
    diagonal = moments if moments.ndim == 1 else moments.diagonal()
    mean = float(diagonal.mean(dtype=np.float64))
    return factors_of(np.asarray(moments, np.float64) * (lost / mean if mean else 1.0))


def factors_of(moments: NDArray[np.floating], damping: float = DAMPING) -> NDArray[np.float32]:
    """Return the statistics that second moments come to.

    Args:
        moments: (columns, columns): sums or means of the products of inputs; or (columns,): of
            their squares.
        damping: what is added to the diagonal, as a share of its mean.

    Returns:
        float32 array of the same shape, as the module says.

    Raises:
        InputError: they aren't finite.
    """
    wide = np.asarray(moments, dtype=np.float64)
    if not np.isfinite(wide).all():
        raise InputError("the inputs of a layer aren't finite, so that nothing follows from them")
    diagonal = wide if wide.ndim == 1 else wide.diagonal()
    added = damping * float(diagonal.mean()) or 1.0
    if wide.ndim == 1:
        return (wide + added).astype(np.float32)
    # Of a matrix turned around, the lower factor is the upper one turned around.
    lower = np.linalg.cholesky((wide + added * np.eye(len(wide)))[::-1, ::-1])
    scale = lower.diagonal()
    factor = np.triu((lower / scale)[::-1, ::-1], 1)
    return (factor + np.diag((scale**2)[::-1])).astype(np.float32)
