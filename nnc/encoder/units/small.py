"""Small tensors of floats that are coded alike, those of many units at once.

They become what `encode_job` makes of them, with little about each: they are quantized, measured
and coded as rows of one array, and their headers are copies of one. What asks for more than that is
left to be coded alone.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

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
from nnc.encoder.quantization.rate_distortion import SHORTEST
from nnc.encoder.quantization.uniform import step_size
from nnc.encoder.units import codewords
from nnc.encoder.units.header import dimensions_list
from nnc.encoder.units.layer_parameters import ParameterGroup
from nnc.encoder.units.tensor import (
    CodedLevels,
    coding_of,
    data_unit_header,
    matrix_shape,
    quantized_by_effort,
    unit_of,
)
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType

#: Values of the largest of them: codewords of more wait for each other.
LARGEST_SMALL = codewords.FEWEST_LEVELS - 1


class SmallUnit(NamedTuple):
    """A small tensor coded.

    Attributes:
        unit: its unit.
        loss: what quantization took of it.
    """

    unit: Unit
    loss: Loss


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
    return (
        0 < tensor.values.size <= LARGEST_SMALL
        and tensor.values.dtype == np.float32
        and not (tensor.stored or tensor.is_outline or tensor.row_axis)
        and tensor.split is None
        and tensor.noise is None
        and group.plan.qps.get(tensor.name) is not None
        and tensor.name not in group.plan.exact
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
        alike.setdefault((tensor.values.shape, tensor.data_format), []).append(number)
    result: dict[int, SmallUnit] = {}
    for numbers in alike.values():
        if len(numbers) > 1:
            coded = encode_alike([tensors[number] for number in numbers], group)
            result |= {
                number: one for number, one in zip(numbers, coded, strict=True) if one is not None
            }
    return result


def encode_alike(
    tensors: Sequence[PreparedTensor], group: ParameterGroup
) -> list[SmallUnit | None]:
    """Encode small tensors of one shape and format; None for one that has to be coded alone."""
    options, plan = group.options, group.plan
    shape = tensors[0].values.shape
    rows, cols = matrix_shape(shape)
    values = np.concatenate([tensor.values.reshape(-1) for tensor in tensors])
    matrix = values.reshape(len(tensors), rows * cols)
    qps = [plan.qps[tensor.name] or 0 for tensor in tensors]
    steps = np.array([step_size(qp, options.qp_density) for qp in qps], np.float32)
    levels, fits = quantized_rows(matrix, steps, shape, options)
    if allows_codebook(options):
        fits &= ~rows_of_few_values(matrix)
    payloads = deepcabac.encode_small(
        levels.reshape(-1, rows, cols),
        coding_of(shape, options, dq=True),
        [qp - plan.base for qp in qps],
        options.qp_density,
        search=options.parameter_search,
        row_skip=options.row_skip is None,
    )
    losses = losses_of_rows(matrix, levels, steps)
    made = zip(tensors, payloads, losses, fits.tolist(), strict=True)
    return units_of(tensors[0], made, options)


def quantized_rows(
    values: NDArray[np.float32],
    steps: NDArray[np.float32],
    shape: tuple[int, ...],
    options: EncoderOptions,
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Quantize tensors of one shape, a row each; tell of which that could be done."""
    if options.effort == 0 or values.shape[1] < SHORTEST:
        return quantize_rows(values, steps)
    levels = [
        quantized_by_effort(row.reshape(shape), step, options, dq=True).reshape(-1)
        for row, step in zip(values, steps.tolist(), strict=True)
    ]
    return np.array(levels, np.int32), np.ones(len(levels), np.bool_)


def units_of(
    first: PreparedTensor,
    made: Iterable[tuple[PreparedTensor, bytes | None, Loss | None, bool]],
    options: EncoderOptions,
) -> list[SmallUnit | None]:
    """Put units together whose headers differ in the tensor's name alone.

    Args:
        first: one of the tensors.
        made: the tensors, the codeword of each, what was lost, and whether that is all right.
        options: how they are coded.
    """
    nothing = CodedLevels(deepcabac.Encoder(), EntryPoints(), Known(), b"")
    alike = data_unit_header(first, PayloadType.NNR_PT_FLOAT, options, nothing, dq=True)
    around = unit_of(alike, b"", [Known()]).readable_header()
    result: list[SmallUnit | None] = []
    for tensor, payload, loss, is_right in made:
        if payload is None or loss is None or not is_right:
            result.append(None)
            continue
        own = copy.copy(alike)
        own.topology_elem_id = tensor.name
        own.tensor_dimensions_list = dimensions_list(tensor.dimensions)
        header = copy.copy(around)
        header.nnr_compressed_data_unit_header = own
        result.append(SmallUnit(Unit(header, payload), loss))
    return result
