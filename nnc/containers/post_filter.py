"""Payloads of the SEI messages of ITU-T H.274 that carry a neural-network post-filter (Annex E).

Where nnpfc_mode_idc is 0, such a payload ends with a bitstream: a base filter, or an update of one.
What stands before it, the head, says which filter this is and how pictures go through it. We don't
have the text of H.274: the head stays as it is, and isn't read. The bitstream begins at the first
byte from which units, the start unit first, fill the payload to its end.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from nnc.bitio import BitstreamError, InputError
from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream
from nnc.bitstream.sizes import size_at
from nnc.syntax import NnrUnitType

#: Bytes that a head may take.
LONGEST_HEAD = 1 << 16

#: The profile of the second edition.
LARGEST_PROFILE = 1

#: Bytes of the least unit: its size and one byte of header.
SMALLEST_UNIT = 3

#: First bytes of the header of a start unit: its type, and two flags.
STARTS = [bytes([NnrUnitType.NNR_STR << 2 | flags]) for flags in range(4)]


class PostFilter(NamedTuple):
    """The payload of a message.

    Attributes:
        head: what stands before the bitstream, whole bytes.
        bitstream: the bitstream.
    """

    head: bytes
    bitstream: bytes

    def to_bytes(self) -> bytes:
        """Return the payload."""
        return self.head + self.bitstream


@checked
def read_post_filter(payload: bytes) -> PostFilter:
    """Take the payload of a post-filter's message apart.

    Args:
        payload: all bytes of the payload and nothing else: of the NAL unit around it, the message's
            type and size are left off, and the emulation prevention bytes.

    Raises:
        InputError: the payload doesn't end with a bitstream.
    """
    for start in range(min(len(payload), LONGEST_HEAD)):
        if is_filled(payload, start) and is_bitstream(payload[start:]):
            return PostFilter(payload[:start], payload[start:])
    raise InputError(
        "no bitstream fills the payload up to its end: it is damaged, nnpfc_mode_idc isn't 0, or "
        "these aren't the bytes of the payload alone, without emulation prevention"
    )


def is_bitstream(data: bytes) -> bool:
    """Tell whether bytes are a bitstream, and not units that only look so by their sizes."""
    try:
        units = Bitstream.parse(data).units
    except BitstreamError:
        return False
    first: Any = units[0]
    if first.payload_bytes or not units[1:] or units[1].nnr_unit_type == NnrUnitType.NNR_STR:
        return False
    profile: int = first.header.nnr_start_unit_header.general_profile_idc
    return profile <= LARGEST_PROFILE


def is_filled(payload: bytes, start: int) -> bool:
    """Tell whether a start unit and other units fill a payload from a byte on."""
    if payload[start] & 0x7F or start + SMALLEST_UNIT > len(payload):
        return False
    _, width = size_at(payload[start : start + 4])
    if payload[start + width : start + width + 1] not in STARTS:
        return False
    while start + SMALLEST_UNIT <= len(payload):
        size, width = size_at(payload[start : start + 4])
        if size <= width:
            return False
        start += size
    return start == len(payload)
