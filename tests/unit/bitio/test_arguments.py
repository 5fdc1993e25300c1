"""Arguments against annotations."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from nnc import InputError
from nnc.bitio.arguments import checked

if TYPE_CHECKING:
    from nowhere import Unknown


class Own:
    """A class of the project."""


@checked
def call(
    flag: bool = False,
    count: int | None = None,
    number: float = 0.0,
    name: str = "",
    path: str | os.PathLike[str] = "",
    file: BinaryIO | None = None,
    function: Callable[[int], None] | None = None,
    table: Mapping[str, int] | None = None,
    dictionary: dict[str, float] | None = None,
    numbers: Sequence[int] = (),
    names: Collection[str] = (),
    objects: Iterable[Own] = (),
    word: Literal["all", "none"] | None = None,
    own: Own | None = None,
    array: NDArray[Any] | None = None,
    model: Mapping[str, ArrayLike] | None = None,
    anything: Any = None,
    unknown: Unknown | None = None,
    **more: int,
) -> str:
    """Return something."""
    return "taken"


@pytest.mark.parametrize(
    "given",
    [
        {"flag": True}, {"flag": np.bool_(True)}, {"flag": 0},
        {"count": 3}, {"count": None}, {"count": np.int64(3)},
        {"number": 3}, {"number": 2.5}, {"number": np.float32(1)},
        {"name": "x"}, {"path": "x"}, {"path": Path("x")},
        {"file": io.BytesIO()}, {"function": len}, {"table": {"a": 1}}, {"dictionary": {}},
        {"numbers": [1]}, {"numbers": (1, 2)}, {"numbers": np.arange(3)}, {"numbers": {1}},
        {"names": ["a"]}, {"objects": [Own()]}, {"objects": iter([5])},
        {"word": "all"}, {"own": Own()}, {"array": np.ones(2)},
        {"model": [1]}, {"anything": object()}, {"unknown": object()}, {"other": "x"},
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_is_taken(given):
    assert call(**given) == "taken"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"flag": "no"}, "flag must be true or false, not str 'no'"),
        ({"flag": np.ones(2)}, "flag must be true or false, not ndarray"),
        ({"count": 1.5}, "count must be an integer or None, not float 1.5"),
        ({"number": "x"}, "number must be a number, not str 'x'"),
        ({"name": b"x"}, "name must be text, not bytes b'x'"),
        ({"path": 5}, "path must be text or a path, not int 5"),
        ({"file": 5}, "file must be a file open for writing or None, not int 5"),
        ({"function": 5}, "function must be a function or None, not int 5"),
        ({"table": {"a": "x"}}, "table must be a mapping of integers or None, not dict"),
        ({"table": {1: 1}}, "table must be a mapping"),
        ({"dictionary": 5}, "dictionary must be a dict of numbers or None, not int 5"),
        ({"numbers": 5}, "numbers must be a list of integers, not int 5"),
        ({"numbers": "12"}, "numbers must be a list of integers, not str '12'"),
        ({"numbers": np.array(3)}, "numbers must be a list"),
        ({"numbers": [1, "x"]}, "numbers must be a list"),
        ({"names": {"a": 1}}, "names must be a list of text, not dict"),
        ({"objects": [5]}, "objects must be a list of Own, not list"),
        ({"word": "some"}, "word must be 'all' or 'none' or None, not str 'some'"),
        ({"word": np.ones(2)}, "word must be 'all' or 'none' or None, not ndarray"),
        ({"own": "x" * 100}, "own must be Own or None, not str 'x{39}$"),
        ({"array": 1}, "array must be an array or None, not int 1"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        call(**given)


def test_arguments_that_there_are_not():
    @checked
    def alone(count: int) -> int:
        return count

    with pytest.raises(TypeError, match=r"alone\(\) got an unexpected keyword argument 'more'"):
        alone(1, more=2)
    with pytest.raises(InputError, match="count must be an integer, not str 'x'"):
        alone("x")
