"""DeepCABAC in plain Python, as clause 10 reads: what the compiled engine is compared with."""

from nnc.deepcabac.reference_decoder import Decoder
from nnc.deepcabac.reference_encoder import Encoder

__all__ = ["Decoder", "Encoder"]
