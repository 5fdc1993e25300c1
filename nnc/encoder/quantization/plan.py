"""Which quantization parameter each tensor gets, and from which base they are counted.

A payload holds a tensor's quantization parameter as an offset of 6 + qp_density bits from that
of the parameter set, so that all tensors of a model have to lie within one window. Nothing
wraps silently: what is asked for too finely is raised to the window's lower end, and a tensor
whose values are so large that it would need a step above its upper end is stored as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nnc.bitio.caution import EncodingWarning, warn
from nnc.encoder.inputs.preparation import PreparedTensor
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.options.steps import DEFAULT_QP as DEFAULT_QP_AT_DENSITY_2
from nnc.encoder.options.steps import QPS, at_density
from nnc.encoder.quantization.uniform import qp_of_bit_depth, smallest_qp_that_fits


@dataclass(frozen=True, slots=True)
class QuantizationPlan:
    """Quantization parameters of a model.

    Attributes:
        qp_density: mps_qp_density.
        base: mps_quantization_parameter.
        qps: by name of the tensor; None: the tensor is stored raw. Integers have no entry.
    """

    qp_density: int
    base: int
    qps: dict[str, int | None]


def plan_quantization(
    tensors: Sequence[PreparedTensor],
    options: EncoderOptions,
    read: Callable[[str], PreparedTensor] | None = None,
) -> QuantizationPlan:
    """Choose the quantization parameters of a model's float tensors.

    Args:
        tensors: the tensors.
        options: what is asked for.
        read: reads a tensor by its name, where `tensors` have no values.

    Warns:
        EncodingWarning: a tensor gets another quantization parameter than was asked for.
    """
    floats = [tensor for tensor in tensors if not tensor.is_integer]
    qps: dict[str, int | None] = {}
    for tensor in floats:
        # An empty tensor has nothing to quantize, and a payload without values says just that.
        if tensor.values.size == 0 or options.keeps(tensor.name):
            qps[tensor.name] = None
        else:
            qps[tensor.name] = wanted_qp(tensor, options, read)
    base, lowest, highest = window([qp for qp in qps.values() if qp is not None], options)
    for tensor in floats:
        asked = qps[tensor.name]
        if asked is not None:
            qps[tensor.name] = within_window(tensor, asked, lowest, highest, options.qp_density)
    return QuantizationPlan(options.qp_density, base, qps)


def wanted_qp(
    tensor: PreparedTensor,
    options: EncoderOptions,
    read: Callable[[str], PreparedTensor] | None = None,
) -> int:
    """Return the quantization parameter that a tensor should have, by number or by bit depth."""
    qp = options.requested_qp(tensor.name, tensor.values.ndim)
    if qp is not None:
        return qp
    depth = options.requested_bit_depth(tensor.name)
    if depth is None or not tensor.largest:
        return at_density(DEFAULT_QP_AT_DENSITY_2, options.qp_density)
    whole = tensor if read is None else read(tensor.name)
    return qp_of_bit_depth(whole.values, depth, options.qp_density)


def window(requested: list[int], options: EncoderOptions) -> tuple[int, int, int]:
    """Return the base, and the lowest and highest quantization parameter around it."""
    half = 1 << (5 + options.qp_density)
    base = options.qp
    if base is None:
        base = at_density(DEFAULT_QP_AT_DENSITY_2, options.qp_density)
    if requested:
        # As near to the weights' as it can be: first down to the lowest, then up again to the
        # highest, which counts more (a step too fine costs bits, one too coarse the network).
        base = min(base, min(requested) + half)
        base = max(base, max(requested) - half + 1)
    base = max(QPS[0], min(base, QPS[1]))
    return base, base - half, base + half - 1


def within_window(
    tensor: PreparedTensor, asked: int, lowest: int, highest: int, qp_density: int
) -> int | None:
    """Return the quantization parameter nearest to the one asked for that can be coded.

    Returns:
        None where the tensor's levels would not fit 32 bits anywhere in the window.
    """
    fitting = smallest_qp_that_fits(tensor.largest, max(asked, lowest), qp_density)
    if fitting > highest:
        warn(
            f"tensor {tensor.name!r} holds values up to {tensor.largest:g}, too large for the "
            "quantization parameters of the others: it is stored unchanged",
            EncodingWarning,
        )
        return None
    if fitting != asked:
        reason = "its levels fit in 32 bits" if fitting > max(asked, lowest) else "it can be coded"
        warn(
            f"qp {asked} of tensor {tensor.name!r} is raised to {fitting}, so that {reason}",
            EncodingWarning,
        )
    return fitting
