"""Writes a schema as a .ksy file: a type for each table that Kaitai Struct can say.

A table that it can't say is kept as bytes up to the end of the data around it; its `doc`, and the
head of the file, name what stands in the way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from nnc_schema.formatting import schema_digest
from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError, place_text
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import PADDING, TableFacts, counted_to, only_value
from nnc_schema.targets.ksy.expressions import Writing, identifier, refuse

#: Integers of whole bytes, least significant first, and floats, by their bits.
LITTLE = {16: "2le", 32: "4le", 64: "8le"}
WIDEST = 64


def generate(analysis: Analysis, options: Mapping[str, Any]) -> dict[str, str]:
    """Make the file.

    Args:
        analysis: a schema without mistakes.
        options: `file`, its name, `schema.ksy` by default; `root`, the table to begin with, that
            of the schema by default.

    Returns:
        Text by file name.
    """
    name = options.get("file", "schema.ksy")
    unsaid: dict[str, str] = {}
    content = structure(analysis, name.removesuffix(".ksy"), options.get("root", ""), unsaid)
    digest = schema_digest(analysis.schema)
    head = [f"# Made of a schema; do not edit. Schema hash: sha256 {digest}"]
    if unsaid:
        head.append("# Tables that Kaitai Struct can't say are bytes here:")
        head += [f"# - {table}: {told}" for table, told in unsaid.items()]
    return {name: "\n".join([*head, *yaml(content), ""])}


def structure(
    analysis: Analysis, identity: str, root: str, unsaid: dict[str, str]
) -> dict[str, Any]:
    """Return the content of the file.

    Args:
        analysis: the schema.
        identity: what the format is called.
        root: the table to begin with, "" for that of the schema.
        unsaid: gets the tables that can't be said, with what is in the way.
    """
    first = root or analysis.root
    reached = {first, *analysis.reached.get(first, ())}
    types: dict[str, Any] = {}
    for name, facts in analysis.tables.items():
        if name not in reached or facts.table.external:
            continue
        try:
            types |= TypeWriter(analysis, facts).types()
        except SchemaError as error:
            unsaid[name] = f"{place_text(error.position)}: {error.message}"
            types[identifier(name)] = opaque(facts, unsaid[name])
    call = {"id": identifier(first), "type": identifier(first)}
    if types[identifier(first)].get("params"):
        zeros = ", ".join("0" for _ in types[identifier(first)]["params"])
        call["type"] += f"({zeros})"
    framing = analysis.framing
    if framing is not None and first == analysis.root:
        if framing.name != "repeat":
            raise refuse(framing.position, f"the framing {framing.name!r}")
        call["repeat"] = "eos"
    used = used_enums(types)
    enums = {
        identifier(enum.name): {
            member.value: {"id": identifier(member.name), "doc": member.text}
            for member in enum.members
        }
        for enum in analysis.enums.values()
        if identifier(enum.name) in used
    }
    meta = {"id": identifier(identity), "endian": "be", "bit-endian": "be"}
    return {"meta": meta, "seq": [call], "types": types} | ({"enums": enums} if enums else {})


def used_enums(types: Mapping[str, Any]) -> set[str]:
    """Return the enums that elements name."""
    return {item["enum"] for each in types.values() for item in each["seq"] if "enum" in item}


def opaque(facts: TableFacts, told: str) -> dict[str, Any]:
    """Return the type of a table that can't be said."""
    made: dict[str, Any] = {"doc": f"Not said here. {told}"}
    inputs = [name for name in facts.table.parameters if name not in facts.outputs]
    if inputs:
        made["params"] = [{"id": identifier(name), "type": "s8"} for name in inputs]
    return made | {"seq": [{"id": "unsaid", "size-eos": True}]}


class TypeWriter:
    """Writes one table, whose statements after its extent is known make a type of their own."""

    def __init__(self, analysis: Analysis, facts: TableFacts):
        """Take the table."""
        self.analysis, self.facts = analysis, facts
        self.writing = Writing(self.name, analysis.defines)
        self.made: dict[str, Any] = {}
        self.found: dict[str, Any] = {}
        self.outputs: dict[str, str] = {}
        #: How many types further out a name stands, and the names that each pass of a loop has.
        self.above: dict[str, int] = {}
        self.passing: set[str] = set()

    def types(self) -> dict[str, Any]:
        """Return the types that the table makes, by name."""
        table = self.facts.table
        for what, there in (("key", table.key), ("transform", table.transform)):
            if there is not None:
                raise refuse(table.position, f"the {what} of {table.name!r}")
        own = identifier(table.name)
        self.made = {"doc": f"{table.clause.title} (clause {table.clause.number})."}
        inputs = [name for name in table.parameters if name not in self.facts.outputs]
        if inputs:
            self.made["params"] = [{"id": identifier(name), "type": "s8"} for name in inputs]
        self.made |= {"seq": [], "instances": {}}
        head, body = self.split(table.body)
        self.statements(head, ())
        self.found = {own: self.made, **self.found}
        if table.extent is not None:
            self.body(own, table.extent, body)
        for made in self.found.values():
            if not made["instances"]:
                del made["instances"]
        return self.found

    def split(self, statements: tuple[tree.Statement, ...]) -> tuple[Any, Any]:
        """Return the statements that the extent takes its names from, and those after them."""
        extent = self.facts.table.extent
        if extent is None:
            return statements, ()
        wanted = expressions.names(extent) - self.analysis.constants.keys()
        last = 0
        for number, statement in enumerate(statements, 1):
            if wanted & set(self.analysis.set_in(statement, self.facts)):
                last = number
        return statements[:last], statements[last:]

    def body(self, own: str, extent: tree.Expression, statements: Any) -> None:
        """Add what has the size of the extent, as a type of its own."""
        outer = self.made
        outer["seq"].insert(0, {"id": "at_begin", "size": 0, "if": "begin >= 0"})
        outer["instances"]["begin"] = {"value": "_io.pos"}
        size = f"({self.writing.number(extent)}) / 8 - (_io.pos - begin)"
        outer["seq"].append({"id": "body", "type": f"{own}_body", "size": size})
        if self.set_by(statements) & set(self.facts.table.parameters):
            raise refuse(self.facts.table.position, "an output that is set behind the extent")
        self.inner(f"{own}_body", "What the size is of.", statements)

    def set_by(self, statements: Any) -> set[str]:
        """Return the names that statements set."""
        return {name for each in statements for name in self.analysis.set_in(each, self.facts)}

    def inner(self, name: str, doc: str, statements: Any) -> None:
        """Add a type of its own for some statements of the table."""
        outer, above = self.made, self.above
        known = {*self.facts.fields, *self.facts.variables, *self.facts.table.parameters}
        outside = known - self.set_by(statements)
        self.above = {each: above.get(each, 0) + 1 for each in outside}
        self.made = self.found[name] = {"doc": doc, "seq": [], "instances": {}}
        self.statements(statements, ())
        self.made, self.above = outer, above

    # Names

    def name(self, name: tree.Name, write: Any) -> str:
        """Write a name as a number."""
        if name.name in self.analysis.constants:
            return str(self.analysis.constants[name.name])
        given = self.analysis.givens.get(name.name)
        if given is not None and given.default is not None:
            return str(expressions.evaluate(given.default, self.analysis.constants))
        if name.name in self.facts.loop_variables or self.analysis.is_free(name.name, self.facts):
            raise refuse(name.position, f"the name {name.name!r} of somewhere else")
        if given is not None or name.name in self.analysis.states:
            raise refuse(name.position, f"the value {name.name!r}")
        if name.name in self.analysis.constant_tables or name.name in self.facts.arrays:
            raise refuse(name.position, f"the array {name.name!r}")
        path = self.outputs.get(name.name, identifier(name.name))
        path = "_parent." * self.above.get(name.name, 0) + path
        inside = () if name.name in self.passing else name.indices
        indices = "".join(f"[{write(index)}]" for index in inside)
        field = self.facts.fields.get(name.name)
        return f"{path}{indices}{'' if field is None else number_of(field.statement)}"

    # Statements

    def statements(self, statements: Any, guards: tuple[str, ...]) -> None:
        """Add statements under conditions."""
        for statement in statements:
            match statement:
                case tree.Element() | tree.Call() | tree.External():
                    self.placed(statement, guards, {})
                case tree.Assignment():
                    self.assignment(statement, guards)
                case tree.If():
                    condition = self.writing.truth(statement.condition)
                    self.statements(statement.yes, (*guards, condition))
                    self.statements(statement.no, (*guards, f"(not {condition})"))
                case tree.For() | tree.While():
                    self.loop(statement, guards)
                case _:
                    raise refuse(statement.position, "an array or a selection")

    def assignment(self, assignment: tree.Assignment, guards: tuple[str, ...]) -> None:
        """Add a variable, as a value that is worked out when it is asked for."""
        name = identifier(assignment.name)
        sites = [
            site
            for site in self.facts.sites
            if isinstance(site.statement, tree.Assignment)
            and site.statement.name == assignment.name
        ]
        if assignment.indices or len(sites) > 1 or sites[0].loops:
            raise refuse(assignment.position, f"the variable {assignment.name!r} that changes")
        value = self.writing.number(assignment.value)
        if guards:
            value = f"({' and '.join(guards)}) ? {value} : 0"
        self.made["instances"][name] = {"value": value}

    def loop(self, loop: tree.For | tree.While, guards: tuple[str, ...]) -> None:
        """Add a loop over one element or table."""
        bound = counted_to(loop)
        condition = loop.condition
        at_end = isinstance(condition, tree.Function) and condition.name == "more_data"
        if bound is not None:
            repeated = {"repeat": "expr", "repeat-expr": self.writing.number(bound)}
        elif at_end and isinstance(loop, tree.While) and loop.test_first:
            repeated = {"repeat": "eos"}
        else:
            raise refuse(loop.position, "a loop that no number bounds")
        if len(loop.body) == 1 and isinstance(loop.body[0], tree.Element | tree.Call):
            self.placed(loop.body[0], guards, repeated)
            return
        number = sum("_pass_" in name for name in self.found) + 1
        name = f"{identifier(self.facts.table.name)}_pass_{number}"
        item = {"id": f"pass_{number}", "type": name, **repeated}
        self.made["seq"].append(item | ({"if": " and ".join(guards)} if guards else {}))
        before, self.passing = self.passing, self.passing | self.set_by(loop.body)
        self.inner(name, "One pass of a loop.", loop.body)
        self.passing = before

    def placed(self, statement: Any, guards: tuple[str, ...], more: Mapping[str, Any]) -> None:
        """Add an element, a table, or bytes that hand-written code reads."""
        if isinstance(statement, tree.Call) and statement.table == PADDING:
            boundary = expressions.evaluate(statement.arguments[0], self.analysis.constants)
            if boundary != 8:
                raise refuse(statement.position, f"padding up to {boundary} bits")
            return
        match statement:
            case tree.Element():
                kind = self.element(statement)
            case tree.Call():
                kind = self.call(statement)
            case _:
                kind = {"size-eos": True}
        item: dict[str, Any] = {"id": identifier(statement.field)} | kind | dict(more)
        if guards:
            item["if"] = " and ".join(guards)
        if any(one["id"] == item["id"] for one in self.made["seq"]):
            raise refuse(statement.position, f"{statement.field!r} at two places")
        meaning = self.facts.meaning(statement.field)
        if meaning is not None and meaning.text:
            item["doc"] = " ".join(meaning.text.split())
        self.made["seq"].append(item)

    def call(self, call: tree.Call) -> dict[str, Any]:
        """Return what says a called table."""
        callee = self.analysis.tables.get(call.table)
        if callee is None:
            raise refuse(call.position, f"{call.table}()")
        arguments = []
        for parameter, argument in zip(callee.table.parameters, call.arguments, strict=True):
            if parameter not in callee.outputs:
                arguments.append(self.writing.number(argument))
            elif isinstance(argument, tree.Name) and not argument.indices:
                path = f"{identifier(call.field)}.{identifier(parameter)}"
                self.outputs[argument.name] = path
                if argument.name in self.facts.table.parameters:
                    self.made["instances"][identifier(argument.name)] = {"value": path}
            else:
                raise refuse(call.position, f"an output of {call.table!r} into a list")
        told = f"({', '.join(arguments)})" if arguments else ""
        return {"type": f"{identifier(call.table)}{told}"}

    def element(self, element: tree.Element) -> dict[str, Any]:
        """Return what says an element: its type or size, its enum, its valid values."""
        made = self.kind(element)
        if element.enum is not None and not self.analysis.enums[element.enum].flags:
            return made | {"enum": identifier(element.enum)}
        meaning = self.facts.meaning(element.field)
        only = only_value(meaning, self.analysis.constants)
        if only is not None and str(made.get("type", "")).startswith("b") and made["type"] != "b1":
            return made | {"valid": only}
        return made

    def kind(self, element: tree.Element) -> dict[str, Any]:
        """Return the type or size of an element."""
        name, arguments = element.descriptor, element.arguments
        width = expressions.evaluate(arguments[0], self.analysis.constants) if arguments else None
        if name == "u" and width is not None and 0 < width <= WIDEST:
            return {"type": f"b{width}"}
        if name == "u" and isinstance(arguments[0], tree.Conditional):
            widths = [expressions.evaluate(each, self.analysis.constants)
                      for each in (arguments[0].yes, arguments[0].no)]  # fmt: skip
            if all(each is not None and 1 < each <= WIDEST for each in widths):
                cases = {each: f"b{each}" for each in widths}
                return {"type": {"switch-on": self.writing.number(arguments[0]), "cases": cases}}
        if name == "u" and width is not None and width > WIDEST and width % 8 == 0:
            return {"size": width // 8}
        if name == "i" and width in (8, 16, 32, 64):
            return {"type": f"s{width // 8}"}
        if name in ("ule", "ile") and width in LITTLE:
            return {"type": f"{'u' if name == 'ule' else 's'}{LITTLE[width]}"}
        if name == "flt" and width in (32, 64):
            return {"type": f"f{LITTLE[width]}"}
        if name == "st":
            return {"type": "strz", "encoding": "UTF-8"}
        if name == "bs":
            return {"size-eos": True}
        if name == "fourcc":
            return {"type": "str", "size": 4, "encoding": "ISO-8859-1"}
        if name in ("bytes", "text"):
            size = {"size": self.writing.number(arguments[0])}
            return size if name == "bytes" else {"type": "str", "encoding": "UTF-8"} | size
        told = element.spelled or f"{name}({', '.join(map(expressions.text, arguments))})"
        raise refuse(element.position, f"the descriptor {told} of {element.name!r}")


def number_of(statement: tree.Statement) -> str:
    """Return what makes a number of an element: bits and names are none."""
    if not isinstance(statement, tree.Element):
        return ""
    one = isinstance(part := next(iter(statement.arguments), None), tree.Number) and part.value == 1
    is_bit = statement.descriptor == "u" and one
    return ".to_i" if is_bit or statement.enum is not None else ""


def yaml(value: Any, indent: str = "") -> Iterator[str]:
    """Yield the lines of a value as YAML."""
    if isinstance(value, dict):
        for key, each in value.items():
            if isinstance(each, dict | list) and each:
                yield f"{indent}{key}:"
                yield from yaml(each, f"{indent}  ")
            else:
                yield f"{indent}{key}: {scalar(each)}"
        return
    for each in value:
        first, *rest = yaml(each, f"{indent}  ")
        yield f"{indent}- {first.strip()}"
        yield from rest


def scalar(value: Any) -> str:
    """Return a scalar as YAML."""
    return json.dumps(value, ensure_ascii=False)
