"""Every element of a document with its place and bits, up to a fault and after it.

What no element covers has names of ours: `framing` for what stands before a table of the root,
`padding` for the bits up to a byte, `trailing` for bytes after a table, `unread` for what follows a
fault. The elements of a trace thus cover each bit of the data once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from nnc.bitio import BitstreamError, Enforcement, PlacedError
from nnc.bitio.bits import index_text
from nnc.engine.diff import Difference, diff_elements, one_sided
from nnc.engine.findings import ERROR, WARNING, Finding, place_in_data, syntax_finding
from nnc.engine.following import follows, wrong
from nnc.engine.mapped import view_of
from nnc.engine.records import Layout, RecordReader
from nnc.engine.schema_rules import Elements, elements_of, schema_rules
from nnc.engine.tracing import (
    TRAILING,
    UNREAD,
    Sink,
    TracedElement,
    is_alignment,
    name_apart,
    name_of,
)
from nnc.engine.tree import Node, insert

#: Code of the fault that a computed element has another value.
MISCOMPUTED = "wrong-value"


@dataclass(slots=True)
class RecordTrace:
    """What was read of one table of the root.

    Attributes:
        path: its path, "" for the only one.
        start: its first bit, with the framing.
        stop: the bit after its last; where that isn't known, the end of the data.
        scope: the names after it, None where it couldn't be read.
        elements: its elements.
        error: the fault that ended the reading.
    """

    path: str
    start: int
    stop: int = 0
    scope: Any = None
    elements: list[TracedElement] = field(default_factory=list)
    error: BitstreamError | None = None


@dataclass(frozen=True, slots=True)
class DocumentTrace:
    """What was read of a document.

    Attributes:
        format: its format.
        data: the bytes.
        records: the tables of the root, in order.
        broken: the rules of the schema that were found broken on the way.
    """

    format: Layout
    data: memoryview
    records: list[RecordTrace]
    broken: list[PlacedError] = field(default_factory=list)

    def all_elements(self) -> Iterator[TracedElement]:
        """Yield all elements, in the order of the data."""
        for record in self.records:
            yield from record.elements

    @property
    def elements(self) -> Elements:
        """All elements by table and name, each with the table of the root around it."""
        return elements_of(self.records)

    @property
    def errors(self) -> list[BitstreamError]:
        """All faults, in the order in which they were met."""
        return [record.error for record in self.records if record.error is not None]

    def tree(self) -> Node:
        """Return the elements as a tree: the document, tables, elements."""
        root = self.format.root
        node = Node(self.format.name, "", 0, 8 * len(self.data), "document")
        for record in self.records:
            if not self.format.framing.many:
                for element in record.elements:
                    insert(node, element, (root.table,))
                node.error = record.error
                continue
            below = Node(record.path, record.path, record.start, 0, "table", root.table)
            for element in record.elements:
                insert(below, element, (root.table,))
            below.bits, below.error = record.stop - record.start, record.error
            node.children.append(below)
        return node

    def check(self) -> Report:
        """Return what breaks the syntax, a range, an enum or a constraint of the schema."""
        findings: list[Finding] = []
        # Gathered once: each rule looks at them.
        model = SimpleNamespace(elements=self.elements)
        for rule in schema_rules(self.format.tables):
            findings += rule.findings(model)
        findings += [computed_finding(error) for error in self.broken if error.code == MISCOMPUTED]
        if follows(self.format.tables):
            findings += [following_finding(*one) for one in wrong(list(self.all_elements()))]
        for error in self.errors:
            if error.code != "unset-name" or not findings:
                findings.append(syntax_finding(error))
        for element in self.all_elements():
            if is_alignment(element) and element.value != 1 << (element.bits - 1):
                found = f"{element.value:0{element.bits}b}"
                message = f"{element.name} is {found}, and not a 1 and zeros"
                findings.append(
                    Finding("alignment", ERROR, element.path, element.byte_bit, message)
                )
            if element.name == TRAILING and not element.is_syntax:
                message = f"{element.bits >> 3} bytes follow that the syntax doesn't know"
                findings.append(
                    Finding("trailing-bytes", WARNING, element.path, element.byte_bit, message)
                )
        return Report(sorted(findings, key=place_in_data))


@dataclass(frozen=True, slots=True)
class Report:
    """What a validator found.

    Attributes:
        findings: the rules broken, in the order of the data.
    """

    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> int:
        """Number of errors."""
        return sum(finding.level == ERROR for finding in self.findings)

    @property
    def warnings(self) -> int:
        """Number of warnings."""
        return sum(finding.level == WARNING for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Return all parts as plain data."""
        return {
            "errors": self.errors,
            "warnings": self.warnings,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def computed_finding(error: PlacedError) -> Finding:
    """Return the finding of an element that isn't what the schema computes it to be."""
    name = error.path.rpartition(".")[2].partition("[")[0]
    message = f"{error.message} (computed: {error.allowed}, found {error.value})"
    return Finding(
        f"computed:{name}", ERROR, error.path, error.position, message, error.clause, error.schema
    )


def following_finding(element: TracedElement, wanted: int) -> Finding:
    """Return the finding of an element that doesn't follow from others as the schema says."""
    syntax = element.tables[element.table]
    message = f"{element.name}{element.index} is another value than it follows to be"
    return Finding(
        f"computed:{element.name}", ERROR, element.path, element.byte_bit,
        f"{message} (computed: {wanted}, found {element.value})", syntax.clause,
        element.schema_line,
    )  # fmt: skip


def trace(form: Layout, data: Any, given: Mapping[str, Any]) -> DocumentTrace:
    """Trace data, whatever is wrong with them.

    Args:
        form: their format.
        data: the bytes.
        given: values that only the caller knows.
    """
    return trace_from(form, view_of(data), form.scope(given))


def trace_from(form: Layout, view: memoryview, scope: Any) -> DocumentTrace:
    """Trace data by the names that stand before the first table; else as `trace`."""
    rules = Enforcement("report")
    reading = RecordReader(form, view, scope, rules)
    traced = DocumentTrace(form, view, [], rules.findings)
    while reading.more():
        table = form.root.table
        path = table + index_text(reading.index) if form.framing.many else ""
        record = RecordTrace(path, reading.place, 8 * len(view))
        traced.records.append(record)
        reading.reader.trace = Sink(reading.reader, record.elements, form.tables)
        try:
            reading.read()
        except BitstreamError as error:
            record.error = error
            known = reading.skip()
            record.stop = reading.place if known else 8 * len(view)
            complete(record, reading, UNREAD)
            if not known:
                break
        else:
            record.stop, record.scope = reading.place, reading.scope.copy()
            complete(record, reading, TRAILING)
    rest = reading.place + 7 >> 3
    if traced.records and traced.records[-1].error is None and rest < len(view):
        last = traced.records[-1]
        add(last, 8 * rest, 8 * len(view), TRAILING, form)
    return traced


def complete(record: RecordTrace, reading: RecordReader, name: str) -> None:
    """Add names for the bits of a table of the root that have none."""
    form, span = reading.format, reading.span
    for element in record.elements:
        if element.name == "padding" and element.table == form.root.table and not element.index:
            known = form.root.elements
            if "padding" not in known:
                element.descriptor = ""
    # Positions of elements within transformed bytes don't count from the first bit of the data.
    end = reading.end if record.error is None else max(reading.reader.position, record.start)
    name_apart(record.elements)
    if span is not None and span.content > span.start:
        rest, record.elements[:] = list(record.elements), []
        add(record, 8 * span.start, 8 * span.content, "framing", form)
        record.elements += rest
    if end < record.stop:
        add(record, end, record.stop, name, form)


def add(record: RecordTrace, start: int, stop: int, name: str, form: Layout) -> None:
    """Name bits that no element of the syntax stands for."""
    path = f"{record.path}.{name}" if record.path else name
    stack = ((form.root.table, form.root.table, None),)
    record.elements.append(
        TracedElement(start, stop - start, path, "", None, stack, form.tables, name_of(path))
    )


def diff(a: DocumentTrace, b: DocumentTrace) -> list[Difference]:
    """Return what two documents of a format differ in, in the order of the first.

    Tables of the root are compared by their numbers.
    """
    found: list[Difference] = []
    for one, two in zip(a.records, b.records, strict=False):
        found += diff_elements(one, two, a.data, b.data)
    name = a.format.root.table
    for record in a.records[len(b.records) :]:
        found.append(one_sided(True, record.path, name, record.stop - record.start))
    for record in b.records[len(a.records) :]:
        found.append(one_sided(False, record.path, name, record.stop - record.start))
    return found
