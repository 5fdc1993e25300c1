"""Finds the mistakes in a schema: names, shapes, widths, semantics; flow and alignment apart."""

from __future__ import annotations

from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError
from nnc_schema.passes import expressions
from nnc_schema.passes.alignment import check_alignment
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.computed import check_computed, computed_fields, plain_names
from nnc_schema.passes.declarations import check_declarations, check_function, declarations
from nnc_schema.passes.files import check_files
from nnc_schema.passes.flow import check_flow
from nnc_schema.passes.table_facts import (
    BYTE_ALIGNMENT,
    Field,
    Site,
    TableFacts,
    counted_to,
    own_expressions,
    sites,
    takes_v,
)
from nnc_schema.passes.units import declared_units

#: Descriptors of elements that generated code reads, and of those in external tables.
DESCRIPTORS = ("u", "i", "ue", "ie", "flt", "st", "bs")
EXTERNAL_DESCRIPTORS = (*DESCRIPTORS, "ae", "uae", "iae")
FLOAT_WIDTHS = (16, 32, 64)


def check(schema: tree.Schema) -> Analysis:
    """Check a schema; return what follows from it.

    Raises:
        SchemaError: the first mistake found.
    """
    check_declarations(schema)
    analysis = Analysis(schema)
    root = check_root(analysis)
    for facts in analysis.tables.values():
        TableCheck(analysis, facts).check()
    check_reachable(analysis, root)
    check_shared(analysis)
    check_references(analysis)
    check_computed(analysis)
    check_files(analysis)
    declared_units(analysis)
    check_flow(analysis, root)
    check_alignment(analysis, root)
    return analysis


def check_root(analysis: Analysis) -> str:
    """Return the root, of which there has to be one."""
    roots = [root for file in analysis.schema.files for root in file.roots]
    first = analysis.schema.files[0]
    if len(roots) != 1:
        place = roots[1][0] if roots else tree.Position(first.path, 1, 1)
        raise SchemaError(place, f"found {len(roots)} roots, expected one")
    position, name = roots[0]
    if name not in analysis.tables:
        raise SchemaError(position, f"found the unknown table {name!r}, expected one of the schema")
    if analysis.tables[name].table.parameters:
        raise SchemaError(position, f"the root {name!r} has parameters, expected none")
    return name


def check_reachable(analysis: Analysis, root: str) -> None:
    """Check that every table is used."""
    pending, seen = [root], {root}
    while pending:
        for site in analysis.tables[pending.pop()].calls:
            assert isinstance(site.statement, tree.Call | tree.External)
            name = site.statement.table
            if name in analysis.tables and name not in seen:
                seen.add(name)
                pending.append(name)
    for name, facts in analysis.tables.items():
        if name not in seen:
            raise SchemaError(
                facts.table.position, f"table {name!r} isn't reached from the root {root!r}"
            )


def check_shared(analysis: Analysis) -> None:
    """Check that a name read from another table can only be one thing."""
    for facts in analysis.tables.values():
        for use in [*facts.uses, *analysis.absent_uses(facts)]:
            check_shared_use(analysis, facts, use)
    for name, definer in analysis.shared.items():
        field = definer.fields.get(name)
        if field is not None and field.is_list and not field.indexed:
            raise SchemaError(
                field.statement.position,
                f"{name!r} is read by another table, expected it to be indexed or outside of loops",
            )


def check_shared_use(analysis: Analysis, facts: TableFacts, use: expressions.Use) -> None:
    """Check one use of a name."""
    name = use.name.name
    if name in analysis.givens or not analysis.is_free(name, facts):
        return
    definers = analysis.definers(name, use.is_list, facts)
    if len(definers) == 1:
        return
    if not definers:
        other = analysis.definers(name, None, facts)
        if other:
            kind = "a list" if use.is_list else "a single value"
            raise SchemaError(use.name.position, f"{name!r} isn't {kind}, expected it to be")
        raise SchemaError(use.name.position, f"{name!r} isn't defined, expected it to be")
    tables = " or ".join(repr(definer.table.name) for definer in definers)
    raise SchemaError(
        use.name.position, f"{name!r} could be that of {tables}, expected it to be one thing"
    )


def check_references(analysis: Analysis) -> None:
    """Check that what stands in brackets in the semantics exists."""
    known = {name for _, name in declarations(analysis.schema)}
    for facts in analysis.tables.values():
        known |= set(facts.fields) | set(facts.meanings)
    for facts in analysis.tables.values():
        for meaning in facts.table.semantics:
            for position, name in meaning.references:
                if name not in known:
                    raise SchemaError(position, f"found a reference to the unknown name {name!r}")


class TableCheck:
    """Checks one table by itself."""

    def __init__(self, analysis: Analysis, facts: TableFacts):
        """Set the table."""
        self.analysis = analysis
        self.facts = facts
        self.table = facts.table

    def check(self) -> None:
        """Check everything."""
        if self.table.external and self.table.persistent:
            raise SchemaError(self.table.position, "found both persistent and external")
        for site in self.facts.sites:
            self.check_statement(site.statement)
        for field in self.facts.fields.values():
            self.check_field(field)
        for _, expression in computed_fields(self.facts):
            for name in plain_names(expression):
                self.check_defined(expressions.Use(name, None))
        self.check_names()
        self.check_semantics()

    def check_statement(self, statement: tree.Statement) -> None:
        """Check one statement by itself."""
        for expression in own_expressions(statement):
            self.check_expression(expression)
        match statement:
            case tree.Element():
                self.check_descriptor(statement)
                self.check_element_enum(statement)
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

    def check_descriptor(self, element: tree.Element) -> None:
        """Check that a descriptor exists and has a sensible argument."""
        known = EXTERNAL_DESCRIPTORS if self.table.external else DESCRIPTORS
        if element.descriptor not in known:
            raise SchemaError(
                element.position,
                f"found the unknown descriptor {element.descriptor!r} of {element.name!r},"
                f" expected {' or '.join(known)}",
            )
        if len(element.arguments) != 1:
            raise SchemaError(
                element.position,
                f"found {len(element.arguments)} arguments of {element.descriptor!r}, expected 1",
            )
        argument = element.arguments[0]
        is_v = isinstance(argument, tree.Name) and argument.name == "v"
        if is_v != takes_v(element.descriptor):
            expected = "v" if takes_v(element.descriptor) else "a number"
            raise SchemaError(
                argument.position,
                f"found {expressions.text(argument)} as the argument of"
                f" {element.descriptor!r}, expected {expected}",
            )
        width = expressions.evaluate(argument, self.analysis.constants)
        if element.descriptor == "flt" and width not in FLOAT_WIDTHS:
            raise SchemaError(argument.position, "found another width of flt than 16, 32 or 64")
        least = 0 if element.descriptor in ("ue", "ie") else 1
        if width is not None and width < least:
            raise SchemaError(
                argument.position, f"found {width} as width of {element.name!r}, expected more"
            )

    def check_element_enum(self, element: tree.Element) -> None:
        """Check that an enum exists and that its values fit the element."""
        if element.enum is None:
            return
        enum = self.analysis.enums.get(element.enum)
        if enum is None:
            raise SchemaError(element.position, f"found the unknown enum {element.enum!r}")
        width = expressions.evaluate(element.arguments[0], self.analysis.constants)
        if element.descriptor != "u" or width is None:
            raise SchemaError(
                element.position, f"{element.name!r} has an enum, expected u(n) with a constant n"
            )
        largest = max(
            [member.value for member in enum.members] + [each.last for each in enum.ranges]
        )
        if largest >> width:
            raise SchemaError(
                element.position,
                f"the value {largest} of {enum.name!r} doesn't fit the {width} bits of"
                f" {element.name!r}",
            )

    def check_call(self, call: tree.Call) -> None:
        """Check that a called table exists and gets what it takes."""
        if call.table == BYTE_ALIGNMENT:
            if call.arguments:
                raise SchemaError(call.position, f"{BYTE_ALIGNMENT} takes no arguments")
            return
        callee = self.analysis.tables.get(call.table)
        if callee is None:
            raise SchemaError(call.position, f"found the unknown table {call.table!r}")
        if callee.table.external != self.table.external:
            kind = "an external" if callee.table.external else "not an external"
            raise SchemaError(
                call.position, f"{call.table!r} is {kind} table, expected the caller's kind"
            )
        self.check_argument_count(call.position, callee, call.arguments)
        for parameter, argument in zip(callee.table.parameters, call.arguments, strict=True):
            if parameter in callee.outputs and (
                not isinstance(argument, tree.Name) or argument.indices
            ):
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
            )

    def check_assignment(self, assignment: tree.Assignment) -> None:
        """Check that what is assigned is a variable, and an array where it is indexed."""
        name = assignment.name
        if name in self.facts.fields or name in self.facts.loop_variables:
            raise SchemaError(assignment.position, f"found {name!r}, expected a variable")
        if len(assignment.indices) > 1:
            raise SchemaError(assignment.position, f"found two indices of {name!r}, expected one")
        if bool(assignment.indices) != (name in self.facts.arrays):
            expected = "'array' before it" if assignment.indices else "an index"
            raise SchemaError(
                assignment.position, f"found an assignment to {name!r}, expected {expected}"
            )

    def check_loop(self, loop: tree.For | tree.While) -> None:
        """Check that a loop reads something each time: data are what bounds it."""
        for site in sites(loop.body):
            statement = site.statement
            if isinstance(statement, tree.Element | tree.External):
                return
            if isinstance(statement, tree.Call) and self.reads(statement.table, set()):
                return
        raise SchemaError(loop.position, "found a loop without an element, expected one in it")

    def reads(self, name: str, seen: set[str]) -> bool:
        """Tell whether a table reads anything, itself or by a call."""
        facts = self.analysis.tables.get(name)
        if facts is None or name in seen:
            return name == BYTE_ALIGNMENT
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
                    )
            if self.shape(site.statement) != self.shape(first.statement) or (
                len(field.sites) > 1 and site.loops != first.loops
            ):
                raise SchemaError(
                    statement.position,
                    f"{field.name!r} is something else than above, expected the same",
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
                    statement.position, f"{field.name!r} is used with an index, expected one here"
                )
            return
        wanted = []
        for loop in field.sites[0].loops:
            if counted_to(loop) is None:
                raise SchemaError(
                    statement.position,
                    f"{field.name!r} is indexed in a loop that doesn't count from 0 up,"
                    " expected no index",
                )
            assert isinstance(loop, tree.For)
            wanted.append(loop.variable)
        found = [expressions.text(index) for index in statement.indices]
        if found != wanted or not wanted:
            expected = "".join(f"[{name}]" for name in wanted) or "no index outside of loops"
            raise SchemaError(
                statement.indices[0].position,
                f"found {''.join(f'[{name}]' for name in found)}, expected {expected}",
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
                )

    def check_names(self) -> None:
        """Check that names of the table don't hide those of the schema."""
        outside = set(self.analysis.constants) | set(self.analysis.givens)
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
                position, f"{name!r} is a constant or given value already, expected another name"
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
                raise SchemaError(meaning.position, f"found a second meaning of {meaning.name!r}")
            if meaning.name not in known:
                raise SchemaError(
                    meaning.position,
                    f"found semantics of {meaning.name!r}, which isn't in {self.table.name!r}",
                )
            seen.add(meaning.name)
            self.check_meaning(meaning)
        for name, position in needed.items():
            if self.facts.meaning(name) is None:
                raise SchemaError(position, f"{name!r} has no semantics, expected some")

    def check_meaning(self, meaning: tree.Meaning) -> None:
        """Check the expressions in the semantics of one name."""
        parts = [constraint.condition for constraint in meaning.constraints]
        parts += meaning.range or ()
        if meaning.absent is not None:
            parts.append(meaning.absent)
            field = self.facts.fields.get(meaning.name)
            scattered = field is not None and field.scattered
            constant = expressions.evaluate(meaning.absent, self.analysis.constants)
            if scattered and constant is None:
                raise SchemaError(
                    meaning.absent.position,
                    f"{meaning.name!r} stands at several places, expected a constant",
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
            raise SchemaError(use.name.position, f"{name!r} isn't defined, expected it to be")
