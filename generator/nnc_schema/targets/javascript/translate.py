"""Prints the code that the Python target makes for a table as JavaScript.

Both languages so read a schema by one piece of code: what is read when, which names are set, what
an absent element stands for. Only what the Python target writes is known here; anything else is an
error of the compiler, never a wrong program. Integers keep their values: whatever may leave those
that a number of JavaScript holds goes through the runtime, which goes on with a BigInt.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from typing import Any

from nnc_schema.passes.analysis import Analysis

#: Words that JavaScript has for something else.
RESERVED_WORDS = """
arguments await break case catch class const continue debugger default delete do else enum
eval export extends false finally for function if implements import in instanceof interface
let new null package private protected public return static super switch this throw true try
typeof undefined var void while with yield
"""
RESERVED = frozenset(RESERVED_WORDS.split())

#: Integers beyond this one are BigInts.
LARGEST = (1 << 53) - 1

OPERATORS: Mapping[type, str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "left",
    ast.RShift: "right",
}
UNARY: Mapping[type, str] = {ast.USub: "negative", ast.Invert: "inverted"}
COMPARISONS: Mapping[type, str] = {
    ast.Eq: "===",
    ast.NotEq: "!==",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "===",
    ast.IsNot: "!==",
}

#: Functions of Python, and those of the runtime that do the same.
BUILTINS = {
    "abs": "abs",
    "bool": "bool",
    "int": "int",
    "len": "size",
    "max": "max",
    "min": "min",
}

#: What generated code calls by these names with an underscore is the runtime's.
MODULES = ("_computing", "_functions")

INDENT = "  "


def literal(value: Any) -> str:
    """Write a constant: a number, text, rows of numbers, None."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(literal(part) for part in value)}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value) if abs(value) <= LARGEST else f"{value}n"
    if isinstance(value, str):
        return json.dumps(value)
    raise TypeError(f"no constant of JavaScript: {value!r}")


def local(name: str) -> str:
    """Return the variable for a name."""
    return f"{name}$" if name in RESERVED else name


class Translation:
    """Prints code of one table; or with no fields, of an expression.

    Attributes:
        analysis: the schema.
        variables: what the code assigns, in order.
        maps: those of them that are arrays which the table itself makes.
    """

    def __init__(self, analysis: Analysis, fields: Iterable[str] = ()):
        """Take the fields of the table, by the names of the Python target."""
        self.analysis = analysis
        self.fields = tuple(fields)
        self.modules = {file.name for file in analysis.schema.files}
        self.functions = {name.lower(): name for name in analysis.defines}
        self.variables: dict[str, None] = {}
        self.maps: set[str] = set()
        self.loops = 0

    def function(self, lines: list[str]) -> list[str]:
        """Return the body of the function whose lines of Python these are."""
        body = self.block(ast.parse("\n".join(lines)).body, INDENT)
        if self.variables:
            body.insert(0, f"{INDENT}let {', '.join(self.variables)};")
        return body

    def lambda_of(self, text: str) -> str:
        """Return a function of one expression."""
        return self.value(ast.parse(text, mode="eval").body)

    # Statements

    def block(self, statements: Iterable[ast.stmt], indent: str) -> list[str]:
        """Return the lines of statements."""
        return [indent + line for each in statements for line in self.statement(each)]

    def statement(self, statement: ast.stmt) -> list[str]:
        """Return the lines of one statement."""
        match statement:
            case ast.Assign():
                return self.assignment(statement.targets, statement.value)
            case ast.AnnAssign(target=target, value=value):
                return self.annotated(target, value)
            case ast.AugAssign(target=ast.Name() as target, op=op, value=value):
                return self.assignment([target], ast.BinOp(target, op, value))
            case ast.Expr():
                return [f"{self.value(statement.value)};"]
            case ast.If():
                return self.branch(statement)
            case ast.For():
                return self.counted(statement)
            case ast.While():
                head = f"while ({self.value(statement.test)}) {{"
                return [head, *self.block(statement.body, INDENT), "}"]
            case ast.Break():
                return ["break;"]
            case ast.Return(value=ast.expr() as value):
                return [f"return {self.value(value)};"]
            case ast.Pass():
                return []
        raise TypeError(f"no statement of JavaScript: {ast.unparse(statement)}")

    def annotated(self, target: ast.expr, value: ast.expr | None) -> list[str]:
        """Return the lines of a variable with its type."""
        if isinstance(value, ast.Dict):
            assert isinstance(target, ast.Name)
            self.maps.add(target.id)
        return [] if value is None else self.assignment([target], value)

    def assignment(self, targets: list[ast.expr], value: ast.expr) -> list[str]:
        """Return the lines of an assignment to one or more targets."""
        target = targets[0]
        if isinstance(target, ast.Subscript):
            assert len(targets) == 1
            into = target.value
            kind = "put" if isinstance(into, ast.Name) and into.id in self.maps else "store"
            words = (self.value(part) for part in (into, value, target.slice))
            return [f"$.{kind}({', '.join(words)});"]
        made = " = ".join([*(self.target(each) for each in targets), self.value(value)])
        return [f"const {made};" if made.startswith("obj =") else f"{made};"]

    def target(self, target: ast.expr) -> str:
        """Return what a value is assigned to."""
        match target:
            case ast.Name(id="obj"):
                return "obj"
            case ast.Name(id=name):
                self.variables[local(name)] = None
                return local(name)
            case ast.Attribute(value=ast.Name(id="context"), attr=name):
                return f"context.names.{name}"
        return self.value(target)

    def branch(self, statement: ast.If) -> list[str]:
        """Return the lines of an `if` and what follows it."""
        lines = [f"if ({self.value(statement.test)}) {{", *self.block(statement.body, INDENT)]
        match statement.orelse:
            case []:
                return [*lines, "}"]
            case [ast.If() as other]:
                first, *rest = self.branch(other)
                return [*lines, f"}} else {first}", *rest]
        return [*lines, "} else {", *self.block(statement.orelse, INDENT), "}"]

    def counted(self, statement: ast.For) -> list[str]:
        """Return the lines of a loop over a range."""
        match statement.iter:
            case ast.Call(func=ast.Name(id="range"), args=arguments):
                pass
            case _:
                raise TypeError(f"no loop of JavaScript: {ast.unparse(statement.iter)}")
        bounds = [self.value(each) for each in arguments]
        first, end = bounds[:2] if len(bounds) > 1 else ("0", bounds[0])
        step = ast.literal_eval(arguments[2]) if len(bounds) > 2 else 1
        self.loops += 1
        at, stop = f"at${self.loops}", f"end${self.loops}"
        sign = "<" if step > 0 else ">"
        head = f"for (let {at} = {first}, {stop} = {end}; {at} {sign} {stop};"
        return [
            f"{head} {at} = $.add({at}, {step})) {{",
            f"{INDENT}{self.target(statement.target)} = {at};",
            *self.block(statement.body, INDENT),
            "}",
        ]

    # Expressions

    def value(self, node: ast.expr) -> str:
        """Return an expression; one of several parts stands in brackets."""
        match node:
            case ast.Constant(value=bytes()):
                return "$.NO_BYTES"
            case ast.Constant(value=value):
                return literal(value)
            case ast.Name(id=name):
                return self.name(name)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return f"[{', '.join(self.value(part) for part in parts)}]"
            case ast.Dict(keys=[]):
                return "new Map()"
            case ast.Dict():
                return self.dictionary(node)
            case ast.JoinedStr(values=parts):
                return f"`{''.join(self.text_part(part) for part in parts)}`"
            case ast.BinOp():
                return self.runtime(OPERATORS[type(node.op)], [node.left, node.right])
            case ast.UnaryOp():
                return self.unary(node)
            case ast.BoolOp():
                word = " && " if isinstance(node.op, ast.And) else " || "
                return f"({word.join(self.value(part) for part in node.values)})"
            case ast.Compare():
                return self.comparison(node)
            case ast.IfExp():
                yes, no = self.value(node.body), self.value(node.orelse)
                return f"({self.value(node.test)} ? {yes} : {no})"
            case ast.Lambda():
                names = ", ".join(local(each.arg) for each in node.args.args)
                return f"({names}) => {self.value(node.body)}"
            case ast.Attribute():
                return self.attribute(node)
            case ast.Subscript():
                return self.subscript(node)
            case ast.Call():
                return self.call(node)
        raise TypeError(f"no expression of JavaScript: {ast.unparse(node)}")

    def runtime(self, function: str, arguments: Iterable[ast.expr]) -> str:
        """Return a call of the runtime."""
        return f"$.{function}({', '.join(self.value(each) for each in arguments)})"

    def name(self, name: str) -> str:
        """Return a name: a constant, or a variable."""
        if name in self.analysis.constants:
            return literal(self.analysis.constants[name])
        if name in self.analysis.constant_tables:
            return f"$rows.{name}"
        return local(name)

    def dictionary(self, node: ast.Dict) -> str:
        """Return an object of the values of variables by name."""
        parts = zip(node.keys, node.values, strict=True)
        inside = (f"{self.value(key)}: {self.value(each)}" for key, each in parts if key)
        return f"{{{', '.join(inside)}}}"

    def text_part(self, part: ast.expr) -> str:
        """Return a part of a text with values in it."""
        if isinstance(part, ast.FormattedValue):
            return f"${{{self.value(part.value)}}}"
        assert isinstance(part, ast.Constant)
        return json.dumps(part.value)[1:-1].replace("`", "\\`").replace("$", "\\$")

    def unary(self, node: ast.UnaryOp) -> str:
        """Return an operation of one operand."""
        if isinstance(node.op, ast.Not):
            return f"!{self.value(node.operand)}"
        if isinstance(node.op, ast.UAdd):
            return self.value(node.operand)
        if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
            return literal(ast.literal_eval(node))
        return self.runtime(UNARY[type(node.op)], [node.operand])

    def comparison(self, node: ast.Compare) -> str:
        """Return a comparison, or several in a row."""
        operands = [self.value(each) for each in (node.left, *node.comparators)]
        parts = [
            f"{left} {COMPARISONS[type(operator)]} {right}"
            for left, operator, right in zip(operands, node.ops, operands[1:], strict=False)
        ]
        return f"({' && '.join(parts)})"

    def attribute(self, node: ast.Attribute) -> str:
        """Return a part of something: a value of a table, a shared name, a table."""
        match node.value:
            case ast.Name(id="context"):
                return f"$.shared(context, {literal(node.attr)})"
            case ast.Name(id="_functions") if node.attr == "NOWHERE":
                return "$.NOWHERE"
            case ast.Name(id=("stream" | "self") as owner):
                return f"{owner}.{node.attr}"
            case ast.Name(id=module) if module in self.modules:
                return self.global_name(node.attr)
        return f"{self.value(node.value)}[{literal(self.analysis.said(node.attr))}]"

    def global_name(self, name: str) -> str:
        """Return a constant or table."""
        return f"$tables.{name}" if name in self.analysis.tables else self.name(name)

    def subscript(self, node: ast.Subscript) -> str:
        """Return a value of a list."""
        if isinstance(node.slice, ast.UnaryOp):
            return self.runtime("last", [node.value])
        return f"{self.value(node.value)}[{self.value(node.slice)}]"

    def call(self, node: ast.Call) -> str:
        """Return a call: of the reader, of a table, of a function."""
        arguments = ", ".join(self.value(each) for each in node.args)
        match node.func:
            case ast.Attribute(value=ast.Name(id="self"), attr="fresh"):
                names = (f"[{literal(self.analysis.said(each))}]: null" for each in self.fields)
                return f"{{ {', '.join(['__proto__: null', *names])} }}"
            case ast.Attribute(value=table, attr="_parse"):
                name = table.attr if isinstance(table, ast.Attribute) else ast.unparse(table)
                return f"$tables.{name}.parse(stream, context)"
            case ast.Attribute(value=ast.Name(id="_functions"), attr=name) if (
                name in self.functions
            ):
                return f"$defines.{name}({arguments})"
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in MODULES:
                return f"$.{name}({arguments})"
            case ast.Attribute(value=ast.Name(id=owner), attr="get") if owner in self.maps:
                return f"$.get({local(owner)}, {arguments})"
            case ast.Attribute(value=owner, attr="get"):
                return f"$.get({self.value(owner)}, {arguments}, null)"
            case ast.Attribute(value=owner, attr="append"):
                return f"{self.value(owner)}.push({arguments})"
            case ast.Attribute(value=owner, attr=verb):
                receiver = "context" if ast.unparse(owner) == "context" else self.value(owner)
                return f"{receiver}.{verb}({arguments})"
            case ast.Name(id=name) if name in BUILTINS:
                return f"$.{BUILTINS[name]}({arguments})"
            case ast.Name(id=name) if name in self.functions:
                return f"$defines.{name}({arguments})"
            case ast.Name(id=name):
                return f"$.{name.removeprefix('_')}({arguments})"
        raise TypeError(f"no call of JavaScript: {ast.unparse(node)}")
