"""Runs the parser that Lark makes of grammar.lark; its errors become ours."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from nnc_schema.language import tree
from nnc_schema.language.enum_names import EnumNames
from nnc_schema.language.errors import Mistakes, SchemaError

#: Keys of the semantics whose values the grammar describes.
VALUE_KEYS: Final = ("absent", "range", "constraint", "bits", "selects", "initial")

ENUM_NAMES: Final = EnumNames()

#: Operators that the grammar has as expressions of their own.
OPERATORS: Final = {
    "SWITCH": "'switch'",
    "KEY": "'key'",
    "TRANSFORM": "'transform'",
    "BYTE_ORDER": "'byte_order'",
    "CASE": "'case'",
    "DEFAULT": "'default'",
    "BREAK": "'break'",
    "BIT_NOT": "'~'",
    "EQUALITY": "'=='",
    "OR": "'||'",
    "AND": "'&&'",
}

#: How messages call the terminals of the grammar.
TERMINALS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": 'a text in "quotes"',
    "CLAUSE_NUMBER": "the number of a clause",
    "MODULE": "the name of a module with its package",
    "ENUM_NAME": "an enum",
    "SEMANTICS": "semantics",
    "$END": "the end of the file",
}


@cache
def parser() -> Lark:
    """Make the parser out of grammar.lark, once."""
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(
        grammar,
        parser="lalr",
        start=["file", *(f"{key}_value" for key in VALUE_KEYS)],
        postlex=ENUM_NAMES,
        propagate_positions=True,
    )


def parse_text(text: str, file: str, start: str) -> Tree[Token]:
    """Parse `text` from one start rule, with errors in our own form."""
    ENUM_NAMES.begin(text)
    try:
        return parser().parse(text, start=start)
    except UnexpectedInput as error:
        place = error_position(error, text, file)
        raise SchemaError(place, error_message(error), error_hint(error)) from None


def parse_file(text: str, file: str, mistakes: Mistakes) -> Tree[Token]:
    """Parse a file; a line that is wrong is left out, so that the next mistake is found too."""
    lines = text.split("\n")
    last = 0
    while True:
        try:
            return parse_text("\n".join(lines), file, "file")
        except SchemaError as error:
            number = error.position.line
            if number > last + 1 or not last:
                mistakes.found.append(error)
            if number <= last or number > len(lines) or not lines[number - 1].strip("{} "):
                # What stands here is wrong because of what was left out.
                return Tree("file", [])
            last = number
            lines[number - 1] = "".join(re.findall(r"[{}]", lines[number - 1]))


def error_position(error: UnexpectedInput, text: str, file: str) -> tree.Position:
    """Return the place of a parse error; that of the end of the file is its last character."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        lines = text.rstrip().split("\n")
        return tree.Position(file, len(lines), len(lines[-1]) + 1)
    return tree.Position(file, error.line, error.column)


def error_message(error: UnexpectedInput) -> str:
    """Say what was found and what was expected."""
    if isinstance(error, UnexpectedToken):
        end = error.token.type == "$END"
        found = "the end" if end else f"{str(error.token).splitlines()[0]!r}"
        expected = set(error.accepts or error.expected)
    else:
        found = repr(cast(UnexpectedCharacters, error).char)
        expected = set(cast(UnexpectedCharacters, error).allowed or ())
    names = sorted({terminal_name(name) for name in expected})
    return f"found {found}, expected {' or '.join(names)}"


def error_hint(error: UnexpectedInput) -> str:
    """Say what to write, as far as what may stand there tells."""
    expected = set(getattr(error, "accepts", None) or getattr(error, "expected", None) or ())
    expected |= set(getattr(error, "allowed", None) or ())
    if "SYNTAX" in expected:
        return "write a declaration: syntax, semantics, enum, constant, define, given ..."
    if {"LSQB", "NAME", "LPAR", "EQUAL"} <= expected:
        return "write a descriptor behind the name of an element: size u(8)"
    if "RBRACE" in expected and "NAME" in expected:
        return "write an element, size u(8), a call, table(), an assignment, x = 1, or close by }"
    if "RPAR" in expected:
        return "close the bracket by )"
    return f"write {min((terminal_name(name) for name in expected), default='nothing')}"


def terminal_name(name: str) -> str:
    """Return a terminal as messages call it."""
    if name in TERMINALS:
        return TERMINALS[name]
    for terminal in parser().terminals:
        if terminal.name == name and terminal.pattern.type == "str":
            return repr(terminal.pattern.value)
    return OPERATORS.get(name, f"an operator ({name.lower()})")
