"""Rate against distortion."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.api import decode, encode
from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.model.given import as_arrays
from nnc.plotting.figure import check_text, new_figure, save_figure


class RatePoint(NamedTuple):
    """What one quantization parameter gives.

    Attributes:
        qp: the quantization parameter of tensors with more than one dimension.
        bytes: size of the bitstream.
        bits_per_value: 8 * bytes / number of values of the model.
        mse: mean squared error of the values of float tensors with more than one dimension.
    """

    qp: int
    bytes: int
    bits_per_value: float
    mse: float


@checked
def measure_rates(
    tensors: Mapping[str, NDArray[Any]], qps: Sequence[int], **options: Any
) -> Iterator[RatePoint]:
    """Encode and decode a model at several quantization parameters.

    Args:
        tensors: arrays by name.
        qps: the quantization parameters.
        **options: options of `nnc.encode` other than qp.

    Yields:
        A point for each.

    Raises:
        InputError: no float tensor has more than one dimension, or `nnc.encode` refuses.
    """
    tensors = as_arrays(tensors)
    weights = [
        name for name, values in tensors.items() if values.ndim > 1 and values.dtype.kind == "f"
    ]
    values = sum(tensors[name].size for name in weights)
    if not values:
        raise InputError("no float tensor of this model has more than one dimension")
    everything = sum(array.size for array in tensors.values())
    for qp in qps:
        data = encode(tensors, qp=qp, **options)
        decoded = decode(data)
        squared = sum(
            float(np.square(tensors[name].astype(np.float64) - decoded[name]).sum())
            for name in weights
        )
        yield RatePoint(qp, len(data), 8 * len(data) / everything, squared / values)


@checked
def plot_rates(points: Sequence[RatePoint], path: str | os.PathLike[str], title: str = "") -> None:
    """Draw the error over the bits per value.

    Args:
        points: what was measured.
        path: the picture: .png, .svg or .pdf.
        title: stands above it.

    Raises:
        InputError: another suffix, or matplotlib isn't installed.
        OSError: the picture can't be written.
    """
    check_text(title)
    figure = new_figure(7, 4.5)
    axes = figure.add_subplot()
    lossy = [point for point in points if point.mse > 0]
    axes.plot([p.bits_per_value for p in lossy], [10 * math.log10(p.mse) for p in lossy], "o-")
    for point in lossy:
        place = (point.bits_per_value, 10 * math.log10(point.mse))
        axes.annotate(
            f"qp {point.qp}", place, xytext=(6, 4), textcoords="offset points", fontsize=8
        )
    axes.set_xlabel("bits per value")
    axes.set_ylabel("mean squared error in dB")
    axes.set_title(title.replace("$", r"\$"))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    save_figure(figure, path)
