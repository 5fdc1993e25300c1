"""Reads schema files: text -> tree (tree.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from lark import Token, Tree
from lark.exceptions import VisitError

from nnc_schema.language import tree
from nnc_schema.language.errors import Mistakes, SchemaError, like
from nnc_schema.language.nodes import Builder, number_of, unquoted
from nnc_schema.language.parsing import parse_file
from nnc_schema.language.semantics import checked_status, read_semantics

UNIT_RULES = ("starts", "persistent", "divisible")
BYTE_ORDERS = ("big", "little")

#: Transforms of bytes that the language has.
TRANSFORMS = ("emulation_prevention", "zlib")


#: Largest value that the `...` of an enum stands for.
LARGEST_OTHER = (1 << 32) - 1


class FileBuilder:
    """Makes a `tree.File` out of the items of a parsed file, in order."""

    def __init__(self, file: str, mistakes: Mistakes):
        """Set the name of the file, for positions, and where mistakes go."""
        self.file = file
        self.mistakes = mistakes
        self.semantic_mistakes = Mistakes()
        self.builder = Builder(file)
        self.byte_order = "big"
        self.optional_semantics = False
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
        self.constant_tables: list[tree.ConstantTable] = []
        self.states: list[tree.State] = []
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

    def add_byte_order(self, item: Tree[Token]) -> None:
        """Take a `byte_order` item; it holds for the tables that follow."""
        self.byte_order = self.checked_order(cast(Token, item.children[-1]))

    def checked_order(self, token: Token) -> str:
        """Return a byte order, if it is one."""
        if str(token) not in BYTE_ORDERS:
            message = f"found {str(token)!r}, expected {' or '.join(BYTE_ORDERS)}"
            raise SchemaError(self.at(token), message, like(str(token), BYTE_ORDERS))
        return str(token)

    def add_optional(self, item: Tree[Token]) -> None:
        """Take `semantics optional`."""
        self.optional_semantics = True

    def add_constant_table(self, item: Tree[Token]) -> None:
        """Take a `constant_table` item."""
        name, *sizes, rows, text = cast(list[Any], item.children)
        self.constant_tables.append(
            tree.ConstantTable(
                self.at(name),
                str(name),
                tuple(self.transform(size) for size in sizes),
                self.transform(rows),
                unquoted(text),
            )
        )

    def add_state(self, item: Tree[Token]) -> None:
        """Take a `state` item."""
        _, name, *sizes, initial, text = cast(list[Any], item.children)
        found = tuple(self.transform(size) for size in sizes)
        if any(size is None for size in found):
            raise SchemaError(self.at(name), f"found no size of {str(name)!r}, expected a number")
        self.states.append(
            tree.State(self.at(name), str(name), found, self.transform(initial), unquoted(text))
        )

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
        members, ranges, others = [], [], ""
        for entry in entries:
            first, *rest = entry.children
            rest = rest or [first]
            if entry.data == "enum_member":
                value, text = rest
                members.append(
                    tree.EnumMember(self.at(first), str(first), number_of(value), unquoted(text))
                )
                continue
            if str(rest[-1]) not in ("reserved", "unspecified"):
                raise SchemaError(
                    self.at(rest[-1]),
                    f"found {str(rest[-1])!r}, expected 'reserved' or 'unspecified'",
                )
            if entry.data == "enum_others":
                others = str(rest[-1])
                continue
            last = number_of(rest[0]) if len(rest) == 2 else number_of(first)
            ranges.append(tree.EnumRange(self.at(first), number_of(first), last, str(rest[-1])))
        if others:
            ranges += others_of(self.at(name), members, ranges, others)
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
        name, parameters, *traits, body = children[len(modifiers) :]
        self.tables.append(
            tree.Table(
                self.at(name),
                str(name),
                self.clause_here(self.at(name)),
                self.transform(parameters),
                "persistent" in modifiers,
                "external" in modifiers,
                None,
                self.transform(body),
                (),
                None,
                self.byte_order,
            )
        )
        for trait in traits:
            self.add_trait(trait)

    #: A table as standards print it, without the word `syntax`.
    add_pasted = add_table

    def add_trait(self, trait: Tree[Token]) -> None:
        """Take `extent`, `key` or `byte_order` of the table before."""
        value = trait.children[-1]
        known: dict[str, Any]
        if trait.data == "extent":
            known = {"extent": self.transform(value)}
        elif trait.data in ("transform", "hook"):
            known = {"transform": self.checked_transform(trait)}
        elif trait.data == "key":
            known = {"key": str(value)}
        else:
            known = {"byte_order": self.checked_order(cast(Token, value))}
        self.tables[-1] = replace(self.tables[-1], **known)

    def checked_transform(self, trait: Tree[Token]) -> str:
        """Return the transform of a table: one of the language, or a hook of another name."""
        token = cast(Token, trait.children[-1])
        if (trait.data == "hook") == (str(token) in TRANSFORMS):
            expected = " or ".join([*TRANSFORMS, "hook and a name of its own"])
            raise SchemaError(self.at(token), f"found {str(token)!r}, expected {expected}")
        return str(token)

    def add_semantics(self, item: Any) -> None:
        """Take a `semantics` item."""
        token = cast(Token, item.children[0])
        if len(self.tables) == self.described:
            raise SchemaError(self.at(token), "found semantics, expected a table before them")
        self.described = len(self.tables)
        meanings = read_semantics(str(token), token.line or 1, self.file, self.semantic_mistakes)
        self.tables[-1] = replace(self.tables[-1], semantics=tuple(meanings))


def others_of(
    position: tree.Position,
    members: list[tree.EnumMember],
    ranges: list[tree.EnumRange],
    kind: str,
) -> Iterator[tree.EnumRange]:
    """Yield the ranges of what nothing else in an enum names, up to 32 bits."""
    taken = [(each.value, each.value) for each in members]
    taken += [(each.first, each.last) for each in ranges]
    begin = 0
    for first, last in sorted([*taken, (LARGEST_OTHER + 1, LARGEST_OTHER + 1)]):
        if begin < first:
            yield tree.EnumRange(position, begin, first - 1, kind)
        begin = max(begin, last + 1)


def read_text(text: str, path: str) -> tree.File:
    """Read one schema file, whose content is `text`; `path` is what messages call it.

    Raises:
        SchemaError: the text doesn't follow the grammar.
    """
    mistakes = Mistakes()
    builder = FileBuilder(path, mistakes)
    whole = True
    for item in parse_file(text, path, mistakes).children:
        # Semantics of a table that is wrong itself would be taken for those of another.
        if isinstance(item, Tree) and item.data == "semantics" and not whole:
            continue
        whole = False
        with mistakes.caught():
            builder.add(item)
            whole = True
    mistakes.raise_all()
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
        tuple(builder.constant_tables),
        builder.optional_semantics,
        tuple(builder.semantic_mistakes.found),
        tuple(builder.states),
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
    files, mistakes = [], Mistakes()
    for path in paths:
        with mistakes.caught():
            files.append(read_text(path.read_text(encoding="utf-8"), f"{name}/{path.name}"))
    mistakes.raise_all()
    return tree.Schema(tuple(files))
