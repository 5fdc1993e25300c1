"""The metadata unit: what a model file knows and the format has no element for.

The payload of the unit (see `nnc.bitstream.notes`) is a signature and a JSON object:

    {"tensors": {NAME: {"dtype": DTYPE, "packing": "int32 halves", "shape": [...]}},
     "metadata": {KEY: TEXT},
     "count": NUMBER,
     "tied": [[NAME, NAME, PLACE], ...],
     "folded": {NAME: MODULE or [BETA, GAMMA, MEAN, VARIANCE, EPS]},
     "before pruning": [[NAME, [...], AXIS], ...]}

`dtype` restores a type that no nnr_decompressed_data_format says (bfloat16, uint8, bool ...);
`packing` and `shape` tell of integers wider than the 32 bits that an entropy coded level has,
coded as pairs of int32, low half first; with the packing "real and imaginary", of complex
numbers coded as pairs of floats; or, with the packing "planes", of floats coded in two units as
`nnc.model.planes` says. `metadata` are the key-value pairs of the model file.
`count` is the number of tensors that are coded, by which a bitstream that was cut off is noticed.
`tied` are names of tensors that are coded under another name, that name, and which place they
have in the order of all names. `folded` are batch norms that were folded into layers, by the names
of their weights: the name of a module of PyTorch, or the names of the parameters, and epsilon where
it isn't 1e-5. `before pruning`, where it is, has the shapes that tensors had, in
the order of a pruning mask, and which of their dimensions the rows are that the mask speaks of;
left out where it is the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InvalidError
from nnc.bitstream import Unit, whole_unit_header
from nnc.bitstream.notes import (
    COUNT,
    FOLDED,
    FULL_DIMENSIONS,
    TENSORS,
    TIED,
    holds_notes,
    json_of,
    payload_of,
)
from nnc.bitstream.type_names import METADATA_UNIT_TYPE
from nnc.model.data_format import narrowed
from nnc.model.planes import FIELDS, floats_of
from nnc.model.ties import Tie, noted_ties

if TYPE_CHECKING:
    from nnc.model.batch_norm import BatchNorm

#: Bytes of notes up to which what they say is kept.
REMEMBERED = 1 << 20

PACKED_HALVES = "int32 halves"
PACKED_PARTS = "real and imaginary"
PACKED_PLANES = "planes"

COMPLEX_TYPES = ("complex64", "complex128")

#: Names of numpy's own types of numbers; any other is looked up in ml_dtypes.
NUMPY_TYPES = frozenset(
    ["bool", "float16", "float32", "float64", *COMPLEX_TYPES]
    + [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
)


@dataclass(slots=True, frozen=True)
class TensorNote:
    """What is noted of one tensor.

    Attributes:
        dtype: name of the dtype to be restored, as numpy or ml_dtypes know it.
        packed_shape: shape of a tensor of integers coded as pairs of int32, of complex numbers
            coded as pairs of floats, or of floats coded as planes, else None.
    """

    dtype: str
    packed_shape: tuple[int, ...] | None = None

    @property
    def is_planes(self) -> bool:
        """Whether it tells of floats that are coded in two units, as planes."""
        return self.packed_shape is not None and self.dtype in FIELDS

    @property
    def changes_values(self) -> bool:
        """Whether the coded values are others than the tensor's, and not just of another type."""
        return self.packed_shape is not None

    def as_content(self) -> dict[str, Any]:
        """Return the note as it stands in JSON."""
        if self.packed_shape is None:
            return {"dtype": self.dtype}
        shape = list(self.packed_shape)
        return {"dtype": self.dtype, "packing": packing_of(self.dtype), "shape": shape}


class FullDimensions(NamedTuple):
    """What a tensor was before pruning.

    Attributes:
        shape: its dimensions.
        row_axis: which of them its rows are.
    """

    shape: tuple[int, ...]
    row_axis: int = 0

    def as_content(self) -> list[Any]:
        """Return this as it stands in JSON after the name."""
        return [list(self.shape), self.row_axis] if self.row_axis else [list(self.shape)]


@dataclass(slots=True)
class Metadata:
    """Content of a metadata unit.

    Attributes:
        tensors: notes by name of the tensor.
        metadata: key-value pairs of the model file.
        full_dimensions: by name what tensors were before pruning, in the order in which a
            pruning mask has bits for them.
        count: number of tensors that are coded, raw vectors of planes too; None where nothing is
            said.
        ties: by name of which tensor it is another name.
        batch_norms: those that were folded into layers, by the name of the layer's weight.
    """

    tensors: dict[str, TensorNote] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    full_dimensions: dict[str, FullDimensions] = field(default_factory=dict)
    count: int | None = None
    ties: dict[str, Tie] = field(default_factory=dict)
    batch_norms: dict[str, BatchNorm] = field(default_factory=dict)

    def to_unit(self) -> Unit:
        """Return the unit that holds all this."""
        tensors = {name: note.as_content() for name, note in self.tensors.items()}
        content: dict[str, Any] = {TENSORS: tensors, "metadata": self.metadata}
        if self.count is not None:
            content[COUNT] = self.count
        if self.ties:
            content[TIED] = [[tied, *tie] for tied, tie in self.ties.items()]
        if self.batch_norms:
            from nnc.model.batch_norm import noted

            content[FOLDED] = {name: noted(norm) for name, norm in self.batch_norms.items()}
        if self.full_dimensions:
            # A list: the keys of an object are sorted.
            content[FULL_DIMENSIONS] = [
                [name, *full.as_content()] for name, full in self.full_dimensions.items()
            ]
        return Unit(whole_unit_header(METADATA_UNIT_TYPE), payload_of(content))

    def add(self, other: Metadata) -> None:
        """Take in what a later unit says."""
        self.tensors |= other.tensors
        self.metadata |= other.metadata
        self.full_dimensions |= other.full_dimensions
        if other.count is not None:
            self.count = (self.count or 0) + other.count
        self.ties |= other.ties
        self.batch_norms |= other.batch_norms

    def shape_of(self, name: str, coded: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of a tensor by the one that is coded."""
        note = self.tensors.get(name)
        return coded if note is None or note.packed_shape is None else note.packed_shape

    def __bool__(self) -> bool:
        """Tell whether there is anything in it that is worth a unit."""
        return bool(
            self.tensors or self.metadata or self.full_dimensions or self.ties or self.batch_norms
        )


def read_metadata(units: Iterable[Unit]) -> Metadata:
    """Return what the metadata units among `units` hold together; others' units are passed over.

    Raises:
        InvalidError: a unit has our signature, but not our content.
    """
    result = Metadata()
    for unit in units:
        if not holds_notes(unit):
            continue
        try:
            content, tensors = told_by(unit)
            result.tensors |= tensors
            result.metadata.update(
                {str(key): str(value) for key, value in content["metadata"].items()}
            )
            for name, *noted in content.get(FULL_DIMENSIONS, []):
                result.full_dimensions[str(name)] = full_dimensions(*noted)
            result.ties |= noted_ties(content.get(TIED, []))
            result.batch_norms |= noted_norms(content.get(FOLDED, {}))
            if COUNT in content:
                result.count = (result.count or 0) + noted_count(content[COUNT])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise unit.locate(
                InvalidError(f"the metadata unit can't be read: {error!r}", path="payload")
            ) from None
    return result


def noted_norms(content: dict[str, Any]) -> dict[str, BatchNorm]:
    """Return the batch norms that notes tell of; few do, and only those load what they are."""
    norms = content.items()
    if not norms:
        return {}
    from nnc.model.batch_norm import batch_norm_of

    return {name: batch_norm_of(norm) for name, norm in norms}


def told_by(unit: Unit) -> tuple[Any, dict[str, TensorNote]]:
    """Return what a metadata unit says: its JSON, only to be read, and the notes of tensors."""
    payload = unit.payload_bytes
    return (remembered if len(payload) <= REMEMBERED else content_and_notes)(bytes(payload))


def content_and_notes(payload: bytes) -> tuple[Any, dict[str, TensorNote]]:
    """Return the JSON of notes, and those of tensors, checked."""
    content = json_of(payload)
    return content, {name: tensor_note(note) for name, note in content[TENSORS].items()}


# One tensor of a file asks for them several times.
remembered = lru_cache(maxsize=2)(content_and_notes)


def tensor_note(note: Any) -> TensorNote:
    """Return a note as it stands in JSON, checked."""
    dtype = note["dtype"]
    kind = named_dtype(dtype).kind
    if "packing" not in note and kind != "c":
        return TensorNote(dtype)
    if note["packing"] != packing_of(dtype):
        raise ValueError("unknown packing")
    return TensorNote(dtype, noted_shape(note["shape"]))


def packing_of(dtype: str) -> str:
    """Return how values of a dtype are packed that no coded tensor has."""
    if dtype in FIELDS:
        return PACKED_PLANES
    return PACKED_PARTS if dtype in COMPLEX_TYPES else PACKED_HALVES


def noted_count(count: Any) -> int:
    """Return a number of tensors as it stands in JSON, checked."""
    if type(count) is not int or count < 0:
        raise ValueError("the number of tensors must be one, 0 or more")
    return count


def noted_shape(shape: Any) -> tuple[int, ...]:
    """Return a shape as it stands in JSON, checked."""
    if not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError("a shape must hold numbers, 0 or more")
    # NumPy refuses what no array has: too many dimensions, or too long ones beside empty ones.
    return np.broadcast_to(np.complex128(0), tuple(shape)).shape


def full_dimensions(shape: Any, row_axis: Any = 0) -> FullDimensions:
    """Return what a tensor was before pruning as it stands in JSON, checked."""
    lengths = noted_shape(shape)
    if type(row_axis) is not int or not 0 <= row_axis < len(lengths):
        raise ValueError("the rows of a tensor must be one of its dimensions")
    return FullDimensions(lengths, row_axis)


@lru_cache(maxsize=64)
def named_dtype(name: str) -> np.dtype[Any]:
    """Return the dtype of a name, those of ml_dtypes too.

    Raises:
        ValueError: there is no such number type.
    """
    if not isinstance(name, str):
        raise ValueError("a dtype must be a string")
    if name in NUMPY_TYPES:
        return np.dtype(name)
    import ml_dtypes

    kind = getattr(ml_dtypes, name, None)
    if not isinstance(kind, type) or not issubclass(kind, np.generic):
        raise ValueError(f"unknown dtype {name!r}")
    return np.dtype(kind)


def restore(values: NDArray[Any], note: TensorNote, name: str) -> NDArray[Any]:
    """Return a decoded tensor the dtype and the shape that are noted of it.

    Raises:
        InvalidError: the tensor doesn't fit the note.
    """
    dtype = named_dtype(note.dtype)
    if note.packed_shape is None:
        return narrowed(values, dtype)
    if note.is_planes:
        return floats_of(values, dtype, note.packed_shape, name)
    size = int(np.prod(note.packed_shape, dtype=object))
    if dtype.kind == "c" and values.dtype.kind == "f" and values.size == 2 * size:
        part = dtype.type(0).real.dtype
        with np.errstate(over="ignore"):
            parts = np.ascontiguousarray(values, dtype=part).reshape(-1)
        return parts.view(dtype).reshape(note.packed_shape)
    if values.dtype != np.int32 or values.size != 2 * size or dtype.kind not in "iu":
        raise InvalidError(
            f"tensor {name!r} is not packed as the metadata say",
            path="payload",
            value=values.size,
            allowed=f"{2 * size} values of {'floats' if dtype.kind == 'c' else 'int32'}",
        )
    halves = np.ascontiguousarray(values, dtype="<i4").reshape(-1)
    return halves.view("<i8").astype(dtype).reshape(note.packed_shape)


def pack_halves(values: NDArray[Any]) -> NDArray[np.int32]:
    """Return integers of up to 64 bits as pairs of int32, low half first.

    Returns:
        int32 array of two columns, one row a value.
    """
    wide = np.ascontiguousarray(values).astype("<u8" if values.dtype.kind == "u" else "<i8")
    return wide.reshape(-1).view("<i4").astype(np.int32, copy=False).reshape(-1, 2)
