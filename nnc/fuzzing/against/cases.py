"""The bitstreams that a decoder is run on: recipes, and what they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnc.bitio import InputError, NncError
from nnc.features.use import held_to
from nnc.fuzzing.corpus import Entry, element_of, parse_rule, rule_names
from nnc.fuzzing.expected import Expected, expected_of, is_decodable
from nnc.fuzzing.placed import Key, PlacedSource
from nnc.fuzzing.strategies import RejectedError
from nnc.fuzzing.streams import Drawn
from nnc.fuzzing.whole import draw_stream, draw_twins, drawn_skip
from nnc.fuzzing.within import Within
from nnc.inspect.tracing import trace

#: Draws that are tried for one bitstream: for any, and for one rule.
ATTEMPTS, RULE_ATTEMPTS = 200, 400

#: Draws for rules whose element none of the first bitstreams have; of kinds in `ANYWHERE`, more.
FEW_ATTEMPTS, SOME_ATTEMPTS = 4, 40

#: Kinds of rules that are about more than the elements that a bitstream has.
ANYWHERE = ("index", "constraint")

#: Bitstreams that tell which elements a set comes to.
PILOTS = 60


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a bitstream is made from.

    Attributes:
        seed: where its values come from.
        rule: the rule that it breaks; "" for a valid one.
        given: values that aren't drawn, by place.
        simple: what isn't given is the simplest, in place of drawn.
        dropped: numbers of planned units that are left out.
    """

    seed: str
    rule: str = ""
    given: Mapping[Key, Any] = field(default_factory=dict)
    simple: bool = False
    dropped: frozenset[str] = frozenset()

    def source(self) -> PlacedSource:
        """Return what gives its values."""
        return PlacedSource(self.seed, self.given, simple=self.simple, dropped=self.dropped)


@dataclass(frozen=True, slots=True)
class Case:
    """A bitstream, and what to expect of a decoder.

    Attributes:
        name: its name, which files take.
        recipe: what it was made from; None for a damaged file.
        drawn: the bitstream.
        twin: of a broken one, the valid bitstream that it differs from by its rule alone.
        expected: what the bitstream, or its twin, decodes to; None where anything may come.
        taken: the values that it was drawn from, by place.
        is_decodable: of a broken one, whether its tensors can be decoded nevertheless.
    """

    name: str
    recipe: Recipe | None
    drawn: Drawn
    twin: Drawn | None = None
    expected: Expected | None = None
    taken: Mapping[Key, Any] = field(default_factory=dict)
    is_decodable: bool = False

    @property
    def verdict(self) -> str:
        """`valid`, `error`, `finding` or `any`, as in manifests."""
        if self.recipe is None:
            return "any"
        if self.drawn.broken is None:
            return "valid"
        # Only a validator reads everything, for example topologies.
        return "finding" if self.is_decodable else self.drawn.broken.verdict

    @property
    def rule(self) -> str:
        """The rule that it breaks, with its element; "" for none."""
        broken = self.drawn.broken
        return "" if broken is None else f"{broken.kind}:{element_of(broken.path)}"

    def entry(self) -> dict[str, Any]:
        """Return what a manifest says of it."""
        broken = self.drawn.broken
        entry = Entry(
            f"{self.name}.nnc",
            "" if self.recipe is None else self.recipe.seed,
            self.rule,
            "" if broken is None else broken.path,
            self.verdict,
            "" if self.drawn.base is None else f"{self.name}-base.nnc",
            self.drawn.dimensions,
            self.drawn.unary_lengths,
        )
        said: dict[str, Any] = {name: getattr(entry, name) for name in entry.__dataclass_fields__}
        said |= {"bytes": len(self.drawn.data)}
        if self.drawn.base is not None:
            told = self.drawn.base.out_of_band
            said |= {f"base_{name}": value for name, value in told.items()}
        if self.twin is not None:
            said["twin"] = f"{self.name}-twin.nnc"
        if self.expected is not None:
            said["expected"] = self.expected.digests()
        return said

    def files(self) -> dict[str, bytes]:
        """Return its files by name: base and twin stand before it."""
        found = {}
        if self.drawn.base is not None:
            found[f"{self.name}-base.nnc"] = self.drawn.base.data
        if self.twin is not None:
            found[f"{self.name}-twin.nnc"] = self.twin.data
        return found | {f"{self.name}.nnc": self.drawn.data}


def make(recipe: Recipe, name: str, within: Within, *, told: bool = True) -> Case:
    """Make the bitstream of a recipe, and what it decodes to.

    Args:
        recipe: what it is made from.
        name: its name.
        within: the features that it keeps to; of a broken one, its twin.
        told: decoders can be told what a bitstream leaves out.

    Raises:
        RejectedError: it doesn't come out well, or not within the features.
    """
    sources: list[PlacedSource] = []

    def source() -> PlacedSource:
        sources.append(recipe.source())
        return sources[-1]

    twin: Drawn | None = None
    if recipe.rule:
        kind, element = parse_rule(recipe.rule)
        # Most draws come to no chance to break the rule, and need no twin.
        probe = recipe.source()
        skip = drawn_skip(probe, element)
        draw_stream(probe, within, kind=kind, element=element, skip=skip)
        drawn, twin = draw_twins(source, kind, element, within)
    else:
        first = source()
        drawn_skip(first, "")
        drawn = draw_stream(first, within)
    valid = drawn if twin is None else twin
    if (
        not within.is_everything
        and held_to(trace(valid.data, **valid.out_of_band), within.set).findings
    ):
        raise RejectedError(f"not within {within.set.name}")
    try:
        expected = expected_of(valid)
    except NncError as error:
        raise RejectedError(str(error)) from error
    decodable = twin is not None and is_decodable(drawn)
    return Case(name, recipe, drawn, twin, expected, sources[-1].taken, decodable)


def valid_cases(count: int, seed: str, within: Within) -> Iterator[Case]:
    """Yield valid bitstreams."""
    for number in range(count):
        yield first_made(f"{seed}.{number}", "", f"valid-{number:04}", within, ATTEMPTS)


def broken_cases(
    rules: Sequence[str], count: int, seed: str, within: Within, unreached: list[str]
) -> Iterator[Case]:
    """Yield bitstreams that each break one rule: one rule after the other, and over again.

    Args:
        rules: the rules.
        count: how many bitstreams.
        seed: where their values come from.
        within: the features that their twins keep to.
        unreached: takes the rules that none came to break.
    """
    left = dict.fromkeys(rules)
    named = any(":" in rule for rule in rules)
    seen = elements_of(within, seed) if named and not within.is_everything else None
    number = 0
    while number < count and left:
        for rule in list(left):
            if number == count:
                return
            kind, _, element = rule.partition(":")
            near = seen is None or not element or element in seen
            few = SOME_ATTEMPTS if kind in ANYWHERE else FEW_ATTEMPTS
            tries = RULE_ATTEMPTS if near else few
            name = f"{rule.replace(':', '-')}-{number:04}"
            try:
                yield first_made(f"{seed}.{rule}.{number}", rule, name, within, tries)
            except InputError:
                del left[rule]
                unreached.append(rule)
                continue
            number += 1


def elements_of(within: Within, seed: str) -> set[str]:
    """Return the names of elements that bitstreams of a set have."""
    return {
        element.name
        for case in valid_cases(PILOTS, f"{seed}.pilot", within)
        for element in trace(case.drawn.data, **case.drawn.out_of_band).elements()
    } | {"byte_alignment", "nnr_unit_size"}


def first_made(seed: str, rule: str, name: str, within: Within, tries: int) -> Case:
    """Make a bitstream, trying seed after seed.

    Raises:
        InputError: none comes out well.
    """
    for attempt in range(tries):
        try:
            return make(Recipe(f"{seed}.{attempt}", rule), name, within)
        except RejectedError:
            continue
    what = f"breaks {rule}" if rule else f"keeps to {within.set.name}"
    raise InputError(f"no bitstream drawn from seed {seed} {what}")


def all_rules() -> list[str]:
    """Return the names of all rules that can be broken."""
    return list(rule_names())
