"""The constants of clause 10: ranges, estimation of the probabilities, state machine."""

from __future__ import annotations

from typing import NamedTuple


class ParameterSet(NamedTuple):
    """How fast a context adapts, and where it starts.

    Attributes:
        shift0: adaptation shift of the fast counter, without the constant 4.
        shift1: adaptation shift of the slow counter.
        q_start: sum of both counters, 16 fast + slow, at the start.
        s0_start: fast counter at the start.
    """

    shift0: int
    shift1: int
    q_start: int
    s0_start: int


PARAMETER_SETS = (
    ParameterSet(1, 4, 0, 0),
    ParameterSet(1, 4, -1310, -41),
    ParameterSet(1, 4, 3039, 95),
    ParameterSet(0, 5, 0, 0),
    ParameterSet(2, 6, 962, 30),
    ParameterSet(2, 6, 3039, 95),
    ParameterSet(2, 6, -673, -21),
    ParameterSet(3, 5, 0, 0),
    ParameterSet(3, 5, 962, 30),
)
"""Set 0 is what a context has unless another is signalled."""

# fmt: off
LPS_RANGE = (
    128, 112, 97, 84, 74, 65, 57, 50, 45, 39, 34, 30, 27, 23, 20, 18, 15, 14, 12, 11, 10, 9, 7,
    7, 5, 5, 4, 4, 3, 3, 2, 2,
    142, 125, 108, 93, 82, 72, 63, 56, 50, 43, 38, 33, 30, 26, 22, 20, 17, 16, 13, 12, 11, 10,
    8, 8, 6, 6, 5, 5, 3, 3, 2, 2,
    156, 137, 119, 103, 90, 79, 70, 61, 55, 48, 42, 37, 33, 28, 24, 22, 19, 17, 15, 13, 12, 11,
    9, 9, 6, 6, 5, 5, 4, 4, 2, 2,
    171, 150, 130, 112, 99, 87, 76, 67, 60, 52, 46, 40, 36, 31, 27, 24, 21, 19, 16, 15, 13, 12,
    10, 10, 7, 7, 6, 6, 4, 4, 3, 3,
    185, 162, 141, 121, 107, 94, 82, 73, 65, 56, 50, 43, 39, 34, 29, 26, 22, 21, 17, 16, 14, 13,
    11, 11, 8, 8, 6, 6, 4, 4, 3, 3,
    199, 175, 152, 131, 115, 101, 89, 78, 70, 61, 54, 47, 42, 36, 31, 28, 24, 22, 19, 17, 15,
    14, 12, 12, 8, 8, 7, 7, 5, 5, 3, 3,
    213, 187, 163, 140, 123, 108, 95, 84, 75, 65, 58, 50, 45, 39, 33, 30, 26, 24, 20, 18, 16,
    15, 13, 13, 9, 9, 7, 7, 5, 5, 3, 3,
    228, 200, 174, 150, 132, 116, 102, 90, 80, 70, 62, 54, 48, 42, 36, 32, 28, 26, 22, 20, 18,
    16, 14, 14, 10, 10, 8, 8, 6, 6, 4, 4,
)
# fmt: on
"""Range of the less probable bin at [(range & 0xE0) + certainty], certainty 0 to 31."""

# fmt: off
STATE_CURVE = (
    2512, 2288, 2064, 1840, 1616, 1392, 1168, 944, 720, 560, 464, 368, 272, 208, 144, 80, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 0,
)
# fmt: on
"""How far a counter moves, by how far it already leans to the bin that came (-16 to 15)."""

STATE_TRANSITIONS = (
    (0, 2),
    (7, 5),
    (1, 3),
    (6, 4),
    (2, 0),
    (5, 7),
    (3, 1),
    (4, 6),
)
"""Next state of dependent quantization by state and parity of the coded level."""

COST_FRACTION_BITS = 12
"""Bin costs are integers, in units of 2^-12 bits, so that a choice is the same everywhere."""

BIN_COSTS = (
    (3693, 4532),
    (3096, 5304),
    (2583, 6139),
    (2151, 7017),
    (1848, 7772),
    (1590, 8538),
    (1371, 9307),
    (1191, 10052),
    (1054, 10708),
    (903, 11548),
    (791, 12277),
    (682, 13097),
    (610, 13727),
    (522, 14603),
    (445, 15510),
    (399, 16123),
    (341, 17027),
    (315, 17491),
    (264, 18500),
    (240, 19052),
    (214, 19708),
    (196, 20219),
    (163, 21295),
    (163, 21295),
    (114, 23374),
    (114, 23374),
    (93, 24583),
    (93, 24583),
    (66, 26648),
    (66, 26648),
    (42, 29239),
    (42, 29239),
)
"""Cost of the more and of the less probable bin by certainty.

It is -Log2(the bin's part of the range), averaged over the ranges 256 to 510, rounded.
"""
