"""Values of the schema's expressions, over names that were read from a bitstream.

The generated code compiles the expressions that parsing needs. Ranges and constraints are only
for checking; they stand in the generated descriptions as text, and are worked out here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import nnc.syntax
from nnc.syntax import functions

TOKEN = re.compile(
    r"\s*(?:(0x[0-9A-Fa-f]+|\d+)|([A-Za-z_]\w*)|(<<|>>|[<>=!]=|&&|\|\||[-+*/%&|^<>!~?:()\[\],]))"
)

#: Binary operators from the loosest to the tightest.
LEVELS = (
    ("||",),
    ("&&",),
    ("|",),
    ("^",),
    ("&",),
    ("==", "!="),
    ("<", ">", "<=", ">="),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "%"),
)

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "||": lambda a, b: int(bool(a) or bool(b)),
    "&&": lambda a, b: int(bool(a) and bool(b)),
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b),
    "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b),
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": functions.quotient,
    "%": functions.remainder,
}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Abs": abs,
    "Ceil": functions.ceil,
    "Clip3": functions.clip3,
    "Floor": functions.floor,
    "Length": len,
    "Log2": functions.log2,
    "Max": lambda *values: max(flat(values)),
    "Min": lambda *values: min(flat(values)),
    "Prod": functions.prod,
    "Round": functions.nearest,
    "Sign": functions.sign,
}

Evaluation = Callable[[Mapping[str, Any]], Any]


class UnknownNameError(LookupError):
    """An expression asks for a name that has no value here."""


def flat(values: Iterable[Any]) -> Iterable[Any]:
    """Return the values, those in lists one by one."""
    for value in values:
        if isinstance(value, list):
            yield from flat(value)
        else:
            yield value


def evaluate(text: str, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression.

    Args:
        text: the expression, in the schema's language.
        names: values of names; constants of the schema are known besides.

    Raises:
        UnknownNameError: a name has no value.
        ValueError: it is no expression.
    """
    return compiled(text)(names)


@functools.cache
def compiled(text: str) -> Evaluation:
    """Take an expression apart, once.

    Raises:
        ValueError: it is no expression.
    """
    return Reader(text).whole()


class Reader:
    """Reads an expression from left to right."""

    def __init__(self, text: str):
        """Split the text into numbers, names and signs."""
        self.text = text
        self.tokens: list[str] = []
        place = 0
        while text[place:].strip():
            token = TOKEN.match(text, place)
            if token is None:
                raise ValueError(f"not an expression: {text!r}")
            self.tokens.append(token[0].strip())
            place = token.end()
        self.place = 0

    def whole(self) -> Evaluation:
        """Read all of it."""
        result = self.conditional()
        if self.place < len(self.tokens):
            raise ValueError(f"not an expression: {self.text!r}")
        return result

    def next_is(self, *signs: str) -> bool:
        """Tell whether one of some signs comes next."""
        return self.place < len(self.tokens) and self.tokens[self.place] in signs

    def take(self, wanted: str = "") -> str:
        """Take the next token, which has to be `wanted` if that is given."""
        if self.place >= len(self.tokens) or (wanted and self.tokens[self.place] != wanted):
            raise ValueError(f"not an expression: {self.text!r}")
        self.place += 1
        return self.tokens[self.place - 1]

    def conditional(self) -> Evaluation:
        """Read `condition ? yes : no`, or less."""
        condition = self.binary(0)
        if not self.next_is("?"):
            return condition
        self.take()
        yes = self.conditional()
        self.take(":")
        no = self.conditional()
        return lambda names: yes(names) if condition(names) else no(names)

    def binary(self, level: int) -> Evaluation:
        """Read operators of one level and the tighter ones."""
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.next_is(*LEVELS[level]):
            left = combined(self.take(), left, self.binary(level + 1))
        return left

    def unary(self) -> Evaluation:
        """Read signs before an operand."""
        if self.next_is("-", "+", "!", "~"):
            sign = self.take()
            operand = self.unary()
            return {
                "-": lambda names: -operand(names),
                "+": lambda names: +operand(names),
                "!": lambda names: int(not operand(names)),
                "~": lambda names: ~operand(names),
            }[sign]
        return self.primary()

    def primary(self) -> Evaluation:
        """Read a number, a name, a call, or something in brackets."""
        if self.next_is("("):
            self.take()
            inner = self.conditional()
            self.take(")")
            return inner
        token = self.take()
        if token[0].isdigit():
            number = int(token, 0)
            return lambda names: number
        if not (token[0].isalpha() or token[0] == "_"):
            raise ValueError(f"not an expression: {self.text!r}")
        if self.next_is("("):
            return self.call(token)
        indices = []
        while self.next_is("["):
            self.take()
            indices.append(self.conditional())
            self.take("]")
        return lambda names: entry(names, token, [index(names) for index in indices])

    def call(self, name: str) -> Evaluation:
        """Read the arguments of a function."""
        if name not in FUNCTIONS:
            raise ValueError(f"no function {name!r} in {self.text!r}")
        function = FUNCTIONS[name]
        self.take("(")
        arguments = [self.conditional()]
        while self.next_is(","):
            self.take()
            arguments.append(self.conditional())
        self.take(")")
        return lambda names: function(*[argument(names) for argument in arguments])


def combined(sign: str, left: Evaluation, right: Evaluation) -> Evaluation:
    """Join two operands; the right one isn't asked where the left one decides."""
    if sign == "&&":
        return lambda names: int(bool(left(names)) and bool(right(names)))
    if sign == "||":
        return lambda names: int(bool(left(names)) or bool(right(names)))
    operation = OPERATIONS[sign]
    return lambda names: operation(left(names), right(names))


def entry(names: Mapping[str, Any], name: str, indices: list[int]) -> Any:
    """Return the value of a name, or of an entry of its list."""
    if name in names:
        value = names[name]
    elif name.isupper() or "_" in name:
        value = getattr(nnc.syntax, name, None)
    else:
        value = None
    for index in indices:
        value = value[index] if value is not None and 0 <= index < len(value) else None
    if value is None or (isinstance(value, list) and not value):
        raise UnknownNameError(name)
    return value
