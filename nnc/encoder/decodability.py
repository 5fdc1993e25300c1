"""A warning of bitstreams so short that decoders don't trust them by default."""

from __future__ import annotations

import warnings

from nnc.decoder.limits import Limits
from nnc.encoder.quantization_plan import EncodingWarning


def warn_of_limits(values: int, size: int, held: int = 0) -> None:
    """Warn where a bitstream holds more values than `nnc.decode` takes from so few bytes.

    Args:
        values: number of values of all tensors.
        size: bytes of the bitstream.
        held: number of values that the receivers have already.

    Warns:
        EncodingWarning: says which limit the decoder needs.
    """
    if values > Limits(held_values=held).values_for(size):
        warnings.warn(
            f"{size} bytes for {values} values: nearly all levels are 0, and decoders refuse so "
            f"many values in so few bytes unless they are told to take them "
            f"(limits=nnc.Limits(values={values}), or --max-values {values})",
            EncodingWarning,
            stacklevel=3,
        )
