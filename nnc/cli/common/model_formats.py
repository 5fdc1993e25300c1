"""Formats of models as options name them, and models on the standard streams."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from nnc.bitio import InputError

#: How messages call what a model is read from, if it comes from standard input.
STANDARD_INPUT = "standard input"


class ModelFormat(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A format of models, by its name or by a suffix of its files: `ONNX`, `npz`, `pt`."""

    name = "FORMAT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the suffix of the format's files."""
        from nnc.formats import FORMATS, INDEX_SUFFIX

        files = [one for one in FORMATS if INDEX_SUFFIX not in one.suffixes]
        known = {one.name.lower(): one.suffixes[0] for one in files}
        known |= {suffix[1:]: suffix for one in files for suffix in one.suffixes}
        found = known.get(str(value).lower().removeprefix("."))
        if found is None:
            self.fail(f"{value!r} is no format of models (known: {', '.join(known)})", param, ctx)
        return found


@contextmanager
def model_input(path: str, suffix: str | None) -> Iterator[str]:
    """Return the path of a model file; for `-` that of a temporary one with standard input.

    Args:
        path: the model.
        suffix: of the format that standard input has; None: the content says it.

    Raises:
        InputError: a format is named for a file.
    """
    if path != "-":
        if suffix is not None:
            raise InputError(
                f"--from says what standard input holds, not what {path} is: use nnc encode - "
                f"--from {suffix[1:]} < {path}"
            )
        yield path
        return
    from nnc.formats import UnknownFormatError

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, f"model{suffix or ''}")
        with place.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        try:
            yield os.fspath(place)
        except UnknownFormatError:
            raise InputError(
                f"{STANDARD_INPUT}: the content doesn't say the format; name it with --from"
            ) from None
        except InputError as error:
            raise InputError(str(error).replace(os.fspath(place), STANDARD_INPUT)) from None


@contextmanager
def model_output(path: str, suffix: str) -> Iterator[str]:
    """Return the path of a model file to be written; for `-` it goes to standard output at the end.

    Args:
        path: the model.
        suffix: of the format that standard output gets.
    """
    if path != "-":
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, f"model{suffix}")
        yield os.fspath(place)
        if place.is_dir():
            raise InputError(f"a folder ({suffix}) can't go to standard output: name it with -o")
        with place.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
