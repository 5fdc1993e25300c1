"""One tensor to one compressed data unit (clauses 7.3.2 to 7.3.4, 9.3)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc import deepcabac
from nnc.bitio.caution import EncodingWarning, warn
from nnc.bitstream import Unit, whole_unit_header
from nnc.decoder.known import Known
from nnc.deepcabac import EntryPoints, TensorCoding
from nnc.deepcabac.checks import may_skip_rows
from nnc.deepcabac.coding import shared_coding
from nnc.encoder.inputs.joined import split_elements
from nnc.encoder.inputs.preparation import PreparedTensor
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization import choice
from nnc.encoder.quantization.calibrated import quantize_calibrated
from nnc.encoder.quantization.choice import Quantized
from nnc.encoder.quantization.codebook import CodedByCodebook
from nnc.encoder.quantization.exactness import exact_ways
from nnc.encoder.quantization.loss import note_loss
from nnc.encoder.quantization.rate_distortion import RateOptions, quantize_matrix
from nnc.encoder.quantization.segments import helpers, segments_of
from nnc.encoder.quantization.uniform import level_limit, step_size
from nnc.encoder.units import codewords
from nnc.encoder.units.header import (
    Lineage,
    dimensions_list,
    entry_point_elements,
    whole_header,
)
from nnc.model.data_format import RAW_FLOAT_BITS
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType
from nnc.syntax import (
    DecompressedDataFormat,
    NnrCompressedDataUnitHeader,
    NnrUnitType,
)

#: Values from which a tensor is worth several threads.
LARGE_TENSOR = 1 << 20
LARGEST_SCAN_ORDER = 4


@lru_cache(maxsize=1024)
def matrix_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return rows and columns of the matrix that a tensor is coded as (clause 10.2)."""
    return (shape[0] if shape else 1), math.prod(shape[1:])


def scan_order_of(shape: tuple[int, ...], options: EncoderOptions) -> int:
    """Return the scan order of a tensor; one row or one column has no blocks to scan."""
    rows, cols = matrix_shape(shape)
    if rows <= 1 or cols <= 1:
        return 0
    if options.scan_order == "auto":
        return LARGEST_SCAN_ORDER if rows * cols >= LARGE_TENSOR else 0
    return options.scan_order or 0


@dataclass(slots=True)
class CodedLevels:
    """A codeword with what its header has to say about it.

    Attributes:
        coder: what it is coded by.
        entry_points: entry points of its block rows.
        known: levels and history that it is coded with.
        finished: the codeword; None: it may wait for others.
    """

    coder: deepcabac.Encoder
    entry_points: EntryPoints
    known: Known
    finished: bytes | None = None

    @property
    def payload(self) -> bytes:
        """The codeword, which doesn't wait any longer."""
        if self.finished is None:
            self.finished = self.coder.finish()
        return self.finished


def encode_raw(
    tensor: PreparedTensor, options: EncoderOptions, lineage: Lineage | None = None
) -> Unit:
    """Store a float tensor as it is."""
    bits = RAW_FLOAT_BITS.get(tensor.data_format or DecompressedDataFormat.TENSOR_FLOAT32, 32)
    values = np.ascontiguousarray(tensor.in_order(), dtype=f"<f{bits >> 3}")
    header = data_unit_header(tensor, PayloadType.NNR_PT_RAW_FLOAT, options, lineage=lineage)
    return unit_of(header, values.reshape(-1).view(np.uint8).data)


def encode_integers(
    tensor: PreparedTensor, options: EncoderOptions, lineage: Lineage | None = None
) -> Unit:
    """Code an integer tensor without loss."""
    coding = coding_of(tensor.values.shape, options, dq=False, lineage=lineage)
    coded = cheapest(tensor.values, coding, options, None, lineage)
    header = data_unit_header(tensor, PayloadType.NNR_PT_INT, options, coded, lineage=lineage)
    return coded_unit(header, coded)


def encode_floats(
    tensor: PreparedTensor,
    qp: int,
    base: int,
    options: EncoderOptions,
    lineage: Lineage | None = None,
    chosen: Quantized | None = None,
) -> Unit:
    """Quantize and code a float tensor.

    Args:
        tensor: the tensor, of at least one value.
        qp: its quantization parameter.
        base: that of the parameter set.
        options: the rest.
        lineage: which update it is, if any.
        chosen: the tensor as it is quantized, if that is chosen already.
    """
    if chosen is not None:
        return encoded_best(tensor, [chosen], base, options, lineage)
    step = float(step_size(qp, options.qp_density))
    values = clipped(tensor.values, step, options)
    window = choice.window_of(base, options.qp_density)
    default = choice.asked_for_codebook(values, qp, window, options)
    others: Iterable[Quantized] = ()
    if default is None and lineage is None:
        # Of other ways less error of the weights wouldn't tell that the outputs lose less.
        default = quantized_by_statistics(tensor.name, values, qp, options)
    if default is None:
        default = quantized_default(values, qp, options, lineage)
        others = choice.other_ways(values, default, window, options)
    ways = chain(handed_over([default]), others)
    del default, others
    return encoded_best(tensor, ways, base, options, lineage)


def exact_units(
    tensor: PreparedTensor,
    qp: int,
    base: int,
    options: EncoderOptions,
    lineage: Lineage | None = None,
) -> list[Unit]:
    """Return units that a float tensor is coded by without loss: levels or a codebook, or raw.

    Arguments are as for `encode_floats`.
    """
    raw = encode_raw(tensor.by_rows_of(0), options, lineage)
    ways = list(exact_ways(tensor.values, qp, base, options))
    return [encoded_best(tensor, ways, base, options, lineage), raw] if ways else [raw]


def quantized_default(
    values: NDArray[np.floating], qp: int, options: EncoderOptions, lineage: Lineage | None
) -> Quantized:
    """Quantize a tensor in the way that counts where no other one is cheaper."""
    levels, dq = quantized(values, float(step_size(qp, options.qp_density)), options, lineage)
    return Quantized(levels, qp, dq)


def quantized_by_statistics(
    name: str, values: NDArray[np.floating], qp: int, options: EncoderOptions
) -> Quantized | None:
    """Quantize a weight by what calibration says of it.

    Returns:
        None where it says nothing, or the options ask for another way of coding.
    """
    if options.dq is False or options.bit_depth is not None or scan_order_of(values.shape, options):
        return None
    statistics = options.statistics_of(name)
    if statistics is None:
        return None
    rows, cols = matrix_shape(values.shape)
    if statistics.shape[0] != cols:
        warn(
            f"tensor {name!r} has {cols} columns, its calibration {statistics.shape[0]}: "
            "it is coded without",
            EncodingWarning,
        )
        return None
    coding = coding_of(values.shape, options, dq=True)
    step = float(step_size(qp, options.qp_density))
    matrix = values.reshape(rows, cols)
    levels = quantize_calibrated(matrix, step, statistics, coding, options.effort)
    return None if levels is None else Quantized(levels.reshape(values.shape), qp, True)


def handed_over(ways: list[Quantized]) -> Iterator[Quantized]:
    """Yield ways of coding without keeping them: the levels of a large tensor take much memory."""
    while ways:
        yield ways.pop(0)


def encoded_best(
    tensor: PreparedTensor,
    ways: Iterable[Quantized],
    base: int,
    options: EncoderOptions,
    lineage: Lineage | None,
) -> Unit:
    """Code a tensor in each of some ways, and return the unit of the fewest bytes.

    Of units as large as each other the first is taken.
    """
    best: tuple[Quantized, CodedLevels] | None = None
    for one in ways:
        coded = coded_levels(tensor, one, base, options, lineage)
        if best is None or bits_of(one, coded) < bits_of(*best):
            note_loss(tensor.name, tensor.values, one, options.qp_density)
            best = one.without_levels(), coded
        # The next way is worked out without these levels in memory.
        del one
    assert best is not None
    one, coded = best
    header = data_unit_header(
        tensor, PayloadType.NNR_PT_FLOAT, options, coded, dq=one.dq, book=one.book, lineage=lineage
    )
    return coded_unit(header, coded)


def coded_way(
    tensor: PreparedTensor,
    one: Quantized,
    base: int,
    options: EncoderOptions,
    lineage: Lineage | None = None,
) -> tuple[CodedLevels, int]:
    """Code a tensor in one way, and return the bits that payload and codebook take."""
    coded = coded_levels(tensor, one, base, options, lineage)
    return coded, bits_of(one, coded)


def coded_levels(
    tensor: PreparedTensor,
    one: Quantized,
    base: int,
    options: EncoderOptions,
    lineage: Lineage | None = None,
) -> CodedLevels:
    """Code a tensor in one way."""
    coding = coding_of(tensor.values.shape, options, dq=one.dq, book=one.book, lineage=lineage)
    return cheapest(one.levels, coding, options, one.qp - base, lineage)


def bits_of(one: Quantized, coded: CodedLevels) -> int:
    """Return the bits that payload and codebook take."""
    return 8 * len(coded.payload) + (0 if one.book is None else one.book.header_bits)


def clipped(
    values: NDArray[np.floating], step: float, options: EncoderOptions
) -> NDArray[np.floating]:
    """Return values clipped to the levels of the bit depth, if one is set."""
    limit = level_limit(options.bit_depth)
    if limit is None:
        return values
    bound = values.dtype.type(limit * step)
    result: NDArray[np.floating] = np.clip(values, -bound, bound)
    return result


def quantized(
    values: NDArray[np.floating],
    step: float,
    options: EncoderOptions,
    lineage: Lineage | None = None,
) -> tuple[NDArray[np.int32], bool]:
    """Quantize the values of one tensor, clipped as the bit depth wants.

    Returns:
        The levels, and whether they are those of dependent quantization.
    """
    limit = level_limit(options.bit_depth)
    # With fewer indices the odd states of dependent quantization can't be reached.
    dq = options.dq is not False and (limit is None or limit >= 3)
    return quantized_by_effort(values, step, options, dq=dq, lineage=lineage), dq


def quantized_by_effort(
    values: NDArray[np.floating],
    step: float,
    options: EncoderOptions,
    *,
    dq: bool,
    lineage: Lineage | None = None,
    weight: float | None = None,
) -> NDArray[np.int32]:
    """Quantize the values of one tensor, dependent or not, with as much effort as is asked for.

    The weight of a bit is in squared steps; None: the usual one.
    """
    rows, cols = matrix_shape(values.shape)
    known = Known() if lineage is None or lineage.parent is None else lineage.known
    coding = coding_of(values.shape, options, dq=dq, lineage=lineage)
    base, history = known
    rate_options = RateOptions(
        effort=options.effort,
        row_skip=options.row_skip,
        base_levels=None if base is None else base.reshape(rows, cols),
        history=None if history is None else history.reshape(rows, cols),
        index_limit=level_limit(options.bit_depth),
        weight=weight,
    )
    matrix = values.reshape(rows, cols)
    return quantize_matrix(matrix, step, coding, rate_options).reshape(values.shape)


def cheapest(
    levels: NDArray[np.int32],
    coding: TensorCoding,
    options: EncoderOptions,
    qp_offset: int | None,
    lineage: Lineage | None,
) -> CodedLevels:
    """Code the levels of one tensor in the way that takes the fewest bytes.

    Args:
        levels: int32 array of the tensor's shape.
        coding: how, as far as the headers say.
        options: the rest.
        qp_offset: quantization_parameter of the payload; None for integers.
        lineage: which update it is; its levels and history are tried as contexts.
    """
    coded = [
        encode_levels(levels, coding, options, qp_offset, known)
        for (known,) in choices_of([lineage])
    ]
    return coded[0] if len(coded) == 1 else min(coded, key=lambda one: len(one.payload))


def choices_of(lineages: Sequence[Lineage | None]) -> list[list[Known]]:
    """Return what the levels of the tensors of a unit may be coded with.

    Args:
        lineages: for each tensor which update it is; they are of one node.

    Returns:
        For each choice what it is for each tensor; the first is nothing. One flag of the header
        is for all of them.
    """
    result = [[Known() for _ in lineages]]
    known = [one.known for one in lineages if one is not None and one.parent is not None]
    if len(known) < len(lineages):
        return result
    if all(one.base_levels is not None for one in known):
        result.append([Known(one.base_levels) for one in known])
    if any(one.history is not None for one in known):
        histories = [one.history for one in known]
        result += [
            [own._replace(history=history) for own, history in zip(one, histories, strict=True)]
            for one in result
        ]
    return result


def coding_of(
    shape: tuple[int, ...],
    options: EncoderOptions,
    *,
    dq: bool,
    book: CodedByCodebook | None = None,
    lineage: Lineage | None = None,
) -> TensorCoding:
    """Return what the headers will say about the coding of a tensor."""
    return shared_coding(
        options.profile,
        int(dq),
        scan_order_of(shape, options),
        options.cabac_unary_length_minus1,
        int(lineage is not None and lineage.parent is not None),
        0 if book is None else book.size,
        0 if book is None else book.zero_offset,
    )


def encode_levels(
    levels: NDArray[np.int32],
    coding: TensorCoding,
    options: EncoderOptions,
    qp_offset: int | None,
    known: Known,
) -> CodedLevels:
    """Code the levels of one tensor into a codeword; arguments as for `cheapest`."""
    coder = deepcabac.Encoder()
    if qp_offset is not None:
        coder.quantization_parameter(qp_offset, options.qp_density)
    waits = codewords.may_wait(levels.size) and not coding.scan_order
    entry_points = add_levels(coder, levels, coding, options, known, waits=waits)
    return CodedLevels(coder, entry_points, known, None if waits else coder.finish())


def add_levels(
    coder: deepcabac.Encoder,
    levels: NDArray[np.int32],
    coding: TensorCoding,
    options: EncoderOptions,
    known: Known | None = None,
    *,
    waits: bool = False,
) -> EntryPoints:
    """Add the levels of one tensor to a codeword, and return the entry points of its block rows.

    These hold bits of the codeword, and are complete only when that is. If it `waits`, levels are
    put together with those of other codewords.
    """
    shape = matrix_shape(levels.shape)
    base_levels, history = known or Known()
    row_skip = options.row_skip
    if row_skip and not may_skip_rows(coding, *shape):
        # Skipped rows would leave the trellis in another state than it was quantized for.
        row_skip = False
    helping = helpers()
    return coder.tensor(
        np.ascontiguousarray(levels.reshape(shape)),
        coding,
        executor=None if helping is None else helping.pool,
        parts=1 if helping is None else len(segments_of(0, levels.size, helping.threads)),
        base_levels=None if base_levels is None else base_levels.reshape(shape),
        history=None if history is None else history.reshape(shape),
        search=options.parameter_search,
        row_skip=row_skip,
        **({"waits": True} if waits else {}),
    )


def data_unit_header(
    tensor: PreparedTensor,
    payload_type: PayloadType,
    options: EncoderOptions,
    coded: CodedLevels | None = None,
    *,
    dq: bool = False,
    book: CodedByCodebook | None = None,
    lineage: Lineage | None = None,
) -> NnrCompressedDataUnitHeader:
    """Return the header of a unit with one tensor."""
    elements: dict[str, Any] = {
        "nnr_compressed_data_unit_payload_type": payload_type,
        "nnr_decompressed_data_format_present_flag": int(tensor.data_format is not None),
        "nnr_decompressed_data_format": tensor.data_format,
        "tensor_dimensions_list": dimensions_list(tensor.dimensions),
    }
    if tensor.split is None:
        elements["topology_elem_id"] = tensor.name
    else:
        elements |= split_elements(tensor.split)
    if coded is not None:
        elements |= {
            "cabac_unary_length_flag": 1,
            "cabac_unary_length_minus1": options.cabac_unary_length_minus1,
            "dq_flag": int(dq),
            "first_tensor_dimension_shift": tensor.row_axis or None,
            "scan_order": scan_order_of(tensor.dimensions, options) or None,
        }
        if elements["scan_order"]:
            elements |= entry_point_elements(coded.entry_points, dq)
    if book is not None:
        elements |= {"codebook_present_flag": 1, "integer_codebook": book.table}
    temporal = coded is not None and coded.known.base_levels is not None
    return whole_header(elements, options, lineage, temporal)


def coded_unit(header: NnrCompressedDataUnitHeader, coded: CodedLevels) -> Unit:
    """Put the unit of a codeword together, which may have to wait for that."""
    unit = unit_of(header, coded.finished or b"", [coded.known])
    if coded.finished is None:
        codewords.wait(coded.coder, unit)
    return unit


def unit_of(
    header: NnrCompressedDataUnitHeader, payload: bytes | memoryview, known: Iterable[Known] = ()
) -> Unit:
    """Put a compressed data unit together.

    Args:
        header: its header.
        payload: its payload.
        known: what of other units its tensors are coded with.
    """
    unit_header = whole_unit_header(NnrUnitType.NNR_NDU, nnr_compressed_data_unit_header=header)
    alone = all(part is None for one in known for part in one)
    unit_header.independently_decodable_flag = int(alone)
    return Unit(unit_header, payload)
