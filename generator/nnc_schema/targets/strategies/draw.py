"""Bodies of the drawing functions: the control flow of `_parse`, with drawn values."""

from __future__ import annotations

from nnc_schema.language import tree
from nnc_schema.language.descriptors import DESCRIPTORS
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.computed import computed_names, driving_names, spans
from nnc_schema.passes.table_facts import Field, TableFacts
from nnc_schema.targets.python.lines import at_least_zero
from nnc_schema.targets.python.naming import class_name
from nnc_schema.targets.python.parse import ParseCode
from nnc_schema.targets.strategies.limits import (
    Bounds,
    bounds_of,
    decided_by,
    excluded_values,
    extent_element,
    extent_sources,
    known_before,
    names_of_rules,
    reserved_values,
    sizes,
)

#: Stands for the module of the drawing functions, which holds no declaration of the schema, so
#: that constants and tables are always written with the module that they come from.
NO_FILE = tree.File("", "", "", (), (), (), (), (), (), ())


#: Draws a size that is what is left of the data.
DRAWN_SIZE = "stream.source.integer(0, 12)"


class DrawCode(ParseCode):
    """Lines of a function that draws the values of one table."""

    is_fresh = False

    def __init__(self, analysis: Analysis, facts: TableFacts):
        """Set the table."""
        self.bounds = {
            field.name: self.find_bounds(analysis, facts, field) for field in facts.fields.values()
        }
        self.sizes = sizes(analysis)
        self.decided = {
            field.name: self.find_decided(analysis, facts, field) for field in facts.fields.values()
        }
        extents = (extent_element(each, analysis.constants) for each in analysis.tables.values())
        self.extent_names = {extent[0] for extent in extents if extent is not None}.union(
            *(extent_sources(analysis, each) for each in analysis.tables.values())
        )
        super().__init__(analysis, facts, NO_FILE)
        self.computed.compares = False
        self.programs = self.whole = None
        self.entry += sorted((names_of_rules(analysis, facts) & self.needed) - {*self.entry})

    @staticmethod
    def find_bounds(analysis: Analysis, facts: TableFacts, field: Field) -> Bounds:
        """Return the bounds of a field."""
        meaning = facts.meaning(field.name)
        if meaning is None or not isinstance(field.statement, tree.Element):
            return Bounds()
        return bounds_of(meaning, known_before(analysis, facts, field))

    @staticmethod
    def find_decided(analysis: Analysis, facts: TableFacts, field: Field) -> list[tree.Expression]:
        """Return the conditions that the value of a field decides."""
        if field.is_list or field.scattered or not isinstance(field.statement, tree.Element):
            return []
        known = known_before(analysis, facts, field)
        return decided_by(facts, field, known, analysis.constants)

    def needed_names(self) -> set[str]:
        """Return the names whose values the code itself uses, those in bounds too."""
        found = super().needed_names()
        for bounds in self.bounds.values():
            for part in (*bounds.low, *bounds.high):
                found |= expressions.names(part)
        for conditions in self.decided.values():
            for condition in conditions:
                found |= expressions.names(condition)
        return found

    def begin(self) -> None:
        """Add what comes first."""
        table = self.facts.table.name
        module = self.analysis.file_of[table].name
        self.line(f"obj = _new({module}.{class_name(table)})")
        if self.facts.table.transform is not None:
            self.line(f"{self.names.own('layer', '')} = stream.begin_layer()")

    def end(self) -> None:
        """Add what comes last: computed elements, and constraints that take the whole table."""
        for field, (_, expression) in self.computed.elements.items():
            self.computed_element(field, expression)
        for line in self.computed.pending_lines():
            self.line(line)
        for meaning in self.facts.meanings.values():
            for number, constraint in enumerate(meaning.constraints):
                self.constraint(meaning.name, number, constraint)
        transform = self.facts.table.transform
        if transform is not None:
            syntax = f"{self.analysis.file_of[self.facts.table.name].name}.{self.facts.table.name}"
            layer = self.names.own("layer", "")
            self.line(f'stream.end_layer({layer}, obj, {syntax}, "{transform}")')
        self.line("return obj")

    def when_computing(self, lines: list[str]) -> None:
        """Add lines that only matter where elements are computed: always when drawing."""
        for line in lines:
            self.line(line)

    def computed_element(self, field: str, expression: tree.Expression) -> None:
        """Add the element that is computed from what was drawn."""
        element = self.computed.elements[field][0]
        begin = self.verb(element, [self.names.value(part) for part in self.widths(element)])
        encode = f"lambda value: {begin}{self.told(field)}, low=value, high=value)"
        shared = "context" if field in self.shared else "None"
        place = self.names.own(self.local(field), "_place")
        about = f"{self.told(field)}, obj, {place}, {self.computed.work(field)}, {encode}, {shared}"
        about += f", {field in driving_names(self.analysis)}"
        tables = [span.table for span in spans(expression, self.facts) if span.table]
        around = f'"{tables[0]}"' if tables else "None"
        self.line(f"if obj.{field} is not None:")
        self.line(f"    stream.compute({around}, {about})")

    def constraint(self, name: str, number: int, constraint: tree.Constraint) -> None:
        """Add the check of one constraint, where all that it is about is there."""
        own, other = [], []
        for used in sorted(expressions.names(constraint.condition)):
            if used in self.facts.fields or self.facts.defines(used):
                own.append(used)
            elif self.analysis.is_free(used, self.facts):
                other.append(used)
        present = " and ".join(f"obj.{used} is not None" for used in own) or "True"
        lists = [used for used in own if self.facts.is_list(used)]
        present += "".join(f" and len(obj.{used})" for used in lists)
        present += "".join(f' and stream.knows(context, "{used}")' for used in other)
        self.line(f"if {present}:")
        with self.indented():
            for used in own:
                self.line(f"{self.local(used)} = obj.{used}")
            for used in other:
                self.line(f"{self.local(used)} = context.{used}")
            self.ask(constraint.condition)
            condition = self.names.condition(constraint.condition)
            self.line(f"stream.check({self.told(name)}, {number}, {condition})")

    def open_extent(self) -> None:
        """Leave the extent open: it is known once everything in it is drawn."""
        if not self.extent_open:
            self.extent_open = True
            self.line("stream.open_extent()")

    def close_extent(self) -> None:
        """Check that the drawn size is that of what was drawn."""
        extent = self.facts.table.extent
        if self.facts.table.transform is not None:
            self.line('obj.trailing_data = obj.original_data = b""')
        if extent is not None:
            self.line('obj.trailing_data = b""')
        if extent is not None and not expressions.names(extent) & computed_names(self.analysis):
            element = extent_element(self.facts, self.analysis.constants)
            about = "" if element is None else f', "{element[0]}", {element[1]}'
            if sources := sorted(extent_sources(self.analysis, self.facts)):
                about += f", {tuple(sources)}"
            self.line(f"stream.check_extent({self.start}, {self.extent_size(extent)}{about})")
        if extent is not None:
            self.line(f"stream.close_extent({self.takes_the_rest(extent)})")

    def takes_the_rest(self, extent: tree.Expression) -> str:
        """Return the code that tells whether an extent is all that is left of the one around."""
        if not expressions.looks_ahead(extent):
            return "False"
        if isinstance(extent, tree.Conditional) and not expressions.looks_ahead(extent.condition):
            yes, no = (self.takes_the_rest(part) for part in (extent.yes, extent.no))
            return f"({yes}) if {self.names.condition(extent.condition)} else ({no})"
        return "True"

    def element(self, statement: tree.Element, field: Field) -> None:
        """Add an element."""
        arguments = [
            DRAWN_SIZE if expressions.looks_ahead(part) else self.names.value(part)
            for part in self.widths(statement)
        ]
        value = f"{self.verb(statement, arguments)}{self.told(field.name)}{self.index_code(field)}"
        value += f"{self.limits(statement, field)})"
        if field.is_list and not field.indexed and field.name in self.needed:
            self.line(f"{self.local(field.name)} = {value}")
            value = self.local(field.name)
        if field.is_list:
            self.line(f"{self.innermost(field)}.append({value})")
            return
        place = self.names.own(self.local(field.name), "_place")
        if field.name in self.computed.elements:
            self.line(f"{place}: Any = stream.position, len(stream.pieces)")
        self.assign([f"obj.{field.name}", *self.targets(field.name)], value)
        if field.name in self.computed.elements:
            self.line(f"{place} += (len(stream.pieces),)")

    def ahead(
        self, condition: tree.Expression, body: tuple[tree.Statement, ...], loop: bool
    ) -> str:
        """Return the code that draws what a condition on data to come is."""
        if isinstance(condition, tree.Unary) and condition.operator == "!":
            return f"not {self.ahead(condition.operand, body, loop)}"
        asks = isinstance(condition, tree.Function) and condition.name == "more_data"
        return "stream.more_data()" if asks else "stream.more()"

    def limits(self, statement: tree.Element, field: Field) -> str:
        """Return the arguments that limit what is drawn, with a comma before each."""
        bounds = self.bounds[field.name]
        found = []
        for word, parts, pick in (("low", bounds.low, "max"), ("high", bounds.high, "min")):
            if parts:
                written = [self.names.value(part) for part in parts]
                value = f"{pick}({', '.join(written)})" if len(written) > 1 else written[0]
                found.append(f"{word}={value}")
        reserved = reserved_values(self.analysis, statement)
        if reserved:
            found.append(f"reserved={reserved!r}")
        meaning = self.facts.meaning(field.name)
        excluded = () if meaning is None else excluded_values(meaning, self.analysis.constants)
        if excluded and not bounds.by_constraint:
            found.append(f"excluded={excluded!r}")
        if field.name in self.computed.elements and field.name in driving_names(self.analysis):
            found.append("computed=True")
        selected = dict(self.analysis.selections(self.facts.table.name))
        if field.name in selected:
            found.append(f'among=context.keys("{selected[field.name]}")')
        if field.name in self.sizes and DESCRIPTORS[statement.descriptor].kind == "int":
            found.append("small=True")
        if field.name in self.extent_names:
            found.append("extent=True")
        if self.decided[field.name] and not excluded:
            written = [f"({self.names.condition(part)})" for part in self.decided[field.name]]
            local = self.local(field.name)
            found.append(f"keeps=lambda {local}: {' and '.join(written)}")
        if bounds.by_constraint:
            found.append("constrained=True")
        return "".join(f", {word}" for word in found)

    def external(self, field: Field) -> None:
        """Add bytes that hand-written code makes."""
        self.line(f"obj.{field.name} = stream.external({self.told(field.name)}, obj, context)")

    def call(self, statement: tree.Call, field: Field) -> None:
        """Add the call of a table."""
        self.arguments(statement)
        index = f"len({self.row(field, 0)})" if field.is_list else "None"
        table = statement.table
        shown = self.analysis.shown(table)
        value = f'stream.table({self.told(field.name)}, "{shown}", {index}, draw_{table}, context)'
        result = f"obj.{field.name}"
        if field.is_list:
            self.line(f"{self.row(field, 0)}.append({value})")
            result = f"{self.row(field, 0)}[-1]"
        else:
            self.line(f"{result} = {value}")
        self.after_call(statement, result)

    def vector(self, field: Field) -> None:
        """Add a loop that is one vector."""
        statement = field.statement
        assert isinstance(statement, tree.Element)
        width = self.names.value(statement.arguments[0])
        count = at_least_zero(self.count(field.loops[-1]), field.loops[-1])
        value = f"stream.{statement.descriptor}_array({width}, {count}, {self.vector_name(field)}"
        value += f"{self.limits(statement, field)})"
        if len(field.loops) == 1:
            self.assign([f"obj.{field.name}", *self.targets(field.name)], value)
        else:
            self.line(f"{self.row(field, len(field.loops) - 2)}.append({value})")
