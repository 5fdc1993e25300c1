"""Checks that the compiled and the plain coder share: sizes, shapes, ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nnc.bitio.errors import (
    IncompleteError,
    InputError,
    InvalidError,
    LimitError,
    MissingValueError,
)
from nnc.deepcabac.coding import TensorCoding

Levels = npt.NDArray[np.int32]
Flags = npt.NDArray[np.uint8]

#: In place of a history where its values aren't looked at.
NO_FLAGS: Flags = np.zeros((0, 0), np.uint8)

# A bin takes at least 2 of at most 510 parts of the range, Log2(510 / 508) bits: one bit of
# payload holds fewer than 177 bins.
BINS_PER_BIT = 177
# The offset register holds 9 bits that were read but not used up, and a bit may be begun.
BITS_IN_REGISTER = 10

# Levels of which a second look costs less than a look at their rows.
FEW = 1 << 10

# Levels of a row that are looked at first.
FIRST_LOOK = 16


def check_size(rows: int, cols: int) -> None:
    """Refuse a negative number of rows or columns with an InputError."""
    if rows < 0 or cols < 0:
        raise InputError(f"a tensor can't have {rows} rows and {cols} columns")


def check_room(values: int, position: int, payload_bits: int, what: str) -> None:
    """Refuse a number of bins that the rest of the payload can't hold.

    Args:
        values: how many values follow that take a bin each.
        position: bits consumed.
        payload_bits: length of the payload in bits.
        what: what the values are, for the message.

    Raises:
        IncompleteError: the payload ends too early for them.
    """
    needed = bits_needed(values)
    missing = position + needed - payload_bits
    if needed > 0 and missing > 0:
        raise IncompleteError(
            f"{values} {what} can't be coded in the {max(payload_bits - position, 0)} bits left",
            missing_bits=missing,
            bit_position=min(position, payload_bits),
        )


def bits_needed(values: int) -> int:
    """Return how many bits so many bins take at least, beyond those in the register."""
    return values // BINS_PER_BIT - BITS_IN_REGISTER


def past_end(position: int, payload_bits: int) -> IncompleteError:
    """Return the error for a decoder that has read past the end."""
    return IncompleteError(
        "the payload ends before the levels do",
        missing_bits=position - payload_bits,
        bit_position=payload_bits,
    )


def level_overflow(row: int, col: int, position: int, payload_bits: int) -> InvalidError:
    """Return the error for a decoded level outside int32."""
    return InvalidError(
        "the level doesn't fit 32 bits",
        path=f"levels[{row}, {col}]",
        bit_position=min(position, payload_bits),
        allowed="-2147483648 to 2147483647",
    )


def block_row_offset(block_row: int, position: int, payload_bits: int) -> InvalidError:
    """Return the error for an offset register too large for the range that a block row gets."""
    return InvalidError(
        f"the offset register is 256 or more at the start of block row {block_row}",
        code="block-row-offset",
        bit_position=min(position, payload_bits),
        allowed="0 to 255",
    )


def check_end(payload: memoryview, position: int, terminated: bool) -> None:
    """Check how a codeword ends: terminating bin, stop bit, zero bits, exact length.

    Args:
        payload: all bytes.
        position: bits consumed, P of clause 10.
        terminated: the terminating bin.

    Raises:
        IncompleteError: the payload is shorter than the codeword.
        InvalidError: one of the other rules is broken.
    """
    bits = 8 * len(payload)
    if position > bits:
        raise past_end(position, bits)
    if not terminated:
        raise InvalidError(
            "the terminating bin is 0", code="terminating-bin", bit_position=position - 1
        )
    last = payload[(position - 1) >> 3] << ((position - 1) & 7) & 0xFF
    if not last & 0x80:
        raise InvalidError("the stop bit is 0", code="stop-bit", bit_position=position - 1)
    if last & 0x7F:
        raise InvalidError(
            "the bits after the stop bit are not all 0",
            code="codeword-padding",
            bit_position=position,
        )
    end = (position + 7) >> 3
    if len(payload) > end:
        raise InvalidError(
            f"{len(payload) - end} bytes are left over after the codeword",
            code="codeword-length",
            bit_position=8 * end,
        )


def check_start(payload: memoryview, offset: int) -> None:
    """Check that a payload can begin a codeword.

    Raises:
        IncompleteError: it has fewer than 2 bytes.
        InvalidError: the first 9 bits are no offset below the start range 510.
    """
    if len(payload) < 2:
        raise IncompleteError(
            "the payload is too short for a codeword",
            missing_bits=16 - 8 * len(payload),
            bit_position=8 * len(payload),
        )
    if offset >= 510:
        raise InvalidError(
            "the first 9 bits are not below the start range",
            code="codeword-start",
            bit_position=0,
            value=offset,
            allowed="0 to 509",
        )


def zero_levels(rows: int, cols: int) -> Levels:
    """Allocate the levels, whose pages the system hands out as they are written.

    Raises:
        LimitError: there is no memory for them.
    """
    try:
        return np.zeros((rows, cols), np.int32)
    except (MemoryError, ValueError) as error:
        raise LimitError(f"there is no memory for {rows} x {cols} levels") from error


def check_coding_for_input(coding: TensorCoding) -> None:
    """Refuse a coding with a member out of range with an InputError."""
    if problem := coding.problem():
        raise InputError(problem)


def check_coding_for_stream(coding: TensorCoding, position: int) -> None:
    """Refuse a coding with a member out of range with an InvalidError."""
    if problem := coding.problem():
        raise InvalidError(problem, bit_position=position)


def level_matrix(levels: Any, name: str = "levels") -> Levels:
    """Return levels as a contiguous (rows, cols) int32 array; a vector becomes n rows of 1.

    Raises:
        InputError: not integers, not one or two axes, or values outside int32.
    """
    array = np.asarray(levels)
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2:
        raise InputError(f"{name} must have two axes, rows and columns, not {array.ndim}")
    if array.dtype != np.int32:
        if array.size and array.dtype.kind not in "biu":
            raise InputError(f"{name} must be integers, not {array.dtype}")
        converted = array.astype(np.int32)
        wrong = np.argwhere(converted != array)
        if len(wrong):
            row, col = (int(index) for index in wrong[0])
            raise InputError(f"{name}[{row}, {col}] is {array[row, col]}, outside 32 bits")
        array = converted
    return np.ascontiguousarray(array)


def base_matrix(base_levels: Any, rows: int, cols: int) -> Levels | None:
    """Return the base levels as an int32 array of the tensor's own size, or None."""
    if base_levels is None:
        return None
    base = level_matrix(base_levels, "base_levels")
    _check_shape(base.shape, rows, cols, "base_levels")
    return base


def history_matrix(history: Any, rows: int, cols: int) -> Flags | None:
    """Return the history as a uint8 array of 0 and 1 of the tensor's own size, or None."""
    if history is None:
        return None
    array = np.asarray(history)
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    flags: Flags = np.ascontiguousarray(array != 0).view(np.uint8)
    _check_shape(flags.shape, rows, cols, "history")
    return flags


def _check_shape(shape: tuple[int, ...], rows: int, cols: int, name: str) -> None:
    if shape != (rows, cols):
        raise InputError(f"{name} has the shape {shape}, the tensor {(rows, cols)}")


def check_quantization_parameter(value: int, qp_density: int) -> int:
    """Check that a quantization parameter fits iae(6 + qp_density); return the number of bits.

    Raises:
        InputError: it doesn't, or qp_density isn't 0 to 7.
    """
    if qp_density not in range(8):
        raise InputError(f"qp_density is {qp_density}, not 0 to 7")
    bits = 6 + qp_density
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    if not low <= value <= high:
        raise InputError(
            f"the quantization parameter {value} doesn't fit {bits} bits ({low} to {high})"
        )
    return bits


def check_codebook_range(levels: Levels, coding: TensorCoding) -> None:
    """Refuse levels that have no entry in the codebook with an InputError."""
    if not coding.limited or levels.size == 0:
        return
    low, high = -coding.negative_limit, coding.positive_limit
    if int(levels.min()) >= low and int(levels.max()) <= high:
        return
    row, col = (int(index) for index in np.argwhere((levels < low) | (levels > high))[0])
    raise InputError(
        f"levels[{row}, {col}] is {levels[row, col]}, outside the codebook ({low} to {high})"
    )


def parity_problem(row: int, col: int, level: int, state: int) -> InputError:
    """Return the error for a level that its state of dependent quantization doesn't allow."""
    allowed = "0 and odd levels" if state & 1 else "even levels"
    return InputError(
        f"levels[{row}, {col}] is {level}, but state {state} of dependent quantization "
        f"allows only {allowed}"
    )


def zero_rows(levels: Levels) -> Flags:
    """Return for each row 1 if all of its levels are 0."""
    # Most rows show in a few levels that they aren't.
    zero = np.logical_not(levels[:, :FIRST_LOOK].any(axis=1))
    rows = np.flatnonzero(zero)
    if rows.size > zero.size // FIRST_LOOK:
        zero = np.logical_not(levels.any(axis=1))
    elif rows.size:
        zero[rows] = np.logical_not(levels[rows, FIRST_LOOK:].any(axis=1))
    flags: Flags = zero.view(np.uint8)
    return flags


def may_skip_rows(coding: TensorCoding, rows: int, cols: int) -> bool:
    """Whether an encoder may skip rows on its own account.

    The standard's text and the known decoder may count the transitions of skipped rows
    differently where blocks don't span the whole width: by the row's width or the block's.
    Parity 0 leads every state back after 4 transitions at the latest, so that widths that are
    equal modulo 4 make no difference.
    """
    size = coding.block_size(rows, cols)
    agree = size == 0 or cols <= size or cols % 4 == 0 or not coding.dq_flag
    return coding.has_tools(rows, cols) and agree


def missing_history(position: int, payload_bits: int) -> MissingValueError:
    """Return the error for a tensor coded with a history that the caller doesn't know."""
    return MissingValueError(
        "hist_dep_sig_prob_enabled_flag is 1, but no history of the tensor is known",
        path="hist_dep_sig_prob_enabled_flag",
        bit_position=min(position, payload_bits),
        value=1,
        hint="decode the updates before this one first; a tensor without any has a history "
        "that is all False",
    )


def rows_to_skip(levels: Levels, coding: TensorCoding, row_skip: bool | None) -> Flags | None:
    """Return row_skip_list of a tensor, or None where rows aren't to be skipped.

    Args:
        levels: (rows, cols) levels.
        coding: how they are coded.
        row_skip: what the caller wants; None: if there is something to gain.
    """
    rows, cols = levels.shape
    if row_skip is False or not coding.has_tools(rows, cols):
        return None
    if row_skip is None and not may_skip_rows(coding, rows, cols):
        return None
    if row_skip is None and levels.size <= FEW and levels.size - np.count_nonzero(levels) < cols:
        # Too few zeros for a row: that is quick to see.
        return None
    flags = zero_rows(levels)
    return flags if row_skip or flags.any() else None
