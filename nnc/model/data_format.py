"""The data formats that tensors are delivered in (clause 7.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InvalidError
from nnc.model.ranges import refuse_reserved
from nnc.syntax import DecompressedDataFormat as Format
from nnc.syntax import nnr_compressed_data_unit_header

#: numpy's type for each format; the formats below eight bits are delivered in eight.
DTYPES: dict[int, np.dtype[Any]] = {
    Format.TENSOR_INT32: np.dtype(np.int32),
    Format.TENSOR_FLOAT32: np.dtype(np.float32),
    Format.TENSOR_INT2: np.dtype(np.int8),
    Format.TENSOR_INT3: np.dtype(np.int8),
    Format.TENSOR_INT4: np.dtype(np.int8),
    Format.TENSOR_INT8: np.dtype(np.int8),
    Format.TENSOR_INT16: np.dtype(np.int16),
    Format.TENSOR_INT64: np.dtype(np.int64),
    Format.TENSOR_FLOAT16: np.dtype(np.float16),
    Format.TENSOR_FLOAT64: np.dtype(np.float64),
}

INTEGER_BITS = {
    Format.TENSOR_INT2: 2,
    Format.TENSOR_INT3: 3,
    Format.TENSOR_INT4: 4,
    Format.TENSOR_INT8: 8,
    Format.TENSOR_INT16: 16,
    Format.TENSOR_INT32: 32,
    Format.TENSOR_INT64: 64,
}

#: Bits of a stored value in an NNR_PT_RAW_FLOAT payload (those of other formats: 32).
RAW_FLOAT_BITS = {Format.TENSOR_FLOAT16: 16, Format.TENSOR_FLOAT64: 64}

#: The format that says a dtype, where one does.
FORMATS: dict[np.dtype[Any], Format] = {
    np.dtype(np.int8): Format.TENSOR_INT8,
    np.dtype(np.int16): Format.TENSOR_INT16,
    np.dtype(np.int32): Format.TENSOR_INT32,
    np.dtype(np.int64): Format.TENSOR_INT64,
    np.dtype(np.float16): Format.TENSOR_FLOAT16,
    np.dtype(np.float32): Format.TENSOR_FLOAT32,
    np.dtype(np.float64): Format.TENSOR_FLOAT64,
}


def deliver(values: NDArray[Any], data_format: int, name: str) -> NDArray[Any]:
    """Convert a reconstructed tensor to nnr_decompressed_data_format.

    Args:
        values: int32 or floating point array of any shape.
        data_format: a value of `DecompressedDataFormat`.
        name: the tensor's name, for errors.

    Returns:
        An array of the same shape and of the format's dtype; the same array where it has it.

    Raises:
        InvalidError: a reserved format, or a value that the format can't hold.
    """
    element = nnr_compressed_data_unit_header.elements["nnr_decompressed_data_format"]
    refuse_reserved(element, data_format, f"tensor {name!r} has a reserved data format")
    dtype = DTYPES[data_format]
    if data_format in INTEGER_BITS:
        return to_integers(values, INTEGER_BITS[Format(data_format)], dtype, name)
    return narrowed(values, dtype)


def narrowed(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Convert values to a dtype; what is finite stays so.

    A quantized value may lie beyond the largest that a narrow float holds; it becomes that one,
    not an infinity or, where the dtype has none, NaN.

    Args:
        values: array of any shape.
        dtype: any, those of ml_dtypes too.
    """
    if values.dtype == dtype:
        return values
    # Of no kind that NumPy knows are floats and integers of ml_dtypes.
    is_float = dtype.kind == "f" or (dtype.kind == "V" and "float" in dtype.name)
    if values.dtype.kind != "f" or not is_float or dtype.itemsize >= values.itemsize:
        with np.errstate(over="ignore", invalid="ignore"):
            return values.astype(dtype, copy=False)
    low, high = finite_range(dtype)
    with np.errstate(invalid="ignore"):
        beyond = np.isfinite(values) & ((values < low) | (values > high))
        if beyond.any():
            values = np.where(beyond, np.clip(values, low, high), values)
        return values.astype(dtype)


def finite_range(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return the lowest and the highest finite value of a dtype of floats."""
    import ml_dtypes

    limits = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
    return float(limits.min), float(limits.max)


def to_integers(values: NDArray[Any], bits: int, dtype: np.dtype[Any], name: str) -> NDArray[Any]:
    """Round values to integers of a number of bits, and refuse those that don't fit."""
    if values.dtype.kind == "f":
        values = nearest(values)
    if values.size and (values.dtype.kind == "f" or bits < 8 * values.dtype.itemsize):
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        # The highest value of 64 bits has no float32 or float64 of its own: compare beyond it.
        wrong = ~((values >= low) & (values < high + 1))
        if wrong.any():
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise InvalidError(
                f"tensor {name!r} holds {values[place]} at {list(place)}, which its {bits}-bit "
                "format can't hold",
                path="header.nnr_decompressed_data_format",
                value=values[place].item(),
                allowed=f"{low}..{high}",
                clause="7.2",
            )
    return values.astype(dtype, copy=False)


def nearest(values: NDArray[Any]) -> NDArray[Any]:
    """Round floats as the standard's Round() does: halves away from zero."""
    whole = np.trunc(values)
    # 0.5 isn't added to the values: the sum may itself be rounded, up to the next integer.
    with np.errstate(invalid="ignore"):
        halves = np.abs(values - whole) >= 0.5
    return np.asarray(whole + np.sign(values) * halves, values.dtype)
