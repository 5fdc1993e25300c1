"""Formats that hand-written code completes, by the names that they are loaded by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: What makes each, by name.
REGISTERED: dict[str, Callable[[], Any]] = {}


def register(name: str, make: Callable[[], Any]) -> None:
    """Let a format be loaded by a name.

    Args:
        name: the name.
        make: makes the `Format`; called when somebody asks for it.
    """
    REGISTERED[name] = make


def registered(name: str) -> Callable[[], Any] | None:
    """Return what makes the format of a name; None: there is at most a schema for it."""
    return REGISTERED.get(name)
