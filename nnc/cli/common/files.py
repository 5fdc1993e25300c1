"""Input and output of the verbs: `-` for the standard streams, nothing overwritten unasked."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from nnc.bitio import BitstreamError, InputError
from nnc.bitstream import Bitstream, replace_bytes

if TYPE_CHECKING:
    from nnc.engine.document import Document

Function = TypeVar("Function", bound=Callable[..., Any])

#: What to do with a model file where a bitstream is expected.
NOT_A_BITSTREAM = "this looks like a model file; nnc encode makes a bitstream of it"

#: What to do with a file of another format that may carry a bitstream.
CARRIER = "this file may carry a bitstream; nnc extract takes it out"


def out_of_band_options(function: Function) -> Function:
    """Add the options for what a bitstream leaves to its receiver to know.

    The verb gets them as `out_of_band`: keyword arguments of `Bitstream.parse` and its like.
    """

    @functools.wraps(function)
    def verb(
        *args: Any, dimensions: Sequence[str], unary_length: Sequence[str], **rest: Any
    ) -> Any:
        shapes = dict(shape(text) for text in dimensions)
        given = {"dimensions": shapes, "cabac_unary_length_minus1": unary_lengths(unary_length)}
        return function(*args, out_of_band=given, **rest)

    options = [
        click.option("--dimensions", multiple=True, metavar="NAME=N,N...",
                     help="Dimensions of a tensor, if BITSTREAM leaves them out."),
        click.option("--cabac-unary-length-minus1", "unary_length", multiple=True,
                     metavar="[NAME=]N", help="Likewise for cabac_unary_length_minus1."),
    ]  # fmt: skip
    for option in reversed(options):
        verb = option(verb)
    return verb  # type: ignore[return-value]


def shape(text: str) -> tuple[str, list[int]]:
    """Read `NAME=N,N...`; nothing after the = is the shape of a scalar."""
    name, equals, numbers = text.rpartition("=")
    if not equals:
        raise InputError(f"{text!r} is not NAME=N,N...")
    return name, [number_in(text, part) for part in numbers.split(",") if numbers]


def unary_lengths(texts: Sequence[str]) -> int | dict[str, int] | None:
    """Read one number for all tensors, or `NAME=N` for some."""
    found: dict[str, int] = {}
    for text in texts:
        name, equals, number = text.rpartition("=")
        if not equals and len(texts) == 1:
            return number_in(text, number)
        if not equals:
            raise InputError(f"{text!r}: give one number for all tensors, or NAME=N for each")
        found[name] = number_in(text, number)
    return found or None


def number_in(text: str, part: str) -> int:
    """Read one number of an option that is not negative."""
    if not part.strip().isdecimal():
        raise InputError(f"{text!r}: {part!r} must be a number, 0 or more")
    return int(part)


def open_bitstream(path: str, **out_of_band: Any) -> Bitstream:
    """Open a bitstream; `-` reads standard input.

    Args:
        path: the file.
        **out_of_band: as for `Bitstream.parse`.

    Raises:
        BitstreamError: it can't be parsed.
        OSError: it can't be read.
        InputError: there is nothing in it.
    """
    if path == "-":
        bitstream = Bitstream.parse(sys.stdin.buffer.read(), **out_of_band)
    else:
        with saying_what_it_is(path):
            bitstream = Bitstream.open(path, **out_of_band)
    if not bitstream.units:
        raise InputError(f"{path}: the file is empty")
    return bitstream


@contextmanager
def saying_what_it_is(path: str) -> Iterator[None]:
    """Add to an error of a file that is read what the file is, where it is no bitstream."""
    try:
        yield
    except BitstreamError as error:
        if path != "-":
            error.hint = hint_of(path) or hint_of_first(error) or error.hint
        raise


def hint_of(path: str) -> str:
    """Say what a file is that is no bitstream, where that can be told."""
    from nnc.containers import is_carrier
    from nnc.formats import head_of, what_it_is

    head = head_of(path)
    what = what_it_is(head)
    if what is not None:
        return f"this is {what}"
    if is_carrier(head):
        return CARRIER
    return NOT_A_BITSTREAM if is_model_file(path) else ""


def hint_of_first(error: BitstreamError) -> str:
    """Say that a file whose very first unit can't be read may be something else."""
    return "the file is damaged, or no NNC bitstream at all" if error.unit == 0 else ""


def is_model_file(path: str) -> bool:
    """Tell whether a file is one of a format of models.

    Raises:
        OSError: there is no such file.
    """
    from nnc.formats import format_of_input

    try:
        format_of_input(path)
    except InputError:
        return False
    return True


def check_one_is_standard_input(*paths: str) -> None:
    """Refuse several inputs that would all be read from standard input."""
    if paths.count("-") > 1:
        raise InputError("only one input can be standard input (-)")


def check_different(*outputs: str | None) -> None:
    """Refuse several outputs that are one file."""
    places = [one if one == "-" else os.path.abspath(one) for one in outputs if one is not None]
    for number, place in enumerate(places):
        if place in places[:number]:
            raise InputError(f"{place} is named for two outputs")


def check_output(path: str, force: bool) -> None:
    """Refuse an output file that exists, unless it may be overwritten.

    A device or a pipe is written to, and nothing is overwritten.
    """
    if path == "-":
        return
    place = Path(path)
    if place.is_dir():
        raise InputError(f"{path} is a folder")
    if not force and place.is_file():
        raise InputError(f"{path} exists; --force overwrites it")


def check_model_output(path: str, force: bool) -> None:
    """Refuse a model file, or a folder with a checkpoint, that exists; as `check_output`."""
    from nnc.formats import INDEX_SUFFIX, format_of_output

    place = Path(path)
    if path.endswith(INDEX_SUFFIX):
        place = place.parent
    if format_of_output(path).folder and place.is_dir():
        # The folder is the model.
        if not force and any(place.iterdir()):
            raise InputError(f"{path} exists; --force overwrites it")
    elif not place.is_dir():
        check_output(path, force)
    elif not force and any(place.rglob("*.safetensors*")):
        raise InputError(f"{place} holds a model; --force overwrites it")


class ByteSize(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A number of bytes: `4096`, `500MB`, `2GiB`."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:([kMGT])(i?)B?)?", str(value))
        if found is None:
            self.fail(f"{value!r} is not a size such as 500MB or 2GiB", param, ctx)
        base = 1024 if found[3] else 1000
        power = " kMGT".index(found[2] or " ")
        return int(float(found[1]) * base**power)


@contextmanager
def binary_output(path: str) -> Iterator[str | BinaryIO]:
    """Return a path, or for `-` standard output, which is flushed at the end."""
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        yield path


def write_bytes(data: bytes | memoryview, path: str) -> None:
    """Write bytes to a file in one step, or to standard output for `-`."""
    if path == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        replace_bytes(path, data)


def write_bitstream(bitstream: Bitstream | Document, path: str) -> None:
    """Write a bitstream to a file in one step, or to standard output for `-`."""
    if path == "-":
        bitstream.write(sys.stdout.buffer)
        sys.stdout.buffer.flush()
    else:
        bitstream.save(path)
