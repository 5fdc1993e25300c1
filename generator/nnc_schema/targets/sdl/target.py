"""Writes a schema in SDL: a class for each table.

What SDL has no elementary type for (Exp-Golomb codes, text in lists) is a class of its own, whose
`value` stands for the element. Names that tables share are variables of the whole description.
What it can't work out (a product of a list, whether data are left) is a variable that a comment
explains; descriptors, keys and transforms that it has no words for are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnc_schema.formatting import schema_digest
from nnc_schema.language import tree
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import (
    BYTE_ALIGNMENT,
    PADDING,
    TableFacts,
    only_value,
    takes_v,
)
from nnc_schema.targets.sdl.expressions import Write, Writing, refuse

INDENT = "  "
BOUNDARIES = (8, 16, 32, 64, 128)
KEYWORDS_TEXT = """
abstract aligned base64string bit break case class computed const default do else expandable extends
float for if int legacy lengthof map reserved switch unsigned utf16string utf8list utf8string
utfstring while
"""
KEYWORDS = frozenset(KEYWORDS_TEXT.split())

EXP_GOLOMB = """\
// {text}
class {name} {{
  computed int order = {order};
  computed int low = 0;
  computed int zeros = 0;
  computed int value;
  bit(1) marker[[0]];
  while (marker[zeros] == 0) {{
    low = low + (1 << order);
    order = order + 1;
    zeros = zeros + 1;
    bit(1) marker[[zeros]];
  }}
  unsigned int(order) suffix;
{value}
}}
"""
UNSIGNED = "  value = low + suffix;"
SIGNED = """\
  computed int code = low + suffix;
  if (code % 2 == 1) { value = (code + 1) / 2; } else { value = 0 - code / 2; }"""
TEXT = """\
// Text in UTF-8 up to a zero byte.
class text_up_to_zero {
  utf8string value;
}
"""
ALIGNMENT = """\
// A 1, and zeros up to the byte boundary.
class byte_alignment {
  bit(1) alignment_bit_equal_to_one = 1;
  aligned(8) bit(0) boundary;
}
"""


def generate(analysis: Analysis, options: Mapping[str, Any]) -> dict[str, str]:
    """Make the description.

    Args:
        analysis: a schema without mistakes.
        options: `file`, the name of the file, `schema.sdl` by default.

    Returns:
        Text by file name.

    Raises:
        SchemaError: the schema says what SDL can't say; the message names it.
    """
    return {options.get("file", "schema.sdl"): Description(analysis).text()}


def spelled(name: str) -> str:
    """Return a name as SDL can have it."""
    return f"{name}_" if name in KEYWORDS else name


class Description:
    """Writes a schema.

    Attributes:
        analysis: the schema.
        helpers: classes for what SDL has no types for, by name.
        unsaid: variables for what SDL can't work out, by what that is.
    """

    def __init__(self, analysis: Analysis):
        """Take the schema."""
        self.analysis = analysis
        self.helpers: dict[str, str] = {}
        self.unsaid: dict[str, str] = {}

    def text(self) -> str:
        """Return the description."""
        classes = [self.table(self.analysis.tables[name]) for name in self.in_order()]
        head = [
            f"// Made of a schema; do not edit. Schema hash: sha256 "
            f"{schema_digest(self.analysis.schema)}",
            "// Ranges stand at the elements; extents and computed values in comments.",
            "// Variables that begin with `unsaid` stand for what this language has no words for.",
            "",
            *(f"computed int {name}; // {told}" for told, name in self.unsaid.items()),
        ]
        parts = ["\n".join([*head, *self.variables(), ""]), *self.helpers.values(), *classes]
        return "\n".join(parts)

    def in_order(self) -> list[str]:
        """Return the tables, those first that others call."""
        found: dict[str, None] = {}

        def add(name: str, above: tuple[str, ...]) -> None:
            facts = self.analysis.tables[name]
            for site in facts.calls:
                called = getattr(site.statement, "table", "")
                is_call = isinstance(site.statement, tree.Call)
                if is_call and called in self.analysis.tables and called not in (*above, name):
                    add(called, (*above, name))
            found.setdefault(name)

        add(self.analysis.root, ())
        return list(found)

    def variables(self) -> Iterator[str]:
        """Yield the constants, and the variables of the whole description."""
        for name, value in self.analysis.constants.items():
            yield f"computed const int {spelled(name)} = {value};"
        for table in self.analysis.constant_tables:
            place = next(each.position for file in self.analysis.schema.files
                         for each in file.constant_tables if each.name == table)  # fmt: skip
            raise refuse(place, f"the rows of {table!r}")
        for given in self.analysis.givens.values():
            yield f"// {' '.join(given.text.split())}"
            default = None
            if given.default is not None:
                default = expressions.evaluate(given.default, self.analysis.constants)
            yield f"computed int given_{given.name}{'' if default is None else f' = {default}'};"
        for state in self.analysis.states.values():
            if state.sizes:
                raise refuse(state.position, f"the array of states {state.name!r}")
            initial = expressions.evaluate(state.initial, self.analysis.constants)
            yield f"computed int {spelled(state.name)} = {initial};"
        for name, definer in self.analysis.shared.items():
            if not definer.is_list(name):
                yield f"computed int shared_{name};"

    def stand_in(self, expression: tree.Expression) -> str:
        """Return the variable for an expression that SDL can't work out."""
        place = f"{expression.position.file}:{expression.position.line}"
        told = f"{expressions.text(expression)}, {place}"
        return self.unsaid.setdefault(told, f"unsaid_{len(self.unsaid) + 1}")

    def table(self, facts: TableFacts) -> str:
        """Return the class of a table."""
        return ClassWriter(self, facts).text()


class ClassWriter:
    """Writes one table."""

    def __init__(self, description: Description, facts: TableFacts):
        """Take the table."""
        self.description, self.facts = description, facts
        self.analysis = description.analysis
        self.lines: list[str] = []
        self.depth = 1
        self.writing = Writing(self.name, description.stand_in, self.analysis.defines)
        self.called: dict[str, tree.Call] = {}
        self.outputs: dict[str, str] = {}

    def text(self) -> str:
        """Return the class."""
        table = self.facts.table
        if table.key is not None:
            raise refuse(table.position, f"the key of {table.name!r}")
        if table.transform is not None:
            raise refuse(table.position, f"the transform of {table.name!r}")
        self.declarations()
        self.statements(table.body)
        inputs = [name for name in table.parameters if name not in self.facts.outputs]
        told = ", ".join(f"int {spelled(name)}" for name in inputs)
        head = [f"// Clause {table.clause.number}: {table.clause.title}"]
        if table.extent is not None:
            head.append(f"// It has {expressions.text(table.extent)} bits.")
        head.append(f"class {spelled(table.name)}{f'({told})' if told else ''} {{")
        return "\n".join([*head, *self.lines, "}", ""])

    def declarations(self) -> None:
        """Declare the variables of the table; arrays are declared where their size is known."""
        for name in self.facts.variables:
            if name not in self.facts.arrays:
                self.line(f"computed int {spelled(name)};")
        for meaning in self.facts.table.semantics:
            shared = self.analysis.shared.get(meaning.name) is self.facts
            if meaning.absent is not None and shared and not self.facts.is_list(meaning.name):
                self.line(f"shared_{meaning.name} = {self.absent(meaning.absent)};")

    def absent(self, expression: tree.Expression) -> str:
        """Return what the absence of an element stands for; what is read later isn't known yet."""
        known = expressions.names(expression) & self.facts.fields.keys()
        return self.description.stand_in(expression) if known else self.write(expression)

    def line(self, text: str) -> None:
        """Add a line, after the statements that it needs before."""
        before, self.writing.before = self.writing.before, []
        self.lines += [INDENT * self.depth + each for each in (*before, text)]

    # Names and expressions

    def name(self, name: tree.Name, write: Write) -> str:
        """Write a name: an element, a variable, what another table set."""
        indices = "".join(f"[{write(index)}]" for index in name.indices)
        if name.name in self.facts.fields:
            return f"{spelled(name.name)}{indices}{self.suffix(self.facts, name.name)}"
        if name.name in self.outputs:
            return f"{self.outputs[name.name]}{indices}"
        if not self.analysis.is_free(name.name, self.facts):
            if name.name in self.analysis.givens:
                return f"given_{name.name}{indices}"
            return f"{spelled(name.name)}{indices}"
        definer = self.analysis.free_names(self.facts)[name.name]
        for field, call in self.called.items():
            if call.table == definer.table.name:
                value = f"{spelled(name.name)}{indices}{self.suffix(definer, name.name)}"
                return f"{spelled(field)}.{value}"
        if definer.is_list(name.name):
            return self.description.stand_in(name)
        return f"shared_{name.name}{indices}"

    def suffix(self, facts: TableFacts, name: str) -> str:
        """Return what stands behind an element that is a class of its own."""
        field = facts.fields.get(name)
        statement = None if field is None else field.statement
        if not isinstance(statement, tree.Element):
            return ""
        return ".value" if statement.descriptor in ("ue", "ie") else ""

    def write(self, expression: tree.Expression) -> str:
        """Return an expression; the outermost brackets are left out."""
        text = self.writing.write(expression)
        return text[1:-1] if is_bracketed(text) else text

    # Statements

    def statements(self, statements: tuple[tree.Statement, ...]) -> None:
        """Add statements."""
        for statement in statements:
            self.statement(statement)

    def statement(self, statement: tree.Statement) -> None:
        """Add a statement."""
        match statement:
            case tree.Element():
                self.element(statement)
            case tree.Call():
                self.call(statement)
            case tree.External():
                self.line(f"bit(8) {spelled(statement.field)}[];")
            case tree.Array():
                self.array(statement)
            case tree.Assignment():
                indices = "".join(f"[{self.write(index)}]" for index in statement.indices)
                self.line(f"{spelled(statement.name)}{indices} = {self.write(statement.value)};")
                if not indices:
                    self.share(statement.name)
            case tree.If():
                self.branch(statement)
            case tree.For() | tree.While():
                self.loop(statement)
            case tree.Select():
                raise refuse(statement.position, f"the selection of {statement.table!r} by a key")

    def element(self, element: tree.Element) -> None:
        """Add an element."""
        if element.computed is not None:
            self.line(f"// {element.name} is {expressions.text(element.computed)}")
        name = spelled(element.field)
        index = "".join(f"[[{self.write(each)}]]" for each in element.indices)
        self.line(self.defined(element, name, index))
        if not index and not self.facts.fields[element.field].is_list:
            self.share(element.field)
        elif element.enum:
            self.line(f"// {name} is one of {element.enum}")

    def defined(self, element: tree.Element, name: str, index: str) -> str:
        """Return the definition of an element."""
        has_width = element.arguments and not takes_v(element.descriptor)
        width = self.write(element.arguments[0]) if has_width else ""
        match element.descriptor:
            case "u" | "i" | "flt":
                kind = {"u": "unsigned int", "i": "int", "flt": "float"}[element.descriptor]
                return f"{kind}({width}) {name}{index or self.allowed(element)};"
            case "ue" | "ie":
                order = expressions.evaluate(element.arguments[0], self.analysis.constants)
                if order is None and index:
                    raise refuse(element.position, f"the list {name!r} of codes of varying order")
                made = self.helper(element.descriptor, order)
                return f"{made} {name}{index}{f'({width})' if order is None else ''};"
            case "st" if not index:
                return f"utf8string {name};"
            case "st":
                self.description.helpers.setdefault("text_up_to_zero", TEXT)
                return f"text_up_to_zero {name}{index};"
            case "bs" if not index:
                return f"bit(8) {name}[];"
            case "bytes" | "text" if not index:
                return f"bit(8) {name}[{width}];"
            case "fourcc":
                return f"unsigned int(32) {name}{index};"
        told = element.spelled or element.descriptor
        raise refuse(element.position, f"the descriptor {told!r} of {element.name!r}")

    def allowed(self, element: tree.Element) -> str:
        """Return the values that an element may have, as far as constants say them."""
        meaning = self.facts.meaning(element.field)
        if meaning is None or meaning.range is None or self.facts.fields[element.field].is_list:
            return ""
        if (only := only_value(meaning, self.analysis.constants)) is not None:
            return f" = {only}"
        low, high = (expressions.evaluate(each, self.analysis.constants) for each in meaning.range)
        return "" if low is None or high is None or low < 0 else f" = {low}..{high}"

    def helper(self, descriptor: str, order: int | None) -> str:
        """Return the class of an Exp-Golomb code; that of a varying order has a parameter."""
        name = f"{descriptor}_{order}" if order is not None else f"{descriptor}_of_order"
        signed = descriptor == "ie"
        told = f"of order {order}" if order is not None else "of an order that is given"
        text = EXP_GOLOMB.format(
            text=f"{'A signed' if signed else 'An'} Exp-Golomb code {told}.",
            name=name if order is not None else f"{name}(int k)",
            order="k" if order is None else order,
            value=SIGNED if signed else UNSIGNED,
        )
        self.description.helpers.setdefault(name, text)
        return name

    def share(self, name: str) -> None:
        """Hand on a name that other tables read."""
        if self.analysis.shared.get(name) is self.facts and not self.facts.is_list(name):
            self.line(f"shared_{name} = {spelled(name)}{self.suffix(self.facts, name)};")

    def call(self, call: tree.Call) -> None:
        """Add a call of a table, or bits up to a boundary."""
        if call.table == BYTE_ALIGNMENT:
            self.description.helpers.setdefault("byte_alignment", ALIGNMENT)
            self.line("byte_alignment alignment;")
            return
        if call.table == PADDING:
            boundary = expressions.evaluate(call.arguments[0], self.analysis.constants)
            if boundary not in BOUNDARIES:
                raise refuse(call.position, f"padding up to {boundary} bits")
            self.line(f"aligned({boundary}) bit(0) {spelled(call.field.lstrip('@'))};")
            return
        callee = self.analysis.tables[call.table]
        arguments = []
        for parameter, argument in zip(callee.table.parameters, call.arguments, strict=True):
            if parameter not in callee.outputs:
                arguments.append(self.write(argument))
            elif isinstance(argument, tree.Name) and not argument.indices:
                self.outputs[argument.name] = f"{spelled(call.field)}.{spelled(parameter)}"
            else:
                raise refuse(call.position, f"an output of {call.table!r} into a list")
        told = f"({', '.join(arguments)})" if arguments else ""
        self.line(f"{spelled(call.table)} {spelled(call.field)}{told};")
        self.called[call.field] = call

    def array(self, array: tree.Array) -> None:
        """Declare an array."""
        if not array.sizes:
            raise refuse(array.position, f"the array {array.name!r} that grows")
        sizes = "".join(f"[{self.write(size)}]" for size in array.sizes)
        self.line(f"computed int {spelled(array.name)}{sizes};")

    def branch(self, statement: tree.If) -> None:
        """Add an `if`."""
        self.line(f"if ({self.write(statement.condition)}) {{")
        self.block(statement.yes)
        if statement.no:
            self.line("} else {")
            self.block(statement.no)
        self.line("}")

    def block(self, statements: tuple[tree.Statement, ...]) -> None:
        """Add statements further in."""
        self.depth += 1
        self.statements(statements)
        self.depth -= 1

    def loop(self, loop: tree.For | tree.While) -> None:
        """Add a loop."""
        condition = self.write(loop.condition)
        chosen = (tree.Conditional, tree.Function)
        changed = self.analysis.changed_in(loop, self.facts)
        for part in expressions.walk(loop.condition):
            if isinstance(part, chosen) and expressions.names(part) & changed:
                raise refuse(part.position, "a choice that is made anew in each pass of a loop")
        if isinstance(loop, tree.For):
            name, step = spelled(loop.variable), f"{abs(loop.step)}"
            sign = "+" if loop.step > 0 else "-"
            start = f"computed int {name} = {self.write(loop.start)}"
            self.line(f"for ({start}; {condition}; {name} = {name} {sign} {step}) {{")
            end = "}"
        else:
            self.line(f"while ({condition}) {{" if loop.test_first else "do {")
            end = "}" if loop.test_first else f"}} while ({condition});"
        self.block(loop.body)
        self.line(end)


def is_bracketed(text: str) -> bool:
    """Tell whether one pair of brackets stands around a whole expression."""
    depth = 0
    for place, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and place < len(text) - 1:
            return False
    return text.startswith("(")
