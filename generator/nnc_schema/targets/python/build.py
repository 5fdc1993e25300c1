"""Bodies of the generated `_build`."""

from __future__ import annotations

from nnc_schema.language import tree
from nnc_schema.passes import expressions
from nnc_schema.passes.elements import stands
from nnc_schema.passes.table_facts import Field, only_value, sites
from nnc_schema.targets.python.code import Code
from nnc_schema.targets.python.lines import at_least_zero
from nnc_schema.targets.python.names import alignment_verb
from nnc_schema.targets.python.naming import class_name


class BuildCode(Code):
    """Lines of `_build`."""

    run_verb = "write"

    def begin(self) -> None:
        """Add what comes first."""
        if self.whole is not None:
            self.line("if self.machine.build(stream, obj, context):")
            self.line("    return obj")
        self.line("if not isinstance(stream, BitWriter):")
        self.line("    return self.build_bytes(obj, stream, context, path)")
        made = class_name(self.facts.table.name)
        self.line(f"if not isinstance(obj, {made}):")
        self.line(f'    stream.fail("not the table that stands here", "", None, obj, "{made}")')
        self.begin_rules()

    def preset_field(self, field: Field) -> None:
        """Prepare a field whose presence no single condition tells."""
        self.line(f"{self.written(field)} = False")

    def end(self) -> None:
        """Add what comes last."""
        for field in self.facts.fields.values():
            if field.scattered:
                self.line(f"if not {self.written(field)}:")
                self.line(f"    _refuse(stream, obj, {self.told(field.name)})")
        self.end_rules()
        self.line("return obj")

    def refuse(self, names: list[str]) -> None:
        """Refuse fields that are set though they don't stand here."""
        listed = ", ".join(f"{self.told(name)}" for name in names)
        self.line(f"_refuse(stream, obj, {listed})")

    def open_extent(self) -> None:
        """Narrow the data down to the table's extent, once the names in it are known."""
        self.extent_open = True

    def close_extent(self) -> None:
        """Deal with what is left of the extent."""
        extent = self.facts.table.extent
        if extent is not None:
            name = self.analysis.shown(self.facts.table.name)
            size = self.extent_size(extent)
            self.line(f"_write_trailing(stream, obj.trailing_data, {self.start}, {size}, {name!r})")
        elif self.facts.table.transform is not None:
            self.line("_write_rest(stream, obj.trailing_data)")

    def element(self, statement: tree.Element, field: Field) -> None:
        """Add an element."""
        # A size that is what was left of the data is that of the value.
        arguments = [
            "None" if expressions.looks_ahead(part) else self.names.value(part)
            for part in statement.arguments
        ]
        if statement.descriptor in ("st", "bs"):
            arguments = []
        index = self.index_code(field)
        if field.is_list and field.indexed:
            last = self.names.value(statement.indices[-1])
            value = f"{self.innermost(field)}[{last}]"
        elif field.is_list:
            value = self.next_item(field)
            if self.fills(field):
                row = self.row(field, 0)
                value = f"_filler({row}, {self.list_position(field)}, {self.only(field)})"
            if field.name in self.needed:
                self.line(f"{self.local(field.name)} = {value}")
                value = self.local(field.name)
        else:
            value = f"_required(stream, obj.{field.name}, {self.told(field.name)})"
            if field.name in self.computed.elements:
                work = self.computed.work_now(field.name)
                value = f"_computing.computed_value(stream, obj, {self.told(field.name)}, {work})"
            targets = self.targets(field.name)
            if targets:
                self.assign(targets, value)
                value = targets[0]
        self.line(f"{self.verb(statement, arguments)}{value}, {self.told(field.name)}{index})")
        self.step(field)

    def only(self, field: Field) -> int | None:
        """Return the one value that an element may have, if it is one."""
        return only_value(self.facts.meaning(field.name), self.analysis.constants)

    def fills(self, field: Field) -> bool:
        """Tell whether the values of a list only fill up to a byte boundary."""
        return (
            self.only(field) is not None
            and len(field.loops) == 1
            and expressions.calls_any(field.loops[0].condition, ("byte_aligned",))
        )

    def ahead(
        self, condition: tree.Expression, body: tuple[tree.Statement, ...], loop: bool
    ) -> str:
        """Return the code that tells what a condition on data to come has been."""
        if not loop:
            names = stands(self.facts, body)
            return " or ".join(f"obj.{name} is not None" for name in names)
        inside = {id(site.statement) for site in sites(body)}
        lists = [
            field
            for field in self.facts.fields.values()
            if field.is_list
            and not field.is_alignment
            and any(id(site.statement) in inside for site in field.sites)
        ]
        return " or ".join(
            f"{self.list_position(field)} < len({self.row(field, 0)})" for field in lists
        )

    def list_position(self, field: Field) -> str:
        """Return how many values of a list without index in the syntax stand before the next."""
        return self.names.own(self.row(field, 0), "_position")

    def written(self, field: Field) -> str:
        """Return the variable that tells whether a field was written."""
        return self.names.own(self.local(field.name), "_written")

    def next_item(self, field: Field) -> str:
        """Return the next value of a list in order of writing."""
        name = self.row(field, 0)
        return f"_item(stream, {name}, {self.list_position(field)}, {self.told(field.name)})"

    def step(self, field: Field) -> None:
        """Note that a value of a field was written."""
        if field.is_list and not field.indexed:
            self.line(f"{self.list_position(field)} += 1")
        if field.scattered:
            self.line(f"{self.written(field)} = True")

    def alignment(self, field: Field) -> None:
        """Add a byte_alignment()."""
        value = f"obj.{field.name}"
        if field.is_list:
            name = self.row(field, 0)
            value = f"_padding({name}, {self.list_position(field)})"
        arguments = ", ".join([*self.filling(field), value])
        self.line(f"stream.{alignment_verb(field)}({arguments})")
        self.step(field)

    def external(self, field: Field) -> None:
        """Add bytes that stay as they are."""
        value = f"_required(stream, obj.{field.name}, {self.told(field.name)})"
        self.line(f"stream.bs({value}, {self.told(field.name)})")

    def call(self, statement: tree.Call, field: Field) -> None:
        """Add the call of a table."""
        self.arguments(statement)
        file = self.analysis.file_of[statement.table]
        syntax = statement.table if file is self.file else f"{file.name}.{statement.table}"
        table = self.names.own(self.names.local(field.name), "_table")
        index = ""
        if field.is_list:
            index = f", {self.list_position(field)}"
            self.line(f"{table} = {self.next_item(field)}")
        else:
            self.line(f"{table} = _required(stream, obj.{field.name}, {self.told(field.name)})")
        shown = self.analysis.shown(statement.table)
        self.line(f'stream.enter({self.told(field.name)}, "{shown}"{index})')
        self.line(f"{syntax}._build({table}, stream, context, path)")
        self.line("stream.leave()")
        self.step(field)
        self.after_call(statement, table)

    def list_begin(self, field: Field, level: int, loop: tree.For | tree.While) -> None:
        """Add what a list needs before its loop of that level."""
        if field.vector and level == len(field.loops) - 1:
            return
        name = self.row(field, level)
        if field.is_alignment:
            self.line(f"{name} = obj.{field.name} or []")
            self.line(f"{self.list_position(field)} = 0")
            return
        source = self.source(field, level)
        if field.indexed:
            count = at_least_zero(self.count(loop), loop)
            about = f"{source}, {count}, {self.told(field.name)}{self.row_index(level)}"
            value = f"_counted(stream, {about})"
        else:
            value = f"_listed(stream, {source}, {self.told(field.name)})"
        guard = self.inner_guard(field, level)
        if guard:
            self.line(f"if {guard}:")
            self.depth += 1
        self.line(f"{name} = {value}")
        if not field.indexed:
            self.line(f"{self.list_position(field)} = 0")
        if level == 0 and field.name in self.shared:
            self.line(f"context.{field.name} = {name}")
        if level == 0 and field.scattered:
            self.line(f"{self.written(field)} = True")
        if guard:
            self.depth -= 1
            if level == 0:
                self.line("else:")
                self.line(f"    _refuse(stream, obj, {self.told(field.name)})")

    def source(self, field: Field, level: int) -> str:
        """Return where the list of a level comes from."""
        if level == 0:
            return f"obj.{field.name}"
        loop = self.loops[-1]
        assert isinstance(loop, tree.For)
        return f"{self.row(field, level - 1)}[{self.local(loop.variable)}]"

    def row_index(self, level: int) -> str:
        """Return the argument that names the row a list of a level is."""
        loops = [loop for loop in self.loops if isinstance(loop, tree.For)]
        indices = [self.local(loop.variable) for loop in loops[len(loops) - level :]]
        if not level:
            return ""
        return f", {indices[0]}" if len(indices) == 1 else f", ({', '.join(indices)})"

    def list_end(self, field: Field) -> None:
        """Add what a list needs after its outermost loop."""
        if field.indexed or field.is_alignment or self.fills(field):
            return
        name = self.row(field, 0)
        guard = self.inner_guard(field, 0)
        call = f"_finished(stream, {name}, {self.list_position(field)}, {self.told(field.name)})"
        if guard:
            self.line(f"if {guard}:")
            self.line(f"    {call}")
        else:
            self.line(call)

    def vector(self, field: Field) -> None:
        """Add a loop that is one vector."""
        statement = field.statement
        assert isinstance(statement, tree.Element)
        level = len(field.loops) - 1
        width = self.names.value(statement.arguments[0])
        count = at_least_zero(self.count(field.loops[-1]), field.loops[-1])
        source = self.source(field, level)
        value = (
            f"_counted(stream, {source}, {count}, {self.told(field.name)}{self.row_index(level)})"
        )
        self.line(
            f"stream.{statement.descriptor}_array({width}, {value}, {self.vector_name(field)})"
        )
