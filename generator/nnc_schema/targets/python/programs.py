"""Programs of the runtime, out of statements: what a compiled machine reads and writes at once.

Not all statements fit. Those that don't end a program; generated code does them one by one. It
does the others too, wherever the machine gives up, so a program must set what the code sets:
fields, shared names, parameters. See `nnc.bitio.programs` for the steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from nnc_schema.language import tree
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.computed import computation, marked_fields
from nnc_schema.passes.table_facts import (
    BYTE_ALIGNMENT,
    Field,
    TableFacts,
    counted_to,
    only_value,
    sites,
)
from nnc_schema.targets.python.steps import Step, fields_of, inputs_of

#: Operators of the machine.
OPERATORS = {"==", "!=", "<", "<=", ">", ">=", "&&", "||", "+", "-", "*", "/", "%", "&", "|", "^"}
SHIFTS = ("<<", ">>")

#: Shifts to the left that surely stay within the numbers of the machine.
MOST_SHIFTED = 20

#: The machine's integers have at most so many bits.
WORD = 64

#: The largest constant in an expression of the machine.
LARGEST = 1 << 30

#: Tables within each other in one program.
DEEPEST = 8


class UnfitError(Exception):
    """A statement or expression is nothing for a program."""


class Program(NamedTuple):
    """A program as it stands in a module.

    Attributes:
        steps: what it does.
        inputs: the names that are known before.
        shared: the elements that other tables read.
        blank: for a whole table, the fields that may stay None.
        depth: how many tables are called within each other.
    """

    steps: tuple[Step, ...]
    inputs: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()
    depth: int = 0

    def text(self) -> str:
        """Return the call that makes it."""
        parts = [repr(step) for step in self.steps]
        for name, value in zip(self._fields[1:], self[1:], strict=True):
            if value:
                parts.append(f"{name}={value!r}")
        return f"Program({', '.join(parts)})"


class Programs:
    """Makes the programs of one table."""

    def __init__(self, analysis: Analysis, facts: TableFacts, above: tuple[str, ...] = ()):
        """Set the table, and the tables that it is called from."""
        self.analysis = analysis
        self.facts = facts
        self.above = (*above, facts.table.name)
        self.free = analysis.free_names(facts)
        self.entry = analysis.entry_names(facts)
        self.shared = {name for name, definer in analysis.shared.items() if definer is facts}
        self.marked = marked_fields(facts)
        self.used = {use.name.name for use in facts.uses}
        self.used |= {use.name.name for use in analysis.absent_uses(facts)}
        self.depth = 0
        self.is_whole = False

    def whole(self) -> Program | None:
        """Return the program of the whole table, None where it doesn't fit."""
        facts, table = self.facts, self.facts.table
        if table.transform is not None or table.key is not None or table.external:
            return None
        if facts.arrays or not facts.fields or len(self.above) > DEEPEST:
            return None
        self.depth, self.is_whole = 0, True
        try:
            before = [*self.entry]
            before += [name for name in table.parameters if name not in facts.outputs]
            self.check_plain(before)
            steps = self.body(before)
        except UnfitError:
            return None
        finally:
            self.is_whole = False
        known = set(self.set_by(steps)) | set(before)
        if set(inputs_of(steps)) - known:
            return None
        blank = [
            field.name for field in facts.fields.values() if field.conditional or field.is_alignment
        ]
        blank += [name for name in facts.variables if self.is_derived(name)]
        loads = [*self.left_behind(), *(("load", name) for name in before)]
        return Program((*loads, *steps), (), self.shared_in(steps), tuple(blank), self.depth)

    def is_derived(self, name: str) -> bool:
        """Tell whether a variable is kept in the table."""
        return name in self.facts.meanings or name in self.facts.outputs

    def body(self, before: list[str]) -> tuple[Step, ...]:
        """Return the steps of the whole table; its extent opens once the names in it are known."""
        extent = self.facts.table.extent
        steps: list[Step] = []
        for statement in (None, *self.facts.table.body):
            if statement is not None:
                steps += self.statement(statement)
            known = {*self.set_by(steps), *before, *self.analysis.constants}
            if extent is not None and expressions.names(extent) <= known:
                steps.append(("extent", self.expression(extent)))
                extent = None
        if extent is not None:
            raise UnfitError(self.facts.table.name)
        return tuple(steps)

    def run(self, statements: tuple[tree.Statement, ...]) -> Program | None:
        """Return the program of some statements of the table."""
        self.depth = 0
        try:
            steps = self.block(statements)
            inputs = tuple(dict.fromkeys(inputs_of(steps)))
            self.check_inputs(inputs)
        except UnfitError:
            return None
        return Program(steps, inputs, self.shared_in(steps), (), self.depth)

    def shared_in(self, steps: tuple[Step, ...]) -> tuple[str, ...]:
        """Return the elements among steps that other tables read."""
        return tuple(name for name in dict.fromkeys(fields_of(steps)) if name in self.shared)

    def set_by(self, steps: Iterable[Step]) -> Iterator[str]:
        """Yield the names that have a value somewhere in steps."""
        for step in steps:
            if step[0] == "if":
                yield from self.set_by((*step[2], *step[3]))
            elif step[0] == "for" or step[0] not in ("missing", "share", "derive", "extent"):
                yield step[1]

    def check_plain(self, names: Iterable[str]) -> None:
        """Refuse names of other tables that are lists."""
        for name in names:
            definer = self.free.get(name)
            if definer is not None and definer.is_list(name):
                raise UnfitError(name)
            if definer is not None and not self.is_integer(definer, name):
                raise UnfitError(name)

    def check_inputs(self, names: Iterable[str]) -> None:
        """Refuse names that need not have a value, or none that is an integer."""
        self.check_plain(names)
        for name in names:
            field = self.facts.fields.get(name)
            if field is None:
                if name not in self.facts.table.parameters and name not in self.entry:
                    raise UnfitError(name)
            elif (
                field.is_list
                or not self.is_integer(self.facts, name)
                or (self.absent(name) is None and field.conditional)
            ):
                raise UnfitError(name)

    def is_integer(self, definer: TableFacts, name: str) -> bool:
        """Tell whether an element is coded as an integer; variables are."""
        field = definer.fields.get(name)
        if field is None:
            return True
        statement = field.statement
        return isinstance(statement, tree.Element) and statement.descriptor in (
            "u", "i", "ue", "ie", "ule", "ile", "leb128", "uvlc", "ns", "tu", "te", "rice",
        )  # fmt: skip

    # Statements

    def block(self, statements: Iterable[tree.Statement]) -> tuple[Step, ...]:
        """Return the steps of statements."""
        return tuple(step for each in statements for step in self.statement(each))

    def statement(self, statement: tree.Statement) -> list[Step]:
        """Return the steps of one statement."""
        match statement:
            case tree.Element():
                return [self.element(statement, self.facts.fields[statement.field], None)]
            case tree.Call() if statement.table == BYTE_ALIGNMENT:
                field = self.facts.fields[statement.field]
                if field.is_list or field.scattered or statement.arguments:
                    raise UnfitError(field.name)
                return [(BYTE_ALIGNMENT, field.name)]
            case tree.Call():
                return self.call(statement, self.facts.fields[statement.field], None)
            case tree.If():
                return [self.branch(statement)]
            case tree.For():
                return [self.loop(statement)]
            case tree.While():
                return [self.bits(statement)]
            case tree.Assignment() if self.is_whole and not statement.indices:
                return self.assignment(statement)
        raise UnfitError(type(statement).__name__)

    def assignment(self, statement: tree.Assignment) -> list[Step]:
        """Return the steps of an assignment."""
        name = statement.name
        if name in self.analysis.states:
            raise UnfitError(name)
        return [("set", name, self.expression(statement.value)), *self.handed_on(name)]

    def handed_on(self, name: str) -> Iterator[Step]:
        """Yield the steps that keep a variable in the table, and show it to others."""
        if self.is_derived(name):
            yield "derive", name, name
        if name in self.shared:
            yield "share", name, name

    def left_behind(self) -> Iterator[Step]:
        """Yield the steps that set what tables which may be left out stand for then."""
        for name, absent in self.analysis.left_behind(self.facts).items():
            yield "share", name, self.expression(absent)

    def element(self, statement: tree.Element, field: Field, loop: tree.For | None) -> Step:
        """Return the step of an element."""
        if field.scattered or field.vector or (field.is_list and field.loops != (loop,)):
            raise UnfitError(field.name)
        if not self.is_whole and (computation(statement) is not None or field.name in self.marked):
            raise UnfitError(field.name)
        descriptor = statement.descriptor
        if descriptor not in ("u", "i", "ue", "ie", "ule", "ile", "bytes", "text"):
            raise UnfitError(descriptor)
        argument = self.expression(statement.arguments[0])
        fixed = isinstance(argument, int)
        if fixed and not 0 <= argument <= (LARGEST if descriptor in ("bytes", "text") else WORD):
            raise UnfitError(field.name)
        if descriptor in ("ue", "ie") and (not fixed or argument > WORD // 4):
            raise UnfitError(field.name)
        if descriptor in ("ule", "ile") and (not fixed or argument % 8 or not argument):
            raise UnfitError(field.name)
        if loop is not None and field.name in self.used:
            raise UnfitError(field.name)
        return descriptor, field.name, argument

    def call(self, statement: tree.Call, field: Field, loop: tree.For | None) -> list[Step]:
        """Return the steps of the call of a table."""
        callee = self.analysis.tables.get(statement.table)
        if callee is None or field.scattered or statement.table in self.above:
            raise UnfitError(statement.table)
        if field.is_list and field.loops != (loop,):
            raise UnfitError(field.name)
        outputs = self.analysis.output_arguments(statement)
        if self.analysis.indexed_outputs(statement):
            raise UnfitError(field.name)
        if outputs and (not self.is_whole or loop is not None):
            raise UnfitError(field.name)
        if not self.is_whole and field.name in self.marked:
            raise UnfitError(field.name)
        made = Programs(self.analysis, callee, self.above)
        program = made.whole()
        if program is None:
            raise UnfitError(statement.table)
        self.depth = max(self.depth, program.depth + 1)
        steps: list[Step] = []
        for parameter, argument in zip(callee.table.parameters, statement.arguments, strict=True):
            if parameter not in callee.outputs:
                steps.append(("share", parameter, self.expression(argument)))
        steps.append(("call", field.name, self.analysis.shown(statement.table)))
        for name in self.analysis.set_by(statement, self.facts):
            if name in self.free and name not in self.entry:
                raise UnfitError(name)
        for name, parameter in outputs.items():
            steps += [("output", name, parameter), *self.handed_on(name)]
        return steps

    def branch(self, statement: tree.If) -> Step:
        """Return the step of a condition."""
        condition = self.expression(statement.condition)
        if any(isinstance(site.statement, tree.Assignment) for site in sites((statement,))):
            raise UnfitError("if")
        arms = []
        for body, other in ((statement.yes, statement.no), (statement.no, statement.yes)):
            arms.append((*self.block(body), *self.missing(other, body)))
        return "if", condition, arms[0], arms[1]

    def missing(
        self, there: tuple[tree.Statement, ...], here: tuple[tree.Statement, ...]
    ) -> Iterator[Step]:
        """Yield the steps for what stands in the other arm only."""
        present = {name for name, _ in self.names_set(here)}
        gone = []
        for name, field in dict(self.names_set(there)).items():
            if name in present:
                continue
            if field is not None and (not field.is_list or not field.is_alignment):
                gone.append(name)
            if field is None or isinstance(field.statement, tree.Element):
                yield from self.take_absent(name, field)
        if gone:
            yield ("missing", *gone)

    def names_set(
        self, statements: tuple[tree.Statement, ...]
    ) -> Iterator[tuple[str, Field | None]]:
        """Yield the names that statements set, with the field of those that are one."""
        for site in sites(statements):
            statement = site.statement
            if isinstance(statement, tree.Element | tree.Call):
                field = self.facts.fields[statement.field]
                yield field.name, field
            if isinstance(statement, tree.Call):
                for name in self.analysis.set_by(statement, self.facts):
                    yield name, None
                for name in self.analysis.output_arguments(statement):
                    yield name, None

    def take_absent(self, name: str, field: Field | None) -> Iterator[Step]:
        """Yield the steps that set a name to the value that its absence stands for."""
        meaning = self.analysis.meaning(name, self.facts)
        if name in self.facts.variables:
            if meaning is None or meaning.absent is None:
                raise UnfitError(name)
            yield "set", name, self.expression(meaning.absent)
            yield from self.handed_on(name)
            return
        if meaning is None or meaning.absent is None:
            return
        if field is None:
            if name in self.free and name not in self.entry:
                raise UnfitError(name)
            return
        if field.is_list:
            raise UnfitError(name)
        value = self.expression(meaning.absent)
        if name in self.used:
            yield "set", name, value
        if name in self.shared:
            yield "share", name, value

    def absent(self, name: str) -> int | None:
        """Return the number that the absence of an element stands for."""
        meaning = self.facts.meaning(name)
        if meaning is None or meaning.absent is None:
            return None
        return expressions.evaluate(meaning.absent, self.analysis.constants)

    def loop(self, statement: tree.For) -> Step:
        """Return the step of a loop that is counted, and fills lists."""
        bound = counted_to(statement)
        if bound is None or not self.analysis.consumes(statement.body, frozenset()):
            raise UnfitError(statement.variable)
        count = self.expression(bound)
        if not isinstance(count, int):
            changed = {name for name, _ in self.names_set(statement.body)}
            if expressions.names(bound) & changed:
                raise UnfitError(statement.variable)
        steps: list[Step] = []
        for each in statement.body:
            if isinstance(each, tree.Element):
                field = self.facts.fields[each.field]
                self.check_index(each, statement)
                steps.append(self.element(each, field, statement))
            elif isinstance(each, tree.Call) and each.table != BYTE_ALIGNMENT:
                steps += self.call(each, self.facts.fields[each.field], statement)
            else:
                raise UnfitError(statement.variable)
        return "for", statement.variable, count, tuple(steps)

    def check_index(self, element: tree.Element, loop: tree.For) -> None:
        """Refuse an index that isn't the variable of the loop."""
        for index in element.indices:
            if not isinstance(index, tree.Name) or index.name != loop.variable or index.indices:
                raise UnfitError(element.name)

    def bits(self, statement: tree.While) -> Step:
        """Return the step of single bits up to a byte boundary."""
        condition = statement.condition
        if (
            not statement.test_first
            or not isinstance(condition, tree.Unary)
            or condition.operator != "!"
            or not isinstance(condition.operand, tree.Function)
            or condition.operand.name != "byte_aligned"
            or len(statement.body) != 1
        ):
            raise UnfitError("while")
        (element,) = statement.body
        if not isinstance(element, tree.Element) or element.descriptor != "u" or element.indices:
            raise UnfitError("while")
        field = self.facts.fields[element.field]
        if self.expression(element.arguments[0]) != 1 or field.loops != (statement,):
            raise UnfitError("while")
        if field.scattered or field.name in self.used or field.name in self.shared:
            raise UnfitError("while")
        meaning = self.facts.meaning(field.name)
        return "bits", field.name, only_value(meaning, self.analysis.constants)

    # Expressions

    def expression(self, expression: tree.Expression) -> Any:
        """Return an expression of the machine."""
        known = expressions.evaluate(expression, self.analysis.constants)
        if known is not None:
            if abs(known) > LARGEST:
                raise UnfitError(str(known))
            return known
        match expression:
            case tree.Name():
                name = expression.name
                if expression.indices or name in self.analysis.givens:
                    raise UnfitError(name)
                if name in self.analysis.states:
                    raise UnfitError(name)
                if name in self.analysis.constant_tables:
                    raise UnfitError(name)
                if name in self.facts.variables and not self.is_whole:
                    raise UnfitError(name)
                field = self.facts.fields.get(name)
                if field is not None and (field.is_list or not self.is_integer(self.facts, name)):
                    raise UnfitError(name)
                return name
            case tree.Unary() if expression.operator == "!":
                return "==", self.expression(expression.operand), 0
            case tree.Unary() if expression.operator == "-":
                return "-", 0, self.expression(expression.operand)
            case tree.Binary():
                return self.binary(expression)
        raise UnfitError(expressions.text(expression))

    def binary(self, expression: tree.Binary) -> Any:
        """Return an operation of the machine."""
        left, right = self.expression(expression.left), self.expression(expression.right)
        if expression.operator in SHIFTS:
            if not isinstance(right, int) or not 0 <= right <= MOST_SHIFTED:
                raise UnfitError(expression.operator)
        elif expression.operator not in OPERATORS:
            raise UnfitError(expression.operator)
        return expression.operator, left, right
