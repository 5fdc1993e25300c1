"""The syntax of a table, line by line, as standards print it: text and descriptor."""

from __future__ import annotations

from typing import NamedTuple

from nnc_schema.language import tree
from nnc_schema.passes.table_facts import ALIGNMENTS, BYTE_ALIGNMENT, TableFacts, takes_v
from nnc_schema.targets.docs.links import Links, escaped

#: C's precedence; higher binds tighter.
PRECEDENCE = {
    "||": 2,
    "&&": 3,
    "|": 4,
    "^": 5,
    "&": 6,
    "==": 7,
    "!=": 7,
    "<": 8,
    ">": 8,
    "<=": 8,
    ">=": 8,
    "<<": 9,
    ">>": 9,
    "+": 10,
    "-": 10,
    "*": 11,
    "/": 11,
    "%": 11,
}
TERNARY, UNARY, ATOM = 1, 12, 13

#: Numbers from here on are written in base 16.
LARGE = 1 << 16


class Line(NamedTuple):
    """One line of a table.

    Attributes:
        depth: how far it is indented.
        text: Markdown.
        descriptor: Markdown, "" where the line reads nothing.
    """

    depth: int
    text: str
    descriptor: str = ""


class Writer:
    """Writes expressions and statements of one table."""

    def __init__(self, links: Links | None, facts: TableFacts | None):
        """Set the table; without `links` the text is plain, neither linked nor escaped."""
        self.links = links
        self.facts = facts

    def name(self, name: str) -> str:
        """Write a name."""
        return name if self.links is None else self.links.name(name, self.facts)

    def sign(self, text: str) -> str:
        """Write anything but a name."""
        return text if self.links is None else escaped(text)

    def value(self, expression: tree.Expression) -> str:
        """Write an expression with no more brackets than C needs."""
        return self.write(expression)[0]

    def operand(self, expression: tree.Expression, least: int) -> str:
        """Write an operand, in brackets if it binds less than `least`."""
        text, precedence = self.write(expression)
        return f"({text})" if precedence < least else text

    def write(self, expression: tree.Expression) -> tuple[str, int]:
        """Write an expression; return the text and how tight it binds."""
        match expression:
            case tree.Number():
                large = expression.value >= LARGE
                number = f"0x{expression.value:X}" if large else str(expression.value)
                return expression.characters or number, ATOM
            case tree.Name():
                return self.indexed(expression.name, expression.indices), ATOM
            case tree.Unary():
                return self.sign(expression.operator) + self.operand(
                    expression.operand, UNARY
                ), UNARY
            case tree.Binary():
                precedence = PRECEDENCE[expression.operator]
                left = self.operand(expression.left, self.least(expression.left, precedence))
                right = self.operand(expression.right, precedence + 1)
                return f"{left} {self.sign(expression.operator)} {right}", precedence
            case tree.Conditional():
                parts = [
                    self.operand(part, TERNARY + 1)
                    for part in (expression.condition, expression.yes, expression.no)
                ]
                return f"{parts[0]} ? {parts[1]} : {parts[2]}", TERNARY
            case tree.Function():
                arguments = ", ".join(self.value(part) for part in expression.arguments)
                return f"{self.name(expression.name)}({arguments})", ATOM

    def least(self, left: tree.Expression, precedence: int) -> int:
        """Return what a left operand has to bind; `&&` within `||` is set in brackets."""
        if precedence == PRECEDENCE["||"] and isinstance(left, tree.Binary):
            return precedence if left.operator == "||" else precedence + 2
        return precedence

    def indexed(self, name: str, indices: tuple[tree.Expression, ...]) -> str:
        """Write a name with its indices."""
        return self.name(name) + self.index(indices)

    def index(self, indices: tuple[tree.Expression, ...]) -> str:
        """Write indices."""
        return "".join(f"{self.sign('[')}{self.value(index)}{self.sign(']')}" for index in indices)

    def heading(self, table: tree.Table) -> str:
        """Write the first line of a table."""
        words = "persistent " * table.persistent + "external " * table.external
        inside = ", ".join(table.parameters)
        key = "" if table.key is None else f" key {table.key}"
        extent = "" if table.extent is None else f" extent {self.value(table.extent)}"
        behind = "" if table.transform is None else f" transform {table.transform}"
        return f"{words}{table.name}({inside}){extent}{key}{behind}"

    def lines(self, statements: tuple[tree.Statement, ...], depth: int = 0) -> list[Line]:
        """Write statements."""
        return [line for statement in statements for line in self.statement(statement, depth)]

    def statement(self, statement: tree.Statement, depth: int) -> list[Line]:
        """Write a statement with all within it."""
        match statement:
            case tree.Element():
                text = f"**{self.name(statement.name)}**{self.index(statement.indices)}"
                alias = self.alias(statement.field, statement.name)
                if statement.computed is not None:
                    alias += f" = {self.value(statement.computed)}"
                return [Line(depth, text + alias, self.descriptor(statement))]
            case tree.Call():
                arguments = ", ".join(self.value(part) for part in statement.arguments)
                alias = self.alias(statement.field, statement.table)
                if statement.table in ALIGNMENTS:
                    return [Line(depth, self.alignment(statement))]
                return [Line(depth, f"{self.name(statement.table)}({arguments}){alias}")]
            case tree.External():
                text = f"**{self.name(statement.field)}**"
                table = self.name(statement.table)
                return [Line(depth, f"{text} <small>coded as {table}</small>", "bs(v)")]
            case tree.Array():
                if not statement.sizes:
                    return []
                return [Line(depth, f"array {self.indexed(statement.name, statement.sizes)}")]
            case tree.Select():
                return []
            case tree.Assignment():
                target = self.indexed(statement.name, statement.indices)
                return [Line(depth, f"{target} = {self.value(statement.value)}")]
            case tree.If():
                return self.branches(statement, depth)
            case tree.For():
                return self.block(self.loop(statement), statement.body, depth)
            case tree.While():
                condition = f"while ({self.value(statement.condition)})"
                if statement.test_first:
                    return self.block(condition, statement.body, depth)
                body = self.lines(statement.body, depth + 1)
                return [Line(depth, "do {"), *body, Line(depth, f"}} {condition}")]

    def alignment(self, statement: tree.Call) -> str:
        """Write `byte_alignment` or `padding`."""
        if statement.table == BYTE_ALIGNMENT:
            return f"{self.name(statement.table)}()"
        boundary, fill = statement.arguments
        bit = self.value(fill) if isinstance(fill, tree.Number) else "any"
        return f"padding({self.value(boundary)}{'' if bit == '0' else f', {bit}'})"

    def alias(self, field: str, name: str) -> str:
        """Write the name that a value is kept under, where it isn't its own."""
        return "" if field == name else f" <small>as {escaped(field)}</small>"

    def loop(self, loop: tree.For) -> str:
        """Write the head of a `for` loop."""
        sign = "+" if loop.step > 0 else "-"
        step = 2 * sign if abs(loop.step) == 1 else f" {sign}= {abs(loop.step)}"
        start = f"{loop.variable} = {self.value(loop.start)}"
        return f"for ({start}; {self.value(loop.condition)}; {loop.variable}{step})"

    def block(self, head: str, body: tuple[tree.Statement, ...], depth: int) -> list[Line]:
        """Write a head and a body, with braces where the body is more than one line."""
        inner = self.lines(body, depth + 1)
        if len(inner) == 1:
            return [Line(depth, head), *inner]
        return [Line(depth, f"{head} {{"), *inner, Line(depth, "}")]

    def branches(self, statement: tree.If, depth: int) -> list[Line]:
        """Write `if`, `else if` and `else`."""
        lines = self.block(f"if ({self.value(statement.condition)})", statement.yes, depth)
        if not statement.no:
            return lines
        only = statement.no[0]
        if len(statement.no) == 1 and isinstance(only, tree.If):
            rest = self.branches(only, depth)
            rest[0] = rest[0]._replace(text=f"else {rest[0].text}")
        else:
            rest = self.block("else", statement.no, depth)
        if lines[-1].text == "}" and lines[-1].depth == depth:
            lines.pop()
            rest[0] = rest[0]._replace(text=f"}} {rest[0].text}")
        return lines + rest

    def descriptor(self, element: tree.Element) -> str:
        """Write a descriptor with its arguments."""
        if element.spelled:
            return self.sign(element.spelled)
        if takes_v(element.descriptor):
            return f"{element.descriptor}(v)"
        inside = ", ".join(self.value(part) for part in element.arguments)
        return f"{element.descriptor}({inside})"
