# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""What expressions of programs work out, and Exp-Golomb codes, for machine.py."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.bitio.operations works only when compiled")

from cython.cimports.nnc.bitio.reading import BitReader
from cython.cimports.nnc.bitio.writing import BitWriter

#: A result beyond this one isn't for expressions here: those of Python have no measure.
LARGEST = cython.declare(cython.longlong, 1 << 60)

#: Factors beyond this one aren't either.
LARGEST_FACTOR = cython.declare(cython.longlong, 1 << 30)


@cython.cfunc
@cython.exceptval(-1)
def compute(
    now: cython.pointer(cython.longlong), values: cython.pointer(cython.longlong)
) -> cython.int:
    """Work out one operation; 0 where that is for Python."""
    op: cython.longlong = now[0]
    left: cython.longlong = values[now[2]]
    right: cython.longlong = now[3] if now[4] else values[now[3]]
    if op == MOVE:
        left = right
    elif op == EQUAL:
        left = left == right
    elif op == UNEQUAL:
        left = left != right
    elif op == LESS:
        left = left < right
    elif op == AT_MOST:
        left = left <= right
    elif op == MORE:
        left = left > right
    elif op == AT_LEAST:
        left = left >= right
    elif op == AND:
        left = left != 0 and right != 0
    elif op == OR:
        left = left != 0 or right != 0
    elif op == PLUS:
        left += right
    elif op == MINUS:
        left -= right
    elif op == TIMES:
        if not -LARGEST_FACTOR < left < LARGEST_FACTOR:
            return 0
        if not -LARGEST_FACTOR < right < LARGEST_FACTOR:
            return 0
        left *= right
    elif op in (QUOTIENT, REMAINDER):
        if left < 0 or right <= 0:
            return 0
        left = left // right if op == QUOTIENT else left % right
    elif op == BIT_AND:
        left &= right
    elif op == BIT_OR:
        left |= right
    elif op == BIT_XOR:
        left ^= right
    elif op == SHIFT_LEFT:
        if not 0 <= right <= 20:
            return 0
        left = left << right
    elif op == SHIFT_RIGHT:
        if not 0 <= right <= 60:
            return 0
        left = left >> right
    else:
        return 0
    if not -LARGEST < left < LARGEST:
        return 0
    values[now[1]] = left
    return 1


@cython.cfunc
@cython.exceptval(-2)
def read_exp_golomb(reader: BitReader, k: cython.longlong) -> cython.longlong:
    """Return an Exp-Golomb code, -1 where it can't be read here."""
    place: cython.Py_ssize_t = reader.position
    order: cython.longlong = k
    while True:
        if place >= reader.end or order > 56:
            return -1
        if (reader.data[place >> 3] >> (7 - (place & 7))) & 1:
            break
        order += 1
        place += 1
    place += 1
    if order > reader.end - place:
        return -1
    reader.position = place + order
    return (
        cython.cast(cython.longlong, reader.read_word(place, order))
        + (cython.cast(cython.longlong, 1) << order)
        - (cython.cast(cython.longlong, 1) << k)
    )


@cython.cfunc
@cython.exceptval(-1)
def write_exp_golomb(writer: BitWriter, k: cython.longlong, number: cython.longlong) -> cython.int:
    """Write an Exp-Golomb code of a number that isn't large."""
    whole: cython.ulonglong = number + (cython.cast(cython.longlong, 1) << k)
    size: cython.longlong = k
    while whole >> (size + 1):
        size += 1
    if size > k:
        if size - k > 32:
            writer.write_word(size - k - 32, 0)
            writer.write_word(32, 0)
        else:
            writer.write_word(size - k, 0)
    if size >= 32:
        writer.write_word(size - 31, whole >> 32)
        writer.write_word(32, whole & 0xFFFFFFFF)
    else:
        writer.write_word(size + 1, whole)
    return 1
