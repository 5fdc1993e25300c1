"""Checks that every name is set before it is read, along every path from the root.

A path is the conditions around a statement, in the tables that call each other. A name that
is set under some conditions may be read where those hold; elsewhere it needs an `absent`
value, which takes its place on the other arm of each `if`.
"""

from __future__ import annotations

from nnc_schema.language import tree
from nnc_schema.language.errors import Mistakes, SchemaError
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.expressions import Fact, Facts
from nnc_schema.passes.table_facts import TableFacts, own_expressions

#: Where a name is set: the facts that hold there. Several places may set one name.
Definitions = dict[str, list[Facts]]


def check_flow(analysis: Analysis, root: str, mistakes: Mistakes) -> None:
    """Check all tables reached from the root; collect the names that may be read too early."""
    Walk(analysis, mistakes).table(analysis.tables[root], frozenset(), {}, ())


def covered(places: list[Facts], here: Facts) -> bool:
    """Tell whether one of the places where a name is set lies on every path to here."""
    return any(
        all(fact.follows or expressions.implied(fact, here) for fact in place) for place in places
    )


class Walk:
    """Follows the calls from the root, table by table."""

    def __init__(self, analysis: Analysis, mistakes: Mistakes):
        """Set the schema, and where mistakes go."""
        self.analysis = analysis
        self.mistakes = mistakes

    def report(self, position: tree.Position, message: str, hint: str = "") -> None:
        """Note a mistake."""
        self.mistakes.found.append(SchemaError(position, message, hint))

    def table(
        self, facts: TableFacts, here: Facts, shared: Definitions, callers: tuple[str, ...]
    ) -> None:
        """Check one table where it is called.

        Args:
            facts: the table.
            here: what holds where it is called.
            shared: the names of other tables that are set; gets those that this one sets.
            callers: the tables that are being walked; none is entered twice.
        """
        table = facts.table
        if table.name in callers:
            return
        own = set(facts.fields) | set(facts.variables) | facts.loop_variables
        own |= set(table.parameters)
        here = frozenset(fact for fact in here if not fact.names & own)
        if not table.external:
            self.check_entry(facts, here, shared)
        block = Block(self, facts, shared, (*callers, table.name))
        for parameter in table.parameters:
            if parameter not in facts.outputs:
                block.local[parameter] = [frozenset()]
        block.statements(table.body, here)
        if table.extent is not None:
            block.use(table.extent, here)
        block.check_outputs(here)

    def check_entry(self, facts: TableFacts, here: Facts, shared: Definitions) -> None:
        """Check the names that a table needs from those before it."""
        for name in self.analysis.entry_names(facts):
            definer = self.analysis.shared_definer(name, facts)
            if definer is None or definer.table.persistent:
                continue
            if not covered(shared.get(name, []), here):
                self.report(
                    first_use(facts, name).position,
                    f"{name!r} of table {definer.table.name!r} may not be set when"
                    f" {facts.table.name!r} is called, expected an 'absent' value or a condition",
                    self.hint_of_unset(name, definer.table.name, facts.table.name),
                )

    def hint_of_unset(self, name: str, definer: str, reader: str) -> str:
        """Say what to do about a name that a table may read before it is set."""
        if definer in self.analysis.reached[reader]:
            return (
                f"{reader} sees nothing of the tables it calls but what they hand back:"
                f" give {definer} a parameter, set it there, and read that"
            )
        return f"in the semantics of {name} write 'absent' and the value it then has"


def first_use(facts: TableFacts, name: str) -> tree.Name | tree.Table:
    """Return the first place in a table where a name is used."""
    for use in facts.uses:
        if use.name.name == name:
            return use.name
    return facts.table


class Block:
    """The statements of one table; `local` and `shared` tell which names are set where."""

    def __init__(
        self, walk: Walk, facts: TableFacts, shared: Definitions, callers: tuple[str, ...]
    ):
        """Start with the names that the callers have set."""
        self.walk = walk
        self.analysis = walk.analysis
        self.facts = facts
        self.shared = shared
        self.callers = callers
        self.local: Definitions = {}
        self.loops = 0

    def define(self, name: str, here: Facts) -> None:
        """Note that a name is set here."""
        self.local.setdefault(name, []).append(here)
        if name in self.analysis.shared and self.analysis.shared[name] is self.facts:
            self.shared.setdefault(name, []).append(here)

    def use(self, expression: tree.Expression, here: Facts) -> None:
        """Check the names in an expression, operands of && || ?: under their conditions."""
        constants = self.analysis.constants
        if isinstance(expression, tree.Binary) and expression.operator in ("&&", "||"):
            self.use(expression.left, here)
            truth = expression.operator == "&&"
            known = expressions.facts(expression.left, truth, constants)
            self.use(expression.right, here | known)
            return
        if isinstance(expression, tree.Conditional):
            self.use(expression.condition, here)
            for arm, truth in ((expression.yes, True), (expression.no, False)):
                known = expressions.facts(expression.condition, truth, constants)
                self.use(arm, here | known)
            return
        if isinstance(expression, tree.Name):
            self.use_name(expression, here)
        for child in expressions.children(expression):
            self.use(child, here)

    def use_name(self, name: tree.Name, here: Facts) -> None:
        """Check one name."""
        analysis = self.analysis
        constant = name.name in analysis.constants or name.name in analysis.constant_tables
        if constant or name.name in analysis.givens or name.name in analysis.states:
            return
        if self.facts.defines(name.name) or not analysis.is_free(name.name, self.facts):
            places = self.local.get(name.name, [])
            if name.name in self.facts.loop_variables:
                places = [*places, *self.local.get(f"for {name.name}", [])]
        elif not self.facts.table.external and name.name in analysis.entry_names(self.facts):
            return
        else:
            definer = analysis.shared_definer(name.name, self.facts)
            if definer is not None and definer.table.persistent:
                return
            places = self.shared.get(name.name, [])
        if not covered(places, self.closed(here)):
            found = "may not be set here" if places else "is read before it is set"
            hint = f"in the semantics of {name.name} write 'absent' and the value it then has"
            self.walk.report(
                name.position,
                f"{name.name!r} {found}, expected an 'absent' value or a condition",
                hint if places else f"move {name.name} up, before what reads it",
            )
            self.define(name.name, here)

    def closed(self, here: Facts) -> Facts:
        """Add what follows from an element not having its absent value: it stands there."""
        known = here
        while True:
            more = known.union(*(self.presence(fact) for fact in known))
            if more == known:
                return known
            known = more

    def presence(self, fact: Fact) -> Facts:
        """Return the conditions of an element that a fact shows to be present."""
        name, analysis = fact.subject, self.analysis
        facts = self.facts if self.facts.defines(name) else analysis.shared.get(name)
        if facts is None or fact.value is None or name not in facts.fields:
            return frozenset()
        field, meaning = facts.fields[name], facts.meaning(name)
        if meaning is None or meaning.absent is None or len(field.sites) > 1 or field.is_list:
            return frozenset()
        absent = expressions.evaluate(meaning.absent, analysis.constants)
        if absent is None or (absent == fact.value) == fact.holds:
            return frozenset()
        return facts.facts_of(field.sites[0])

    def statements(self, statements: tuple[tree.Statement, ...], here: Facts) -> None:
        """Check a block."""
        for statement in statements:
            self.statement(statement, here)

    def statement(self, statement: tree.Statement, here: Facts) -> None:
        """Check one statement."""
        outputs: dict[str, str] = {}
        if isinstance(statement, tree.Call):
            outputs = self.analysis.output_arguments(statement)
        if not isinstance(statement, tree.For | tree.While):
            for expression in own_expressions(statement):
                if not (isinstance(expression, tree.Name) and expression.name in outputs):
                    self.use(expression, here)
        match statement:
            case tree.Element():
                self.define(statement.field, here)
            case tree.Call() | tree.External():
                callee = self.analysis.tables.get(statement.table)
                if callee is not None:
                    self.walk.table(callee, here, self.shared, self.callers)
                for name in outputs:
                    self.define(name, here)
            case tree.Array() | tree.Assignment():
                if isinstance(statement, tree.Array) or not statement.indices:
                    self.define(statement.name, here)
            case tree.If():
                self.branch(statement, here)
            case tree.For() | tree.While():
                self.loop(statement, here)

    def branch(self, statement: tree.If, here: Facts) -> None:
        """Check both arms, and set absent values on the arm that lacks a name."""
        constants = self.analysis.constants
        arms = []
        for body, truth in ((statement.yes, True), (statement.no, False)):
            inside = here | expressions.facts(statement.condition, truth, constants)
            self.statements(body, inside)
            arms.append((inside, self.set_inside(body)))
        (_, yes), (_, no) = arms
        for number, (inside, _) in enumerate(arms):
            for name in sorted(arms[1 - number][1] - arms[number][1]):
                self.set_absent(name, inside)
        # What both arms set, themselves or as an absent value, is set after them.
        for name in sorted(yes | no):
            for places in (self.local.get(name, []), self.shared.get(name, [])):
                if all(covered(places, inside) for inside, _ in arms):
                    places.append(here)

    def set_inside(self, statements: tuple[tree.Statement, ...]) -> set[str]:
        """Return the names that a block sets."""
        return {
            name for statement in statements for name in self.analysis.set_in(statement, self.facts)
        }

    def set_absent(self, name: str, here: Facts) -> None:
        """Set a name to its absent value, if it has one and this table takes it."""
        if not self.facts.defines(name) and name not in self.analysis.absent_names(self.facts):
            return
        meaning = self.analysis.meaning(name, self.facts)
        if meaning is None or meaning.absent is None:
            return
        self.use(meaning.absent, here)
        if self.facts.defines(name):
            self.define(name, here)
        else:
            self.shared.setdefault(name, []).append(here)

    def loop(self, statement: tree.For | tree.While, here: Facts) -> None:
        """Check a loop: lists are set though it may not run, other names only within."""
        self.loops += 1
        inside = here | {Fact(f"loop {id(statement)}", None, True, frozenset())}
        if isinstance(statement, tree.For):
            self.use(statement.start, here)
            self.local.setdefault(f"for {statement.variable}", []).append(inside)
            self.use(statement.condition, inside)
        elif statement.test_first:
            self.use(statement.condition, here)
        for field in self.facts.fields.values():
            if any(loop is statement for loop in field.loops) and field.indexed:
                self.define(field.name, here)
        body = inside if isinstance(statement, tree.For) or statement.test_first else here
        self.statements(statement.body, body)
        if isinstance(statement, tree.While) and not statement.test_first:
            self.use(statement.condition, body)
        self.loops -= 1

    def check_outputs(self, here: Facts) -> None:
        """Check that output parameters, and persistent names that are shared, are always set."""
        table = self.facts.table
        for name in self.facts.outputs:
            if not covered(self.local.get(name, []), here):
                self.walk.report(
                    table.position,
                    f"output parameter {name!r} may be left without a value",
                    f"in the semantics of {name} write 'initial' and its value before all else",
                )
        if not table.persistent:
            return
        for name, definer in self.analysis.shared.items():
            if definer is not self.facts or covered(self.local.get(name, []), here):
                continue
            field = self.facts.fields.get(name)
            self.walk.report(
                table.position if field is None else field.statement.position,
                f"{name!r} is read by later units but may be absent, expected an 'absent' value",
                f"in the semantics of {name} write 'absent' and the value it then has",
            )
