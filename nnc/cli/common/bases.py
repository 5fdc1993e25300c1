"""`--base`: what a bitstream is an update of, for the verbs that look into payloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nnc.bitio import BitstreamError, InputError
from nnc.bitstream import Bitstream
from nnc.cli.common.files import check_one_is_standard_input, is_model_file, open_bitstream

if TYPE_CHECKING:
    from nnc.decoder import Decoder, Topology

Function = TypeVar("Function", bound=Callable[..., Any])

#: How a file of the format of zip begins, as the state of a session is one.
ZIP_SIGNATURE = b"PK\x03\x04"


class Kind(Enum):
    """What a file is that came before a bitstream."""

    BITSTREAM = "a bitstream"
    MODEL = "a model file"
    STATE = "a saved session"


@dataclass(slots=True)
class Base:
    """What came before a bitstream.

    Attributes:
        session: a decoder that has taken it.
        metadata: key-value pairs that were kept with the model.
        topology: the structure of the network, where that is known.
    """

    session: Decoder
    metadata: dict[str, str] = field(default_factory=dict)
    topology: Topology | None = None

    def add(self, bitstream: Bitstream) -> None:
        """Take over what a bitstream says of the model beside its tensors."""
        from nnc.decoder import Limits, read_topology
        from nnc.model.metadata import read_metadata

        self.metadata = read_metadata(bitstream.walk()).metadata or self.metadata
        limits = self.session.resources.limits or Limits()
        self.topology = read_topology(bitstream.walk(), limits) or self.topology


def base_option(function: Function) -> Function:
    """Add the option `--base`; the verb gets a tuple of paths."""
    return click.option(
        "--base", metavar="FILE", multiple=True,
        help="What BITSTREAM updates: a bitstream, a model file or a saved session. Repeat it, in "
             "order, for each bitstream that came between.",
    )(function)  # fmt: skip


def open_base(
    paths: Sequence[str],
    out_of_band: Mapping[str, Any],
    *,
    reconstruct: bool = True,
    **options: Any,
) -> Base | None:
    """Take in what came before a bitstream, None where nothing is said to.

    Args:
        paths: a bitstream, a model file or the state of a session; then bitstreams.
        out_of_band: what bitstreams leave out, as for `Bitstream.parse`.
        reconstruct: as for `nnc.Decoder.decode`.
        **options: those of `nnc.Decoder`.

    Raises:
        BitstreamError: a bitstream can't be decoded, or doesn't follow on those before it.
        InputError: a model or a state stands after other files.
        OSError: a file can't be read.
    """
    if not paths:
        return None
    kinds = [kind_of(path) for path in paths]
    for path, kind in list(zip(paths, kinds, strict=True))[1:]:
        if kind is not Kind.BITSTREAM:
            raise InputError(f"{path} is {kind.value}, and can only be the first --base")
    base = open_start(paths[0], kinds[0], options)
    for path in paths if kinds[0] is Kind.BITSTREAM else paths[1:]:
        try:
            bitstream = open_bitstream(path, **out_of_band)
            base.session.decode(bitstream, reconstruct=reconstruct, apply=False)
        except BitstreamError as error:
            # The place in it doesn't tell which of several files is at fault.
            error.message = f"in --base {path}: {error.message}"
            raise
        base.add(bitstream)
    return base


def open_session(
    paths: Sequence[str], out_of_band: Mapping[str, Any], *others: str
) -> Decoder | None:
    """Return the session in which what came before a bitstream has been taken in, if it is said.

    Args:
        paths: as for `open_base`.
        out_of_band: likewise.
        *others: the other inputs of the verb; only one of all can be standard input.

    Raises:
        NncError: as `open_base` raises, or for several inputs that are standard input.
        OSError: a file can't be read.
    """
    check_one_is_standard_input(*others, *paths)
    base = open_base(paths, out_of_band)
    return None if base is None else base.session


def open_start(path: str, kind: Kind, options: Mapping[str, Any]) -> Base:
    """Start with a model file or the state of a session, or with nothing.

    Raises:
        InputError: it is damaged.
        OSError: it can't be read.
    """
    from nnc.decoder import Decoder
    from nnc.formats import read_model

    if kind is Kind.MODEL:
        model = read_model(path)
        return Base(Decoder(model.tensors, **options), dict(model.metadata), model.topology)
    if kind is Kind.STATE:
        return Base(Decoder.load(path, **options))
    return Base(Decoder(**options))


def kind_of(path: str) -> Kind:
    """Tell what a file is; standard input is a bitstream.

    Raises:
        OSError: it can't be read.
    """
    if path == "-":
        return Kind.BITSTREAM
    if is_model_file(path):
        return Kind.MODEL
    with Path(path).open("rb") as file:
        is_archive = file.read(len(ZIP_SIGNATURE)) == ZIP_SIGNATURE
    return Kind.STATE if is_archive else Kind.BITSTREAM
