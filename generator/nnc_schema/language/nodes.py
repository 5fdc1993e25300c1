"""Turns what the parser found into nodes of the tree: expressions and statements."""

from __future__ import annotations

from typing import Any, NamedTuple

from lark import Token, Transformer, v_args

from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError


def unquoted(token: Token) -> str:
    """Return the text of a STRING, its lines joined."""
    return " ".join(str(token)[1:-1].split())


class Case(NamedTuple):
    """One case of a `switch`; without labels it is `default`, with `stops` it ends by `break`."""

    position: tree.Position
    labels: tuple[Any, ...]
    body: tuple[Any, ...]
    stops: bool


def check_cases(cases: list[Case]) -> None:
    """Check that no case seems to run on into the next, and that `default` is the last."""
    running = [case for case in cases[:-1] if not case.stops]
    if running and any(case.stops for case in cases):
        raise SchemaError(
            running[0].position,
            "found a case without 'break' among others with it, expected it in all or in none",
            "write 'break' at its end; a case never runs on into the next",
        )
    early = [case for case in cases[:-1] if not case.labels]
    if early:
        raise SchemaError(
            early[0].position,
            "found 'default' before a case, expected it last",
            "move 'default' behind the other cases",
        )


def number_of(token: Token) -> int:
    """Return the value of a number: of characters in quotes, that of their bytes."""
    text = str(token)
    if text.startswith("'"):
        return int.from_bytes(text[1:-1].encode("ascii"), "big")
    return int(text, 0)


def sign_of(token: Token) -> str:
    """Return an operator without what a page adds to it: spaces, the typographer's minus."""
    return "".join(str(token).split()).replace("\u2212", "-").replace("\u2013", "-")


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

    def table_size(self, children: list[Any]) -> Any:
        """Return the size of a constant table, None where its rows say."""
        return children[0] if children else None

    def row(self, children: list[Any]) -> tuple[Any, ...]:
        """Make the node of a `row`."""
        return tuple(children)

    def number(self, children: list[Token]) -> tree.Number:
        """Make the node of a `number`."""
        (token,) = children
        characters = str(token) if token.startswith("'") else ""
        return tree.Number(self.at(token), number_of(token), characters)

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
        return tree.Unary(self.at(children[0]), sign_of(children[0]), children[1])

    def binary(self, children: list[Any]) -> tree.Binary:
        """Make the node of a `binary`."""
        left, operator, right = children
        return tree.Binary(left.position, sign_of(operator), left, right)

    def conditional(self, children: list[Any]) -> tree.Conditional:
        """Make the node of a `conditional`."""
        return tree.Conditional(children[0].position, *children)

    # Statements

    def table_block(self, children: list[Any]) -> tuple[Any, ...]:
        """Make the node of a `table_block`."""
        return flat(child for child in children if not isinstance(child, Token))

    def category(self, children: list[Token]) -> None:
        """Drop the category of an element, which says where it may stand."""

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
        name, *rest = (child for child in children if child is not None)
        indices = []
        while not isinstance(rest[0], Token):
            indices.append(rest.pop(0))
        pattern = rest.pop(0) if rest[0].type == "PATTERN" else None
        descriptor, arguments, *rest = rest
        if pattern is not None and len(arguments) == 1:
            value = int(str(pattern).removesuffix("*/").split()[-1], 0)
            arguments = (*arguments, tree.Number(self.at(pattern), value))
            descriptor = "f" if str(descriptor) in ("u", "b") else descriptor
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
            computed=computed[0] if computed else None,
        )

    def call(self, children: list[Any]) -> tree.Call:
        """Make the node of a `call`."""
        name, arguments, *alias = (child for child in children if child is not None)
        field = str(alias[0]) if alias else str(name)
        return tree.Call(self.at(name), str(name), field, arguments)

    def external(self, children: list[Any]) -> tree.External:
        """Make the node of a `external`."""
        field, module, table, arguments = children
        return tree.External(self.at(field), str(field), str(module), str(table), arguments)

    def array(self, children: list[Any]) -> tree.Array:
        """Make the node of a `array`."""
        return tree.Array(self.at(children[0]), str(children[0]), tuple(children[1:]))

    def compound(self, children: list[Any]) -> tree.Assignment:
        """Make the node of a `compound`: an assignment of what the name is, changed."""
        name, *rest = children
        place = next(number for number, child in enumerate(rest) if isinstance(child, Token))
        indices = tuple(rest[:place])
        at = self.at(name)
        operator, amount = self.change(rest[place], rest[place + 1 :])
        old = tree.Name(at, str(name), indices)
        return tree.Assignment(at, str(name), indices, tree.Binary(at, operator, old, amount))

    def assignment(self, children: list[Any]) -> tree.Assignment:
        """Make the node of a `assignment`."""
        name, *indices, value = children
        return tree.Assignment(self.at(name), str(name), tuple(indices), value)

    def change(self, token: Token, amount: list[Any]) -> tuple[str, Any]:
        """Return the operator of `++` or `+=`, and the operand on its right."""
        operator = sign_of(token)
        if token.type == "STEP":
            return operator[0], tree.Number(self.at(token), 1)
        return operator.removesuffix("="), amount[0]

    @v_args(meta=True)
    def switch(self, meta: Any, children: list[Any]) -> tuple[Any, ...]:
        """Make the node of a `switch`: an `if` for each case, the next one in its `else`."""
        _, value, *cases = children
        check_cases(cases)
        chain: tuple[Any, ...] = ()
        for case in reversed(cases):
            if not case.labels:
                chain = case.body
                continue
            tests = [tree.Binary(at.position, "==", value, at) for at in case.labels]
            condition = tests[0]
            for test in tests[1:]:
                condition = tree.Binary(condition.position, "||", condition, test)
            chain = (tree.If(case.position, condition, case.body, chain),)
        return chain

    @v_args(meta=True)
    def case(self, meta: Any, children: list[Any]) -> Case:
        """Make a `Case`."""
        labels = [child for child in children if isinstance(child, list)]
        body = [child for child in children if not isinstance(child, list | str)]
        values = [] if [] in labels else [value for label in labels for value in label]
        stops = any(isinstance(child, str) for child in children)
        return Case(self.at(meta), tuple(values), flat(body), stops)

    def label(self, children: list[Any]) -> list[Any]:
        """Return the values of a label."""
        return children[1:]

    def default(self, children: list[Any]) -> list[Any]:
        """Return the values of `default`: none."""
        return []

    def break_(self, children: list[Any]) -> str:
        """Return a mark for `break`."""
        return "break"

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
                f"write {first.name}++",
            )
        return tree.For(self.at(meta), first.name, first.value, condition, step, flat([body]))

    def step(self, children: list[Any]) -> tuple[Token, int]:
        """Return the variable of a `step`, and what it adds."""
        operator, amount = self.change(children[1], children[2:])
        if operator not in "+-" or not isinstance(amount, tree.Number) or not amount.value:
            raise SchemaError(
                self.at(children[1]),
                "found a step that isn't a number, expected '++', '--', '+= 2' or the like",
                "write i++ or i += 2; for anything else a 'while' loop",
            )
        return children[0], amount.value if operator == "+" else -amount.value

    @v_args(meta=True)
    def while_(self, meta: Any, children: list[Any]) -> tree.While:
        """Make the node of a `while`."""
        return tree.While(self.at(meta), children[0], flat(children[1:]), True)

    @v_args(meta=True)
    def do(self, meta: Any, children: list[Any]) -> tree.While:
        """Make the node of a `do`."""
        return tree.While(self.at(meta), children[1], flat(children[:1]), False)

    # Values behind the keys of semantics

    def bits_value(self, children: list[Any]) -> Any:
        """Make the node of a `bits_value`."""
        return children[0]

    initial_value = bits_value

    def selects_value(self, children: list[Token]) -> tuple[tree.Position, str]:
        """Make the node of a `selects_value`."""
        return self.at(children[0]), str(children[0])

    def absent_value(self, children: list[Any]) -> Any:
        """Make the node of a `absent_value`."""
        return children[0]

    def range_value(self, children: list[Any]) -> tuple[Any, ...]:
        """Make the node of a `range_value`; one value alone is the first and the last."""
        return children[0], children[-1]

    def constraint_value(self, children: list[Any]) -> tree.Constraint:
        """Make the node of a `constraint_value`."""
        condition, sentence = children
        return tree.Constraint(condition.position, condition, unquoted(sentence))


# `if`, `for`, `while` and `break` are rules of the grammar but can't be names of methods.
for rule in ("if", "for", "while", "break"):
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
