"""The functions that most users need: a model to bytes or a file, and back."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnc.bitio import InputError
from nnc.bitstream import Bitstream
from nnc.decoder import (
    BatchNorm,
    DecodedModel,
    Limits,
    ModelInformation,
    PerformanceMaps,
    Pruning,
    Quantization,
    Reconstruct,
    Topology,
    decode_model,
)
from nnc.decoder.before import Before, session_after
from nnc.encoder import (
    Block,
    CodebookChoice,
    EncoderOptions,
    Joined,
    LayerParameters,
    Target,
    TensorOptions,
    Trial,
    encode_model,
    encode_to_target,
    taken_target,
    values_of_products,
    warn_of_limits,
)

if TYPE_CHECKING:
    from nnc.inspect import BitstreamTrace, Difference, Finding, Node

Bytes = bytes | bytearray | memoryview
OutOfBandDimensions = Mapping[str, Sequence[int]]


def encode(
    model: Mapping[str, ArrayLike],
    /,
    *,
    qp: int | None = None,
    nonweight_qp: int | None = None,
    tensor_qp: Mapping[str, int] | None = None,
    tensors: Mapping[str, TensorOptions | Mapping[str, Any]] | None = None,
    qp_density: int = 2,
    bit_depth: int | None = None,
    dq: bool | None = None,
    codebook: CodebookChoice | None = None,
    keep: Sequence[str] = (),
    scan_order: int | Literal["auto"] = 0,
    row_skip: bool | None = None,
    effort: int = 1,
    parameter_search: bool = True,
    cabac_unary_length_minus1: int = 10,
    profile: int = 1,
    metadata: Mapping[str, str] | None = None,
    metadata_unit: bool = True,
    layer_parameters: Mapping[str, LayerParameters] | None = None,
    references: bool = False,
    part_size: int | None = None,
    aggregates: Literal["all", "modules"] | None = None,
    out_of_band: Sequence[str] = (),
    lossless: bool = False,
    target_size: int | str | None = None,
    bits_per_value: float | None = None,
    target_mse: float | None = None,
    psnr: float | None = None,
    max_error: float | None = None,
    accuracy_drop: float | None = None,
    evaluate: Callable[[dict[str, Any]], float] | None = None,
    sensitivity: Literal["none", "error", "callback"] = "none",
    on_trial: Callable[[Trial], None] | None = None,
    blocks: Sequence[Block] | Literal["auto"] = (),
    joins: Sequence[Joined] = (),
    prune_rows: bool = False,
    topology: Topology | None = None,
    quantization: Quantization | None = None,
    pruning: Pruning | Sequence[Pruning] = (),
    performance_maps: PerformanceMaps | None = None,
    base_model_id: str | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
) -> bytes:
    """Encode the tensors of a model into an NNC bitstream.

    Float tensors are quantized; integers and booleans are coded without loss. Names, shapes
    and dtypes come back on decoding.

    Args:
        model: arrays by name, of up to 32 dimensions: booleans, integers, floats of up to 64 bits,
            and the types of ml_dtypes (bfloat16 ...).
        qp: quantization parameter of tensors with more than one dimension: smaller is finer,
            and 4 more (at the default qp_density) double the step. None: -32.
        nonweight_qp: that of all other float tensors. None: -75.
        tensor_qp: quantization parameters by pattern of the name (`*`, `?`, `[...]`), the
            first match counts.
        tensors: options of single tensors by pattern of the name, before all others:
            `{"layer4.*": {"qp": -24, "dq": False}}`; see `nnc.TensorOptions`. For each option
            the first pattern that matches and says something of it counts.
        qp_density: 0 to 7: the step doubles every `2 ** qp_density` steps of qp.
        bit_depth: bits of the levels, 2 to 31, in place of `qp` and `nonweight_qp`: each tensor
            gets the step at which all its values but the largest 0.05 % fit; those are clipped.
        dq: dependent quantization by an 8-state trellis (smaller files); else rounding. None:
            dependent; from effort 2 on that which makes a unit smaller at no larger error.
        codebook: code float tensors by codebooks. True: of the distinct levels, where there are
            at most 256; `exact`: of the distinct values, where they are few and the format can
            hold them, without loss; a number: of so many entries at most, by k-means; `auto`:
            that which makes the unit smaller without a larger error, if any. None: as `auto`,
            but only tried (below effort 2) where there are few distinct values.
        keep: patterns of names of float tensors to be stored as they are.
        scan_order: 0: row by row; 1 to 4: in blocks of 8, 16, 32 or 64, with entry points;
            `auto`: in blocks for large tensors, so that several threads can decode one.
        row_skip: signal rows of zeros, where the syntax can; None: where that makes the unit
            smaller.
        effort: from fastest to smallest, 0 to 3. At 0 each value goes where its error is the
            smallest (without dq within half a step). From 1 on bits count as well as errors:
            files get smaller at the same error, but errors larger at the same qp (at most 4
            steps, without dq 2), so that a somewhat finer qp goes with it.
        parameter_search: choose initial state and speed of each context.
        cabac_unary_length_minus1: number of greater-than flags, less one; 0 to 255.
        profile: general_profile_idc: 1 for the second edition of the standard, 0 for the first.
        metadata: key-value pairs to be kept with the model.
        metadata_unit: write what the format has no element for (metadata, dtypes such as
            bfloat16) into a unit of our own. Some decoders refuse units that they don't know;
            without it, such dtypes decode as float32 or int32.
        layer_parameters: quantization of tensors apart from the model's (qp, nonweight_qp,
            qp_density), by pattern of the name: outside the window that the model's own
            quantization parameter sets, or at another density.
        references: list the names of tensors once, and refer to them by number.
        part_size: cut payloads of more bytes over several units.
        aggregates: `all`: the units of all tensors go into one aggregate unit; `modules`: those
            of each module (by the names, up to a `.` or `/`), one within the other.
        out_of_band: what the bitstream leaves out and `decode` has to be given: `dimensions`,
            `cabac_unary_length_minus1`.
        lossless: store all float tensors as they are.
        target_size: in place of quantization parameters the largest size of the bitstream, in
            bytes or as `10MB` or `10%` (of what the tensors take). This and the next five are
            targets, of which one can be given: the model is encoded with coarser and finer
            steps, at most twelve times, until it comes within 2 % of the target. Tensors whose
            quantization parameters are given keep these.
        bits_per_value: the most bits of the bitstream for each value.
        target_mse: the largest mean squared error of all float values.
        psnr: the smallest peak signal to noise ratio in dB: of the largest magnitude in the
            weights, squared, over the mean squared error of all float values.
        max_error: the largest error of a float value. Unless `dq` says otherwise, values are
            rounded then, which keeps to it with the coarsest steps.
        accuracy_drop: the largest loss of accuracy, in percentage points.
        evaluate: gives the accuracy of decoded tensors by name, as a share (0 to 1) or in
            percent.
        sensitivity: whether some weights get finer steps than others: by `error` those of small
            values, by `callback` those whose coarse quantization lets `evaluate` fall.
        on_trial: is told each encoding on the way to a target.
        blocks: layers to be coded as one unit each; `auto`: each weight with the bias and
            the batch norm that go with it by the names that PyTorch, TensorFlow and ONNX give.
        joins: tensors that are coded as one, along a dimension of theirs.
        prune_rows: leave rows of zeros out of tensors of two dimensions or more, and say which in
            a pruning container: `decode(..., pruned=False)` gives the whole tensors.
        topology: the structure of the network, to be carried beside the tensors.
        quantization: how the network's own format quantizes, likewise.
        pruning: what was left out of the tensors before, likewise.
        performance_maps: performance of the model, as it is and thinned out further.
        base_model_id: name of the model that this one is an update of.
        threads: number of threads, None for one a processor; the bytes don't depend on it.
        executor: any `concurrent.futures.Executor`, used in place of threads of our own.

    Returns:
        The bitstream.

    Raises:
        InputError: an option out of range; a tensor with NaN or infinity, with a name or of
            a dtype that can't be coded. The message names it.

    Warns:
        EncodingWarning: a quantization parameter had to be raised, a tensor stored raw, a
            target was missed on its good side, or a pattern fits no name.
    """
    options = EncoderOptions(
        qp=qp,
        nonweight_qp=nonweight_qp,
        tensor_qp=tensor_qp or {},
        tensors=tensors or {},
        qp_density=qp_density,
        bit_depth=bit_depth,
        dq=dq,
        codebook=codebook,
        keep=keep,
        scan_order=scan_order,
        row_skip=row_skip,
        effort=effort,
        parameter_search=parameter_search,
        cabac_unary_length_minus1=cabac_unary_length_minus1,
        profile=profile,
        metadata=metadata or {},
        metadata_unit=metadata_unit,
        layer_parameters=layer_parameters or {},
        references=references,
        part_size=part_size,
        aggregates=aggregates,
        out_of_band=out_of_band,
        prune_rows=prune_rows,
        lossless=lossless,
    )
    target = taken_target(
        {
            "target_size": target_size,
            "bits_per_value": bits_per_value,
            "target_mse": target_mse,
            "psnr": psnr,
            "max_error": max_error,
            "accuracy_drop": accuracy_drop,
            "evaluate": evaluate,
            "sensitivity": sensitivity,
        }
    )
    information = ModelInformation(
        base_model_id=base_model_id,
        performance_maps=performance_maps or PerformanceMaps(),
        quantizations=() if quantization is None else (quantization,),
        prunings=(pruning,) if isinstance(pruning, Pruning) else tuple(pruning),
    )
    structure: dict[str, Any] = {
        "blocks": blocks, "joins": joins, "topology": topology, "information": information,
        "threads": threads, "executor": executor,
    }  # fmt: skip
    data = encoded(model, options, target, on_trial, structure).to_bytes()
    warn_of_limits(value_count(model) + values_of_products(blocks), len(data))
    return data


def value_count(tensors: Mapping[str, Any]) -> int:
    """Count the values of tensors."""
    return sum(math.prod(np.shape(tensor)) for tensor in tensors.values())


def encoded(
    tensors: Mapping[str, Any],
    options: EncoderOptions,
    target: Target | None,
    on_trial: Callable[[Trial], None] | None,
    structure: Mapping[str, Any],
) -> Bitstream:
    """Encode tensors, to a target where there is one."""
    if target is None:
        return encode_model(tensors, options, **structure)
    return encode_to_target(tensors, options, target, progress=on_trial, **structure).bitstream


def decode(
    data: Bytes | Bitstream,
    *,
    reconstruct: Reconstruct = True,
    batch_norms: Mapping[str, BatchNorm] | None = None,
    pruned: bool = True,
    full_dimensions: OutOfBandDimensions | None = None,
    dimensions: OutOfBandDimensions | None = None,
    cabac_unary_length_minus1: int | Mapping[str, int] | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    limits: Limits | None = None,
) -> dict[str, NDArray[Any]]:
    """Decode an NNC bitstream into the tensors of a model.

    Args:
        data: the bitstream.
        reconstruct: put decomposed weights together, apply local scaling and unfold batch norms.
            False gives the tensors one by one as they are coded (`X_G`, `X_H`, `X_scaling` ...),
            a set of `decomposition`, `local_scaling` and `batch_norm` does just these.
        batch_norms: by the name of the weight, the batch norms of the network that were folded
            into its layers before encoding, which the bitstream doesn't say.
        pruned: give tensors as they are coded; else of the size that they had before pruning,
            with zeros where the bitstream says that rows or weights were left out.
        full_dimensions: shapes by name that tensors had before pruning, where neither the
            bitstream says them nor they follow from its masks.
        dimensions: shapes by name, where the bitstream leaves them out.
        cabac_unary_length_minus1: the same for this element, one for all or by name.
        threads: number of threads, None for one a processor.
        executor: any `concurrent.futures.Executor`, used in place of threads of our own.
        limits: what to accept; None for the defaults of `nnc.Limits`.

    Returns:
        Arrays by name in the order of the bitstream, in the data formats it says (float32 and
        int32 where it says none). Each can be written to.

    Raises:
        InvalidError: the bitstream breaks a rule of the format.
        IncompleteError: it ends too early.
        UnsupportedError: it uses something that isn't decoded, or passes a limit.
        MissingValueError: something was sent out of band and not given.
        InputError: no such step of reconstruction, or no such weight.

    Warns:
        DecodingWarning: the bitstream is an update. What is given are the differences as they
            are coded, neither parent nor prediction added; `nnc.Decoder` applies them.
    """
    bitstream = as_bitstream(data, dimensions, cabac_unary_length_minus1)
    model = decode_model(bitstream, threads=threads, executor=executor, limits=limits)
    model.warn_of_differences()
    model.warn_of_missing()
    return model.values(
        reconstruct=reconstruct,
        batch_norms=batch_norms,
        pruned=pruned,
        full_dimensions=full_dimensions,
    )


def decode_levels(
    data: Bytes | Bitstream,
    *,
    before: Before = (),
    dimensions: OutOfBandDimensions | None = None,
    cabac_unary_length_minus1: int | Mapping[str, int] | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    limits: Limits | None = None,
) -> dict[str, NDArray[np.int32]]:
    """Decode the levels of all entropy coded tensors: what is there before the step size.

    Args and errors as for `decode`, and:
        before: where the bitstream is an update, the bitstreams of its session before it, in
            order, or an `nnc.Decoder` that has taken them; its levels may be coded with theirs.

    Returns:
        int32 arrays by name: with dependent quantization the indices after the state machine
        (value = level * step size), with a codebook the indices relative to its zero offset.
        Tensors stored raw are left out.
    """
    bitstream = as_bitstream(data, dimensions, cabac_unary_length_minus1)
    session = session_after(
        before, dimensions=dimensions, cabac_unary_length_minus1=cabac_unary_length_minus1
    )
    known = None if session is None else session.known
    return decode_model(
        bitstream, threads=threads, executor=executor, limits=limits, known=known
    ).levels()


def trace(
    data: Bytes | Bitstream,
    *,
    dimensions: OutOfBandDimensions | None = None,
    cabac_unary_length_minus1: int | Mapping[str, int] | None = None,
) -> BitstreamTrace:
    """Trace a bitstream, damaged or not: each element with place, bits, path and value.

    Args:
        data: the bitstream.
        dimensions: shapes by name, where the bitstream leaves them out.
        cabac_unary_length_minus1: the same for this element, one for all or by name.

    Returns:
        The trace: `elements()` in the order of the data, `units`, and `errors`: faults end the
        reading of a unit, and raise nothing.
    """
    from nnc.inspect import trace as traced

    return traced(
        as_bytes(data), dimensions=dimensions, cabac_unary_length_minus1=cabac_unary_length_minus1
    )


def tree(
    data: Bytes | Bitstream,
    *,
    dimensions: OutOfBandDimensions | None = None,
    cabac_unary_length_minus1: int | Mapping[str, int] | None = None,
) -> Node:
    """Return the elements of a bitstream as a tree of units, tables and elements.

    Args and faults as for `trace`; a node has `children`, and the fault met in it as `error`.
    """
    from nnc.inspect import tree as arranged

    given = {
        "dimensions": dimensions, "cabac_unary_length_minus1": cabac_unary_length_minus1,
    }  # fmt: skip
    return arranged(trace(data, **given))  # type: ignore[arg-type]


def check(
    data: Bytes | Bitstream,
    deep: bool = False,
    *,
    before: Before = (),
    dimensions: OutOfBandDimensions | None = None,
    cabac_unary_length_minus1: int | Mapping[str, int] | None = None,
) -> list[Finding]:
    """Check a bitstream against the rules of the format; a bad one raises nothing.

    Args:
        data: the bitstream.
        deep: decode the entropy-coded payloads too.
        before: where the bitstream is an update, the bitstreams of its session before it, in
            order, or an `nnc.Decoder` that has taken them: `deep` needs them.
        dimensions: shapes by name, where the bitstream leaves them out.
        cabac_unary_length_minus1: the same for this element, one for all or by name.

    Returns:
        The rules broken, of level `error` or `warning`, in the order of the data; then, of level
        `info`, what could not be checked in full and why.

    Raises:
        NncError: one of the bitstreams before can't be decoded.
    """
    from nnc.inspect import check as checked

    report = checked(
        as_bytes(data),
        deep=deep,
        before=before,
        dimensions=dimensions,
        cabac_unary_length_minus1=cabac_unary_length_minus1,
    )
    return [*report.findings, *report.notes]


def diff(
    first: Bytes | Bitstream,
    second: Bytes | Bitstream,
    levels: bool = False,
    *,
    before: Before = (),
    dimensions: OutOfBandDimensions | None = None,
    cabac_unary_length_minus1: int | Mapping[str, int] | None = None,
) -> list[Difference]:
    """Compare two bitstreams element by element.

    Args:
        first: one bitstream.
        second: the other.
        levels: where coded payloads differ, decode them and count the levels that do.
        before: where they are updates, the bitstreams of their session before them, in order, or
            an `nnc.Decoder` that has taken these: `levels` may need them.
        dimensions: shapes by name, where the bitstreams leave them out.
        cabac_unary_length_minus1: the same for this element, one for all or by name.

    Returns:
        What differs, by path; nothing where the bitstreams are the same.

    Raises:
        NncError: one of the bitstreams before can't be decoded.
    """
    from nnc.inspect import diff as compared

    given: dict[str, Any] = {
        "dimensions": dimensions, "cabac_unary_length_minus1": cabac_unary_length_minus1,
    }  # fmt: skip
    session = session_after(before, **given) if levels else ()
    return compared(
        trace(first, **given), trace(second, **given), levels=levels, before=session or ()
    )


def as_bytes(data: Bytes | Bitstream) -> Bytes:
    """Return the bytes of a bitstream; bytes are taken as they are."""
    if isinstance(data, str | os.PathLike):
        raise InputError(f"{data!r} is no bitstream but a path: nnc.open takes it")
    return data.to_bytes() if isinstance(data, Bitstream) else data


def as_bitstream(
    data: Bytes | Bitstream,
    dimensions: OutOfBandDimensions | None,
    cabac_unary_length_minus1: int | Mapping[str, int] | None,
) -> Bitstream:
    """Parse bytes; a bitstream that is parsed already is taken as it is."""
    if isinstance(data, Bitstream):
        return data
    if isinstance(data, str | os.PathLike):
        raise InputError(f"{data!r} is no bitstream but a path: nnc.load_file and nnc.open take it")
    return Bitstream.parse(
        data, dimensions=dimensions, cabac_unary_length_minus1=cabac_unary_length_minus1
    )


def save_file(
    tensors: Mapping[str, ArrayLike],
    /,
    filename: str | os.PathLike[str],
    metadata: Mapping[str, str] | None = None,
    *,
    blocks: Sequence[Block] | Literal["auto"] = (),
    joins: Sequence[Joined] = (),
    information: ModelInformation | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    **options: Any,
) -> None:
    """Encode the tensors of a model into a file, which is replaced in one step or not at all.

    Args:
        tensors: arrays by name, as for `encode`.
        filename: the file.
        metadata: key-value pairs to be kept with the model.
        blocks: layers to be coded as one unit each, as for `encode`.
        joins: tensors that are coded as one, as for `encode`.
        information: what to tell of the model beside its tensors.
        threads: number of threads, None for one a processor.
        executor: used in place of threads of our own.
        **options: the options of `encode`.

    Raises:
        InputError: as for `encode`.
        OSError: the file can't be written.
    """
    target, on_trial = taken_target(options), options.pop("on_trial", None)
    encoder_options = EncoderOptions(metadata=metadata or {}, **options)
    structure: dict[str, Any] = {
        "blocks": blocks, "joins": joins, "information": information,
        "threads": threads, "executor": executor,
    }  # fmt: skip
    encoded(tensors, encoder_options, target, on_trial, structure).save(filename)
    values = value_count(tensors) + values_of_products(blocks)
    warn_of_limits(values, os.path.getsize(filename))


def load_file(
    filename: str | os.PathLike[str],
    *,
    reconstruct: Reconstruct = True,
    batch_norms: Mapping[str, BatchNorm] | None = None,
    pruned: bool = True,
    full_dimensions: OutOfBandDimensions | None = None,
    dimensions: OutOfBandDimensions | None = None,
    cabac_unary_length_minus1: int | Mapping[str, int] | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    limits: Limits | None = None,
) -> dict[str, NDArray[Any]]:
    """Decode a file into the tensors of a model.

    Args, result and errors as for `decode`; also OSError where the file can't be read.
    """
    model = load_model(
        filename,
        dimensions=dimensions,
        cabac_unary_length_minus1=cabac_unary_length_minus1,
        threads=threads,
        executor=executor,
        limits=limits,
    )
    model.warn_of_differences()
    model.warn_of_missing()
    return model.values(
        reconstruct=reconstruct,
        batch_norms=batch_norms,
        pruned=pruned,
        full_dimensions=full_dimensions,
    )


def load_model(
    filename: str | os.PathLike[str],
    *,
    dimensions: OutOfBandDimensions | None = None,
    cabac_unary_length_minus1: int | Mapping[str, int] | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    limits: Limits | None = None,
) -> DecodedModel:
    """Decode a file, keeping levels and metadata beside the tensors; see `load_file`."""
    bitstream = Bitstream.open(
        filename, dimensions=dimensions, cabac_unary_length_minus1=cabac_unary_length_minus1
    )
    return decode_model(bitstream, threads=threads, executor=executor, limits=limits)
