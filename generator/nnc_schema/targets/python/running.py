"""Lines that run a program, and do the same one by one where it can't be run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nnc_schema.language import tree
from nnc_schema.passes import expressions
from nnc_schema.passes.table_facts import sites
from nnc_schema.targets.python.pieces import Pieces
from nnc_schema.targets.python.programs import Program, Programs
from nnc_schema.targets.python.steps import WORTHWHILE, count_fields, fields_of, used_elsewhere


class Running(Pieces):
    """Lines for runs of statements that a program does.

    Attributes:
        programs: makes programs of the table; None: the code is for something else.
        made: the programs of parts of the table.
        whole: the program of the whole table, None where it doesn't fit.
    """

    #: The verb of a machine.
    run_verb = ""

    programs: Programs | None
    made: list[Program]
    #: The lines stand in for those of a program.
    is_running = False
    whole: Program | None

    def fitting(self, statements: Sequence[tree.Statement], top: bool) -> list[tree.Statement]:
        """Return the statements, from the first on, that one program does."""
        if self.programs is None or self.whole is not None or self.loops or self.is_running:
            return []
        found: list[tree.Statement] = []
        for statement in statements:
            if self.programs.run((*found, statement)) is None:
                break
            found.append(statement)
            if top and self.opens_extent(statement):
                break
        while found and self.lines_after(found) is None:
            found.pop()
        program = self.programs.run(tuple(found)) if found else None
        return found if program and count_fields(program.steps) >= WORTHWHILE else []

    def opens_extent(self, statement: tree.Statement) -> bool:
        """Tell whether the extent of the table is about what a statement reads."""
        extent = self.facts.table.extent
        names = set() if extent is None else expressions.names(extent)
        return any(getattr(site.statement, "field", "") in names for site in sites((statement,)))

    def run(self, statements: list[tree.Statement], one_by_one: Callable[[], None]) -> None:
        """Add the lines that run a program, and those that stand in for it."""
        assert self.programs is not None
        program = self.programs.run(tuple(statements))
        assert program is not None
        inputs = [self.local(name) for name in program.inputs]
        known = f", ({', '.join(inputs)}{',' * (len(inputs) == 1)})" if inputs else ""
        call = f"self.machines[{len(self.made)}].{self.run_verb}(stream, obj, context{known})"
        self.made.append(program)
        after = self.lines_after(statements)
        if after:
            self.line(f"if {call}:")
            with self.indented():
                for line in after:
                    self.line(line)
            self.line("else:")
        else:
            self.line(f"if not {call}:")
        self.is_running = True
        with self.indented():
            one_by_one()
        self.is_running = False

    def lines_after(self, statements: list[tree.Statement]) -> list[str] | None:
        """Return the lines that take what later code needs; None where that can't be told."""
        assert self.programs is not None
        program = self.programs.run(tuple(statements))
        assert program is not None
        wanted = used_elsewhere(self.facts, statements) | self.always_wanted()
        surely = {getattr(each, "field", "") for each in statements}
        lines = []
        known = self.names.own("known", f"_{len(self.made)}")
        for name in dict.fromkeys(fields_of(program.steps)):
            if name not in wanted or name not in self.needed or self.facts.fields[name].is_list:
                continue
            value = f"obj.{name}"
            meaning = self.facts.meaning(name)
            if name not in surely and meaning is not None and meaning.absent is not None:
                absent = self.programs.absent(name)
                if name in self.shared:
                    value = f"context.{name}"
                elif absent is None:
                    return None
                else:
                    value = f"{absent} if obj.{name} is None else obj.{name}"
            if self.facts.fields[name].conditional and value.startswith("obj."):
                # It is there, which its type doesn't say.
                value = f"{known}.{name}"
            lines.append(f"{self.local(name)} = {value}")
        if any(f" = {known}." in line for line in lines):
            lines.insert(0, f"{known}: Any = obj")
        return lines

    def always_wanted(self) -> set[str]:
        """Return the names that code at the end of the table, or absent values, may need."""
        found = {use.name.name for use in self.analysis.absent_uses(self.facts)}
        table = self.facts.table
        if table.extent is not None:
            found |= expressions.names(table.extent)
        if table.key is not None:
            found.add(table.key)
            found.update(element for element, _ in self.analysis.selections(table.name))
        return found

    def groups(
        self, statements: tuple[tree.Statement, ...], top: bool
    ) -> Iterator[list[tree.Statement]]:
        """Yield statements in order, those that one program does together."""
        rest = list(statements)
        while rest:
            found = self.fitting(rest, top) or rest[:1]
            rest = rest[len(found) :]
            yield found
