"""ONNX models: bitstreams straight into memory or ONNX Runtime (Annex B), and calibration.

Needs `pip install 'nnc[onnx]'`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream
from nnc.decoder import Limits, Resources, decode_model, read_topology
from nnc.formats.extras import load as load_library
from nnc.formats.onnx import model_with
from nnc.formats.onnx_inputs import layer_inputs
from nnc.model.calibration import Calibration, statistics_of

__all__ = ["calibrate", "load_file", "session"]

#: Columns beyond which only their own squares are added up: a square matrix would take 256 MB.
MOST_COLUMNS = 8192


@checked
def load_file(
    filename: str | os.PathLike[str], *, threads: int | None = None, limits: Limits | None = None
) -> Any:
    """Decode a bitstream that carries an ONNX graph.

    Args:
        filename: a bitstream that `nnc encode model.onnx` made, or another encoder.
        threads: number of threads, None for one per processor.
        limits: what to accept; None for the defaults.

    Returns:
        The onnx.ModelProto, with the tensors in it.

    Raises:
        InputError: it carries no ONNX graph, or one that its tensors don't fit; onnx missing.
        BitstreamError: as for `nnc.decode`.
    """
    bitstream = Bitstream.open(filename)
    topology = read_topology(bitstream.walk(), limits)
    tensors = decode_model(bitstream, Resources(threads=threads, limits=limits)).values()
    return model_with(topology, tensors, os.fspath(filename))


@checked
def session(
    filename: str | os.PathLike[str],
    *,
    threads: int | None = None,
    limits: Limits | None = None,
    **options: Any,
) -> Any:
    """Open a bitstream as a session of ONNX Runtime, without a file in between.

    Args:
        filename: the bitstream.
        threads: number of threads for decoding, None for one per processor.
        limits: what to accept; None for the defaults.
        **options: those of `onnxruntime.InferenceSession`: `providers`, `sess_options` ...

    Returns:
        The onnxruntime.InferenceSession.

    Raises:
        InputError: as for `load_file`; onnxruntime missing.
        BitstreamError: as for `nnc.decode`.
    """
    runtime = load_library("onnxruntime", "onnx", "sessions of ONNX Runtime")
    model = load_file(filename, threads=threads, limits=limits)
    options.setdefault("providers", ["CPUExecutionProvider"])
    return runtime.InferenceSession(model.SerializeToString(), **options)


@checked
def calibrate(
    model: str | os.PathLike[str], batches: Iterable[Any], *, diagonal: bool = False
) -> Calibration:
    """Run a model on some inputs, and gather what they say of its weights.

    Args:
        model: an ONNX file.
        batches: inputs, each a mapping of arrays by name. A few hundred examples of the kind that
            it is for will do; not those that it is measured with.
        diagonal: gather the mean squares of the inputs alone: less memory, and less gained.

    Returns:
        The statistics of the weights of MatMul, Gemm and Conv (of one group) in the main graph, for
        `nnc encode model.onnx --calibration FILE`.

    Raises:
        InputError: nothing ran through such a layer; inputs that aren't finite; onnx or onnxruntime
            missing.
        OSError: the file can't be read.
    """
    onnx = load_library("onnx", "onnx", "ONNX models")
    runtime = load_library("onnxruntime", "onnx", "sessions of ONNX Runtime")
    try:
        graph = onnx.load(os.fspath(model))
    except OSError:
        raise
    except Exception as error:  # of protobuf, whichever it is
        raise InputError(f"{os.fspath(model)} can't be read as an ONNX model: {error}") from None
    layers = list(layer_inputs(graph))
    given = {one.name for one in graph.graph.input}
    wanted = [name for name in dict.fromkeys(one.name for one in layers) if name not in given]
    known = {one.name for one in graph.graph.output}
    graph.graph.output.extend(
        onnx.ValueInfoProto(name=name) for name in wanted if name not in known
    )
    session = runtime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    sums: dict[str, NDArray[np.float32]] = {}
    for batch in batches:
        if not isinstance(batch, Mapping):
            raise InputError(f"a batch must be arrays by name, not {type(batch).__name__}")
        values = {**batch, **dict(zip(wanted, session.run(wanted, dict(batch)), strict=True))}
        for layer in layers:
            rows = layer.rows(values[layer.name])
            full = not diagonal and rows.shape[1] <= MOST_COLUMNS
            found = rows.T @ rows if full else np.square(rows).sum(axis=0)
            sums[layer.weight] = sums[layer.weight] + found if layer.weight in sums else found
    if not sums:
        raise InputError("no input came through a layer that can be calibrated: give it batches")
    weights = {one.weight: one.values for one in layers}
    return Calibration(
        {
            name: statistics_of(one, onnx.numpy_helper.to_array(weights[name]))
            for name, one in sums.items()
        }
    )
