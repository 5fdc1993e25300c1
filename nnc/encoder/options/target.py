"""Targets in place of quantization parameters, as they are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from nnc.bitio import InputError
from nnc.model.options import WHOLE_MODEL, Value, check_value, option, rows_of

#: Gives the accuracy of a model, as a share (0 to 1) or in percent.
Evaluate = Callable[[dict[str, Any]], float]

KINDS = ("size", "bits_per_value", "mse", "psnr", "max_error", "accuracy_drop")


def target_option(default: Value, text: str, more: str = "", name: str = "") -> Value:
    """Return the field of an option that sessions don't take; as for `option`."""
    reason = "is for single models: give quantization parameters"
    return option(default, text, more, name=name, calls=WHOLE_MODEL, elsewhere=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the encoding has to come to, in place of quantization parameters; one of these.

    The model is encoded with coarser and finer steps, at most twelve times, until it comes within
    2 % of the target. Tensors whose quantization parameters are given keep these.
    """

    size: int | str | None = target_option(
        None,
        "Largest size of the bitstream: bytes, 10MB, or 10% (of what the tensors take).",
        name="target_size",
    )
    bits_per_value: float | None = target_option(
        None, "Most bits of the bitstream for each value of all tensors."
    )
    mse: float | None = target_option(
        None, "Largest mean squared error of all float values.", name="target_mse"
    )
    psnr: float | None = target_option(
        None,
        "Smallest peak signal to noise ratio, in dB.",
        "The noise is the squared error of each float tensor over its own peak, squared, averaged "
        "over all values: tensors of small values count as much as those of large ones.",
    )
    max_error: float | None = target_option(
        None,
        "Largest error of a float value.",
        "Unless `dq` says otherwise, values are rounded then, which keeps to it with the coarsest "
        "steps.",
    )
    accuracy_drop: float | None = target_option(
        None, "Largest loss of accuracy, in percentage points; needs evaluate."
    )
    evaluate: Evaluate | None = target_option(
        None,
        "Function of the decoded tensors by name that returns the accuracy: a share (0 to 1), or "
        "in percent.",
    )
    sensitivity: Literal["none", "error", "scale", "callback"] = target_option(
        "none",
        "Which weights get finer steps than others: by error and by scale those of small values, "
        "by callback those whose coarse quantization lets evaluate fall.",
        "By scale, steps follow mean magnitudes and sizes: large tables get coarser ones, and, by "
        "their names, queries and keys of transformers. That is "
        "the default with `calibration`, which tells more of the tensors that it knows.",
    )

    def __post_init__(self) -> None:
        """Refuse no target, two, or one that can't be met.

        Raises:
            InputError: named.
        """
        given = [name for name in KINDS if getattr(self, name) is not None]
        if len(given) != 1:
            names = [name for name, row in rows_of(Target).items() if row.field in given]
            raise InputError(f"exactly one target is needed, not {' and '.join(names) or 'none'}")
        value = getattr(self, given[0])
        if isinstance(value, str) and given[0] == "size":
            parsed_size(value, 1)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"the target {given[0]} must be a number, not {value!r}")
        elif not (math.isfinite(value) and (value > 0 or given[0] in ("psnr", "accuracy_drop"))):
            raise InputError(f"the target {given[0]} can't be {value!r}")
        check_value(rows_of(Target)["sensitivity"], self.sensitivity)
        for name, wanted in (
            ("accuracy_drop", self.accuracy_drop is not None),
            ("sensitivity by callback", self.sensitivity == "callback"),
        ):
            if wanted and self.evaluate is None:
                raise InputError(f"{name} needs evaluate, a function that returns the accuracy")

    @property
    def kind(self) -> str:
        """Which of the targets is given."""
        return next(name for name in KINDS if getattr(self, name) is not None)


def target_of(said: dict[str, Any]) -> Target | None:
    """Return the target that options, by the names of `Target`, ask for.

    Returns:
        None where there is none; then those that only go with a target mean nothing.
    """
    return Target(**said) if any(said.get(name) is not None for name in KINDS) else None


SIZE_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9,
              "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}  # fmt: skip


def parsed_size(text: str, whole: int) -> int:
    """Return the bytes that text says: `123`, `10MB`, `1.5 GiB`, or `10%` of a whole.

    Raises:
        InputError: it says no size.
    """
    squeezed = text.strip().upper().replace(" ", "")
    number = squeezed.rstrip("%ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    unit = squeezed[len(number) :]
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf or unit not in (*SIZE_UNITS, "%"):
        raise InputError(f"{text!r} is not a size; sizes are like 200000, 10MB, 1.5GiB or 10%")
    return int(value * whole / 100) if unit == "%" else int(value * SIZE_UNITS[unit])


class Trial(NamedTuple):
    """One encoding on the way to a target.

    Attributes:
        number: 1 for the first.
        qp: the coarseness: a quantization parameter at the default density, or between two.
        size: bytes.
        value: what the target is about, in its own unit.
        share: what was measured as a share of the limit; up to 1 it keeps to the target.
    """

    number: int
    qp: float
    size: int
    value: float
    share: float

    @property
    def met(self) -> bool:
        """Whether it keeps to the target."""
        return self.share <= 1
