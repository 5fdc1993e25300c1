"""Takes the body of `semantics` apart: names, text, and keys with their values."""

from __future__ import annotations

import re
from typing import Any, Final

from nnc_schema.language import tree
from nnc_schema.language.errors import Mistakes, SchemaError, like
from nnc_schema.language.nodes import Builder
from nnc_schema.language.parsing import VALUE_KEYS, parse_text

KEYS: Final = (*VALUE_KEYS, "status")
STATUSES: Final = ("interop", "peer", "draft", "ours")
REFERENCE = re.compile(r"\[([A-Za-z_][A-Za-z0-9_]*)\]")

#: Two words beside each other, as text has them and expressions don't; and text in quotes.
PROSE = re.compile(r"[A-Za-z_0-9][ \t]+[A-Za-z_]")
QUOTED = re.compile(r"""\"[^"]*"?|(?<![A-Za-z])'[^']*'""")

#: How each key is written.
FORMS: Final = {
    "absent": "write 'absent VALUE', such as: absent 0",
    "range": "write a value, or FIRST..LAST, such as: range 0..4",
    "constraint": 'write \'constraint CONDITION "SENTENCE"\', such as: constraint a < b "a is b"',
    "bits": "write 'bits NUMBER', such as: bits size_minus1 + 1",
    "initial": "write 'initial VALUE', such as: initial 0",
    "selects": "write 'selects TABLE', such as: selects seq_parameter_set_data",
}


def checked_status(status: str, position: tree.Position) -> str:
    """Return the status, if it is one."""
    if status not in STATUSES:
        expected = " or ".join(STATUSES)
        raise SchemaError(
            position,
            f"found {status!r}, expected {expected}",
            like(status, STATUSES) or "write one of them",
        )
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
        try:
            parsed = parse_text(value, self.file, f"{key}_value")
        except SchemaError as error:
            raise SchemaError(error.position, error.message, FORMS[key]) from None
        built = Builder(self.file).transform(parsed)
        if key == "constraint":
            self.constraints.append(built)
        else:
            self.values[key] = built

    def build(self, mistakes: Mistakes) -> tree.Meaning:
        """Return the whole; that there is no text is a mistake."""
        text = "\n\n".join(paragraph for paragraph in self.paragraphs if paragraph)
        if not text:
            mistakes.add(
                self.position,
                f"found no text for {self.name!r}, expected some",
                f"below {self.name}, indented further, write a sentence on what it means",
            )
        return tree.Meaning(
            self.position,
            self.name,
            text,
            self.values.get("absent"),
            self.values.get("range"),
            tuple(self.constraints),
            self.values.get("status"),
            tuple(self.references),
            self.values.get("bits"),
            self.values.get("selects"),
            self.values.get("initial"),
        )


def is_key(line: str, after: list[tuple[int, int, str]], column: int) -> bool:
    """Tell whether a line begins with a key, rather than being text that begins with its word.

    Behind a key stands an expression: nowhere in one do two words follow each other.
    """
    word, _, rest = line.partition(" ")
    if word not in KEYS:
        return False
    if not rest.strip():
        return bool(after) and after[0][1] > column and bool(after[0][2])
    plain = QUOTED.sub("", rest)
    return not PROSE.search(plain) and not plain.endswith((".", ",", ";", ":"))


def read_semantics(text: str, first_line: int, file: str, mistakes: Mistakes) -> list[tree.Meaning]:
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
    known = True
    position = 0
    while position < len(lines):
        number, column, line = lines[position]
        position += 1
        if line.startswith("#"):
            continue
        if line and column == margin:
            place = tree.Position(file, number, column)
            known = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", line) is not None
            if not known:
                message = f"found {line!r}, expected the name of an element"
                hint = "give each element's name a line of its own, and indent its text below it"
                mistakes.found.append(SchemaError(place, message, hint))
                continue
            meanings.append(MeaningBuilder(file, place, line))
        elif not known:
            continue
        elif meanings and is_key(line, lines[position:], column):
            while position < len(lines) and lines[position][1] > column and lines[position][2]:
                line += "\n" + " " * (lines[position][1] - 1) + lines[position][2]
                position += 1
            with mistakes.caught():
                meanings[-1].add_key(number, column, line)
        elif meanings:
            meanings[-1].add_text(number, column, line)
    return [meaning.build(mistakes) for meaning in meanings]
