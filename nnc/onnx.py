"""ONNX models straight from bitstreams: into memory, or into a session of ONNX Runtime (Annex B).

Needs `pip install 'nnc[onnx]'`.
"""

from __future__ import annotations

import os
from typing import Any

from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream
from nnc.decoder import Limits, Resources, decode_model, read_topology
from nnc.formats.extras import load as load_library
from nnc.formats.onnx import model_with

__all__ = ["load_file", "session"]


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
