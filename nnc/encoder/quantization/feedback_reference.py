"""The trellis with feedback of errors along rows, plainly (clause 9.3).

Let X be the inputs of a layer, one column each, and C = X'X. What its outputs lose by an error E of
a row of its weights is E C E'. With C = U D U' (U upper with ones on its diagonal, D diagonal) that
is the sum over the columns j of

    D[j] * (E[j] + sum of E[k] * U[k, j] over the columns k before j)^2.

So each column is quantized as if the errors before it, times U, were added to its value: later
columns make good what earlier ones did wrong (GPTQ by Frantar et al., LDLQ by Chee et al.). Here
each of the 8 survivors of dependent quantization has errors and so goals of its own, and bits count
as in `rate_trellis_reference`.

Blocks of `BLOCK` columns are decided one block later, by the path that is the best one then;
survivors that went another way end. A row is decided as a whole before the next one begins.

`feedback` is the same for compilation. Its results and those of this module are equal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.deepcabac.tables import STATE_TRANSITIONS
from nnc.encoder.quantization.rates import COST_ONE, MAGNITUDES

#: Columns that are decided together.
BLOCK = 32

#: The cost where there is no path.
DEAD = np.float32(1e30)

Floats = NDArray[np.float32]


class Survivor(NamedTuple):
    """The best path to a state.

    Attributes:
        cost: what it costs; at least `DEAD` if there is none.
        neighbour: 0 after the level 0, 1 after a negative one, 2 after a positive one.
        indices: those of this block and the one before.
        errors: likewise, values less indices.
        added: what the errors add to the columns of this block.
    """

    cost: np.float32
    neighbour: int
    indices: tuple[int, ...]
    errors: tuple[np.float32, ...]
    added: Floats


def quantize_with_feedback(
    values: Floats,
    weights: Floats,
    factor: Floats | None,
    branches: NDArray[np.int32],
    magnitudes: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Quantize a matrix by dependent quantization, row by row.

    Args:
        values: float32 (rows, cols), in steps; far below 2^31.
        weights: float32 (cols,): D, of mean 1, so that bits weigh what they do without.
        factor: float32 (cols, cols): U; None: there is no feedback, and only weights.
        branches: int32 (60, 2, 8), as in `rates.RateTables`.
        magnitudes: int32 (3 or more, `MAGNITUDES`), likewise.

    Returns:
        int32 array of the same shape: indices, after the doubling of dependent quantization.
    """
    rows, cols = values.shape
    result = np.zeros((rows, cols), dtype=np.int32)
    state, neighbour = 0, 0
    for row in range(rows):
        common = np.zeros(cols, dtype=np.float32)
        nobody = Survivor(DEAD, neighbour, (), (), np.zeros(BLOCK, np.float32))
        survivors = [nobody] * 8
        survivors[state] = nobody._replace(cost=np.float32(0))
        for first in range(0, cols, BLOCK):
            stop = min(first + BLOCK, cols)
            for column in range(first, stop):
                ahead = np.zeros(BLOCK, np.float32)
                if factor is not None:
                    ahead[column - first + 1 : stop - first] = factor[column, column + 1 : stop]
                survivors = advance(
                    survivors,
                    values[row, column],
                    common[column],
                    weights[column],
                    ahead,
                    column - first,
                    branches,
                    magnitudes,
                )
            best = min(range(8), key=lambda one: survivors[one].cost)
            decided = survivors[best].indices[: first - max(first - BLOCK, 0)]
            errors = survivors[best].errors[: len(decided)]
            result[row, first - len(decided) : first] = decided
            for number, error in enumerate(errors):
                if factor is not None and stop < cols:
                    common[stop:] += error * factor[first - len(decided) + number, stop:]
            survivors = [going_on(one, decided, factor, first, cols) for one in survivors]
        result[row, first:] = survivors[best].indices
        state, neighbour = best, survivors[best].neighbour
    return result


def going_on(
    one: Survivor, decided: tuple[int, ...], factor: Floats | None, first: int, cols: int
) -> Survivor:
    """Return a survivor at the end of a block, without what is decided; it ends if it differs."""
    cost = one.cost if one.indices[: len(decided)] == decided else DEAD
    errors = one.errors[len(decided) :]
    added = np.zeros(BLOCK, np.float32)
    if factor is not None and cost < DEAD:
        stop = min(first + 2 * BLOCK, cols)
        for number, error in enumerate(errors):
            added[: max(stop - first - BLOCK, 0)] += (
                error * factor[first + number, first + BLOCK : stop]
            )
    return one._replace(cost=cost, indices=one.indices[len(decided) :], errors=errors, added=added)


def advance(
    survivors: list[Survivor],
    value: np.float32,
    common: np.float32,
    weight: np.float32,
    ahead: Floats,
    column: int,
    branches: NDArray[np.int32],
    magnitudes: NDArray[np.int32],
) -> list[Survivor]:
    """Carry the survivors on by one column."""
    best: list[tuple[np.float32, int, int]] = [(2 * DEAD, 0, 0)] * 8
    for state, one in enumerate(survivors):
        if one.cost >= DEAD:
            continue
        goal = (value + common) + one.added[column]
        sign = int(goal < 0)
        branch = branches[12 * one.neighbour + sign, :, state]
        for parity, after in enumerate(STATE_TRANSITIONS[state]):
            cost, index = cheapest(abs(goal), state & 1, parity, weight, branch, magnitudes[sign])
            if one.cost + cost < best[after][0]:
                best[after] = (one.cost + cost, state, -index if sign else index)
    least = min(cost for cost, _, _ in best)
    result = []
    for cost, state, index in best:
        before = survivors[state]
        error = value - np.float32(index)
        result.append(
            Survivor(
                DEAD if cost >= DEAD else cost - least,
                0 if index == 0 else 1 + (index > 0),
                (*before.indices, index),
                (*before.errors, error),
                before.added + error * ahead,
            )
        )
    return result


def cheapest(
    size: np.float32,
    odd: int,
    parity: int,
    weight: np.float32,
    branch: NDArray[np.int32],
    magnitudes: NDArray[np.int32],
) -> tuple[np.float32, int]:
    """Return the cost of the cheapest index of a subset next to a magnitude, and that index."""
    rest = 3 - 2 * parity if odd else 2 * parity
    low = (int((size - np.float32(rest) + np.float32(4)) * np.float32(0.25)) - 1) * 4 + rest
    found = 4 * DEAD, 0
    for index in (low, low + 4):
        if index > 0:
            distance = size - np.float32(index)
            bits = branch[1] + magnitudes[min(index, MAGNITUDES - 8) + 4]
            cost = weight * (distance * distance) * np.float32(COST_ONE) + np.float32(bits)
            found = min(found, (cost, index))
    if parity == 0:
        cost = weight * (size * size) * np.float32(COST_ONE) + np.float32(branch[0])
        found = (cost, 0) if cost <= found[0] else found
    return found
