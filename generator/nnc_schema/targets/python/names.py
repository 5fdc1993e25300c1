"""Names, types and expressions as the Python target writes them."""

from __future__ import annotations

import functools

from nnc_schema.language import tree
from nnc_schema.language.descriptors import DESCRIPTORS
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import ALIGNMENTS, BYTE_ALIGNMENT, PADDING, Field, TableFacts
from nnc_schema.targets.python.naming import class_name, taken_globally

#: Python's precedence of what expressions become; higher binds tighter.
PRECEDENCE = {
    "||": 2,
    "&&": 3,
    "==": 5,
    "!=": 5,
    "<": 5,
    ">": 5,
    "<=": 5,
    ">=": 5,
    "|": 6,
    "^": 7,
    "&": 8,
    "<<": 9,
    ">>": 9,
    "+": 10,
    "-": 10,
    "*": 11,
}
TERNARY, NOT, COMPARISON, UNARY, ATOM = 1, 4, 5, 12, 14
LOGICAL = {"||": "or", "&&": "and"}
BUILTIN_FUNCTIONS = {"Abs": "abs", "Length": "len", "Max": "max", "Min": "min"}
BUILTIN_FUNCTIONS["Round"] = "_functions.nearest"
#: Operators that may fail, and what works them out; the shifts only where they may.
CHECKED = {"/": "quotient", "%": "remainder", "<<": "shifted_left", ">>": "shifted_right"}

#: Functions that may fail, and so are told where they are called.
PLACED = ("Log2", "Prod")

#: Shifts by a constant up to this one can't fail.
SAFE_SHIFT = 64


def function_name(name: str) -> str:
    """Return the Python function for a function of the language."""
    return BUILTIN_FUNCTIONS.get(name, f"_functions.{name.lower()}")


class Names:
    """Turns the names in one table into Python's."""

    def __init__(self, analysis: Analysis, facts: TableFacts | None, file: tree.File | None):
        """Set the table and the file (so the module) that the code stands in."""
        self.analysis = analysis
        self.facts = facts
        self.file = file
        #: The loops around the statement that is being written, kept up by whoever writes it.
        self.loops: list[tree.For | tree.While] = []
        modules = {file.name for file in analysis.schema.files}
        tables = {name for name, facts in analysis.tables.items() if not facts.table.external}
        self.taken = taken_globally() | modules | tables | {class_name(name) for name in tables}
        self.taken |= {f"draw_{name}" for name in tables}
        self.own_names: dict[tuple[str, str], str] = {}

    def local(self, name: str) -> str:
        """Return the local variable for an element, variable, parameter or given value."""
        made = name
        while made in self.taken or (made != name and made in self.spelled):
            made += "_"
        return made

    def told(self, name: str) -> str:
        """Return the text that tells a field: the schema's own name, in quotes."""
        return f'"{self.analysis.said(name)}"'

    def own(self, name: str, suffix: str) -> str:
        """Return a local variable of the generated code's own, which no name of the table is."""
        if (name, suffix) not in self.own_names:
            made = name + suffix
            while made in self.known_names or made in self.own_names.values():
                made += "_"
            self.own_names[name, suffix] = made
        return self.own_names[name, suffix]

    @functools.cached_property
    def spelled(self) -> set[str]:
        """The names of the schema that stand for values in the table."""
        names = set(self.analysis.givens)
        if self.facts is not None:
            facts = self.facts
            names |= {*facts.fields, *facts.variables, *facts.loop_variables}
            names |= {*facts.table.parameters, *self.analysis.free_names(facts)}
        return names

    @functools.cached_property
    def known_names(self) -> set[str]:
        """The local variables that stand for names of the schema."""
        return {self.local(name) for name in self.spelled} | self.taken

    def reference(self, name: str) -> str:
        """Return what a name in an expression becomes."""
        file = self.analysis.members.get(name)
        if file is None:
            return self.local(name)
        if self.file is None:
            rows = self.analysis.constant_tables.get(name)
            return str(self.analysis.constants[name] if rows is None else rows)
        return name if file is self.file else f"{file.name}.{name}"

    def value(self, expression: tree.Expression) -> str:
        """Write an expression whose number counts."""
        return self.write(expression, number=True)[0]

    def condition(self, expression: tree.Expression) -> str:
        """Write an expression of which only zero or not counts."""
        return self.write(expression, number=False)[0]

    def wrapped(self, expression: tree.Expression, least: int, *, number: bool) -> str:
        """Write an operand, in brackets if it binds less than `least`."""
        code, precedence = self.write(expression, number=number)
        return f"({code})" if precedence < least else code

    def write(self, expression: tree.Expression, *, number: bool) -> tuple[str, int]:
        """Write an expression; return the code and how tight it binds."""
        match expression:
            case tree.Number():
                return str(expression.value), ATOM
            case tree.Name():
                return self.write_name(expression), ATOM
            case tree.Unary():
                return self.write_unary(expression, number=number)
            case tree.Binary():
                return self.write_binary(expression, number=number)
            case tree.Function() if expression.name not in self.analysis.defines and (
                expression.name in expressions.POSITION_FUNCTIONS
            ):
                return self.write_position(expression), ATOM
            case tree.Function():
                return self.write_function(expression), ATOM
            case tree.Conditional():
                yes = self.wrapped(expression.yes, TERNARY + 1, number=number)
                no = self.wrapped(expression.no, TERNARY + 1, number=number)
                condition = self.wrapped(expression.condition, TERNARY + 1, number=False)
                return f"{yes} if {condition} else {no}", TERNARY

    def write_position(self, function: tree.Function) -> str:
        """Write a question about the position, or about the data to come."""
        if function.name == "remaining":
            return "stream.remaining"
        name = function.name.replace("more_rbsp_trailing_data", "more_data")
        return f"stream.{name}({', '.join(self.value(part) for part in function.arguments)})"

    @property
    def place(self) -> str:
        """What an operation that may fail is told of the place: a reader, a writer, nothing."""
        return "_functions.NOWHERE" if self.facts is None else "stream"

    def write_function(self, function: tree.Function) -> str:
        """Write the call of a function."""
        arguments = [self.argument(part) for part in function.arguments]
        if function.name in PLACED:
            arguments.insert(0, self.place)
        return f"{function_name(function.name)}({', '.join(arguments)})"

    def argument(self, argument: tree.Expression) -> str:
        """Write an argument; an array that the table itself makes becomes a list."""
        code = self.value(argument)
        sparse = () if self.facts is None else self.facts.sparse
        if isinstance(argument, tree.Name) and not argument.indices and argument.name in sparse:
            return self.whole_array(argument.name)
        return code

    def whole_array(self, name: str) -> str:
        """Return the list of the entries of an array that the table itself makes."""
        assert self.facts is not None
        helper = "array" if self.facts.own_indices[name] == 1 else "arrays"
        if name in self.facts.growing:
            helper = "grown"
        local = self.local(name)
        return f"_{helper}({local}, {self.own(local, '_size')})"

    def may_fail(self, expression: tree.Binary) -> bool:
        """Tell whether an operation may fail, or come to a number without measure."""
        if expression.operator not in ("<<", ">>"):
            return expression.operator in CHECKED
        count = expressions.evaluate(expression.right, self.analysis.constants)
        return count is None or not 0 <= count <= SAFE_SHIFT

    def write_name(self, name: tree.Name) -> str:
        """Write a name with its indices; those that may lie outside of the list are checked."""
        code = self.reference(name.name)
        facts = self.facts
        if name.name in self.analysis.states:
            code = f"context.{name.name}"
            for index in name.indices:
                code = f'_indexed(stream, {code}, {self.value(index)}, "{name.name}")'
            return code
        if not name.indices:
            return code
        if facts is None:
            for index in name.indices:
                code = f"_functions.at({code}, {self.value(index)})"
            return code
        own = facts.own_indices.get(name.name, 0)
        if own:
            key = ", ".join(self.value(index) for index in name.indices[:own])
            deeper = name.indices[own:]
            code = f"{code}.get({f'({key})' if own > 1 else key}, {'[]' if deeper else 0})"
            for index in deeper:
                code = f"_indexed(stream, {code}, {self.value(index)}, {self.told(name.name)})"
            return code
        for level, index in enumerate(name.indices):
            if self.is_own_index(name.name, level, index):
                code += f"[{self.value(index)}]"
            else:
                code = f"_indexed(stream, {code}, {self.value(index)}, {self.told(name.name)})"
        return code

    def is_own_index(self, name: str, level: int, index: tree.Expression) -> bool:
        """Tell whether an index is the variable of the very loop that makes the list."""
        field = None if self.facts is None else self.facts.fields.get(name)
        if field is None or not field.indexed or level >= len(field.loops):
            return False
        loop = field.loops[level]
        running = any(each is loop for each in self.loops)
        return (
            running
            and isinstance(loop, tree.For)
            and index == tree.Name(index.position, loop.variable)
        )

    def write_unary(self, expression: tree.Unary, *, number: bool) -> tuple[str, int]:
        """Write `!`, `-`, `+` or `~`."""
        if expression.operator == "!":
            code = f"not {self.wrapped(expression.operand, NOT, number=False)}"
            return (f"int({code})", ATOM) if number else (code, NOT)
        operand = self.wrapped(expression.operand, UNARY, number=True)
        return f"{expression.operator}{operand}", UNARY

    def write_binary(self, expression: tree.Binary, *, number: bool) -> tuple[str, int]:
        """Write an operation of two operands."""
        operator = expression.operator
        if self.may_fail(expression):
            left, right = self.value(expression.left), self.value(expression.right)
            return f"_functions.{CHECKED[operator]}({self.place}, {left}, {right})", ATOM
        precedence = PRECEDENCE[operator]
        logical = operator in LOGICAL
        # Comparisons don't chain in C; the right operand of what isn't associative needs care.
        least = precedence + 1 if precedence == COMPARISON else precedence
        if precedence == COMPARISON:
            # Where C and Python differ in precedence, brackets help those who know one of them.
            least = PRECEDENCE["+"]
        left = self.wrapped(expression.left, least, number=not logical)
        right = self.wrapped(expression.right, precedence + (not logical), number=not logical)
        code = f"{left} {LOGICAL.get(operator, operator)} {right}"
        if number and logical:
            return f"int(bool({code}))", ATOM
        if number and precedence == COMPARISON:
            return f"int({code})", ATOM
        return code, precedence

    def element_type(self, field: Field) -> str:
        """Return the type of one value of a field."""
        statement = field.statement
        if field.is_alignment:
            return "int | None"
        if isinstance(statement, tree.External):
            return "bytes | memoryview"
        if isinstance(statement, tree.Call):
            file = self.analysis.file_of[statement.table]
            name = class_name(statement.table)
            return name if file is self.file else f"{file.name}.{name}"
        kind = DESCRIPTORS[statement.descriptor].kind
        return "bytes | memoryview" if kind == "bytes" else kind

    def field_type(self, field: Field) -> str:
        """Return the type of a field, without the None of absence."""
        written = self.element_type(field)
        if field.vector:
            written = "Array"
        levels = len(field.loops) if field.indexed else min(len(field.loops), 1)
        for _ in range(levels - field.vector):
            written = f"list[{written}]"
        return written

    def shared_type(self, name: str, definer: TableFacts) -> str:
        """Return the type of a name that tables share."""
        if name in definer.fields:
            return Names(self.analysis, definer, None).field_type(definer.fields[name])
        depth = definer.arrays.get(name, 0)
        return "list[" * depth + "int" + "]" * depth


class RuleNames(Names):
    """Turns the names in a constraint into Python's: it is worked out after its table is read."""

    def __init__(self, analysis: Analysis, file: tree.File):
        """Set the file that the constraint stands in."""
        super().__init__(analysis, None, file)

    def write(self, expression: tree.Expression, *, number: bool) -> tuple[str, int]:
        """Write an expression; `Max` and `Min` look into lists."""
        if isinstance(expression, tree.Function) and expression.name in ("Max", "Min"):
            arguments = ", ".join(self.value(part) for part in expression.arguments)
            name = {"Max": "largest", "Min": "least"}[expression.name]
            return f"_functions.{name}({arguments})", ATOM
        return super().write(expression, number=number)

    def write_name(self, name: tree.Name) -> str:
        """Write a name with its indices; one that lies outside is an IndexError."""
        if name.name in self.analysis.constant_tables:
            return super().write_name(name)
        indices = "".join(f"[{self.value(index)}]" for index in name.indices)
        return f"{self.reference(name.name)}{indices}"


def is_alignment(statement: tree.Statement) -> bool:
    """Tell whether a statement is byte_alignment() or padding()."""
    return isinstance(statement, tree.Call) and statement.table in ALIGNMENTS


def alignment_verb(field: Field) -> str:
    """Return the verb of reader and writer that fills up to a boundary."""
    assert isinstance(field.statement, tree.Call)
    return "padding" if field.statement.table == PADDING else BYTE_ALIGNMENT
