"""Small tensors that are coded alike, those of many units at once.

They become what `encode_job` makes of them, with little about each: they are quantized, measured
and coded as rows of one array, and their headers are copies of one. What asks for more than that is
left to be coded alone.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc import deepcabac
from nnc.bitstream import Unit
from nnc.decoder.known import Known
from nnc.deepcabac import EntryPoints
from nnc.encoder.inputs.preparation import PreparedTensor
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization.choice import (
    TRYING_EFFORT,
    allows_codebook,
    rows_of_few_values,
)
from nnc.encoder.quantization.dependent import quantize_rows
from nnc.encoder.quantization.loss import Loss, losses_of_rows
from nnc.encoder.quantization.rate_distortion import SHORTEST, RateOptions, quantize_alike
from nnc.encoder.quantization.uniform import step_size
from nnc.encoder.units import codewords
from nnc.encoder.units.header import dimensions_list
from nnc.encoder.units.layer_parameters import ParameterGroup
from nnc.encoder.units.tensor import (
    CodedLevels,
    coding_of,
    data_unit_header,
    matrix_shape,
    unit_of,
)
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType

#: Values of the largest of them: codewords of more wait for each other.
LARGEST_SMALL = codewords.FEWEST_LEVELS - 1


class SmallUnit(NamedTuple):
    """A small tensor coded.

    Attributes:
        unit: its unit.
        loss: what quantization took of it; None of integers.
    """

    unit: Unit
    loss: Loss | None


def may_be_small(options: EncoderOptions) -> bool:
    """Tell whether small tensors are coded in one way only, whatever their names."""
    return (
        deepcabac.encodes_small()
        and not options.tensors
        and options.bit_depth is None
        and options.calibration is None
        and options.codebook in (None, False)
        and options.effort < TRYING_EFFORT
        and options.dq is not False
        and not options.row_skip
        and options.scan_order in (None, 0)
    )


def is_small(tensor: PreparedTensor, group: ParameterGroup) -> bool:
    """Tell whether a tensor of a group is one that is coded beside others."""
    plan, name = group.plan, tensor.name
    return (
        0 < tensor.values.size <= LARGEST_SMALL
        and not (tensor.stored or tensor.is_outline or tensor.row_axis)
        and tensor.split is None
        and tensor.noise is None
        and (
            tensor.values.dtype == np.int32
            or (
                tensor.values.dtype == np.float32
                and plan.qps.get(name) is not None
                and name not in plan.exact
            )
        )
    )


def encode_small(
    tensors: Mapping[int, PreparedTensor], group: ParameterGroup
) -> dict[int, SmallUnit]:
    """Encode small tensors of a group.

    Args:
        tensors: those for which `is_small` holds, by number.
        group: their parameter set, for whose options `may_be_small` holds.

    Returns:
        The units of those that could be coded together, by number.
    """
    alike: dict[object, list[int]] = {}
    for number, tensor in tensors.items():
        key = tensor.values.shape, tensor.values.dtype.kind, tensor.data_format
        alike.setdefault(key, []).append(number)
    result: dict[int, SmallUnit] = {}
    for numbers in alike.values():
        if len(numbers) > 1:
            encode = integers_alike if tensors[numbers[0]].is_integer else floats_alike
            coded = encode([tensors[number] for number in numbers], group)
            result |= {
                number: one for number, one in zip(numbers, coded, strict=True) if one is not None
            }
    return result


def integers_alike(
    tensors: Sequence[PreparedTensor], group: ParameterGroup
) -> list[SmallUnit | None]:
    """Encode small tensors of integers of one shape; None for one that has to be coded alone."""
    options, shape = group.options, tensors[0].values.shape
    payloads = deepcabac.encode_small(
        matrix_of(tensors).reshape(-1, *matrix_shape(shape)),
        coding_of(shape, options, dq=False),
        None,
        options.qp_density,
        search=options.parameter_search,
        row_skip=options.row_skip is None,
    )
    return units_of(tensors, payloads, len(tensors) * [None], options)


def floats_alike(
    tensors: Sequence[PreparedTensor], group: ParameterGroup
) -> list[SmallUnit | None]:
    """Encode small tensors of floats of one shape; None for one that has to be coded alone."""
    options, plan = group.options, group.plan
    shape, matrix = tensors[0].values.shape, matrix_of(tensors)
    qps = [plan.qps[tensor.name] or 0 for tensor in tensors]
    steps = np.array([step_size(qp, options.qp_density) for qp in qps], np.float32)
    levels, fits = quantized_rows(matrix, steps, shape, options)
    if allows_codebook(options):
        fits &= ~rows_of_few_values(matrix)
    payloads = deepcabac.encode_small(
        levels.reshape(-1, *matrix_shape(shape)),
        coding_of(shape, options, dq=True),
        [qp - plan.base for qp in qps],
        options.qp_density,
        search=options.parameter_search,
        row_skip=options.row_skip is None,
    )
    losses = losses_of_rows(matrix, levels, steps)
    for number, (loss, is_right) in enumerate(zip(losses, fits.tolist(), strict=True)):
        if loss is None or not is_right:
            payloads[number] = None
    return units_of(tensors, payloads, losses, options)


def matrix_of(tensors: Sequence[PreparedTensor]) -> NDArray[Any]:
    """Return the values of tensors of one shape, in a row each."""
    values = np.concatenate([tensor.values.reshape(-1) for tensor in tensors])
    return values.reshape(len(tensors), -1)


def quantized_rows(
    values: NDArray[np.float32],
    steps: NDArray[np.float32],
    shape: tuple[int, ...],
    options: EncoderOptions,
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Quantize tensors of one shape, a row each; tell of which that could be done."""
    if options.effort == 0 or values.shape[1] < SHORTEST:
        return quantize_rows(values, steps)
    coding = coding_of(shape, options, dq=True)
    rate_options = RateOptions(effort=options.effort, row_skip=options.row_skip)
    levels = quantize_alike(values, steps.tolist(), matrix_shape(shape), coding, rate_options)
    return levels, np.ones(len(levels), np.bool_)


def units_of(
    tensors: Sequence[PreparedTensor],
    payloads: Sequence[bytes | None],
    losses: Sequence[Loss | None],
    options: EncoderOptions,
) -> list[SmallUnit | None]:
    """Put units together whose headers differ in the tensor's name alone.

    Args:
        tensors: the tensors.
        payloads: the codeword of each; None: it has to be coded alone.
        losses: what was lost of each.
        options: how they are coded.
    """
    first, nothing = tensors[0], CodedLevels(deepcabac.Encoder(), EntryPoints(), Known(), b"")
    kind = PayloadType.NNR_PT_INT if first.is_integer else PayloadType.NNR_PT_FLOAT
    alike = data_unit_header(first, kind, options, nothing, dq=not first.is_integer)
    around = unit_of(alike, b"", [Known()]).readable_header()
    result: list[SmallUnit | None] = []
    for tensor, payload, loss in zip(tensors, payloads, losses, strict=True):
        if payload is None:
            result.append(None)
            continue
        own = copy.copy(alike)
        own.topology_elem_id = tensor.name
        own.tensor_dimensions_list = dimensions_list(tensor.dimensions)
        header = copy.copy(around)
        header.nnr_compressed_data_unit_header = own
        result.append(SmallUnit(Unit(header, payload), loss))
    return result
