"""What follows from a schema tree: fields of tables, where they stand, who shares which names.

The checker asks for it in order to find mistakes, the targets in order to print.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from generator.language import tree
from generator.passes import expressions
from generator.passes.expressions import Facts, Use

#: Name of the call that fills up the last byte; it is part of the language.
BYTE_ALIGNMENT = "byte_alignment"

Placed = tree.Element | tree.Call | tree.External


@dataclass(frozen=True, slots=True)
class Site:
    """A statement with the conditions and loops around it, outermost first.

    `guards` holds for each condition how many loops lie around it, the condition, and whether
    it is to be true.
    """

    statement: tree.Statement
    guards: tuple[tuple[int, tree.Expression, bool], ...]
    loops: tuple[tree.For | tree.While, ...]


def sites(
    statements: tuple[tree.Statement, ...],
    guards: tuple[tuple[int, tree.Expression, bool], ...] = (),
    loops: tuple[tree.For | tree.While, ...] = (),
) -> Iterator[Site]:
    """Yield all statements, those within others too, in the order of the text."""
    for statement in statements:
        yield Site(statement, guards, loops)
        match statement:
            case tree.If():
                for body, truth in ((statement.yes, True), (statement.no, False)):
                    guard = (len(loops), statement.condition, truth)
                    yield from sites(body, (*guards, guard), loops)
            case tree.For() | tree.While():
                yield from sites(statement.body, guards, (*loops, statement))


def own_expressions(statement: tree.Statement) -> tuple[tree.Expression, ...]:
    """Return the expressions of a statement, without those of statements within it."""
    match statement:
        case tree.Element():
            arguments = () if takes_v(statement.descriptor) else statement.arguments
            return (*statement.indices, *arguments)
        case tree.Call() | tree.External():
            return statement.arguments
        case tree.Array():
            return (statement.size,)
        case tree.Assignment():
            return (*statement.indices, statement.value)
        case tree.For():
            return (statement.start, statement.condition)
        case tree.If() | tree.While():
            return (statement.condition,)


def takes_v(descriptor: str) -> bool:
    """Tell whether a descriptor is written with (v): its width is in the data."""
    return descriptor in ("st", "bs", "ae")


def counted_to(loop: tree.For | tree.While) -> tree.Expression | None:
    """Return N for a loop `for (i = 0; i < N; i++)`, else None."""
    if not isinstance(loop, tree.For) or loop.step != 1 or loop.start != zero(loop.start):
        return None
    condition = loop.condition
    if not isinstance(condition, tree.Binary) or condition.operator != "<":
        return None
    left = condition.left
    if not isinstance(left, tree.Name) or left.name != loop.variable or left.indices:
        return None
    return None if loop.variable in expressions.names(condition.right) else condition.right


def zero(place: tree.Expression) -> tree.Number:
    """Return the number 0, standing where `place` stands."""
    return tree.Number(place.position, 0)


@dataclass(slots=True)
class Field:
    """One field of a table: an element, a called table, external bytes or the alignment.

    Attributes:
        name: name of the field.
        sites: where it stands; more than one place only if they exclude each other.
        loops: the loops that make it a list (of lists), outermost first.
        indexed: whether its place in the list is the loops' index, rather than the next one.
        pinned: whether it stands in a loop, but under a condition that lets it occur once.
        vector: whether the innermost loop is nothing but this element with a fixed width.
        conditional: whether the field may be absent; a list that a loop makes is not, though it
            may be empty.
    """

    name: str
    sites: list[Site] = field(default_factory=list)
    loops: tuple[tree.For | tree.While, ...] = ()
    indexed: bool = False
    pinned: bool = False
    vector: bool = False
    conditional: bool = False

    @property
    def statement(self) -> Placed:
        """The statement at the first place."""
        statement = self.sites[0].statement
        assert isinstance(statement, Placed)
        return statement

    @property
    def is_list(self) -> bool:
        """Whether the field holds a list."""
        return bool(self.loops)

    @property
    def scattered(self) -> bool:
        """Whether it can't be told from one condition if the field is there."""
        return len(self.sites) > 1 or self.pinned

    @property
    def is_alignment(self) -> bool:
        """Whether it is a byte_alignment()."""
        return isinstance(self.statement, tree.Call) and self.statement.table == BYTE_ALIGNMENT


class TableFacts:
    """What follows from one table alone.

    Attributes:
        table: the table.
        constants: values of the constants of the schema.
        sites: all statements, with what is around each.
        fields: the fields by name, in order.
        variables: what is assigned, with the first place.
        arrays: the variables that are arrays.
        sparse: those of them that the table itself makes.
        loop_variables: the variables of `for` loops.
        calls: the calls of other tables.
    """

    def __init__(self, table: tree.Table, constants: dict[str, int]):
        """Collect fields and variables."""
        self.table = table
        self.constants = constants
        self.sites = list(sites(table.body))
        self.fields: dict[str, Field] = {}
        self.variables: dict[str, tree.Position] = {}
        self.arrays: set[str] = set()
        self.sparse: set[str] = set()
        self.loop_variables: set[str] = set()
        self.calls: list[Site] = []
        for site in self.sites:
            self.add(site)

    def add(self, site: Site) -> None:
        """Take one statement."""
        match site.statement:
            case tree.Element() | tree.Call() | tree.External():
                self.add_field(site, site.statement)
                if isinstance(site.statement, tree.Call | tree.External):
                    self.calls.append(site)
            case tree.Array():
                self.arrays.add(site.statement.name)
                self.sparse.add(site.statement.name)
                self.variables.setdefault(site.statement.name, site.statement.position)
            case tree.Assignment():
                self.variables.setdefault(site.statement.name, site.statement.position)
            case tree.For():
                self.loop_variables.add(site.statement.variable)

    def add_field(self, site: Site, statement: Placed) -> None:
        """Take a statement that makes a field, or a further place of one."""
        if statement.field in self.fields:
            self.fields[statement.field].sites.append(site)
            return
        made = Field(statement.field, [site])
        made.indexed = isinstance(statement, tree.Element) and bool(statement.indices)
        pinned = [loop for loop in site.loops if self.pins(site, loop)]
        made.pinned = bool(site.loops) and len(pinned) == len(site.loops)
        if not made.pinned:
            made.loops = site.loops
        self.fields[statement.field] = made

    def pins(self, site: Site, loop: tree.For | tree.While) -> bool:
        """Tell whether a condition lets only one pass of the loop through."""
        if not isinstance(loop, tree.For):
            return False
        return any(
            fact.subject == loop.variable and fact.value is not None and fact.holds
            for fact in self.facts_of(site)
        )

    def facts_of(self, site: Site) -> Facts:
        """Return what is known where a statement stands."""
        known: set[expressions.Fact] = set()
        for _, condition, truth in site.guards:
            known |= expressions.facts(condition, truth, self.constants)
        return frozenset(known)

    @cached_property
    def meanings(self) -> dict[str, tree.Meaning]:
        """The semantics of the table, by name."""
        return {meaning.name: meaning for meaning in self.table.semantics}

    def meaning(self, name: str) -> tree.Meaning | None:
        """Return the semantics of a field or variable; an alias has those of its element."""
        found = self.meanings.get(name)
        if found is None and name in self.fields:
            statement = self.fields[name].statement
            if isinstance(statement, tree.Element):
                found = self.meanings.get(statement.name)
        return found

    def defines(self, name: str) -> bool:
        """Tell whether a name is an element or variable of this table."""
        if name in self.variables:
            return True
        return name in self.fields and not isinstance(self.fields[name].statement, tree.Call)

    def is_list(self, name: str) -> bool:
        """Tell whether a name that this table defines is a list."""
        if name in self.fields:
            return self.fields[name].is_list
        return name in self.arrays

    @cached_property
    def uses(self) -> list[Use]:
        """The names that occur in expressions of the body."""
        found = []
        for site in self.sites:
            for expression in own_expressions(site.statement):
                passed = isinstance(site.statement, tree.Call | tree.External)
                for use in expressions.uses(expression):
                    if passed and isinstance(expression, tree.Name) and not expression.indices:
                        use = Use(use.name, None)
                    found.append(use)
        if self.table.extent is not None:
            found += expressions.uses(self.table.extent)
        return found

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """The parameters that the table assigns, and so hands back."""
        return tuple(name for name in self.table.parameters if name in self.variables)


class Analysis:
    """What follows from the schema as a whole.

    Attributes:
        tables: facts by table name, in the order of the files.
        constants: values of constants and enum members.
        members: the file that declares each constant or enum member.
        givens: given values by name.
        defines: the schema's own functions by name.
        enums: enums by name.
        file_of: the file of each table.
    """

    def __init__(self, schema: tree.Schema):
        """Collect everything; mistakes are left to the checker."""
        self.schema = schema
        self.constants: dict[str, int] = {}
        self.members: dict[str, tree.File] = {}
        self.givens: dict[str, tree.Given] = {}
        self.defines: dict[str, tree.Define] = {}
        self.enums: dict[str, tree.Enum] = {}
        self.file_of: dict[str, tree.File] = {}
        for file in schema.files:
            self.add_file(file)
        self.tables = {
            table.name: TableFacts(table, self.constants)
            for file in schema.files
            for table in file.tables
        }
        for facts in self.tables.values():
            self.add_outputs(facts)
        for facts in self.tables.values():
            self.complete_fields(facts)

    def add_file(self, file: tree.File) -> None:
        """Take the declarations of one file."""
        for enum in file.enums:
            self.enums[enum.name] = enum
            for member in enum.members:
                self.constants[member.name] = member.value
                self.members[member.name] = file
        for constant in file.constants:
            self.constants[constant.name] = (
                expressions.evaluate(constant.value, self.constants) or 0
            )
            self.members[constant.name] = file
        self.givens.update((given.name, given) for given in file.givens)
        self.defines.update((define.name, define) for define in file.defines)
        self.file_of.update((table.name, file) for table in file.tables)

    def add_outputs(self, facts: TableFacts) -> None:
        """Add the variables that a table gets as outputs of those it calls."""
        for site in facts.calls:
            if not isinstance(site.statement, tree.Call):
                continue
            for name, parameter in self.output_arguments(site.statement).items():
                facts.variables.setdefault(name, site.statement.position)
                if parameter in self.tables[site.statement.table].arrays:
                    facts.arrays.add(name)

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
            or name in self.givens
        )

    def free_names(self, facts: TableFacts) -> dict[str, TableFacts]:
        """Return the names that a table reads from others, with the table that defines each."""
        found: dict[str, TableFacts] = {}
        for use in [*facts.uses, *self.absent_uses(facts)]:
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
            if parameter in callee.outputs and isinstance(argument, tree.Name)
        }

    def entry_names(self, facts: TableFacts) -> list[str]:
        """Return the names of other tables that a table needs as they are when it is entered.

        The rest of its free names are set by tables that it calls before it uses them.
        """
        walk = EntryWalk(self, facts)
        walk.statements(facts.table.body, set())
        return walk.entry


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
