"""The documentation target: a reference page for each table, and indexes over all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnc_schema.formatting import environment
from nnc_schema.language import tree
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import Field, TableFacts
from nnc_schema.targets.docs.illustrations import ExampleRow, illustrated
from nnc_schema.targets.docs.layout import layout
from nnc_schema.targets.docs.links import (
    CLAUSES_PAGE,
    ELEMENTS_PAGE,
    INDEX_PAGE,
    VALUES_PAGE,
    Links,
    Uses,
    characters,
    page_of,
    pieces,
)
from nnc_schema.targets.docs.overview import overview
from nnc_schema.targets.docs.syntax import Writer

TEMPLATES = Path(__file__).with_name("templates")

#: Looks of the pages, for Material for MkDocs.
STYLE_SHEET = "pages.css"


def generate(analysis: Analysis, options: Mapping[str, Any]) -> dict[str, str]:
    """Make the pages.

    Args:
        analysis: a schema without mistakes.
        options: `title` and `introduction` of the first page; in `statuses` a sentence for each
            status that says what it means; in `examples`, by table, bytes and what stands in them.

    Returns:
        Markdown by file name, and the style sheet. The pages are written for Python-Markdown with
        the extensions attr_list, def_list, md_in_html and tables.
    """
    pages = Pages(analysis, options)
    files = {page_of(name): pages.table(facts) for name, facts in analysis.tables.items()}
    files[INDEX_PAGE] = pages.render(
        "index.md.j2", families=pages.families(), overview=overview(analysis)
    )
    files[ELEMENTS_PAGE] = pages.render("elements.md.j2", elements=pages.elements())
    files[CLAUSES_PAGE] = pages.render("clauses.md.j2", clauses=pages.clauses())
    files[VALUES_PAGE] = pages.render("values.md.j2", **pages.values())
    files[STYLE_SHEET] = (TEMPLATES / STYLE_SHEET).read_text("utf-8")
    return {name: tidy(files[name]) for name in sorted(files)}


def annotated(example: tuple[bytes, Sequence[ExampleRow]]) -> str:
    """Return bytes with the elements in them as a part of a page."""
    template = environment(TEMPLATES).get_template("example.md.j2")
    return tidy(template.render(example=illustrated(example)))


def tidy(text: str) -> str:
    """Leave no space at the ends of lines, no two empty lines, one line end at the end."""
    joined = "\n".join(line.rstrip() for line in text.splitlines()).strip()
    return re.sub(r"\n{3,}", "\n\n", joined) + "\n"


class Pages:
    """Puts together what the templates print."""

    def __init__(self, analysis: Analysis, options: Mapping[str, Any]):
        """Set the schema, and resolve its links."""
        self.analysis = analysis
        self.options = options
        self.links = Links(analysis)
        self.environment = environment(TEMPLATES)
        self.environment.filters["page"] = page_of
        self.environment.filters["pieces"] = pieces

    def render(self, template: str, **values: Any) -> str:
        """Render a template."""
        common = {"options": self.options, "statuses": self.options.get("statuses", {})}
        return self.environment.get_template(template).render(common | values)

    def table(self, facts: TableFacts) -> str:
        """Make the page of a table."""
        table = facts.table
        writer = Writer(self.links, facts)
        return self.render(
            "table.md.j2",
            table=table,
            digest=self.analysis.file_of[table.name].digest,
            heading=writer.heading(table),
            lines=writer.lines(table.body),
            drawing=layout(facts),
            example=illustrated(self.options.get("examples", {}).get(table.name)),
            elements=[self.meaning(facts, meaning) for meaning in table.semantics],
            enums=[self.enum(enum) for enum in self.links.enums_of(facts)],
            callers=[self.table_link(name) for name in self.links.callers[table.name]],
            reads=self.reads(facts),
            root=any(name == table.name for _, name in self.roots()),
            used=[status for status in self.statuses_of(facts) if status],
        )

    def roots(self) -> list[tuple[tree.Position, str]]:
        """Return the table that everything is reached from."""
        return [root for file in self.analysis.schema.files for root in file.roots]

    def statuses_of(self, facts: TableFacts) -> list[str]:
        """Return the statuses that occur on a page, that of the table first."""
        found = [facts.table.clause.status]
        found += [meaning.status or "" for meaning in facts.table.semantics]
        return list(dict.fromkeys(found))

    def table_link(self, name: str) -> str:
        """Link to a table."""
        return f"[`{name}`]({page_of(name)})"

    def reads(self, facts: TableFacts) -> list[str]:
        """Link to what a table reads from others."""
        found = []
        for name, definer in sorted(self.analysis.free_names(facts).items()):
            where = self.table_link(definer.table.name)
            found.append(f"{self.links.code(name, facts)} of {where}")
        used = {use.name.name for use in facts.uses}
        found += [
            f"{self.links.code(name, facts)}, given from outside"
            for name in sorted(used)
            if name in self.analysis.givens
        ]
        return found

    def meaning(self, facts: TableFacts, meaning: tree.Meaning) -> dict[str, Any]:
        """Return what the page says of an element or variable."""
        writer = Writer(self.links, facts)
        places = self.places(facts, meaning.name)
        uses = self.links.of(facts.table.name, meaning.name)
        range_ = None
        if meaning.range is not None:
            first, last = (writer.value(part) for part in meaning.range)
            range_ = first if first == last else f"{first} to {last}"
        enums = [
            place.statement.enum
            for place in places
            if isinstance(place.statement, tree.Element) and place.statement.enum
        ]
        return {
            "name": meaning.name,
            "text": self.links.prose(meaning.text, facts),
            "descriptor": self.descriptor(facts, meaning.name),
            "aliases": [place.name for place in places if place.name != meaning.name],
            "is_list": any(place.is_list for place in places),
            "conditional": any(place.conditional for place in places),
            "absent": None if meaning.absent is None else writer.value(meaning.absent),
            "range": range_,
            "constraints": [
                (writer.value(each.condition), self.links.prose(each.sentence, facts))
                for each in meaning.constraints
            ],
            "enum": self.links.code(enums[0], facts) if enums else None,
            "status": meaning.status or facts.table.clause.status,
            "line": meaning.position.line,
            "uses": self.uses(uses, facts),
        }

    def places(self, facts: TableFacts, name: str) -> list[Field]:
        """Return the fields that a name of the semantics is about."""
        return [
            field
            for field in facts.fields.values()
            if field.name == name
            or (isinstance(field.statement, tree.Element) and field.statement.name == name)
        ]

    def descriptor(self, facts: TableFacts, name: str) -> str:
        """Write the descriptor of an element; a variable has none."""
        for field in self.places(facts, name):
            if isinstance(field.statement, tree.Element):
                return Writer(None, facts).descriptor(field.statement)
            if isinstance(field.statement, tree.External):
                return "bs(v)"
        return ""

    def uses(self, uses: Uses, facts: TableFacts) -> list[str]:
        """Say where a name is used."""
        found = []
        if uses.own:
            found.append("this table")
        found += [self.table_link(name) for name in uses.readers]
        found += [
            f"[`{name}`]({self.links.element_target(table, name, facts)})"
            for table, name in uses.mentions
        ]
        return list(dict.fromkeys(found))

    def enum(self, enum: tree.Enum) -> dict[str, Any]:
        """Return what a page says of an enum: its values in order."""
        are_characters = all(characters(member.value) for member in enum.members)
        rows = [
            (
                member.value,
                f"`'{characters(member.value)}'`" if are_characters else f"{member.value}",
                pieces(member.name),
                self.links.prose(member.text, None),
            )
            for member in enum.members
        ]
        if are_characters:
            kinds = sorted({each.kind for each in enum.ranges})
            rows += [(1 << 32, "others", "", kind) for kind in kinds]
        else:
            for each in enum.ranges:
                values = str(each.first) if each.first == each.last else f"{each.first}-{each.last}"
                rows.append((each.first, values, "", each.kind))
        users = [
            f"[`{name}`]({page_of(facts.table.name)}#{name}) of {self.table_link(facts.table.name)}"
            for facts, name in self.links.enum_users(enum.name)
        ]
        return {
            "name": enum.name,
            "flags": enum.flags,
            "clause": enum.clause,
            "rows": sorted(rows),
            "users": users,
        }

    def families(self) -> list[dict[str, Any]]:
        """Return the tables by schema file."""
        return [
            {"title": file.name.replace("_", " ").capitalize(), "path": file.path, "file": file}
            for file in self.analysis.schema.files
            if file.tables
        ]

    def elements(self) -> list[dict[str, Any]]:
        """Return all elements and variables with semantics, by name."""
        found = []
        for facts in self.analysis.tables.values():
            for meaning in facts.table.semantics:
                found.append(
                    {
                        "name": meaning.name,
                        "table": facts.table,
                        "descriptor": self.descriptor(facts, meaning.name),
                        "status": meaning.status or facts.table.clause.status,
                    }
                )
        return sorted(found, key=lambda each: (each["name"].lower(), each["table"].name))

    def clauses(self) -> list[dict[str, Any]]:
        """Return tables and enums by clause."""
        by_number: dict[str, dict[str, Any]] = {}
        for file in self.analysis.schema.files:
            for kind, things in (("tables", file.tables), ("enums", file.enums)):
                for thing in things:
                    clause = by_number.setdefault(
                        thing.clause.number,
                        {"number": thing.clause.number, "tables": [], "enums": []},
                    )
                    clause[kind].append(thing)
        return [by_number[number] for number in sorted(by_number, key=clause_order)]

    def values(self) -> dict[str, Any]:
        """Return enums, constants, functions and given values."""
        files = self.analysis.schema.files
        plain = Writer(None, None)
        return {
            "enums": [self.enum(enum) for file in files for enum in file.enums],
            "constants": [
                (each, self.analysis.constants[each.name], self.links.prose(each.text, None))
                for file in files
                for each in file.constants
            ],
            "defines": [
                {
                    "define": each,
                    "value": plain.value(each.value),
                    "text": self.links.prose(each.text, None),
                    "readers": self.readers(each.name),
                }
                for file in files
                for each in file.defines
            ],
            "givens": [
                {
                    "given": each,
                    "default": None if each.default is None else plain.value(each.default),
                    "text": self.links.prose(each.text, None),
                    "readers": self.readers(each.name),
                }
                for file in files
                for each in file.givens
            ],
            "states": [
                {
                    "state": each,
                    "sizes": "".join(f"[{plain.value(size)}]" for size in each.sizes),
                    "initial": plain.value(each.initial),
                    "text": self.links.prose(each.text, None),
                    "readers": self.readers(each.name),
                }
                for file in files
                for each in file.states
            ],
        }

    def readers(self, name: str) -> list[str]:
        """Link to the tables that use a constant, function or given value."""
        return [self.table_link(table) for table in self.links.word_readers(name)]


def clause_order(number: str) -> list[tuple[bool, int, str]]:
    """Return a key that sorts 6.3.2 before 6.3.10, and annexes after numbers."""
    return [
        (not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in number.split(".")
    ]
