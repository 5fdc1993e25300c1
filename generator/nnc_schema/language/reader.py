"""Reads schema files: text -> tree (generator/tree.py)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError
from lark.lark import PostLex

from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError
from nnc_schema.language.nodes import Builder, unquoted

KEYS = ("absent", "range", "constraint", "status")
STATUSES = ("interop", "peer", "draft", "ours")
UNIT_RULES = ("starts", "persistent", "divisible")
REFERENCE = re.compile(r"\[([A-Za-z_][A-Za-z0-9_]*)\]")

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


class EnumNames(PostLex):
    """Tells enum names from other names: they follow a descriptor on its line.

    This is what makes line ends meaningless everywhere else.
    """

    always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Pass the tokens on, with the type of enum names set to ENUM_NAME."""
        openers: list[bool] = []
        before = [""] * 3
        last_line = 0
        closed_descriptor = False
        for token in stream:
            if token.type == "NAME" and closed_descriptor and token.line == last_line:
                token = Token.new_borrow_pos("ENUM_NAME", token.value, token)
            closed_descriptor = False
            if token.type == "LPAR":
                # `name descriptor(`, `name[i] descriptor(`: a name before the name before "(".
                openers.append(before[-1] == "NAME" and before[-2] in ("NAME", "RSQB"))
            elif token.type == "RPAR" and openers:
                closed_descriptor = openers.pop() and not openers
            before = [before[1], before[2], token.type]
            last_line = token.end_line or 0
            yield token


@cache
def parser() -> Lark:
    """Make the parser out of grammar.lark, once."""
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(
        grammar,
        parser="lalr",
        start=["file", "absent_value", "range_value", "constraint_value"],
        postlex=EnumNames(),
        propagate_positions=True,
    )


def parse_text(text: str, file: str, start: str) -> Tree[Token]:
    """Parse `text` from one start rule, with errors in our own form."""
    try:
        return parser().parse(text, start=start)
    except UnexpectedInput as error:
        raise SchemaError(error_position(error, text, file), error_message(error)) from None


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


def terminal_name(name: str) -> str:
    """Return a terminal as messages call it."""
    if name in TERMINALS:
        return TERMINALS[name]
    for terminal in parser().terminals:
        if terminal.name == name and terminal.pattern.type == "str":
            return repr(terminal.pattern.value)
    return {"BIT_NOT": "'~'"}.get(name, f"an operator ({name.lower()})")


class FileBuilder:
    """Makes a `tree.File` out of the items of a parsed file, in order."""

    def __init__(self, file: str):
        """Set the name of the file, for positions."""
        self.file = file
        self.builder = Builder(file)
        self.clause: tuple[str, str] | None = None
        self.status: str | None = None
        self.tables: list[tree.Table] = []
        self.enums: list[tree.Enum] = []
        self.givens: list[tree.Given] = []
        self.constants: list[tree.Constant] = []
        self.defines: list[tree.Define] = []
        self.roots: list[tuple[tree.Position, str]] = []
        self.units: list[tree.Units] = []
        self.framings: list[tree.Framing] = []
        self.described = 0

    def at(self, token: Token) -> tree.Position:
        """Return the position of a token."""
        return self.builder.at(token)

    def transform(self, part: Any) -> Any:
        """Turn a part of Lark's tree into ours."""
        if not isinstance(part, Tree):
            return part
        try:
            return self.builder.transform(part)
        except VisitError as error:
            raise error.orig_exc from None

    def add(self, item: Any) -> None:
        """Take one item of the file."""
        getattr(self, f"add_{item.data}" if isinstance(item, Tree) else "add_semantics")(item)

    def add_clause(self, item: Tree[Token]) -> None:
        """Take a `clause` item."""
        number, title = cast(list[Token], item.children)
        self.clause = (str(number), unquoted(title))

    def add_status(self, item: Tree[Token]) -> None:
        """Take a `status` item."""
        token = cast(Token, item.children[0])
        self.status = checked_status(str(token), self.at(token))

    def add_root(self, item: Tree[Token]) -> None:
        """Take a `root` item."""
        token = cast(Token, item.children[0])
        self.roots.append((self.at(token), str(token)))

    def add_framing(self, item: Tree[Token]) -> None:
        """Take a `framing` item."""
        name, *arguments = cast(list[Any], item.children)
        taken = self.transform(arguments[0]) if arguments else ()
        self.framings.append(tree.Framing(self.at(name), str(name), taken))

    def add_units(self, item: Tree[Token]) -> None:
        """Take a `units` item."""
        enum, header, payload, *entries = cast(list[Any], item.children)
        rules = []
        for entry in entries:
            word, *members = cast(list[Token], entry.children)
            if str(word) not in UNIT_RULES:
                expected = " or ".join(UNIT_RULES)
                raise SchemaError(self.at(word), f"found {str(word)!r}, expected {expected}")
            rules += [tree.UnitRule(self.at(name), str(word), str(name)) for name in members]
        names = (str(enum), str(header), str(payload))
        self.units.append(tree.Units(self.at(enum), *names, tuple(rules)))

    def add_given(self, item: Tree[Token]) -> None:
        """Take a `given` item."""
        name, *mark, default, text = cast(list[Any], item.children)
        value = self.transform(default)
        if isinstance(value, tree.Name) and value.name == "none":
            value = None
        self.givens.append(tree.Given(self.at(name), str(name), bool(mark), value, unquoted(text)))

    def add_constant(self, item: Tree[Token]) -> None:
        """Take a `constant` item."""
        name, value, text = cast(list[Any], item.children)
        self.constants.append(
            tree.Constant(self.at(name), str(name), self.transform(value), unquoted(text))
        )

    def add_define(self, item: Tree[Token]) -> None:
        """Take a `define` item."""
        name, parameters, value, text = cast(list[Any], item.children)
        self.defines.append(
            tree.Define(
                self.at(name),
                str(name),
                self.transform(parameters),
                self.transform(value),
                unquoted(text),
            )
        )

    def add_enum(self, item: Tree[Token]) -> None:
        """Take a `enum` item."""
        kind, name, *entries = cast(list[Any], item.children)
        members, ranges = [], []
        for entry in entries:
            first, *rest = entry.children
            if entry.data == "enum_member":
                value, text = rest
                members.append(
                    tree.EnumMember(self.at(first), str(first), int(value, 0), unquoted(text))
                )
                continue
            if str(rest[-1]) not in ("reserved", "unspecified"):
                raise SchemaError(
                    self.at(rest[-1]),
                    f"found {str(rest[-1])!r}, expected 'reserved' or 'unspecified'",
                )
            last = int(rest[0], 0) if len(rest) == 2 else int(first, 0)
            ranges.append(tree.EnumRange(self.at(first), int(first, 0), last, str(rest[-1])))
        self.enums.append(
            tree.Enum(
                self.at(name),
                str(name),
                self.clause_here(self.at(name)),
                str(kind.children[0]) == "flags",
                tuple(members),
                tuple(ranges),
            )
        )

    def clause_here(self, position: tree.Position) -> tree.Clause:
        """Return the clause and the status that hold here."""
        if self.clause is None or self.status is None:
            missing = "clause" if self.clause is None else "status"
            raise SchemaError(position, f"found no {missing} above, expected one")
        return tree.Clause(*self.clause, self.status)

    def add_table(self, item: Tree[Token]) -> None:
        """Take a `table` item."""
        children = cast(list[Any], item.children)
        modifiers = [
            str(child.children[0])
            for child in children
            if isinstance(child, Tree) and child.data == "modifier"
        ]
        name, parameters, *rest = children[len(modifiers) :]
        extent = self.transform(rest[0].children[0]) if len(rest) == 2 else None
        self.tables.append(
            tree.Table(
                self.at(name),
                str(name),
                self.clause_here(self.at(name)),
                self.transform(parameters),
                "persistent" in modifiers,
                "external" in modifiers,
                extent,
                self.transform(rest[-1]),
                (),
            )
        )

    def add_semantics(self, item: Any) -> None:
        """Take a `semantics` item."""
        token = cast(Token, item.children[0])
        if len(self.tables) == self.described:
            raise SchemaError(self.at(token), "found semantics, expected a table before them")
        self.described = len(self.tables)
        meanings = read_semantics(str(token), token.line or 1, self.file)
        last = self.tables[-1]
        self.tables[-1] = tree.Table(
            last.position,
            last.name,
            last.clause,
            last.parameters,
            last.persistent,
            last.external,
            last.extent,
            last.body,
            tuple(meanings),
        )


def checked_status(status: str, position: tree.Position) -> str:
    """Return the status, if it is one."""
    if status not in STATUSES:
        raise SchemaError(position, f"found {status!r}, expected {' or '.join(STATUSES)}")
    return status


class MeaningBuilder:
    """Collects the lines about one name."""

    def __init__(self, file: str, position: tree.Position, name: str):
        """Start with the line that holds the name."""
        self.file = file
        self.position = position
        self.name = name
        self.paragraphs: list[str] = [""]
        self.references: list[tuple[tree.Position, str]] = []
        self.values: dict[str, Any] = {}
        self.constraints: list[tree.Constraint] = []

    def add_text(self, line: int, column: int, text: str) -> None:
        """Take a line of text; an empty one ends a paragraph."""
        if not text:
            self.paragraphs.append("")
            return
        for match in REFERENCE.finditer(text):
            position = tree.Position(self.file, line, column + match.start(1))
            self.references.append((position, match.group(1)))
        self.paragraphs[-1] = f"{self.paragraphs[-1]} {text}".strip()

    def add_key(self, line: int, column: int, text: str) -> None:
        """Take a key with its value; lines that continue it are joined by line ends."""
        key = text.split(None, 1)[0]
        # Spaces in front make the positions in the value come out right.
        value = "\n" * (line - 1) + " " * (column - 1 + len(key)) + text[len(key) :]
        position = tree.Position(self.file, line, column)
        if key in self.values:
            raise SchemaError(position, f"found a second {key!r}, expected one")
        if key == "status":
            self.values[key] = checked_status(text[len(key) :].strip(), position)
            return
        parsed = parse_text(value, self.file, f"{key}_value")
        built = Builder(self.file).transform(parsed)
        if key == "constraint":
            self.constraints.append(built)
        else:
            self.values[key] = built

    def build(self) -> tree.Meaning:
        """Return the whole."""
        text = "\n\n".join(paragraph for paragraph in self.paragraphs if paragraph)
        if not text:
            raise SchemaError(self.position, f"found no text for {self.name!r}, expected some")
        return tree.Meaning(
            self.position,
            self.name,
            text,
            self.values.get("absent"),
            self.values.get("range"),
            tuple(self.constraints),
            self.values.get("status"),
            tuple(self.references),
        )


def read_semantics(text: str, first_line: int, file: str) -> list[tree.Meaning]:
    """Take a `semantics { ... }` block apart.

    A line at the least indentation holds a name; those below it, indented further, its text
    and keys. A line that begins with a key is that key's; lines indented further than the key
    continue it.
    """
    lines = [
        (number, len(line) - len(line.lstrip()) + 1, line.strip())
        for number, line in enumerate(text.split("\n"), first_line)
    ][1:-1]
    filled = [column for _, column, line in lines if line]
    margin = min(filled, default=1)
    meanings: list[MeaningBuilder] = []
    position = 0
    while position < len(lines):
        number, column, line = lines[position]
        position += 1
        if line.startswith("#"):
            continue
        if line and column == margin:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", line):
                place = tree.Position(file, number, column)
                raise SchemaError(place, f"found {line!r}, expected the name of an element")
            meanings.append(MeaningBuilder(file, tree.Position(file, number, column), line))
        elif meanings and line.split(" ")[0] in KEYS:
            while position < len(lines) and lines[position][1] > column and lines[position][2]:
                line += "\n" + " " * (lines[position][1] - 1) + lines[position][2]
                position += 1
            meanings[-1].add_key(number, column, line)
        elif meanings:
            meanings[-1].add_text(number, column, line)
    return [meaning.build() for meaning in meanings]


def read_text(text: str, path: str) -> tree.File:
    """Read one schema file, whose content is `text`; `path` is what messages call it.

    Raises:
        SchemaError: the text doesn't follow the grammar.
    """
    builder = FileBuilder(path)
    for item in parse_text(text, path, "file").children:
        builder.add(item)
    return tree.File(
        Path(path).stem,
        path,
        hashlib.sha256(text.encode()).hexdigest(),
        tuple(builder.tables),
        tuple(builder.enums),
        tuple(builder.givens),
        tuple(builder.constants),
        tuple(builder.defines),
        tuple(builder.roots),
        tuple(builder.units),
        tuple(builder.framings),
    )


def read_schema(folder: Path) -> tree.Schema:
    """Read all `.syntax` files of a folder, in the order of their names.

    Raises:
        SchemaError: a file doesn't follow the grammar, or there is none.
    """
    paths = sorted(folder.glob("*.syntax"))
    if not paths:
        raise SchemaError(tree.Position(str(folder), 1, 1), "found no .syntax file, expected some")
    name = folder.resolve().name
    return tree.Schema(
        tuple(read_text(path.read_text(encoding="utf-8"), f"{name}/{path.name}") for path in paths)
    )
