"""Whole units tried in several ways: scan orders, a layer as a block or as units of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nnc.bitstream import Bitstream, Unit
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization.choice import TRYING_EFFORT
from nnc.encoder.units.codewords import finish
from nnc.encoder.units.head import parameter_set, parameter_set_unit_of, start_unit
from nnc.encoder.units.tensor import LARGE_TENSOR, LARGEST_SCAN_ORDER, matrix_shape


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
