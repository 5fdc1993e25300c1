"""Links of the reference pages: where each name is explained, and who uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nnc_schema.language import tree
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import BYTE_ALIGNMENT, TableFacts, own_expressions

#: Pages beside those of the tables.
INDEX_PAGE, ELEMENTS_PAGE = "index.md", "elements.md"
CLAUSES_PAGE, VALUES_PAGE = "clauses.md", "values.md"

INDICES = (INDEX_PAGE, ELEMENTS_PAGE, CLAUSES_PAGE, VALUES_PAGE)


#: Where a name may break: behind an underscore or a dot, and before a word that begins large.
BREAKS = re.compile(r"(?<=[_.])(?=.)|(?<=[a-z0-9])(?=[A-Z])")


def pieces(name: str) -> str:
    """Write a name as code that may break between its words, and nowhere else."""
    return f"`{BREAKS.sub('`<wbr>`', name)}`"


def characters(value: int) -> str:
    """Return the four characters that a number stands for; "" for one that isn't meant so."""
    if not 1 << 24 <= value < 1 << 32:
        return ""
    text = value.to_bytes(4, "big").decode("latin-1")
    return text if text.isascii() and text.isprintable() else ""


def page_of(table: str) -> str:
    """Return the page of a table; one named like an index gets an underscore."""
    page = f"{table}.md"
    return f"{table}_.md" if page.replace("_", "").lower() in INDICES else page


WORD = re.compile(r"\[([A-Za-z_][A-Za-z0-9_]*)\]|([A-Za-z_][A-Za-z0-9_]*)")
SPECIAL = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "!": "&#33;", "*": "&#42;"}
    | {"[": "&#91;", "]": "&#93;", "`": "&#96;", "\\": "&#92;"}
)


def escaped(text: str) -> str:
    """Write text so that Markdown takes nothing in it for a mark, in a table neither."""
    return text.translate(SPECIAL)


@dataclass(slots=True)
class Uses:
    """Where an element or variable is used beside its own line.

    Attributes:
        own: whether its own table reads it.
        readers: other tables that read it.
        mentions: elements whose semantics speak of it, as (table, name).
    """

    own: bool = False
    readers: list[str] = field(default_factory=list)
    mentions: list[tuple[str, str]] = field(default_factory=list)


class Links:
    """Resolves names as one table sees them, and collects uses over the whole schema."""

    def __init__(self, analysis: Analysis):
        """Go through the schema once."""
        self.analysis = analysis
        self.uses: dict[tuple[str, str], Uses] = {}
        self.callers: dict[str, list[str]] = {name: [] for name in analysis.tables}
        for facts in analysis.tables.values():
            self.collect(facts)

    def collect(self, facts: TableFacts) -> None:
        """Note what one table calls, reads and mentions."""
        name = facts.table.name
        for site in facts.calls:
            callee = getattr(site.statement, "table", BYTE_ALIGNMENT)
            if callee in self.callers and name not in self.callers[callee]:
                self.callers[callee].append(name)
        read = {use.name.name for use in facts.uses}
        for word in sorted(read):
            if facts.defines(word):
                self.of(name, word).own = True
        for word, definer in self.analysis.free_names(facts).items():
            self.of(definer.table.name, word).readers.append(name)
        for meaning in facts.table.semantics:
            for _, word in meaning.references:
                place = self.definer(word, facts)
                if place is not None and (place, word) != (name, meaning.name):
                    mentions = self.of(place, word).mentions
                    if (name, meaning.name) not in mentions:
                        mentions.append((name, meaning.name))

    def of(self, table: str, name: str) -> Uses:
        """Return the uses of an element or variable."""
        return self.uses.setdefault((table, name), Uses())

    def definer(self, name: str, facts: TableFacts | None) -> str | None:
        """Return the table that explains a name: the table itself, the one it reads from, any."""
        if facts is not None:
            if facts.meaning(name) is not None:
                return facts.table.name
            definer = self.analysis.shared_definer(name, facts)
            if definer is not None and definer.meaning(name) is not None:
                return definer.table.name
        for other in self.analysis.tables.values():
            if other.meaning(name) is not None:
                return other.table.name
        return None

    def target(self, name: str, facts: TableFacts | None) -> str | None:
        """Return the address that a name leads to, seen from the page of a table (None: another).

        Names with no place of their own, such as loop variables, lead nowhere.
        """
        if name in self.analysis.tables:
            return page_of(name)
        declared = (self.analysis.enums, self.analysis.givens, self.analysis.defines)
        if name in self.analysis.states or any(name in each for each in declared):
            return f"{VALUES_PAGE}#{name}"
        if name in self.analysis.members:
            return f"{VALUES_PAGE}#{self.declaration(name)}"
        if facts is not None and (
            name in facts.loop_variables or self.is_plain_parameter(name, facts)
        ):
            return None
        if facts is not None and facts.defines(name) and facts.meaning(name) is None:
            return None
        table = self.definer(name, facts)
        if table is None:
            return None
        return self.element_target(table, name, facts)

    def is_plain_parameter(self, name: str, facts: TableFacts) -> bool:
        """Tell whether a name is a parameter, which has no semantics of its own."""
        return name in facts.table.parameters and facts.meaning(name) is None

    def element_target(self, table: str, name: str, facts: TableFacts | None) -> str:
        """Return the address of an element, on the page of `facts` without the page's name."""
        meaning = self.analysis.tables[table].meaning(name)
        anchor = meaning.name if meaning is not None else name
        own = facts is not None and facts.table.name == table
        return f"#{anchor}" if own else f"{page_of(table)}#{anchor}"

    def declaration(self, member: str) -> str:
        """Return the enum of a member; a constant stands for itself."""
        for enum in self.analysis.enums.values():
            if any(each.name == member for each in enum.members):
                return enum.name
        return member

    def name(self, name: str, facts: TableFacts | None, shown: str | None = None) -> str:
        """Write a name as a link, if it leads anywhere."""
        target = self.target(name, facts)
        text = escaped(shown or name)
        return text if target is None else f"[{text}]({target})"

    def code(self, name: str, facts: TableFacts | None) -> str:
        """Write a name as code, with its link."""
        target = self.target(name, facts)
        return f"`{name}`" if target is None else f"[`{name}`]({target})"

    def prose(self, text: str, facts: TableFacts | None) -> str:
        """Write the semantics' text: references, and names of values, become links."""
        parts: list[str] = []
        last = 0
        for match in WORD.finditer(text):
            reference, word = match.groups()
            name = reference or word
            known = reference is not None or self.is_value(name)
            if not known:
                continue
            parts += [escaped(text[last : match.start()]), self.code(name, facts)]
            last = match.end()
        return "".join([*parts, escaped(text[last:])])

    def is_value(self, word: str) -> bool:
        """Tell whether a word of prose is the name of a constant or of an enum's member."""
        return word in self.analysis.members

    def enums_of(self, facts: TableFacts) -> list[tree.Enum]:
        """Return the enums that name values of a table's elements, in order."""
        found: dict[str, tree.Enum] = {}
        for site in facts.sites:
            if isinstance(site.statement, tree.Element) and site.statement.enum is not None:
                found[site.statement.enum] = self.analysis.enums[site.statement.enum]
        return list(found.values())

    def enum_users(self, enum: str) -> Iterator[tuple[TableFacts, str]]:
        """Yield the elements whose values an enum names, with their tables."""
        seen = set()
        for facts in self.analysis.tables.values():
            for site in facts.sites:
                statement = site.statement
                if isinstance(statement, tree.Element) and statement.enum == enum:
                    key = facts.table.name, statement.name
                    if key not in seen:
                        seen.add(key)
                        yield facts, statement.name

    def word_readers(self, name: str) -> list[str]:
        """Return the tables whose text uses a constant, function or given value."""
        readers = []
        for facts in self.analysis.tables.values():
            whole = [part for site in facts.sites for part in own_expressions(site.statement)]
            whole += [meaning.absent for meaning in facts.table.semantics if meaning.absent]
            for expression in whole:
                words = {
                    part.name
                    for part in expressions.walk(expression)
                    if isinstance(part, tree.Name | tree.Function)
                }
                if name in words:
                    readers.append(facts.table.name)
                    break
        return readers
