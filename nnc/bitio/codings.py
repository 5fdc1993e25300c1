"""Codings of whole values beyond those of `BitReader` and `BitWriter` itself, by descriptor.

Each is read out of a reader and written into a writer by their own verbs, so that ends of data,
values that don't fit and positions are theirs to check. What a code can spell in several ways
is kept with its value, so that what was read is written again bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

#: Bytes that a LEB128 code has at most (AV1, clause 4.10.5).
MOST_LEB128_BYTES = 8

#: Zeros that a uvlc code begins with at most: as many stand for the largest value.
MOST_UVLC_ZEROS = 32

#: Zeros that a Rice code begins with at most: who needs more has chosen a wrong parameter.
MOST_RICE_ZEROS = 1 << 20


class LongInteger(int):
    """An integer whose code was longer than it has to be, by `size` bytes in all."""

    size: int = 0

    @classmethod
    def of(cls, value: int, size: int) -> LongInteger:
        """Return the integer with the size of its code."""
        made = cls(value)
        made.size = size
        return made


class Coding(NamedTuple):
    """How one descriptor codes a value.

    Attributes:
        kind: type of the value: `int`, `str` or `bytes`.
        read: reads it: reader, arguments of the descriptor, name and index of the element.
        write: writes it: writer, arguments, value, name and index.
        limits: first and last value by the arguments, for an `int`.
        empty: the least there is by the arguments, for text and bytes.
        endless: the code has no fixed width.
    """

    kind: str
    read: Callable[[Any, tuple[int, ...], str, Any], Any]
    write: Callable[[Any, tuple[int, ...], Any, str, Any], None]
    limits: Callable[[tuple[int, ...]], tuple[int, int]] = lambda arguments: (0, 0)
    empty: Callable[[tuple[int, ...]], Any] = lambda arguments: 0
    endless: bool = False


def integer_in(stream: Any, value: Any, limits: tuple[int, int], name: str, index: Any) -> Any:
    """Return a value that is an integer within limits, or refuse it."""
    number = stream.integer(value, name, index)
    if not limits[0] <= number <= limits[1]:
        stream.fail("the value doesn't fit", name, index, value, f"{limits[0]}..{limits[1]}")
    return number


def whole_bytes(stream: Any, width: int, name: str, index: Any) -> int:
    """Return a width in bits as a number of bytes, or refuse it."""
    if width < 8 or width & 7:
        stream.fail("the width is no number of whole bytes", name, index, width, "8, 16, 24 ...")
    return int(stream.checked_width(width, name, index)) >> 3


# Little-endian integers


def read_ule(reader: Any, arguments: tuple[int, ...], name: str, index: Any) -> int:
    """Read an unsigned integer, least significant byte first."""
    size = whole_bytes(reader, arguments[0], name, index)
    number: int = reader.u(arguments[0], name, index)
    return int.from_bytes(number.to_bytes(size, "big"), "little")


def write_ule(writer: Any, arguments: tuple[int, ...], value: Any, name: str, index: Any) -> None:
    """Write an unsigned integer, least significant byte first."""
    size = whole_bytes(writer, arguments[0], name, index)
    number = integer_in(writer, value, ule_limits(arguments), name, index)
    writer.u(arguments[0], int.from_bytes(number.to_bytes(size, "big"), "little"), name, index)


def ule_limits(arguments: tuple[int, ...]) -> tuple[int, int]:
    """Return the first and the last unsigned integer of a width."""
    return 0, (1 << arguments[0]) - 1


def read_ile(reader: Any, arguments: tuple[int, ...], name: str, index: Any) -> int:
    """Read a two's complement integer, least significant byte first."""
    number = read_ule(reader, arguments, name, index)
    return number - (1 << arguments[0]) if number >> (arguments[0] - 1) else number


def write_ile(writer: Any, arguments: tuple[int, ...], value: Any, name: str, index: Any) -> None:
    """Write a two's complement integer, least significant byte first."""
    whole_bytes(writer, arguments[0], name, index)
    number = integer_in(writer, value, ile_limits(arguments), name, index)
    write_ule(writer, arguments, number & ((1 << arguments[0]) - 1), name, index)


def ile_limits(arguments: tuple[int, ...]) -> tuple[int, int]:
    """Return the first and the last two's complement integer of a width."""
    half = 1 << (arguments[0] - 1)
    return -half, half - 1


# Codes of variable width


def read_leb128(reader: Any, arguments: tuple[int, ...], name: str, index: Any) -> int:
    """Read seven bits a byte, least significant first; the top bit says that more follow."""
    value = 0
    for size in range(MOST_LEB128_BYTES):
        byte = reader.u(8, name, index)
        value |= (byte & 127) << (7 * size)
        if byte < 128:
            least = max((value.bit_length() + 6) // 7, 1)
            return value if size + 1 == least else LongInteger.of(value, size + 1)
    reader.fail("the LEB128 code is too long", name, index, None, f"{MOST_LEB128_BYTES} bytes")
    return value


def write_leb128(
    writer: Any, arguments: tuple[int, ...], value: Any, name: str, index: Any
) -> None:
    """Write seven bits a byte, in as many bytes as it was read from."""
    number = integer_in(writer, value, leb128_limits(arguments), name, index)
    size = max((number.bit_length() + 6) // 7, 1)
    if isinstance(value, LongInteger):
        size = max(size, min(value.size, MOST_LEB128_BYTES))
    for place in range(size):
        more = 128 if place < size - 1 else 0
        writer.u(8, (number >> (7 * place)) & 127 | more, name, index)


def leb128_limits(arguments: tuple[int, ...]) -> tuple[int, int]:
    """Return the first and the last value of a LEB128 code."""
    return 0, (1 << (7 * MOST_LEB128_BYTES)) - 1


def read_uvlc(reader: Any, arguments: tuple[int, ...], name: str, index: Any) -> int:
    """Read an Exp-Golomb code in which 32 zeros stand for the largest value."""
    zeros = 0
    while not reader.u(1, name, index):
        zeros += 1
        if zeros > MOST_UVLC_ZEROS:
            reader.fail("the uvlc code is too long", name, index, None, "at most 32 zeros")
    if zeros == MOST_UVLC_ZEROS:
        return (1 << MOST_UVLC_ZEROS) - 1
    suffix: int = reader.u(zeros, name, index)
    return suffix + (1 << zeros) - 1


def write_uvlc(writer: Any, arguments: tuple[int, ...], value: Any, name: str, index: Any) -> None:
    """Write an Exp-Golomb code in which 32 zeros stand for the largest value."""
    number = integer_in(writer, value, uvlc_limits(arguments), name, index)
    zeros = (number + 1).bit_length() - 1
    writer.u(zeros, 0, name, index)
    if zeros == MOST_UVLC_ZEROS:
        writer.u(1, 1, name, index)
    else:
        writer.u(zeros + 1, number + 1, name, index)


def uvlc_limits(arguments: tuple[int, ...]) -> tuple[int, int]:
    """Return the first and the last value of a uvlc code."""
    return 0, (1 << MOST_UVLC_ZEROS) - 1


def read_ns(reader: Any, arguments: tuple[int, ...], name: str, index: Any) -> int:
    """Read a value below n, small ones in a bit less (AV1, clause 4.10.7)."""
    count = positive(reader, arguments[0], name, index)
    width = count.bit_length()
    short = (1 << width) - count
    value: int = reader.u(width - 1, name, index)
    return value if value < short else 2 * value - short + reader.u(1, name, index)


def write_ns(writer: Any, arguments: tuple[int, ...], value: Any, name: str, index: Any) -> None:
    """Write a value below n, small ones in a bit less."""
    count = positive(writer, arguments[0], name, index)
    number = integer_in(writer, value, ns_limits(arguments), name, index)
    width = count.bit_length()
    short = (1 << width) - count
    if number < short:
        writer.u(width - 1, number, name, index)
    else:
        writer.u(width, number + short, name, index)


def ns_limits(arguments: tuple[int, ...]) -> tuple[int, int]:
    """Return the first and the last of n values."""
    return 0, max(arguments[0], 1) - 1


def positive(stream: Any, count: int, name: str, index: Any) -> int:
    """Return the number of values that a code tells apart, or refuse it."""
    if count < 1:
        stream.fail("the code is for no value at all", name, index, count, "1 and above")
    return count


def read_tu(reader: Any, arguments: tuple[int, ...], name: str, index: Any) -> int:
    """Read ones up to a zero, or as many as there may be."""
    value = 0
    while value < arguments[0] and reader.u(1, name, index):
        value += 1
    return value


def write_tu(writer: Any, arguments: tuple[int, ...], value: Any, name: str, index: Any) -> None:
    """Write ones and the zero that ends them, but after the last possible."""
    number = integer_in(writer, value, up_to(arguments), name, index)
    for _ in range(writer.checked_width(number, name, index)):
        writer.u(1, 1, name, index)
    if number < arguments[0]:
        writer.u(1, 0, name, index)


def up_to(arguments: tuple[int, ...]) -> tuple[int, int]:
    """Return 0 and the largest value that the argument says."""
    return 0, max(arguments[0], 0)


def read_rice(reader: Any, arguments: tuple[int, ...], name: str, index: Any) -> int:
    """Read a signed integer: zeros up to a 1, then so many bits (RFC 9639, clause 9.2.7.3)."""
    width = arguments[0]
    high = 0
    while True:
        ahead = min(32, reader.end - reader.position)
        following = reader.next_bits(ahead)
        if following > 0:
            zeros = ahead - following.bit_length()
            high += zeros
            reader.position += zeros + 1
            break
        high += ahead
        if high > MOST_RICE_ZEROS:
            reader.fail("the Rice code is too long", name, index, None, f"{MOST_RICE_ZEROS} zeros")
        reader.u(ahead or 1, name, index)
    if high > MOST_RICE_ZEROS:
        reader.fail("the Rice code is too long", name, index, None, f"{MOST_RICE_ZEROS} zeros")
    number: int = high << width | reader.u(width, name, index)
    return number >> 1 ^ -(number & 1)


def write_rice(writer: Any, arguments: tuple[int, ...], value: Any, name: str, index: Any) -> None:
    """Write a signed integer as zeros, a 1, and so many bits."""
    width = arguments[0]
    number = integer_in(writer, value, rice_limits(arguments), name, index)
    folded = 2 * number if number >= 0 else -2 * number - 1
    writer.u(folded >> width, 0, name, index)
    writer.u(width + 1, 1 << width | folded & ((1 << width) - 1), name, index)


def rice_limits(arguments: tuple[int, ...]) -> tuple[int, int]:
    """Return the first and the last integer of a Rice code."""
    half = (MOST_RICE_ZEROS + 1) << arguments[0] >> 1
    return -half, half - 1


def read_te(reader: Any, arguments: tuple[int, ...], name: str, index: Any) -> int:
    """Read an Exp-Golomb code, or one inverted bit where only 0 and 1 are possible."""
    if arguments[0] > 1:
        value: int = reader.ue(0, name, index)
        return value
    return 1 - int(reader.u(1, name, index))


def write_te(writer: Any, arguments: tuple[int, ...], value: Any, name: str, index: Any) -> None:
    """Write an Exp-Golomb code, or one inverted bit where only 0 and 1 are possible."""
    if arguments[0] > 1:
        writer.ue(0, value, name, index)
    else:
        writer.u(1, 1 - integer_in(writer, value, (0, 1), name, index), name, index)


def te_limits(arguments: tuple[int, ...]) -> tuple[int, int]:
    """Return the first and the last value of a te code."""
    return 0, max(arguments[0], 1)


# Bytes and text of a size that stands elsewhere


def read_bytes(reader: Any, arguments: tuple[int, ...], name: str, index: Any) -> Any:
    """Read so many bytes, from whatever bit on; at a byte boundary as a view on the data."""
    size = arguments[0]
    if size < 0:
        reader.fail("the number of bytes is negative", name, index, size, "0 and above")
    start = reader.position
    if 8 * size > reader.end - start:
        reader.raise_incomplete(8 * size, name, index)
    if start & 7:
        return bytes([reader.u(8, name, index) for _ in range(size)])
    reader.position = start + 8 * size
    return reader.source[start >> 3 : (start >> 3) + size]


def write_bytes(
    writer: Any, arguments: tuple[int | None, ...], value: Any, name: str, index: Any
) -> None:
    """Write bytes, as many as there have to be (None: as many as there are)."""
    try:
        raw = memoryview(value).tobytes()
    except TypeError:
        writer.fail("not a bytes-like object", name, index, value, "bytes")
    size = arguments[0]
    if size is not None and len(raw) != size:
        writer.fail(
            "the bytes have another size", name, index, len(raw), f"{size} bytes", code="wrong-size"
        )
    if writer.byte_aligned():
        writer.bs(raw, name, index)
        return
    for byte in raw:
        writer.u(8, byte, name, index)


def read_text(reader: Any, arguments: tuple[int, ...], name: str, index: Any) -> str:
    """Read so many bytes of UTF-8."""
    raw = bytes(read_bytes(reader, arguments, name, index))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        reader.fail(f"not UTF-8: {error.reason}", name, index, raw[:40], "UTF-8")
        raise


def write_text(
    writer: Any, arguments: tuple[int | None, ...], value: Any, name: str, index: Any
) -> None:
    """Write text in UTF-8, of as many bytes as there have to be."""
    if not isinstance(value, str):
        writer.fail("not a text", name, index, value, "text")
    write_bytes(writer, arguments, writer.utf8(value, name, index), name, index)


def read_fourcc(reader: Any, arguments: tuple[int, ...], name: str, index: Any) -> str:
    """Read four characters of a byte each."""
    return bytes(read_bytes(reader, (4,), name, index)).decode("latin-1")


def write_fourcc(
    writer: Any, arguments: tuple[int, ...], value: Any, name: str, index: Any
) -> None:
    """Write four characters of a byte each."""
    if not isinstance(value, str) or len(value) != 4 or max(value) > "\xff":
        writer.fail("not four characters of a byte", name, index, value, "four characters")
    write_bytes(writer, (4,), value.encode("latin-1"), name, index)


#: The codings by descriptor.
CODINGS: Final[dict[str, Coding]] = {
    "ule": Coding("int", read_ule, write_ule, ule_limits),
    "ile": Coding("int", read_ile, write_ile, ile_limits),
    "leb128": Coding("int", read_leb128, write_leb128, leb128_limits, endless=True),
    "uvlc": Coding("int", read_uvlc, write_uvlc, uvlc_limits, endless=True),
    "ns": Coding("int", read_ns, write_ns, ns_limits),
    "tu": Coding("int", read_tu, write_tu, up_to, endless=True),
    "rice": Coding("int", read_rice, write_rice, rice_limits, endless=True),
    "te": Coding("int", read_te, write_te, te_limits, endless=True),
    "bytes": Coding("bytes", read_bytes, write_bytes, empty=lambda a: bytes(max(a[0], 0))),
    "text": Coding("str", read_text, write_text, empty=lambda a: "\0" * max(a[0], 0)),
    "fourcc": Coding("str", read_fourcc, write_fourcc, empty=lambda a: "    "),
}
