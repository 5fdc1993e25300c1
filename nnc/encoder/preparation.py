"""Input tensors as the encoder takes them: floats to be quantized, integers, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.decoder.data_format import FORMATS
from nnc.decoder.metadata import TensorNote, pack_halves
from nnc.syntax import DecompressedDataFormat as Format

INT32 = np.iinfo(np.int32)

# Values looked at at once when searching for what can't be coded.
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class PreparedTensor:
    """A tensor ready for coding.

    Attributes:
        name: its name.
        values: float32 or float64 array to be quantized, or int32 array; of the shape that is
            coded.
        data_format: what nnr_decompressed_data_format has to say, None where it is left out.
        note: what the metadata unit has to say, None for nothing.
        largest: largest magnitude of a float tensor, else 0.
        row_axis: which dimension of the tensor as it is handed in and out stands first in
            `values` (first_tensor_dimension_shift).
    """

    name: str
    values: NDArray[Any]
    data_format: Format | None = None
    note: TensorNote | None = None
    largest: float = 0.0
    row_axis: int = 0

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Shape of the tensor as it is handed in and out."""
        rows, *others = self.values.shape or (1,)
        others.insert(self.row_axis, rows)
        return tuple(others) if self.values.shape else ()

    def by_rows_of(self, axis: int) -> PreparedTensor:
        """Give the tensor with one of its dimensions as the rows of the coded matrix."""
        values = np.moveaxis(np.moveaxis(self.values, 0, self.row_axis), axis, 0)
        return replace(self, values=np.ascontiguousarray(values), row_axis=axis)

    @property
    def is_integer(self) -> bool:
        """Whether the tensor is coded without quantization."""
        return self.values.dtype.kind == "i"


def prepare_all(
    tensors: Mapping[str, Any], row_axes: Mapping[str, int] | None = None
) -> list[PreparedTensor]:
    """Prepare the tensors of a model, in their order.

    Args:
        tensors: arrays by name.
        row_axes: for tensors whose rows aren't their first dimension, which one they are.

    Raises:
        InputError: names that can't be coded, or as for `prepare`.
    """
    for name in tensors:
        check_name(name)
    prepared = [prepare(name, values) for name, values in tensors.items()]
    return [with_row_axis(tensor, (row_axes or {}).get(tensor.name, 0)) for tensor in prepared]


def with_row_axis(tensor: PreparedTensor, axis: int) -> PreparedTensor:
    """Give a tensor with its rows first.

    Raises:
        InputError: it has no such dimension.
    """
    if not axis:
        return tensor
    if not 0 < axis < tensor.values.ndim:
        raise InputError(
            f"tensor {tensor.name!r} of {tensor.values.ndim} dimensions has no row axis {axis}"
        )
    packed = tensor.note is not None and tensor.note.changes_values
    return tensor if packed else tensor.by_rows_of(axis)


def check_name(name: Any) -> None:
    """Refuse what can't stand as topology_elem_id: text that a zero byte ends."""
    if not isinstance(name, str):
        raise InputError(f"the name of a tensor has to be text, not {name!r}")
    if "\0" in name:
        raise InputError(f"the name {name!r} has a zero character, which would end it")
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"the name {name!r} is not encodable as UTF-8") from None


def prepare(name: str, values: Any) -> PreparedTensor:
    """Prepare one tensor.

    Args:
        name: its name.
        values: array (or what numpy makes one of) of booleans, integers or floats, those of
            ml_dtypes too.

    Raises:
        InputError: NaN, infinity, or a type that is not of numbers; named.
    """
    array = np.asarray(values)
    if array.dtype.kind in "biu":
        return prepare_integers(name, array)
    if array.dtype.kind == "f" and array.dtype.itemsize <= 8:
        # numpy's float16 is a format of the standard; float32 holds all its values.
        wide = np.asarray(array, dtype=np.float64 if array.dtype.itemsize == 8 else np.float32)
        data_format = FORMATS[array.dtype.newbyteorder("=")]
        return PreparedTensor(
            name,
            wide,
            None if data_format == Format.TENSOR_FLOAT32 else data_format,
            largest=largest_magnitude(name, wide),
        )
    if is_extension_float(array.dtype):
        wide = array.astype(np.float32)
        note = TensorNote(array.dtype.name)
        return PreparedTensor(name, wide, note=note, largest=largest_magnitude(name, wide))
    if is_extension_integer(array.dtype):
        return PreparedTensor(name, array.astype(np.int32), note=TensorNote(array.dtype.name))
    raise InputError(f"tensor {name!r} is of dtype {array.dtype}, which is not one of numbers")


def is_extension_float(dtype: np.dtype[Any]) -> bool:
    """Tell whether a dtype is one of ml_dtypes' floats (bfloat16, float8 ...)."""
    import ml_dtypes

    return (
        dtype.kind in "Vf"
        and dtype.type.__module__.startswith("ml_dtypes")
        and (hasattr(ml_dtypes, "finfo") and "float" in dtype.name)
    )


def is_extension_integer(dtype: np.dtype[Any]) -> bool:
    """Tell whether a dtype is one of ml_dtypes' integers (int4, uint4 ...)."""
    return dtype.type.__module__.startswith("ml_dtypes") and "int" in dtype.name


def prepare_integers(name: str, array: NDArray[Any]) -> PreparedTensor:
    """Prepare booleans or integers: as int32, or as pairs of int32 where they don't fit."""
    if array.dtype.kind != "b" and array.size:
        low, high = int(array.min()), int(array.max())
    else:
        low, high = 0, 1
    dtype = array.dtype.newbyteorder("=")
    if low < INT32.min or high > INT32.max:
        note = TensorNote(dtype.name, array.shape)
        return PreparedTensor(name, pack_halves(array), note=note)
    coded = array.astype(np.int32)
    data_format = FORMATS.get(dtype)
    if data_format is None:
        return PreparedTensor(name, coded, note=TensorNote(dtype.name))
    return PreparedTensor(name, coded, None if data_format == Format.TENSOR_INT32 else data_format)


def largest_magnitude(name: str, array: NDArray[Any]) -> float:
    """Give the largest magnitude in a float tensor.

    Raises:
        InputError: a value is not finite; the message says which.
    """
    flat = array.reshape(-1) if array.flags.c_contiguous else array.ravel()
    largest = 0.0
    for start in range(0, flat.size, PIECE):
        piece = np.abs(flat[start : start + PIECE])
        highest = float(piece.max())
        if not np.isfinite(highest):
            wrong = start + int(np.argmax(~np.isfinite(piece)))
            place = tuple(int(i) for i in np.unravel_index(wrong, array.shape))
            raise InputError(
                f"tensor {name!r} holds {flat[wrong]} at {list(place)}: "
                "only finite values can be coded"
            )
        largest = max(largest, highest)
    return largest
