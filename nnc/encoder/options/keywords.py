"""Options of single tensors as a type.

Made by docs/make_options.py from the tables of options; do not edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

from nnc.encoder.options.coding import CodebookChoice


class TensorKeywords(TypedDict, total=False):
    """Options of single tensors, for `tensors`; see `nnc.TensorOptions`."""

    qp: int | None
    """Quantization parameter.  [-4096 to 4095]"""

    bit_depth: int | None
    """Bits of the levels, in place of `qp` and `nonweight_qp`.  [2 to 31]"""

    dq: bool | None
    """Dependent quantization by an 8-state trellis, which makes files smaller; else rounding.
    [default: yes; from effort 2 on, where a unit gets smaller at no larger error]"""

    codebook: CodebookChoice | None
    """Code float tensors by codebooks: true for tensors of at most 256 distinct levels, exact
    without loss, a number of entries, or auto.  [1 to 65536; default: auto, but below effort 2
    only tried where few values are distinct]"""

    keep: bool | None
    """Store the tensor as it is."""

    scan_order: int | Literal["auto"] | None
    """0 codes row by row, 1 to 4 in blocks of 8, 16, 32 or 64; auto takes blocks for large
    tensors.  [0 to 4; default: blocks of 64 for large tensors where they take little, else
    0]"""

    row_skip: bool | None
    """Signal rows of zeros, where the syntax can (profile 1 only).  [default: where it makes a
    unit smaller]"""

    cabac_unary_length_minus1: int | None
    """Number of greater-than flags of a level, less one.  [0 to 255]"""

    effort: int | None
    """How hard to look for a small file: 0 is fastest, 3 smallest.  [0 to 3]"""

    data_format: (
        Literal[
            "int2",
            "int3",
            "int4",
            "int8",
            "int16",
            "int32",
            "int64",
            "float16",
            "float32",
            "float64",
        ]
        | None
    )
    """Format in which the tensor is delivered (clause 7.2).  [default: that of its dtype]"""

    row_axis: int | None
    """The dimension that is coded as the rows of a matrix (profile 1 only).  [0 to 31]"""

    fold_batch_norms: bool | None
    """Fold batch norms into local scaling and bias of the layers before them."""

    sparsify: float | None
    """Set small weights to zero: the share of all weights that is zero then."""

    sparsify_rows: float | None
    """Set rows to zero whose mean magnitude is below this share of their tensor's."""

    low_rank: float | str | None
    """Replace weights by two factors where these take fewer bytes: energy=0.98 (or just the
    number), mse=1e-6 or rank=8."""

    unify: float | None
    """Unify the magnitudes of weights in blocks of 2 x 2: the share of all blocks, those that
    change least."""

    exclude: Sequence[str]
    """Patterns of names that this doesn't hold for."""
