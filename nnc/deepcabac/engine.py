"""The compiled coder: the same interface and the same bytes as reference.py."""

from nnc.deepcabac.engine_decoder import Decoder
from nnc.deepcabac.engine_encoder import Encoder
from nnc.deepcabac.engine_reading_small import decode_alike, decode_plain

__all__ = ["Decoder", "Encoder", "decode_alike", "decode_plain"]
