"""What can be asked of the encoder for the tensors of a model."""

from __future__ import annotations

import copy
import fnmatch
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.caution import EncodingWarning, warn
from nnc.encoder.options.coding import Coding
from nnc.encoder.options.contents import Contents
from nnc.encoder.options.reduction import OF_TENSORS, Reductions, check_reductions
from nnc.encoder.options.steps import (
    DEFAULT_NONWEIGHT_QP,
    DEFAULT_QP,
    LayerParameters,
    StepSizes,
    at_density,
)
from nnc.encoder.options.tensor import SingleTensors, TensorOptions, matches, options_of
from nnc.model.calibration import Calibration
from nnc.model.options import check_options

#: Options of single tensors that are used up before a tensor is coded by itself.
DONE_BEFORE = ("qp", "keep", "data_format", "row_axis", *OF_TENSORS)


@dataclass(frozen=True, kw_only=True)
class EncoderOptions(Reductions, Contents, Coding, SingleTensors, StepSizes):
    """Options of the encoder for the tensors of a model, checked.

    Attributes:
        named_qp: quantization parameters by the name itself, where nothing else says one of the
            tensor: what a search for a target comes to.
        exact: names of float tensors that are stored as they are too, unless `tensors`
            says otherwise.
        bound: names of tensors that can't be coded as planes.
    """

    named_qp: Mapping[str, int] = field(default_factory=dict)
    exact: Collection[str] = frozenset()
    bound: Collection[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what can't be encoded.

        Raises:
            InputError: an option is out of its range; the message names it.
        """
        check_options(self)
        check_reductions(self)
        object.__setattr__(self, "tensors", self.typed())
        if not (self.calibration is None or isinstance(self.calibration, Calibration)):
            object.__setattr__(self, "calibration", Calibration.load(self.calibration))
        if self.bit_depth is not None and not self.qp is self.nonweight_qp is None:
            raise InputError("qp and bit_depth both say how fine tensors are: give one of them")
        if self.lossless and (self.qp is not None or self.bit_depth is not None):
            raise InputError("lossless coding has no step sizes: give neither qp nor bit_depth")
        if self.profile == 0 and self.row_skip:
            raise InputError("row_skip needs profile 1")
        if self.profile == 0 and any(one.row_axis for one in self.typed().values()):
            raise InputError("row_axis needs profile 1")
        for pattern, own in self.layer_parameters.items():
            name = f"layer_parameters[{pattern!r}]"
            if not isinstance(own, LayerParameters):
                raise InputError(f"{name} must be nnc.LayerParameters, not {type(own).__name__}")
            own.check(name)
        for key, value in self.metadata.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise InputError(f"metadata must be text, not {key!r}: {value!r}")

    def for_tensor(self, name: str) -> EncoderOptions:
        """Return the options as they are for one tensor.

        Its quantization parameter and whether it is kept aren't in there: those are the plan's,
        which looks at all tensors together; nor are its format and row axis, which it has
        already. Its bit depth is.
        """
        depth = self.requested_bit_depth(name)
        found = {key: one for key, one in self.said_of(name).items() if key not in DONE_BEFORE}
        if not found and depth == self.bit_depth:
            return self
        found["bit_depth"] = depth
        if depth is not None:
            found |= {"qp": None, "nonweight_qp": None}
        return replace(self, tensors={}, tensor_qp={}, **found)

    def with_calibration(self, calibration: Calibration) -> EncoderOptions:
        """Return the options with other statistics."""
        made = copy.copy(self)
        object.__setattr__(made, "calibration", calibration)
        return made

    def with_scan_order(self, order: int) -> EncoderOptions:
        """Return the options with a scan order that is known to be good."""
        if order == self.scan_order:
            return self
        # All else was checked when these were made: each tensor asks for some of its own.
        made = copy.copy(self)
        object.__setattr__(made, "scan_order", order)
        return made

    def in_blocks(self, order: int) -> EncoderOptions:
        """Return the options with blocks that nobody asked for.

        Rows aren't skipped in them: NNCodec counts the states of skipped rows otherwise.
        """
        made = copy.copy(self)
        object.__setattr__(made, "scan_order", order)
        object.__setattr__(made, "row_skip", False)
        return made

    def said_of(self, name: str) -> dict[str, Any]:
        """Return what `tensors` says of a tensor."""
        return options_of(name, self.typed()) if self.tensors else {}

    def warn_of_unused(self, names: Collection[str]) -> None:
        """Say what is asked for, and known, of none of the tensors of a model.

        Warns:
            EncodingWarning: a pattern of `tensors`, `tensor_qp` or `keep` fits no name; or the
                calibration is another model's.
        """
        if not names:
            return
        for pattern in dict.fromkeys([*self.tensors, *self.tensor_qp, *self.keep]):
            if not any(matches(name, [pattern]) for name in names):
                warn(f"no tensor name matches {pattern!r}", EncodingWarning)
        known = self.calibration
        if isinstance(known, Calibration) and known and not any(name in known for name in names):
            warn(
                "the calibration tells of no tensor of the model: the first that it knows is "
                f"{next(iter(known))!r}",
                EncodingWarning,
            )

    def said_alike(self, one: str, other: str) -> bool:
        """Tell whether the same is said of two tensors, by their names."""
        said = [*self.tensors, *self.tensor_qp, *self.keep, *self.layer_parameters, *self.exact]
        return all(matches(one, [pattern]) == matches(other, [pattern]) for pattern in said)

    def row_axis_of(self, name: str, rank: int, own: int = 0) -> int:
        """Return which dimension of a tensor its rows are.

        Args:
            name: its name.
            rank: how many dimensions it has; what `tensors` says beyond them doesn't count.
            own: which it is where nothing is said.
        """
        axis: int | None = self.said_of(name).get("row_axis")
        return own if axis is None or axis >= rank else axis

    def format_of(self, name: str) -> str | None:
        """Return the format that a tensor shall be delivered in; None: nothing is said."""
        return self.said_of(name).get("data_format")

    def statistics_of(self, name: str) -> NDArray[np.float32] | None:
        """Return the calibration of a tensor; None where there is none."""
        known = self.calibration
        return known[name] if isinstance(known, Calibration) and name in known else None

    def typed(self) -> dict[str, TensorOptions]:
        """Return `tensors` with options of one type."""
        return {pattern: TensorOptions.of(pattern, one) for pattern, one in self.tensors.items()}

    def requested_qp(self, name: str, rank: int) -> int | None:
        """Return the quantization parameter asked for a tensor; None: a bit depth was."""
        said = self.said_of(name)
        if "qp" in said:
            return int(said["qp"])
        if "bit_depth" in said:
            return None
        for pattern, qp in self.tensor_qp.items():
            if fnmatch.fnmatchcase(name, pattern):
                return qp
        if self.bit_depth is not None:
            return None
        if name in self.named_qp:
            return self.named_qp[name]
        if rank > 1:
            return self.qp if self.qp is not None else at_density(DEFAULT_QP, self.qp_density)
        if self.nonweight_qp is not None:
            return self.nonweight_qp
        return at_density(DEFAULT_NONWEIGHT_QP, self.qp_density)

    def requested_bit_depth(self, name: str) -> int | None:
        """Return the bit depth asked for a tensor, None where a quantization parameter is."""
        if self.requested_qp(name, 1) is not None:
            return None
        depth: int | None = self.said_of(name).get("bit_depth", self.bit_depth)
        return depth

    def packs(self, name: str) -> bool:
        """Tell whether a tensor of floats may be coded as planes: only a metadata unit tells so."""
        return (
            self.lossless
            and self.metadata_unit
            and not (self.prune_rows or self.out_of_band)
            and name not in self.bound
            and self.format_of(name) is None
        )

    def keeps(self, name: str) -> bool:
        """Tell whether a tensor is to be stored as it is."""
        said = self.said_of(name).get("keep")
        if self.lossless:
            return True
        if said is not None:
            return bool(said)
        return name in self.exact or matches(name, self.keep)
