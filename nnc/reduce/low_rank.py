"""Low rank: a weight as the product of two narrow matrices (clause 8.3.7)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.decoder.reconstruction import G_SUFFIX, H_SUFFIX
from nnc.encoder.call.asked import asked
from nnc.encoder.model import encode_model
from nnc.encoder.units.block import Block
from nnc.reduce.reduced import Model, Reduced, check_share, fits, reduced_of


class Factors(NamedTuple):
    """A weight as a product.

    Attributes:
        g: left factor, float32 of shape (rows, rank).
        h: right factor, float32 of shape (rank, columns).
    """

    g: NDArray[np.float32]
    h: NDArray[np.float32]

    @property
    def size(self) -> int:
        """Number of values of both."""
        return self.g.size + self.h.size

    def product(self, shape: Sequence[int]) -> NDArray[np.float32]:
        """Return the weight that a decoder makes of them."""
        return (self.g @ self.h).reshape(shape)


class Spectrum(NamedTuple):
    """A matrix by its singular values.

    Attributes:
        matrix: the matrix.
        values: the singular values, falling.
        vectors: the singular vectors of the shorter side, as columns.
    """

    matrix: NDArray[np.float64]
    values: NDArray[np.float64]
    vectors: NDArray[np.float64]

    @classmethod
    def of(cls, matrix: NDArray[np.float64]) -> Spectrum:
        """Take a matrix apart, by the products of its shorter side: that is the smaller problem."""
        tall = matrix.shape[0] >= matrix.shape[1]
        products = matrix.T @ matrix if tall else matrix @ matrix.T
        squares, vectors = np.linalg.eigh(products)
        return cls(matrix, np.sqrt(np.maximum(squares[::-1], 0)), vectors[:, ::-1])

    def factors(self, rank: int) -> Factors:
        """Return the best product of some rank; both factors have the singular values' roots.

        So they are of one scale, and one step size is right for both.
        """
        chosen = self.vectors[:, :rank]
        roots = np.sqrt(np.maximum(self.values[:rank], np.finfo(np.float64).tiny))
        if self.matrix.shape[0] >= self.matrix.shape[1]:
            g, h = self.matrix @ chosen / roots, roots[:, None] * chosen.T
        else:
            g, h = chosen * roots, chosen.T @ self.matrix / roots[:, None]
        return Factors(g.astype(np.float32), h.astype(np.float32))

    def rank(self, energy: float | None, mse: float | None) -> int:
        """Return the least rank that keeps a share of the energy, or to a mean squared error."""
        energies = self.values**2
        left = np.append(energies[::-1].cumsum()[::-1], 0.0)
        if energy is not None:
            enough = left <= (1 - energy) * left[0] * (1 + 1e-12)
        else:
            enough = left / self.matrix.size <= float(mse or 0.0)
        return max(1, int(np.argmax(enough)))


def low_rank(
    model: Model,
    energy: float | None = None,
    *,
    mse: float | None = None,
    rank: int | None = None,
    only: Sequence[str] | None = None,
    options: Mapping[str, Any] | None = None,
    smaller: bool = True,
) -> Reduced:
    """Replace weights by two factors, G and H, where these take fewer bytes.

    Each split of the dimensions into rows and columns that leaves the values in their order is
    tried, and the one taken that needs the fewest values.

    Args:
        model: arrays by name, or the result of another tool.
        energy: share of the squares of the weights that the product keeps, 0 to 1.
        mse: mean squared error that it may have, in place of `energy`.
        rank: the rank itself, in place of both.
        only: patterns of the names that are meant; None for all weights of float32.
        options: those of `nnc.encode` by which bytes are compared.
        smaller: whether to keep a weight whole where the factors take no fewer bytes; False
            decomposes all of which the factors have fewer values.

    Returns:
        The model, with blocks of the decomposed weights.

    Raises:
        InputError: not one of `energy`, `mse` and `rank`, or out of range.
    """
    check_wanted(energy, mse, rank)
    whole = reduced_of(model)
    for name, values in list(whole.tensors.items()):
        block = whole.block_of(name)
        if values.dtype != np.float32 or values.ndim < 2 or not fits(name, only):
            continue
        found = best_factors(values, energy, mse, rank)
        if found is None or (block is not None and block.batch_norm):
            continue
        made = decomposed(whole, name, found)
        if not smaller or coded_size(made, name, options) < coded_size(whole, name, options):
            whole = made
    return whole


def check_wanted(energy: float | None, mse: float | None, rank: int | None) -> None:
    """Refuse what says no rank."""
    if sum(one is not None for one in (energy, mse, rank)) != 1:
        raise InputError("give one of energy, mse and rank")
    if energy is not None:
        check_share("energy", energy)
    if mse is not None and not (isinstance(mse, int | float) and 0 <= mse < math.inf):
        raise InputError(f"mse must be a number, 0 or more, not {mse!r}")
    if rank is not None and not (isinstance(rank, int | np.integer) and rank > 0):
        raise InputError(f"rank must be a positive integer, not {rank!r}")


def splits(shape: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the rows and columns that dimensions can be split into, in the order of the values."""
    for number in range(1, len(shape)):
        rows, columns = math.prod(shape[:number]), math.prod(shape[number:])
        if rows > 1 and columns > 1:
            yield rows, columns


def best_factors(
    values: NDArray[Any], energy: float | None, mse: float | None, rank: int | None
) -> Factors | None:
    """Return the factors of the fewest values; None where none have fewer than the weight."""
    if not np.isfinite(values).all() or not values.any():
        return None
    best: Factors | None = None
    for rows, columns in splits(values.shape):
        spectrum = Spectrum.of(values.reshape(rows, columns).astype(np.float64))
        wanted = min(rank or spectrum.rank(energy, mse), min(rows, columns))
        size = wanted * (rows + columns)
        if size < (values.size if best is None else best.size):
            best = spectrum.factors(wanted)
    return best


def decomposed(model: Reduced, name: str, factors: Factors) -> Reduced:
    """Return a model with the factors of a weight in the weight's place."""
    g, h = name + G_SUFFIX, name + H_SUFFIX
    tensors: dict[str, NDArray[Any]] = {}
    for other, values in model.tensors.items():
        tensors |= {g: factors.g, h: factors.h} if other == name else {other: values}
    block, shape = model.block_of(name), model.tensors[name].shape
    made = (
        Block(weight=name, g=g, h=h, dimensions=shape)
        if block is None
        else replace(block, g=g, h=h, dimensions=shape)
    )
    others = tuple(one for one in model.blocks if one.weight != name)
    return replace(model, tensors=tensors, blocks=(*others, made))


def coded_size(model: Reduced, weight: str, options: Mapping[str, Any] | None) -> int:
    """Return the bytes of a bitstream that holds just one layer."""
    block = model.block_of(weight)
    names = [weight] if block is None else block.names
    wanted = asked("encode", dict(options or {}))
    tensors = {name: model.tensors[name] for name in names}
    bitstream = encode_model(
        tensors, wanted.options, wanted.resources, blocks=() if block is None else (block,)
    )
    return len(bitstream.to_bytes())
