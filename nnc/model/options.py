"""Tables of options: name, type, range, default and text of each, said once.

A table is a dataclass whose fields are made by `option`. What callers give is checked by it; typed
keywords, options of the command and the page about options are made of it.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cache, wraps
from typing import (
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np

from nnc.bitio import InputError, unknown_option
from nnc.bitio.arguments import check_argument, checked, is_list, members_of
from nnc.bitstream import OutOfBandKeywords

Value = TypeVar("Value")
Function = TypeVar("Function", bound=Callable[..., Any])

#: Calls that take options.
WHOLE_MODEL = ("encode", "save_file", "encode_file")
EVERY = (*WHOLE_MODEL, "Encoder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What a table says of an option, beside its name, type and default.

    Attributes:
        text: what it does, in one line.
        more: what else there is to know.
        told: the default in words, where the value doesn't say it.
        range: least and largest integer.
        calls: the calls that take it.
        name: what callers call it; "": as the field is called.
        elsewhere: what to tell where a call is given it that doesn't take it.
        command: whether `nnc encode` and its files of options have it.
    """

    text: str
    more: str = ""
    told: str = ""
    range: tuple[int, int] | None = None
    calls: Collection[str] = EVERY
    name: str = ""
    elsewhere: str = ""
    command: bool = True


def option(default: Value, text: str, more: str = "", **rest: Any) -> Value:
    """Return the field of a table for one option; arguments as for `Option`."""
    metadata = {"option": Option(text=text, more=more, **rest)}
    made: Any = (
        field(default_factory=dict, metadata=metadata)
        if isinstance(default, dict)
        else field(default=default, metadata=metadata)
    )
    result: Value = made
    return result


class Row(NamedTuple):
    """One option of a table.

    Attributes:
        name: what callers call it.
        field: its attribute.
        written: its type as it stands in the table.
        default: its default.
        option: what else the table says.
        table: the class that has it, whose docstring says what its options are about.
    """

    name: str
    field: str
    written: str
    default: Any
    option: Option
    table: type

    @property
    def parts(self) -> tuple[Any, ...]:
        """The types that a value may have."""
        return types_of(self.table)[self.field]

    @property
    def words(self) -> tuple[Any, ...]:
        """The words that a value, or each of a list of values, may be."""
        inner = [one for part in self.parts for one in (part, *get_args(part))]
        return tuple(
            word for part in inner if get_origin(part) is Literal for word in get_args(part)
        )

    @property
    def told_default(self) -> str:
        """The default in words; "" where there is none to tell."""
        if self.option.told or self.default is False or self.default in (None, (), {}):
            return self.option.told
        return "yes" if self.default is True else str(self.default)

    @property
    def told_range(self) -> str:
        """The range in words; "" for none."""
        return "" if self.option.range is None else "{} to {}".format(*self.option.range)

    @property
    def summary(self) -> str:
        """What it does in one line, with range and default."""
        default = self.told_default and f"default: {self.told_default}"
        said = "; ".join(filter(None, (self.told_range, default)))
        return f"{self.option.text}  [{said}]" if said else self.option.text

    @property
    def group(self) -> str:
        """What the options of its table are about."""
        return (self.table.__doc__ or "").partition(".")[0]

    def holds(self, *kinds: Any) -> bool:
        """Tell whether a value may be of one of some types."""
        return any(part in kinds or get_origin(part) in kinds for part in self.parts)


def rows_of(table: type) -> dict[str, Row]:
    """Return the options of a table by name; fields that aren't options are left out."""
    return made_rows(table)


@cache
def made_rows(table: Any) -> dict[str, Row]:
    """Return the options of a table as `rows_of` does, made anew."""
    rows: dict[str, Row] = {}
    for one in fields(table):
        said: Option | None = one.metadata.get("option")
        if said is not None:
            default = one.default if one.default_factory is MISSING else one.default_factory()
            owner = next(each for each in table.__mro__ if one.name in annotations_of(each))
            name = said.name or one.name
            rows[name] = Row(name, one.name, str(one.type), default, said, owner)
    return rows


def with_options(docstring: str | None, heading: str, rows: Iterable[Row], indent: int) -> str:
    """Return a docstring with a section of options, one a line."""
    lines = [f"{heading}:", *(f"    {row.name}: {row.summary}" for row in rows)]
    return f"{(docstring or '').rstrip()}\n\n" + "\n".join(" " * indent + line for line in lines)


def listing_options(table: type[Value]) -> type[Value]:
    """Add the options of a table to its docstring: a decorator of dataclasses."""
    table.__doc__ = with_options(table.__doc__, "Attributes", rows_of(table).values(), 4)
    return table


def annotations_of(owner: type) -> Collection[str]:
    """Return the names that a class annotates itself."""
    names: Collection[str] = vars(owner).get("__annotations__", ())
    return names


@cache
def types_of(table: Any) -> dict[str, tuple[Any, ...]]:
    """Return for each field of a table the types that its values may have."""
    return {name: members_of(hint) for name, hint in get_type_hints(table).items()}


def naming_options(function: Function) -> Function:
    """Have a call tell the nearest option where it is given one that there isn't: a decorator.

    What it is given otherwise is checked against its annotations.
    """
    call = checked(function)
    found = inspect.signature(function).parameters.values()
    names = [one.name for one in found if one.name != "self" and one.kind != one.VAR_KEYWORD]
    if any(one.kind == one.VAR_KEYWORD for one in found):
        names += OutOfBandKeywords.__annotations__

    @wraps(function)
    def named(*arguments: Any, **given: Any) -> Any:
        for name in given:
            if name not in names:
                raise unknown_option(name, names)
        return call(*arguments, **given)

    return cast(Function, named)


def check_options(table: Any) -> None:
    """Refuse values of a table that are none of what it allows.

    Raises:
        InputError: an option is out of its range; the message names it.
    """
    for row in rows_of(type(table)).values():
        check_value(row, getattr(table, row.field))


def check_value(row: Row, value: Any) -> None:
    """Refuse a value that an option can't have."""
    if value is None and row.holds(types.NoneType):
        return
    if row.holds(Mapping):
        check_patterns(row, value)
    elif row.holds(Sequence):
        check_list(row, value)
    elif row.option.range is not None:
        check_number(row, value)
    elif row.holds(bool):
        check_flag(row.name, value)
    elif row.words:
        check_choice(row.name, value, row.words)
    else:
        check_argument(row.name, value, row.parts)


def check_patterns(row: Row, value: Any) -> None:
    """Refuse what is no mapping of patterns or names to values."""
    if not isinstance(value, Mapping):
        raise InputError(f"{row.name} must be values by name, not {type(value).__name__}")
    if row.option.range is None:
        check_argument(row.name, value, row.parts)
    if row.option.range is not None:
        for pattern, number in value.items():
            check_range(f"{row.name}[{pattern!r}]", number, *row.option.range)


def check_list(row: Row, value: Any) -> None:
    """Refuse what is no list, or holds something else than words where words are wanted."""
    own_words = [get_args(part) for part in row.parts if get_origin(part) is Literal]
    if isinstance(value, str) and own_words:
        # What it stands for, the call says.
        return
    if isinstance(value, str):
        raise InputError(f"{row.name} must be a list, not a string")
    only_words = all(get_origin(one) is Literal for part in row.parts for one in get_args(part))
    for one in value if only_words and is_list(value) else ():
        check_choice(row.name, one, row.words)
    check_argument(row.name, value, row.parts)


def check_number(row: Row, value: Any) -> None:
    """Refuse a number out of its range, where it is none of the words either."""
    assert row.option.range is not None, "a number has a range"
    low, high = row.option.range
    if (isinstance(value, bool) and row.holds(bool)) or (
        isinstance(value, str) and value in row.words
    ):
        return
    words = ("true", "false") * row.holds(bool) + row.words
    try:
        check_range(row.name, value, low, high)
    except InputError:
        if not words:
            raise
        raise InputError(
            f"{row.name} must be {', '.join(words)} or an integer from {low} to {high}, "
            f"not {value!r}"
        ) from None


def check_range(name: str, value: Any, low: int, high: int) -> None:
    """Refuse an option that is not an integer of a range."""
    if (
        not isinstance(value, int | np.integer)
        or isinstance(value, bool)
        or not low <= value <= high
    ):
        raise InputError(f"{name} must be an integer from {low} to {high}, not {value!r}")


def check_flag(name: str, value: Any) -> None:
    """Refuse an option that is neither true nor false."""
    if not isinstance(value, int | float | np.bool_) or value not in (True, False):
        raise InputError(f"{name} must be true or false, not {value!r}")


def check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    """Refuse an option that is none of some words."""
    if not isinstance(value, str) or value not in choices:
        raise InputError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
