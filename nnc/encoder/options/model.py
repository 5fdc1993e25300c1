"""What can be asked of the encoder."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from nnc.bitio import InputError
from nnc.encoder.options.tensor import (
    LARGEST_QP,
    CodebookChoice,
    TensorOptions,
    check_choice,
    check_codebook,
    check_flag,
    check_range,
    check_scan_order,
    matches,
    options_of,
)

#: Quantization parameters for a qp_density of 2: of tensors with more than one dimension,
#: and of all others.
DEFAULT_QP = -32
DEFAULT_NONWEIGHT_QP = -75
DEFAULT_QP_DENSITY = 2


#: Options of single tensors that are used up before a tensor is coded by itself.
DONE_BEFORE = ("qp", "keep", "data_format", "row_axis")

#: Which units are put together into aggregate units.
AGGREGATES = ("all", "modules")

#: Elements that a header can leave to its receiver to know.
OUT_OF_BAND = ("dimensions", "cabac_unary_length_minus1")

LARGEST_PART = (1 << 31) - 1


def at_density(qp: int, qp_density: int) -> int:
    """Return a quantization parameter of the default density for another one.

    The step size is the same where the other density has it, else the next smaller one.
    """
    return rescaled(qp, DEFAULT_QP_DENSITY, qp_density)


def rescaled(qp: int, before: int, qp_density: int) -> int:
    """Return a quantization parameter of one density for another one; as for `at_density`."""
    exponent, fraction = qp >> before, qp & ((1 << before) - 1)
    return (exponent << qp_density) + ((fraction << qp_density) >> before)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerParameters:
    """Quantization of some tensors apart from the model's (a layer parameter set).

    Attributes:
        qp: quantization parameter of their weights; None: the model's step size.
        nonweight_qp: that of all others of them; None: likewise.
        qp_density: theirs; None: the model's.
    """

    qp: int | None = None
    nonweight_qp: int | None = None
    qp_density: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderOptions:
    """Options of `nnc.encode`, checked.

    Attributes:
        qp: quantization parameter of tensors with more than one dimension; None for
            -32 (at another qp_density than 2: the same step size).
        nonweight_qp: that of all other float tensors; None for -75 (likewise).
        tensor_qp: quantization parameters by pattern of the name (`*`, `?` and `[...]` as in
            file names); the first that matches is taken.
        named_qp: quantization parameters by the name itself, where nothing else says one of the
            tensor: what a search for a target comes to.
        tensors: options of single tensors by pattern of the name; for each option the first
            that matches and says something of it is taken, before `tensor_qp` and the others.
        qp_density: 0 to 7; the step size doubles every `2 ** qp_density` steps of qp.
        bit_depth: bits of the levels, 2 to 31, in place of `qp` and `nonweight_qp`: each tensor
            gets the step size at which its largest values but few fit, and those are clipped.
        dq: dependent quantization, by an 8-state trellis; else rounding. None: dependent; from
            effort 2 on the one that makes a unit smaller, without a larger error.
        codebook: code float tensors by codebooks. True: of the distinct levels, where they are
            few; `exact`: of the distinct values, where they are few and the format can hold
            them, without loss; a number: of so many entries at most, by k-means; `auto`: that
            which makes the unit smaller without a larger error, if any. None: as `auto`, but
            only tried (below effort 2) where few values are distinct.
        keep: patterns of names of float tensors that are stored as they are.
        lossless: store all float tensors as they are.
        exact: names of float tensors that are stored as they are too, unless `tensors`
            says otherwise.
        scan_order: 0: row by row; 1 to 4: blocks of 8, 16, 32, 64, with entry points; `auto`:
            blocks for large tensors, so that several threads can decode one.
        row_skip: signal rows of zeros (profile 1 only), where the syntax can; None: where it
            makes the unit smaller.
        effort: from fastest to smallest, 0 to 3. At 0 values are quantized by their error alone;
            from 1 on bits count as well, so that files get smaller at the same error, but the
            error at the same qp gets larger. See
            `nnc.encoder.quantization.rate_distortion`.
        parameter_search: choose initial states and speeds of the contexts.
        cabac_unary_length_minus1: number of greater-than flags, less one; 0 to 255.
        profile: general_profile_idc, 0 or 1.
        metadata: key-value pairs to be kept with the model.
        metadata_unit: write what the format has no element for (metadata, dtypes such as
            bfloat16) into a unit of our own. Some decoders refuse units that they don't know;
            without it, such dtypes decode as float32 or int32.
        layer_parameters: quantization of tensors apart from the model's, by pattern of the name
            (of a block: its weight's); the first that matches counts. A quantization
            parameter lies within a window around its parameter set's: these have their own.
        references: list the names once, and refer to them by their place in that list.
        part_size: cut payloads of more bytes over several units (255 at most); None: don't.
        aggregates: `all`: put the units of all tensors into an aggregate unit; `modules`: those
            of each module (what the names have in common up to a `.` or `/`), one within the
            other; None: neither.
        out_of_band: what is left out of the bitstream, and has to be given to the decoder:
            `dimensions` (but those of joined and of decomposed tensors) and
            `cabac_unary_length_minus1`.
        prune_rows: leave rows of zeros out of tensors of two dimensions or more, and say so in a
            pruning container; a decoder gives the pruned tensors unless it is asked for the
            whole ones. Tensors in given blocks or joined stay whole.
    """

    qp: int | None = None
    nonweight_qp: int | None = None
    tensor_qp: Mapping[str, int] = field(default_factory=dict)
    named_qp: Mapping[str, int] = field(default_factory=dict)
    tensors: Mapping[str, TensorOptions | Mapping[str, Any]] = field(default_factory=dict)
    qp_density: int = DEFAULT_QP_DENSITY
    bit_depth: int | None = None
    dq: bool | None = None
    codebook: CodebookChoice | None = None
    keep: Sequence[str] = ()
    lossless: bool = False
    exact: Collection[str] = frozenset()
    scan_order: int | Literal["auto"] = 0
    row_skip: bool | None = None
    effort: int = 1
    parameter_search: bool = True
    cabac_unary_length_minus1: int = 10
    profile: int = 1
    metadata: Mapping[str, str] = field(default_factory=dict)
    metadata_unit: bool = True
    layer_parameters: Mapping[str, LayerParameters] = field(default_factory=dict)
    references: bool = False
    part_size: int | None = None
    aggregates: str | None = None
    out_of_band: Sequence[str] = ()
    prune_rows: bool = False

    def __post_init__(self) -> None:
        """Refuse what can't be encoded.

        Raises:
            InputError: an option is out of its range; the message names it.
        """
        check_range("qp_density", self.qp_density, 0, 7)
        check_scan_order(self.scan_order)
        check_codebook(self.codebook)
        check_range("effort", self.effort, 0, 3)
        check_range("cabac_unary_length_minus1", self.cabac_unary_length_minus1, 0, 255)
        check_range("profile", self.profile, 0, 1)
        for name in ("dq", "row_skip", "parameter_search", "lossless", "references"):
            check_flag(name, getattr(self, name))
        if self.bit_depth is not None:
            check_range("bit_depth", self.bit_depth, 2, 31)
            if self.qp is not None or self.nonweight_qp is not None:
                raise InputError("qp and bit_depth both say how fine tensors are: give one of them")
        object.__setattr__(self, "tensors", self.typed())
        for name, qp in (
            ("qp", self.qp),
            ("nonweight_qp", self.nonweight_qp),
            *((f"tensor_qp[{pattern!r}]", qp) for pattern, qp in self.tensor_qp.items()),
        ):
            if qp is not None:
                check_range(name, qp, -LARGEST_QP - 1, LARGEST_QP)
        if self.lossless and (self.qp is not None or self.bit_depth is not None):
            raise InputError("lossless coding has no step sizes: give neither qp nor bit_depth")
        if isinstance(self.keep, str):
            raise InputError("keep has to be a list of patterns, not a string")
        if self.row_skip and self.profile == 0:
            raise InputError("row_skip needs profile 1")
        self.check_structure()
        for key, value in self.metadata.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise InputError(f"metadata has to be text, not {key!r}: {value!r}")

    def check_structure(self) -> None:
        """Refuse structure that can't be written."""
        for pattern, own in self.layer_parameters.items():
            check_layer_parameters(f"layer_parameters[{pattern!r}]", own)
        if self.profile == 0 and any(
            TensorOptions.of(pattern, one).row_axis for pattern, one in self.tensors.items()
        ):
            raise InputError("row_axis needs profile 1")
        if self.part_size is not None:
            check_range("part_size", self.part_size, 1, LARGEST_PART)
        if self.aggregates is not None:
            check_choice("aggregates", self.aggregates, AGGREGATES)
        if isinstance(self.out_of_band, str):
            raise InputError("out_of_band has to be a list of elements, not a string")
        for element in self.out_of_band:
            check_choice("out_of_band", element, OUT_OF_BAND)

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

    def said_of(self, name: str) -> dict[str, Any]:
        """Return what `tensors` says of a tensor."""
        return options_of(name, self.typed()) if self.tensors else {}

    def unused_patterns(self, names: Collection[str]) -> list[str]:
        """Return the patterns of `tensors`, `tensor_qp` and `keep` that fit none of the names."""
        patterns = dict.fromkeys([*self.tensors, *self.tensor_qp, *self.keep])
        return [one for one in patterns if not any(matches(name, [one]) for name in names)]

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

    def keeps(self, name: str) -> bool:
        """Tell whether a tensor is to be stored as it is."""
        said = self.said_of(name).get("keep")
        if self.lossless:
            return True
        if said is not None:
            return bool(said)
        return name in self.exact or matches(name, self.keep)


def check_layer_parameters(name: str, own: LayerParameters) -> None:
    """Refuse parameters of a layer that can't be written."""
    if not isinstance(own, LayerParameters):
        raise InputError(f"{name} has to be nnc.LayerParameters, not {type(own).__name__}")
    if own.qp_density is not None:
        check_range(f"{name}.qp_density", own.qp_density, 0, 7)
    for element in ("qp", "nonweight_qp"):
        if getattr(own, element) is not None:
            check_range(f"{name}.{element}", getattr(own, element), -LARGEST_QP - 1, LARGEST_QP)
