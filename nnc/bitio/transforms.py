"""Transforms of bytes that tables lie under: emulation prevention, zlib, those of a format."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

from nnc.bitio.bits import BitReader, BitWriter, limit_error
from nnc.bitio.errors import NncError, PlacedError

#: Where two zeros mustn't stay as they are (ITU-T H.264, 7.4.1).
TWO_ZEROS = re.compile(rb"\x00\x00(?=[\x00-\x03])")


class Transform(NamedTuple):
    """A way from the bytes of a file to those of a table, and back.

    Attributes:
        decode: gets the bytes of the file, and how many it may make of them; a `ValueError`
            says that they can't be.
        encode: gets the bytes of the table.
    """

    decode: Callable[[bytes, int], bytes]
    encode: Callable[[bytes], bytes]


def without_emulation_prevention(data: bytes, most: int) -> bytes:
    """Take the 3 out of each 0, 0, 3."""
    return data.replace(b"\0\0\3", b"\0\0")


def with_emulation_prevention(data: bytes) -> bytes:
    """Put a 3 behind two zeros wherever they would look like a start code."""
    made = TWO_ZEROS.sub(b"\0\0\3", data)
    return made + b"\3" if made.endswith(b"\0\0") else made


def inflated(data: bytes, most: int) -> bytes:
    """Inflate a zlib stream.

    Raises:
        ValueError: it is none, it goes on after its end, or comes to more than `most` bytes.
    """
    inflater = zlib.decompressobj()
    try:
        made = inflater.decompress(data, most + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(made) > most:
        raise OverflowError(most)
    if not inflater.eof:
        raise ValueError("the stream has no end")
    if inflater.unused_data:
        raise ValueError("something follows the end of the stream")
    return made


#: The transforms that the language has.
TRANSFORMS = {
    "emulation_prevention": Transform(without_emulation_prevention, with_emulation_prevention),
    "zlib": Transform(inflated, zlib.compress),
}


def transform_of(syntax: Any, name: str, stream: Any) -> Transform:
    """Return a transform by name: one of the language, or one that the format has given.

    Raises:
        PlacedError: there is none.
    """
    own: dict[str, Transform] = syntax.scope_type.transforms
    if name not in own and name not in TRANSFORMS:
        stream.fail(f"the format gives no transform {name!r}", "", code="no-transform")
    return own[name] if name in own else TRANSFORMS[name]


def parse_within(syntax: Any, name: str, stream: BitReader, context: Any, path: str) -> Any:
    """Parse a table out of what a transform makes of the bytes up to the end."""
    begin = stream.position
    transform = transform_of(syntax, name, stream)
    if begin & 7:
        stream.fail("bytes have to start at a byte boundary", "")
    raw = bytes(stream.source[begin >> 3 : stream.end >> 3])
    data = decoded(transform, name, raw, stream)
    inner = BitReader(data, trace=stream.trace, limits=stream.limits, rules=stream.rules)
    inner.stack, inner.begins, inner.pending = stream.stack, stream.begins, stream.pending
    inner.layer = f"{name} at {begin >> 3}" + (f" in {stream.layer}" if stream.layer else "")
    try:
        obj = syntax._parse_within(inner, context, path)
    except PlacedError as error:
        if not error.layer and error.bit_position is not None:
            error.layer = inner.layer
        raise
    stream.position = begin + 8 * len(raw)
    if encoded(transform, data, stream) != raw:
        obj.original_data = raw
    return obj


def build_within(
    syntax: Any, name: str, obj: Any, stream: BitWriter, context: Any, path: str
) -> Any:
    """Build a table, and write what a transform makes of its bytes.

    Where that isn't what was read, what was read is kept as long as the table is the same.
    """
    transform = transform_of(syntax, name, stream)
    inner = BitWriter(limits=stream.limits, rules=stream.rules, filler=stream.filler)
    inner.stack, inner.begins, inner.pending = stream.stack, stream.begins, stream.pending
    inner.layer = name
    syntax._build_within(obj, inner, context, path)
    data = inner.to_bytes()
    original = bytes(obj.original_data)
    if not original or decoded(transform, name, original, stream) != data:
        original = encoded(transform, data, stream)
    stream.bs(original)
    return obj


def decoded(transform: Transform, name: str, raw: bytes, stream: Any) -> bytes:
    """Return what a transform makes of the bytes of a file; whatever goes wrong has a place."""
    most = stream.limits.inflated
    try:
        data = transform.decode(raw, most)
    except OverflowError:
        raise limit_error(stream, f"{name} comes to too many bytes", "", None, "inflated") from None
    except NncError:
        raise
    except Exception as error:
        stream.fail(f"not {name}: {error}", "", code="bad-transform")
        raise
    if len(data) > most:
        raise limit_error(stream, f"{name} comes to too many bytes", "", None, "inflated")
    return data


def encoded(transform: Transform, data: bytes, stream: Any) -> bytes:
    """Return what a transform makes of the bytes of a table."""
    try:
        return transform.encode(data)
    except NncError:
        raise
    except Exception as error:
        stream.fail(f"the transform fails: {error}", "", code="bad-transform")
        raise
