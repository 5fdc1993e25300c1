"""Computed elements as the Python target writes them."""

from __future__ import annotations

import functools
import re

from nnc_schema.language import tree
from nnc_schema.passes.computed import (
    FOLLOWING,
    HERE,
    SPAN_FUNCTIONS,
    Span,
    computed_fields,
    is_count,
    is_known_before,
    is_of_span,
    marked_fields,
    marked_tables,
    plain_names,
    span_of,
    spans,
)
from nnc_schema.passes.table_facts import TableFacts, sites
from nnc_schema.targets.python.names import ATOM, Names, RuleNames


class ComputedNames(Names):
    """Turns what an element is computed as into Python: it is worked out when all is known.

    Attributes:
        element: the element.
        marks: the variables for first and last bit of each field that may be asked for.
    """

    def __init__(self, names: Names, element: tree.Element, start: str):
        """Take the names of the table, the element, and the variable of the table's first bit."""
        super().__init__(names.analysis, names.facts, names.file)
        self.table_names = names
        self.element = element
        self.start = start

    def own(self, name: str, suffix: str) -> str:
        """Return a local variable of the generated code's own."""
        return self.table_names.own(name, suffix)

    def begin(self, field: str) -> str:
        """Return the variable that holds the first bit of a field."""
        return self.own(self.local(field), "_begin")

    def end(self, field: str) -> str:
        """Return the variable that holds the first bit after a field."""
        return self.own(self.local(field), "_end")

    def write(self, expression: tree.Expression, *, number: bool) -> tuple[str, int]:
        """Write an expression; counts and spans are those of the table at hand."""
        if is_count(expression):
            assert isinstance(expression, tree.Function)
            (argument,) = expression.arguments
            assert isinstance(argument, tree.Name)
            return f"len(obj.{argument.name} if obj.{argument.name} is not None else ())", ATOM
        if is_of_span(expression):
            assert isinstance(expression, tree.Function)
            return self.write_span(expression), ATOM
        return super().write(expression, number=number)

    def write_span(self, function: tree.Function) -> str:
        """Write a size or checksum of bytes."""
        facts = self.facts
        assert facts is not None
        span = span_of(function, facts)
        ends = f"{self.first_bit(span, facts)}, {self.last_bit(span, facts)}"
        if function.name == "sizeof":
            return f"_computing.byte_count(stream, {ends})"
        own = f"({self.begin(self.element.field)}, {self.end(self.element.field)})"
        leading = [self.value(part) for part in function.arguments[: SPAN_FUNCTIONS[function.name]]]
        data = f"_computing.bytes_between(stream, {ends}, {own})"
        return f"_computing.{function.name}({', '.join([*leading, data])})"

    def first_bit(self, span: Span, facts: TableFacts) -> str:
        """Return the code of the first bit of a span."""
        if span.first in facts.fields:
            return self.begin(span.first)
        if span.first == facts.table.name:
            return self.start
        return f'stream.begins.get("{span.first}")'

    def last_bit(self, span: Span, facts: TableFacts) -> str:
        """Return the code of the first bit after a span."""
        if span.last == HERE:
            return self.begin(self.element.field)
        return self.end(span.last) if span.last in facts.fields else "stream.position"

    def write_name(self, name: tree.Name) -> str:
        """Write a name: elements are there or stand for what their absence means."""
        facts = self.facts
        assert facts is not None
        if name.name in self.analysis.members or name.name in facts.table.parameters:
            return super().write_name(name)
        if name.name in self.analysis.givens:
            return f'context.ask("{name.name}", obj, stream)'
        if name.name not in facts.fields:
            return f"context.{name.name}" if not facts.defines(name.name) else self.local(name.name)
        code = f"_required(stream, obj.{name.name}, {self.told(name.name)})"
        field = facts.fields[name.name]
        meaning = facts.meaning(name.name)
        if field.conditional and meaning is not None and meaning.absent is not None:
            absent = self.value(meaning.absent)
            code = f"({absent} if obj.{name.name} is None else obj.{name.name})"
        for index in name.indices:
            code = f"_indexed(stream, {code}, {self.value(index)}, {self.told(name.name)})"
        return code


class FollowNames(RuleNames):
    """Turns how an element follows from tables that stand elsewhere into Python."""

    def write(self, expression: tree.Expression, *, number: bool) -> tuple[str, int]:
        """Write an expression; what is known of other tables is asked of `tables`."""
        if isinstance(expression, tree.Function) and expression.name in FOLLOWING:
            table, *rest = expression.arguments
            told = [self.quoted(table), *map(self.value, rest[:1]), *map(self.quoted, rest[1:])]
            return f"tables.{expression.name}({', '.join(told)})", ATOM
        return super().write(expression, number=number)

    def quoted(self, name: tree.Expression) -> str:
        """Return the name of a table or an element, as the schema has it, in quotes."""
        assert isinstance(name, tree.Name)
        said = self.analysis.said if name.name not in self.analysis.tables else self.analysis.shown
        return f'"{said(name.name)}"'


class ComputedCode:
    """What the computed elements of one table add to a function.

    Attributes:
        marked: the fields whose first and last bit are noted.
        compares: elements are compared with what they come to, and so asked for their first bits.
        is_marked: tables within this one ask for its first bit or its end.
        uses_start: an element asks for the table's own first bit.
    """

    #: Whether they are; where tables are drawn, elements are made what they come to.
    compares = True

    def __init__(self, names: Names, facts: TableFacts, start: str):
        """Take the table, and the variable for its first bit."""
        self.names = names
        self.facts = facts
        self.start = start
        self.elements = {
            element.field: (element, expression) for element, expression in computed_fields(facts)
        }
        self.marked = marked_fields(facts)
        self.is_marked = facts.table.name in marked_tables(names.analysis)
        self.uses_start = any(
            span.first == facts.table.name
            for _, expression in self.elements.values()
            for span in spans(expression, facts)
        )

    def of(self, field: str) -> ComputedNames:
        """Return the names in what a field is computed as."""
        return ComputedNames(self.names, self.elements[field][0], self.start)

    def mark_names(self, field: str) -> tuple[str, str]:
        """Return the variables for the first and the last bit of a field."""
        base = self.names.local(field)
        return self.names.own(base, "_begin"), self.names.own(base, "_end")

    def presets(self) -> list[str]:
        """Return the lines that make known that no field was passed yet."""
        marks = [[name for name in self.mark_names(field) if name in self.asked]
                 for field in sorted(self.marked)]  # fmt: skip
        return [" = ".join([*names, "None"]) for names in marks if names]

    @functools.cached_property
    def asked(self) -> set[str]:
        """The variables for bits of fields that something asks for."""
        works = " ".join(self.work(field) for field in self.elements)
        begins = {self.mark_names(field)[0] for field in self.elements if self.compares}
        return {*re.findall(r"\w+", works), *begins}

    def first_lines(self) -> list[str]:
        """Return the lines at the beginning of the function, where anything is computed."""
        lines = []
        if self.is_marked:
            name = self.facts.table.name
            lines.append(f'{self.outer}: Any = stream.begins.get("{name}")')
            lines.append(f'stream.begins["{name}"] = stream.position')
            lines.append(f"{self.before} = len(stream.pending)")
        return lines

    @property
    def before(self) -> str:
        """Variable that holds how many computed elements waited when the table began."""
        return self.names.own("pending_before", "")

    @property
    def outer(self) -> str:
        """Variable that holds the first bit of a table of the same name around this one."""
        return self.names.own("outer_begin", "")

    def marks_of(self, statement: tree.Statement) -> list[str]:
        """Return the fields whose bits are those of a statement."""
        if isinstance(statement, tree.For | tree.While):
            inside = (each.statement for each in sites(statement.body))
            names = [getattr(each, "field", "") for each in inside]
        else:
            names = [getattr(statement, "field", "")]
        return [name for name in dict.fromkeys(names) if name in self.marked]

    def work(self, field: str) -> str:
        """Return the function that computes a field."""
        return f"lambda: {self.of(field).value(self.elements[field][1])}"

    def work_now(self, field: str) -> str:
        """Return the function that computes a field where it stands, None where that can't be."""
        element, expression = self.elements[field]
        if not is_known_before(element, self.facts):
            return "None"
        names = {name.name for name in plain_names(expression)}
        return self.work(field) if not names & self.elements.keys() - {field} else "None"

    def last_lines(self) -> list[str]:
        """Return the lines that settle what is known at the end of the table."""
        lines = []
        for field, (_, expression) in self.elements.items():
            begin = self.mark_names(field)[0]
            about = f"self, obj, {self.names.told(field)}, {begin}, {self.work(field)}"
            tables = [span.table for span in spans(expression, self.facts) if span.table]
            if tables:
                settled = f'_computing.settle_later(stream, "{tables[0]}", {about})'
            else:
                settled = f"_computing.settle(stream, {about})"
            lines += [f"if {begin} is not None:", f"    {settled}"]
        return lines + self.pending_lines()

    def pending_lines(self) -> list[str]:
        """Return the lines that settle what tables in this one have left to its end."""
        if not self.is_marked:
            return []
        name = self.facts.table.name
        return [
            f'_computing.settle_pending(stream, "{name}", {self.before})',
            f'stream.begins["{name}"] = {self.outer}',
        ]
