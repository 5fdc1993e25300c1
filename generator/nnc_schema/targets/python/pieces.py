"""Pieces of generated code that parsing and building have in common, statement by statement."""

from __future__ import annotations

from collections.abc import Iterator

from nnc_schema.language import tree
from nnc_schema.language.descriptors import DESCRIPTORS
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import Field, TableFacts, sites
from nnc_schema.targets.python.computed import ComputedCode
from nnc_schema.targets.python.lines import Lines
from nnc_schema.targets.python.names import Names

#: Entries that an array has at most which grows as it is assigned.
MOST_GROWN = 1 << 16


class Pieces(Lines):
    """Lines for arrays, tables kept by key, codings, and conditions on data to come.

    Attributes:
        analysis: the schema.
        facts: the table.
        names: how its names are written.
        free: the names that it reads from other tables, with the table that defines each.
        needed: the names whose values the code itself uses.
        shared: its names that other tables read.
        loops: the loops around what is written.
        computed: what its computed elements add.
    """

    analysis: Analysis
    facts: TableFacts
    names: Names
    free: dict[str, TableFacts]
    needed: set[str]
    shared: set[str]
    loops: list[tree.For | tree.While]
    computed: ComputedCode

    def local(self, name: str) -> str:
        """Return the local variable for a name."""
        return self.names.local(name)

    def told(self, name: str) -> str:
        """Return the text that tells a field: the schema's own name, in quotes."""
        return self.names.told(name)

    def targets(self, name: str) -> list[str]:
        """Return what a value of the table is assigned to, besides the field."""
        found = [self.local(name)] if name in self.needed else []
        if name in self.shared:
            found.append(f"context.{name}")
        return found

    def assign(self, targets: list[str], value: str) -> None:
        """Assign a value to several targets, on one line if it fits."""
        text = f"{' = '.join(targets)} = {value}"
        local = next((target for target in targets if "." not in target), None)
        if len(text) + 4 * (self.depth + 2) <= 100 or local is None or len(targets) == 1:
            self.line(text)
            return
        self.line(f"{local} = {value}")
        for target in targets:
            if target != local:
                self.line(f"{target} = {local}")

    def is_derived(self, name: str) -> bool:
        """Tell whether a variable is kept in the table."""
        return name in self.facts.meanings or name in self.facts.outputs

    def array(self, statement: tree.Array) -> None:
        """Add an array, whose entries count as made out of no bits; without sizes it grows."""
        name = self.local(statement.name)
        sizes = [self.names.value(size) for size in statement.sizes]
        entry = "int" if len(sizes) == 1 else "Any"
        self.line(f"{name}: dict[{entry}, {entry}] = {{}}")
        size = self.names.own(name, "_size")
        if not sizes:
            self.line(f"{size} = {MOST_GROWN}")
        elif len(sizes) == 1:
            self.line(f'{size} = stream.make({sizes[0]}, "{statement.name}")')
        else:
            self.line(f'{size} = _made(stream, ({", ".join(sizes)}), "{statement.name}")')

    def state(self, statement: tree.Assignment) -> str:
        """Return a variable that all tables share, or its entry, as the target of an assignment."""
        target = f"context.{statement.name}"
        sizes = self.analysis.state_sizes(statement.name)
        for index, size in zip(statement.indices, sizes, strict=True):
            target += f'[_entry(stream, {self.names.value(index)}, {size}, "{statement.name}")]'
        return target

    def entry_of(self, name: str, indices: tuple[tree.Expression, ...]) -> str:
        """Return an entry of an array as the target of an assignment."""
        local = self.local(name)
        values = [self.names.value(index) for index in indices]
        size = self.names.own(local, "_size")
        if len(values) == 1:
            return f'{local}[_entry(stream, {values[0]}, {size}, "{name}")]'
        return f'{local}[_entries(stream, ({", ".join(values)}), {size}, "{name}")]'

    def select(self, statement: tree.Select) -> None:
        """Add the selection of a table by its key, and take its names."""
        key = statement.key
        assert isinstance(key, tree.Name)
        where = f'stream, "{key.name}"'
        table = self.analysis.shown(statement.table)
        self.line(f'context.select("{table}", {self.names.value(key)}, {where})')
        for name in self.analysis.selected_names(statement.table):
            if name in self.free:
                self.line(f"{self.local(name)} = context.{name}")

    def keep(self) -> None:
        """Keep the names of a table that has a key."""
        table = self.facts.table
        if table.key is None:
            return
        chosen = [
            f'"{self.analysis.shown(other)}": {self.local(element)}'
            for element, other in self.analysis.selections(table.name)
        ]
        inside = f"{{{', '.join(chosen)}}}"
        name = self.analysis.shown(table.name)
        self.line(f'context.keep("{name}", {self.local(table.key)}, {inside})')

    def condition_of(
        self, condition: tree.Expression, body: tuple[tree.Statement, ...], loop: bool
    ) -> str:
        """Return the code of a condition, which may look at data to come."""
        if not expressions.looks_ahead(condition):
            return self.names.condition(condition)
        if isinstance(condition, tree.Binary) and condition.operator in ("&&", "||"):
            word = "and" if condition.operator == "&&" else "or"
            left = self.condition_of(condition.left, body, loop)
            right = self.condition_of(condition.right, body, loop)
            return f"({left}) {word} ({right})"
        return self.ahead(condition, body, loop)

    def ahead(
        self, condition: tree.Expression, body: tuple[tree.Statement, ...], loop: bool
    ) -> str:
        """Return the code of a condition that looks at data to come."""
        return self.names.condition(condition)

    def verb(self, statement: tree.Element, arguments: list[str]) -> str:
        """Return the beginning of the call that reads or writes an element."""
        if DESCRIPTORS[statement.descriptor].coded:
            inside = f"({', '.join(arguments)}{',' * (len(arguments) == 1)})"
            return f'stream.code("{statement.descriptor}", {inside}, '
        return f"stream.{statement.descriptor}(" + "".join(f"{each}, " for each in arguments)

    def filling(self, field: Field) -> list[str]:
        """Return the arguments of `padding`, none of `byte_alignment`."""
        assert isinstance(field.statement, tree.Call)
        return [self.names.value(argument) for argument in field.statement.arguments]

    def finish_array(self, statement: tree.Array) -> None:
        """Turn a sparse array into a list at the end of its block."""
        targets = [f"obj.{statement.name}"] if self.is_derived(statement.name) else []
        if statement.name in self.shared:
            targets.append(f"context.{statement.name}")
        if targets:
            self.assign(targets, self.names.whole_array(statement.name))

    def measured(self, value: tree.Expression, name: str) -> str:
        """Return the code of a value that a name gets; one that might grow is measured."""
        code = self.names.value(value)
        if any(self.may_grow(part) for part in expressions.walk(value)):
            return f'_number(stream, {code}, "{name}")'
        return code

    def may_grow(self, expression: tree.Expression) -> bool:
        """Tell whether an operation, done again and again, makes numbers without measure."""
        if not isinstance(expression, tree.Binary):
            return isinstance(expression, tree.Function) and expression.name == "Prod"
        sides = [expressions.names(side) for side in (expression.left, expression.right)]
        if expression.operator in ("+", "-"):
            # Adding what was read makes no number much larger; adding it to itself does.
            return bool(self.loops) and all(side & self.facts.variables.keys() for side in sides)
        known = self.analysis.constants.keys()
        if expression.operator == "<<":
            return bool(sides[0] & self.facts.variables.keys())
        return expression.operator == "*" and all(side - known for side in sides)

    def has_rules(self) -> bool:
        """Tell whether a value of the table may break a range or a constraint."""
        meanings = [self.facts.meaning(name) for name in self.facts.fields]
        bound = any(each is not None and (each.range or each.constraints) for each in meanings)
        return bound or bool(self.computed.elements) or self.computed.is_marked

    @property
    def rules(self) -> str:
        """Variable that holds what holds the table to its rules."""
        return self.names.own("rules", "")

    def when_computing(self, lines: list[str]) -> None:
        """Add lines that only matter where elements are computed."""
        raise TypeError("only for one direction")

    def begin_rules(self) -> None:
        """Begin what holds the table to its rules, if anything does."""
        if self.has_rules():
            self.line(f"{self.rules} = stream.rules")
            self.line(f"if {self.rules} is not None:")
            self.line(f"    {self.rules}.open(stream, self, context)")

    def end_rules(self) -> None:
        """Hold the table to its rules, once it is known what its elements are computed to be."""
        self.when_computing(self.computed.last_lines())
        if self.has_rules():
            self.line(f"if {self.rules} is not None:")
            self.line(f"    {self.rules}.close(stream, obj, context)")

    def begin_pass(self) -> str:
        """Note where a pass of a loop begins that may read nothing; return the variable."""
        begin = self.names.own("begin_of_pass", f"_{len(self.loops)}")
        self.line(f"{begin} = stream.position")
        return begin

    def loop_names(self, statement: tree.For | tree.While) -> Iterator[str]:
        """Yield the names of the fields in a loop."""
        for site in sites(statement.body):
            if isinstance(site.statement, tree.Element | tree.Call | tree.External):
                yield site.statement.field

    def ask(self, expression: tree.Expression) -> None:
        """Ask for the given values in an expression."""
        for name in sorted(expressions.names(expression)):
            if name in self.analysis.givens and not any(name in asked for asked in self.asked):
                self.line(f'{self.local(name)} = context.ask("{name}", obj, stream)')
                self.asked[-1].add(name)

    def asks(self, statement: tree.If) -> bool:
        """Tell whether the condition of an `if` needs a value that is yet to be asked for."""
        return any(
            name in self.analysis.givens and not any(name in asked for asked in self.asked)
            for name in expressions.names(statement.condition)
        )
