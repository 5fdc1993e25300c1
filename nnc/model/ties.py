"""Names of tensors that are others under another name."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InvalidError
from nnc.model.limits import Limits

Value = TypeVar("Value")


class Tie(NamedTuple):
    """What a name is tied to.

    Attributes:
        name: the name under which the values are coded.
        place: where in the order of all names the tied one stands.
    """

    name: str
    place: int


def ties_of(arrays: Mapping[str, NDArray[Any]]) -> dict[str, str]:
    """Return by name the first name of the same memory, of the names that come later."""
    first: dict[tuple[Any, ...], str] = {}
    result = {}
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or not array.size:
            continue
        place = array.__array_interface__["data"][0]
        found = first.setdefault((place, array.shape, array.strides, array.dtype), name)
        if found != name:
            result[name] = found
    return result


def ties_still(arrays: Mapping[str, NDArray[Any]], known: Mapping[str, str]) -> dict[str, str]:
    """Return `ties_of`, and those that were known before and hold: the values are the same."""
    result = {
        name: first
        for name, first in known.items()
        if name in arrays and first in arrays and is_same(arrays[name], arrays[first])
    }
    return result | ties_of({name: one for name, one in arrays.items() if name not in result})


def is_same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Tell whether two arrays are of the same type, shape and bytes."""
    alike = one.dtype == other.dtype and one.shape == other.shape
    return alike and (one is other or one.tobytes() == other.tobytes())


def noted_ties(ties: Any) -> dict[str, Tie]:
    """Return ties as they stand in JSON, checked.

    Raises:
        ValueError: a name is tied twice, or to one that is tied itself.
    """
    result: dict[str, Tie] = {}
    for tied, name, place in ties:
        if type(place) is not int or place < 0 or not isinstance(name, str):
            raise ValueError("a tie must be of two names and a number, 0 or more")
        if not isinstance(tied, str) or tied in result or "\0" in tied:
            raise ValueError("a tensor must have a name, and be tied once")
        result[tied] = Tie(name, place)
    for tied, tie in result.items():
        if tie.name in result:
            raise ValueError(f"{tied!r} is tied to {tie.name!r}, which is tied itself")
    return result


def check_ties(
    ties: Mapping[str, Tie], sizes: Mapping[str, int], limits: Limits, byte_count: int
) -> None:
    """Refuse ties that take the names of tensors, or make more of a bitstream than it may hold.

    Args:
        ties: by the tied name.
        sizes: numbers of values of the tensors that are coded, by name.
        limits: what to accept.
        byte_count: the size of the bitstream.

    Raises:
        InvalidError: a tied name is that of a coded tensor.
        LimitError: there are too many values with them.
    """
    values = sum(sizes.values())
    for tied, tie in ties.items():
        if tied in sizes:
            raise InvalidError(
                f"tensor {tied!r} is tied to {tie.name!r}, and coded as well",
                path="payload",
                value=tied,
            )
        values += sizes.get(tie.name, 0)
        limits.check_values(tied, values, byte_count)


def with_ties(tensors: Mapping[str, Value], ties: Mapping[str, Tie]) -> dict[str, Value]:
    """Return tensors under all of their names, each in its place.

    Args:
        tensors: by the names under which they are coded.
        ties: by the tied name; those to tensors that aren't there are left out.
    """
    found = {tied: tie for tied, tie in ties.items() if tie.name in tensors}
    if not found:
        return dict(tensors)
    result: dict[str, Value] = {}
    others = iter(tensors.items())
    for tied, tie in sorted(found.items(), key=lambda one: one[1].place):
        result.update(islice(others, min(max(tie.place - len(result), 0), len(tensors))))
        result[tied] = tensors[tie.name]
    result.update(others)
    return result
