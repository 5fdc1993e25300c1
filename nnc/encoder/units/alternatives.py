"""Whole units tried in several ways: scan orders, a layer as a block or as units of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nnc.bitstream import Bitstream, Unit
from nnc.encoder.inputs.preparation import PreparedTensor
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization.choice import TRYING_EFFORT
from nnc.encoder.quantization.plan import QuantizationPlan
from nnc.encoder.quantization.uniform import step_size
from nnc.encoder.units.codewords import finish
from nnc.encoder.units.head import parameter_set, parameter_set_unit_of, start_unit
from nnc.encoder.units.tensor import LARGE_TENSOR, LARGEST_SCAN_ORDER, matrix_shape

#: Rows and columns from which a tensor is in blocks of its own accord.
FEWEST_ROWS = 16 * (4 << LARGEST_SCAN_ORDER)
FEWEST_COLS = 2048
#: The mean magnitude in steps below which a value takes about a bit or less.
LEAST_STEPS = 0.5


def gains_by_block_rows(
    tensor: PreparedTensor, plan: QuantizationPlan, options: EncoderOptions
) -> bool:
    """Tell whether a tensor is coded in blocks though nobody asks for them.

    There have to be as many block rows as lanes, and each so long that what it takes by itself,
    20 to 60 bytes, is little: also below some bit a value that isn't so. Whatever else is asked for
    or known comes first: rows that are skipped, calibration and codebooks do without blocks.
    """
    rows, cols = matrix_shape(tensor.values.shape)
    qp = plan.qps.get(tensor.name)
    if qp is None and not tensor.is_integer:
        return False
    step = 1.0 if qp is None else float(step_size(qp, options.qp_density))
    return (
        rows >= FEWEST_ROWS
        and cols >= FEWEST_COLS
        and tensor.row_axis == 0
        and options.effort < TRYING_EFFORT
        and not options.row_skip
        and not options.codebook
        and tensor.name not in plan.exact
        and options.statistics_of(tensor.name) is None
        and bool(tensor.values.reshape(rows, cols).any(axis=1).all())
        and magnitude(tensor) >= LEAST_STEPS * step
    )


def magnitude(tensor: PreparedTensor) -> float:
    """Return the mean magnitude of a tensor's values, of some of its rows."""
    return float(np.abs(tensor.values[::16].astype(np.float64)).mean())


def scan_orders(shape: tuple[int, ...], options: EncoderOptions) -> Sequence[int]:
    """Return the scan orders that are worth a try for a tensor, the one by estimate first.

    Large tensors get blocks in any case, so that several threads can decode one.
    """
    rows, cols = matrix_shape(shape)
    if options.scan_order != "auto":
        return (options.scan_order or 0,)
    large = rows * cols >= LARGE_TENSOR
    if rows <= 1 or cols <= 1:
        return (0,)
    if options.effort < TRYING_EFFORT:
        return (LARGEST_SCAN_ORDER,) if large else (0,)
    return (4, 3, 2, 1) if large else (0, 4, 3, 2, 1)


def fewest_bytes(ways: Iterable[list[Unit]], options: EncoderOptions) -> list[Unit]:
    """Return the units that take the fewest bytes; of ways as good as each other the first."""
    given = list(ways)
    if len(given) > 1:
        finish([unit for units in given for unit in units])
    return given[0] if len(given) == 1 else min(given, key=lambda units: size_of(units, options))


def size_of(units: Sequence[Unit], options: EncoderOptions) -> int:
    """Return the bytes that data units take."""
    headers = [unit.readable_header() for unit in units]
    update = any(header.parent_node_id_present_flag is not None for header in headers)
    head = [start_unit(options), parameter_set_unit_of(parameter_set(options, update=update))]
    return sum(len(piece) for piece in Bitstream([*head, *units]).pieces())
