"""Turns what the parser found into nodes of the tree: expressions and statements."""

from __future__ import annotations

from typing import Any

from lark import Token, Transformer, v_args

from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError


def unquoted(token: Token) -> str:
    """Return the text of a STRING, its lines joined."""
    return " ".join(str(token)[1:-1].split())


class Builder(Transformer[Token, Any]):
    """Turns Lark's tree into ours; holds what `clause` and `status` said last."""

    def __init__(self, file: str):
        """Set the name of the file, for positions."""
        super().__init__(visit_tokens=False)
        self.file = file

    def at(self, place: Any) -> tree.Position:
        """Return the position of a token or of a rule's meta."""
        return tree.Position(self.file, place.line, place.column)

    # Expressions

    def number(self, children: list[Token]) -> tree.Number:
        """Make the node of a `number`."""
        return tree.Number(self.at(children[0]), int(children[0], 0))

    def name(self, children: list[Any]) -> tree.Name:
        """Make the node of a `name`."""
        return tree.Name(self.at(children[0]), str(children[0]), tuple(children[1:]))

    def index(self, children: list[Any]) -> Any:
        """Make the node of a `index`."""
        return children[0]

    def function(self, children: list[Any]) -> tree.Function:
        """Make the node of a `function`."""
        return tree.Function(self.at(children[0]), str(children[0]), children[1])

    def arguments(self, children: list[Any]) -> tuple[Any, ...]:
        """Make the node of a `arguments`."""
        return tuple(children)

    def names(self, children: list[Token]) -> tuple[str, ...]:
        """Make the node of a `names`."""
        return tuple(str(child) for child in children)

    def unary(self, children: list[Any]) -> tree.Unary:
        """Make the node of a `unary`."""
        return tree.Unary(self.at(children[0]), str(children[0]), children[1])

    def binary(self, children: list[Any]) -> tree.Binary:
        """Make the node of a `binary`."""
        left, operator, right = children
        return tree.Binary(left.position, str(operator), left, right)

    def conditional(self, children: list[Any]) -> tree.Conditional:
        """Make the node of a `conditional`."""
        return tree.Conditional(children[0].position, *children)

    # Statements

    def block(self, children: list[Any]) -> tuple[Any, ...]:
        """Make the node of a `block`."""
        return flat(children)

    def alias(self, children: list[Token]) -> Token:
        """Make the node of a `alias`."""
        return children[0].update(type="ALIAS")

    def computed(self, children: list[Any]) -> tuple[Any]:
        """Make the mark of what an element is computed as."""
        return (children[0],)

    def element(self, children: list[Any]) -> tree.Element:
        """Make the node of a `element`."""
        name, *rest = children
        indices = []
        while not isinstance(rest[0], Token):
            indices.append(rest.pop(0))
        descriptor, arguments, *rest = rest
        computed = [part[0] for part in rest if isinstance(part, tuple)]
        marks = {token.type: str(token) for token in rest if isinstance(token, Token)}
        return tree.Element(
            self.at(name),
            str(name),
            marks.get("ALIAS", str(name)),
            tuple(indices),
            str(descriptor),
            arguments,
            marks.get("ENUM_NAME"),
            computed[0] if computed else None,
        )

    def call(self, children: list[Any]) -> tree.Call:
        """Make the node of a `call`."""
        name, arguments, *alias = children
        field = str(alias[0]) if alias else str(name)
        return tree.Call(self.at(name), str(name), field, arguments)

    def external(self, children: list[Any]) -> tree.External:
        """Make the node of a `external`."""
        field, module, table, arguments = children
        return tree.External(self.at(field), str(field), str(module), str(table), arguments)

    def array(self, children: list[Any]) -> tree.Array:
        """Make the node of a `array`."""
        return tree.Array(self.at(children[0]), str(children[0]), children[1])

    def assignment(self, children: list[Any]) -> tree.Assignment:
        """Make the node of a `assignment`."""
        name, *indices, value = children
        return tree.Assignment(self.at(name), str(name), tuple(indices), value)

    @v_args(meta=True)
    def if_(self, meta: Any, children: list[Any]) -> tree.If:
        """Make the node of a `if`."""
        condition, yes, *no = children
        return tree.If(self.at(meta), condition, flat([yes]), flat(no))

    @v_args(meta=True)
    def for_(self, meta: Any, children: list[Any]) -> tree.For:
        """Make the node of a `for`."""
        first, condition, (variable, step), body = children
        if variable != first.name or first.indices:
            raise SchemaError(
                self.at(variable),
                f"found the step of {str(variable)!r}, expected that of {first.name!r}",
            )
        return tree.For(self.at(meta), first.name, first.value, condition, step, flat([body]))

    def step(self, children: list[Token]) -> tuple[Token, int]:
        """Make the node of a `step`."""
        return children[0], 1 if children[1] == "++" else -1

    @v_args(meta=True)
    def while_(self, meta: Any, children: list[Any]) -> tree.While:
        """Make the node of a `while`."""
        return tree.While(self.at(meta), children[0], flat(children[1:]), True)

    @v_args(meta=True)
    def do(self, meta: Any, children: list[Any]) -> tree.While:
        """Make the node of a `do`."""
        return tree.While(self.at(meta), children[1], flat(children[:1]), False)

    # Values behind the keys of semantics

    def absent_value(self, children: list[Any]) -> Any:
        """Make the node of a `absent_value`."""
        return children[0]

    def range_value(self, children: list[Any]) -> tuple[Any, ...]:
        """Make the node of a `range_value`."""
        return tuple(children)

    def constraint_value(self, children: list[Any]) -> tree.Constraint:
        """Make the node of a `constraint_value`."""
        condition, sentence = children
        return tree.Constraint(condition.position, condition, unquoted(sentence))


# `if`, `for` and `while` are rules of the grammar but can't be names of methods.
for rule in ("if", "for", "while"):
    setattr(Builder, rule, getattr(Builder, f"{rule}_"))


def flat(statements: Any) -> tuple[Any, ...]:
    """Join nested blocks into one."""
    result: list[Any] = []
    for statement in statements:
        if isinstance(statement, tuple):
            result.extend(statement)
        else:
            result.append(statement)
    return tuple(result)
