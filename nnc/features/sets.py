"""A set of features: those that a decoder takes, values of elements, and limits."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnc.bitio import InputError, nearest, unknown_option
from nnc.bitio.arguments import checked
from nnc.features.values import Values, values_of
from nnc.features.vocabulary import features, read, set_files

#: What a file of a set may say.
KEYS = ("title", "about", "extends", "only", "without", "elements", "limits")

#: The set that all bitstreams fit.
ALL = "all"

#: What limits may be set for: of a bitstream, of a unit, of a tensor.
LIMITS = ("bitstream_bytes", "units", "tensors", "values", "unit_bytes", "tensor_values")


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """What a decoder takes, or is asked to take.

    Attributes:
        name: its name, or the path of its file.
        title: what it is, in a line.
        about: more about it.
        without: features that aren't in it.
        elements: by element the values that it permits.
        limits: largest numbers, by what they count (`LIMITS`).
    """

    name: str
    title: str = ""
    about: str = ""
    without: frozenset[str] = frozenset()
    elements: Mapping[str, Values] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)

    @property
    def features(self) -> list[str]:
        """The features that are in it, by name."""
        return [name for name in features() if name not in self.without]

    def leaving_out(self, names: Iterable[str]) -> FeatureSet:
        """Return the set without some more features.

        Raises:
            InputError: there is no such feature.
        """
        names = [known(name, "--without") for name in names]
        if not names:
            return self
        told = " ".join([self.name, *(f"without {name}" for name in names)])
        without = self.without | frozenset(names)
        return FeatureSet(told, self.title, self.about, without, self.elements, self.limits)

    def as_dict(self) -> dict[str, Any]:
        """Return all parts as plain data."""
        return {
            "name": self.name,
            "title": self.title,
            "about": self.about.strip(),
            "features": self.features,
            "without": [name for name in features() if name in self.without],
            "elements": {name: values.text for name, values in self.elements.items()},
            "limits": dict(self.limits),
        }


def set_names() -> list[str]:
    """Return the names of the sets that come along."""
    return [path.stem for path in set_files()]


@checked
def feature_set(name: str | os.PathLike[str] | FeatureSet) -> FeatureSet:
    """Return a set of features.

    Args:
        name: one of `set_names()`, the path of a file of one's own, or a set, which is returned.

    Raises:
        InputError: there is no such set, or its file says something else than sets do.
    """
    if isinstance(name, FeatureSet):
        return name
    given = os.fspath(name)
    named = {path.stem: path for path in set_files()}
    if given in named:
        return set_of(given, read(named[given]), given)
    if not Path(given).suffix and not Path(given).exists():
        near = nearest(given, named)
        told = f"did you mean {near[0]!r}; " if near else ""
        raise InputError(
            f"{given}: neither a set of features nor a file of one; {told}"
            f"there are {', '.join(named)}"
        )
    return set_of(given, read(given), given)


def set_of(name: str, said: Mapping[str, Any], place: str) -> FeatureSet:
    """Return the set that a file says.

    Raises:
        InputError: it says something else.
    """
    for key in said:
        if key not in KEYS:
            raise unknown_option(key, KEYS, place)
    for key in ("elements", "limits"):
        if not isinstance(said.get(key, {}), dict):
            raise InputError(f"{place}: {key} has to be a table")
    if said.get("extends", ALL) not in set_names():
        raise InputError(
            f"{place}: extends {said['extends']!r}; it has to be one of {', '.join(set_names())}"
        )
    base = feature_set(said["extends"]) if "extends" in said else None
    without = frozenset() if base is None else base.without
    if "only" in said:
        only = {known(one, place) for one in listed(said, "only", place)}
        without = (frozenset(features()) if base is None else without) - only
    without |= {known(one, place) for one in listed(said, "without", place)}
    elements = {
        element: values_of(values, element, place)
        for element, values in said.get("elements", {}).items()
    }
    limits: dict[str, int] = said.get("limits", {})
    for limit, most in limits.items():
        if limit not in LIMITS:
            raise unknown_option(limit, LIMITS, f"{place}: limits")
        if isinstance(most, bool) or not isinstance(most, int) or most < 0:
            raise InputError(f"{place}: the limit of {limit} is a number from 0 on, not {most!r}")
    if base is not None:
        elements, limits = {**base.elements, **elements}, {**base.limits, **limits}
    title, about = str(said.get("title", "")), str(said.get("about", ""))
    return FeatureSet(name, title, about, without, elements, limits)


def listed(said: Mapping[str, Any], key: str, place: str) -> list[str]:
    """Return a list of names that a file says.

    Raises:
        InputError: it is something else.
    """
    names = said.get(key, [])
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise InputError(f"{place}: {key} has to be a list of features")
    return names


def known(name: str, place: str) -> str:
    """Return the name of a feature, or refuse it.

    Raises:
        InputError: there is no such feature.
    """
    if name not in features():
        near = nearest(name, features())
        told = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(features())}"
        raise InputError(f"{place}: there is no feature {name!r}; {told}")
    return name
