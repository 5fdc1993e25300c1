"""Bodies of the generated `_parse`."""

from __future__ import annotations

import re

from nnc_schema.language import tree
from nnc_schema.passes import expressions
from nnc_schema.passes.table_facts import Field
from nnc_schema.targets.python.code import Code
from nnc_schema.targets.python.lines import at_least_zero
from nnc_schema.targets.python.names import alignment_verb
from nnc_schema.targets.python.naming import class_name


class ParseCode(Code):
    """Lines of `_parse`."""

    run_verb = "read"

    def begin(self) -> None:
        """Add what comes first."""
        name = self.facts.table.name
        if self.whole is not None:
            made = self.names.own("made", "")
            self.line(f"{made} = self.machine.parse(stream, context)")
            self.line(f"if {made} is not None:")
            self.line(f"    return {made}")
        self.line("if not isinstance(stream, BitReader):")
        self.line("    return self.parse_bytes(stream, context, path)")
        self.line(f"obj = _new({class_name(name)})")
        self.begin_rules()

    def when_computing(self, lines: list[str]) -> None:
        """Add lines that only matter where elements are computed: where rules are enforced."""
        if lines:
            self.line(f"if {self.rules} is not None:")
            with self.indented():
                super().when_computing(lines)

    def preset(self) -> None:
        """Take the absent values of names whose absence no single condition tells."""
        absent = [
            f"obj.{field.name}"
            for field in self.facts.fields.values()
            if field.conditional or field.is_alignment
        ]
        absent += [f"obj.{name}" for name in self.facts.variables if self.is_derived(name)]
        for target in absent:
            self.line(f"{target} = None")
        super().preset()

    def end(self) -> None:
        """Add what comes last."""
        self.end_rules()
        self.line("return obj")

    def open_extent(self) -> None:
        """Narrow the data down to the table's extent, once the names in it are known."""
        extent = self.facts.table.extent
        if self.extent_open or extent is None or not self.is_known(extent):
            return
        self.extent_open = True
        self.line(f"{self.outer_end} = stream.end")
        name = self.analysis.shown(self.facts.table.name)
        size = self.names.value(extent)
        self.line(f"stream.end = _extent_end(stream, {self.start}, {size}, {name!r})")

    def is_known(self, extent: tree.Expression) -> bool:
        """Tell whether the lines so far have set the names in the extent."""
        known = "\n".join(self.lines)
        return all(
            re.search(rf"(?<![\w.]){self.local(name)} = ", known)
            for name in expressions.names(extent)
            if name not in self.analysis.constants
        )

    def close_extent(self) -> None:
        """Deal with what is left of the extent."""
        if self.facts.table.extent is not None:
            self.line("obj.trailing_data = _trailing(stream)")
            self.line(f"stream.end = {self.outer_end}")
        elif self.facts.table.transform is not None:
            self.line('obj.original_data = b""')
            self.line("obj.trailing_data = _trailing(stream)")

    def element(self, statement: tree.Element, field: Field) -> None:
        """Add an element."""
        arguments = [self.names.value(part) for part in self.widths(statement)]
        value = f"{self.verb(statement, arguments)}{self.told(field.name)}{self.index_code(field)})"
        if field.is_list and not field.indexed and field.name in self.needed:
            self.line(f"{self.local(field.name)} = {value}")
            value = self.local(field.name)
        if field.is_list:
            self.line(f"{self.innermost(field)}.append({value})")
            return
        targets = [f"obj.{field.name}", *self.targets(field.name)]
        self.assign(targets, value)

    def widths(self, statement: tree.Element) -> tuple[tree.Expression, ...]:
        """Return the arguments of a descriptor, (v) being none."""
        return statement.arguments if statement.descriptor not in ("st", "bs") else ()

    def list_position(self, field: Field) -> str:
        """Return how many values of a list without index in the syntax stand before the next."""
        return f"len({self.row(field, 0)})"

    def alignment(self, field: Field) -> None:
        """Add a byte_alignment()."""
        arguments = self.filling(field)
        if field.is_list:
            arguments.append(self.list_position(field))
        bits = f"stream.{alignment_verb(field)}({', '.join(arguments)})"
        if field.is_list:
            self.line(f"{self.row(field, 0)}.append({bits})")
        else:
            self.line(f"obj.{field.name} = {bits}")

    def external(self, field: Field) -> None:
        """Add bytes that stay as they are."""
        self.line(f"obj.{field.name} = stream.bs({self.told(field.name)})")

    def call(self, statement: tree.Call, field: Field) -> None:
        """Add the call of a table."""
        self.arguments(statement)
        syntax = self.names_of(statement.table)
        index = f", {self.list_position(field)}" if field.is_list else ""
        shown = self.analysis.shown(statement.table)
        self.line(f'stream.enter({self.told(field.name)}, "{shown}"{index})')
        value = f"{syntax}._parse(stream, context, path)"
        result = f"obj.{field.name}"
        if field.is_list:
            self.line(f"{self.row(field, 0)}.append({value})")
            result = f"{self.row(field, 0)}[-1]"
        else:
            self.line(f"{result} = {value}")
        self.line("stream.leave()")
        self.after_call(statement, result)

    def names_of(self, table: str) -> str:
        """Return the construct of a table, as this module calls it."""
        file = self.analysis.file_of[table]
        return table if file is self.file else f"{file.name}.{table}"

    def list_begin(self, field: Field, level: int, loop: tree.For | tree.While) -> None:
        """Add what a list needs before its loop of that level."""
        if field.vector and level == len(field.loops) - 1:
            return
        guard = self.inner_guard(field, level)
        self.line(f"{self.row(field, level)} = []")
        if level == 0:
            keep = [f"obj.{field.name}"]
            if field.name in self.shared:
                keep.append(f"context.{field.name}")
            kept = f"{' = '.join(keep)} = {self.row(field, 0)}"
        else:
            kept = f"{self.row(field, level - 1)}.append({self.row(field, level)})"
        if field.is_alignment:
            return
        if guard:
            self.line(f"if {guard}:")
            self.line(f"    {kept}")
        else:
            self.line(kept)

    def list_end(self, field: Field) -> None:
        """Add what a list needs after its outermost loop."""
        if field.is_alignment:
            self.line(f"obj.{field.name} = _irregular({self.row(field, 0)})")

    def vector(self, field: Field) -> None:
        """Add a loop that is one vector."""
        statement = field.statement
        assert isinstance(statement, tree.Element)
        width = self.names.value(statement.arguments[0])
        count = at_least_zero(self.count(field.loops[-1]), field.loops[-1])
        value = f"stream.{statement.descriptor}_array({width}, {count}, {self.vector_name(field)})"
        if len(field.loops) == 1:
            targets = [f"obj.{field.name}", *self.targets(field.name)]
            self.assign(targets, value)
        else:
            self.line(f"{self.row(field, len(field.loops) - 2)}.append({value})")
