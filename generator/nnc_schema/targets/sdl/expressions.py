"""Expressions as SDL has them: operators that it lacks are written by those that it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError
from nnc_schema.language.tree import Binary, Conditional, Expression, Function, Name, Number, Unary

Write = Callable[[Expression], str]

#: Functions that come to one of their arguments, by how the first is compared with the second.
CHOOSING = {"Max": ">", "Min": "<"}


def refuse(position: tree.Position, what: str) -> SchemaError:
    """Return the error for what SDL can't say."""
    return SchemaError(
        position,
        f"found {what}, which ISO/IEC 14496-34 has no words for",
        "leave it to text beside the description, or take another target",
    )


def substituted(expression: Expression, values: Mapping[str, Expression]) -> Expression:
    """Return an expression with others in place of names."""
    match expression:
        case Name(name=name, indices=()) if name in values:
            return values[name]
        case Name():
            inside = tuple(substituted(index, values) for index in expression.indices)
            return Name(expression.position, expression.name, inside)
        case Unary():
            operand = substituted(expression.operand, values)
            return Unary(expression.position, expression.operator, operand)
        case Binary():
            left = substituted(expression.left, values)
            right = substituted(expression.right, values)
            return Binary(expression.position, expression.operator, left, right)
        case Conditional():
            parts = (expression.condition, expression.yes, expression.no)
            return Conditional(expression.position, *(substituted(part, values) for part in parts))
        case Function():
            arguments = tuple(substituted(part, values) for part in expression.arguments)
            return Function(expression.position, expression.name, arguments)
    return expression


@dataclass(slots=True)
class Writing:
    """Writes expressions; what takes statements of its own is put before them.

    Attributes:
        name: writes a name.
        unsaid: returns what stands for an expression that SDL can't say.
        defines: the schema's own functions.
        before: the statements that have to stand before.
        made: how many variables were made so far.
    """

    name: Callable[[Name, Write], str]
    unsaid: Callable[[Expression], str]
    defines: Mapping[str, tree.Define]
    before: list[str] = field(default_factory=list)
    made: int = 0

    def write(self, expression: Expression) -> str:
        """Return an expression in SDL."""
        match expression:
            case Number():
                return str(expression.value)
            case Name():
                return self.name(expression, self.write)
            case Unary():
                return self.unary(expression)
            case Binary():
                return self.binary(expression)
            case Conditional():
                yes, no = expression.yes, expression.no
                return self.chosen(self.write(expression.condition), yes, no)
            case Function():
                return self.function(expression)

    def unary(self, expression: Unary) -> str:
        """Write `!`, `-`, `+` or `~`."""
        operand = self.write(expression.operand)
        return {
            "!": f"({operand} == 0)",
            "~": f"(0 - {operand} - 1)",
            "-": f"(0 - {operand})",
            "+": operand,
        }[expression.operator]

    def binary(self, expression: Binary) -> str:
        """Write an operation of two operands, in brackets."""
        left, right = self.write(expression.left), self.write(expression.right)
        if expression.operator == "^":
            return f"(({left} | {right}) - ({left} & {right}))"
        return f"({left} {expression.operator} {right})"

    def function(self, expression: Function) -> str:
        """Write a function: SDL has none but those that are written out."""
        arguments = expression.arguments
        if expression.name in self.defines:
            define = self.defines[expression.name]
            values = dict(zip(define.parameters, arguments, strict=True))
            return self.write(substituted(define.value, values))
        if expression.name in CHOOSING and len(arguments) == 2:
            first, second = arguments
            operator = CHOOSING[expression.name]
            condition = self.write(Binary(expression.position, operator, first, second))
            return self.chosen(condition, first, second)
        return self.unsaid(expression)

    def chosen(self, condition: str, yes: Expression, no: Expression) -> str:
        """Return a variable that gets one of two values."""
        self.made += 1
        name = f"choice_{self.made}"
        self.before.append(f"computed int {name} = {self.write(no)};")
        self.before.append(f"if ({condition}) {{ {name} = {self.write(yes)}; }}")
        return name
