"""Bodies of the generated `_parse` and `_build`: statements of the schema -> lines of Python.

Both directions follow one control flow; `ParseCode` and `BuildCode` say where they differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from nnc_schema.language import tree
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import (
    Field,
    TableFacts,
    own_expressions,
    sites,
)
from nnc_schema.targets.python.computed import ComputedCode
from nnc_schema.targets.python.names import Names, is_alignment
from nnc_schema.targets.python.programs import Program, Programs
from nnc_schema.targets.python.running import Running

#: Statements that may read or write something.
CODED = (tree.Element, tree.External, tree.Call)


class Code(Running):
    """Lines of Python for one direction of one table."""

    def __init__(self, analysis: Analysis, facts: TableFacts, file: tree.File):
        """Set the table, and the file that the code is for."""
        super().__init__()
        self.analysis = analysis
        self.facts = facts
        self.names = Names(analysis, facts, file)
        self.file = file
        self.loops = self.names.loops
        self.free = analysis.free_names(facts)
        self.entry = analysis.entry_names(facts)
        self.needed = self.needed_names()
        self.shared = {name for name, definer in analysis.shared.items() if definer is facts}
        self.extent_open = facts.table.extent is None
        self.position_locals: set[str] = set()
        self.computed = ComputedCode(self.names, facts, self.start)
        self.programs = Programs(analysis, facts)
        self.made: list[Program] = []
        self.whole = self.programs.whole()

    def needed_names(self) -> set[str]:
        """Return the names whose values the code itself uses."""
        outputs = {
            id(argument)
            for site in self.facts.calls
            if isinstance(site.statement, tree.Call)
            for argument in site.statement.arguments
            if isinstance(argument, tree.Name)
            and argument.name in self.analysis.output_arguments(site.statement)
        }
        found = {use.name.name for use in self.facts.uses if id(use.name) not in outputs}
        for use in self.analysis.absent_uses(self.facts):
            found.add(use.name.name)
        if self.facts.table.key is not None:
            found.add(self.facts.table.key)
        return found

    # Names

    @property
    def start(self) -> str:
        """Variable that holds the first bit of the table."""
        return self.names.own("start", "")

    @property
    def outer_end(self) -> str:
        """Variable that holds where the data of the table around end."""
        return self.names.own("outer_end", "")

    # The whole

    def body(self) -> list[str]:
        """Return the lines of the function."""
        self.begin()
        if self.facts.table.key is not None:
            self.line(f'context.forget("{self.analysis.shown(self.facts.table.name)}")')
        for name in self.entry:
            self.line(f"{self.local(name)} = context.{name}")
        for name in self.facts.table.parameters:
            if name not in self.facts.outputs:
                self.line(f"{self.local(name)} = context.{name}")
        self.preset()
        for line in self.computed.presets():
            self.line(line)
        self.when_computing(self.computed.first_lines())
        if not self.extent_open or self.computed.uses_start:
            self.line(f"{self.start} = stream.position")
        self.open_extent()
        self.statements(self.facts.table.body, top=True)
        self.close_extent()
        self.keep()
        self.end()
        return self.lines

    def when_computing(self, lines: list[str]) -> None:
        """Add lines that only matter where elements are computed."""
        for line in lines:
            self.line(line)

    def begin(self) -> None:
        """Add what comes first."""
        raise TypeError("only for one direction")

    def end(self) -> None:
        """Add what comes last."""
        raise TypeError("only for one direction")

    def preset(self) -> None:
        """Take the absent values of names whose absence no single condition tells."""
        for name, absent in self.analysis.left_behind(self.facts).items():
            self.line(f"context.{name} = {self.names.value(absent)}")
        for field in self.facts.fields.values():
            if not field.scattered:
                continue
            self.preset_field(field)
            meaning = self.facts.meaning(field.name)
            if meaning is not None and meaning.absent is not None:
                self.take_absent(field.name, meaning.absent)
        for field in self.facts.fields.values():
            if field.is_list and self.keeps_list(field):
                written = self.list_type(field)
                levels = len(field.loops) - field.vector if field.indexed else 1
                for level in range(levels):
                    self.line(f"{self.row(field, level)}: {written}")
                    written = written.removeprefix("list[").removesuffix("]")

    def preset_field(self, field: Field) -> None:
        """Prepare a field whose presence no single condition tells."""

    def list_type(self, field: Field) -> str:
        """Return the type of a list while it is filled or written."""
        return "list[int | None]" if field.is_alignment else self.names.field_type(field)

    def keeps_list(self, field: Field) -> bool:
        """Tell whether a list field goes through a local variable."""
        return not (field.vector and len(field.loops) == 1)

    def open_extent(self) -> None:
        """Narrow the data down to the table's extent, once the names in it are known."""
        raise TypeError("only for one direction")

    def close_extent(self) -> None:
        """Deal with what is left of the extent."""
        raise TypeError("only for one direction")

    # Names

    def take_absent(self, name: str, absent: tree.Expression) -> None:
        """Set a name to the value that its absence stands for."""
        targets = self.targets(name)
        if name in self.free:
            targets = [self.local(name), f"context.{name}"]
        if name in self.facts.variables and self.is_derived(name):
            targets.append(f"obj.{name}")
        if targets:
            self.ask(absent)
            self.assign(targets, self.names.value(absent))

    # Statements

    def statements(self, statements: tuple[tree.Statement, ...], *, top: bool = False) -> None:
        """Add the lines of a block."""
        for group in self.groups(statements, top):
            if self.fitting(group, top):
                self.run(group, partial(self.one_by_one, group))
            else:
                self.one_by_one(group)
            if top:
                self.open_extent()
        for statement in statements:
            if isinstance(statement, tree.Array):
                self.finish_array(statement)

    def one_by_one(self, statements: list[tree.Statement]) -> None:
        """Add the lines of statements, each by itself."""
        for statement in statements:
            for expression in own_expressions(statement):
                self.ask(expression)
            marked = [] if self.loops else self.computed.marks_of(statement)
            marks = [self.computed.mark_names(field) for field in marked]
            asked = self.computed.asked if marks else ()
            self.when_computing(
                [f"{begin} = stream.position" for begin, _ in marks if begin in asked]
            )
            self.statement(statement)
            self.when_computing([f"{end} = stream.position" for _, end in marks if end in asked])

    def statement(self, statement: tree.Statement) -> None:
        """Add the lines of one statement."""
        match statement:
            case tree.Element():
                self.element(statement, self.facts.fields[statement.field])
            case tree.Call() if is_alignment(statement):
                self.alignment(self.facts.fields[statement.field])
            case tree.Call():
                self.call(statement, self.facts.fields[statement.field])
            case tree.External():
                self.external(self.facts.fields[statement.field])
            case tree.Array():
                self.array(statement)
            case tree.Select():
                self.select(statement)
            case tree.Assignment():
                self.assignment(statement)
            case tree.If():
                self.branch(statement)
            case tree.For() | tree.While():
                self.loop(statement)

    def element(self, statement: tree.Element, field: Field) -> None:
        """Add an element."""
        raise TypeError("only for one direction")

    def alignment(self, field: Field) -> None:
        """Add a byte_alignment()."""
        raise TypeError("only for one direction")

    def call(self, statement: tree.Call, field: Field) -> None:
        """Add the call of a table."""
        raise TypeError("only for one direction")

    def external(self, field: Field) -> None:
        """Add bytes that stay as they are."""
        raise TypeError("only for one direction")

    def list_begin(self, field: Field, level: int, loop: tree.For | tree.While) -> None:
        """Add what a list needs before its loop of that level."""
        raise TypeError("only for one direction")

    def list_end(self, field: Field) -> None:
        """Add what a list needs after its outermost loop."""

    def refuse(self, names: list[str]) -> None:
        """Refuse fields that are set though they don't stand here."""

    def vector(self, field: Field) -> None:
        """Add a loop that is one vector."""
        raise TypeError("only for one direction")

    def arguments(self, statement: tree.Call) -> None:
        """Pass input arguments through the context."""
        callee = self.analysis.tables[statement.table]
        for parameter, argument in zip(callee.table.parameters, statement.arguments, strict=True):
            if parameter not in callee.outputs:
                value = self.measured(argument, parameter)
                self.line(f"context.{parameter} = {value}")

    def after_call(self, statement: tree.Call, result: str) -> None:
        """Fetch what a called table has set."""
        for name, parameter in self.analysis.output_arguments(statement).items():
            targets = [self.local(name)] if name in self.needed else []
            if self.is_derived(name):
                targets.append(f"obj.{name}")
            if name in self.shared:
                targets.append(f"context.{name}")
            if targets:
                self.assign(targets, f"{result}.{parameter}")
        for argument, parameter in self.analysis.indexed_outputs(statement):
            self.line(f"{self.entry_of(argument.name, argument.indices)} = {result}.{parameter}")
        for name in self.analysis.set_by(statement, self.facts):
            if name in self.free and name not in self.entry:
                self.line(f"{self.local(name)} = context.{name}")

    def assignment(self, statement: tree.Assignment) -> None:
        """Add an assignment to a variable or to an entry of an array."""
        if statement.name in self.analysis.states:
            self.line(self.state_set(statement))
            return
        value = self.measured(statement.value, statement.name)
        if statement.indices:
            self.line(f"{self.entry_of(statement.name, statement.indices)} = {value}")
            return
        targets = self.targets(statement.name)
        if self.is_derived(statement.name):
            targets.append(f"obj.{statement.name}")
        if targets:
            self.assign(targets, value)

    # Conditions

    def branch(self, statement: tree.If) -> None:
        """Add an `if` with its `else if`s, and what absence means in each arm."""
        arms: list[tuple[tree.Expression | None, tuple[tree.Statement, ...]]]
        arms = [(statement.condition, statement.yes)]
        rest = statement.no
        while len(rest) == 1 and isinstance(rest[0], tree.If) and not self.asks(rest[0]):
            arms.append((rest[0].condition, rest[0].yes))
            rest = rest[0].no
        arms.append((None, rest))
        for number, (condition, body) in enumerate(arms):
            place = len(self.lines)
            if condition is None:
                self.line("else:")
            else:
                word = "elif" if number else "if"
                self.line(f"{word} {self.condition_of(condition, body, False)}:")
            with self.indented():
                self.statements(body)
                others = [arm for other, (_, arm) in enumerate(arms) if other != number]
                self.missing(tuple(part for arm in others for part in arm), body)
            idle = self.lines[place + 1 :] == ["    " * (self.depth + 1) + "pass"]
            if condition is None and idle:
                del self.lines[place:]

    def missing(self, there: tuple[tree.Statement, ...], here: tuple[tree.Statement, ...]) -> None:
        """Take the absent values of what stands in the other arm only, and refuse its fields."""
        present = set(self.set_names(here))
        refused = []
        for name, is_field in dict.fromkeys(self.set_names(there)):
            if (name, is_field) in present:
                continue
            field = self.facts.fields.get(name) if is_field else None
            if field is not None:
                if field.scattered:
                    continue
                if not field.is_list:
                    refused.append(name)
            if field is None or isinstance(field.statement, tree.Element):
                meaning = self.analysis.meaning(name, self.facts)
                if meaning is not None and meaning.absent is not None and self.sets(name):
                    self.take_absent(name, meaning.absent)
        # Lists within loops look after themselves, before the loop.
        refused += self.absent_lists(there, {name for name, is_field in present if is_field})
        if refused:
            self.refuse(refused)

    def absent_lists(self, there: tuple[tree.Statement, ...], present: set[str]) -> list[str]:
        """Return the list fields that don't stand here since their outermost loop doesn't."""
        inside = len(self.loops)
        found = []
        for site in sites(there):
            field = self.facts.fields.get(getattr(site.statement, "field", ""))
            if field is None or not field.is_list or field.scattered or inside:
                continue
            if field.name not in present and field.name not in found and not field.is_alignment:
                found.append(field.name)
        return found

    def sets(self, name: str) -> bool:
        """Tell whether this table is to set a name where it is absent."""
        if self.facts.defines(name):
            return True
        return name in self.free and name not in self.entry and name in self.needed

    def set_names(self, statements: tuple[tree.Statement, ...]) -> Iterator[tuple[str, bool]]:
        """Yield the names that statements set, and whether each is a field of this table."""
        for site in sites(statements):
            statement = site.statement
            match statement:
                case tree.Element() | tree.External():
                    yield statement.field, True
                case tree.Call():
                    yield statement.field, True
                    for name in self.analysis.set_by(statement, self.facts):
                        yield name, False
                    for name in self.analysis.output_arguments(statement):
                        yield name, False
                case tree.Assignment() | tree.Array():
                    yield statement.name, False

    # Loops

    def loop(self, statement: tree.For | tree.While) -> None:
        """Add a loop."""
        fields = self.loop_fields(statement)
        if len(fields) == 1 and fields[0].vector and fields[0].loops[-1] is statement:
            self.vector(fields[0])
            return
        for field in fields:
            self.list_begin(field, field.loops.index(statement), statement)
        self.loop_head(statement)
        outermost = not self.loops
        if outermost:
            for field in fields:
                self.list_end(field)

    def loop_fields(self, statement: tree.For | tree.While) -> list[Field]:
        """Return the list fields that this loop adds a level to."""
        return [
            field
            for field in self.facts.fields.values()
            if any(loop is statement for loop in field.loops)
            and (field.indexed or field.loops[0] is statement)
        ]

    def loop_head(self, statement: tree.For | tree.While) -> None:
        """Add the line that loops, and the body."""
        head = self.range_head(statement)
        variable = self.local(statement.variable) if isinstance(statement, tree.For) else ""
        if head is None and isinstance(statement, tree.For):
            self.line(f"{variable} = {self.names.value(statement.start)}")
        if head is None:
            endless = isinstance(statement, tree.While) and not statement.test_first
            test = "True"
            if not endless:
                test = self.condition_of(statement.condition, statement.body, True)
            head = f"while {test}:"
        self.line(head)
        self.loops.append(statement)
        with self.indented():
            consumes = self.analysis.consumes(statement.body, frozenset())
            coded = any(isinstance(one.statement, CODED) for one in sites(statement.body))
            begin = "" if consumes or not coded else self.begin_pass()
            if not coded:
                self.line("stream.computed()")
            self.statements(statement.body)
            if begin:
                name = next(iter(self.loop_names(statement)), "")
                self.line(f"stream.passed({begin}, {self.told(name)})")
            if isinstance(statement, tree.For) and head.startswith("while"):
                sign = "+" if statement.step > 0 else "-"
                self.line(f"{variable} {sign}= {abs(statement.step)}")
            if isinstance(statement, tree.While) and not statement.test_first:
                self.ask(statement.condition)
                test = self.condition_of(statement.condition, statement.body, True)
                self.line(f"if not ({test}):")
                with self.indented():
                    self.line("break")
        self.loops.pop()

    def range_head(self, statement: tree.For | tree.While) -> str | None:
        """Return the `for` line of a loop over a range that is known beforehand, else None."""
        if not isinstance(statement, tree.For):
            return None
        condition = statement.condition
        if not isinstance(condition, tree.Binary) or not isinstance(condition.left, tree.Name):
            return None
        changed = {name for name, _ in self.set_names(statement.body)} | {statement.variable}
        if any(isinstance(site.statement, tree.Call) for site in sites(statement.body)):
            changed |= set(self.analysis.states)
        operator = condition.operator
        if (
            condition.left.name != statement.variable
            or operator not in (("<", "<=") if statement.step > 0 else (">", ">="))
            or expressions.names(condition.right) & changed
            or any(name == statement.variable for name, _ in self.set_names(statement.body))
        ):
            return None
        bound = condition.right
        if operator.endswith("="):
            one = tree.Number(bound.position, 1)
            bound = tree.Binary(bound.position, "+" if statement.step > 0 else "-", bound, one)
            known = expressions.evaluate(bound, {})
            bound = bound if known is None else tree.Number(bound.position, known)
        arguments = [self.names.value(statement.start), self.names.value(bound)]
        if statement.step != 1:
            arguments.append(str(statement.step))
        elif arguments[0] == "0":
            del arguments[0]
        return f"for {self.local(statement.variable)} in range({', '.join(arguments)}):"

    def inner_guard(self, field: Field, level: int) -> str:
        """Return the condition, within the loop of that level, that a list field stands under."""
        parts = []
        changed = self.analysis.changed_in(field.loops[level], self.facts)
        for loops, condition, truth in field.sites[0].guards:
            if loops > level and not expressions.names(condition) & changed:
                parts.append(
                    self.names.wrapped(expressions.negated(condition, not truth), 3, number=False)
                )
        return " and ".join(parts)

    def index_code(self, field: Field) -> str:
        """Return the argument that names an element's index, with a comma, or nothing."""
        if not field.indexed:
            return f", {self.list_position(field)}" if field.is_list else ""
        statement = field.statement
        assert isinstance(statement, tree.Element)
        indices = [self.names.value(index) for index in statement.indices]
        return f", {indices[0]}" if len(indices) == 1 else f", ({', '.join(indices)})"

    def list_position(self, field: Field) -> str:
        """Return how many values of a list without index in the syntax stand before the next."""
        raise TypeError("only for one direction")
