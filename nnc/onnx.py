"""ONNX models: bitstreams straight into memory or ONNX Runtime (Annex B), calibration, refits.

Needs `pip install 'nnc[onnx]'`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream
from nnc.bitstream.editing.parts import copy_bitstream
from nnc.decoder import Limits, Resources, decode_model, read_topology
from nnc.editing.values import nearest_values, replace_values
from nnc.formats.extras import load as load_library
from nnc.formats.onnx import model_with
from nnc.formats.onnx_biases import biases_of
from nnc.formats.onnx_inputs import LayerInput, layer_inputs, with_open_tensors
from nnc.formats.onnx_refitted import Refitted, shift_of, with_values
from nnc.model.calibration import Calibration, statistics_of
from nnc.model.refit import apart, best_share, error_of, relative_error

__all__ = ["calibrate", "load_file", "refit", "session"]

#: Batches that are run with noise on each weight, and its size over the mean magnitude.
MOST_TRIED, NOISE = 4, 0.01

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
    model: str | os.PathLike[str],
    batches: Iterable[Any],
    *,
    diagonal: bool = False,
    outputs: bool = True,
) -> Calibration:
    """Run a model on some inputs, and gather what they say of its weights.

    Args:
        model: an ONNX file.
        batches: inputs, each a mapping of arrays by name. A few hundred examples of the kind that
            it is for will do; not those that it is measured with.
        diagonal: gather the mean squares of the inputs alone: less memory, and less gained.
        outputs: run the first few batches again with noise on one weight at a time: steps follow
            what that does to the outputs. False leaves that out: they follow the weights' scales.

    Returns:
        The statistics of the weights of MatMul, Gemm, Conv and ConvTranspose in the main graph,
        for `nnc encode model.onnx --calibration FILE`.

    Raises:
        InputError: nothing ran through such a layer; inputs that aren't finite, or that the model
            doesn't take; a model that can't be run; onnx or onnxruntime missing.
        OSError: the file can't be read.
    """
    onnx = load_library("onnx", "onnx", "ONNX models")
    runtime = load_library("onnxruntime", "onnx", "sessions of ONNX Runtime")
    graph = read_model(onnx, model)
    layers = list(layer_inputs(graph))
    tried: list[Mapping[str, Any]] = []

    def looked_at() -> Iterator[Mapping[str, Any]]:
        """Yield the batches, and keep the first few."""
        for batch in batches:
            arrays_by_name(batch)
            if outputs and len(tried) < MOST_TRIED:
                tried.append(batch)
            yield batch

    sums = sums_of_inputs(onnx, runtime, graph, layers, looked_at(), diagonal)
    if not layers or not (sums or tried):
        raise InputError("no input came through a layer that can be calibrated: give it batches")
    losses = losses_by_noise(onnx, runtime, graph, layers, tried) if tried else {}
    statistics: dict[str, NDArray[np.float32]] = {}
    for layer in layers:
        lost = losses.get(layer.weight)
        if layer.weight in sums:
            weight = onnx.numpy_helper.to_array(layer.values)
            statistics[layer.weight] = statistics_of(sums[layer.weight], weight, lost)
        elif lost is not None:
            statistics[layer.weight] = np.full(layer.columns, lost, np.float32)
    if not statistics:
        raise InputError("the batches hold no values, or the outputs don't depend on any weight")
    return Calibration(statistics)


def arrays_by_name(batch: Any) -> Mapping[str, Any]:
    """Return a batch.

    Raises:
        InputError: it is no mapping.
    """
    if not isinstance(batch, Mapping):
        raise InputError(f"a batch must be arrays by name, not {type(batch).__name__}")
    return batch


def sums_of_inputs(
    onnx: Any,
    runtime: Any,
    graph: Any,
    layers: Sequence[LayerInput],
    batches: Iterable[Mapping[str, Any]],
    diagonal: bool,
) -> dict[str, NDArray[np.float32]]:
    """Return the sums of the products of the inputs of layers, by the names of their weights."""
    given, known = ({one.name for one in side} for side in (graph.graph.input, graph.graph.output))
    told = [one for one in layers if one.name]
    wanted = [name for name in dict.fromkeys(one.name for one in told) if name not in given]
    model = onnx.ModelProto()
    model.CopyFrom(graph)
    model.graph.output.extend(
        onnx.ValueInfoProto(name=name) for name in wanted if name not in known
    )
    with running():
        session = runtime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
    del model
    sums: dict[str, NDArray[np.float32]] = {}
    for batch in batches:
        # An output is computed where no more is wanted: so batches are checked.
        names = wanted or [one.name for one in graph.graph.output][:1]
        with running():
            inner = session.run(names, dict(batch))
        values = {**batch, **dict(zip(names, inner, strict=True))}
        for layer in told:
            rows = layer.rows(values[layer.name])
            if not rows.size:
                continue
            full = not diagonal and rows.shape[1] <= MOST_COLUMNS
            found = rows.T @ rows if full else np.square(rows).sum(axis=0)
            sums[layer.weight] = sums[layer.weight] + found if layer.weight in sums else found
    return sums


def losses_by_noise(
    onnx: Any,
    runtime: Any,
    graph: Any,
    layers: Sequence[LayerInput],
    batches: Sequence[Mapping[str, Any]],
) -> dict[str, float]:
    """Return what the outputs of a model lose by noise on a weight, for each of its values.

    That is the square of their relative error over that of an error of the weight's values.
    """
    outputs = [one.name for one in graph.graph.output]
    options = runtime.SessionOptions()
    options.log_severity_level = 3  # It warns of inputs that are tensors too.
    weights = {layer.node.input[1]: layer.values for layer in layers}
    with running():
        session = runtime.InferenceSession(
            with_open_tensors(graph, weights).SerializeToString(), options, ["CPUExecutionProvider"]
        )
    random = np.random.default_rng(0)
    result: dict[str, float] = {}
    for batch in batches:
        with running():
            before = session.run(outputs, dict(batch))
        for layer in layers:
            weight = onnx.numpy_helper.to_array(layer.values)
            size = NOISE * float(np.abs(weight, dtype=np.float64).mean())
            noise = np.where(random.random(weight.shape) < 0.5, -size, size)
            moved = weight + noise.astype(weight.dtype)
            with running():
                after = session.run(outputs, {**batch, layer.node.input[1]: moved})
            lost = sum(map(relative_error, before, after))
            if size and math.isfinite(lost):
                known = result.get(layer.weight, 0.0)
                result[layer.weight] = known + lost / size**2 / weight.size
    return {name: one for name, one in result.items() if one}


def read_model(onnx: Any, model: str | os.PathLike[str]) -> Any:
    """Read an ONNX file.

    Raises:
        InputError: it is none.
        OSError: it can't be read.
    """
    try:
        return onnx.load(os.fspath(model))
    except OSError:
        raise
    except Exception as error:  # of protobuf, whichever it is
        raise InputError(f"{os.fspath(model)} can't be read as an ONNX model: {error}") from None


@contextmanager
def running() -> Iterator[None]:
    """Refuse what ONNX Runtime can't run.

    Raises:
        InputError: the model, or a batch that it doesn't take.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # Its own types derive from nothing else.
        raise InputError(f"ONNX Runtime can't run the model: {error}") from None


@checked
def refit(model: str | os.PathLike[str], data: bytes | Bitstream, batches: Iterable[Any]) -> bytes:
    """Take off the biases of a coded model what its weights shift the outputs of layers by.

    Layer by layer, in the order of the graph, the vector that is added to what the layer gives (the
    bias of Conv, Gemm, BatchNormalization, LayerNormalization, or an Add) changes by the difference
    of the mean outputs by channel: of the model, and of the coded one as it is refitted so far.
    Weights stay as they are coded, and so does the size, about. It helps most where values have few
    bits.

    Args:
        model: the ONNX file that was encoded.
        data: what it was encoded as.
        batches: inputs, each a mapping of arrays by name, two or more; those for calibration will
            do. Every fourth isn't followed, but tells how much of the change makes the outputs
            better: all of it, half, or none.

    Returns:
        The bitstream with other values of these vectors, of those whose coding can hold others; as
        it was where none made it better. A given Bitstream isn't changed.

    Raises:
        InputError: too few batches, or some that the model doesn't take; tensors of another model;
            a model that can't be run; onnx or onnxruntime missing.
        BitstreamError: the data can't be decoded.
        OSError: the file can't be read.
    """
    onnx = load_library("onnx", "onnx", "ONNX models")
    runtime = load_library("onnxruntime", "onnx", "sessions of ONNX Runtime")
    graph = read_model(onnx, model)
    bitstream = copy_bitstream(data) if isinstance(data, Bitstream) else Bitstream.parse(data)
    tensors = decode_model(bitstream, Resources()).values()
    biases = [one for one in biases_of(graph) if one.tensor in tensors]
    followed, told = apart(map(arrays_by_name, batches))
    with running():
        given = Refitted(onnx, runtime, graph, biases)
        coded = Refitted(onnx, runtime, with_values(onnx, graph, tensors), biases)
        wanted = given.sums(biases, followed)
        for bias in biases:
            found = coded.sums([bias], followed)[bias.tensor]
            coded.move(bias, shift_of(wanted[bias.tensor], found))
        outputs = [given.outputs(batch, given.before) for batch in told]

        def held(share: float) -> dict[str, NDArray[Any]]:
            return nearest_values(bitstream, coded.moved(share)) if share else {}

        def loss(share: float) -> float:
            values = held(share)
            return sum(map(error_of, outputs, (coded.outputs(batch, values) for batch in told)))

        share = best_share(loss)
    if share:
        moved, named = coded.moved(share), held(share)
        replace_values(bitstream, {name: moved[name] for name in named})
    return bitstream.to_bytes()
