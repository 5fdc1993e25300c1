"""Models that are folders: replaced in one step, and never anything but a model."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from nnc.bitio import InputError
from nnc.engine.files import followed


def replace_folder(path: Path, mark: str, fill: Callable[[Path], None]) -> None:
    """Write a folder beside its final place and move it there when it is whole.

    Args:
        path: the final place.
        mark: a file that a model of the format has: only a folder with it, or one that is
            empty, is replaced.
        fill: writes into the folder that it is given, which is there and empty.

    Raises:
        InputError: there is something else.
        OSError: the folder can't be written.
    """
    path = followed(path)
    if path.exists() and not (path / mark).is_file() and not is_empty(path):
        raise InputError(f"{path} exists and holds no {mark}, so it is not replaced")
    new = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        inside = new / "after"
        inside.mkdir()
        fill(inside)
        for written in inside.rglob("*"):
            if written.is_file():
                with written.open("rb") as file:
                    os.fsync(file.fileno())
        if path.exists():
            path.rename(new / "before")
        inside.rename(path)
    finally:
        if not path.exists() and (new / "before").exists():
            # An end between the two moves must not cost the model that was there.
            (new / "before").rename(path)
        shutil.rmtree(new, ignore_errors=True)


def is_empty(path: Path) -> bool:
    """Tell whether a path is an empty folder."""
    return path.is_dir() and not any(path.iterdir())
