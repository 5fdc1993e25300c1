"""The JavaScript target: an ES module that reads a schema's format, and the runtime beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nnc_schema.formatting import schema_digest
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import TableFacts
from nnc_schema.passes.units import unit_kinds
from nnc_schema.targets.javascript.code import ReaderCode
from nnc_schema.targets.javascript.translate import INDENT, Translation, literal
from nnc_schema.targets.python.names import Names
from nnc_schema.targets.python.naming import with_python_names
from nnc_schema.targets.python.target import description, framing_parts, parsed_tables, scope_parts

RUNTIME = Path(__file__).with_name("runtime")

#: The parts of the runtime, in the order in which they need each other.
PARTS = (
    "errors",
    "numbers",
    "functions",
    "codings",
    "reader",
    "checksums",
    "inflate",
    "tables",
    "rules",
    "format",
)
IMPORT = re.compile(r'^import [^;]*? from "\./\w+\.js";\n', re.MULTILINE)


def generate(analysis: Analysis, options: Mapping[str, Any]) -> dict[str, str]:
    """Make the module of a schema, and the runtime.

    Args:
        analysis: a schema without mistakes.
        options: `module`, the name of the module, `schema` by default.

    Returns:
        Text by file name.
    """
    name = options.get("module", "schema")
    return {f"{name}.js": Module(analysis).text(), "runtime.js": runtime(analysis)}


def runtime(analysis: Analysis) -> str:
    """Return the runtime as one module."""
    head = f"// What readers made of a schema have in common; written by hand.\n{mark(analysis)}"
    texts = [(RUNTIME / f"{part}.js").read_text("utf-8") for part in PARTS]
    return "\n".join([head, *(IMPORT.sub("", text).strip() + "\n" for text in texts)])


def mark(analysis: Analysis) -> str:
    """Return the lines that tell a generated file."""
    return f"// Generated; do not edit. Schema hash: sha256 {schema_digest(analysis.schema)}\n"


class Module:
    """Writes the module of a schema."""

    def __init__(self, analysis: Analysis):
        """Take the schema, and give its names to Python, whose code is translated."""
        self.shown = analysis
        self.analysis = with_python_names(analysis)

    def text(self) -> str:
        """Return the whole module."""
        root = self.analysis.shown(self.analysis.root)
        parts = [
            f"// A reader of the table `{root}` and of all that it calls.",
            mark(self.analysis),
            'import * as $ from "./runtime.js";\n',
            *self.enums(),
            "const $rows = {",
            *(
                f"{INDENT}{name}: {literal(rows)},"
                for name, rows in self.analysis.constant_tables.items()
            ),
            "};\n",
            "const $defines = {",
            *(f"{INDENT}{line}" for line in self.defines()),
            "};\n",
            "const $tables = {};\n",
            *(
                line
                for name in parsed_tables(self.analysis)
                for line in self.table(self.analysis.tables[name])
            ),
            *self.format(),
        ]
        return "\n".join(parts) + "\n"

    def enums(self) -> Iterator[str]:
        """Yield the lines of the values with names, and of constants."""
        yield "/** Values with names, by enum. */"
        yield "export const enums = {"
        for enum in self.shown.enums.values():
            yield f"{INDENT}{enum.name}: Object.freeze({{"
            for member in enum.members:
                yield f"{INDENT * 2}{member.name}: {literal(member.value)},"
            yield f"{INDENT}}}),"
        yield "};\n"
        yield "/** Constants by name. */"
        yield "export const constants = Object.freeze({"
        members = {member.name for enum in self.shown.enums.values() for member in enum.members}
        for name, value in self.shown.constants.items():
            if name not in members:
                yield f"{INDENT}{name}: {literal(value)},"
        for name, rows in self.shown.constant_tables.items():
            yield f"{INDENT}{name}: {literal(rows)},"
        yield "});\n"

    def defines(self) -> Iterator[str]:
        """Yield the functions of the schema's own."""
        names = Names(self.analysis, None, None)
        for define in self.analysis.defines.values():
            parameters = ", ".join(names.local(name) for name in define.parameters)
            code = f"lambda {parameters}: {names.value(define.value)}"
            yield f"{define.name.lower()}: {Translation(self.analysis).lambda_of(code)},"

    def table(self, facts: TableFacts) -> Iterator[str]:
        """Yield the lines of one table."""
        analysis, table = self.analysis, facts.table
        told = description(analysis, facts)
        yield f"$tables.{table.name} = new $.Syntax({{"
        yield f"{INDENT}table: {literal(told['shown'])},"
        yield f"{INDENT}clause: {literal(table.clause.number)},"
        yield f"{INDENT}title: {literal(table.clause.title)},"
        yield f"{INDENT}schema: {literal(told['schema'])},"
        if table.transform is not None:
            yield f"{INDENT}transform: {literal(table.transform)},"
        yield f"{INDENT}elements: {{"
        yield f"{INDENT * 2}__proto__: null,"
        for element in told["elements"]:
            yield f"{INDENT * 2}[{literal(element['name'])}]: {{"
            yield from (INDENT * 3 + line for line in self.element(element))
            yield f"{INDENT * 2}}},"
        yield f"{INDENT}}},"
        yield "}, function (self, stream, context) {"
        yield from ReaderCode(analysis, facts, analysis.file_of[table.name]).function()
        yield "});\n"

    def element(self, told: Mapping[str, Any]) -> Iterator[str]:
        """Yield what is said of an element."""
        yield f"line: {told['line']},"
        yield f"descriptor: {literal(told['descriptor'])},"
        if told["enum"]:
            yield f"enum: {literal(told['enum'])},"
        if told["range"] is not None:
            yield f"range: {literal(told['range'])},"
        if told["module"]:
            yield f"module: {literal(told['module'])},"
        if told["constraints"]:
            yield "constraints: ["
            for rule in told["constraints"]:
                sentence, names = literal(rule["sentence"]), literal(rule["names"])
                holds = Translation(self.analysis).lambda_of(rule["holds"])
                yield f"{INDENT}[{sentence}, {names}, {holds}],"
            yield "],"

    def format(self) -> Iterator[str]:
        """Yield what is said of the schema as a whole."""
        analysis = self.analysis
        scope = scope_parts(analysis)
        yield "/** The format: `format.parse(data)`, `format.trace(data)`. */"
        yield "export const format = new $.Format({"
        tables = (f"[{literal(analysis.shown(name))}]: $tables.{name}"
                  for name in parsed_tables(analysis))  # fmt: skip
        yield f"{INDENT}tables: {{ {', '.join(['__proto__: null', *tables])} }},"
        yield f"{INDENT}root: {literal(analysis.shown(analysis.root))},"
        yield f"{INDENT}framing: {literal(framing_parts(analysis))},"
        yield f"{INDENT}shared: {{"
        yield f"{INDENT * 2}__proto__: null,"
        for each in scope["shared"]:
            yield f"{INDENT * 2}{each['name']}: {literal([each['table'], each['title']])},"
        yield f"{INDENT}}},"
        yield f"{INDENT}parameters: {literal(scope['parameters'])},"
        yield f"{INDENT}givens: {{"
        yield f"{INDENT * 2}__proto__: null,"
        for each in scope["givens"]:
            yield f"{INDENT * 2}{each['name']}: {literal([each['text'], each['default']])},"
        yield f"{INDENT}}},"
        yield f"{INDENT}states: {{"
        yield f"{INDENT * 2}__proto__: null,"
        for state in analysis.states.values():
            initial = expressions.evaluate(state.initial, analysis.constants)
            sizes = analysis.state_sizes(state.name)
            yield f"{INDENT * 2}{state.name}: {literal([sizes, initial])},"
        yield f"{INDENT}}},"
        yield f"{INDENT}kept: {{"
        yield f"{INDENT * 2}__proto__: null,"
        for name, (_, kept) in scope["kept"].items():
            yield f"{INDENT * 2}[{literal(name)}]: {literal(kept)},"
        yield f"{INDENT}}},"
        yield f"{INDENT}units: {{"
        for kind in unit_kinds(analysis):
            parts = {
                "header": analysis.shown(kind.header),
                "payload": analysis.shown(kind.payload),
                "parsed": kind.parsed,
                "names": kind.names,
                "starts": kind.starts,
                "persistent": kind.persistent,
                "divisible": kind.divisible,
            }
            inside = ", ".join(f"{name}: {literal(part)}" for name, part in parts.items())
            yield f"{INDENT * 2}{kind.value}: {{ {inside} }},"
        yield f"{INDENT}}},"
        yield "});\n"
        yield "/** What reads each table, by name. */"
        yield "export const tables = format.tables;"
