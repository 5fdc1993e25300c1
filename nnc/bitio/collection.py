"""Putting the collector of cyclic garbage off while very many objects are made that all stay."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
# Calls that go on, and whether the collector is to be on again after the last of them.
_going_on = 0
_was_on = False


@contextmanager
def without_collection() -> Iterator[None]:
    """Put the collector off; it is as it was when the last of several such calls has ended.

    While the objects of tens of thousands of units are made, it would look through all of them
    again and again, for nothing: that takes longer than to make them. It is for what ends soon;
    not for the coding of large payloads, which may take minutes, in which other threads leave
    garbage.
    """
    global _going_on, _was_on
    with _lock:
        if _going_on == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _going_on += 1
    try:
        yield
    finally:
        with _lock:
            _going_on -= 1
            if _going_on == 0 and _was_on:
                gc.enable()
