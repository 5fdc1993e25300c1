"""What follows from one table alone: its statements, fields and variables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from nnc_schema.language import tree
from nnc_schema.passes import expressions
from nnc_schema.passes.expressions import Facts, Use

#: Calls that fill up to a boundary; they are part of the language. No table can be called by the
#: second name: spelling.py writes it for `padding` where that is no table of the schema.
BYTE_ALIGNMENT, PADDING = "byte_alignment", "@padding"
ALIGNMENTS = (BYTE_ALIGNMENT, PADDING)


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


def guard_facts(
    guards: tuple[tuple[int, tree.Expression, bool], ...], constants: Mapping[str, int]
) -> Facts:
    """Return what is known under conditions."""
    known: set[expressions.Fact] = set()
    for _, condition, truth in guards:
        known |= expressions.facts(condition, truth, constants)
    return frozenset(known)


def own_expressions(statement: tree.Statement) -> tuple[tree.Expression, ...]:
    """Return the expressions of a statement, without those of statements within it."""
    match statement:
        case tree.Element():
            arguments = () if takes_v(statement.descriptor) else statement.arguments
            return (*statement.indices, *arguments)
        case tree.Call() | tree.External():
            return statement.arguments
        case tree.Array():
            return statement.sizes
        case tree.Select():
            return (statement.key,)
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
    """Return N for a loop `for (i = 0; i < N; i++)`, or with `i <= N - 1`; else None."""
    if not isinstance(loop, tree.For) or loop.step != 1 or loop.start != zero(loop.start):
        return None
    condition = loop.condition
    if not isinstance(condition, tree.Binary) or condition.operator not in ("<", "<="):
        return None
    left, bound = condition.left, condition.right
    if not isinstance(left, tree.Name) or left.name != loop.variable or left.indices:
        return None
    if loop.variable in expressions.names(bound):
        return None
    return bound if condition.operator == "<" else plus_one(bound)


#: Passes of a loop, at most, that may read nothing. Loops in loops have the limits of the caller.
MOST_PASSES = 1024


def is_bounded(loop: tree.For | tree.While, constants: Mapping[str, int]) -> bool:
    """Tell whether constants say how often a loop runs, which isn't often."""
    if not isinstance(loop, tree.For) or not isinstance(loop.condition, tree.Binary):
        return False
    left, right = loop.condition.left, loop.condition.right
    towards = {"<": 1, "<=": 1, ">": -1, ">=": -1}.get(loop.condition.operator, 0)
    if towards * loop.step <= 0:
        return False
    if not isinstance(left, tree.Name) or left.name != loop.variable or left.indices:
        return False
    first, last = (expressions.evaluate(part, constants) for part in (loop.start, right))
    set_inside = any(
        isinstance(site.statement, tree.Assignment) and site.statement.name == loop.variable
        for site in sites(loop.body)
    )
    if first is None or last is None or set_inside:
        return False
    return (last - first) // loop.step < MOST_PASSES


def plus_one(bound: tree.Expression) -> tree.Expression:
    """Return an expression plus one, as plainly as can be."""
    one = tree.Number(bound.position, 1)
    if isinstance(bound, tree.Number):
        return tree.Number(bound.position, bound.value + 1)
    if isinstance(bound, tree.Binary) and (bound.operator, bound.right) == (
        "-",
        tree.Number(bound.right.position, 1),
    ):
        return bound.left
    return tree.Binary(bound.position, "+", bound, one)


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
        """Whether it is a byte_alignment() or padding()."""
        return isinstance(self.statement, tree.Call) and self.statement.table in ALIGNMENTS


class TableFacts:
    """What follows from one table alone.

    Attributes:
        table: the table.
        constants: values of the constants of the schema.
        states: the variables that all tables share.
        sites: all statements, with what is around each.
        fields: the fields by name, in order.
        variables: what is assigned, with the first place.
        arrays: the variables that are arrays, with the number of their indices.
        sparse: those of them that the table itself makes.
        growing: those of them that have no size of their own.
        own_indices: how many indices of those lead to an entry, which may be a list itself.
        loop_variables: the variables of `for` loops.
        calls: the calls of other tables.
    """

    def __init__(self, table: tree.Table, constants: dict[str, int], states: Collection[str] = ()):
        """Collect fields and variables."""
        self.table = table
        self.constants = constants
        self.states = states
        self.sites = list(sites(table.body))
        self.fields: dict[str, Field] = {}
        self.variables: dict[str, tree.Position] = {}
        self.arrays: dict[str, int] = {}
        self.sparse: set[str] = set()
        self.growing: set[str] = set()
        self.own_indices: dict[str, int] = {}
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
                if not site.statement.sizes:
                    self.growing.add(site.statement.name)
                self.own_indices[site.statement.name] = max(len(site.statement.sizes), 1)
                self.arrays.setdefault(site.statement.name, max(len(site.statement.sizes), 1))
                self.sparse.add(site.statement.name)
                self.variables.setdefault(site.statement.name, site.statement.position)
            case tree.Assignment() if site.statement.name not in self.states:
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
        return guard_facts(site.guards, self.constants)

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
    def rule_uses(self) -> list[Use]:
        """The names that occur in ranges and constraints."""
        rules = [part for meaning in self.meanings.values() for part in meaning.range or ()]
        for meaning in self.meanings.values():
            rules += [constraint.condition for constraint in meaning.constraints]
        return [use for rule in rules for use in expressions.uses(rule)]

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """The parameters that the table assigns, and so hands back."""
        return tuple(name for name in self.table.parameters if name in self.variables)


def only_value(meaning: tree.Meaning | None, constants: Mapping[str, int]) -> int | None:
    """Return the one value that the range of an element allows, if it is one."""
    if meaning is None or meaning.range is None:
        return None
    first, last = (expressions.evaluate(part, constants) for part in meaning.range)
    return first if first == last else None
