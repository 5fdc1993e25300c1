"""What a trial on the way to a target decodes to, and how far that is off."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from numpy.typing import NDArray

from nnc.bitstream import Bitstream
from nnc.decoder import Limits, Resources, decode_model
from nnc.encoder.inputs.preparation import parts_of
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization.distortion import Distortion, compared
from nnc.encoder.search.coarseness import is_integer, magnitudes
from nnc.model.limits import LARGEST_SHAPE

# What was encoded here is trusted, however small it is.
TRUSTED = Resources(limits=Limits(values=LARGEST_SHAPE))


def decoded_tensors(
    data: bytes, tensors: Mapping[str, NDArray[Any]], options: EncoderOptions
) -> dict[str, NDArray[Any]]:
    """Decode what was encoded, under the names and in the order of the tensors."""
    bitstream = Bitstream.parse(
        data,
        dimensions={name: tensor.shape for name, tensor in tensors.items()},
        cabac_unary_length_minus1=options.cabac_unary_length_minus1,
    )
    values = decode_model(bitstream, TRUSTED).values(reconstruct=False)
    return {name: values[name] for name in tensors}


class Errors(NamedTuple):
    """How far decoded tensors of floats are from what they were.

    Attributes:
        mean: mean squared error of all values.
        largest: largest error.
        of_peaks: squared errors of each tensor over its squared peak, the mean over all values.
        lost: squared errors over the signal, likewise; 1 for zeros.
    """

    mean: float
    largest: float
    of_peaks: float
    lost: float

    @classmethod
    def of(cls, tensors: Mapping[str, NDArray[Any]], decoded: Mapping[str, NDArray[Any]]) -> Errors:
        """Compare the tensors of floats; those of zeros have no signal that could be lost."""
        total, of_peaks, lost, values = Distortion(), 0.0, 0.0, 0
        for name, tensor in tensors.items():
            if is_integer(tensor) or not tensor.size:
                continue
            error = compared(tensor, decoded[name])
            total += error
            flat = parts_of(tensor) if tensor.dtype.kind == "c" else tensor
            _, square, peak = magnitudes(flat)
            # What is that large is stored as it is.
            if peak and math.isfinite(square):
                values += flat.size
                of_peaks += error.squared / peak**2
                lost += error.squared / square
        return cls(total.mean, total.largest, of_peaks / max(values, 1), lost / max(values, 1))
