"""How fine tensors are quantized."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Literal

from nnc.bitio import InputError
from nnc.bitio.arguments import checking_fields
from nnc.model.calibration import Calibration
from nnc.model.options import WHOLE_MODEL, check_options, listing_options, option
from nnc.syntax import nnr_model_parameter_set_unit_payload

#: Quantization parameters for a qp_density of 2: of tensors with more than one dimension,
#: and of all others.
DEFAULT_QP = -32
DEFAULT_NONWEIGHT_QP = -75
DEFAULT_QP_DENSITY = 2

QPS = nnr_model_parameter_set_unit_payload.elements["mps_quantization_parameter"].valid
DENSITIES = nnr_model_parameter_set_unit_payload.elements["mps_qp_density"].valid
BIT_DEPTHS = (2, 31)

#: How fine steps are that follow the tensors: the bits that their values would take on average with
#: uniform steps, if they were of Laplace distributions. Each makes 6 dB.
PRESET_BITS = {"archive": 12.9, "balanced": 9.9, "small": 5.9}


def at_density(qp: int, qp_density: int) -> int:
    """Return a quantization parameter of the default density for another one.

    The step size is the same where the other density has it, else the next smaller one.
    """
    return rescaled(qp, DEFAULT_QP_DENSITY, qp_density)


def rescaled(qp: int, before: int, qp_density: int) -> int:
    """Return a quantization parameter of one density for another one; as for `at_density`."""
    exponent, fraction = qp >> before, qp & ((1 << before) - 1)
    return (exponent << qp_density) + ((fraction << qp_density) >> before)


@checking_fields
@listing_options
@dataclass(frozen=True, slots=True, kw_only=True)
class LayerParameters:
    """Quantization of some tensors apart from the model's (a layer parameter set)."""

    qp: int | None = option(
        None, "Quantization parameter of their weights.", told="the model's", range=QPS
    )
    nonweight_qp: int | None = option(None, "That of all others.", told="the model's", range=QPS)
    qp_density: int | None = option(None, "Their density.", told="the model's", range=DENSITIES)

    def check(self, name: str) -> None:
        """Refuse parameters that can't be written.

        Args:
            name: what to call them in the message.
        """
        try:
            check_options(self)
        except InputError as error:
            raise InputError(f"{name}.{error}") from None


@dataclass(frozen=True, kw_only=True)
class StepSizes:
    """How fine tensors are quantized."""

    qp: int | None = option(
        None,
        "Quantization parameter of tensors with more than one dimension: smaller is finer.",
        "4 more (at the default qp_density) double the step. At another qp_density, the default "
        "is that of the same step.",
        told=f"a step that follows each tensor's scale; {DEFAULT_QP} with nonweight_qp",
        range=QPS,
    )
    nonweight_qp: int | None = option(
        None, "Quantization parameter of vectors and scalars.",
        told=f"likewise; {DEFAULT_NONWEIGHT_QP} with qp", range=QPS,
    )  # fmt: skip
    tensor_qp: Mapping[str, int] = option(
        {},
        "Quantization parameters by pattern of the name.",
        "In a pattern `*`, `?` and `[...]` stand for any characters, for one, and for one of "
        "some. The first pattern that matches counts.",
        range=QPS,
    )
    qp_density: int = option(
        DEFAULT_QP_DENSITY, "The step doubles every 2^N steps of qp.", range=DENSITIES
    )
    bit_depth: int | None = option(
        None,
        "Bits of the levels, in place of `qp` and `nonweight_qp`.",
        "Each tensor gets the step at which all its values but the largest 0.05 % fit; those are "
        "clipped.",
        range=BIT_DEPTHS,
    )
    preset: Literal["archive", "balanced", "small"] = option(
        "balanced",
        "How much is lost where the steps follow the tensors: archive loses 18 dB less than "
        "balanced, small 24 dB more, or less where tensors are large.",
        "It counts without qp, bit_depth or a target. Vectors lose no more than with balanced. "
        "Try out a network that is coded with small.",
        calls=WHOLE_MODEL,
        elsewhere="is for single models: updates follow the tensors that they change",
    )
    calibration: Calibration | str | PathLike[str] | None = option(
        None,
        "Statistics of the layers' inputs, or a file of them: weights are coded so that the "
        "outputs lose least.",
        "They come from `nnc.torch.calibrate` or `nnc.onnx.calibrate`. Each error is made good by "
        "the columns after it, and without qp steps follow what the outputs lose. Tensors with a "
        "codebook, a bit depth, a block, a scan order of blocks or without dependent quantization "
        "are coded as ever.",
        calls=WHOLE_MODEL,
        elsewhere="is for single models: no statistics tell of updates",
    )
    layer_parameters: Mapping[str, LayerParameters] = option(
        {},
        "Quantization of some tensors apart from the model's, by pattern of the name.",
        "The model's quantization parameter sets a window for those of its tensors. These may lie "
        "outside of it, or at another density. The first pattern that matches counts; of a block, "
        "the name is its weight's.",
        command=False,
    )
    keep: Sequence[str] = option(
        (), "Patterns of names of float tensors that are stored as they are."
    )
    lossless: bool = option(
        False,
        "Bring all float tensors back to the bit.",
        "Floats of up to 32 bits are coded as exponents and noise where that is smaller than raw.",
    )
