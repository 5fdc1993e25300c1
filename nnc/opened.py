"""A file of which tensors are read one by one, with the habits of safetensors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream, Unit
from nnc.bitstream.skimming import RangedParser, skimmed
from nnc.decoder import Limits, ModelStream, Resources, decode_model
from nnc.decoder.completeness import check_whole
from nnc.decoder.layout import UnitLayout, layout_of
from nnc.decoder.model import twice
from nnc.decoder.rows import decoded_rows, raw_span
from nnc.decoder.selection import Contents, decode_some, may_be_nncodec1, no_tensor
from nnc.decoder.stream import Outline, outlines_of
from nnc.engine.mapped import MappedFile, opened, view_of
from nnc.engine.ranged import SeekableFile, ranged
from nnc.formats.extras import load
from nnc.formats.pytorch import tensor_of
from nnc.model.options import naming_options
from nnc.model.parts import joined_data_units
from nnc.model.ties import with_ties
from nnc.model.tree_names import refuse_left_out

FRAMEWORKS = {"np": "np", "numpy": "np", "pt": "pt", "torch": "pt", "pytorch": "pt"}

#: Bytes of units after which the memory that pages of the file are in is released.
RELEASED = 1 << 25


class TensorFile:
    """A bitstream in a file; each tensor is decoded when it is asked for.

    Until `keys` is called, only the headers that a tensor needs are read.
    """

    def __init__(
        self,
        filename: str | os.PathLike[str] | SeekableFile,
        framework: str = "np",
        device: str | int = "cpu",
        threads: int | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Map a file; arguments and errors as for `nnc.safe_open`."""
        if framework not in FRAMEWORKS:
            raise InputError(f"framework must be one of {sorted(FRAMEWORKS)}, not {framework!r}")
        self.framework, self.device = FRAMEWORKS[framework], device
        if self.framework == "np" and device != "cpu":
            raise InputError(f"arrays of NumPy are on the CPU, not on {device!r}")
        if self.framework == "pt":
            check_device(device)
        self.resources = Resources(threads=threads, limits=limits)
        self._ranged = ranged(filename)
        found: Any = self._ranged
        if found is None:
            path: Any = filename
            self.filename, found = os.fspath(path), opened(path)
        else:
            self.filename = found.name
        self._mapped = found if isinstance(found, MappedFile) else None
        self._data: Any = found if isinstance(found, bytes) else found.mapping
        self._whole: Bitstream | None = None
        self._contents: Contents | None = None
        self._stream: ModelStream | None = None
        self._nncodec1: bool | None = None
        self._read_bytes = 0
        if not len(self._data):
            check_whole(Bitstream())

    def __enter__(self) -> TensorFile:
        """Return the file."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the file."""
        self.close()

    def __repr__(self) -> str:
        """Show which file it is."""
        return f"<nnc.safe_open {self.filename!r}>"

    def close(self) -> None:
        """Let go of the file; what was read of it stays."""
        self._whole = self._contents = self._stream = self._mapped = self._data = None

    def keys(self) -> list[str]:
        """Return the names of all tensors, in the order of the bitstream.

        Raises:
            MissingValueError: it is an update that leaves names out, to be decoded by
                `nnc.Decoder` after what comes before it.
        """
        contents = self._all()
        for unit in contents.units:
            refuse_left_out(unit)
        if contents.is_layered or any(len(unit.names) > 1 for unit in contents.units):
            return list(self._streamed().tensors)
        return list(with_ties(dict.fromkeys(contents.names()), contents.metadata.ties))

    offset_keys = keys

    def metadata(self) -> dict[str, str] | None:
        """Return the key-value pairs of the model, None where there are none."""
        return dict(self._all().metadata.metadata) or None

    @checked
    def get_tensor(self, name: str) -> Any:
        """Decode a tensor.

        Args:
            name: its name.

        Returns:
            An array, or a tensor of PyTorch on the device, which can be written to.

        Raises:
            InputError: there is no such tensor.
            BitstreamError: as for `nnc.decode`, as far as its units go.
        """
        return self._delivered(name, self._values(name))

    @checked
    def get_slice(self, name: str) -> TensorSlice:
        """Return a tensor of which parts can be taken by indices.

        Raises:
            InputError: there is no such tensor.
        """
        return TensorSlice(name, self._outline(name), partial(self._part, name), self._delivered)

    def _part(self, name: str, first: int, stop: int) -> tuple[NDArray[Any], int]:
        """Return rows of a tensor, or all of them, and the number of the first that is there."""
        self._check()
        contents = self._all()
        source = self._source(name)
        simple = not (contents.is_layered or contents.metadata.full_dimensions)
        if simple and not may_be_nncodec1(self._parsed()):
            unit, layout = self._unit(source)
            note = contents.metadata.tensors.get(source)
            self._fetch_rows(unit, layout, first, stop)
            found = decoded_rows(unit, layout, note, first, stop)
            if found is not None:
                return found, first
        return self._values(name), 0

    def _fetch_rows(self, unit: Unit, layout: UnitLayout, first: int, stop: int) -> None:
        """Bring the bytes of some rows to where they are looked for: all where they are coded."""
        span = None if unit.parts else raw_span(layout, first, stop)
        if span is None or self._ranged is None or unit.payload_start is None:
            self._fetch_units(unit.parts or [unit])
        else:
            self._ranged.fetch(*(unit.payload_start + place for place in span))

    def _delivered(self, name: str, values: NDArray[Any]) -> Any:
        if self.framework == "np":
            return values
        tensor = tensor_of(values, f"tensor {name!r}")
        return tensor if self.device == "cpu" else tensor.to(self.device)

    def _values(self, name: str) -> NDArray[Any]:
        bitstream = self._holding(name)
        self._fetch(bitstream, name)
        if self._nncodec1 is None and may_be_nncodec1(bitstream):
            # The dialect shows only in all units together.
            self._nncodec1 = decode_model(self._parsed(), self.resources).nncodec1
        dialect = bool(self._nncodec1)
        model = decode_some(bitstream, [name], self.resources, nncodec1=dialect)
        model.warn_of_differences()
        values = model.values()
        self._check()
        self._read_bytes += sum(unit.byte_size for unit in model.bitstream.units)
        if self._read_bytes > RELEASED:
            self._read_bytes = 0
            bitstream.release_pages()
        if name not in values:
            raise no_tensor(name, self.keys())
        return values[name]

    def _fetch(self, bitstream: Bitstream, name: str) -> None:
        """Bring the bytes that a tensor comes out of to where they are looked for."""
        if self._ranged is None:
            return
        contents = Contents.of(bitstream.walk())
        needed = contents.needed([name])
        if not needed or contents.is_layered or may_be_nncodec1(bitstream):
            self._ranged.fetch(0, self._ranged.size)
        self._fetch_units(needed)

    def _fetch_units(self, units: Iterable[Unit]) -> None:
        for unit in units:
            if self._ranged is not None and unit.start is not None and unit.stop is not None:
                self._ranged.fetch(unit.start, unit.stop)

    def _outline(self, name: str) -> Outline:
        if self._all().is_layered:
            return self._streamed().tensors[self._known(name)]
        source = self._source(name)
        return outlines_of(*self._unit(source), self._all().metadata)[source]

    def _source(self, name: str) -> str:
        """Return the name that a tensor is coded under."""
        tie = self._all().metadata.ties.get(self._known(name))
        return name if tie is None else tie.name

    def _unit(self, source: str) -> tuple[Unit, UnitLayout]:
        """Return the unit of a tensor, which comes out of no other, and its layout."""
        contents = self._all()
        units = [unit for unit in contents.units if source in unit.names]
        note = contents.metadata.tensors.get(source)
        is_planes = note is not None and note.is_planes
        if len(units) > 1:
            # Payloads are put together.
            self._fetch_units(units)
        unit, *others = joined_data_units(units, {source} if is_planes else ())
        if others:
            raise others[0].locate(twice(source))
        return unit, layout_of(unit, self.resources.limits or Limits())

    def _known(self, name: str) -> str:
        names = self.keys()
        if name not in names:
            raise no_tensor(name, names)
        return name

    def _check(self) -> None:
        if self._data is None:
            raise InputError(f"{self.filename} was closed")
        if self._mapped is not None:
            self._mapped.check()

    def _holding(self, name: str) -> Bitstream:
        """Return the bitstream, or what may be enough of it for a tensor."""
        self._check()
        if self._whole is not None:
            return self._whole
        units = self._skimmed(name)
        contents = Contents.of(units or ())
        tie = contents.metadata.ties.get(name)
        if tie is not None:
            units = self._skimmed(tie.name)
            contents = Contents.of(units or ())
        source = name if tie is None else tie.name
        simple = not contents.metadata.batch_norms and any(
            unit.header is not None and source in unit.names for unit in contents.units
        )
        return self._with_units(units) if units and simple else self._parsed()

    def _skimmed(self, name: str) -> list[Unit] | None:
        file = self._mapped or self._ranged
        read = None if file is None else file.bytes_at
        fetch = None if self._ranged is None else self._ranged.fetch
        return skimmed(view_of(self._data), [name], read, fetch)

    def _with_units(self, units: list[Any]) -> Bitstream:
        made = Bitstream(units)
        if self._mapped is not None:
            made.note_mapping(self._mapped)
        return made

    def _parsed(self) -> Bitstream:
        self._check()
        if self._whole is None and self._ranged is not None:
            file, data = self._ranged, view_of(self._data)
            parser = RangedParser(data, file.bytes_at, file.fetch)
            self._whole = Bitstream(parser.parse_units(0, len(data)))
        elif self._whole is None:
            self._whole = self._with_units(Bitstream.parse(self._data).units)
        return self._whole

    def _all(self) -> Contents:
        self._check()
        if self._contents is None:
            self._contents = Contents.of(self._parsed().walk())
        return self._contents

    def _streamed(self) -> ModelStream:
        if self._stream is None:
            if self._ranged is not None:
                self._ranged.fetch(0, self._ranged.size)
            self._stream = ModelStream(self._parsed(), self.resources)
        return self._stream


def check_device(device: Any) -> None:
    """Refuse what is no device of PyTorch.

    Raises:
        InputError: it is none, or PyTorch isn't installed.
    """
    torch = load("torch", "torch", "tensors of PyTorch")
    try:
        torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise InputError(f"device {device!r}: {error}") from None


class TensorSlice:
    """A tensor of which parts are taken by indices.

    Rows of the first dimension are decoded from the first one to the last that is asked for, or
    read alone where they are stored. Where a tensor's rows don't come by themselves (packed types,
    layers put together, skipped rows) all of it is decoded each time.
    """

    def __init__(
        self,
        name: str,
        outline: Outline,
        decoded: Callable[[int, int], tuple[NDArray[Any], int]],
        delivered: Callable[[str, NDArray[Any]], Any],
    ) -> None:
        """Remember how rows are decoded: from one on to before another."""
        self.name, self.outline = name, outline
        self.decoded, self.delivered = decoded, delivered

    def get_shape(self) -> list[int]:
        """Return the shape, for which nothing is decoded."""
        return list(self.outline.shape)

    def get_dtype(self) -> str:
        """Return the name of the dtype, as NumPy or ml_dtypes know it."""
        return self.outline.dtype.name

    def __getitem__(self, index: Any) -> Any:
        """Return a part of the tensor, which keeps nothing of the rest."""
        shape = self.outline.shape
        rows = rows_in(index, shape[0]) if shape else range(0)
        values, first = self.decoded(rows.start, rows.stop)
        if shape and len(values) < shape[0]:
            index = moved(index, first)
        return self.delivered(self.name, np.array(values[index]))


def rows_in(index: Any, count: int) -> range:
    """Return the rows that an index takes some of, all where that isn't easily told; not none."""
    row = index[0] if isinstance(index, tuple) and index else index
    if (isinstance(row, slice) and row.step in (None, 1)) or is_number(row):
        row = row if isinstance(row, slice) else slice(row, int(row) + 1)
        if row.start is None or row.start >= 0:
            start, stop, _ = row.indices(count)
            if start < stop:
                return range(start, stop)
    return range(count)


def moved(index: Any, first: int) -> Any:
    """Return an index of whole rows as it is in an array that begins with another row."""
    row, *others = index if isinstance(index, tuple) else (index,)
    return (row - first if is_number(row) else slice(None), *others)


def is_number(index: Any) -> bool:
    """Tell whether an index is one number, and no truth value."""
    return isinstance(index, int | np.integer) and not isinstance(index, bool)


@naming_options
def safe_open(
    filename: str | os.PathLike[str] | SeekableFile,
    framework: str = "np",
    device: str | int = "cpu",
    *,
    threads: int | None = None,
    limits: Limits | None = None,
) -> TensorFile:
    """Open a file whose tensors are decoded one by one, as `safetensors.safe_open` does.

        with nnc.safe_open("model.nnc", framework="pt") as file:
            for name in file.keys():
                tensor = file.get_tensor(name)

    Args:
        filename: the file; or a URL that fsspec knows (`https://...`, `s3://...`; extra `fsspec`),
            or a file object that seeks and reads, of which only the ranges are read that hold the
            headers and what is asked for.
        framework: `np` returns arrays, `pt` tensors of PyTorch.
        device: where tensors of PyTorch go.
        threads: number of threads, None for one per processor.
        limits: what to accept; None for the defaults of `nnc.Limits`.

    Returns:
        The file: `keys`, `metadata`, `get_tensor`, `get_slice`, `close`.

    Raises:
        InputError: no such framework, or device.
        OSError: the file can't be read.
    """
    return TensorFile(filename, framework, device, threads, limits)
