"""Decoding the tensors of many units at once, where the processor can."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nnc import deepcabac
from nnc.bitstream import Unit
from nnc.decoder.layout import CodedTensor, UnitLayout
from nnc.decoder.workers import Workers
from nnc.deepcabac import TensorCoding
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType

#: Quantization parameter, None without, and levels of a tensor that was decoded with others.
Ahead = tuple[int | None, NDArray[np.int32]]


def coding_of(tensor: CodedTensor, layout: UnitLayout, nncodec1: bool) -> TensorCoding:
    """Return how a tensor is coded."""
    book = tensor.codebook
    if not nncodec1 and book is None:
        return layout.coding
    return replace(
        layout.coding,
        nncodec1=nncodec1,
        codebook_size=0 if book is None else len(book.values),
        codebook_zero_offset=0 if book is None else book.zero_offset,
    )


def decode_ahead(
    units: list[Unit], layouts: list[UnitLayout], nncodec1: bool, work: Workers
) -> list[Ahead | None]:
    """Decode the tensors of units together, as far as that is possible and brings something.

    Returns:
        For each unit its quantization parameter and levels, or None: what is wrong in a payload
        is found where the unit is decoded alone.
    """
    result: list[Ahead | None] = [None] * len(units)
    together = deepcabac.lanes()
    if together is None or (work.executor is not None and work.pool is None):
        return result
    tasks, numbers = [], []
    for number, (unit, layout) in enumerate(zip(units, layouts, strict=True)):
        raw = layout.payload_type == PayloadType.NNR_PT_RAW_FLOAT
        if raw or layout.temporal or len(layout.tensors) != 1:
            continue
        tensor = layout.tensors[0]
        coding = coding_of(tensor, layout, nncodec1)
        if together.fits(tensor.rows, tensor.cols, coding):
            density = None if layout.payload_type == PayloadType.NNR_PT_INT else layout.qp_density
            tasks.append((unit.payload_bytes, density, tensor.rows, tensor.cols, coding))
            numbers.append(number)
    decoded = together.decode_together(tasks, work.pool, work.threads)
    for number, one in zip(numbers, decoded, strict=True):
        result[number] = one
    return result
