"""The variables of an NNEF graph, which are all that a model needs of its text.

The parser of the package `nnef` is written in C++: damaged text ends the process, and a dimension
beyond 32 bits becomes another. So the text is read here, as far as variables go. What else the
graph says is passed over; NNEF allows variables in the body of the graph only, not in fragments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from nnc.bitio import InputError

TOKEN = re.compile(
    r"""\s+ | \#[^\n\r]*
    | (?P<text> '[^']*' | "[^"]*")
    | (?P<number> \d+ (?: \.\d* )? (?: [eE][+-]?\d+ )? )
    | (?P<word> [A-Za-z_]\w* )
    | (?P<mark> -> | [^'"] )""",
    re.ASCII | re.VERBOSE,
)
CLOSING = {"(": ")", "[": "]", "{": "}"}
TYPES = ("integer", "scalar", "logical", "string")

#: A dimension of more digits is none of a model that anyone has.
MOST_DIGITS = 19


#: Programs that write graphs write what comes of an expression.
LITERALS = "; expressions are not evaluated: write label and shape of a variable as values"


class Token(NamedTuple):
    """A piece of the text: of which kind, what it says, and where it begins."""

    kind: str
    said: str
    place: int


def tokens_of(text: str) -> Iterator[Token]:
    """Yield the tokens of a text without space and comments, and last one that is empty."""
    place = 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            yield Token("mark", text[place], place)
            return
        if found.lastgroup:
            yield Token(found.lastgroup, found[0], place)
        place = found.end()
    yield Token("end", "", place)


class GraphReader:
    """A walk over the tokens of a graph, which sees one token ahead."""

    def __init__(self, text: str, where: str) -> None:
        """Begin in front of the first token; `where` names the file in errors."""
        self.text = text
        self.where = where
        self.tokens = tokens_of(text)
        self.token = next(self.tokens)

    def error(self, wanted: str, note: str = "") -> InputError:
        """Return the error that the next token isn't what was wanted."""
        line = self.text.count("\n", 0, self.token.place) + 1
        found = repr(self.token.said[:40]) if self.token.said else "the end"
        return InputError(
            f"{self.where} can't be read: line {line}: {wanted} expected, but found {found}{note}"
        )

    def next(self) -> Token:
        """Take the next token, whatever it is, except for the end."""
        token = self.token
        if token.kind == "end":
            raise self.error("more")
        self.token = next(self.tokens, Token("end", "", len(self.text)))
        return token

    def take(self, *wanted: str, note: str = "") -> str:
        """Take a token that says one of what is wanted, and return what it says."""
        if self.token.said not in wanted:
            raise self.error(" or ".join(map(repr, wanted)), note)
        return self.next().said

    def take_kind(self, kind: str, wanted: str, note: str = "") -> str:
        """Take a token of a kind and return what it says."""
        if self.token.kind != kind:
            raise self.error(wanted, note)
        return self.next().said

    def variables(self) -> Iterator[tuple[str, list[int]]]:
        """Yield the label and the shape of each variable, as they stand in the text."""
        self.take("version")
        self.take_kind("number", "the number of a version")
        self.take(";")
        while self.token.said == "extension":
            while self.next().said != ";":
                pass
        while self.token.said == "fragment":
            self.pass_fragment()
        self.take("graph")
        self.take_kind("word", "the name of the graph")
        self.take_parameters()
        self.take("->")
        self.take_parameters()
        if self.token.said != "{":
            raise self.error("'{'")
        yield from self.nested_variables()
        if self.token.kind != "end":
            raise self.error("the end")

    def pass_fragment(self) -> None:
        """Pass over a fragment with its body, if it has one."""
        opened = False
        while (said := self.next().said) != ("}" if opened else ";"):
            opened = opened or said == "{"
            if said == "variable" and self.token.said in ("(", "<"):
                raise self.error("no variable inside a fragment")

    def take_parameters(self) -> None:
        """Take a list of names in parentheses."""
        self.take("(")
        self.take_kind("word", "a name")
        while self.take(",", ")") == ",":
            self.take_kind("word", "a name")

    def nested_variables(self) -> Iterator[tuple[str, list[int]]]:
        """Yield the variables up to the bracket that closes the next one."""
        closing = [CLOSING[self.next().said]]
        while closing:
            if self.token.said in CLOSING.values():
                self.take(closing.pop())
                continue
            said = self.next().said
            if said in CLOSING:
                closing.append(CLOSING[said])
            elif said == "variable" and self.token.said in ("(", "<"):
                yield self.variable()

    def variable(self) -> tuple[str, list[int]]:
        """Take what follows the word `variable`; return label and shape."""
        if self.token.said == "<":
            self.next()
            self.take(*TYPES)
            self.take(">")
        self.take("(")
        label: str | None = None
        shape: list[int] | None = None
        mark = ","
        while mark == ",":
            name = self.take("shape", "label")
            self.take("=")
            if name == "label":
                label = self.take_kind("text", "a label in quotes", LITERALS)[1:-1]
            else:
                shape = self.shape()
            mark = self.take(",", ")", note=LITERALS)
        if label is None or shape is None:
            raise self.error("a variable with shape and label before it")
        return label, shape

    def shape(self) -> list[int]:
        """Take whole numbers in brackets."""
        self.take("[")
        numbers: list[int] = []
        mark = ","
        if self.token.said == "]":
            mark = self.next().said
        while mark == ",":
            number = self.token.said
            if self.token.kind != "number" or not number.isdecimal() or len(number) > MOST_DIGITS:
                raise self.error("a dimension", LITERALS)
            numbers.append(int(self.next().said))
            mark = self.take(",", "]", note=LITERALS)
        return numbers
