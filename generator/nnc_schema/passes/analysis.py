"""What follows from a schema as a whole: who shares, reads and sets which names.

The checker asks for it in order to find mistakes, the targets in order to print.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError
from nnc_schema.passes import expressions
from nnc_schema.passes.expressions import Use
from nnc_schema.passes.table_facts import (
    BYTE_ALIGNMENT,
    Field,
    TableFacts,
    counted_to,
    own_expressions,
    sites,
)

#: Descriptors that take at least one bit whatever their argument is.
ALWAYS_BITS = ("ue", "ie", "flt", "st", "leb128", "uvlc", "te", "fourcc")

#: Those that may take none whatever it is.
MAYBE_NO_BITS = ("bs", "ns")

Rows = tuple["int | Rows", ...]


class Analysis:
    """What follows from the schema as a whole.

    Attributes:
        tables: facts by table name, in the order of the files.
        constants: values of constants and enum members.
        members: the file that declares each constant or enum member.
        givens: given values by name.
        states: variables that all tables share, by name.
        defines: the schema's own functions by name.
        enums: enums by name.
        constant_tables: the rows of constant tables by name.
        warnings: what is wrong but may stay.
        framing: how tables of the root follow each other, or None.
        file_of: the file of each table.
        spelled: the schema's own names of tables that have another one here.
        spelled_fields: the same of fields of tables.
    """

    def __init__(self, schema: tree.Schema):
        """Collect everything; mistakes are left to the checker."""
        self.schema = schema
        self.constants: dict[str, int] = {}
        self.members: dict[str, tree.File] = {}
        self.givens: dict[str, tree.Given] = {}
        self.states: dict[str, tree.State] = {}
        self.defines: dict[str, tree.Define] = {}
        self.enums: dict[str, tree.Enum] = {}
        self.constant_tables: dict[str, Rows] = {}
        self.warnings: list[SchemaError] = []
        self.file_of: dict[str, tree.File] = {}
        self.spelled: dict[str, str] = {}
        self.spelled_fields: dict[str, str] = {}
        for file in schema.files:
            self.add_file(file)
        framings = [framing for file in schema.files for framing in file.framings]
        self.framing = framings[0] if framings else None
        self.tables = {
            table.name: TableFacts(table, self.constants, self.states)
            for file in schema.files
            for table in file.tables
        }
        for facts in self.tables.values():
            self.add_outputs(facts)
        for facts in self.tables.values():
            self.complete_fields(facts)

    def shown(self, table: str) -> str:
        """Return the name of a table as the schema has it."""
        return self.spelled.get(table, table)

    def said(self, name: str) -> str:
        """Return the name of a field as the schema has it, that of anything else as it is."""
        return self.spelled_fields.get(name, name)

    @property
    def root(self) -> str:
        """The table that everything is reached from."""
        return next(name for file in self.schema.files for _, name in file.roots)

    def add_file(self, file: tree.File) -> None:
        """Take the declarations of one file."""
        for enum in file.enums:
            self.enums[enum.name] = enum
            for member in enum.members:
                self.constants[member.name] = member.value
                self.members[member.name] = file
        for constant in file.constants:
            value = expressions.evaluate(constant.value, self.constants)
            # One that isn't constant is a mistake that the checker tells.
            self.constants[constant.name] = 1 if value is None else value
            self.members[constant.name] = file
        for table in file.constant_tables:
            self.constant_tables[table.name] = self.rows(table.rows)
            self.members[table.name] = file
        self.givens.update((given.name, given) for given in file.givens)
        self.states.update((state.name, state) for state in file.states)
        self.defines.update((define.name, define) for define in file.defines)
        self.file_of.update((table.name, file) for table in file.tables)

    def rows(self, rows: tree.Row) -> Rows:
        """Return the values of the rows of a constant table."""
        return tuple(
            self.rows(row)
            if isinstance(row, tuple)
            else expressions.evaluate(row, self.constants) or 0
            for row in rows
        )

    def add_outputs(self, facts: TableFacts) -> None:
        """Add the variables that a table gets as outputs of those it calls."""
        for site in facts.calls:
            if not isinstance(site.statement, tree.Call):
                continue
            for name, parameter in self.output_arguments(site.statement).items():
                facts.variables.setdefault(name, site.statement.position)
                depth = self.tables[site.statement.table].arrays.get(parameter)
                if depth is not None:
                    facts.arrays.setdefault(name, depth)
            for argument, parameter in self.indexed_outputs(site.statement):
                depth = self.tables[site.statement.table].arrays.get(parameter, 0)
                if argument.name in facts.arrays:
                    facts.arrays[argument.name] = len(argument.indices) + depth

    def complete_fields(self, facts: TableFacts) -> None:
        """Add to the fields what takes the whole schema to know."""
        used = {use.name.name for use in facts.uses}
        used |= {name for name, definer in self.shared.items() if definer is facts}
        for field_ in facts.fields.values():
            field_.vector = field_.name not in used and self.is_vector(field_)
            guards = field_.sites[0].guards
            if field_.loops:
                changed = self.changed_in(field_.loops[0], facts)
                guards = tuple(
                    guard
                    for guard in guards
                    if not guard[0] or not expressions.names(guard[1]) & changed
                )
            field_.conditional = bool(guards) or field_.scattered

    def changed_in(self, loop: tree.For | tree.While, facts: TableFacts) -> set[str]:
        """Return the names that get a new value in a loop, the loops' own variables included."""
        changed = set(self.set_in(loop, facts))
        for site in sites((loop,)):
            if isinstance(site.statement, tree.For):
                changed.add(site.statement.variable)
        return changed

    def is_vector(self, field_: Field) -> bool:
        """Tell whether the innermost loop around a field can be one vector read."""
        statement = field_.statement
        if not isinstance(statement, tree.Element) or not field_.loops or not field_.indexed:
            return False
        if len(field_.sites) > 1 or statement.descriptor not in ("u", "flt"):
            return False
        loop = field_.loops[-1]
        if len(statement.arguments) != 1:
            return False
        width = expressions.evaluate(statement.arguments[0], self.constants)
        return (
            loop.body == (statement,)
            and counted_to(loop) is not None
            and width is not None
            and 0 < width <= 64
        )

    def definers(self, name: str, is_list: bool | None, reader: TableFacts) -> list[TableFacts]:
        """Return the tables whose element or variable `name` is, as another table reads it."""
        return [
            facts
            for facts in self.tables.values()
            if facts is not reader
            and facts.defines(name)
            and name not in facts.table.parameters
            and (reader.table.external or not facts.table.external)
            and (is_list is None or facts.is_list(name) == is_list)
        ]

    def is_free(self, name: str, facts: TableFacts) -> bool:
        """Tell whether a name in an expression of a table comes from another table."""
        return not (
            name in facts.table.parameters
            or facts.defines(name)
            or name in facts.loop_variables
            or name in self.constants
            or name in self.constant_tables
            or name in self.givens
            or name in self.states
        )

    def free_names(self, facts: TableFacts) -> dict[str, TableFacts]:
        """Return the names that a table reads from others, with the table that defines each."""
        found: dict[str, TableFacts] = {}
        for use in [*facts.uses, *self.absent_uses(facts), *facts.rule_uses]:
            if use.name.name not in found and self.is_free(use.name.name, facts):
                definers = self.definers(use.name.name, use.is_list, facts)
                if definers:
                    found[use.name.name] = definers[0]
        return found

    def absent_uses(self, facts: TableFacts) -> Iterator[Use]:
        """Yield the names in the absent values that this table may have to take."""
        for name in self.absent_names(facts):
            meaning = self.meaning(name, facts)
            if meaning is not None and meaning.absent is not None:
                yield from expressions.uses(meaning.absent)

    def absent_names(self, facts: TableFacts) -> list[str]:
        """Return the names for which this table takes the absent value where they don't stand.

        These are its own, and those that it uses of the tables it calls.
        """
        names = [meaning.name for meaning in facts.table.semantics if meaning.absent is not None]
        for use in facts.uses:
            name = use.name.name
            if name in names or not self.is_free(name, facts):
                continue
            if any(
                definer.table.name in self.reached[facts.table.name]
                for definer in self.definers(name, use.is_list, facts)
            ):
                names.append(name)
        return names

    def left_behind(self, facts: TableFacts) -> dict[str, tree.Expression]:
        """Return the names that hold after a persistent table though the tables of it are left out.

        These are names of persistent tables that it may call and doesn't have to, which later
        ones read, with what their absence stands for.
        """
        if not facts.table.persistent:
            return {}
        return {
            meaning.name: meaning.absent
            for table in sorted(self.reached[facts.table.name] - {facts.table.name})
            if self.tables[table].table.persistent
            for meaning in self.tables[table].table.semantics
            if meaning.absent is not None
            and meaning.name in self.shared
            and self.shared[meaning.name].table.name == table
            and expressions.evaluate(meaning.absent, self.constants) is not None
        }

    def meaning(self, name: str, facts: TableFacts) -> tree.Meaning | None:
        """Return the semantics of a name as a table sees it: its own, or those where it is from."""
        if facts.defines(name):
            return facts.meaning(name)
        definer = self.shared_definer(name, facts)
        return None if definer is None else definer.meaning(name)

    def shared_definer(self, name: str, facts: TableFacts) -> TableFacts | None:
        """Return the table that defines a name which another one reads."""
        definers = self.definers(name, None, facts)
        for use in facts.uses:
            if use.name.name == name:
                definers = self.definers(name, use.is_list, facts)
        return definers[0] if definers else None

    @cached_property
    def shared(self) -> dict[str, TableFacts]:
        """The names that one table defines and another reads, with the definer."""
        found: dict[str, TableFacts] = {}
        for facts in self.tables.values():
            for name, definer in self.free_names(facts).items():
                if not definer.table.external:
                    found.setdefault(name, definer)
        return dict(sorted(found.items()))

    @cached_property
    def reached(self) -> dict[str, frozenset[str]]:
        """For each table the tables that it calls, directly or not; itself only if recursive."""
        direct = {
            name: {
                site.statement.table
                for site in facts.calls
                if isinstance(site.statement, tree.Call) and site.statement.table in self.tables
            }
            for name, facts in self.tables.items()
        }
        result = {name: set(callees) for name, callees in direct.items()}
        changed = True
        while changed:
            changed = False
            for callees in result.values():
                more = set().union(*(result[callee] for callee in callees)) - callees
                if more:
                    callees |= more
                    changed = True
        return {name: frozenset(callees) for name, callees in result.items()}

    def set_by(self, statement: tree.Statement, facts: TableFacts) -> dict[str, TableFacts]:
        """Return the shared names that a call in a table sets, with the tables that do.

        What is set by a table nested in this one once more is that one's, not ours.
        """
        if not isinstance(statement, tree.Call) or statement.table not in self.tables:
            return {}
        below: set[str] = set()
        pending = [statement.table]
        while pending:
            name = pending.pop()
            if name not in below and name != facts.table.name:
                below.add(name)
                pending += [
                    site.statement.table
                    for site in self.tables[name].calls
                    if isinstance(site.statement, tree.Call) and site.statement.table in self.tables
                ]
        return {name: each for name, each in self.shared.items() if each.table.name in below}

    def set_in(self, statement: tree.Statement, facts: TableFacts) -> list[str]:
        """Return the fields, variables and shared names that a statement and those in it set."""
        found: dict[str, None] = {}
        for site in sites((statement,)):
            match site.statement:
                case tree.Element() | tree.External() | tree.Call():
                    found[site.statement.field] = None
                    found.update(dict.fromkeys(self.set_by(site.statement, facts)))
                    if isinstance(site.statement, tree.Call):
                        found.update(dict.fromkeys(self.output_arguments(site.statement)))
                case tree.Assignment() | tree.Array():
                    found[site.statement.name] = None
        return list(found)

    def output_arguments(self, call: tree.Call) -> dict[str, str]:
        """Return the variables that a call fills, each with the parameter it stands for."""
        callee = self.tables.get(call.table)
        if callee is None:
            return {}
        return {
            argument.name: parameter
            for parameter, argument in zip(callee.table.parameters, call.arguments, strict=False)
            if parameter in callee.outputs
            and isinstance(argument, tree.Name)
            and not argument.indices
        }

    def indexed_outputs(self, call: tree.Call) -> list[tuple[tree.Name, str]]:
        """Return the entries of arrays that a call fills, each with the parameter it stands for."""
        callee = self.tables.get(call.table)
        if callee is None:
            return []
        return [
            (argument, parameter)
            for parameter, argument in zip(callee.table.parameters, call.arguments, strict=False)
            if parameter in callee.outputs and isinstance(argument, tree.Name) and argument.indices
        ]

    def state_sizes(self, name: str) -> tuple[int, ...]:
        """Return the sizes of a state, none for a single number."""
        sizes = (expressions.evaluate(size, self.constants) for size in self.states[name].sizes)
        return tuple(size or 0 for size in sizes)

    def kept_names(self, table: str) -> list[str]:
        """Return the names that are kept with each table of a kind that has a key."""
        below = {table, *self.reached.get(table, ())}
        return [
            name
            for name, definer in self.shared.items()
            if definer.table.name in below and definer.table.persistent
        ]

    def selections(self, table: str) -> list[tuple[str, str]]:
        """Return which tables a table selects, each with the element that holds its key."""
        return [
            (site.statement.key.name, site.statement.table)
            for site in self.tables[table].sites
            if isinstance(site.statement, tree.Select) and isinstance(site.statement.key, tree.Name)
        ]

    def selected_names(self, table: str, seen: tuple[str, ...] = ()) -> list[str]:
        """Return the names that selecting a table sets, those of tables it selects too."""
        if table in seen or table not in self.tables:
            return []
        found = dict.fromkeys(self.kept_names(table))
        for _, other in self.selections(table):
            found.update(dict.fromkeys(self.selected_names(other, (*seen, table))))
        return list(found)

    def entry_names(self, facts: TableFacts) -> list[str]:
        """Return the names of other tables that a table needs as they are when it is entered.

        The rest of its free names are set by tables that it calls before it uses them.
        """
        walk = EntryWalk(self, facts)
        known: set[str] = set()
        walk.statements(facts.table.body, known)
        if facts.table.extent is not None:
            walk.use(facts.table.extent, known)
        return walk.entry

    def consumes(self, statements: tuple[tree.Statement, ...], above: frozenset[str]) -> bool:
        """Tell whether statements take at least one bit of the data, whatever is in them.

        Args:
            statements: what is passed in order.
            above: the tables that they are reached through.
        """
        return any(self.takes_bits(statement, above) for statement in statements)

    def takes_bits(self, statement: tree.Statement, above: frozenset[str]) -> bool:
        """Tell whether one statement takes at least one bit of the data."""
        match statement:
            case tree.Element():
                if statement.descriptor in ALWAYS_BITS:
                    return True
                if statement.descriptor in MAYBE_NO_BITS or not statement.arguments:
                    return False
                width = expressions.evaluate(statement.arguments[0], self.constants)
                return width is not None and width > (statement.descriptor == "ns")
            case tree.Call():
                if statement.table == BYTE_ALIGNMENT:
                    return True
                if statement.table in above or statement.table not in self.tables:
                    return False
                body = self.tables[statement.table].table.body
                return self.consumes(body, above | {statement.table})
            case tree.If():
                arms = (statement.yes, statement.no)
                return all(self.consumes(arm, above) for arm in arms)
            case tree.While():
                return not statement.test_first and self.consumes(statement.body, above)
        return False


class EntryWalk:
    """Goes through a table in order, telling names needed at entry from those set by calls."""

    def __init__(self, analysis: Analysis, facts: TableFacts):
        """Start with no name needed."""
        self.analysis = analysis
        self.facts = facts
        self.entry: list[str] = []

    def use(self, expression: tree.Expression, known: set[str]) -> None:
        """Take the names in an expression."""
        for name in sorted(expressions.names(expression)):
            if (
                self.analysis.is_free(name, self.facts)
                and name not in known
                and name not in self.entry
            ):
                self.entry.append(name)

    def statements(self, statements: tuple[tree.Statement, ...], known: set[str]) -> None:
        """Take a block; `known` gets the names that calls in it set."""
        for statement in statements:
            for expression in own_expressions(statement):
                self.use(expression, known)
            match statement:
                case tree.Call():
                    known |= set(self.analysis.set_by(statement, self.facts)) - set(self.entry)
                case tree.Select():
                    known |= set(self.analysis.selected_names(statement.table)) - set(self.entry)
                case tree.If():
                    self.branches(statement, known)
                case tree.For() | tree.While():
                    self.statements(statement.body, known)

    def branches(self, statement: tree.If, known: set[str]) -> None:
        """Take both arms of an `if`, and the absent values of what one of them lacks."""
        yes, no = set(known), set(known)
        self.statements(statement.yes, yes)
        self.statements(statement.no, no)
        known |= yes | no
        names = self.analysis.absent_names(self.facts)
        inside = set(self.analysis.set_in(statement, self.facts))
        for name in names:
            meaning = self.analysis.meaning(name, self.facts)
            if name in inside and meaning is not None and meaning.absent is not None:
                self.use(meaning.absent, known)
