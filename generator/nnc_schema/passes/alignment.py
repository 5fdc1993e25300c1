"""Checks that byte-aligned elements stand only where the position is provably aligned.

The position is followed modulo 8 through every table, loop and call. Where two paths meet
with different positions, both are kept, each with the conditions that lead to it, so that
`if (x == 0) byte_alignment()` is known to hold in a later `if (x == 0)`.
"""

from __future__ import annotations

from typing import NamedTuple

from nnc_schema.language import tree
from nnc_schema.language.descriptors import DESCRIPTORS
from nnc_schema.language.errors import Mistakes, SchemaError
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.expressions import Fact, Facts
from nnc_schema.passes.table_facts import TableFacts

Residues = frozenset[int]

#: Any position.
ANYWHERE: Residues = frozenset(range(8))

#: A position at a byte boundary.
ALIGNED: Residues = frozenset({0})

#: Descriptors that begin at a byte boundary.
ALIGNED_DESCRIPTORS = ("st", "bs")


class State(NamedTuple):
    """What may be known at one place: conditions, and the position modulo 8 under them."""

    facts: Facts
    residues: Residues


States = tuple[State, ...]


def merge(states: States) -> States:
    """Join states of equal positions; what only some of them know is forgotten."""
    by_residues: dict[Residues, Facts] = {}
    for state in states:
        known = by_residues.get(state.residues)
        by_residues[state.residues] = state.facts if known is None else known & state.facts
    return tuple(
        State(known, residues)
        for residues, known in sorted(by_residues.items(), key=lambda item: sorted(item[0]))
    )


def check_alignment(analysis: Analysis, root: str, mistakes: Mistakes) -> None:
    """Check all tables that get a parser, the root starting at a byte boundary."""
    mistakes.found += follow(analysis, root).mistakes


def begins(analysis: Analysis, root: str) -> dict[tuple[str, str], Residues]:
    """Return the bits of a byte that each element may begin at, by table and field."""
    return {place: frozenset(bits) for place, bits in follow(analysis, root).begins.items()}


def follow(analysis: Analysis, root: str) -> Walk:
    """Follow the position through all tables that the root reaches.

    What may not be aligned though it has to be is among the walk's mistakes.
    """
    walk = Walk(analysis)
    start = State(frozenset(), ALIGNED)
    before = None
    # Tables that call themselves: again with what the last round found, until it's the same.
    while before != walk.results:
        before = dict(walk.results)
        walk.running.clear()
        walk.done.clear()
        walk.table(analysis.tables[root], start)
    return walk


class Walk:
    """Follows positions.

    Attributes:
        results: the states after each table by how it is entered.
        begins: the bits of a byte that elements were found to begin at, by table and field.
        mistakes: elements that may begin within a byte though they can't.
    """

    def __init__(self, analysis: Analysis):
        """Set the schema."""
        self.analysis = analysis
        self.mistakes: list[SchemaError] = []
        self.begins: dict[tuple[str, str], set[int]] = {}
        self.results: dict[tuple[str, State], States] = {}
        self.running: set[tuple[str, State]] = set()
        self.done: set[tuple[str, State]] = set()

    def table(self, facts: TableFacts, entry: State) -> States:
        """Return the states after a table that is entered in one state."""
        key = (facts.table.name, entry)
        if key in self.running or key in self.done:
            return self.results.get(key, ())
        self.running.add(key)
        states = self.statements(facts, facts.table.body, (entry,))
        if facts.table.extent is not None and states:
            # What is left of an extent is whole bytes.
            states = (State(frozenset(), ALIGNED),)
        self.results[key] = states
        self.running.discard(key)
        self.done.add(key)
        return states

    def statements(
        self, facts: TableFacts, statements: tuple[tree.Statement, ...], states: States
    ) -> States:
        """Return the states after a block."""
        for statement in statements:
            states = merge(self.statement(facts, statement, states))
        return states

    def statement(self, facts: TableFacts, statement: tree.Statement, states: States) -> States:
        """Return the states after one statement."""
        match statement:
            case tree.Element():
                return self.element(facts, statement, states)
            case tree.External():
                self.require_aligned(statement, states)
                return tuple(State(state.facts, ALIGNED) for state in states)
            case tree.Call():
                return self.call(statement, states)
            case tree.Assignment():
                return tuple(forget(state, {statement.name}) for state in states)
            case tree.If():
                return self.branch(facts, statement, states)
            case tree.For() | tree.While():
                return self.loop(facts, statement, states)
        return states

    def require_aligned(self, statement: tree.Element | tree.External, states: States) -> None:
        """Note an element that may begin within a byte."""
        for state in states:
            if state.residues != ALIGNED:
                found = ", ".join(str(bit) for bit in sorted(state.residues))
                message = f"{statement.field!r} may begin at bit {found} of a byte, expected bit 0"
                hint = "write byte_alignment() or padding(8) before it"
                self.mistakes.append(SchemaError(statement.position, message, hint))

    def element(self, facts: TableFacts, statement: tree.Element, states: States) -> States:
        """Return the states after an element."""
        if statement.descriptor in ALIGNED_DESCRIPTORS:
            self.require_aligned(statement, states)
        after = []
        begins = self.begins.setdefault((facts.table.name, statement.field), set())
        for state in states:
            begins |= state.residues
            width = self.width(facts, statement)
            residues = frozenset((a + b) % 8 for a in state.residues for b in width)
            after.append(forget(State(state.facts, residues), {statement.field}))
        return tuple(after)

    def width(self, facts: TableFacts, statement: tree.Element) -> Residues:
        """Return what the width of an element may be, modulo 8."""
        if statement.descriptor in ALIGNED_DESCRIPTORS:
            return ALIGNED
        width = DESCRIPTORS[statement.descriptor].width
        if width == "bits":
            return self.residues(facts, statement.arguments[0])
        return ALIGNED if width == "bytes" else ANYWHERE

    def residues(self, facts: TableFacts, expression: tree.Expression) -> Residues:
        """Return what the value of an expression may be, modulo 8."""
        value = expressions.evaluate(expression, self.analysis.constants)
        if value is not None:
            return frozenset({value % 8})
        if isinstance(expression, tree.Name) and expression.name in facts.fields:
            statement = facts.fields[expression.name].statement
            if isinstance(statement, tree.Element) and statement.descriptor == "u":
                bits = expressions.evaluate(statement.arguments[0], self.analysis.constants)
                if bits is not None and bits < 3:
                    return frozenset(range(1 << bits))
        if isinstance(expression, tree.Binary) and expression.operator in ("+", "-", "*"):
            operation = expressions.OPERATORS[expression.operator]
            left = self.residues(facts, expression.left)
            right = self.residues(facts, expression.right)
            return frozenset(operation(a, b) % 8 for a in left for b in right)
        if isinstance(expression, tree.Conditional):
            yes, no = expression.yes, expression.no
            return self.residues(facts, yes) | self.residues(facts, no)
        return ANYWHERE

    def call(self, statement: tree.Call, states: States) -> States:
        """Return the states after the call of a table, or byte_alignment()."""
        callee = self.analysis.tables.get(statement.table)
        if callee is None:
            boundary = statement.arguments[:1] or (tree.Number(statement.position, 8),)
            width = expressions.evaluate(boundary[0], self.analysis.constants)
            after_it = ALIGNED if width is not None and width % 8 == 0 else ANYWHERE
            return tuple(State(state.facts, after_it) for state in states)
        after: list[State] = []
        for state in states:
            entry = State(self.entry_facts(callee, statement, state.facts), state.residues)
            outputs = set(self.analysis.output_arguments(statement))
            after += (
                forget(State(state.facts, result.residues), outputs)
                for result in self.table(callee, entry)
            )
        return tuple(after)

    def entry_facts(self, callee: TableFacts, call: tree.Call, known: Facts) -> Facts:
        """Return what is known inside a called table, its parameters included."""
        own = set(callee.fields) | set(callee.variables) | callee.loop_variables
        own |= set(callee.table.parameters)
        result = {fact for fact in known if not fact.names & own}
        for parameter, argument in zip(callee.table.parameters, call.arguments, strict=False):
            value = expressions.evaluate(argument, self.analysis.constants)
            name = frozenset({parameter})
            if value is not None:
                result.add(Fact(parameter, value, True, name))
            result |= {
                Fact(parameter, fact.value, fact.holds, name)
                for fact in known
                if fact.subject == expressions.text(argument) and fact.value is not None
            }
        return frozenset(result)

    def branch(self, facts: TableFacts, statement: tree.If, states: States) -> States:
        """Return the states after an `if`."""
        after: States = ()
        for body, truth in ((statement.yes, True), (statement.no, False)):
            learned = expressions.facts(statement.condition, truth, self.analysis.constants)
            possible = tuple(
                State(state.facts | learned, state.residues)
                for state in states
                if not expressions.exclusive(learned, state.facts)
            )
            after += self.statements(facts, body, possible)
        return after

    def loop(self, facts: TableFacts, statement: tree.For | tree.While, states: States) -> States:
        """Return the states after a loop, going round until they don't change."""
        changed = self.analysis.changed_in(statement, facts)
        states = merge(tuple(forget(state, changed) for state in states))
        while True:
            round_ = self.statements(facts, statement.body, states)
            joined = merge(states + tuple(forget(state, changed) for state in round_))
            if joined == states:
                if isinstance(statement, tree.While) and is_until_aligned(statement.condition):
                    return merge(tuple(State(state.facts, ALIGNED) for state in states))
                return states
            states = joined


def is_until_aligned(condition: tree.Expression) -> bool:
    """Tell whether a condition is `!byte_aligned()`."""
    return (
        isinstance(condition, tree.Unary)
        and condition.operator == "!"
        and isinstance(condition.operand, tree.Function)
        and condition.operand.name == "byte_aligned"
    )


def forget(state: State, names: set[str]) -> State:
    """Drop what is known about names that get a new value."""
    return State(frozenset(fact for fact in state.facts if not fact.names & names), state.residues)
