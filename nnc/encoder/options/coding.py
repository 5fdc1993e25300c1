"""How quantized values are chosen and coded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nnc.model.options import option
from nnc.syntax import nnr_compressed_data_unit_header

#: How a tensor may be coded by a codebook.
CodebookChoice = bool | int | Literal["exact", "auto"]

LARGEST_CODEBOOK_SIZE = 1 << 16

HEADER = nnr_compressed_data_unit_header.elements


@dataclass(frozen=True, kw_only=True)
class Coding:
    """How levels are chosen and coded."""

    effort: int = option(
        1,
        "How hard to look for a small file: 0 is fastest, 3 smallest.",
        "At 0 each value goes where its error is the smallest (without dq within half a step). "
        "From 1 on bits count as well as errors: files get smaller at the same error, but errors "
        "larger at the same qp (at most 4 steps, without dq 2), so that a somewhat finer qp goes "
        "with it. Of updates, from 2 on, other step sizes and both quantizations are tried, and "
        "what has the least error plus weighted bits is taken: errors are at most 6 steps.",
        range=(0, 3),
    )
    dq: bool | None = option(
        None,
        "Dependent quantization by an 8-state trellis, which makes files smaller; else rounding.",
        told="yes; from effort 2 on, where a unit gets smaller at no larger error",
    )
    codebook: CodebookChoice | None = option(
        None,
        "Code float tensors by codebooks: true for tensors of at most 256 distinct levels, exact "
        "without loss, a number of entries, or auto.",
        "True: of the distinct levels. `exact`: of the distinct values, where they are few and the "
        "format can hold them. A number: of so many entries at most, by k-means. `auto`: the one "
        "that makes the unit smaller without a larger error, if any.",
        told="auto, but below effort 2 only tried where few values are distinct",
        range=(1, LARGEST_CODEBOOK_SIZE),
    )
    scan_order: int | Literal["auto"] | None = option(
        None,
        "0 codes row by row, 1 to 4 in blocks of 8, 16, 32 or 64; auto takes blocks for large "
        "tensors.",
        "Blocks come with entry points, so that several threads, and the lanes of vector "
        "registers, can decode one tensor. By default a tensor of a million values "
        "that is wide, or much of its model, has blocks, where a sample of it says that they take "
        "less than about 0.1 % of the file; at effort 1 the longest tensors of a small model have, "
        "too. So it is below effort 2, and unless other options ask for what blocks don't go with.",
        range=HEADER["scan_order"].valid,
        told="blocks of 64 for large tensors where they take little, else 0",
    )
    row_skip: bool | None = option(
        None,
        "Signal rows of zeros, where the syntax can (profile 1 only).",
        told="where it makes a unit smaller",
    )
    parameter_search: bool = option(True, "Choose the initial state and speed of each context.")
    cabac_unary_length_minus1: int = option(
        10,
        "Number of greater-than flags of a level, less one.",
        range=HEADER["cabac_unary_length_minus1"].valid,
    )
