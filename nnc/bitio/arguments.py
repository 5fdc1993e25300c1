"""Arguments of public calls, checked against the annotations of the call."""

from __future__ import annotations

import os
import re
import sys
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, wraps
from inspect import Parameter, signature
from typing import (
    Any,
    BinaryIO,
    Literal,
    ParamSpec,
    TypeVar,
    Union,
    get_args,
    get_origin,
    is_typeddict,
)

import numpy as np
from numpy.typing import ArrayLike

from nnc.bitio.errors import InputError

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
Check = Callable[[object], bool]

#: Kinds of values: how they are told, and what they are called. Text and bytes are no lists of
#: anything; arrays and sets do as well as lists.
KINDS: dict[Any, tuple[Check, str]] = {
    types.NoneType: (lambda value: value is None, "None"),
    bool: (lambda value: isinstance(value, int | np.bool_), "true or false"),
    int: (lambda value: isinstance(value, int | np.integer), "an integer"),
    float: (lambda value: isinstance(value, int | float | np.number), "a number"),
    str: (lambda value: isinstance(value, str), "text"),
    os.PathLike: (lambda value: isinstance(value, os.PathLike), "a path"),
    BinaryIO: (lambda value: hasattr(value, "write"), "a file open for writing"),
    Callable: (callable, "a function"),
    Mapping: (lambda value: isinstance(value, Mapping), "a mapping"),
    dict: (lambda value: isinstance(value, dict), "a dict"),
    np.ndarray: (lambda value: isinstance(value, np.ndarray) or is_list(value), "an array"),
    Sequence: (lambda value: is_list(value), "a list"),
    tuple: (lambda value: is_list(value), "a list"),
    Collection: (lambda value: is_list(value), "a list"),
    Iterable: (lambda value: is_list(value) or hasattr(value, "__next__"), "a list"),
}

#: Kinds of values that hold others.
HOLDERS = (Mapping, dict, Sequence, tuple, Collection, Iterable)


def is_list(value: object) -> bool:
    """Tell whether a value is something like a list."""
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, Collection) and not isinstance(
        value, str | bytes | bytearray | memoryview | Mapping
    )


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Have a call refuse arguments that aren't what its annotations say: a decorator.

    Types that are known to type checkers only are left to the call; see `is_left_to_call`, too.
    """
    call = signature(function)
    hints: dict[str, Any] = {}

    @wraps(function)
    def with_checks(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            given = call.bind(*arguments, **named).arguments
        except TypeError:
            # Python says it better, and names the call.
            return function(*arguments, **named)
        if not hints:
            # The types are all there not before the first call.
            hints.update(hints_of(function))
        for name, value in given.items():
            check_argument(name, value, members_of(hints.get(name, Any)))
        return function(*arguments, **named)

    return with_checks


def checking_fields(table: type[T]) -> type[T]:
    """Have a dataclass refuse values that aren't what its fields say: a decorator."""
    kind: Any = table
    kind.__init__ = checked(kind.__init__)
    return table


def hints_of(function: Any) -> dict[str, Any]:
    """Return the types of the arguments of a call, as far as they are known when it runs."""
    hints: dict[str, Any] = {"return": Any}
    for one in signature(function).parameters.values():
        if one.kind != Parameter.VAR_KEYWORD and isinstance(one.annotation, str):
            try:
                hints[one.name] = eval(one.annotation, function.__globals__)
            except NameError:
                hints[one.name] = Any
    return hints


def check_argument(name: str, value: object, wanted: tuple[Any, ...]) -> None:
    """Refuse a value that is of none of some types.

    Raises:
        InputError: it isn't; the message names it.
    """
    check = check_of_any(wanted)
    if check is not None and not check(value):
        small = f" {value!r:.40}" if isinstance(value, int | float | str | bytes) else ""
        raise InputError(f"{name} must be {in_words(wanted)}, not {type(value).__name__}{small}")


def members_of(wanted: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the type itself."""
    return get_args(wanted) if get_origin(wanted) in (Union, types.UnionType) else (wanted,)


def arguments_of(wanted: Any) -> tuple[Any, ...]:
    """Return what stands in the brackets of a type, without the dots of a tuple of any length."""
    return tuple(one for one in get_args(wanted) if one is not ...)


def check_of_any(wanted: tuple[Any, ...]) -> Check | None:
    """Return the check that some types ask for, None for none."""
    checks = [check_of(one) for one in wanted]
    known = [one for one in checks if one is not None]
    return (lambda value: any(one(value) for one in known)) if known == checks else None


@cache
def check_of(wanted: Any) -> Check | None:
    """Return the check that a type asks for, None for none."""
    if len(members_of(wanted)) > 1:
        return check_of_any(members_of(wanted))
    outer, inner = get_origin(wanted) or wanted, arguments_of(wanted)
    if outer is Literal:
        return lambda value: isinstance(value, str | int) and value in inner
    if is_left_to_call(wanted):
        return None
    if outer in HOLDERS and inner:
        # Which of many lists is wrong, the call says.
        inside = None if get_origin(inner[-1]) in HOLDERS else check_of(inner[-1])
        return check_of_holder(KINDS[outer][0], check_of(inner[0]), inside)
    if outer in KINDS:
        return KINDS[outer][0]
    if isinstance(outer, type) and outer not in (Any, object):
        return lambda value: isinstance(value, outer)
    return None


def is_left_to_call(wanted: Any) -> bool:
    """Tell whether a call says better what is wrong with a value, or takes more than its type says.

    Models may be a framework's, executors anybody's, bytes whatever has a buffer; tables of options
    have names.
    """
    return (
        wanted in (ArrayLike, memoryview)
        # Where executors aren't loaded yet, they are no type of an argument.
        or wanted is getattr(sys.modules.get("concurrent.futures"), "Executor", None)
        or is_typeddict(wanted)
        or any(map(is_left_to_call, arguments_of(wanted)))
    )


def check_of_holder(outer: Check, keys: Check | None, inside: Check | None) -> Check:
    """Return a check of a mapping or list and what it holds, unless that can be read once only."""

    def holds(value: Any) -> bool:
        if not outer(value):
            return False
        if isinstance(value, Mapping):
            return all(map(keys or always, value)) and all(map(inside or always, value.values()))
        return not isinstance(value, Collection) or all(map(inside or always, value))

    return holds


def always(_: object) -> bool:
    """Tell that any value will do."""
    return True


def in_words(wanted: tuple[Any, ...], *, many: bool = False) -> str:
    """Return types as a reader wants them, for one value or many."""
    words: list[str] = []
    for one in wanted:
        outer, inner = get_origin(one) or one, arguments_of(one)
        if outer is Literal:
            words += map(repr, inner)
            continue
        word = KINDS[outer][1] if outer in KINDS else getattr(outer, "__name__", str(outer))
        if outer in HOLDERS and inner and inner[-1] is not Any:
            word += f" of {in_words(members_of(inner[-1]), many=True)}"
        words.append(re.sub(r"^an? (\w+)", r"\1s", word) if many else word)
    return " or ".join(dict.fromkeys(words))
