"""Turns whatever goes wrong within generated code into the project's errors, with the place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nnc.bitio.bits import BitReader, limit_error
from nnc.bitio.errors import BuildError, InvalidError, PlacedError


@contextmanager
def guarded(stream: Any) -> Iterator[None]:
    """Let nothing but errors of the project out, each with path and position.

    Args:
        stream: the reader or writer that is used within.

    Raises:
        PlacedError: anything went wrong.
    """
    try:
        yield
    except PlacedError as error:
        raise placed(error, stream) from None
    except (RecursionError, MemoryError) as error:
        raise limit_error(stream, "too much for this machine", "", None, "depth") from error
    except (ArithmeticError, TypeError, ValueError) as error:
        kind = InvalidError if isinstance(stream, BitReader) else BuildError
        fault = kind(f"an expression can't be worked out: {error}", code="arithmetic")
        raise placed(fault, stream) from error


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
