"""Expressions as Kaitai Struct has them, where truth and numbers are apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError
from nnc_schema.language.tree import Binary, Conditional, Expression, Function, Name, Number, Unary
from nnc_schema.targets.sdl.expressions import CHOOSING, substituted

COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")
LOGICAL = {"&&": "and", "||": "or"}


def refuse(position: tree.Position, what: str) -> SchemaError:
    """Return the error for what Kaitai Struct can't say."""
    return SchemaError(position, f"{what}, for which Kaitai Struct has no words")


def identifier(name: str) -> str:
    """Return a name as Kaitai Struct can have it: in lower case, beginning with a letter."""
    made = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().lstrip("@")
    return made if made[:1].isalpha() else f"x{made}"


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes expressions.

    Attributes:
        name: writes a name as a number.
        defines: the schema's own functions.
    """

    name: Callable[[Name, Callable[[Expression], str]], str]
    defines: Mapping[str, tree.Define]

    def number(self, expression: Expression) -> str:
        """Return an expression as a number."""
        match expression:
            case Number():
                return str(expression.value)
            case Name():
                return self.name(expression, self.number)
            case Unary(operator="!"):
                return f"({self.truth(expression.operand)} ? 0 : 1)"
            case Unary(operator="+"):
                return self.number(expression.operand)
            case Unary():
                return f"({expression.operator}{self.number(expression.operand)})"
            case Binary(operator=operator) if operator in (*COMPARISONS, *LOGICAL):
                return f"({self.truth(expression)} ? 1 : 0)"
            case Binary():
                left, right = self.number(expression.left), self.number(expression.right)
                return f"({left} {expression.operator} {right})"
            case Conditional():
                yes, no = self.number(expression.yes), self.number(expression.no)
                return f"({self.truth(expression.condition)} ? {yes} : {no})"
            case Function():
                return self.function(expression)

    def truth(self, expression: Expression) -> str:
        """Return an expression of which only zero or not counts."""
        match expression:
            case Unary(operator="!"):
                return f"(not {self.truth(expression.operand)})"
            case Binary(operator=operator) if operator in LOGICAL:
                left, right = self.truth(expression.left), self.truth(expression.right)
                return f"({left} {LOGICAL[operator]} {right})"
            case Binary(operator=operator) if operator in COMPARISONS:
                left, right = self.number(expression.left), self.number(expression.right)
                return f"({left} {operator} {right})"
            case Function(name="more_data"):
                return "(not _io.eof)"
        return f"({self.number(expression)} != 0)"

    def function(self, function: Function) -> str:
        """Return a function as a number."""
        arguments = function.arguments
        if function.name in self.defines:
            define = self.defines[function.name]
            values = dict(zip(define.parameters, arguments, strict=True))
            return self.number(substituted(define.value, values))
        if function.name in CHOOSING and len(arguments) == 2:
            left, right = map(self.number, arguments)
            return f"({left} {CHOOSING[function.name]} {right} ? {left} : {right})"
        if function.name == "remaining":
            return "(8 * (_io.size - _io.pos))"
        raise refuse(function.position, f"the function {function.name!r}")
