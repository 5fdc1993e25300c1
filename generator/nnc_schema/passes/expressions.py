"""Questions about expressions: the names in them, their text, their value, what they imply."""

from __future__ import annotations

import operator
from collections.abc import Callable, Container, Iterator, Mapping
from typing import NamedTuple

from nnc_schema.language.tree import (
    Binary,
    Conditional,
    Expression,
    Function,
    Name,
    Number,
    Unary,
)

#: Mathematical functions of the language, with the number of arguments (None: one or more).
FUNCTIONS: dict[str, int | None] = {
    "Abs": 1,
    "Ceil": 1,
    "Clip3": 3,
    "Floor": 1,
    "Length": 1,
    "Log2": 1,
    "Max": None,
    "Min": None,
    "Prod": 1,
    "Round": 1,
    "Sign": 1,
    "byte_aligned": 0,
    "more_data": 0,
    "more_rbsp_data": 0,
    "more_rbsp_trailing_data": 0,
    "next_bits": 1,
    "remaining": 0,
}

#: Functions of the position in the data, and those of them that look at data to come: what these
#: say when writing follows from the values that are written.
POSITION_FUNCTIONS = frozenset(name for name in FUNCTIONS if name[0].islower())
LOOKAHEAD_FUNCTIONS = POSITION_FUNCTIONS - {"byte_aligned"}

#: Functions whose single argument is a whole array.
ARRAY_FUNCTIONS = ("Length", "Prod")

OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: (abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1) if b else 0,
    "%": lambda a, b: a - b * OPERATORS["/"](a, b) if b else 0,
    "<<": lambda a, b: a << b if 0 <= b < 4096 else 0,
    ">>": lambda a, b: a >> b if b >= 0 else 0,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b),
    "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b),
    "&&": lambda a, b: int(bool(a) and bool(b)),
    "||": lambda a, b: int(bool(a) or bool(b)),
}


def children(expression: Expression) -> tuple[Expression, ...]:
    """Return the direct operands of an expression."""
    match expression:
        case Name():
            return expression.indices
        case Unary():
            return (expression.operand,)
        case Binary():
            return (expression.left, expression.right)
        case Conditional():
            return (expression.condition, expression.yes, expression.no)
        case Function():
            return expression.arguments
    return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all within it."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def calls_any(expression: Expression, functions: Container[str]) -> bool:
    """Tell whether an expression calls one of some functions."""
    return any(isinstance(part, Function) and part.name in functions for part in walk(expression))


def looks_ahead(expression: Expression) -> bool:
    """Tell whether an expression looks at data that is still to be read."""
    return calls_any(expression, LOOKAHEAD_FUNCTIONS)


class Use(NamedTuple):
    """A name in an expression; `is_list` None where it may be either (an argument)."""

    name: Name
    is_list: bool | None


def uses(expression: Expression) -> Iterator[Use]:
    """Yield the names used in an expression, and whether as an array."""
    if isinstance(expression, Function) and expression.name in ARRAY_FUNCTIONS:
        for argument in expression.arguments:
            if isinstance(argument, Name) and not argument.indices:
                yield Use(argument, True)
            else:
                yield from uses(argument)
        return
    if isinstance(expression, Name):
        yield Use(expression, bool(expression.indices))
    for child in children(expression):
        yield from uses(child)


def names(expression: Expression) -> frozenset[str]:
    """Return the names that occur in an expression."""
    return frozenset(part.name for part in walk(expression) if isinstance(part, Name))


def text(expression: Expression) -> str:
    """Write an expression out, with brackets around every operation within another."""
    match expression:
        case Number():
            return expression.characters or str(expression.value)
        case Name():
            return expression.name + "".join(f"[{text(index)}]" for index in expression.indices)
        case Unary():
            return f"{expression.operator}{bracketed(expression.operand)}"
        case Binary():
            left, right = bracketed(expression.left), bracketed(expression.right)
            return f"{left} {expression.operator} {right}"
        case Conditional():
            parts = [bracketed(part) for part in children(expression)]
            return f"{parts[0]} ? {parts[1]} : {parts[2]}"
        case Function():
            return f"{expression.name}({', '.join(text(part) for part in expression.arguments)})"


def bracketed(expression: Expression) -> str:
    """Write an expression out as an operand."""
    written = text(expression)
    return f"({written})" if isinstance(expression, Binary | Conditional) else written


def evaluate(expression: Expression, values: Mapping[str, int]) -> int | None:
    """Return the value of an expression, or None if it isn't known from `values` alone."""
    match expression:
        case Number():
            return expression.value
        case Name():
            return None if expression.indices else values.get(expression.name)
        case Unary():
            value = evaluate(expression.operand, values)
            if value is None:
                return None
            return {"-": -value, "+": value, "~": ~value, "!": int(not value)}[expression.operator]
        case Binary():
            left = evaluate(expression.left, values)
            right = evaluate(expression.right, values)
            if left is None or right is None:
                return None
            return OPERATORS[expression.operator](left, right)
        case Conditional():
            condition = evaluate(expression.condition, values)
            if condition is None:
                return None
            return evaluate(expression.yes if condition else expression.no, values)
    return None


class Fact(NamedTuple):
    """Something known to be true: `subject` is (or with `holds` False: isn't) `value`.

    Attributes:
        subject: text of an expression.
        value: what it is compared with; None: the subject is itself true.
        holds: whether the comparison holds.
        names: the names that it depends on.
        follows: whether other facts about the same condition say all that it says.
    """

    subject: str
    value: int | None
    holds: bool
    names: frozenset[str]
    follows: bool = False


Facts = frozenset[Fact]


def facts(condition: Expression, truth: bool, constants: Mapping[str, int]) -> Facts:
    """Return what is known where `condition` is true (or false)."""
    known: Facts = frozenset()
    if isinstance(condition, Unary) and condition.operator == "!":
        known = facts(condition.operand, not truth, constants)
    if isinstance(condition, Binary) and condition.operator == ("&&" if truth else "||"):
        known = facts(condition.left, truth, constants) | facts(condition.right, truth, constants)
    return known | {simple_fact(condition, truth, constants)._replace(follows=bool(known))}


def simple_fact(condition: Expression, truth: bool, constants: Mapping[str, int]) -> Fact:
    """Return the fact that a condition itself is."""
    used = names(condition)
    if calls_any(condition, POSITION_FUNCTIONS):
        # Elsewhere the same words may be true or not: only this very condition is known.
        place = f"{text(condition)} at {condition.position}"
        return Fact(place, None, truth, used)
    if isinstance(condition, Binary) and condition.operator in ("==", "!="):
        value = evaluate(condition.right, constants)
        if value is not None:
            return Fact(text(condition.left), value, truth == (condition.operator == "=="), used)
    if isinstance(condition, Name):
        return Fact(text(condition), 0, not truth, used)
    return Fact(text(condition), None, truth, used)


def implied(fact: Fact, known: Facts) -> bool:
    """Tell whether a fact follows from known ones."""
    for other in known:
        if other.subject != fact.subject:
            continue
        if other.value == fact.value and other.holds == fact.holds:
            return True
        if other.holds and not fact.holds and other.value != fact.value:
            return True
    return False


def contradicts(fact: Fact, known: Facts) -> bool:
    """Tell whether a fact can't be true beside known ones."""
    return implied(fact._replace(holds=not fact.holds), known)


def exclusive(first: Facts, second: Facts) -> bool:
    """Tell whether two sets of facts can't both be true."""
    return any(contradicts(fact, second) for fact in first)


def negated(condition: Expression, negate: bool) -> Expression:
    """Return a condition, or what is true where it isn't."""
    if not negate:
        return condition
    opposite = {"==": "!=", "!=": "=="}
    if isinstance(condition, Binary) and condition.operator in opposite:
        operator = opposite[condition.operator]
        return Binary(condition.position, operator, condition.left, condition.right)
    return Unary(condition.position, "!", condition)
