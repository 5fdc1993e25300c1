"""Quantization of differences, errors and bits weighed together (Annex G).

No step size, and neither way of quantization, is the best for dense and for sparse differences.
From effort 2 on some of both are tried, and the one of the least error plus weighted bits is
taken. The weight of a bit is that of the rate-distortion choice at the step size asked for,
whatever step is tried: so all tensors of an update trade bits for errors at the same rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from nnc.decoder.known import Known
from nnc.encoder.inputs.preparation import PreparedTensor
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization.choice import (
    TRYING_EFFORT,
    Quantized,
    allows_codebook,
    has_few_values,
    window_of,
)
from nnc.encoder.quantization.rate_distortion import WEIGHT_DEPENDENT
from nnc.encoder.quantization.uniform import step_size
from nnc.encoder.units.header import Lineage
from nnc.encoder.units.tensor import coded_way, quantized_by_effort

#: Step sizes that are tried by effort, in quarters of an octave from the one asked for.
OFFSETS = {2: (-2, 0, 2), 3: (-3, -2, -1, 0, 1, 2)}

#: Without dependent quantization a step is as long as two.
OCTAVE = 4

#: The effort from which levels are also chosen for contexts that leave out what is known.
CHOOSING_CONTEXTS = 3

#: Quarters of an octave are quantization parameters at this density.
QUARTERS = 2


class Weighed(NamedTuple):
    """A way of coding a difference.

    Attributes:
        cost: squared error in squared steps, and weighted bits.
        quantized: what is coded.
    """

    cost: float
    quantized: Quantized


def is_weighed(tensor: PreparedTensor, options: EncoderOptions, lineage: Lineage | None) -> bool:
    """Tell whether ways of coding a tensor are weighed: of a difference that nothing else fixes.

    One of few distinct values may be worth a codebook, which is tried elsewhere.
    """
    if lineage is None or lineage.parent is None or options.effort < TRYING_EFFORT:
        return False
    if options.bit_depth is not None or options.codebook not in (None, False, "auto"):
        return False
    return not (allows_codebook(options) and has_few_values(tensor.values))


def cheapest_weighed(
    tensor: PreparedTensor,
    qp: int,
    base: int,
    options: EncoderOptions,
    lineage: Lineage,
    *,
    dq: bool,
) -> Weighed:
    """Return the way of coding a difference that costs the least, dependent or not.

    Args:
        tensor: the difference.
        qp: the quantization parameter asked for.
        base: that of the parameter set.
        options: the rest.
        lineage: which update it is.
        dq: with dependent quantization.
    """
    unit = float(step_size(qp, options.qp_density)) ** 2

    def weighed(tried_qp: int, contexts: Known) -> Weighed:
        """Quantize for some contexts; the levels are coded with the cheapest ones."""
        step = float(step_size(tried_qp, options.qp_density))
        levels = quantized_by_effort(
            tensor.values,
            step,
            options,
            dq=dq,
            lineage=replace(lineage, known=contexts),
            weight=WEIGHT_DEPENDENT * unit / step**2,
        )
        one = Quantized(levels, tried_qp, dq)
        bits = coded_way(tensor, one, base, options, lineage)[1]
        error = one.distortion(tensor.values, options.qp_density).squared / unit
        return Weighed(error + WEIGHT_DEPENDENT * bits, one)

    def cheapest(ways: Iterable[Weighed]) -> Weighed:
        return min(ways, key=lambda way: way.cost)

    known = lineage.known
    best = cheapest(weighed(one, known) for one in tried_qps(qp, base, options, dq=dq))
    if options.effort >= CHOOSING_CONTEXTS:
        fewer = [Known()]
        if known.base_levels is not None and known.history is not None:
            fewer += [Known(base_levels=known.base_levels), Known(history=known.history)]
        best = cheapest([best, *(weighed(best.quantized.qp, one) for one in fewer)])
    return best


def tried_qps(qp: int, base: int, options: EncoderOptions, *, dq: bool) -> Iterator[int]:
    """Yield the quantization parameters that are tried; the one asked for if none can be coded."""
    density = options.qp_density
    window, shift = window_of(base, density), 0 if dq else OCTAVE
    offsets = [((quarters + shift) << density) >> QUARTERS for quarters in OFFSETS[options.effort]]
    found = [qp + offset for offset in dict.fromkeys(offsets) if qp + offset in window]
    yield from found or [qp]


def weighed_floats(
    tensors: list[tuple[PreparedTensor, int, Lineage]], base: int, options: EncoderOptions
) -> dict[str, Quantized]:
    """Quantize the differences of one unit, all dependent or none, so that they cost the least.

    Args:
        tensors: the differences, each with its quantization parameter and its update.
        base: quantization parameter of the parameter set.
        options: the rest.
    """
    ways = []
    for dq in (True, False):
        if options.dq in (None, dq):
            found = {
                tensor.name: cheapest_weighed(tensor, qp, base, options, lineage, dq=dq)
                for tensor, qp, lineage in tensors
            }
            ways.append(found)
    best = min(ways, key=lambda way: sum(one.cost for one in way.values()))
    return {name: one.quantized for name, one in best.items()}
