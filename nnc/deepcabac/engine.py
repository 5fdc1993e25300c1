"""The compiled coder: the same interface and the same bytes as reference.py."""

from nnc.deepcabac.engine_decoder import Decoder, decode_alike, decode_plain
from nnc.deepcabac.engine_encoder import Encoder

__all__ = ["Decoder", "Encoder", "decode_alike", "decode_plain"]
