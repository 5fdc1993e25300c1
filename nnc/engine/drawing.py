"""Data of a format, drawn by its schema: valid, or breaking exactly one rule.

What draws is generated of the schema and compiled in memory, as parsers are. Hypothesis draws
for property tests, and makes what fails small; a seeded source draws the same without it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Protocol, TypeVar

from nnc.bitio import InputError, NncError, PlacedError, Table, nearest
from nnc.engine.compiling import compiled_strategies
from nnc.engine.document import Document
from nnc.engine.editing import follow_others
from nnc.engine.following import follows
from nnc.engine.records import Record

T = TypeVar("T")

#: Chances to break a rule that are passed over, at most: not always the first one is taken.
MOST_SKIPPED = 3

#: Draws that are tried for one piece of data.
ATTEMPTS = 2000


class Drawable(Protocol):
    """A format whose data are drawn."""

    name: str
    folder: Path | None
    package: ModuleType
    root: Any
    tables: Mapping[str, Any]

    def scope(self, given: Mapping[str, Any]) -> Any:
        """Return the names before the first table."""

    def drawing(self) -> ModuleType:
        """Return the package that draws its tables."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A table that was drawn.

    Attributes:
        table: the table.
        data: its bytes; a last incomplete byte is filled with zero bits.
        scope: the names that stand around it, those that were drawn too: what `read` of its
            construct takes. There are none where the table asks for none.
    """

    table: Table
    data: bytes
    scope: Any = field(compare=False)


class Broken(NamedTuple):
    """Data that break one rule.

    Attributes:
        data: the bytes.
        rule: name of the rule: its kind and the element.
        path: syntax path of the element, with indices.
        verdict: `error` where a parser has to refuse the data, `finding` where only `check`
            has to speak.
    """

    data: bytes
    rule: str
    path: str
    verdict: str


def drawing_of(form: Drawable) -> ModuleType:
    """Return the package that draws tables of a format by its schema.

    Raises:
        InputError: the format was made without its schema.
    """
    if form.folder is None:
        raise InputError(f"{form.name}: its schema isn't known; Format.load knows it")
    return compiled_strategies(form.folder)


def rules(form: Drawable) -> dict[str, str]:
    """Return the rules that data of a format can be made to break, with what is wrong then."""
    return {rule.name: rule.text for rule in form.drawing().RULES}


def valid(form: Drawable, source: Any, table: str | None, given: Mapping[str, Any]) -> Drawn:
    """Draw a table.

    Args:
        form: the format.
        source: where values come from.
        table: its name; None: that of the root, which has to stand by itself.
        given: values that only the caller knows.
    """
    package = form.drawing()
    drawer = package.Drawer(source)
    alone = table is None
    if table is None:
        table, scope = form.root.table, form.scope(given)
        before = scope.copies()
    else:
        scope = names_around(form, package, drawer, table, given)
        before = scope.before
    try:
        drawn = package.TABLES[table](drawer, scope)
    except PlacedError as error:
        raise package.RejectedError(str(error)) from None
    made = Drawn(drawn, drawer.to_bytes(), before())
    return following_others(form, package, made) if alone else made


def following_others(form: Any, package: ModuleType, drawn: Drawn) -> Drawn:
    """Return a table of the root whose elements follow from others as the schema says."""
    if not follows(form.tables):
        return drawn
    document = Document(form, [Record(drawn.table, drawn.scope)])
    try:
        follow_others(document)
        data = form.root.write(document.records[0].table, drawn.scope.copy())
    except NncError as error:
        raise package.RejectedError(str(error)) from None
    return Drawn(document.records[0].table, data, drawn.scope)


def names_around(
    form: Drawable, package: ModuleType, drawer: Any, table: str, given: Mapping[str, Any]
) -> Any:
    """Return a scope whose names are drawn when the table first asks for them.

    Tables around it would have set them, or the caller knows them.
    """
    limits = {**package.SHARED, **package.PARAMETERS.get(table, {})}
    kind: Any = type(form.scope(given))
    selected: set[tuple[str, int]] = set()
    drawn: dict[str, Any] = {}
    asked: dict[str, Any] = dict(given)
    defaults = form.package.GIVEN_DEFAULTS

    def draw(name: str) -> Any:
        drawn[name] = drawer.around(name, limits[name])
        return drawn[name]

    def ask(name: str, _: Table) -> Any:
        if name not in asked and name not in defaults:
            asked[name] = drawer.around(name, limits[name])
        return asked.get(name)

    class Around(kind):  # type: ignore[misc]
        """The scope."""

        def __getattr__(self, name: str) -> Any:
            if name not in limits:
                return super().__getattr__(name)
            value = draw(name)
            setattr(self, name, value)
            return value

        def keys(self, table: str) -> list[int]:
            """Return the keys under which tables of a name are kept: one at least."""
            return super().keys(table) or [0]

        def select(self, table: str, key: int, stream: Any, name: str) -> None:
            """Make the names of a kept table hold; of one that is around, they are drawn."""
            if (table, key) in self.sets:
                super().select(table, key, stream, name)
            else:
                selected.add((table, key))

        def before(self) -> Any:
            """Return the names as they were before the table."""
            made = kind(lambda name, table: asked.get(name))
            made.take(drawn)
            for table, key in selected:
                kept = form.package.scope.KEPT[table][1]
                made.sets[table, key] = {n: drawn[n] for n in kept if n in drawn}, {}
            return made

    scope = Around(ask)
    scope.drawn = drawn
    return scope


def broken(form: Drawable, source: Any, rule: str, given: Mapping[str, Any]) -> Broken:
    """Draw a table of the root that breaks one rule.

    Args:
        form: the format.
        source: where values come from.
        rule: a kind of rule, or a kind and an element.
        given: values that only the caller knows.
    """
    package = form.drawing()
    skip = source.integer(0, MOST_SKIPPED)
    drawer = drawn_to_break(form, source, rule, given, skip)
    passed = skip - drawer.skip
    if drawer.broken is None and passed:
        # There were fewer places than were to be passed over: take one of those.
        drawer = drawn_to_break(form, source, rule, given, skip % passed)
    found = drawer.broken
    if found is None:
        raise package.RejectedError(f"no place to break {rule}")
    name = found.path.rpartition(".")[2].partition("[")[0]
    return Broken(drawer.to_bytes(), f"{found.kind}:{name}", found.path, found.verdict)


def drawn_to_break(
    form: Drawable, source: Any, rule: str, given: Mapping[str, Any], skip: int
) -> Any:
    """Return what drew a table of the root, with the place that it broke a rule at, if one.

    Args:
        form: the format.
        source: where values come from.
        rule: a kind of rule, or a kind and an element.
        given: values that only the caller knows.
        skip: how many places to pass over.
    """
    package = form.drawing()
    kind, _, element = rule.partition(":")
    drawer = package.Drawer(source, kind=kind, element=element, skip=skip)
    try:
        package.TABLES[form.root.table](drawer, form.scope(given))
    except package.FinishedError:
        pass
    except PlacedError as error:
        if drawer.broken is None:
            raise package.RejectedError(str(error)) from None
    return drawer


def check_rule(form: Drawable, rule: str) -> None:
    """Refuse the name of a rule that there isn't.

    Raises:
        InputError: the message names some that there are.
    """
    names = rules(form)
    known = {*names, *(name.partition(":")[0] for name in names)}
    if rule not in known:
        near = nearest(rule, known, 3, 0.4)
        told = f"did you mean {' or '.join(near)}?" if near else ""
        raise InputError(f"{form.name} has no rule {rule!r}; {told}")


def check_table(form: Drawable, table: str | None) -> str:
    """Return the name of a table, that of the root for None, or refuse it.

    Raises:
        InputError: the message names those that there are.
    """
    name = form.root.table if table is None else table
    if name not in form.tables:
        raise InputError(f"{form.name} has no table {name!r}; it has {', '.join(form.tables)}")
    return str(name)


def as_strategy(form: Drawable, draw: Callable[[Any], Any]) -> Any:
    """Return a Hypothesis strategy for what a function draws.

    Raises:
        InputError: Hypothesis isn't installed.
    """
    require_hypothesis()
    return form.drawing().strategy(draw)


def require_hypothesis() -> None:
    """Refuse to go on without Hypothesis.

    Raises:
        InputError: it isn't installed; the message says how it is.
    """
    if importlib.util.find_spec("hypothesis") is None:
        raise InputError("strategies need Hypothesis: pip install hypothesis")


def by_seed(form: Drawable, draw: Callable[[Any], T], seed: str) -> T:
    """Return the first thing that can be drawn from a seed: the same seed, the same thing.

    Raises:
        InputError: nothing could be drawn.
    """
    package = form.drawing()
    for attempt in range(ATTEMPTS):
        try:
            return draw(package.RandomSource(f"{seed}/{attempt}"))
        except package.RejectedError:
            continue
    raise InputError(f"nothing of {form.name} could be drawn in {ATTEMPTS} attempts")
