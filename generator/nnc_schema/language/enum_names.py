"""Tells the name of an enum behind a descriptor from the beginning of the next statement.

Both are a name; what follows it tells. In `kind u(6) Kind next u(1)` the name before a name before
a bracket begins an element, so that the one before is an enum's, on whatever line each stands.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

from lark import Token
from lark.lark import PostLex

from nnc_schema.language.descriptors import DESCRIPTORS, SPELLINGS

WORD = re.compile(r"(?:\s|#[^\n]*|/\*.*?\*/)*([A-Za-z_][A-Za-z0-9_]*|[^\s]|$)", re.DOTALL)

#: What begins a statement, or ends a block: a name before it was an enum's.
BOUNDARIES = frozenset(
    {"if", "for", "while", "do", "switch", "array", "external", "as", "case", "default", "break"}
    | {"}", "{", ""}
)


class EnumNames(PostLex):
    """Gives the names of enums a type of their own, ENUM_NAME."""

    always_accept = ()

    def __init__(self) -> None:
        """Keep the text of each thread apart: parsers are shared."""
        self.local = threading.local()

    def begin(self, text: str) -> None:
        """Take the text that is parsed next."""
        self.local.text = text

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Pass the tokens on, with the type of enum names set to ENUM_NAME."""
        openers: list[bool] = []
        before = [""] * 4
        last_line = 0
        closed_descriptor = False
        for token in stream:
            if (
                token.type == "NAME"
                and closed_descriptor
                and self.is_enum(token, token.line == last_line)
            ):
                token = Token.new_borrow_pos("ENUM_NAME", token.value, token)
            closed_descriptor = False
            if token.type == "LPAR":
                openers.append(opens_descriptor(before))
            elif token.type == "RPAR" and openers:
                closed_descriptor = openers.pop() and not openers
            before = [*before[1:], token.type]
            last_line = token.end_line or 0
            yield token

    def is_enum(self, token: Token, same_line: bool) -> bool:
        """Tell whether a name behind a descriptor is that of an enum."""
        text = self.local.text
        first = WORD.match(text, token.end_pos or 0)
        assert first is not None
        word = first.group(1)
        if word in BOUNDARIES:
            return True
        if word == "=" and same_line:
            # An enum, and what its element is computed as; or else an assignment.
            return re.search(rf"\benum\s+{token}\b", text) is not None
        if not re.match(r"[A-Za-z_]", word) or word == "All":
            return False
        second = WORD.match(text, first.end())
        assert second is not None
        if second.group(1) != "(":
            return True
        # `a b(`: an element and its descriptor, or an enum and the call of a table.
        if word in DESCRIPTORS or word in SPELLINGS:
            return False
        return same_line or token[0].isupper()


def opens_descriptor(before: list[str]) -> bool:
    """Tell whether a bracket after these tokens begins the arguments of a descriptor.

    So it does after `name descriptor` and `name[i] descriptor`, with a category between or not.
    """
    if before[-1] != "NAME":
        return False
    if before[-2] in ("NAME", "RSQB", "PATTERN"):
        return True
    return before[-2] in ("NUMBER", "ALL") and before[-3] in ("NAME", "RSQB", "BIT_OR", "PATTERN")
