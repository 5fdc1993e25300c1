"""The functions that most users need: a model to bytes or a file, and back."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.bitio.collection import without_collection
from nnc.bitstream import Bitstream, OutOfBandKeywords
from nnc.decoder import (
    BatchNorm,
    DecodedModel,
    Limits,
    Reconstruct,
    Resources,
    decode_model,
)
from nnc.decoder.before import Before, session_after
from nnc.decoder.selection import check_names, decode_some
from nnc.encoder import (
    encoded,
    encoded_bytes,
    listing_options,
    values_of_products,
    warn_of_limits,
)
from nnc.engine.mapped import view_of
from nnc.features.encoding import asked_within, refuse_outside
from nnc.model.given import as_arrays
from nnc.model.options import naming_options
from nnc.reduce.asked import is_reduced, reduced

if TYPE_CHECKING:
    from nnc.encoder.call.keywords import EncodeKeywords, SaveFileKeywords
    from nnc.inspect import BitstreamTrace, Difference, Finding, Node

#: A bitstream of at most so many bytes takes about a second, however many tensors it holds.
SOON_DECODED = 1 << 22

#: A model of at most so many values takes about a second to encode, however many tensors it has.
SOON_ENCODED = 1 << 21

Bytes = bytes | bytearray | memoryview
Shapes = Mapping[str, Sequence[int]]


@listing_options
def encode(model: Mapping[str, ArrayLike], /, **options: Unpack[EncodeKeywords]) -> bytes:
    """Encode the tensors of a model into an NNC bitstream.

    Float tensors are quantized; integers and booleans are coded without loss. Names, shapes
    and dtypes come back on decoding.

    Args:
        model: arrays by name, of up to 32 dimensions: booleans, integers, floats of up to 64 bits,
            and the types of ml_dtypes (bfloat16 ...).
        **options: how, by name; all have defaults. docs/options.md says more of them.

    Returns:
        The bitstream. It is the same whatever the number of threads.

    Raises:
        InputError: an option out of range; a tensor with NaN or infinity, with a name or of
            a dtype that can't be coded. The message names it.
        UnknownOptionError: an option that there isn't; the message names the nearest.

    Warns:
        EncodingWarning: a quantization parameter had to be raised, a tensor stored raw, a
            target was missed on its good side, or a pattern fits no name.
    """
    wanted, within = asked_within("encode", options)
    arrays = as_arrays(model)
    if is_reduced(wanted.options):
        arrays, wanted = reduced(arrays, wanted)
    count = value_count(arrays)
    with without_collection() if count <= SOON_ENCODED else nullcontext():
        data = encoded_bytes(arrays, wanted)
    if within is not None:
        refuse_outside(data, within)
    warn_of_limits(count + values_of_products(wanted.structure.blocks), len(data))
    return data


def value_count(tensors: Mapping[str, Any]) -> int:
    """Count the values of tensors."""
    return sum(math.prod(np.shape(tensor)) for tensor in tensors.values())


@naming_options
def decode(
    data: Bytes | Bitstream,
    *,
    names: Sequence[str] | None = None,
    reconstruct: Reconstruct = True,
    batch_norms: Mapping[str, BatchNorm] | None = None,
    pruned: bool = True,
    full_dimensions: Shapes | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    limits: Limits | None = None,
    **left_out: Unpack[OutOfBandKeywords],
) -> dict[str, NDArray[Any]]:
    """Decode an NNC bitstream to the tensors of a model.

    Args:
        data: the bitstream.
        names: the tensors to decode, in this order; None for all. What they don't need isn't
            decoded.
        reconstruct: join decomposed weights, apply local scaling and unfold batch norms. False
            returns the tensors one by one as they are coded (`X_G`, `X_H`, `X_scaling` ...); a set
            of `decomposition`, `local_scaling` and `batch_norm` does only those.
        batch_norms: by the name of the weight, the batch norms that were folded into the layers of
            the network before encoding, where the metadata unit doesn't say so.
        pruned: return tensors as they are coded. False returns the size before pruning, with zeros
            where the bitstream says that rows or weights were left out.
        full_dimensions: shapes before pruning, by name, where the bitstream neither records them
            nor implies them by its masks.
        **left_out: what the bitstream leaves out: `dimensions` (shapes by name) and
            `cabac_unary_length_minus1` (one for all, or by name).
        threads: number of threads, None for one per processor.
        executor: any `concurrent.futures.Executor`, used instead of threads.
        limits: what to accept; None for the defaults of `nnc.Limits`.

    Returns:
        Arrays by name in the order of the bitstream, in the data formats it says (float32 and
        int32 where it says none). Each can be written to. Small
        ones may be views on an array of at most 64 KB, which lives as long as one of them.

    Raises:
        InvalidError: the bitstream breaks a rule of the format.
        IncompleteError: it ends too early.
        UnsupportedError: it uses something that isn't decoded, or passes a limit.
        MissingValueError: something was sent out of band and not given.
        InputError: no such step of reconstruction, no such weight, or no such tensor.

    Warns:
        DecodingWarning: the bitstream is an update. The result holds the differences as they are
            coded, neither parent nor prediction added; `nnc.Decoder` applies them.
    """
    return decoded_values(
        as_bitstream(data, **left_out),
        Resources(threads=threads, executor=executor, limits=limits),
        names,
        reconstruct=reconstruct,
        batch_norms=batch_norms,
        pruned=pruned,
        full_dimensions=full_dimensions,
    )


def decoded_values(
    bitstream: Bitstream, resources: Resources, names: Sequence[str] | None, **how: Any
) -> dict[str, NDArray[Any]]:
    """Decode a bitstream, or some tensors of it; arguments and errors as for `decode`."""
    size = sum(unit.byte_size for unit in bitstream.units)
    with without_collection() if size <= SOON_DECODED else nullcontext():
        values = values_of(bitstream, resources, names, **how)
    if names is None:
        return values
    check_names(names, values)
    return {name: values[name] for name in names}


def values_of(
    bitstream: Bitstream, resources: Resources, names: Sequence[str] | None, **how: Any
) -> dict[str, NDArray[Any]]:
    """Decode as `decoded_values`, and maybe more than the tensors that are named."""
    if names is None:
        model = decode_model(bitstream, resources)
        model.warn_of_missing()
    elif isinstance(names, str):
        raise InputError("names must be a list of names, not a string")
    elif how["batch_norms"] or not how["pruned"]:
        # What these ask for may concern all tensors.
        model = decode_model(bitstream, resources)
    else:
        model = decode_some(bitstream, names, resources)
    model.warn_of_differences()
    return model.values(**how)


@naming_options
def decode_levels(
    data: Bytes | Bitstream,
    *,
    before: Before = (),
    threads: int | None = None,
    executor: Executor | None = None,
    limits: Limits | None = None,
    **left_out: Unpack[OutOfBandKeywords],
) -> dict[str, NDArray[np.int32]]:
    """Decode the levels of all entropy-coded tensors, before the step size is applied.

    Args and errors as for `decode`, and:
        before: for an update, the earlier bitstreams of its session in order, or an `nnc.Decoder`
            that has decoded them; its levels may be coded with theirs.

    Returns:
        int32 arrays by name: with dependent quantization the indices after the state machine
        (value = level * step size), with a codebook the indices relative to its zero offset.
        Tensors stored raw are left out.
    """
    bitstream = as_bitstream(data, **left_out)
    session = session_after(before, **left_out)
    known = None if session is None else session.known
    resources = Resources(threads=threads, executor=executor, limits=limits)
    return decode_model(bitstream, resources, known=known).levels()


@naming_options
def trace(
    data: Bytes | Bitstream,
    **left_out: Unpack[OutOfBandKeywords],
) -> BitstreamTrace:
    """Trace a bitstream, damaged or not: each element with place, bits, path and value.

    Args:
        data: the bitstream.
        **left_out: what the bitstream leaves out: `dimensions` (shapes by name) and
            `cabac_unary_length_minus1` (one for all, or by name).

    Returns:
        The trace: `elements()` in the order of the data, `units`, and `errors`: faults end the
        reading of a unit, and raise nothing.
    """
    from nnc.inspect import trace as traced

    return traced(as_bytes(data), **left_out)


@naming_options
def tree(
    data: Bytes | Bitstream,
    **left_out: Unpack[OutOfBandKeywords],
) -> Node:
    """Return the elements of a bitstream as a tree of units, tables and elements.

    Args and faults as for `trace`; a node has `children`, and the fault met in it as `error`.
    """
    from nnc.inspect import tree as arranged

    return arranged(trace(data, **left_out))


@naming_options
def check(
    data: Bytes | Bitstream,
    deep: bool = False,
    *,
    before: Before = (),
    **left_out: Unpack[OutOfBandKeywords],
) -> list[Finding]:
    """Check a bitstream against the rules of the format; a bad one raises nothing.

    Args:
        data: the bitstream.
        deep: decode the entropy-coded payloads too.
        before: for an update, the earlier bitstreams of its session in order, or an `nnc.Decoder`
            that has decoded them: `deep` needs them.
        **left_out: what the bitstream leaves out: `dimensions` (shapes by name) and
            `cabac_unary_length_minus1` (one for all, or by name).

    Returns:
        The rules broken, of level `error` or `warning`, in the order of the data; then, of level
        `info`, what could not be checked in full and why.

    Raises:
        NncError: one of the bitstreams before can't be decoded.
    """
    from nnc.inspect import check as checked

    report = checked(as_bytes(data), deep=deep, before=before, **left_out)
    return [*report.findings, *report.notes]


@naming_options
def diff(
    first: Bytes | Bitstream,
    second: Bytes | Bitstream,
    levels: bool = False,
    *,
    before: Before = (),
    **left_out: Unpack[OutOfBandKeywords],
) -> list[Difference]:
    """Compare two bitstreams element by element.

    Args:
        first: one bitstream.
        second: the other.
        levels: where coded payloads differ, decode them and count the levels that do.
        before: for updates, the earlier bitstreams of their session in order, or an `nnc.Decoder`
            that has decoded them: `levels` may need them.
        **left_out: what the bitstream leaves out: `dimensions` (shapes by name) and
            `cabac_unary_length_minus1` (one for all, or by name).

    Returns:
        What differs, by path; nothing where the bitstreams are the same.

    Raises:
        NncError: one of the bitstreams before can't be decoded.
    """
    from nnc.inspect import diff as compared

    session = session_after(before, **left_out) if levels else ()
    return compared(
        trace(first, **left_out), trace(second, **left_out), levels=levels, before=session or ()
    )


def as_bytes(data: Bytes | Bitstream) -> Bytes:
    """Return the bytes of a bitstream; bytes are taken as they are."""
    return data.to_bytes() if isinstance(data, Bitstream) else view_of(data)


def as_bitstream(data: Bytes | Bitstream, **left_out: Unpack[OutOfBandKeywords]) -> Bitstream:
    """Parse bytes; a bitstream that is parsed already is taken as it is."""
    if isinstance(data, Bitstream):
        return data
    return Bitstream.parse(data, **left_out)


@checked
@listing_options
def save_file(
    tensors: Mapping[str, ArrayLike],
    /,
    filename: str | os.PathLike[str],
    metadata: Mapping[str, str] | None = None,
    **options: Unpack[SaveFileKeywords],
) -> None:
    """Encode the tensors of a model to a file, which is replaced in one step or not at all.

    Args:
        tensors: arrays by name, as for `encode`.
        filename: the file.
        metadata: key-value pairs to be kept with the model.
        **options: the options of `encode`.

    Raises:
        InputError: as for `encode`.
        OSError: the file can't be written.
    """
    wanted, within = asked_within("save_file", options, metadata=metadata or {})
    arrays = as_arrays(tensors)
    if is_reduced(wanted.options):
        arrays, wanted = reduced(arrays, wanted)
    bitstream = encoded(arrays, wanted)
    if within is not None:
        refuse_outside(bitstream.to_bytes(), within)
    bitstream.save(filename)
    values = value_count(arrays) + values_of_products(wanted.structure.blocks)
    warn_of_limits(values, os.path.getsize(filename))


@naming_options
def load_file(
    filename: str | os.PathLike[str],
    *,
    names: Sequence[str] | None = None,
    reconstruct: Reconstruct = True,
    batch_norms: Mapping[str, BatchNorm] | None = None,
    pruned: bool = True,
    full_dimensions: Shapes | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    limits: Limits | None = None,
    **left_out: Unpack[OutOfBandKeywords],
) -> dict[str, NDArray[Any]]:
    """Decode a file to the tensors of a model.

    Args, result and errors as for `decode`; also OSError where the file can't be read.
    """
    return decoded_values(
        Bitstream.open(filename, **left_out),
        Resources(threads=threads, executor=executor, limits=limits),
        names,
        reconstruct=reconstruct,
        batch_norms=batch_norms,
        pruned=pruned,
        full_dimensions=full_dimensions,
    )


@naming_options
def load_model(
    filename: str | os.PathLike[str],
    *,
    threads: int | None = None,
    executor: Executor | None = None,
    limits: Limits | None = None,
    **left_out: Unpack[OutOfBandKeywords],
) -> DecodedModel:
    """Decode a file, keeping levels and metadata beside the tensors; see `load_file`."""
    bitstream = Bitstream.open(filename, **left_out)
    return decode_model(bitstream, Resources(threads=threads, executor=executor, limits=limits))


open = Bitstream.open
