"""Libraries of frameworks: imported when a format needs one, named when it is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nnc.bitio import InputError


def load(module: str, extra: str, use: str) -> Any:
    """Import a library that is no dependency of nnc itself.

    Args:
        module: the module to import.
        extra: the extra of nnc that installs it; "" where none does.
        use: what it is needed for, as the message says it: "ONNX models".

    Raises:
        InputError: it isn't installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        how = f"'nnc[{extra}]'" if extra else module
        raise InputError(f"{use} need {module} ({error}): pip install {how}") from None
