"""Why parts of a bitstream can't be looked into."""

from __future__ import annotations

from nnc.bitio import BitstreamError
from nnc.decoder.before import needs_session

#: What payloads need that are coded with what bitstreams before hold.
SESSION_NEEDED = "the bitstreams of the session before this one have to be given"


class Reason(str):
    """A reason in words.

    Attributes:
        error: the error that it tells of, None for another reason.
    """

    error: BitstreamError | None

    def __new__(cls, words: str, error: BitstreamError | None = None) -> Reason:
        """Put an error beside the words."""
        made = super().__new__(cls, words)
        made.error = error
        return made


def undecoded_reason(error: BitstreamError) -> Reason:
    """Return what is told of a unit that can't be decoded."""
    words = error.message + (f": {SESSION_NEEDED}" if needs_session(error) else "")
    return Reason(words, error)
