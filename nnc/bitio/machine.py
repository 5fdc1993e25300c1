# Bare annotations declare variables of C; names out of the .pxd are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""Runs programs (see programs.py) at the speed of C: works only when compiled.

A machine reads or writes what its program says, or leaves everything as it was and says that it
couldn't: then generated code does it element by element, and finds the error with its place.
So nothing here makes a message.
"""

from __future__ import annotations

import types

import cython

if not cython.compiled:
    raise ImportError("nnc.bitio.machine works only when compiled")

from cython.cimports.nnc.bitio.operations import (
    compute,
    hold,
    is_small,
    read_exp_golomb,
    write_exp_golomb,
)
from cython.cimports.nnc.bitio.reading import BitReader
from cython.cimports.nnc.bitio.slots import place_of_slot, put_into_slot, value_in_slot
from cython.cimports.nnc.bitio.writing import BitWriter

from nnc.bitio.slots import Slots

__all__ = ["Machine", "Slots"]

#: Values that expressions may be about in programs within each other.
ROOM = cython.declare(cython.int, 256)

#: Bits of the widest integer here.
WORD = cython.declare(cython.int, 64)


@cython.cclass
class Machine:
    """Reads and writes elements by a program.

    Attributes:
        table_type: the table that it makes, where its program is that of a whole one.
    """

    table_type = cython.declare(type, visibility="readonly")
    code: cython.longlong[::1]
    length: cython.Py_ssize_t
    names: tuple
    tables: tuple
    called: list
    blanks: cython.Py_ssize_t
    slots: cython.longlong[::1]
    registers: cython.int
    columns: cython.int
    depth: cython.Py_ssize_t

    def __init__(self, code, names, tables, blanks, registers, columns, depth):
        """Take an assembled program.

        Args:
            code: the instructions, six integers each.
            names: what they name: fields that may stay None first.
            tables: the tables that they call.
            blanks: how many of the names, the first ones, are fields that may stay None.
            registers: how many values its expressions are about.
            columns: how many lists a loop fills.
            depth: how many tables are called within each other.
        """
        self.code = code
        self.length = len(code)
        self.names = names
        self.tables = tables
        self.called = [None] * len(tables)
        self.blanks = blanks
        self.registers = registers
        self.columns = columns
        self.depth = depth

    def belong(self, table_type, slots):
        """Take the table that this is about.

        Args:
            table_type: its class.
            slots: room for as many integers as there are names.
        """
        self.table_type = table_type
        self.slots = slots
        kind = types.MemberDescriptorType
        for j in range(len(self.names)):
            found = table_type.__dict__.get(self.names[j])
            # No field is at 0: what isn't one is never put there, or taken from there.
            self.slots[j] = place_of_slot(found) if type(found) is kind else 0

    def parse(self, reader, context):
        """Return the table at the place of a reader, None where it can't be read here."""
        if type(reader) is not BitReader:
            return None
        obj = self.make()
        return obj if self.read(reader, obj, context, None) else None

    @cython.ccall
    def read(self, reader, obj, context, inputs=None) -> cython.bint:
        """Read into a table; tell whether it went well."""
        if type(reader) is not BitReader or type(obj) is not self.table_type:
            return False
        source: BitReader = reader
        if source.trace is not None or source.rules is not None:
            return False
        if len(source.stack) + self.depth > source.deepest or source.widest < WORD:
            return False
        values: cython.longlong[256]
        start: cython.Py_ssize_t = source.position
        end: cython.Py_ssize_t = source.end
        done: cython.bint = False
        try:
            if self.begin(cython.address(values[0]), ROOM, inputs):
                done = self.run(source, obj, context, cython.address(values[0]), ROOM)
        except Exception:
            done = False
        if not done:
            source.position = start
            source.end = end
        return done

    @cython.ccall
    def write(self, writer, obj, context, inputs=None) -> cython.bint:
        """Write from a table; tell whether it went well."""
        if type(writer) is not BitWriter or type(obj) is not self.table_type:
            return False
        target: BitWriter = writer
        if target.rules is not None:
            return False
        if target.filler is not None and target.filler.repair:
            return False
        if len(target.stack) + self.depth > target.limits.depth or target.limits.width < WORD:
            return False
        values: cython.longlong[256]
        start: cython.Py_ssize_t = len(target.buffer)
        waiting: cython.ulonglong = target.waiting
        pending: cython.Py_ssize_t = target.pending_bits
        done: cython.bint = False
        try:
            if self.begin(cython.address(values[0]), ROOM, inputs):
                done = self.put(target, obj, context, cython.address(values[0]), ROOM)
        except Exception:
            done = False
        if not done:
            del target.buffer[start:]
            target.waiting = waiting
            target.pending_bits = pending
        return done

    def build(self, writer, obj, context):
        """Write a whole table; tell whether it went well."""
        return self.write(writer, obj, context, None)

    @cython.ccall
    def make(self):
        """Return a table whose fields wait to be read."""
        made: type = self.table_type
        obj = made.__new__(made)
        j: cython.Py_ssize_t
        for j in range(self.blanks):
            put_into_slot(obj, self.slots[j], None)
        return obj

    @cython.cfunc
    @cython.exceptval(-1)
    def begin(
        self, values: cython.pointer(cython.longlong), room: cython.int, inputs
    ) -> cython.int:
        """Set the values that expressions are about: those of before, else 0."""
        j: cython.int
        if self.registers > room:
            return 0
        for j in range(self.registers):
            values[j] = 0
        if inputs is not None:
            known: tuple = inputs
            for j in range(len(known)):
                values[j] = known[j]
                if not is_small(values[j]):
                    return 0
        return 1

    @cython.cfunc
    def callee(self, number: cython.longlong, context):
        """Return the machine of a table that is called."""
        found = self.called[number]
        if found is None:
            found = context.tables[self.tables[number]].machine
            self.called[number] = found
        return found

    @cython.cfunc
    @cython.exceptval(-1)
    def run(
        self,
        reader: BitReader,
        obj,
        context,
        values: cython.pointer(cython.longlong),
        room: cython.int,
    ) -> cython.int:
        """Read what the program says; 0 where that can't be."""
        code: cython.pointer(cython.longlong) = cython.address(self.code[0])
        now: cython.pointer(cython.longlong)
        place: cython.Py_ssize_t = 0
        op: cython.longlong
        number: cython.longlong
        word: cython.ulonglong
        width: cython.longlong
        turn: cython.longlong = 0
        turns: cython.longlong = 0
        start: cython.Py_ssize_t = reader.position
        begun: cython.Py_ssize_t = 0
        outer: cython.Py_ssize_t = -1
        names: tuple = self.names
        lists: list = [None] * self.columns if self.columns else None
        machine: Machine
        while place < self.length:
            now = code + place
            op = now[0]
            place += 6
            if op in (UNSIGNED, SIGNED):
                # Integers of a width.
                width = values[now[2]] if now[5] & 2 else now[2]
                if width < 0 or width > 64 or width > reader.end - reader.position:
                    return 0
                if width <= 56:
                    word = reader.read_word(reader.position, width)
                else:
                    word = reader.read_word(reader.position, width - 32)
                    word = (word << 32) | reader.read_word(reader.position + width - 32, 32)
                reader.position += width
                number = cython.cast(cython.longlong, word)
                if op == SIGNED:
                    if 0 < width < 64 and word >> (width - 1):
                        word -= cython.cast(cython.ulonglong, 1) << width
                        number = cython.cast(cython.longlong, word)
                    value = number
                elif width == WORD:
                    if now[3] >= 0 and number < 0:
                        return 0
                    value = word
                else:
                    value = number
                if not hold(values, now[3], number):
                    return 0
            elif op in (UNSIGNED_CODE, SIGNED_CODE):
                # Exp-Golomb codes.
                number = read_exp_golomb(reader, now[2])
                if number < 0:
                    return 0
                if op == SIGNED_CODE:
                    number = (number + 1) >> 1 if number & 1 else -(number >> 1)
                value = number
                if not hold(values, now[3], number):
                    return 0
            elif op in (UNSIGNED_BYTES, SIGNED_BYTES):
                # Integers, least significant byte first.
                width = now[2]
                if width > reader.end - reader.position:
                    return 0
                word = 0
                while width > 0:
                    width -= 8
                    word |= reader.read_word(reader.position, 8) << (now[2] - 8 - width)
                    reader.position += 8
                number = cython.cast(cython.longlong, word)
                if op == SIGNED_BYTES:
                    if now[2] < 64 and word >> (now[2] - 1):
                        number -= cython.cast(cython.longlong, 1) << now[2]
                    value = number
                elif now[2] == WORD:
                    if now[3] >= 0 and number < 0:
                        return 0
                    value = word
                else:
                    value = number
                if not hold(values, now[3], number):
                    return 0
            elif op in (BYTES, TEXT):
                # Bytes and text of a size.
                width = values[now[2]] if now[5] & 2 else now[2]
                if width < 0 or reader.position & 7:
                    return 0
                if 8 * width > reader.end - reader.position:
                    return 0
                number = reader.position >> 3
                if op == BYTES:
                    value = reader.source[number : number + width]
                else:
                    value = str(reader.source[number : number + width], "utf-8")
                reader.position += 8 * width
            elif op == BITS:
                # Bits up to a byte boundary, as a list.
                value = []
                while reader.position & 7:
                    if reader.position >= reader.end:
                        return 0
                    cython.cast(list, value).append(reader.read_word(reader.position, 1))
                    reader.position += 1
            elif op == ALIGNMENT:
                # The filling of a byte that begins with a 1.
                width = 8 - (reader.position & 7)
                if width > reader.end - reader.position:
                    return 0
                number = reader.read_word(reader.position, width)
                reader.position += width
                value = None
                if number != cython.cast(cython.longlong, 1) << (width - 1):
                    value = number
            elif op == CALL:
                # Another table.
                machine = self.callee(now[2], context)
                value = machine.make()
                if not machine.begin(values + self.registers, room - self.registers, None):
                    return 0
                if not machine.run(
                    reader, value, context, values + self.registers, room - self.registers
                ):
                    return 0
            elif op == LIST:
                # A list that a loop will fill.
                value = []
                lists[now[2]] = value
            elif op == FOR:
                # A loop. One that reads nothing has limits, which are for code to keep.
                turn = 0
                turns = values[now[1]]
                begun = reader.position
                if turns > reader.end - begun:
                    return 0
                if turns <= 0:
                    place = now[2]
                elif now[3] >= 0:
                    values[now[3]] = 0
                continue
            elif op == NEXT:
                if reader.position == begun:
                    return 0
                begun = reader.position
                turn += 1
                if turn < turns:
                    place = now[2]
                    if now[3] >= 0:
                        values[now[3]] = turn
                continue
            elif op == JUMP:
                place = now[1]
                continue
            elif op == UNLESS:
                if values[now[1]] == 0:
                    place = now[2]
                continue
            elif op == SHARE:
                setattr(context, names[now[1]], values[now[2]])
                continue
            elif op == LOAD:
                if not hold(values, now[2], getattr(context, names[now[1]])):
                    return 0
                continue
            elif op == MISSING:
                # What mustn't be there isn't.
                continue
            elif op == EXTENT:
                width = start + values[now[1]]
                if width < reader.position or width > reader.end:
                    return 0
                outer = reader.end
                reader.end = width
                continue
            elif op == DERIVE:
                put_into_slot(obj, self.slots[now[1]], values[now[2]])
                continue
            elif op == OUTPUT:
                if not hold(values, now[2], getattr(value, names[now[1]])):
                    return 0
                continue
            else:
                if not compute(now, values):
                    return 0
                continue
            if now[4] >= 0:
                cython.cast(list, lists[now[4]]).append(value)
            else:
                put_into_slot(obj, self.slots[now[1]], value)
                if now[5] & 1:
                    setattr(context, names[now[1]], value)
        if outer >= 0:
            if reader.position != reader.end:
                return 0
            obj.trailing_data = b""
            reader.end = outer
        return 1

    @cython.cfunc
    @cython.exceptval(-1)
    def put(
        self,
        writer: BitWriter,
        obj,
        context,
        values: cython.pointer(cython.longlong),
        room: cython.int,
    ) -> cython.int:
        """Write what the program says; 0 where that can't be."""
        code: cython.pointer(cython.longlong) = cython.address(self.code[0])
        now: cython.pointer(cython.longlong)
        place: cython.Py_ssize_t = 0
        op: cython.longlong
        number: cython.longlong
        word: cython.ulonglong
        width: cython.longlong
        turn: cython.longlong = 0
        turns: cython.longlong = 0
        start: cython.Py_ssize_t = 8 * len(writer.buffer) + writer.pending_bits
        extent: cython.longlong = -1
        names: tuple = self.names
        lists: list = [None] * self.columns if self.columns else None
        machine: Machine
        j: cython.Py_ssize_t
        while place < self.length:
            now = code + place
            op = now[0]
            place += 6
            if op <= LIST:
                if now[4] >= 0:
                    value = cython.cast(list, lists[now[4]])[turn]
                else:
                    value = value_in_slot(obj, self.slots[now[1]])
                    if now[5] & 1:
                        setattr(context, names[now[1]], value)
            if op <= SIGNED_BYTES and type(value) is not int:
                return 0
            if op in (UNSIGNED, SIGNED):
                width = values[now[2]] if now[5] & 2 else now[2]
                if width < 0 or width > 64:
                    return 0
                if op == UNSIGNED:
                    word = value
                    if width < 64 and word >> width:
                        return 0
                    number = cython.cast(cython.longlong, word)
                    if number < 0 and now[3] >= 0:
                        return 0
                else:
                    number = value
                    if width == 0:
                        if number:
                            return 0
                    elif number >> (width - 1) != 0 and number >> (width - 1) != -1:
                        return 0
                    word = cython.cast(cython.ulonglong, number)
                if width > 32:
                    writer.write_word(width - 32, word >> 32)
                    writer.write_word(32, word & 0xFFFFFFFF)
                else:
                    writer.write_word(width, word & 0xFFFFFFFF)
                if not hold(values, now[3], number):
                    return 0
            elif op in (UNSIGNED_CODE, SIGNED_CODE):
                number = value
                if not is_small(number):
                    return 0
                if now[3] >= 0:
                    values[now[3]] = number
                if op == SIGNED_CODE:
                    number = 2 * number - 1 if number > 0 else -2 * number
                if number < 0:
                    return 0
                write_exp_golomb(writer, now[2], number)
            elif op in (UNSIGNED_BYTES, SIGNED_BYTES):
                width = now[2]
                if op == UNSIGNED_BYTES:
                    word = value
                    if width < 64 and word >> width:
                        return 0
                    number = cython.cast(cython.longlong, word)
                    if number < 0 and now[3] >= 0:
                        return 0
                else:
                    number = value
                    if number >> (width - 1) != 0 and number >> (width - 1) != -1:
                        return 0
                    word = cython.cast(cython.ulonglong, number)
                if not hold(values, now[3], number):
                    return 0
                while width > 0:
                    width -= 8
                    writer.write_word(8, word & 255)
                    word >>= 8
            elif op in (BYTES, TEXT):
                width = values[now[2]] if now[5] & 2 else now[2]
                if writer.pending_bits:
                    return 0
                if op == TEXT:
                    if type(value) is not str:
                        return 0
                    value = cython.cast(str, value).encode("utf-8")
                    number = len(cython.cast(bytes, value))
                elif type(value) is bytes:
                    number = len(cython.cast(bytes, value))
                elif type(value) is memoryview:
                    number = value.nbytes
                else:
                    return 0
                if number != width:
                    return 0
                writer.buffer += value
            elif op == BITS:
                if type(value) is not list:
                    return 0
                number = 0
                while writer.pending_bits:
                    width = now[2]
                    if number < len(cython.cast(list, value)):
                        if type(cython.cast(list, value)[number]) is not int:
                            return 0
                        width = cython.cast(list, value)[number]
                    if width != 0 and width != 1:
                        return 0
                    writer.write_word(1, width)
                    number += 1
                if now[2] < 0 and number != len(cython.cast(list, value)):
                    return 0
            elif op == ALIGNMENT:
                width = 8 - writer.pending_bits
                number = cython.cast(cython.longlong, 1) << (width - 1)
                if value is not None:
                    if type(value) is not int:
                        return 0
                    if 0 <= value < 256 and cython.cast(cython.longlong, value) >> width == 0:
                        number = value
                writer.write_word(width, number)
            elif op == CALL:
                machine = self.callee(now[2], context)
                if type(value) is not machine.table_type:
                    return 0
                if not machine.begin(values + self.registers, room - self.registers, None):
                    return 0
                if not machine.put(
                    writer, value, context, values + self.registers, room - self.registers
                ):
                    return 0
            elif op == LIST:
                if type(value) is not list:
                    return 0
                lists[now[2]] = value
            elif op == FOR:
                turn = 0
                turns = max(values[now[1]], 0)
                for j in range(now[4], now[4] + now[5]):
                    if len(cython.cast(list, lists[j])) != turns:
                        return 0
                if turns <= 0:
                    place = now[2]
                elif now[3] >= 0:
                    values[now[3]] = 0
            elif op == NEXT:
                turn += 1
                if turn < turns:
                    place = now[2]
                    if now[3] >= 0:
                        values[now[3]] = turn
            elif op == JUMP:
                place = now[1]
            elif op == UNLESS:
                if values[now[1]] == 0:
                    place = now[2]
            elif op == SHARE:
                setattr(context, names[now[1]], values[now[2]])
            elif op == LOAD:
                if not hold(values, now[2], getattr(context, names[now[1]])):
                    return 0
            elif op == MISSING:
                if value_in_slot(obj, self.slots[now[1]]) is not None:
                    return 0
            elif op == EXTENT:
                extent = now[1]
            elif op == DERIVE:
                put_into_slot(obj, self.slots[now[1]], values[now[2]])
            elif op == OUTPUT:
                if not hold(values, now[2], getattr(value, names[now[1]])):
                    return 0
            elif not compute(now, values):
                return 0
        if extent >= 0:
            if len(obj.trailing_data):
                return 0
            if 8 * len(writer.buffer) + writer.pending_bits - start != values[extent]:
                return 0
        return 1
