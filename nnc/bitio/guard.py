"""Turns whatever goes wrong within generated code into the project's errors, with the place."""

from __future__ import annotations

from typing import Any

from nnc.bitio.bits import BitReader, limit_error
from nnc.bitio.errors import BuildError, InvalidError, PlacedError

#: What goes wrong within generated code.
FAULTS = (PlacedError, RecursionError, MemoryError, ArithmeticError, TypeError, ValueError)


def told(error: Exception, stream: Any) -> PlacedError:
    """Return one of `FAULTS` as an error of the project, with path and position.

    Args:
        error: what went wrong.
        stream: the reader or writer that was used.
    """
    if isinstance(error, PlacedError):
        return placed(error, stream)
    if isinstance(error, RecursionError | MemoryError):
        return limit_error(stream, "too much for this machine", "", None, "depth")
    kind = InvalidError if isinstance(stream, BitReader) else BuildError
    fault = kind(f"an expression can't be worked out: {error}", code="arithmetic")
    return placed(fault, stream)


def cause(error: Exception) -> Exception | None:
    """Return what to name as the cause of the error of the project, None for itself."""
    return None if isinstance(error, PlacedError) else error


def placed(error: PlacedError, stream: Any) -> PlacedError:
    """Return an error with path and position, where it has none of its own.

    What is wrong with an expression while a table is written is wrong with the table.
    """
    if error.path:
        return error
    error.path = stream.path("").rstrip(".")
    if isinstance(stream, BitReader):
        if error.bit_position is None:
            error.bit_position = stream.position
    elif isinstance(error, InvalidError):
        return BuildError(error.message, code=error.code, path=error.path, value=error.value)
    return error
