"""Options of single tensors, by patterns of their names."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from nnc.bitio import InputError, unknown_option
from nnc.encoder.options.coding import CodebookChoice, Coding
from nnc.encoder.options.keywords import TensorKeywords
from nnc.encoder.options.reduction import Reductions, check_reductions
from nnc.encoder.options.steps import QPS, StepSizes
from nnc.model.options import check_options, listing_options, option, rows_of

LARGEST_ROW_AXIS = 31


def as_of_model(name: str) -> Any:
    """Return the field of an option that is said in the table of the model's, None by default."""
    rows = {one.name: one for table in (StepSizes, Coding, Reductions) for one in fields(table)}
    return field(default=None, metadata=rows[name].metadata)


@listing_options
@dataclass(frozen=True, slots=True, kw_only=True)
class TensorOptions:
    """What differs for some tensors from the options of the model; None: nothing does."""

    qp: int | None = option(None, "Quantization parameter.", range=QPS)
    bit_depth: int | None = as_of_model("bit_depth")
    dq: bool | None = as_of_model("dq")
    codebook: CodebookChoice | None = as_of_model("codebook")
    keep: bool | None = option(None, "Store the tensor as it is.")
    scan_order: int | Literal["auto"] | None = as_of_model("scan_order")
    row_skip: bool | None = as_of_model("row_skip")
    cabac_unary_length_minus1: int | None = as_of_model("cabac_unary_length_minus1")
    effort: int | None = as_of_model("effort")
    data_format: (
        Literal[
            "int2", "int3", "int4", "int8", "int16", "int32", "int64",
            "float16", "float32", "float64",
        ]
        | None
    ) = option(
        None, "Format in which the tensor is delivered (clause 7.2).", told="that of its dtype"
    )  # fmt: skip
    row_axis: int | None = option(
        None,
        "The dimension that is coded as the rows of a matrix (profile 1 only).",
        "Tensors without that dimension are coded as always.",
        range=(0, LARGEST_ROW_AXIS),
    )
    fold_batch_norms: bool | None = as_of_model("fold_batch_norms")
    sparsify: float | None = as_of_model("sparsify")
    sparsify_rows: float | None = as_of_model("sparsify_rows")
    low_rank: float | str | None = as_of_model("low_rank")
    unify: float | None = as_of_model("unify")
    exclude: Sequence[str] = option((), "Patterns of names that this doesn't hold for.")

    def __post_init__(self) -> None:
        """Refuse what can't be encoded.

        Raises:
            InputError: an option is out of its range; the message names it.
        """
        check_options(self)
        check_reductions(self)
        if self.qp is not None and self.bit_depth is not None:
            raise InputError("qp and bit_depth both say how fine a tensor is: give one of them")

    @classmethod
    def of(cls, pattern: str, given: TensorOptions | Mapping[str, Any]) -> TensorOptions:
        """Return the options of a pattern, checked; a mapping of them becomes typed.

        Raises:
            InputError: an option that there isn't, or out of its range.
        """
        if isinstance(given, TensorOptions):
            return given
        place = f"tensors[{pattern!r}]"
        if not isinstance(given, Mapping):
            raise InputError(f"{place} must be options by name, not {type(given).__name__}")
        for name in given:
            if name not in rows_of(cls):
                raise unknown_option(name, rows_of(cls), place)
        try:
            return cls(**given)
        except InputError as error:
            raise InputError(f"{place}: {error}") from None

    def given(self) -> dict[str, Any]:
        """Return the options that say something, by name."""
        values = {name: getattr(self, name) for name in rows_of(type(self))}
        return {
            name: value for name, value in values.items() if name != "exclude" and value is not None
        }


@dataclass(frozen=True, kw_only=True)
class SingleTensors:
    """What differs for single tensors."""

    tensors: Mapping[str, TensorOptions | TensorKeywords] = option(
        {},
        "Options of single tensors by pattern of the name, before all others.",
        '`{"layer4.*": {"qp": -24, "dq": False}}`; see the options of single tensors. For '
        "each option the first pattern that matches and says something of it counts.",
    )


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


def exactly(name: str) -> str:
    """Return the pattern that fits just one name."""
    return re.sub(r"([*?[])", r"[\1]", name)
