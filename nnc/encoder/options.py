"""What can be asked of the encoder."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnc.bitio import InputError

#: Quantization parameters for a qp_density of 2: of tensors with more than one dimension,
#: and of all others.
DEFAULT_QP = -32
DEFAULT_NONWEIGHT_QP = -75
DEFAULT_QP_DENSITY = 2

LARGEST_QP = 4095


def at_density(qp: int, qp_density: int) -> int:
    """Give a quantization parameter of the default density for another one.

    The step size is the same where the other density has it, else the next smaller one.
    """
    exponent, fraction = qp >> DEFAULT_QP_DENSITY, qp & ((1 << DEFAULT_QP_DENSITY) - 1)
    return (exponent << qp_density) + ((fraction << qp_density) >> DEFAULT_QP_DENSITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderOptions:
    """Options of `nnc.encode`, checked.

    Attributes:
        qp: quantization parameter of tensors with more than one dimension; None for
            -32 (at another qp_density than 2: the same step size).
        nonweight_qp: that of all other float tensors; None for -75 (likewise).
        tensor_qp: quantization parameters by pattern of the name (`*`, `?` and `[...]` as in
            file names); the first that matches is taken.
        qp_density: 0 to 7; the step size doubles every `2 ** qp_density` steps of qp.
        dq: dependent quantization, by an 8-state trellis; else rounding.
        codebook: code float tensors of few distinct values by a codebook; these are rounded.
        keep: patterns of names of float tensors that are stored as they are.
        scan_order: 0: row by row; 1 to 4: blocks of 8, 16, 32, 64, with entry points.
        row_skip: signal rows of zeros (profile 1 only), where the syntax can; None: where it
            makes the unit smaller.
        parameter_search: choose initial states and speeds of the contexts.
        cabac_unary_length_minus1: number of greater-than flags, less one; 0 to 255.
        profile: general_profile_idc, 0 or 1.
        metadata: key-value pairs to be kept with the model.
        metadata_unit: write what the format has no element for (metadata, dtypes such as
            bfloat16) into a unit of our own. Some decoders refuse units that they don't know;
            without it, such dtypes decode as float32 or int32.
    """

    qp: int | None = None
    nonweight_qp: int | None = None
    tensor_qp: Mapping[str, int] = field(default_factory=dict)
    qp_density: int = DEFAULT_QP_DENSITY
    dq: bool = True
    codebook: bool = False
    keep: Sequence[str] = ()
    scan_order: int = 0
    row_skip: bool | None = None
    parameter_search: bool = True
    cabac_unary_length_minus1: int = 10
    profile: int = 1
    metadata: Mapping[str, str] = field(default_factory=dict)
    metadata_unit: bool = True

    def __post_init__(self) -> None:
        """Refuse what can't be encoded.

        Raises:
            InputError: an option is out of its range; the message names it.
        """
        check_range("qp_density", self.qp_density, 0, 7)
        check_range("scan_order", self.scan_order, 0, 4)
        check_range("cabac_unary_length_minus1", self.cabac_unary_length_minus1, 0, 255)
        check_range("profile", self.profile, 0, 1)
        for name, qp in (
            ("qp", self.qp),
            ("nonweight_qp", self.nonweight_qp),
            *((f"tensor_qp[{pattern!r}]", qp) for pattern, qp in self.tensor_qp.items()),
        ):
            if qp is not None:
                check_range(name, qp, -LARGEST_QP - 1, LARGEST_QP)
        if isinstance(self.keep, str):
            raise InputError("keep has to be a list of patterns, not a string")
        if self.row_skip and self.profile == 0:
            raise InputError("row_skip needs profile 1")
        for key, value in self.metadata.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise InputError(f"metadata has to be text, not {key!r}: {value!r}")

    def requested_qp(self, name: str, rank: int) -> int:
        """Give the quantization parameter asked for a tensor."""
        for pattern, qp in self.tensor_qp.items():
            if fnmatch.fnmatchcase(name, pattern):
                return qp
        if rank > 1:
            return self.qp if self.qp is not None else at_density(DEFAULT_QP, self.qp_density)
        if self.nonweight_qp is not None:
            return self.nonweight_qp
        return at_density(DEFAULT_NONWEIGHT_QP, self.qp_density)

    def keeps(self, name: str) -> bool:
        """Tell whether a tensor is to be stored as it is."""
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.keep)


def check_range(name: str, value: Any, low: int, high: int) -> None:
    """Refuse an option that is not an integer of a range."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or not low <= value <= high:
        raise InputError(f"{name} has to be an integer from {low} to {high}, not {value!r}")
