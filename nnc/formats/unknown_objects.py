"""What checkpoints hold beside the model that is code to be run: settings, paths, numpy's numbers.

Such objects are never made. Each is read as a stand-in that takes whatever it is given and does
nothing; then the entries of the checkpoint that hold one are left out. A stand-in within the model
itself is a reason to refuse the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnc.bitio.caution import ModelFileWarning, warn
from nnc.formats.checkpoints import STATE_KEYS, listed

#: More classes than this are beside no model; each costs a reading of the file.
MOST_CLASSES = 24


class StandIn:
    """An object of a class that isn't known, without anything that it holds."""

    def __new__(cls, *_: Any, **__: Any) -> StandIn:
        """Make one of any arguments."""
        return super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take any arguments."""

    def __setstate__(self, _: Any) -> None:
        """Take any state."""


def loaded_around(
    load: Callable[[], Any], name_in: Callable[[Exception], str | None], error: Exception
) -> tuple[Any, list[str]] | None:
    """Load a file with stand-ins for what the loader refuses.

    Args:
        load: loads the file.
        name_in: returns the class or function that an error refuses, None for other errors.
        error: how it failed without stand-ins.

    Returns:
        What it holds, and the classes with stand-ins; None where it can't be read like that.
    """
    from torch import serialization

    names: list[str] = []
    while (name := name_in(error)) is not None and name not in names:
        names.append(name)
        if len(names) > MOST_CLASSES:
            return None
        try:
            with serialization.safe_globals([(StandIn, one) for one in names]):
                return load(), names
        except Exception as next_error:  # a damaged pickle can make the loader raise anything
            error = next_error
    return None


def without_stand_ins(content: Any, names: list[str], where: object) -> Any | None:
    """Return a checkpoint without the entries that hold stand-ins.

    Returns:
        The rest; None where one is in the model, or no model is known by its key.

    Warns:
        ModelFileWarning: of what is left out.
    """
    if not isinstance(content, Mapping):
        return None
    left_out = [key for key, value in content.items() if holds_stand_in(value)]
    rest = {key: value for key, value in content.items() if key not in left_out}
    if any(key in STATE_KEYS for key in left_out) or not any(key in STATE_KEYS for key in rest):
        return None
    warn(
        f"{where}: {listed(left_out)} of the checkpoint is left out: it holds more than tensors "
        f"({', '.join(names)}), which is code to be run and never is",
        ModelFileWarning,
    )
    return rest


def holds_stand_in(content: Any) -> bool:
    """Tell whether an entry is a stand-in, or there is one in it."""
    waiting, seen = [content], set[int]()
    while waiting:
        one = waiting.pop()
        if isinstance(one, StandIn) or one is StandIn:
            return True
        if isinstance(one, dict | list | tuple | set) and id(one) not in seen:
            seen.add(id(one))
            waiting += [*one.keys(), *one.values()] if isinstance(one, dict) else one
    return False
