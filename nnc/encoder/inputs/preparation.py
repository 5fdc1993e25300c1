"""Input tensors as the encoder takes them: floats to be quantized, integers, or refused."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.encoder.inputs.scale import Scale
from nnc.model.data_format import DTYPES, FORMATS, INTEGER_BITS
from nnc.model.limits import LARGEST_RANK
from nnc.model.metadata import TensorNote, pack_halves
from nnc.model.planes import FIELDS, planes_of
from nnc.model.split import Split
from nnc.syntax import DecompressedDataFormat as Format

INT32 = np.iinfo(np.int32)

#: Formats whose types numpy doesn't have, by the names that ml_dtypes gives them.
SMALL_FORMATS = {"int2": Format.TENSOR_INT2, "int4": Format.TENSOR_INT4}

# Values looked at at once when searching for what can't be coded.
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class PreparedTensor:
    """A tensor ready for coding.

    Attributes:
        name: its name.
        values: float32 or float64 array to be quantized, or int32 array; of the shape that is
            coded, the dimension that the rows of the coded matrix are first.
        data_format: what nnr_decompressed_data_format has to say, None where it is left out.
        note: what the metadata unit has to say, None for nothing.
        largest: largest magnitude of a float tensor, else 0.
        row_axis: which dimension of the tensor as it is handed in and out stands first in
            `values` (first_tensor_dimension_shift).
        stored: whether it is stored as it is, whatever is asked for: it holds NaN or infinity.
        split: how it divides into the tensors that were joined to it, if any were.
        scale: what its values say of the steps it needs, where that was looked at; of a difference,
            what those of the tensor that it leads to say.
        parent_step: the step that the parent of a difference was coded with; None: it is known
            without loss.
        is_outline: whether zeros that take no memory stand in place of the values.
        noise: of floats that are coded as planes what follows the integers; None for others, and
            for an outline.
    """

    name: str
    values: NDArray[Any]
    data_format: Format | None = None
    note: TensorNote | None = None
    largest: float = 0.0
    row_axis: int = 0
    stored: bool = False
    split: Split | None = None
    scale: Scale | None = None
    parent_step: float | None = None
    is_outline: bool = False
    noise: NDArray[np.float32] | None = None

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Shape of the tensor as it is handed in and out."""
        rows, *others = self.values.shape or (1,)
        others.insert(self.row_axis, rows)
        return tuple(others) if self.values.shape else ()

    def outline(self, values: NDArray[Any], scale: Scale | None, *, kept: bool) -> PreparedTensor:
        """Return what is known of the tensor, with copied values or with others in their place."""
        # Models have many: `replace` would take as long as all else about a small one.
        return PreparedTensor(
            self.name,
            values,
            self.data_format,
            self.note,
            self.largest,
            self.row_axis,
            self.stored,
            self.split,
            scale,
            self.parent_step,
            not kept or self.is_outline,
            self.noise if kept else None,
        )

    def by_rows_of(self, axis: int) -> PreparedTensor:
        """Return the tensor with one of its dimensions as the rows of the coded matrix."""
        if axis == self.row_axis:
            return self
        values = np.moveaxis(self.in_order(), axis, 0)
        return replace(self, values=np.ascontiguousarray(values), row_axis=axis)

    def in_order(self) -> NDArray[Any]:
        """Return the values with the dimensions as they are handed in and out."""
        return np.moveaxis(self.values, 0, self.row_axis) if self.row_axis else self.values

    @property
    def is_integer(self) -> bool:
        """Whether the tensor is coded without quantization."""
        return self.values.dtype.kind == "i"


def with_row_axis(tensor: PreparedTensor, axis: int) -> PreparedTensor:
    """Return a tensor with its rows first.

    Raises:
        InputError: it has no such dimension.
    """
    if axis == tensor.row_axis:
        return tensor
    packed = None if tensor.note is None else tensor.note.packed_shape
    rank = tensor.values.ndim if packed is None else len(packed)
    if not 0 <= axis < rank:
        raise InputError(f"tensor {tensor.name!r} of {rank} dimensions has no row axis {axis}")
    # Pairs of integers have no rows of their own.
    return tensor.by_rows_of(axis) if packed is None else tensor


def check_name(name: Any) -> None:
    """Refuse what can't stand as topology_elem_id: text that a zero byte ends."""
    if not isinstance(name, str):
        raise InputError(f"the name of a tensor must be text, not {name!r}")
    if "\0" in name:
        raise InputError(f"the name {name!r} has a zero character, which would cut it short")
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"the name {name!r} can't be encoded as UTF-8") from None


def check_rank(name: str, rank: int) -> None:
    """Refuse a tensor of more dimensions than decoders take."""
    if rank > LARGEST_RANK:
        raise InputError(
            f"tensor {name!r} has {rank} dimensions, and decoders take at most {LARGEST_RANK}"
        )


def prepare(name: str, values: Any, largest: float | None = None) -> PreparedTensor:
    """Prepare one tensor.

    Args:
        name: its name.
        values: array (or what numpy makes one of) of booleans, integers, floats or complex
            numbers, those of ml_dtypes too.
        largest: the largest magnitude of floats, if that is known: then all of them are finite.

    Returns:
        The tensor; complex numbers as pairs of floats, in two columns.

    Raises:
        InputError: a type that is not of numbers, or more dimensions than decoders take; named.
    """
    array = np.asarray(values)
    check_rank(name, array.ndim)
    check_dtype(name, array.dtype)
    if array.dtype.kind == "c":
        parts = prepare_floats(name, parts_of(array), largest)
        return replace(parts, note=TensorNote(array.dtype.newbyteorder("=").name, array.shape))
    if array.dtype.kind in "biu":
        return prepare_integers(name, array)
    if array.dtype.kind != "f" and is_extension_integer(array.dtype):
        # int2 and int4 are formats of the standard, though numpy delivers them in int8.
        small = SMALL_FORMATS.get(array.dtype.name)
        return PreparedTensor(name, array.astype(np.int32), small, TensorNote(array.dtype.name))
    return prepare_floats(name, array, largest)


def packed(name: str, values: Any) -> PreparedTensor | None:
    """Prepare floats as integers that bring them back to the bit, None where that saves nothing."""
    array = np.asarray(values)
    if array.dtype.name not in FIELDS:
        return None
    check_rank(name, array.ndim)
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    planes = planes_of(native)
    if planes is None:
        return None
    note = TensorNote(array.dtype.name, array.shape)
    return PreparedTensor(name, planes.integers, note=note, noise=planes.noise)


def check_dtype(name: str, dtype: np.dtype[Any]) -> None:
    """Refuse a type that is not of numbers, or of more bits than decoders have.

    Raises:
        InputError: it is one.
    """
    if is_of_numbers(dtype):
        return
    if dtype in (np.longdouble, np.clongdouble):
        raise InputError(
            f"tensor {name!r} is of dtype {dtype}, wider than decoders have: convert it to float64"
        )
    raise InputError(
        f"tensor {name!r} is of dtype {dtype}, which is not one of numbers: leave it out (drop)"
    )


@lru_cache(maxsize=64)
def is_of_numbers(dtype: np.dtype[Any]) -> bool:
    """Tell whether a type is of numbers of no more bits than decoders have."""
    if dtype.kind == "T":  # strings of any length, which have no byte order to ask for
        return False
    native = dtype.newbyteorder("=")
    return (
        native.kind in "biu"
        or native in FORMATS
        or native in (np.complex64, np.complex128)
        or is_extension_float(dtype)
        or is_extension_integer(dtype)
    )


def parts_of(array: NDArray[Any]) -> NDArray[Any]:
    """Return complex numbers as pairs of floats: two columns, one row a number."""
    native = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    return native.reshape(-1).view(native.real.dtype).reshape(-1, 2)


def prepare_floats(name: str, array: NDArray[Any], largest: float | None) -> PreparedTensor:
    """Prepare floats; arguments as for `prepare`."""
    data_format = FORMATS.get(array.dtype) or FORMATS.get(array.dtype.newbyteorder("="))
    if data_format is not None:
        # numpy's float16 is a format of the standard; float32 holds all its values.
        wide = np.asarray(array, dtype=np.float64 if array.dtype.itemsize == 8 else np.float32)
        said, note = None if data_format == Format.TENSOR_FLOAT32 else data_format, None
    else:
        wide, said, note = array.astype(np.float32), None, TensorNote(array.dtype.name)
    found, finite = (largest, True) if largest is not None else magnitude_of(wide)
    return PreparedTensor(name, wide, said, note, largest=found, stored=not finite)


def with_format(tensor: PreparedTensor, data_format: str | None) -> PreparedTensor:
    """Return a tensor that is delivered in a format of clause 7.2.

    Args:
        tensor: the tensor.
        data_format: name of the format (`int4`, `float16` ...); None: as it is.

    Raises:
        InputError: it is of floats and the format of integers, or the other way round; or an
            integer doesn't fit.
    """
    if data_format is None:
        return tensor
    wanted = Format[f"TENSOR_{data_format.upper()}"]
    bits = INTEGER_BITS.get(wanted)
    packed = tensor.note is not None and tensor.note.changes_values
    if (bits is not None) != tensor.is_integer or packed:
        raise InputError(f"tensor {tensor.name!r} can't be delivered as {data_format}")
    if bits is not None and tensor.values.size:
        low, high = int(tensor.values.min()), int(tensor.values.max())
        half = 1 << (bits - 1)
        if low < -half or high >= half:
            raise InputError(
                f"tensor {tensor.name!r} holds {low} to {high}, which {data_format} can't"
            )
    absent = Format.TENSOR_FLOAT32 if bits is None else Format.TENSOR_INT32
    note = tensor.note if tensor.note is not None and tensor.note.dtype == data_format else None
    if bits is None and wanted != Format.TENSOR_FLOAT64:
        # Values of float16 are quantized, and may be stored, as those of float32 are.
        with np.errstate(over="ignore"):
            values = tensor.values.astype(np.float32, copy=False)
            check_fits(tensor, values.astype(DTYPES[wanted], copy=False), data_format)
        tensor = replace(tensor, values=values, largest=magnitude_of(values)[0])
    return replace(tensor, data_format=None if wanted == absent else wanted, note=note)


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


def check_fits(tensor: PreparedTensor, narrow: NDArray[Any], data_format: str) -> None:
    """Refuse finite values that another format makes infinite.

    Raises:
        InputError: there is one; the message says which.
    """
    lost = np.isfinite(tensor.values) & ~np.isfinite(narrow)
    if lost.any():
        place = [int(one) for one in np.argwhere(lost)[0]]
        raise InputError(
            f"tensor {tensor.name!r} holds {tensor.values[tuple(place)]} at {place}, "
            f"more than {data_format} can"
        )


def magnitude_of(array: NDArray[Any]) -> tuple[float, bool]:
    """Return the largest finite magnitude among floats, and whether all are finite."""
    flat = array.reshape(-1) if array.flags.c_contiguous else array.ravel()
    largest, finite = 0.0, True
    for start in range(0, flat.size, PIECE):
        piece = np.abs(flat[start : start + PIECE])
        highest = float(np.maximum.reduce(piece))
        if not math.isfinite(highest):
            finite = False
            highest = float(piece[np.isfinite(piece)].max(initial=0.0))
        largest = max(largest, highest)
    return largest, finite
