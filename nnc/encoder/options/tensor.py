"""Options of single tensors, by patterns of their names."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from nnc.bitio import InputError

#: How a tensor may be coded by a codebook: see `EncoderOptions.codebook`.
CodebookChoice = bool | int | Literal["exact", "auto"]

LARGEST_QP = 4095
LARGEST_CODEBOOK_SIZE = 1 << 16
LARGEST_ROW_AXIS = 31

#: Formats of clause 7.2 as users name them.
DATA_FORMATS = (
    "int2", "int3", "int4", "int8", "int16", "int32", "int64", "float16", "float32", "float64",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorOptions:
    """What differs for some tensors from the options of the model; None: nothing does.

    Attributes:
        qp: quantization parameter.
        bit_depth: bits of the levels, 2 to 31, in place of a quantization parameter.
        dq: dependent quantization, or rounding.
        codebook: as `EncoderOptions.codebook`.
        keep: store the tensor as it is.
        scan_order: 0 to 4, or `auto`.
        row_skip: signal rows of zeros.
        cabac_unary_length_minus1: number of greater-than flags, less one.
        effort: from fastest to smallest, 0 to 3.
        data_format: format in which the tensor is delivered (`int2`, `int3`, `int4`, `int8`,
            `int16`, `int32` or `int64` for integers, `float16`, `float32` or `float64` for
            floats); else it is that of its dtype.
        row_axis: which of its dimensions is coded as the rows of a matrix (profile 1 only);
            tensors without that dimension are coded as always.
        exclude: patterns of names that this doesn't hold for.
    """

    qp: int | None = None
    bit_depth: int | None = None
    dq: bool | None = None
    codebook: CodebookChoice | None = None
    keep: bool | None = None
    scan_order: int | Literal["auto"] | None = None
    row_skip: bool | None = None
    cabac_unary_length_minus1: int | None = None
    effort: int | None = None
    data_format: str | None = None
    row_axis: int | None = None
    exclude: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse what can't be encoded.

        Raises:
            InputError: an option is out of its range; the message names it.
        """
        ranges = {
            "qp": (-LARGEST_QP - 1, LARGEST_QP),
            "bit_depth": (2, 31),
            "cabac_unary_length_minus1": (0, 255),
            "effort": (0, 3),
            "row_axis": (0, LARGEST_ROW_AXIS),
        }
        for name, (low, high) in ranges.items():
            if getattr(self, name) is not None:
                check_range(name, getattr(self, name), low, high)
        if self.scan_order is not None:
            check_scan_order(self.scan_order)
        check_codebook(self.codebook)
        if self.data_format is not None:
            check_choice("data_format", self.data_format, DATA_FORMATS)
        for name in ("dq", "keep", "row_skip"):
            check_flag(name, getattr(self, name))
        if self.qp is not None and self.bit_depth is not None:
            raise InputError("qp and bit_depth both say how fine a tensor is: give one of them")
        if isinstance(self.exclude, str):
            raise InputError("exclude has to be a list of patterns, not a string")

    @classmethod
    def of(cls, pattern: str, given: TensorOptions | Mapping[str, Any]) -> TensorOptions:
        """Return the options of a pattern, checked; a mapping of them becomes typed.

        Raises:
            InputError: an option that there isn't, or out of its range.
        """
        if isinstance(given, TensorOptions):
            return given
        if not isinstance(given, Mapping):
            raise InputError(
                f"tensors[{pattern!r}] has to be options by name, not {type(given).__name__}"
            )
        known = {one.name for one in fields(cls)}
        for name in given:
            if name not in known:
                raise InputError(
                    f"tensors[{pattern!r}]: there is no option {name!r}; "
                    f"there are {', '.join(sorted(known))}"
                )
        try:
            return cls(**given)
        except InputError as error:
            raise InputError(f"tensors[{pattern!r}]: {error}") from None

    def given(self) -> dict[str, Any]:
        """Return the options that say something, by name."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: value for name, value in values.items() if name != "exclude" and value is not None
        }


def options_of(name: str, tensors: Mapping[str, TensorOptions]) -> dict[str, Any]:
    """Return what patterns say of a tensor.

    Args:
        name: name of the tensor.
        tensors: options by pattern; for each option the first pattern that fits and says
            something of it counts. qp and bit_depth are one option.
    """
    result: dict[str, Any] = {}
    for pattern, options in tensors.items():
        if not matches(name, [pattern]) or matches(name, options.exclude):
            continue
        found = options.given()
        if "qp" in result or "bit_depth" in result:
            found.pop("qp", None)
            found.pop("bit_depth", None)
        result = found | result
    return result


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Tell whether a name fits one of the patterns (`*`, `?`, `[...]`)."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def check_range(name: str, value: Any, low: int, high: int) -> None:
    """Refuse an option that is not an integer of a range."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or not low <= value <= high:
        raise InputError(f"{name} has to be an integer from {low} to {high}, not {value!r}")


def check_flag(name: str, value: Any) -> None:
    """Refuse an option that is neither true nor false, nor left to the encoder."""
    if value not in (None, True, False):
        raise InputError(f"{name} has to be true or false, not {value!r}")


def check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    """Refuse an option that is none of some words."""
    if value not in choices:
        raise InputError(f"{name} has to be one of {', '.join(choices)}, not {value!r}")


def check_scan_order(value: Any) -> None:
    """Refuse what is no scan order."""
    if value != "auto":
        check_range("scan_order", value, 0, 4)


def check_codebook(value: Any) -> None:
    """Refuse what doesn't say how to code by a codebook."""
    if value is None or isinstance(value, bool) or value in ("exact", "auto"):
        return
    if isinstance(value, str):
        raise InputError(f"codebook has to be true, false, exact, auto or a size, not {value!r}")
    check_range("codebook", value, 1, LARGEST_CODEBOOK_SIZE)
