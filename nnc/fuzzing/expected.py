"""What a decoder has to come to: levels and values of a bitstream, and their digests."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import NncError
from nnc.bitio.caution import DecodingWarning
from nnc.bitstream import Bitstream
from nnc.decoder import Decoder, Limits
from nnc.decoder.model import decode_model
from nnc.decoder.workers import Resources
from nnc.fuzzing.streams import Drawn

#: Values that are decoded of one file, at most: mutated ones may claim to hold any number.
LIMITS = Limits(values=1 << 20)

Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a bitstream decodes to.

    Attributes:
        levels: levels of the entropy-coded tensors, int32, by name.
        values: values of all tensors as they are coded one by one; of an update the differences.
        model: those of the model: decomposed weights multiplied, scaling and batch norms applied,
            differences added.
    """

    levels: Tensors = field(default_factory=dict)
    values: Tensors = field(default_factory=dict)
    model: Tensors = field(default_factory=dict)

    def digests(self) -> dict[str, dict[str, str]]:
        """Return the digests of all tensors, by what they are and by name."""
        return {
            "levels": digests_of(self.levels),
            "values": digests_of(self.values),
            "model": digests_of(self.model),
        }


def digests_of(tensors: Tensors) -> dict[str, str]:
    """Return the digest of each tensor, by name."""
    return {name: digest_of(values) for name, values in tensors.items()}


def digest_of(values: NDArray[Any]) -> str:
    """Return the digest of a tensor.

    It is the SHA-256, in hexadecimal digits, of a line of ASCII with the name of the dtype and the
    dimensions, as in `float32 3 4` and a line feed, and of the values, little-endian, the last axis
    fastest.
    """
    array = np.asarray(values)
    head = " ".join([array.dtype.name, *map(str, array.shape)])
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(f"{head}\n".encode("ascii") + little.tobytes()).hexdigest()


def parsed(drawn: Drawn) -> Bitstream:
    """Parse a drawn bitstream, with what it leaves out."""
    return Bitstream.parse(drawn.data, **drawn.out_of_band)


def expected_of(drawn: Drawn) -> Expected:
    """Decode a bitstream, after the one that it is an update of.

    Raises:
        NncError: it can't be decoded.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DecodingWarning)
        whole = decoder_after(drawn.base)
        levels, values = coded_tensors(drawn)
        model = whole.decode(parsed(drawn), apply=drawn.base is not None)
    return Expected(levels, values, model)


def is_decodable(drawn: Drawn) -> bool:
    """Whether the tensors of a bitstream can be decoded, with what is broken left unread."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DecodingWarning)
        try:
            coded_tensors(drawn)
        except NncError:
            return False
    return True


def coded_tensors(drawn: Drawn) -> tuple[Tensors, Tensors]:
    """Return the levels and the values of a bitstream's tensors as they are coded.

    Raises:
        NncError: it can't be decoded.
    """
    known = None if drawn.base is None else decoder_after(drawn.base).known
    resources = Resources(threads=1, limits=LIMITS)
    decoded = decode_model(parsed(drawn), resources, known=known)
    # Values take the place of the levels.
    levels = {name: array.copy() for name, array in decoded.levels().items()}
    return levels, decoded.values(reconstruct=False)


def decoder_after(base: Drawn | None) -> Decoder:
    """Return a decoder that has decoded a base model, if there is one.

    Raises:
        NncError: the base can't be decoded.
    """
    decoder = Decoder(threads=1, limits=LIMITS)
    if base is not None:
        decoder.decode(parsed(base))
    return decoder
