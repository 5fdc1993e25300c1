"""Model files to bitstream files and back, tensor by tensor in bounded memory."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Unpack

from numpy.typing import NDArray

from nnc.bitio import BitstreamError, InputError
from nnc.bitio.caution import DecodingWarning, warn
from nnc.bitstream import Bitstream, Unit, replace_file, size_on_disk, write_units
from nnc.containers import is_carrier
from nnc.decoder import (
    Limits,
    ModelStream,
    Reconstruct,
    Resources,
    decode_model,
    read_topology,
    warn_of_missing,
)
from nnc.encoder import (
    asked,
    encode_units,
    encoded,
    listing_options,
    values_of_products,
    warn_of_limits,
)
from nnc.encoder.call.asked import Asked
from nnc.encoder.call.tables import Progress
from nnc.encoder.quantization.loss import Losses, TotalLoss, total_loss
from nnc.engine.files import as_path
from nnc.formats import (
    TensorInfo,
    format_of_input,
    format_of_output,
    head_of,
    leave_out,
    open_sink,
    open_source,
    unpacked,
    with_shard_size,
)
from nnc.formats.source import Source
from nnc.model.options import naming_options
from nnc.model.performance_maps import read_performance_maps
from nnc.reduce import apply_entry
from nnc.reduce.asked import is_reduced, reduced
from nnc.reduce.maps import entry_said

if TYPE_CHECKING:
    from nnc.encoder.call.keywords import EncodeFileKeywords


class FileSizes(NamedTuple):
    """How much was encoded or decoded.

    Attributes:
        tensors: number of tensors.
        model: bytes of their values.
        bitstream: bytes of the bitstream.
        file: bytes of the model file, or of all files of a folder; 0 where that isn't known.
        loss: what quantization took, of an encoding; None where nothing was quantized.
        missing: tensors that a decoded bitstream names but doesn't hold.
    """

    tensors: int
    model: int
    bitstream: int
    file: int = 0
    loss: TotalLoss | None = None
    missing: Collection[str] = ()


class Counter:
    """Adds up bytes and tells them."""

    def __init__(self, progress: Progress | None, whole: int) -> None:
        """Start with nothing done.

        Args:
            progress: told how far it is; None: nobody is.
            whole: bytes that there are.
        """
        self.progress, self.done, self.whole = progress, 0, whole

    def __call__(self, size: int) -> None:
        """Add a number of bytes."""
        self.done += size
        if self.progress is not None:
            self.progress(self.done, self.whole)


@listing_options
def encode_file(
    model: str | os.PathLike[str],
    output: str | os.PathLike[str] | BinaryIO,
    **options: Unpack[EncodeFileKeywords],
) -> FileSizes:
    """Encode a model file into a bitstream file, a few tensors in memory at a time.

    Args:
        model: a model file, a folder with a sharded checkpoint, or the index of one.
        output: the bitstream, replaced in one step or not at all; or an open file.
        **options: the options of `nnc.encode`, and `memory`, `progress` and `times`. `metadata`
            are kept besides those of the model. Joined tensors stay in memory. With a target,
            the model is encoded several times; then, and where it is reduced, it is in memory as
            a whole.

    Returns:
        The sizes. The bytes are those of `nnc.encode`, whatever the number of threads.

    Raises:
        InputError: as for `nnc.encode`; a file that can't be read as a model, or in which
            there is nothing to code; the output would take the place of the model.
        OSError: a file can't be read or written.
    """
    # Before the file is looked at: that may take long.
    wanted = asked("encode_file", options)
    check_not_input(output, model)
    check_no_carrier(model)
    with unpacked(wanted.structure.max_unpacked):
        opened = open_source(model)
    with opened as source:
        leave_out(source, wanted.structure.drop)
        if not source.tensors and not wanted.structure.allow_empty:
            raise InputError(
                f"{os.fspath(model)}: there is nothing to code: no tensors were found in it; "
                "allow_empty (--allow-empty) encodes it all the same"
            )
        metadata = {**source.metadata, **wanted.options.metadata}
        own = replace(wanted.options, metadata=metadata, exact=source.exact)
        topology = wanted.structure.topology or source.topology
        wanted = wanted._replace(
            options=own, structure=replace(wanted.structure, topology=topology)
        )
        sizes = [0]
        losses: Losses = {}

        def write(file: BinaryIO) -> None:
            sizes[0] = write_units(units_of(source, wanted, losses), file)

        if isinstance(output, str | os.PathLike):
            replace_file(output, write)
        elif hasattr(output, "write") and hasattr(output, "flush"):
            write(output)
        else:
            raise InputError(f"a path or an open file is needed to write to, not {output!r:.60}")
        values = sum(math.prod(info.shape) for info in source.tensors.values())
        warn_of_limits(values + values_of_products(wanted.structure.blocks), sizes[0])
        on_disk = size_on_disk(Path(model))
        if 0 < on_disk < source.nbytes and Path(model).is_file():
            # An index, or a graph with its values in other files, is a part of the model.
            on_disk *= format_of_input(model).alone
        return FileSizes(len(source), source.nbytes, sizes[0], on_disk, total_loss(losses))


def check_not_input(output: object, *inputs: object) -> None:
    """Refuse an output that is a file which is read.

    Raises:
        InputError: it is one.
    """
    if not isinstance(output, str | os.PathLike) or not os.path.exists(output):
        return
    for path in inputs:
        if isinstance(path, str | os.PathLike) and os.path.exists(path):
            place = os.stat(output)
            if stat.S_ISREG(place.st_mode) and os.path.samestat(place, os.stat(path)):
                raise InputError(
                    f"{os.fspath(output)} is the input too, and would be gone: choose another "
                    "output"
                )


def check_no_carrier(model: str | os.PathLike[str]) -> None:
    """Refuse to take a file that carries a bitstream for a model: it would be coded twice.

    Raises:
        InputError: it is one.
    """
    path = as_path(model)
    if path.is_file() and is_carrier(head_of(path)):
        raise InputError(
            f"{os.fspath(model)} carries a bitstream, and is no model: "
            "nnc.containers.extract (nnc extract) takes it out"
        )


def units_of(source: Source, wanted: Asked, losses: Losses) -> Iterable[Unit]:
    """Return the units of a model that is read tensor by tensor; as a whole for a target."""
    reports = wanted.reports
    known: dict[str, Any] = {
        "row_axes": source.row_axes,
        "depths": source.depths,
        "times": reports.times,
        "losses": losses,
    }
    if wanted.target is not None or is_reduced(wanted.options):
        tensors: Mapping[str, Any] = {name: source.tensor(name) for name in source.tensors}
        if is_reduced(wanted.options):
            tensors, wanted = reduced(tensors, wanted, source.layers, source.row_axes)
        return encoded(tensors, wanted, **known).units
    return encode_units(
        source,
        wanted.options,
        wanted.resources,
        advance=Counter(reports.progress, source.nbytes),
        **wanted.structure.arguments() | known,
    )


def advancing(
    tensors: Mapping[str, NDArray[Any]], advance: Counter
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield tensors one by one, and report their bytes."""
    for name, values in tensors.items():
        yield name, values
        advance(values.nbytes)


@naming_options
def decode_file(
    bitstream: str | os.PathLike[str] | Bitstream,
    output: str | os.PathLike[str],
    *,
    reconstruct: Reconstruct = True,
    pruned: bool = True,
    thin_out: str | None = None,
    max_shard_size: int | None = None,
    limits: Limits | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
) -> FileSizes:
    """Decode a bitstream file into a model file, a few tensors in memory at a time.

    Args:
        bitstream: the bitstream, or its path.
        output: the model file, whose suffix says the format; a folder, or an index, for a
            sharded checkpoint. Each file is replaced in one step or not at all.
        reconstruct: as for `nnc.decode`.
        pruned: likewise; tensors of the size that they had before pruning are decoded as a
            whole.
        thin_out: kind of a performance map and an accuracy, `sparsification=0.98`: the tensors are
            decoded as a whole, and thinned out as the strongest entry of the map says that keeps
            the accuracy.
        max_shard_size: bytes per file of a sharded checkpoint; None: cut as before encoding, or
            else 5 GB.
        limits: what to accept; None for the defaults of `nnc.Limits`.
        threads: number of threads, None for one per processor.
        executor: any `concurrent.futures.Executor`, used instead of threads.
        memory: as for `encode_file`; models with decomposed or scaled layers are decoded as a
            whole.
        progress: called with the bytes of the model decoded so far, and with its size.

    Returns:
        The sizes.

    Raises:
        BitstreamError: as for `nnc.decode`.
        InputError: the suffix is not that of a format, or the format can't hold a tensor; or no
            entry of a performance map keeps the accuracy.
        OSError: a file can't be read or written.

    Warns:
        DecodingWarning: the bitstream is an update, so the output holds differences.
    """
    check_not_input(output, bitstream)
    found = format_of_output(output)
    resources = Resources(threads=threads, executor=executor, memory=memory, limits=limits)
    opened = bitstream if isinstance(bitstream, Bitstream) else Bitstream.open(bitstream)
    bytes_read = sum(unit.byte_size for unit in opened.units)
    whole: dict[str, NDArray[Any]] | None = None
    if not pruned or thin_out is not None:
        decoded = decode_model(opened, resources)
        whole = decoded.values(reconstruct=reconstruct, pruned=pruned)
    if thin_out is not None and whole is not None:
        whole = apply_entry(whole, entry_said(read_performance_maps(opened), thin_out))
    stream = ModelStream(opened, resources, reconstruct=reconstruct)
    if stream.holds_differences:
        warn(
            "the bitstream is an update: the output holds differences to a base model",
            DecodingWarning,
        )
    missing = warn_of_missing(opened, stream.metadata, stream.coded_names)
    structure = read_topology(opened.walk(), limits or Limits()) if found.structured else None
    said: Mapping[str, str] = stream.metadata.metadata
    if whole is None:
        infos = {name: TensorInfo(*outline) for name, outline in stream.tensors.items()}
    else:
        infos = {name: TensorInfo(one.shape, one.dtype) for name, one in whole.items()}
    size = sum(info.nbytes for info in infos.values())
    if max_shard_size is not None:
        said = with_shard_size(output, infos, said, max_shard_size)

    def write(nncodec1: bool) -> None:
        with open_sink(output, infos, said, structure) as sink:
            advance = Counter(progress, size)
            given = stream.values(nncodec1=nncodec1, advance=advance)
            for name, values in given if whole is None else advancing(whole, advance):
                sink.write(name, values)

    try:
        write(False)
    except BitstreamError as error:
        if not stream.may_be_nncodec1:
            raise
        try:
            write(True)
        except BitstreamError:
            raise error from None
    return FileSizes(len(infos), size, bytes_read, size_on_disk(Path(output)), missing=missing)
