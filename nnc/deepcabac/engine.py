"""The compiled coder: the same interface and the same bytes as reference.py."""

from typing import TYPE_CHECKING, Any

from nnc.deepcabac.engine_decoder import Decoder
from nnc.deepcabac.engine_reading_small import decode_alike, decode_plain

if TYPE_CHECKING:
    from nnc.deepcabac.engine_encoder import Encoder

__all__ = ["Decoder", "Encoder", "decode_alike", "decode_plain"]


def __getattr__(name: str) -> Any:
    """Load the encoder when it is first asked for: what only reads is quicker without."""
    if name == "Encoder":
        from nnc.deepcabac.engine_encoder import Encoder

        globals()[name] = Encoder
        return Encoder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
