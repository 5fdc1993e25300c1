"""Draws element by element, writing the bits down as they are drawn.

Generated; do not edit.
Schema hash: sha256 150cbaccb37127635f11d57658a3ecca49c4973a11d2c30cadb47c31da16d543
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

import numpy as np

from nnc.bitio.bits import BitWriter, path_text
from nnc.bitio.codings import CODINGS
from nnc.bitio.computing import Pending
from nnc.bitio.errors import PlacedError
from nnc.bitio.transforms import transform_of
from nnc.fuzzing.strategies.rules import KINDS
from nnc.fuzzing.strategies.sources import FLOAT_FORMATS, Recorder, RejectedError, Source

#: How often a table that keeps no rule is drawn anew before all is rejected.
ATTEMPTS = 20

#: How often tables are drawn anew, all tables together, before all is rejected.
MOST_REJECTED = 20_000

#: Tables may hold each other; a path of more tables than this is rejected.
MAXIMUM_DEPTH = 12

#: Values that take no bits, of all tables together.
MOST_IDLE = 1 << 14

#: Bits of all tables together: what a product of sizes asks for has no end otherwise.
MOST_BITS = 1 << 23

#: As so many tables drawn anew counts what is rejected only after so many bits were drawn.
COSTLY = MOST_REJECTED // 2

#: Values of elements that decide how much follows: mostly below the first, always the second.
FEW, MANY = 3, 12

#: How far a value that breaks a range lies outside of it, at most.
NEAR = 16


#: Rounds in which computed elements come to what follows of what was drawn.
ROUNDS = 8

#: What is added to a name that stands around a table, to have a path.
AROUND = "(around the table)"

#: Entries of a list that stands around a table.
ENTRIES = 16


class UnsettledError(Exception):
    """A computed element comes to another value than the one by which its table was drawn.

    Attributes:
        path: its syntax path.
        value: what it comes to.
    """

    def __init__(self, path: str, value: int) -> None:
        """Set them."""
        super().__init__(path, value)
        self.path = path
        self.value = value


class Around(NamedTuple):
    """How a name is drawn that stands around a table which is drawn alone.

    Attributes:
        low: its first value.
        high: its last value.
        dimensions: number of its indices, where it is a list.
        excluded: ranges of values that it can't have.
        small: it decides how much follows.
    """

    low: int
    high: int
    dimensions: int = 0
    excluded: tuple[tuple[int, int], ...] = ()
    small: bool = False


class SizePlace(NamedTuple):
    """An element, or a name around the table, that decides where a table ends.

    Attributes:
        position: its first bit.
        path: its syntax path.
        value: what was drawn.
        first: the first value that it may have.
        last: the last one.
    """

    position: int
    path: str
    value: int
    first: int
    last: int


class FinishedError(Exception):
    """A broken stream ends here: nothing that follows would be read."""


class Broken(NamedTuple):
    """The one rule that a stream breaks.

    Attributes:
        kind: kind of the rule.
        path: syntax path of the element, with indices.
        position: its first bit in what was drawn.
        value: the wrong value, where it is one.
        verdict: "error" where a parser has to stop, "finding" where a validator has to speak.
    """

    kind: str
    path: str
    position: int
    value: Any
    verdict: str


class Limits(NamedTuple):
    """What the value of one element keeps to.

    Attributes:
        low: the first value allowed, if not the first of all.
        high: the last value allowed, if not the last of all.
        among: the values allowed, if only some are; none: nothing can be drawn.
        reserved: ranges of values that are reserved.
        small: the value decides how much follows.
        constrained: a constraint set the bounds.
        excluded: ranges of values that constraints exclude.
        computed: it is computed from what is drawn by it.
        extent: it decides where a table ends.
        keeps: tells whether a value keeps the conditions that it decides.
    """

    low: Any = None
    high: Any = None
    reserved: tuple[tuple[int, int], ...] = ()
    small: bool = False
    constrained: bool = False
    among: Any = None
    excluded: tuple[tuple[int, int], ...] = ()
    computed: bool = False
    extent: bool = False
    keeps: Callable[[Any], bool] | None = None


def between(first: int, last: int, gaps: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """Return the ranges of integers in `first..last` that lie in no gap."""
    found = []
    for begin, end in sorted(gaps):
        if first < begin:
            found.append((first, min(begin - 1, last)))
        first = max(first, end + 1)
        if first > last:
            return found
    return [*found, (first, last)] if first <= last else found


def unshared(value: Any) -> Any:
    """Return a value, of lists others with the same values: tables write into them."""
    if type(value) is not list:
        return value
    flat = not value or type(value[0]) is not list
    return value[:] if flat else [unshared(part) for part in value]


class Drawer:
    """Draws the elements of tables, in the place of a bit reader.

    Attributes:
        source: where values come from.
        fixed: values, by element, that are taken instead of drawn ones; or functions of the
            index that give them.
        supply: functions that draw a table, or external bytes, in place of the generated code;
            by name. They get the drawer, the table so far (None for a table) and the context.
        kind: kind of the rule to be broken, "" for none.
        element: its element, "" for any.
        skip: how many chances to break it are passed over.
        shortest: bytes that are left at least where the data are cut.
        broken: the rule that was broken, once it was.
        unbounded: largest magnitude of a number that has no other bound.
        position: number of bits drawn.
        stack: the entered tables, as (field name, table name, index).
    """

    def __init__(
        self,
        source: Source,
        *,
        fixed: Mapping[str, Any] | None = None,
        supply: Mapping[str, Callable[..., Any]] | None = None,
        kind: str = "",
        element: str = "",
        skip: int = 0,
        shortest: int = 0,
        unbounded: int = 1 << 12,
    ) -> None:
        """Start with nothing drawn."""
        self.source = Recorder(source)
        self.place: Callable[[str], None] | None = getattr(source, "at", None)
        self.fixed = dict(fixed or {})
        self.supply = dict(supply or {})
        self.kind = kind
        self.element = element
        self.skip = skip
        self.shortest = shortest
        self.broken: Broken | None = None
        self.unbounded = unbounded
        self.position = 0
        self.stack: list[tuple[str, str, Any]] = []
        self.pieces: list[tuple[int, int]] = []
        self.idle = 0
        self.rejected = 0
        self.layers = 0
        self.begins: dict[str, int | None] = {}
        self.pending: list[Any] = []
        self.settled: dict[str, int] = {}
        self.unsettled: set[str] = set()
        self.sized: dict[str, list[SizePlace]] = {}
        self.outside: dict[str, list[SizePlace]] = {}
        self.lacking = ""
        self.ended = False
        self.extents: list[bool] = []

    # The bits

    def put(self, width: int, value: int) -> None:
        """Write bits down; reject them where no more data are to come."""
        if width and self.ended:
            raise RejectedError(f"{self.path('')}: data after their end")
        self.pieces.append((width, value))
        self.position += width
        if self.position > MOST_BITS:
            self.rejected += COSTLY
            raise RejectedError(f"{self.path('')}: too many bits")

    def room_for(self, bits: int, name: str) -> None:
        """Reject so many bits where all would be too many then."""
        if self.position + bits > MOST_BITS:
            raise RejectedError(f"{self.path(name)}: too many bits")

    def put_bytes(self, data: bytes | memoryview) -> None:
        """Write bytes down."""
        for byte in bytes(data):
            self.put(8, byte)

    def put_exp_golomb(self, k: int, value: int) -> None:
        """Write an Exp-Golomb code down."""
        order = k
        while value >> order:
            value -= 1 << order
            order += 1
        self.put(order - k + 1, 1)
        self.put(order, value)

    def to_bytes(self) -> bytes:
        """Return what was drawn; a last incomplete byte is filled with zero bits."""
        whole = "".join(f"{value:0{width}b}" for width, value in self.pieces if width)
        size = (len(whole) + 7) >> 3
        return int(whole.ljust(8 * size, "0") or "0", 2).to_bytes(size, "big")

    def cut(self, size: int) -> NoReturn:
        """Leave only the first bytes, and end."""
        data = self.to_bytes()[:size]
        self.pieces = [(8, byte) for byte in data]
        self.position = 8 * len(data)
        raise FinishedError

    # Tables

    def begin(self, name: str, index: Any = None) -> None:
        """Tell a source that gives each element values of its own which one comes."""
        if self.place is not None:
            self.place(self.path(name, index))

    def path(self, name: str, index: Any = None) -> str:
        """Return the syntax path of an element here."""
        return path_text(self.stack, name, index)

    def table(
        self, name: str, table: str, index: Any, draw: Callable[[Any, Any], Any], context: Any
    ) -> Any:
        """Draw a called table, again and again until it keeps its rules."""
        if len(self.stack) >= MAXIMUM_DEPTH:
            raise RejectedError("tables within tables without end")
        self.stack.append((name, table, index))
        value = self.again(self.supplied(table, draw), context)
        self.stack.pop()
        return value

    def supplied(self, table: str, draw: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Return what draws a table: what was supplied for it, or the generated code."""
        if table not in self.supply:
            return draw
        return lambda stream, context: self.supply[table](stream, None, context)

    def again(self, draw: Callable[[Any, Any], Any], context: Any) -> Any:
        """Draw a table again and again, until it keeps its rules."""
        back = self.way_back(context)
        settled = dict(self.settled)
        for _ in range(ATTEMPTS):
            try:
                return self.settle(draw, context)
            except RejectedError:
                self.rejected += 1
                if self.rejected > MOST_REJECTED:
                    raise
                back()
                self.settled = dict(settled)
        raise RejectedError(self.path(""))

    def settle(self, draw: Callable[[Any, Any], Any], context: Any) -> Any:
        """Draw a table by the same choices until it has what is computed from it."""
        back = self.way_back(context)
        chosen, begin = len(self.source.taken), self.position
        for _ in range(ROUNDS):
            try:
                drawn = draw(self, context)
            except UnsettledError as error:
                if self.was_drawn_before(error.path, begin):
                    raise
                back()
                self.source.repeat(chosen)
                self.settle_one(error, context)
                self.lacking = ""
                continue
            if self.lacking and not self.unsettled:
                lacking, self.lacking = self.lacking, ""
                raise RejectedError(f"{lacking}: less than no bytes")
            return drawn
        raise RejectedError(f"{self.path('')}: no size is that of what it makes")

    def was_drawn_before(self, path: str, begin: int) -> bool:
        """Tell whether an element that decides a size stands in a table around this one."""
        places = (place for each in self.sized.values() for place in each)
        return any(place.path == path and place.position < begin for place in places)

    def settle_one(self, error: UnsettledError, context: Any) -> None:
        """Take the value that a size has to have: of an element, or of a name around the table."""
        name, _, mark = error.path.partition(" ")
        if not mark:
            self.settled[error.path] = error.value
            return
        context.drawn[name] = error.value
        setattr(context, name, error.value)
        self.outside[name] = [self.outside[name][0]._replace(value=error.value)]

    def way_back(self, context: Any) -> Callable[[], None]:
        """Return what undoes all that is drawn from here on."""
        names = {name: unshared(value) for name, value in context.names().items()}
        kept = len(self.pieces), self.position, self.skip
        sets = dict(getattr(context, "sets", ()))
        pending, begins, depth = len(self.pending), dict(self.begins), len(self.stack)
        layers, unsettled, idle = self.layers, set(self.unsettled), self.idle
        sized = {name: list(places) for name, places in self.sized.items()}
        ended, extents = self.ended, list(self.extents)

        def back() -> None:
            self.ended, self.extents = ended, list(extents)
            del self.pieces[kept[0] :], self.stack[depth:], self.pending[pending:]
            self.begins, self.layers, self.idle = dict(begins), layers, idle
            self.unsettled = set(unsettled)
            self.sized = {name: list(places) for name, places in sized.items()}
            self.position, self.skip = kept[1], kept[2]
            for each, before in {**getattr(context, "drawn", {}), **names}.items():
                setattr(context, each, unshared(before))
            if sets or getattr(context, "sets", None):
                context.sets = dict(sets)
            if self.broken is not None and self.broken.position >= kept[1]:
                self.broken = None

        return back

    def around(self, name: str, limits: Around) -> Any:
        """Draw a name that stands around the table."""
        if limits.dimensions:
            inner = limits._replace(dimensions=limits.dimensions - 1)
            return [self.around(name, inner) for _ in range(ENTRIES)]
        keeps = Limits(excluded=limits.excluded, small=limits.small)
        value = self.free_integer(name, None, limits.low, limits.high, keeps)
        self.outside[name] = [SizePlace(0, f"{name} {AROUND}", value, 0, limits.high)]
        return value

    def passed(self, begin: int, name: str) -> None:
        """Reject loops whose passes draw nothing, again and again."""
        if self.position == begin:
            self.make(1, name)

    def computed(self) -> None:
        """Reject too many passes of loops that have no element."""
        self.make(1, "")

    def make(self, count: int, name: str) -> int:
        """Return back how many values are made that take no bits; reject too many."""
        self.idle += max(count, 0)
        if self.idle > MOST_IDLE:
            raise RejectedError(f"{self.path(name)}: too many values that take no bits")
        return count

    def external(self, name: str, obj: Any, context: Any) -> bytes:
        """Return the bytes of what hand-written code reads: supplied ones, or none."""
        data: bytes = self.supply[name](self, obj, context) if name in self.supply else b""
        self.put_bytes(data)
        return data

    # Transforms

    def begin_layer(self) -> tuple[int, int]:
        """Begin a table behind a transform; return its first piece and bit."""
        if self.position & 7:
            raise RejectedError(f"{self.path('')}: a transform within a byte")
        self.layers += 1
        self.open_extent()
        return len(self.pieces), self.position

    def end_layer(self, begin: tuple[int, int], obj: Any, syntax: Any, name: str) -> None:
        """Put what a transform makes of a table in its place.

        What is left of a byte may be anything but zeros, which framing takes for padding.
        """
        self.layers -= 1
        left = -self.position & 7
        if left:
            bits = self.source.integer(1, (1 << left) - 1)
            obj.trailing_data = bytes([bits << (8 - left)])
            self.put(left, bits)
        self.close_extent()
        first, self.position = begin
        before, self.pieces = self.pieces[:first], self.pieces[first:]
        data = self.to_bytes()
        self.pieces = before
        self.put_bytes(transform_of(syntax, name, self).encode(data))

    # Computed elements

    def span(self, begin: int, end: int) -> bytes:
        """Return the bytes between two bits that begin bytes."""
        return self.to_bytes()[begin >> 3 : end >> 3]

    def compute(
        self,
        around: str | None,
        name: str,
        obj: Any,
        place: tuple[int, int, int],
        work: Callable[[], int],
        encode: Callable[[int], Any],
        context: Any,
        drives: bool,
    ) -> None:
        """Give a computed element the value that it comes to, or a wrong one.

        Args:
            around: the table at whose end that is known; None: now.
            name: the element.
            obj: its table.
            place: its first bit, its first piece and the first one after it.
            work: computes it.
            encode: draws a value in its place.
            context: takes the value too, if not None.
            drives: what was drawn depends on the value, so that it can't be another.
        """
        if around is not None:
            stack = self.stack[:]

            def check() -> None:
                after, self.stack = self.stack, stack
                self.compute(None, name, obj, place, work, encode, context, drives)
                self.stack = after

            self.pending.append(Pending(around, check))
            return
        wanted = work()
        if not drives and self.breaks("wrong-value", name):
            wanted ^= 1
            self.break_rule("wrong-value", name, None, place[0], wanted)
        if drives:
            self.unsettled.discard(self.path(name))
        if wanted == getattr(obj, name):
            return
        if drives:
            raise UnsettledError(self.path(name), wanted)
        self.replace(place, encode, wanted)
        setattr(obj, name, wanted)
        if context is not None:
            setattr(context, name, wanted)

    def replace(
        self, place: tuple[int, int, int], encode: Callable[[int], Any], value: int
    ) -> None:
        """Draw another value in the place of one; what comes after must not move within bytes."""
        begin, first, last = place
        before = self.pieces, self.position, self.kind, self.fixed
        ended, self.ended = self.ended, False
        try:
            self.pieces, self.position, self.kind, self.fixed = [], begin, "", {}
            encode(value)
            made, end = self.pieces, self.position
        finally:
            self.pieces, self.position, self.kind, self.fixed = before
            self.ended = ended
        if end - begin != sum(width for width, _ in self.pieces[first:last]):
            raise RejectedError("a computed element becomes wider or narrower")
        self.pieces[first:last] = made

    # Breaking rules

    def breaks(self, kind: str, name: str) -> bool:
        """Tell whether this is the place to break a rule of that kind."""
        if self.kind != kind or self.broken is not None or self.layers:
            return False
        if self.element not in ("", name.partition("[")[0]):
            return False
        self.skip -= 1
        return self.skip < 0

    def break_rule(self, kind: str, name: str, index: Any, position: int, value: Any) -> None:
        """Note that a rule is broken."""
        path = self.path(name, index)
        self.broken = Broken(kind, path, position, value, KINDS[kind])

    def fail(
        self,
        message: str,
        name: str,
        index: Any = None,
        value: Any = None,
        allowed: str = "",
        code: str = "",
    ) -> NoReturn:
        """Take note that an index lies outside of its array: reject it, or be glad of it."""
        if self.breaks("index", name):
            self.break_rule("index", name, index, self.position, value)
            raise FinishedError
        raise RejectedError(f"{self.path(name, index)}: {message}")

    def knows(self, context: Any, name: str) -> bool:
        """Tell whether a name that another table sets has been set."""
        try:
            getattr(context, name)
        except PlacedError:
            return False
        return True

    def check(self, name: str, number: int, holds: Any) -> None:
        """Check a constraint, the `number`-th of an element."""
        if holds:
            return
        done = self.broken is not None and self.broken.kind == "constraint"
        if done and self.element in ("", name):
            return
        if not self.breaks("constraint", name):
            raise RejectedError(f"{self.path(name)}: constraint {number}")
        self.break_rule("constraint", name, None, self.position, None)

    def check_extent(
        self,
        start: int,
        size: int | None,
        name: str = "",
        multiple: int = 1,
        sources: tuple[str, ...] = (),
    ) -> None:
        """Reject a table that is longer or shorter than elements say, if no other value helps.

        Args:
            start: its first bit.
            size: its bits, as the elements say; None: as many as there are.
            name: the one element or parameter that says so, if it is one.
            multiple: how many bits more a table has for each one more of its value.
            sources: the elements of callers that make up the parameter.
        """
        if size is None:
            return
        missing = self.position - start - size
        if not missing:
            return
        callers = {path_text(self.stack[:-1], source, None) for source in sources}
        if callers & self.unsettled:
            # It is computed from what was drawn here.
            return
        found = [place for each in sources for place in self.sized.get(each, ())]
        deciding = [place for place in found if place.path in callers]
        deciding += [place for place in self.sized.get(name, ()) if place.position >= start]
        deciding += self.outside.get(name, [])
        for place in deciding[:1] if missing % multiple == 0 else ():
            wanted = place.value + missing // multiple
            if place.first <= wanted <= place.last:
                raise UnsettledError(place.path, wanted)
        raise RejectedError(f"{self.path('')}: extent")

    def after(self, name: str, index: Any, start: int) -> None:
        """Cut the stream within the element that was just drawn, if that is wanted."""
        size = (start + 7) >> 3
        is_within = 8 * size < self.position and size >= self.shortest
        if is_within and self.breaks("truncated", name):
            self.break_rule("truncated", name, index, start, None)
            self.cut(size)

    # Elements

    def value_of(self, name: str, index: Any) -> Any:
        """Return the fixed value of an element, or None."""
        value = self.fixed.get(name.partition("[")[0])
        return value(index) if callable(value) else value

    def integer(
        self, name: str, index: Any, holds: tuple[int, int], limits: Limits, *, endless: bool
    ) -> int:
        """Draw an integer that keeps its rules, or breaks the one it is to break.

        Args:
            name: name of the element.
            index: its index, if any.
            holds: the first and the last value that its bits can hold.
            limits: what it keeps to.
            endless: it is of variable width.
        """
        self.begin(name, index)
        first = holds[0] if limits.low is None else max(limits.low, holds[0])
        last = holds[1] if limits.high is None else min(limits.high, holds[1])
        wrong = self.wrong_integer(name, index, holds, (first, last), limits)
        if wrong is not None:
            return wrong
        fixed = self.value_of(name, index)
        if fixed is not None:
            return int(fixed)
        if first > last:
            raise RejectedError(f"{self.path(name, index)}: no value is allowed")
        if limits.among is not None:
            if not limits.among:
                raise RejectedError(f"{self.path(name, index)}: there is nothing to select")
            return int(limits.among[self.source.integer(0, len(limits.among) - 1)])
        value = self.free_integer(name, index, first, last, limits, endless=endless)
        if limits.computed:
            path = self.path(name, index)
            value = self.settled.get(path, value)
            if not first <= value <= last:
                raise RejectedError(f"{path}: computed to be {value}, which isn't allowed")
            self.unsettled.add(path)
        elif limits.extent:
            path = self.path(name, index)
            value = self.settled.get(path, value)
            if not first <= value <= last:
                raise RejectedError(f"{path}: the extent is {value}, which isn't allowed")
            place = SizePlace(self.position, path, value, first, last)
            self.sized.setdefault(name, []).append(place)
        return value

    def free_integer(
        self,
        name: str,
        index: Any,
        first: int,
        last: int,
        limits: Limits,
        *,
        endless: bool = False,
    ) -> int:
        """Draw an integer out of those that are allowed."""
        least, most = first, last
        if limits.small or endless:
            reach = self.unbounded
            if limits.small:
                reach = FEW if self.source.integer(0, 3) < 3 else MANY
            first = max(first, min(last, 0) - reach)
            last = min(last, max(first, 0) + reach)
        value = self.kept_integer(first, last, limits.keeps)
        gaps = limits.reserved + limits.excluded
        if not any(begin <= value <= end for begin, end in gaps):
            return value
        places = between(first, last, gaps) or between(least, most, gaps)
        if not places:
            raise RejectedError(f"{self.path(name, index)}: no value is allowed")
        return self.source.integer(*places[self.source.integer(0, len(places) - 1)])

    def kept_integer(self, first: int, last: int, keeps: Callable[[Any], bool] | None) -> int:
        """Draw an integer that keeps what it decides, if one of those nearest to 0 or ends does."""
        value = self.source.integer(first, last)
        if keeps is None or self.kind in ("constraint", "index") or keeps(value):
            return value
        middle = min(max(first, 0), last)
        near = {end + offset for end in (first, middle, last) for offset in range(-NEAR, NEAR + 1)}
        found = sorted(each for each in near if first <= each <= last and keeps(each))
        return found[self.source.integer(0, len(found) - 1)] if found else value

    def wrong_integer(
        self,
        name: str,
        index: Any,
        holds: tuple[int, int],
        allowed: tuple[int, int],
        limits: Limits,
    ) -> int | None:
        """Return a value that breaks the rule to be broken, or None if it isn't to be here."""
        outside = [
            (max(holds[0], allowed[0] - NEAR), allowed[0] - 1),
            (allowed[1] + 1, min(holds[1], allowed[1] + NEAR)),
        ]
        outside = [(begin, end) for begin, end in outside if begin <= end]
        kind = "reserved-bits" if allowed[0] == allowed[1] else "range"
        if limits.constrained:
            kind = "constraint"
        excluded = [(max(begin, holds[0]), min(end, holds[1])) for begin, end in limits.excluded]
        for candidate, places in (
            (kind, outside),
            ("reserved-value", list(limits.reserved)),
            ("constraint", [(begin, end) for begin, end in excluded if begin <= end]),
        ):
            if places and self.breaks(candidate, name):
                begin, end = places[self.source.integer(0, len(places) - 1)]
                value = self.source.integer(begin, end)
                self.break_rule(candidate, name, index, self.position, value)
                return value
        return None

    def u(self, n: int, name: str, index: Any = None, **limits: Any) -> int:
        """Draw an unsigned integer of `n` bits."""
        start = self.position
        holds = (0, (1 << n) - 1)
        value = self.integer(name, index, holds, Limits(**limits), endless=False)
        self.put(n, value)
        self.after(name, index, start)
        return value

    def i(self, n: int, name: str, index: Any = None, **limits: Any) -> int:
        """Draw a two's complement integer of `n` bits."""
        if n < 1:
            raise RejectedError(f"{self.path(name, index)}: {n} bits")
        start = self.position
        holds = (-(1 << (n - 1)), (1 << (n - 1)) - 1)
        value = self.integer(name, index, holds, Limits(**limits), endless=False)
        self.put(n, value & ((1 << n) - 1))
        self.after(name, index, start)
        return value

    def ue(self, k: int, name: str, index: Any = None, **limits: Any) -> int:
        """Draw an unsigned Exp-Golomb code of order `k`."""
        start = self.position
        self.too_long(name, index)
        value = self.integer(name, index, (0, (1 << 63) - 1), Limits(**limits), endless=True)
        self.put_exp_golomb(k, value)
        self.after(name, index, start)
        return value

    def ie(self, k: int, name: str, index: Any = None, **limits: Any) -> int:
        """Draw a signed Exp-Golomb code of order `k`."""
        start = self.position
        self.too_long(name, index)
        holds = (1 - (1 << 62), (1 << 62) - 1)
        value = self.integer(name, index, holds, Limits(**limits), endless=True)
        self.put_exp_golomb(k, 2 * value - 1 if value > 0 else -2 * value)
        self.after(name, index, start)
        return value

    def too_long(self, name: str, index: Any) -> None:
        """End with a code for a number of more than 64 bits, if that is wanted."""
        if self.breaks("exp-golomb-too-long", name):
            self.break_rule("exp-golomb-too-long", name, index, self.position, None)
            self.put(80, 0)
            self.put(80, 1 << 79)
            raise FinishedError

    def flt(
        self, n: int, name: str, index: Any = None, *, in_vector: bool = False, **limits: Any
    ) -> float:
        """Draw an IEEE 754 number of `n` bits; vectors of them may hold NaN."""
        low, high, _, _, constrained, *_ = Limits(**limits)
        start = self.position
        self.begin(name, index)
        if not in_vector and self.breaks("not-a-number", name):
            self.break_rule("not-a-number", name, index, start, math.nan)
            self.put_bytes(struct.pack(FLOAT_FORMATS[n], math.nan))
            raise FinishedError
        value = self.value_of(name, index)
        kind = "constraint" if constrained else "range"
        if value is None and (low is not None or high is not None) and self.breaks(kind, name):
            value = high + 1.0 if high is not None else (low or 0.0) - 1.0
            self.break_rule(kind, name, index, start, value)
        if value is None:
            value = self.source.number(n, low, high)
        self.put_bytes(struct.pack(FLOAT_FORMATS[n], value))
        self.after(name, index, start)
        return float(value)

    def st(self, name: str, index: Any = None) -> str:
        """Draw a text."""
        start = self.position
        self.begin(name, index)
        value = self.value_of(name, index)
        text: str = self.source.text() if value is None else value
        data = text.encode()
        if self.breaks("bad-utf8", name):
            self.break_rule("bad-utf8", name, index, start, None)
            place = self.source.integer(0, len(text))
            data = text[:place].encode() + b"\xff" + text[place:].encode()
        if self.breaks("missing-terminator", name):
            self.break_rule("missing-terminator", name, index, start, None)
            self.put_bytes(data)
            raise FinishedError
        self.put_bytes(data + b"\0")
        if self.broken is not None and self.broken.kind == "bad-utf8":
            raise FinishedError
        self.after(name, index, start)
        return text

    def bs(self, name: str, index: Any = None) -> bytes:
        """Draw bytes up to the end of the data."""
        self.begin(name, index)
        value = self.value_of(name, index)
        data: bytes = self.source.data() if value is None else value
        self.put_bytes(data)
        self.ended = True
        return data

    def u_array(self, n: int, count: int, name: str, **limits: Any) -> np.ndarray[Any, Any]:
        """Draw unsigned integers of `n` bits each."""
        self.room_for(n * count, name)
        dtype = f"u{1 if n <= 8 else 2 if n <= 16 else 4 if n <= 32 else 8}"
        values = [self.u(n, name, j, **limits) for j in range(count)]
        return np.array(values, dtype=dtype)

    def flt_array(self, n: int, count: int, name: str, **limits: Any) -> np.ndarray[Any, Any]:
        """Draw IEEE 754 numbers of `n` bits each."""
        self.room_for(n * count, name)
        values = [self.flt(n, name, j, in_vector=True, **limits) for j in range(count)]
        return np.array(values, dtype=f"<f{n >> 3}")

    def code(
        self,
        descriptor: str,
        arguments: tuple[int, ...],
        name: str,
        index: Any = None,
        **limits: Any,
    ) -> Any:
        """Draw an element of one of the runtime's codings."""
        start = self.position
        coding = CODINGS[descriptor]
        self.begin(name, index)
        value = self.value_of(name, index) if coding.kind != "int" else None
        if coding.kind == "int":
            holds = coding.limits(arguments)
            value = self.integer(name, index, holds, Limits(**limits), endless=coding.endless)
        elif value is None:
            low, high = (0, 255) if coding.kind == "bytes" else (32, 126)
            size = arguments[0] if arguments else 4
            if size < 0 and self.unsettled:
                # What it follows from is computed: it grows when the size is settled.
                self.lacking, size, arguments = self.path(name), 0, (0,)
            self.room_for(8 * size, name)
            data = bytes(self.source.integer(low, high) for _ in range(size))
            value = data if coding.kind == "bytes" else data.decode()
        writer = BitWriter()
        writer.code(descriptor, arguments, value, name, index)
        width = writer.position
        self.put(width, int.from_bytes(writer.to_bytes(), "big") >> (-width & 7))
        self.after(name, index, start)
        return value

    def more(self) -> bool:
        """Draw the answer to a question about the data to come."""
        self.begin("")
        return self.source.integer(0, FEW) > 0

    def more_data(self) -> bool:
        """Draw whether data are left of the extent; once there are none, none may come."""
        self.ended = self.ended or not self.more()
        return not self.ended

    def open_extent(self) -> None:
        """Begin a table that has an end of its own: there may be more data behind it."""
        self.extents.append(self.ended)

    def close_extent(self, takes_the_rest: bool = False) -> None:
        """End such a table.

        Args:
            takes_the_rest: its end is that of the extent around it.
        """
        self.ended = self.extents.pop() or takes_the_rest

    def byte_aligned(self) -> bool:
        """Tell whether what comes next begins a byte."""
        return self.position & 7 == 0

    def padding(self, boundary: int, fill: int, index: Any = None) -> int | None:
        """Fill up to a boundary."""
        width = -self.position % boundary
        regular = (1 << width) - 1 if fill == 1 else 0
        value = regular
        if fill < 0:
            value = self.source.integer(0, (1 << width) - 1)
        elif width and self.breaks("irregular-alignment", "padding"):
            value = (regular + self.source.integer(1, (1 << width) - 1)) & ((1 << width) - 1)
            self.break_rule("irregular-alignment", "padding", index, self.position, value)
        self.put(width, value)
        return None if value == regular else value

    def byte_alignment(self, index: Any = None) -> int | None:
        """Fill up the last byte."""
        self.begin("byte_alignment", index)
        width = 8 - (self.position & 7)
        if self.breaks("irregular-alignment", "byte_alignment"):
            value = self.source.integer(0, (1 << (width - 1)) - 1)
            self.break_rule("irregular-alignment", "byte_alignment", index, self.position, value)
            self.put(width, value)
            return value
        self.put(width, 1 << (width - 1))
        return None
