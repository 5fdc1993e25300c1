"""Finds the mistakes in a schema: names, shapes, widths, semantics; flow and alignment apart."""

from __future__ import annotations

from nnc_schema.language import tree
from nnc_schema.language.descriptors import DESCRIPTORS
from nnc_schema.language.errors import Mistakes, SchemaError, like
from nnc_schema.passes import expressions
from nnc_schema.passes.alignment import check_alignment
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.computed import check_computed, computed_fields, plain_names
from nnc_schema.passes.declarations import check_declarations, check_function
from nnc_schema.passes.elements import check_descriptor, check_enum_of, check_lookahead
from nnc_schema.passes.files import check_files
from nnc_schema.passes.flow import check_flow
from nnc_schema.passes.spelling import plain
from nnc_schema.passes.table_facts import (
    ALIGNMENTS,
    BYTE_ALIGNMENT,
    Field,
    Site,
    TableFacts,
    counted_to,
    is_bounded,
    own_expressions,
    sites,
)
from nnc_schema.passes.units import declared_units
from nnc_schema.passes.whole import (
    check_reachable,
    check_references,
    check_root,
    check_shared,
    index_error,
    known_names,
)


def check(schema: tree.Schema) -> Analysis:
    """Check a schema; return what follows from it.

    Raises:
        SchemaError: the first mistake, with all others beside it.
    """
    mistakes = Mistakes()
    for file in schema.files:
        mistakes.found += [each for each in file.mistakes if isinstance(each, SchemaError)]
    spelled = plain(schema, mistakes)
    check_declarations(spelled.schema, mistakes)
    analysis = Analysis(spelled.schema)
    analysis.warnings = spelled.warnings
    root = None
    with mistakes.caught():
        root = check_root(analysis)
    for facts in analysis.tables.values():
        TableCheck(analysis, facts, mistakes).check()
    if root is not None:
        check_reachable(analysis, root, mistakes)
    check_shared(analysis, mistakes)
    check_references(analysis, mistakes)
    for whole in (check_files, declared_units, check_computed):
        with mistakes.caught():
            whole(analysis)
    if root is not None:
        check_paths(analysis, root, mistakes)
    mistakes.raise_all()
    return analysis


def check_paths(analysis: Analysis, root: str, mistakes: Mistakes) -> None:
    """Follow the tables from the root: names before they are set, strings within a byte.

    What a mistake found before has left undefined may end this early; then that one is told.
    """
    lines = {(each.position.file, each.position.line) for each in mistakes.found}
    names = {subject(each.message) for each in mistakes.found} - {""}
    for follow in (check_flow, check_alignment):
        further = Mistakes()
        try:
            follow(analysis, root, further)
        except (AttributeError, IndexError, KeyError, ValueError):
            if not lines:
                raise
        mistakes.found += [
            each
            for each in further.found
            if (each.position.file, each.position.line) not in lines
            and subject(each.message) not in names
        ]


def subject(message: str) -> str:
    """Return the first name in quotes of a message, "" for none."""
    return message.split("'")[1] if "'" in message else ""


class TableCheck:
    """Checks one table by itself."""

    def __init__(self, analysis: Analysis, facts: TableFacts, mistakes: Mistakes):
        """Set the table, and where mistakes go."""
        self.analysis = analysis
        self.mistakes = mistakes
        self.facts = facts
        self.table = facts.table

    def check(self) -> None:
        """Check everything."""
        if self.table.external and self.table.persistent:
            self.mistakes.add(self.table.position, "found both persistent and external", "keep one")
        for site in self.facts.sites:
            with self.mistakes.caught():
                self.check_statement(site.statement)
                check_lookahead(self.facts, site)
        for field in self.facts.fields.values():
            with self.mistakes.caught():
                self.check_field(field)
        parts = (self.check_names, self.check_lists, self.check_key, self.check_semantics)
        for check_part in (*parts, self.check_computed):
            with self.mistakes.caught():
                check_part()

    def check_computed(self) -> None:
        """Check the names in what elements are computed as."""
        for _, expression in computed_fields(self.facts):
            for name in plain_names(expression):
                self.check_defined(expressions.Use(name, None))

    def check_key(self) -> None:
        """Check that the key of a table is an element that is always there."""
        key = self.table.key
        if key is None:
            return
        field = self.facts.fields.get(key)
        if field is None or field.conditional or field.is_list or not is_integer(field):
            raise SchemaError(
                self.table.position,
                f"found the key {key!r}, expected an integer that always stands in the table",
                like(key, self.facts.fields)
                or "take one that stands under no condition and in no loop",
            )
        if not self.table.persistent:
            raise SchemaError(
                self.table.position,
                f"{self.table.name!r} has a key, expected it to be persistent",
                f"write 'persistent syntax {self.table.name}'",
            )

    def check_statement(self, statement: tree.Statement) -> None:
        """Check one statement by itself."""
        for expression in own_expressions(statement):
            self.check_expression(expression)
        match statement:
            case tree.Element():
                check_descriptor(self.analysis, self.table, statement)
                check_enum_of(self.analysis, statement)
            case tree.Select():
                self.check_select(statement)
            case tree.Call():
                self.check_call(statement)
            case tree.External():
                self.check_external(statement)
            case tree.Assignment():
                self.check_assignment(statement)
            case tree.For() | tree.While():
                self.check_loop(statement)

    def check_expression(self, expression: tree.Expression) -> None:
        """Check the functions in an expression."""
        for part in expressions.walk(expression):
            if isinstance(part, tree.Function):
                check_function(part, self.analysis.defines)

    def check_call(self, call: tree.Call) -> None:
        """Check that a called table exists and gets what it takes."""
        if call.table in ALIGNMENTS:
            if call.table == BYTE_ALIGNMENT and call.arguments:
                raise SchemaError(
                    call.position, f"{BYTE_ALIGNMENT} takes no arguments", "write byte_alignment()"
                )
            return
        callee = self.analysis.tables.get(call.table)
        if callee is None:
            raise SchemaError(
                call.position,
                f"found the unknown table {call.table!r}",
                like(call.table, self.analysis.tables)
                or f"declare it: syntax {call.table}() {{ ... }}",
            )
        if callee.table.external != self.table.external:
            kind = "an external" if callee.table.external else "not an external"
            raise SchemaError(
                call.position, f"{call.table!r} is {kind} table, expected the caller's kind"
            )
        self.check_argument_count(call.position, callee, call.arguments)
        for parameter, argument in zip(callee.table.parameters, call.arguments, strict=True):
            if parameter in callee.outputs and not isinstance(argument, tree.Name):
                raise SchemaError(
                    argument.position,
                    f"{parameter!r} of {call.table!r} is an output, expected a variable for it",
                )

    def check_external(self, external: tree.External) -> None:
        """Check that the table which describes external bytes exists."""
        callee = self.analysis.tables.get(external.table)
        if callee is None or not callee.table.external:
            raise SchemaError(
                external.position, f"found {external.table!r}, expected an external table"
            )
        self.check_argument_count(external.position, callee, external.arguments)

    def check_argument_count(
        self, position: tree.Position, callee: TableFacts, arguments: tuple[tree.Expression, ...]
    ) -> None:
        """Check the number of arguments of a call."""
        expected = len(callee.table.parameters)
        if len(arguments) != expected:
            raise SchemaError(
                position,
                f"found {len(arguments)} arguments of {callee.table.name!r}, expected {expected}",
                f"write {callee.table.name}({', '.join(callee.table.parameters)})",
            )

    def check_assignment(self, assignment: tree.Assignment) -> None:
        """Check that what is assigned is a variable, and an array where it is indexed."""
        name = assignment.name
        if name in self.facts.fields or name in self.facts.loop_variables:
            raise SchemaError(assignment.position, f"found {name!r}, expected a variable")
        depth = self.facts.arrays.get(name, 0)
        if name in self.analysis.states:
            if len(assignment.indices) != len(self.analysis.states[name].sizes):
                raise index_error(self.analysis, assignment)
            return
        if len(assignment.indices) != depth:
            expected = "'array' before it" if not depth else "an index"
            if depth and assignment.indices:
                expected = f"{depth} indices"
            hint = f"write: array {name}[...] with its size in front"
            if depth:
                hint = f"write {name}{'[...]' * depth} = ..."
            raise SchemaError(
                assignment.position, f"found an assignment to {name!r}, expected {expected}", hint
            )

    def check_select(self, select: tree.Select) -> None:
        """Check that what a key selects is a table kept by key."""
        table = self.analysis.tables.get(select.table)
        if table is None or table.table.key is None:
            raise SchemaError(
                select.position,
                f"found {select.table!r}, expected a table with a key",
                f"write: persistent syntax {select.table}() key ELEMENT {{ ... }}",
            )

    def check_lists(self) -> None:
        """Check that a list isn't taken for one of its values."""
        for use in self.facts.uses:
            name = use.name.name
            field = self.facts.fields.get(name)
            known = name in self.facts.arrays or (field is not None and field.indexed)
            if use.is_list is False and known and self.facts.is_list(name):
                self.mistakes.add(
                    use.name.position,
                    f"{name!r} is a list, expected an index",
                    f"write {name}[i] for one of its values, Length({name}) for their number",
                )

    def check_loop(self, loop: tree.For | tree.While) -> None:
        """Check that a loop reads something each time: data are what bounds it, or constants."""
        if is_bounded(loop, self.analysis.constants):
            return
        for site in sites(loop.body):
            statement = site.statement
            if isinstance(statement, tree.Element | tree.External):
                return
            if isinstance(statement, tree.Call) and self.reads(statement.table, set()):
                return
        raise SchemaError(
            loop.position,
            "found a loop without an element, expected one in it",
            "data are what ends a loop: let it read an element, or run up to a constant",
        )

    def reads(self, name: str, seen: set[str]) -> bool:
        """Tell whether a table reads anything, itself or by a call."""
        facts = self.analysis.tables.get(name)
        if facts is None or name in seen:
            return name in ALIGNMENTS
        seen.add(name)
        return any(
            not isinstance(field.statement, tree.Call) or self.reads(field.statement.table, seen)
            for field in facts.fields.values()
        )

    def check_field(self, field: Field) -> None:
        """Check the places and indices of one field."""
        first = field.sites[0]
        for number, site in enumerate(field.sites):
            statement = site.statement
            assert isinstance(statement, tree.Element | tree.Call | tree.External)
            for other in field.sites[:number]:
                if not self.exclude(site, other):
                    raise SchemaError(
                        statement.position,
                        f"{field.name!r} stands twice in sequence, expected 'as' and another name",
                        f"write 'as {field.name}_2' behind the second",
                    )
            if self.shape(site.statement) != self.shape(first.statement) or (
                len(field.sites) > 1 and site.loops != first.loops
            ):
                raise SchemaError(
                    statement.position,
                    f"{field.name!r} is something else than above, expected the same",
                    f"write it as above, or keep it by another name: as {field.name}_2",
                )
        if not self.table.external:
            self.check_indices(field)

    def shape(self, statement: tree.Statement) -> tuple[str, str, int]:
        """Return what has to be the same at all places of a field."""
        if isinstance(statement, tree.Element):
            return "element", statement.descriptor, len(statement.indices)
        if isinstance(statement, tree.Call):
            return "call", statement.table, 0
        return "external", "", 0

    def exclude(self, site: Site, other: Site) -> bool:
        """Tell whether two places can't both be passed."""
        return expressions.exclusive(self.facts.facts_of(site), self.facts.facts_of(other))

    def check_indices(self, field: Field) -> None:
        """Check that indices are those of the loops around, and lists can be told apart."""
        statement = field.statement
        if not isinstance(statement, tree.Element):
            return
        if not field.indexed:
            if field.name in {use.name.name for use in self.facts.uses if use.name.indices}:
                raise SchemaError(
                    statement.position,
                    f"{field.name!r} is used with an index, expected one here",
                    f"write {field.name}[i] with the variable of the loop around it",
                )
            return
        wanted = []
        for loop in field.sites[0].loops:
            if counted_to(loop) is None:
                raise SchemaError(
                    statement.position,
                    f"{field.name!r} is indexed in a loop that doesn't count from 0 up,"
                    " expected no index",
                    f"write {field.name} without an index, or for (i = 0; i < n; i++)",
                )
            assert isinstance(loop, tree.For)
            wanted.append(loop.variable)
        found = [expressions.text(index) for index in statement.indices]
        if found != wanted or not wanted:
            expected = "".join(f"[{name}]" for name in wanted) or "no index outside of loops"
            raise SchemaError(
                statement.indices[0].position,
                f"found {''.join(f'[{name}]' for name in found)}, expected {expected}",
                f"write {field.name}{''.join(f'[{name}]' for name in wanted)}",
            )
        self.check_list_condition(field)

    def check_list_condition(self, field: Field) -> None:
        """Check that an indexed element stands in every pass of its loop, or in none."""
        if len(field.sites) > 1:
            raise SchemaError(
                field.sites[1].statement.position,
                f"{field.name!r} is indexed and stands at two places, expected one",
            )
        loop = field.loops[0]
        changed = self.analysis.changed_in(loop, self.facts)
        for loops, condition, _ in field.sites[0].guards:
            if loops and expressions.names(condition) & changed:
                raise SchemaError(
                    condition.position,
                    f"{field.name!r} is indexed but may be left out in some passes of its loop,"
                    " expected no index",
                    f"write {field.name} without an index: values stand in the order of reading",
                )

    def check_names(self) -> None:
        """Check that names of the table don't hide those of the schema."""
        outside = set(self.analysis.constants) | set(self.analysis.givens)
        outside |= set(self.analysis.constant_tables) | set(self.analysis.states)
        for field in self.facts.fields.values():
            self.check_hiding(field.name, field.statement.position, outside)
        for name, position in self.facts.variables.items():
            if name in self.facts.fields:
                raise SchemaError(position, f"{name!r} is a field already, expected another name")
            self.check_hiding(name, position, outside)
        for name in self.table.parameters:
            self.check_hiding(name, self.table.position, outside)
            if self.table.parameters.count(name) > 1 or name in self.facts.fields:
                raise SchemaError(self.table.position, f"found the parameter {name!r} twice")

    def check_hiding(self, name: str, position: tree.Position, outside: set[str]) -> None:
        """Refuse a name that the schema has for something else."""
        if name in outside:
            raise SchemaError(
                position,
                f"{name!r} is a constant or given value already, expected another name",
                f"give the element or variable another name, such as {name.lower()}_value",
            )

    def check_semantics(self) -> None:
        """Check that every element has its semantics, and nothing else has."""
        seen: set[str] = set()
        needed = {}
        for field in self.facts.fields.values():
            if not isinstance(field.statement, tree.Call):
                needed[field.name] = field.statement.position
        known = set(needed) | set(self.facts.variables)
        known |= {
            field.statement.name
            for field in self.facts.fields.values()
            if isinstance(field.statement, tree.Element)
        }
        for meaning in self.table.semantics:
            if meaning.name in seen:
                self.mistakes.add(
                    meaning.position, f"found a second meaning of {meaning.name!r}", "keep one"
                )
                continue
            if meaning.name not in known:
                self.mistakes.add(
                    meaning.position,
                    f"found semantics of {meaning.name!r}, which isn't in {self.table.name!r}",
                    like(meaning.name, known) or "take it out, or indent it as text",
                )
                continue
            seen.add(meaning.name)
            with self.mistakes.caught():
                self.check_meaning(meaning)
        for name, position in needed.items():
            if self.facts.meaning(name) is None:
                self.mistakes.add(
                    position,
                    f"{name!r} has no semantics, expected some",
                    f"add {name} and a sentence to the semantics, or write 'semantics optional'"
                    " above all tables",
                )

    def check_meaning(self, meaning: tree.Meaning) -> None:
        """Check the expressions in the semantics of one name."""
        parts = [constraint.condition for constraint in meaning.constraints]
        parts += [part for part in (*(meaning.range or ()), meaning.bits, meaning.initial) if part]
        if meaning.absent is not None:
            parts.append(meaning.absent)
            field = self.facts.fields.get(meaning.name)
            scattered = field is not None and field.scattered
            constant = expressions.evaluate(meaning.absent, self.analysis.constants)
            if scattered and constant is None:
                raise SchemaError(
                    meaning.absent.position,
                    f"{meaning.name!r} stands at several places, expected a constant",
                    "write 'absent' and a number",
                )
        for part in parts:
            self.check_expression(part)
            for use in expressions.uses(part):
                self.check_defined(use)

    def check_defined(self, use: expressions.Use) -> None:
        """Check that a name in the semantics is defined somewhere."""
        name = use.name.name
        free = self.analysis.is_free(name, self.facts)
        if free and not self.analysis.definers(name, None, self.facts):
            raise SchemaError(
                use.name.position,
                f"{name!r} isn't defined",
                like(name, known_names(self.analysis, self.facts)),
            )


def is_integer(field: Field) -> bool:
    """Tell whether a field is an element that holds an integer."""
    statement = field.statement
    return (
        isinstance(statement, tree.Element)
        and statement.descriptor in DESCRIPTORS
        and DESCRIPTORS[statement.descriptor].kind == "int"
    )
