"""Tables of options: what their values may be, and what is told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pytest

import nnc
from nnc.model.options import check_options, option, rows_of, unknown_option


@dataclass(kw_only=True)
class Sweets:
    """What is in the bag. Nothing else."""

    number: int = option(3, "How many.", range=(1, 9))
    size: int | Literal["small", "large"] | None = option(None, "How large.", range=(0, 4))
    sour: bool = option(False, "Whether they are sour.")
    paper: bool | None = option(None, "Wrap them.", told="where they stick")
    colour: Literal["red", "green"] = option("red", "Which colour.")
    kinds: Sequence[Literal["gum", "toffee"]] = option((), "Which kinds.")
    each: Mapping[str, int] = option({}, "How many of each.", range=(0, 5))
    secret: int = 0


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"number": 9},
        {"size": "large"},
        {"size": 0},
        {"sour": True, "paper": False},
        {"kinds": ["gum", "toffee"]},
        {"each": {"red": 5}},
    ],
)
def test_good_values(given):
    check_options(Sweets(**given))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"number": 10}, "number has to be an integer from 1 to 9, not 10"),
        ({"number": True}, "number has to be an integer"),
        ({"number": None}, "number has to be an integer"),
        ({"size": "huge"}, "size has to be small, large or an integer from 0 to 4, not 'huge'"),
        ({"size": 5}, "not 5"),
        ({"sour": "very"}, "sour has to be true or false, not 'very'"),
        ({"colour": "blue"}, "colour has to be one of red, green, not 'blue'"),
        ({"kinds": "gum"}, "kinds has to be a list, not a string"),
        ({"kinds": ["nut"]}, "kinds has to be one of gum, toffee, not 'nut'"),
        ({"each": [3]}, "each has to be values by name, not list"),
        ({"each": {"red": 6}}, r"each\['red'\] has to be an integer from 0 to 5, not 6"),
    ],
)
def test_wrong_values_are_named(given, message):
    with pytest.raises(nnc.InputError, match=message):
        check_options(Sweets(**given))


def test_what_is_told_of_an_option():
    rows = rows_of(Sweets)
    assert "secret" not in rows
    assert rows["number"].summary == "How many.  [1 to 9; default: 3]"
    assert rows["paper"].summary == "Wrap them.  [default: where they stick]"
    assert rows["sour"].summary == "Whether they are sour."
    assert {row.group for row in rows.values()} == {"What is in the bag"}


def test_the_nearest_name_is_told():
    assert "did you mean 'sour'?" in str(unknown_option("sower", rows_of(Sweets)))
    assert str(unknown_option("x", ["b", "a"], "file")) == (
        "file: there is no option 'x'; there are a, b"
    )
