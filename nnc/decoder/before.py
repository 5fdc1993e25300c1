"""What comes before a bitstream in its session, for those who look into its payloads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from nnc.bitio import BitstreamError, InputError, MissingValueError
from nnc.bitstream import Bitstream, OutOfBandKeywords
from nnc.decoder.session import Decoder
from nnc.model.tree_names import NEED_OF_NAMES

#: Elements by which a payload is coded with what bitstreams before hold, and the one by which
#: its values are differences to such.
NEED_OF_LEVELS = ("hist_dep_sig_prob_enabled_flag", "temporal_context_modeling_flag")
NEED_OF_VALUES = "parent_node_id_present_flag"

#: What comes before a bitstream in its session: the bitstreams, in order, or a decoder that has
#: taken them.
Before = Sequence[bytes | bytearray | memoryview | Bitstream] | Decoder


def session_after(
    before: Before,
    **left_out: Unpack[OutOfBandKeywords],
) -> Decoder | None:
    """Return the session in which bitstreams have come, None where there are none.

    Args:
        before: the bitstreams; they may be updates of a model that isn't given.
        **left_out: what is left out of bitstreams, as for `Bitstream.parse`.

    Raises:
        BitstreamError: one of them can't be decoded.
        InputError: it is one bitstream, and no list.
    """
    if isinstance(before, Decoder):
        return before
    if isinstance(before, bytes | bytearray | memoryview | Bitstream):
        raise InputError("before must be a list of bitstreams, even if there is only one")
    if not isinstance(before, list | tuple):
        raise InputError(
            f"the bitstreams before are a list or an nnc.Decoder, not {type(before).__name__}"
        )
    if not before:
        return None
    session = Decoder()
    for data in before:
        session.decode(data, apply=False, **left_out)
    return session


def needs_session(error: BitstreamError) -> bool:
    """Tell whether an error says that bitstreams of the session before are needed."""
    names = (*NEED_OF_LEVELS, NEED_OF_VALUES, NEED_OF_NAMES)
    return isinstance(error, MissingValueError) and error.path.endswith(names)
