"""A warning of bitstreams so short that decoders don't trust them by default."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from nnc.bitio.caution import EncodingWarning, warn
from nnc.encoder.units.block import Block
from nnc.model.limits import Limits


def values_of_products(blocks: Sequence[Block] | Literal["auto"]) -> int:
    """Count the values of decomposed weights, which a decoder puts together out of others."""
    given = () if isinstance(blocks, str) else blocks
    return sum(math.prod(block.dimensions) for block in given if block.g is not None)


def warn_of_limits(values: int, size: int, held: int = 0) -> None:
    """Warn where a bitstream holds more values than `nnc.decode` takes from so few bytes.

    Args:
        values: number of values of all tensors, and of `values_of_products`.
        size: bytes of the bitstream.
        held: number of values that the receivers have already.

    Warns:
        EncodingWarning: says which limit the decoder needs.
    """
    if values > Limits(held_values=held).values_for(size):
        warn(
            f"{size} bytes for {values} values: nearly all levels are 0, and decoders refuse so "
            f"many values in so few bytes unless told to accept them "
            f"(limits=nnc.Limits(values={values}), or --max-values {values})",
            EncodingWarning,
        )
