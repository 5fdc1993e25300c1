"""The features that there are names for, and the files that say them: data beside the schema."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from nnc.bitio import InputError
from nnc.engine.library import PACKAGE
from nnc.features.values import Values, values_of

#: Where the files are: in an installed package, and in a checkout.
FOLDERS = (PACKAGE / "feature_sets", PACKAGE.parent / "schema" / "features")

#: The file of the vocabulary; the others beside it are sets.
VOCABULARY = "features"

#: A word of TOML, which has none, for Python's None.
NONE = "none"


class Feature(NamedTuple):
    """Something that a bitstream may use.

    Attributes:
        name: its name.
        text: what it is.
        clause: clause of the standard that tells of it.
        when: conditions, each the values of elements of one unit; one of them has to hold.
        encoder: options that keep the encoder from using it.
    """

    name: str
    text: str
    clause: str
    when: tuple[Mapping[str, Values], ...]
    encoder: Mapping[str, Any]


def folder() -> Path:
    """Return the folder of the files that come along."""
    return next(path for path in FOLDERS if path.is_dir())


@cache
def features() -> dict[str, Feature]:
    """Return all features by name, in the order of the file."""
    path = folder() / f"{VOCABULARY}.toml"
    return {name: feature_of(name, said, path) for name, said in read(path).items()}


def feature_of(name: str, said: Mapping[str, Any], path: Path) -> Feature:
    """Return a feature as its table says it."""
    place = f"{path.name}: {name}"
    when = tuple(
        {element: values_of(one, element, place) for element, one in line.items()}
        for line in said["when"]
    )
    encoder = {
        option: None if value == NONE else value
        for option, value in said.get("encoder", {}).items()
    }
    return Feature(name, said["text"], said["clause"], when, encoder)


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a file of TOML.

    Raises:
        InputError: it can't be read, or isn't TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{os.fspath(path)}: {error}") from None
    except OSError as error:
        raise InputError(f"{os.fspath(path)}: {error.strerror}") from None


def set_files() -> Iterator[Path]:
    """Yield the files of the sets that come along, by name."""
    yield from sorted(path for path in folder().glob("*.toml") if path.stem != VOCABULARY)
