"""Which quantization parameter each tensor gets, and from which base they are counted.

A payload holds a tensor's quantization parameter as an offset of 6 + qp_density bits from that
of the parameter set, so that all tensors of a model have to lie within one window. Nothing
wraps silently: what is asked for too finely is raised to the window's lower end, and a tensor
whose values are so large that it would need a step above its upper end is stored as it is.

Where no quantization parameter is given, the steps follow the tensors. Noise of a tensor, relative
to its values, reaches the output of a network about as strongly whatever the tensor; and with the
bits given, all of it together is least where each tensor makes as much of it as it has of the
values. So the step of a tensor is its mean magnitude times the square root of its size, times a
number for the whole model: that at which the values take the bits of the preset on average, if they
were of Laplace distributions. Networks of large tensors bear more noise, as what reaches an output
is a sum over more of it: bits are fewer there.

The step of a difference is the finer of two: that which the tensor that it leads to would have as
a whole, and that at which the difference itself takes `DIFFERENCE_BITS`. So an updated model is
as good as one sent as a whole, and of a small change as much arrives as of a large one. Where a
difference is no larger than what quantization left of the parent, it is that rather than a change:
the step of the parent is taken again, at which nearly nothing is left to send.
"""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nnc.bitio import InputError
from nnc.bitio.caution import EncodingWarning, warn
from nnc.encoder.inputs.preparation import PreparedTensor
from nnc.encoder.inputs.scale import Scale, is_free, is_vector, scale_of
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.options.steps import DEFAULT_QP as DEFAULT_QP_AT_DENSITY_2
from nnc.encoder.options.steps import PRESET_BITS, QPS, at_density
from nnc.encoder.quantization.uniform import qp_of_bit_depth, smallest_qp_that_fits
from nnc.model.calibration import Calibration, WeightScale, coarser_octaves

#: Bits that values take on average where the steps follow the tensors, in theory; dependent
#: quantization needs one less.
DEFAULT_BITS = PRESET_BITS["balanced"]

#: Likewise for the values of a difference.
DIFFERENCE_BITS = 4.0

#: The size of tensors from which on bits are fewer, by how many each time that it doubles, and by
#: how many at most. They are never fewer than in the coarsest preset.
LARGE, SPARED, MOST_SPARED = 200_000, 0.7, 3.0

#: The mean magnitude of what quantization leaves, at most, over the step.
LEFT_OVER = 0.5

#: Octaves that the steps at the outputs are coarser than those at the inputs, whose noise goes
#: through all layers.
DEPTH_OCTAVES = 4.0

#: The finest step over the mean magnitude, and over the largest; over one that is far from all
#: others, levels of 32 bits are the limit.
FINEST_OF_MEAN, FINEST_OF_LARGEST, FINEST_OF_OUTLIER = 2.0**-14, 2.0**-24, 2.0**-30

#: How much coarser than those of the mean the steps over the smallest magnitude of factors are.
FACTORS = 1.0


@dataclass(frozen=True, slots=True)
class QuantizationPlan:
    """Quantization parameters of a model.

    Attributes:
        qp_density: mps_qp_density.
        base: mps_quantization_parameter.
        qps: by name of the tensor; None: the tensor is stored raw. Integers have no entry.
        exact: names of tensors that are coded without loss.
    """

    qp_density: int
    base: int
    qps: dict[str, int | None]
    exact: frozenset[str] = frozenset()


def plan_quantization(
    tensors: Sequence[PreparedTensor],
    options: EncoderOptions,
    read: Callable[[str], PreparedTensor] | None = None,
    *,
    update: bool = False,
    depths: Mapping[str, float] | None = None,
    bound: frozenset[str] = frozenset(),
) -> QuantizationPlan:
    """Choose the quantization parameters of a model's float tensors.

    Args:
        tensors: the tensors.
        options: what is asked for.
        read: reads a tensor by its name, where `tensors` have no values.
        update: tensors with a scale are differences: the scale is of what they lead to.
        depths: where tensors stand in the network, by name: 0 at its inputs, 1 at its outputs.
        bound: names of tensors that decoders put together with others: only quantized ones can be.

    Raises:
        InputError: one of these has to be stored as it is.

    Warns:
        EncodingWarning: a tensor gets another quantization parameter than was asked for.
    """
    floats = [tensor for tensor in tensors if not tensor.is_integer]
    qps: dict[str, int | None] = {}
    changed = changed_scales(floats, options) if update else {}
    whole = [tensor for tensor in floats if not update or tensor.scale is None]
    scales = scales_of(whole, options, read, bound)
    typical, middle = typical_size(floats), middle_depth(floats, depths or {})
    bits = wanted_bits(options, typical)
    coarser = {} if update else coarser_by_calibration(floats, scales, options)
    for tensor in floats:
        # An empty tensor has nothing to quantize, and a payload without values says just that.
        if tensor.values.size == 0 or options.keeps(tensor.name):
            qps[tensor.name] = None
        elif tensor.stored:
            qps[tensor.name] = None
            warn(
                f"tensor {tensor.name!r} holds NaN or infinity: it is stored as it is",
                EncodingWarning,
            )
        elif tensor.name in changed:
            step = step_of_difference(tensor, changed[tensor.name], typical, bits)
            qps[tensor.name] = qp_of_step(step, options.qp_density)
        elif tensor.name in scales:
            qps[tensor.name] = scaled_qp(
                tensor,
                scales[tensor.name],
                typical
                * 4 ** (DEPTH_OCTAVES * (middle - (depths or {}).get(tensor.name, middle)))
                / 4 ** coarser.get(tensor.name, 0.0),
                bits,
                options,
                bound=tensor.name in bound,
            )
        else:
            qps[tensor.name] = wanted_qp(tensor, options, read)
    base, lowest, highest = window([qp for qp in qps.values() if qp is not None], options)
    for tensor in floats:
        asked = qps[tensor.name]
        if asked is not None and asked < lowest and tensor.name in scales.keys() - bound:
            # Beside tensors of so much larger values nothing would be left of it.
            qps[tensor.name] = None
        elif asked is not None:
            told = is_told(tensor, options)
            qps[tensor.name] = within_window(
                tensor, asked, lowest, highest, options.qp_density, told=told
            )
    check_bound(bound, qps)
    exact = (name for name, scale in scales.items() if scale.exact and qps[name] is not None)
    return QuantizationPlan(options.qp_density, base, qps, frozenset(exact))


def scales_of(
    tensors: Sequence[PreparedTensor],
    options: EncoderOptions,
    read: Callable[[str], PreparedTensor] | None,
    bound: frozenset[str],
) -> dict[str, Scale]:
    """Return what the values say of those tensors whose steps are left to the encoder.

    Tensors aren't exact with a codebook that was asked for, nor where they are bound to others.
    """
    asked = options.codebook not in (None, False, "auto")
    result = {}
    for tensor in tensors:
        free = is_free(tensor.name, tensor.values.ndim, options)
        if not tensor.values.size or tensor.stored or not free:
            continue
        scale = tensor.scale
        if scale is None:
            whole = read(tensor.name) if tensor.is_outline and read is not None else tensor
            scale = scale_of(whole.values)
        if asked or tensor.name in bound:
            scale = scale._replace(exact=False, exponent=None)
        result[tensor.name] = scale
    return result


def check_bound(bound: frozenset[str], qps: Mapping[str, int | None]) -> None:
    """Refuse to store as it is what decoders put together with others: they would leave it alone.

    Raises:
        InputError: there is such a tensor.
    """
    for name, qp in qps.items():
        if qp is None and name in bound:
            raise InputError(
                f"tensor {name!r} has to be stored as it is, and so can't be part of a layer that "
                "is decomposed or has local scaling: leave that layer out (of `blocks`, "
                "`fold_batch_norms`, `low_rank`), or the option that keeps the tensor"
            )


def changed_scales(
    differences: Sequence[PreparedTensor], options: EncoderOptions
) -> dict[str, Scale]:
    """Return the scales of the tensors that differences lead to, where steps are left open."""
    return {
        one.name: one.scale
        for one in differences
        if one.scale is not None and one.scale.mean and is_free(one.name, one.values.ndim, options)
    }


def coarser_by_calibration(
    tensors: Sequence[PreparedTensor], scales: Mapping[str, Scale], options: EncoderOptions
) -> dict[str, float]:
    """Return by how many octaves steps are coarser than scales say, where statistics tell."""
    if not isinstance(options.calibration, Calibration):
        return {}
    octaves = {
        tensor.name: WeightScale(
            tensor.values.size,
            (tensor.values.size // tensor.values.shape[0],),
            math.log2(scales[tensor.name].mean * math.sqrt(tensor.values.size)),
        )
        for tensor in tensors
        if tensor.name in scales
        and scales[tensor.name].mean
        and not (scales[tensor.name].exact or is_vector(tensor.values.shape))
    }
    return coarser_octaves(options.calibration, octaves)


def typical_size(tensors: Sequence[PreparedTensor]) -> float:
    """Return the size of the tensor that a value is in: the geometric mean over all values."""
    sizes = [tensor.values.size for tensor in tensors if tensor.values.size]
    return math.exp(sum(size * math.log(size) for size in sizes) / sum(sizes)) if sizes else 1.0


def wanted_bits(options: EncoderOptions, typical: float) -> float:
    """Return the bits that values are to take on average, in a model of tensors of a size."""
    spared = min(max(SPARED * math.log2(typical / LARGE), 0.0), MOST_SPARED)
    return max(PRESET_BITS[options.preset] - spared, PRESET_BITS["small"])


def middle_depth(tensors: Sequence[PreparedTensor], depths: Mapping[str, float]) -> float:
    """Return the mean depth of the values of the tensors whose depth is known."""
    known = [
        (tensor.values.size, depths[tensor.name]) for tensor in tensors if tensor.name in depths
    ]
    values = sum(size for size, _ in known)
    return sum(size * depth for size, depth in known) / values if values else 0.0


def scaled_qp(
    tensor: PreparedTensor,
    scale: Scale,
    typical: float,
    bits: float,
    options: EncoderOptions,
    *,
    bound: bool,
) -> int | None:
    """Return the quantization parameter of the step that follows a tensor.

    Returns:
        None for values of so different magnitudes that they are best stored, or, where they are
        bound to be quantized, can't be.
    """
    if not scale.mean:
        return at_density(DEFAULT_QP_AT_DENSITY_2, options.qp_density)
    if scale.exact and scale.exponent is not None:
        return qp_of_step(math.ldexp(1.0, scale.exponent), options.qp_density)
    if is_vector(tensor.values.shape):
        # What vectors take is little, and what they do is much.
        bits = max(bits, DEFAULT_BITS)
    step = step_of(tensor, scale, typical, bits)
    finest = tensor.largest * FINEST_OF_LARGEST
    if step < finest and is_vector(tensor.values.shape) and not (scale.exact or bound):
        return None
    finest = tensor.largest * FINEST_OF_OUTLIER
    if finest > scale.mean / 16:
        return None
    return qp_of_step(max(step, finest), options.qp_density)


def step_of_difference(tensor: PreparedTensor, scale: Scale, typical: float, bits: float) -> float:
    """Return the step of a difference that leads to a tensor of a scale."""
    step = step_of(tensor, scale, typical, bits)
    mean = scale_of(tensor.values).mean
    if tensor.parent_step and mean <= LEFT_OVER * tensor.parent_step:
        return min(step, tensor.parent_step)
    own = step_of(tensor, Scale(mean), typical, DIFFERENCE_BITS)
    return max(min(step, own), scale.mean * FINEST_OF_LARGEST)


def step_of(tensor: PreparedTensor, scale: Scale, typical: float, bits: float) -> float:
    """Return the step that follows a tensor of a scale."""
    # A Laplace variable of mean magnitude m takes log2(2 e m / step) bits.
    fineness = 2 * math.e * 2**-bits * math.sqrt(tensor.values.size / typical)
    fineness = max(fineness, FINEST_OF_MEAN)
    step = scale.mean * fineness
    return min(step, scale.smallest * fineness * FACTORS) if scale.smallest else step


def qp_of_step(step: float, qp_density: int) -> int:
    """Return the largest quantization parameter whose step is at most a given one."""
    mantissa, exponent = math.frexp(max(step, math.ldexp(1.0, -125)))
    fraction = math.floor((2 * mantissa - 1) * (1 << qp_density))
    return min(((exponent - 1) << qp_density) + fraction, (128 << qp_density) - 1)


def is_told(tensor: PreparedTensor, options: EncoderOptions) -> bool:
    """Tell whether somebody said the quantization parameter of a tensor."""
    name, rank = tensor.name, tensor.values.ndim
    if is_free(name, rank, options) or name in options.named_qp:
        return False
    patterns = options.tensor_qp
    said = "qp" in options.said_of(name) or any(fnmatch.fnmatchcase(name, p) for p in patterns)
    return said or (options.qp if rank > 1 else options.nonweight_qp) is not None


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
    if base is None or options.named_qp:
        # Beside coarse steps that a search tries, the fine ones of exact tensors are needed.
        base = at_density(DEFAULT_QP_AT_DENSITY_2, options.qp_density)
    if requested:
        # As near to the weights' as it can be: first down to the lowest, then up again to the
        # highest, which counts more (a step too fine costs bits, one too coarse the network).
        base = min(base, min(requested) + half)
        base = max(base, max(requested) - half + 1)
    base = max(QPS[0], min(base, QPS[1]))
    return base, base - half, base + half - 1


def within_window(
    tensor: PreparedTensor,
    asked: int,
    lowest: int,
    highest: int,
    qp_density: int,
    *,
    told: bool = True,
) -> int | None:
    """Return the quantization parameter nearest to the one asked for that can be coded.

    Args:
        tensor: the tensor.
        asked: the quantization parameter that it should have.
        lowest: the lowest of the window.
        highest: the highest.
        qp_density: the density of them all.
        told: somebody said it, and hears that it is another one.

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
    if fitting != asked and told:
        reason = "its levels fit in 32 bits" if fitting > max(asked, lowest) else "it can be coded"
        warn(
            f"qp {asked} of tensor {tensor.name!r} is raised to {fitting}, so that {reason}",
            EncodingWarning,
        )
    return fitting
