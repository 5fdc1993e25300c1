"""Programs: runs of elements, or whole tables, that are read and written in one compiled call.

Generated code holds a program beside the code that reads and writes the same elements one by one.
The compiled machine (machine.py) runs it as long as nothing is out of the ordinary; with a trace,
with rules, at an error, or where nothing is compiled, it leaves everything as it was, and the
code does the work. So a program has no say in what a table means.

A program is made of steps:

    ("u", name, width)         an element, by its descriptor: u, i, ue, ie, ule, ile, bytes, text
    ("bits", name, fill)       single bits up to a byte boundary, as a list; fill: those that
                               are missing when writing, or None
    ("byte_alignment", name)   the filling of the last byte
    ("if", condition, yes, no)
    ("for", variable, count, steps)
    ("call", name, table)
    ("set", name, value)       a name that stands for a value where its element is absent
    ("share", name, value)     the same in the scope, as a parameter too
    ("load", name)             a name of the scope
    ("derive", name, value)    a field that isn't coded
    ("output", name, of)       a variable of the table that was called last, under a name here
    ("extent", bits)           the size of the whole table, which nothing may be left of
    ("missing", name, ...)     elements that aren't there

In a `for` each element is a list. Expressions are numbers, names, and (operator, left, right).
"""

from __future__ import annotations

import importlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

#: What is compiled, None where nothing is.
compiled: Any = None
# ValueError: what it is made for isn't compiled.
with suppress(ImportError, ValueError):
    compiled = importlib.import_module("nnc.bitio.machine")
Machine: Any = None if compiled is None else compiled.Machine

Step = tuple[Any, ...]

#: Instructions of elements, by descriptor.
ELEMENTS: Final = {
    "u": 0, "i": 1, "ue": 2, "ie": 3, "ule": 4, "ile": 5, "bytes": 6, "text": 7,
}  # fmt: skip
BITS, ALIGNMENT, CALL, LIST, FOR, NEXT, JUMP, UNLESS, SHARE, LOAD, MISSING = range(8, 19)
EXTENT, DERIVE, OUTPUT = 39, 40, 41

#: Instructions of operators.
OPERATORS: Final = {
    name: 21 + number
    for number, name in enumerate(
        ["==", "!=", "<", "<=", ">", ">=", "&&", "||", "+", "-", "*", "/", "%", "&", "|", "^"]
    )
}
SHIFTS: Final = {"<<": 37, ">>": 38}
MOVE: Final = 20

#: What an element does besides: its name is shared, its width is worked out.
SHARED, COMPUTED = 1, 2


class Idle:
    """Stands for a machine where nothing is compiled: code does the work."""

    def parse(self, reader: Any, context: Any) -> None:
        """Return None: the table has to be read one by one."""

    def read(self, *about: Any) -> bool:
        """Say that nothing was read."""
        return False

    def belong(self, *about: Any) -> None:
        """Take the table that this is about."""

    write = build = read


IDLE = Idle()


class Slots:
    """Some slots of a class, to be emptied or taken out together."""

    def __init__(self, names: tuple[str, ...]) -> None:
        """Take the names of the slots."""
        self.names = names

    def empty(self, obj: Any) -> None:
        """Let no slot have a value."""
        for name in self.names:
            # Quicker than to ask whether it is set.
            setattr(obj, name, None)
            delattr(obj, name)

    def held(self, obj: Any) -> dict[str, Any]:
        """Return the values of the slots that have one, by name."""
        made = {}
        for name in self.names:
            with suppress(AttributeError):
                made[name] = object.__getattribute__(obj, name)
        return made


def slots_of(owner: type, names: tuple[str, ...]) -> Any:
    """Return slots of a class, in C where that is compiled."""
    if compiled is None:
        return Slots(names)
    return compiled.Slots(owner, names, array("q", [0] * len(names)))


class Program:
    """Reads and writes elements in one call.

    Attributes:
        steps: what it does.
        names: how many names it is about.
        machine: what does it.
    """

    def __init__(
        self,
        *steps: Step,
        inputs: tuple[str, ...] = (),
        shared: tuple[str, ...] = (),
        blank: tuple[str, ...] = (),
        depth: int = 0,
    ) -> None:
        """Assemble a program.

        Args:
            *steps: what it does.
            inputs: the names that are known before.
            shared: the elements that other tables read.
            blank: for the program of a whole table, the fields that may stay None.
            depth: how many tables are called within each other.
        """
        self.steps = steps
        assembly = Assembly(inputs, shared, frozenset(used_names(steps)))
        assembly.names += blank
        assembly.add(steps)
        self.names = len(assembly.names)
        self.machine: Any = IDLE
        if Machine is not None:
            self.machine = Machine(
                array("q", assembly.code),
                tuple(assembly.names),
                tuple(assembly.tables),
                len(blank),
                len(assembly.registers),
                assembly.columns,
                depth,
            )

    def belong(self, table_type: type) -> None:
        """Take the table that the program is about."""
        self.machine.belong(table_type, array("q", [0] * self.names))


def used_names(steps: Iterable[Step]) -> Iterator[str]:
    """Yield the names that the expressions of steps are about."""
    for step in steps:
        kind = step[0]
        if kind == "if":
            yield from names_in(step[1])
            yield from used_names((*step[2], *step[3]))
        elif kind == "for":
            yield from names_in(step[2])
            yield from used_names(step[3])
        elif kind in ELEMENTS or kind in ("set", "share", "derive"):
            yield from names_in(step[2])
        elif kind == "extent":
            yield from names_in(step[1])


def names_in(expression: Any) -> Iterator[str]:
    """Yield the names in an expression."""
    if isinstance(expression, str):
        yield expression
    elif isinstance(expression, tuple):
        for part in expression[1:]:
            yield from names_in(part)


def maker(table_type: type, blank: tuple[str, ...]) -> Callable[[], Any]:
    """Return what makes a table of which some fields are None, and the others aren't set."""
    if Machine is None:

        def make() -> Any:
            made: Any = object.__new__(table_type)
            for name in blank:
                setattr(made, name, None)
            return made

        return make
    machine = Program(blank=blank)
    machine.belong(table_type)
    made_by_machine: Callable[[], Any] = machine.machine.make
    return made_by_machine


class Assembly:
    """Turns steps into instructions of six integers each.

    Attributes:
        code: the instructions, one after the other.
        names: what they name.
        tables: the tables that they call.
        registers: where the values are that expressions are about, by name.
        columns: how many lists a loop fills at most.
    """

    def __init__(self, inputs: Iterable[str], shared: Iterable[str], used: frozenset[str]) -> None:
        """Begin with no instruction.

        Args:
            inputs: the names that are known before.
            shared: the elements that other tables read.
            used: the names that expressions are about.
        """
        self.code: list[int] = []
        self.names: list[str] = []
        self.tables: list[str] = []
        self.registers: dict[str, int] = {}
        self.columns = 0
        self.shared = frozenset(shared)
        self.used = used
        for name in inputs:
            self.register(name)

    def instruction(self, *parts: int) -> int:
        """Add an instruction; return its place."""
        self.code += [*parts, *[0] * (6 - len(parts))]
        return len(self.code) - 6

    def named(self, name: str) -> int:
        """Return the number of a name."""
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)

    def register(self, name: str) -> int:
        """Return where the value of a name is."""
        return self.registers.setdefault(name, len(self.registers))

    def add(self, steps: Iterable[Step], columns: dict[str, int] | None = None) -> None:
        """Add steps; within a loop `columns` are the lists of its elements."""
        for step in steps:
            kind = step[0]
            if kind in ELEMENTS or kind in ("bits", "byte_alignment", "call"):
                self.field(step, -1 if columns is None else columns[step[1]])
            elif kind == "if":
                self.branch(step)
            elif kind == "for":
                self.loop(step)
            elif kind == "set":
                self.into(self.register(step[1]), step[2])
            elif kind == "share":
                self.instruction(SHARE, self.named(step[1]), self.value(step[2]))
            elif kind == "derive":
                self.instruction(DERIVE, self.named(step[1]), self.value(step[2]))
            elif kind == "output":
                self.instruction(OUTPUT, self.named(step[2]), self.register(step[1]))
            elif kind == "extent":
                self.instruction(EXTENT, self.value(step[1]))
            elif kind == "load":
                self.instruction(LOAD, self.named(step[1]), self.register(step[1]))
            else:
                for name in step[1:]:
                    self.instruction(MISSING, self.named(name))

    def field(self, step: Step, column: int) -> None:
        """Add an element or a table."""
        kind, name, *about = step
        flags = SHARED if name in self.shared and column < 0 else 0
        number, register = 0, -1
        if kind in ELEMENTS:
            code = ELEMENTS[kind]
            number = about[0]
            if not isinstance(number, int):
                number = self.value(number)
                flags |= COMPUTED
            if column < 0 and name in self.used:
                register = self.register(name)
        elif kind == "bits":
            code, number = BITS, -1 if about[0] is None else about[0]
        elif kind == "byte_alignment":
            code = ALIGNMENT
        else:
            code, number = CALL, len(self.tables)
            self.tables.append(about[0])
        self.instruction(code, self.named(name), number, register, column, flags)

    def branch(self, step: Step) -> None:
        """Add a condition and what stands under it."""
        _, condition, yes, no = step
        test = self.instruction(UNLESS, self.value(condition), 0)
        self.add(yes)
        if no:
            skip = self.instruction(JUMP, 0)
            self.code[test + 2] = len(self.code)
            self.add(no)
            self.code[skip + 1] = len(self.code)
        else:
            self.code[test + 2] = len(self.code)

    def loop(self, step: Step) -> None:
        """Add a loop and the lists that it fills."""
        _, variable, count, steps = step
        fields = [each[1] for each in steps if each[0] in ELEMENTS or each[0] == "call"]
        columns = {name: number for number, name in enumerate(fields)}
        self.columns = max(self.columns, len(columns))
        turns = self.value(count)
        for name, column in columns.items():
            flags = SHARED if name in self.shared else 0
            self.instruction(LIST, self.named(name), column, -1, -1, flags)
        turn = self.register(variable)
        head = self.instruction(FOR, turns, 0, turn, 0, len(columns))
        self.add(steps, columns)
        self.instruction(NEXT, 0, head + 6, turn)
        self.code[head + 2] = len(self.code)

    def value(self, expression: Any) -> int:
        """Return the register that holds the value of an expression."""
        if isinstance(expression, str):
            return self.register(expression)
        place = self.register(f"{len(self.registers)} of an expression")
        self.into(place, expression)
        return place

    def into(self, place: int, expression: Any) -> None:
        """Put the value of an expression into a register."""
        if isinstance(expression, int):
            self.instruction(MOVE, place, 0, expression, 1)
        elif isinstance(expression, str):
            self.instruction(MOVE, place, 0, self.register(expression))
        else:
            operator, left, right = expression
            operation = OPERATORS.get(operator) or SHIFTS[operator]
            first = self.value(left)
            if isinstance(right, int):
                self.instruction(operation, place, first, right, 1)
            else:
                self.instruction(operation, place, first, self.value(right))
