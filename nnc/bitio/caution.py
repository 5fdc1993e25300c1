"""Warnings, which point at the line of the program that called the library."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

#: Packages whose frames lie between the caller's line and the warning.
PASSED_OVER = ("nnc", "importlib")


class EncodingWarning(UserWarning):
    """The encoder did not do what was asked, because that was impossible."""


class DecodingWarning(UserWarning):
    """The result isn't all that the bitstream means; it holds differences, for example."""


class MissingTensorsWarning(DecodingWarning):
    """The bitstream names tensors that it doesn't hold."""


def warn(message: str, category: type[Warning]) -> None:
    """Issue a warning as of the innermost line of code outside of the library.

    Args:
        message: what to tell.
        category: kind of the warning.

    Warns:
        Warning: of that kind.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and is_passed_over(frame):
        frame = frame.f_back
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=frame.f_globals.get("__name__"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def is_passed_over(frame: FrameType) -> bool:
    """Tell whether a frame runs code of the library, or an import."""
    package = (frame.f_globals.get("__name__") or "").partition(".")[0]
    return package in PASSED_OVER
