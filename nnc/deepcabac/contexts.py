"""Numbers of the contexts in one flat list, and which of them get a parameter set signalled."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from nnc.deepcabac.coding import TensorCoding

SHIFT = 0
"""The context of shift_idx_minus_1_present_flag."""
ROW_SKIP = 1
"""The context of row_skip_list."""
SIG = 2
"""24 of sig_flag: 3 neighbours for each of 8 states."""
TEMPORAL_SIG = 26
"""16 of sig_flag where the base level isn't 0: 2 for each state."""
HISTORY_SIG = 42
"""8 of sig_flag where the history says non-zero: 1 for each state."""
SIGN = 50
"""3 of sign_flag, by the neighbour."""
TEMPORAL_SIGN = 53
"""2 of sign_flag where the base level isn't 0."""
PREFIX = 55
"""31 of abs_level_greater_x2, and one that the dialect of NNCodec 1 signals but never uses."""
GREATER = 87
"""2 G of abs_level_greater_x; after them 2 G where the base level isn't 0."""

BYPASS = -1
"""Stands for the context in a record of a bypass bin."""
TERMINATE = -2
"""Stands for the context in a record of the terminating bin."""


def context_count(coding: TensorCoding) -> int:
    """Return the length of the list."""
    return GREATER + 4 * coding.greater_flags


@lru_cache(maxsize=256)
def signalled_contexts(coding: TensorCoding, *, temporal: bool, history: bool) -> tuple[int, ...]:
    """Return the contexts in the order in which shift_parameter_ids() signals their sets.

    Args:
        coding: how the tensor is coded.
        temporal: whether there are base levels, so that temporal contexts are in use.
        history: hist_dep_sig_prob_enabled_flag.
    """
    return tuple(contexts_in_order(coding, temporal, history))


def contexts_in_order(coding: TensorCoding, temporal: bool, history: bool) -> Iterator[int]:
    """Yield what `signalled_contexts` returns."""
    if coding.nothing_coded:
        return
    states = 8 if coding.dq_flag else 1
    flags = coding.greater_flags
    max_abs = max(coding.negative_limit, coding.positive_limit)
    yield from range(SIG, SIG + 3 * states)
    if temporal:
        yield from range(TEMPORAL_SIG, TEMPORAL_SIG + 2 * states)
    if history:
        yield from range(HISTORY_SIG, HISTORY_SIG + states)
    if coding.implied_sign == 0:
        yield from range(SIGN, SIGN + (5 if temporal else 3))
    yield from range(GREATER, GREATER + min(2 * flags, 2 * max_abs))
    if temporal:
        start = GREATER + 2 * flags
        yield from range(start, start + min(2 * flags, 2 * (max_abs - 1)))
    for number in range(32 if coding.nncodec1 else 31):
        # G - 1 + (1 + 2 + ... + 2^number): what prefix bin `number` must leave below the limit.
        if flags - 1 + (1 << (number + 1)) - 1 < max_abs:
            yield PREFIX + number
