"""Model files to bitstream files and back, tensor by tensor in bounded memory."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, BinaryIO, Literal, NamedTuple

from numpy.typing import NDArray

from nnc.bitio import BitstreamError, InputError
from nnc.bitio.caution import DecodingWarning, warn
from nnc.bitstream import Bitstream, Unit, replace_file, write_units
from nnc.decoder import (
    Limits,
    ModelStream,
    Reconstruct,
    decode_model,
    read_topology,
    warn_of_missing,
)
from nnc.encoder import (
    Block,
    EncoderOptions,
    Joined,
    encode_to_target,
    encode_units,
    taken_target,
    values_of_products,
    warn_of_limits,
)
from nnc.formats import (
    TensorInfo,
    format_of_output,
    leave_out,
    open_sink,
    open_source,
    unpacked,
    with_shard_size,
)

#: Called with the bytes of the model that are done, and those that there are.
Progress = Callable[[int, int], None]


class FileSizes(NamedTuple):
    """What was encoded or decoded.

    Attributes:
        tensors: number of tensors.
        model: bytes of their values.
        bitstream: bytes of the bitstream.
    """

    tensors: int
    model: int
    bitstream: int


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


def encode_file(
    model: str | os.PathLike[str],
    output: str | os.PathLike[str] | BinaryIO,
    *,
    metadata: Mapping[str, str] | None = None,
    blocks: Sequence[Block] | Literal["auto"] = (),
    joins: Sequence[Joined] = (),
    threads: int | None = None,
    executor: Executor | None = None,
    memory: int | None = None,
    drop: Sequence[str] = (),
    max_unpacked: int | None = None,
    progress: Progress | None = None,
    times: dict[str, float] | None = None,
    **options: Any,
) -> FileSizes:
    """Encode a model file into a bitstream file, a few tensors in memory at a time.

    Args:
        model: a model file, a folder with a sharded checkpoint, or the index of one.
        output: the bitstream, replaced in one step or not at all; or an open file.
        metadata: key-value pairs to be kept besides those of the model.
        blocks: layers to be coded as one unit each, as for `nnc.encode`.
        joins: tensors that are coded as one; these stay in memory.
        threads: number of threads, None for one a processor.
        executor: any `concurrent.futures.Executor`, used in place of threads of our own.
        memory: bytes that tensors worked on at the same time may take, about; None: 160 MiB
            for each worker. A tensor that takes more (ten bytes a value) is worked on alone.
        drop: patterns of names of tensors that are left out.
        max_unpacked: bytes that a compressed file may unpack to, however small it is; None: 1 GiB.
        progress: called with the bytes of the model that are encoded, and with its size.
        times: gets the seconds that each unit took to encode, by the names of its tensors.
        **options: the options of `nnc.encode`. With a target, the model is encoded several
            times, and is in memory as a whole.

    Returns:
        The sizes. The bytes are those of `nnc.encode`, whatever the number of threads.

    Raises:
        InputError: as for `nnc.encode`; a file that can't be read as a model; the output would
            take the place of the model.
        OSError: a file can't be read or written.
    """
    check_not_input(output, model)
    with unpacked(max_unpacked):
        opened = open_source(model)
    with opened as source:
        leave_out(source, drop)
        said = {**source.metadata, **(metadata or {})}
        options.setdefault("exact", source.exact)
        target, on_trial = taken_target(options), options.pop("on_trial", None)
        encoder_options = EncoderOptions(metadata=said, **options)
        structure: dict[str, Any] = {
            "blocks": blocks,
            "joins": joins,
            "topology": source.topology,
            "row_axes": source.row_axes,
            "threads": threads,
            "executor": executor,
            "times": times,
        }
        sizes = [0]

        def write(file: BinaryIO) -> None:
            if target is None:
                counter = Counter(progress, source.nbytes)
                units: Iterable[Unit] = encode_units(
                    source, encoder_options, memory=memory, advance=counter, **structure
                )
            else:
                tensors = {name: source.tensor(name) for name in source.tensors}
                units = encode_to_target(
                    tensors, encoder_options, target, progress=on_trial, **structure
                ).bitstream.units
            sizes[0] = write_units(units, file)

        if isinstance(output, str | os.PathLike):
            replace_file(output, write)
        elif callable(getattr(output, "write", None)) and not isinstance(output, Bitstream):
            write(output)
        else:
            raise InputError(f"a path or an open file is needed to write to, not {output!r:.60}")
        values = sum(math.prod(info.shape) for info in source.tensors.values())
        warn_of_limits(values + values_of_products(blocks), sizes[0])
        return FileSizes(len(source), source.nbytes, sizes[0])


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


def advancing(
    tensors: Mapping[str, NDArray[Any]], advance: Counter
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Return tensors one by one, and tell their bytes."""
    for name, values in tensors.items():
        yield name, values
        advance(values.nbytes)


def decode_file(
    bitstream: str | os.PathLike[str] | Bitstream,
    output: str | os.PathLike[str],
    *,
    reconstruct: Reconstruct = True,
    pruned: bool = True,
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
        max_shard_size: cut a sharded checkpoint into files of so many bytes; None: as it was
            cut before it was encoded, else 5 GB.
        limits: what to accept; None for the defaults of `nnc.Limits`.
        threads: number of threads, None for one a processor.
        executor: any `concurrent.futures.Executor`, used in place of threads of our own.
        memory: as for `encode_file`; models with decomposed or scaled layers are decoded as a
            whole.
        progress: called with the bytes of the model that are decoded, and with its size.

    Returns:
        The sizes.

    Raises:
        BitstreamError: as for `nnc.decode`.
        InputError: the suffix says no format, or the format can't hold a tensor.
        OSError: a file can't be read or written.

    Warns:
        DecodingWarning: the bitstream is an update; differences are written.
    """
    check_not_input(output, bitstream)
    found = format_of_output(output)
    opened = bitstream if isinstance(bitstream, Bitstream) else Bitstream.open(bitstream)
    bytes_read = sum(unit.byte_size for unit in opened.units)
    whole: dict[str, NDArray[Any]] | None = None
    if not pruned:
        decoded = decode_model(opened, limits=limits, threads=threads, executor=executor)
        whole = decoded.values(reconstruct=reconstruct, pruned=False)
    stream = ModelStream(
        opened, limits=limits, reconstruct=reconstruct, threads=threads, executor=executor
    )
    if stream.holds_differences:
        warn(
            "the bitstream is an update: what is written are differences to a base model",
            DecodingWarning,
        )
    warn_of_missing(opened, stream.metadata, stream.tensors)
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
            given = stream.values(nncodec1=nncodec1, memory=memory, advance=advance)
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
    return FileSizes(len(infos), size, bytes_read)
