"""The library of formats that comes with the package: a folder with a schema for each.

Beside these stand formats that hand-written code completes; who has one registers it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnc.bitio import InputError
from nnc.engine.compiling import SUFFIX

PACKAGE = Path(__file__).parents[1]

#: Where the library is: in an installed package, and in a checkout.
FOLDERS = (PACKAGE / "library", PACKAGE.parent / "schema" / "library")

#: What makes each format that hand-written code completes, by name.
REGISTERED: dict[str, Callable[[], Any]] = {}


def register(name: str, make: Callable[[], Any]) -> None:
    """Let a format be loaded by a name, that hand-written code completes.

    Args:
        name: the name.
        make: makes the `Format`; called when somebody asks for it.
    """
    REGISTERED[name] = make


def registered(name: str) -> Callable[[], Any] | None:
    """Return what makes the format of a name; None: there is at most a schema for it."""
    return REGISTERED.get(name)


def library_names() -> list[str]:
    """Return the names of the formats of the library."""
    found = (path for folder in FOLDERS if folder.is_dir() for path in folder.iterdir())
    return sorted({path.name for path in found if any(path.glob(f"*{SUFFIX}"))})


def schema_folder(name_or_folder: str | os.PathLike[str]) -> Path:
    """Return the folder of a schema.

    Args:
        name_or_folder: a folder, or the name of a format of the library.

    Raises:
        InputError: it is neither; the message lists the names.
    """
    given, place = os.fspath(name_or_folder), Path(name_or_folder)
    if place.is_dir():
        return place
    names = [*library_names(), *REGISTERED]
    if given in library_names():
        return next(folder / given for folder in FOLDERS if (folder / given).is_dir())
    near = difflib.get_close_matches(given, names, 1)
    told = f"did you mean {near[0]!r}? " if near else ""
    raise InputError(
        f"{given}: neither a folder with a schema nor a format of the library; "
        f"{told}The library has: {', '.join(sorted(names)) or 'none'}"
    )
