"""What the syntax says about how one tensor is coded, and where block rows can be entered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from nnc.bitio.errors import InvalidError
from nnc.syntax import nnr_compressed_data_unit_header, nnr_start_unit_header

#: The values that elements may have.
VALID = {
    name: range(low, high + 1)
    for table in (nnr_start_unit_header, nnr_compressed_data_unit_header)
    for name in ("general_profile_idc", "scan_order", "cabac_unary_length_minus1")
    if name in table.elements
    for low, high in (table.elements[name].valid,)
}

UNLIMITED = 1 << 40
"""A magnitude that no level reaches: 31 prefix bins and 31 remainder bits stay below 2^33."""


def block_side(scan_order: int) -> int:
    """Return the side of the square blocks of a scan order from 1 on (clause 10.2)."""
    return 4 << scan_order


@dataclass(frozen=True, slots=True)
class TensorCoding:
    """The syntax elements, out of several headers, that the coding of one tensor depends on.

    Attributes:
        general_profile_idc: profile of the bitstream, 0 or 1.
        dq_flag: 1: dependent quantization, with its 8-state machine.
        scan_order: 0 row by row; 1 to 4: square blocks of 8, 16, 32, 64.
        cabac_unary_length_minus1: number of greater-than flags, less one.
        codebook_size: entries of the codebook that applies to this tensor, 0 for none.
            Profile 0 codes levels the same with and without a codebook.
        codebook_zero_offset: number of the entry that level 0 stands for.
        parent_node_id_present_flag: 1: the tensor is a difference to a parent node, and the
            use of history-dependent probabilities is signalled.
        nncodec1: the dialect of the first generation of NNCodec.
    """

    general_profile_idc: int = 1
    dq_flag: int = 0
    scan_order: int = 0
    cabac_unary_length_minus1: int = 10
    codebook_size: int = 0
    codebook_zero_offset: int = 0
    parent_node_id_present_flag: int = 0
    nncodec1: bool = False

    @property
    def greater_flags(self) -> int:
        """Number of greater-than flags of a level, G in clause 10."""
        return self.cabac_unary_length_minus1 + 1

    @property
    def limited(self) -> bool:
        """Whether a codebook limits the magnitudes, and with them what is coded."""
        return self.general_profile_idc == 1 and self.codebook_size > 0

    @property
    def nothing_coded(self) -> bool:
        """Whether all levels are 0 without a bin, since the codebook has one entry only."""
        return self.limited and self.codebook_size == 1

    @property
    def negative_limit(self) -> int:
        """Largest magnitude of a negative level."""
        return self.codebook_zero_offset if self.limited else UNLIMITED

    @property
    def positive_limit(self) -> int:
        """Largest positive level."""
        if not self.limited:
            return UNLIMITED
        return self.codebook_size - 1 - self.codebook_zero_offset

    @property
    def implied_sign(self) -> int:
        """Sign that all levels but 0 have, so that it isn't coded: +1, -1, or 0 if it is."""
        if not self.limited:
            return 0
        if self.codebook_zero_offset == 0:
            return 1
        return -1 if self.positive_limit == 0 else 0

    def has_tools(self, rows: int, cols: int) -> bool:
        """Whether the flags of row skipping and history are coded for a tensor of this size."""
        profile_1 = self.general_profile_idc == 1
        return profile_1 and cols > 1 and rows > 1 and not self.nothing_coded

    def block_size(self, rows: int, cols: int) -> int:
        """Side of the square blocks in which the tensor is scanned, 0 for row by row."""
        if self.scan_order == 0 or rows <= 1 or cols <= 1:
            return 0
        return block_side(self.scan_order)

    def block_rows(self, rows: int, cols: int) -> int:
        """Number of block rows; 1 if the tensor is scanned row by row."""
        size = self.block_size(rows, cols)
        return -(-rows // size) if size else 1

    def restarts_block_rows(self, rows: int, cols: int) -> bool:
        """Whether each block row begins with range 256, start states and no neighbour."""
        if self.block_size(rows, cols) == 0:
            return False
        return self.nncodec1 or self.block_rows(rows, cols) > 1

    def problem(self) -> str:
        """Say which member is out of its range; "" if all are good.

        The coders ask this before they use a coding, since the members may come unchecked
        out of a bitstream.
        """
        for name, valid in VALID.items():
            value = getattr(self, name)
            if value not in valid:
                return f"{name} is {value}, not {valid[0]} to {valid[-1]}"
        if self.limited and self.codebook_zero_offset not in range(self.codebook_size):
            return (
                f"the codebook's zero offset {self.codebook_zero_offset} is not one of its "
                f"{self.codebook_size} entries"
            )
        if self.nncodec1 and self.general_profile_idc != 0:
            return "the dialect of NNCodec 1 has profile 0 only"
        return ""


@lru_cache(maxsize=256)
def shared_coding(
    profile: int,
    dq_flag: int,
    scan_order: int,
    cabac_unary_length_minus1: int,
    parent: int,
    codebook_size: int = 0,
    codebook_zero_offset: int = 0,
) -> TensorCoding:
    """Return how a tensor is coded: most tensors of a model are coded alike."""
    return TensorCoding(
        general_profile_idc=profile,
        dq_flag=dq_flag,
        scan_order=scan_order,
        cabac_unary_length_minus1=cabac_unary_length_minus1,
        codebook_size=codebook_size,
        codebook_zero_offset=codebook_zero_offset,
        parent_node_id_present_flag=parent,
    )


class EntryPoints(NamedTuple):
    """Where a decoder can start within a tensor: entry j is for block row j + 1.

    Attributes:
        cabac_offset_list: offset register of the arithmetic decoder there, 0 to 255.
        dq_state_list: state of dependent quantization there; all 0 without dq_flag.
        bit_offset_list: number of bits that block row j uses.
    """

    cabac_offset_list: Sequence[int] = ()
    dq_state_list: Sequence[int] = ()
    bit_offset_list: Sequence[int] = ()


class Task(NamedTuple):
    """A tensor that is the only one of its payload, and depends on no other.

    Attributes:
        payload: the codeword.
        qp_density: precision of the quantization parameter; None if there is none.
        rows: rows of the matrix that is coded.
        cols: its columns.
        coding: how it is coded.
        entry_points: those of the header; None without any.
    """

    payload: bytes | memoryview
    qp_density: int | None
    rows: int
    cols: int
    coding: TensorCoding
    entry_points: EntryPoints | None = None


def are_usable(points: EntryPoints | None, block_rows: int, dq_flag: int, bits: int) -> bool:
    """Tell whether a header has entry points of all block rows but the first that may be right.

    Args:
        points: those of the header.
        block_rows: number of block rows.
        dq_flag: whether dq_state_list is in the header.
        bits: size of the payload; a number may be larger than any integer of a machine.
    """
    if points is None:
        return False
    lists = [(points.cabac_offset_list, 255), (points.bit_offset_list, bits)]
    if dq_flag:
        lists.append((points.dq_state_list, 7))
    return all(
        len(values) == block_rows - 1 and all(0 <= value <= most for value in values)
        for values, most in lists
    )


def check_entry_points(given: EntryPoints, found: EntryPoints, dq_flag: int) -> None:
    """Compare the header's entry points with those that decoding in order has come to.

    Args:
        given: the lists of the header; dq_state_list may be empty without dq_flag.
        found: the same as decoded.
        dq_flag: whether dq_state_list is in the header, and is compared.

    Raises:
        InvalidError: the first list and index that disagree, or a list of the wrong length.
    """
    for name in EntryPoints._fields:
        if name == "dq_state_list" and not dq_flag:
            continue
        expected, actual = getattr(given, name), getattr(found, name)
        if len(expected) != len(actual):
            raise InvalidError(
                f"{name} has {len(expected)} entries for {len(actual) + 1} block rows",
                path=name,
                value=len(expected),
                allowed=str(len(actual)),
            )
        for index, (header, decoded) in enumerate(zip(expected, actual, strict=True)):
            if int(header) != int(decoded):
                raise InvalidError(
                    f"{name}[{index}] is {int(header)}, but decoding in order gives {int(decoded)}",
                    path=f"{name}[{index}]",
                    value=int(header),
                    allowed=str(int(decoded)),
                )
