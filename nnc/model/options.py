"""Tables of options: name, type, range, default and text of each, said once.

A table is a dataclass whose fields are made by `option`. What callers give is checked by it; typed
keywords, options of the command and the page about options are made of it.
"""

from __future__ import annotations

import difflib
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
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from nnc.bitio import InputError, UnknownOptionError

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
    return {name: parts_of(hint) for name, hint in get_type_hints(table).items()}


def parts_of(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the type itself."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def unknown_option(name: str, known: Iterable[str], place: str = "") -> UnknownOptionError:
    """Return the error for an option that there isn't, which names the nearest that there is.

    Args:
        name: what was given.
        known: the names that there are.
        place: where it was given; begins the message.
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, 1)
    told = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
    return UnknownOptionError(f"{place}{': ' if place else ''}there is no option {name!r}; {told}")


def naming_options(function: Function) -> Function:
    """Have a call tell the nearest option where it is given one that there isn't: a decorator."""
    names = [name for name in inspect.signature(function).parameters if name != "self"]

    @wraps(function)
    def checked(*arguments: Any, **given: Any) -> Any:
        for name in given:
            if name not in names:
                raise unknown_option(name, names)
        return function(*arguments, **given)

    return cast(Function, checked)


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
    elif row.words and value not in row.words:
        raise InputError(f"{row.name} has to be one of {', '.join(row.words)}, not {value!r}")


def check_patterns(row: Row, value: Any) -> None:
    """Refuse what is no mapping of patterns or names to values."""
    if not isinstance(value, Mapping):
        raise InputError(f"{row.name} has to be values by name, not {type(value).__name__}")
    if row.option.range is not None:
        for pattern, number in value.items():
            check_range(f"{row.name}[{pattern!r}]", number, *row.option.range)


def check_list(row: Row, value: Any) -> None:
    """Refuse what is no list of words."""
    if isinstance(value, str):
        raise InputError(f"{row.name} has to be a list, not a string")
    for one in value if row.words else ():
        check_choice(row.name, one, row.words)


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
            f"{row.name} has to be {', '.join(words)} or an integer from {low} to {high}, "
            f"not {value!r}"
        ) from None


def check_range(name: str, value: Any, low: int, high: int) -> None:
    """Refuse an option that is not an integer of a range."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or not low <= value <= high:
        raise InputError(f"{name} has to be an integer from {low} to {high}, not {value!r}")


def check_flag(name: str, value: Any) -> None:
    """Refuse an option that is neither true nor false."""
    if value not in (True, False):
        raise InputError(f"{name} has to be true or false, not {value!r}")


def check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    """Refuse an option that is none of some words."""
    if value not in choices:
        raise InputError(f"{name} has to be one of {', '.join(choices)}, not {value!r}")
