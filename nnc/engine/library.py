"""The library of formats that comes with the package: a folder with a schema for each.

Beside these stand formats that hand-written code completes: see `registry`.
"""

from __future__ import annotations

import os
from pathlib import Path

from nnc.bitio import InputError, nearest
from nnc.engine.compiling import SUFFIX
from nnc.engine.registry import REGISTERED

PACKAGE = Path(__file__).parents[1]

#: Where the library is: in an installed package, and in a checkout.
FOLDERS = (PACKAGE / "library", PACKAGE.parent / "schema" / "library")


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
    near = nearest(given, names)
    told = f"did you mean {near[0]!r}? " if near else ""
    raise InputError(
        f"{given}: neither a folder with a schema nor a format of the library; "
        f"{told}The library has: {', '.join(sorted(names)) or 'none'}"
    )
