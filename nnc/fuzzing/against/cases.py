"""The bitstreams that a decoder is run on: recipes, and what they make."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count, islice
from typing import Any, NamedTuple

from nnc.bitio import InputError, NncError
from nnc.features.use import held_to
from nnc.fuzzing.corpus import Entry, element_of, parse_rule, rule_names
from nnc.fuzzing.expected import Expected, expected_of, is_decodable
from nnc.fuzzing.placed import Key, PlacedSource
from nnc.fuzzing.strategies import RejectedError
from nnc.fuzzing.streams import Drawn, Piece
from nnc.fuzzing.whole import draw_from_twin, draw_stream, draw_twin, drawn_skip
from nnc.fuzzing.within import Within
from nnc.inspect.tracing import trace

#: Draws that are tried for one bitstream: for any, and for one rule within all features or some.
ATTEMPTS, ANY_ATTEMPTS, RULE_ATTEMPTS = 200, 2000, 400

#: Draws for rules whose element none of the first bitstreams have; of kinds in `ANYWHERE`, more.
FEW_ATTEMPTS, SOME_ATTEMPTS = 4, 40

#: Kinds of rules that are about more than the elements that a bitstream has.
ANYWHERE = ("index", "constraint")

#: Bitstreams that tell which elements a set comes to, and with which seeds.
PILOTS = 100


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


class Twin(NamedTuple):
    """A valid bitstream, what it decodes to, and what broken ones are drawn from."""

    drawn: Drawn
    pieces: dict[str, Piece]
    expected: Expected


def make(recipe: Recipe, name: str, within: Within, *, is_likely: bool = False) -> Case:
    """Make the bitstream of a recipe, and what it decodes to.

    Args:
        recipe: what it is made from.
        name: its name.
        within: the features that it keeps to; of a broken one, its twin.
        is_likely: the recipe's twin is known to have the element of its rule, and other rules are
            made from it, too.

    Raises:
        RejectedError: it doesn't come out well, or not within the features.
    """
    source = recipe.source()
    if not recipe.rule:
        drawn_skip(source, "")
        drawn = draw_stream(source, within)
        return Case(name, recipe, drawn, None, expected_within(drawn, within), source.taken)
    kind, element = parse_rule(recipe.rule)
    if is_likely:
        twin = shared_twin(recipe.seed, bool(element), within)
    else:
        # Most draws come to no chance to break the rule, and need no twin.
        probe = recipe.source()
        skip = drawn_skip(probe, element)
        draw_stream(probe, within, kind=kind, element=element, skip=skip)
        twin = twin_of(recipe, element, within)
    drawn = draw_from_twin(source, kind, element, within, twin.pieces)
    decodable = is_decodable(drawn)
    return Case(name, recipe, drawn, twin.drawn, twin.expected, source.taken, decodable)


def twin_of(recipe: Recipe, element: str, within: Within) -> Twin:
    """Make the valid twin of a bitstream that breaks a rule at an element.

    Raises:
        RejectedError: it doesn't come out well, or not within the features.
    """
    drawn, pieces = draw_twin(recipe.source(), element, within)
    return Twin(drawn, pieces, expected_within(drawn, within))


@lru_cache(2 * PILOTS)
def shared_twin(seed: str, has_element: bool, within: Within) -> Twin:
    """Return the twin of all bitstreams that break a rule at some element, or at any, of a seed.

    Raises:
        RejectedError: it doesn't come out well, or not within the features.
    """
    return twin_of(Recipe(seed), "any" if has_element else "", within)


def expected_within(drawn: Drawn, within: Within) -> Expected:
    """Return what a valid bitstream decodes to.

    Raises:
        RejectedError: it can't be decoded, or isn't within the features.
    """
    if (
        not within.is_everything
        and held_to(trace(drawn.data, **drawn.out_of_band), within.set).findings
    ):
        raise RejectedError(f"not within {within.set.name}")
    try:
        return expected_of(drawn)
    except NncError as error:
        raise RejectedError(str(error)) from error


def valid_cases(number: int, seed: str, within: Within) -> Iterator[Case]:
    """Yield valid bitstreams."""
    for one in range(number):
        seeds = (f"{seed}.{one}.{attempt}" for attempt in range(ATTEMPTS))
        yield first_made(seeds, "", f"valid-{one:04}", within)


def broken_cases(
    rules: Sequence[str], number: int, seed: str, within: Within, unreached: list[str]
) -> Iterator[Case]:
    """Yield bitstreams that each break one rule: one rule after the other, and over again.

    Args:
        rules: the rules.
        number: how many bitstreams.
        seed: where their values come from.
        within: the features that their twins keep to.
        unreached: takes the rules that none came to break.
    """
    # For a few bitstreams of any features they would take longer than they save.
    are_few = number < PILOTS and within.is_everything
    pilots = {} if are_few else pilots_of(within, seed)
    seen = set[str]().union(*pilots.values())
    left = {
        rule: seeds_for(rule, seed, pilots, turn) for turn, rule in enumerate(dict.fromkeys(rules))
    }
    made = 0
    while made < number and left:
        for rule in list(left):
            if made == number:
                return
            kind, _, element = rule.partition(":")
            tries = SOME_ATTEMPTS if kind in ANYWHERE else FEW_ATTEMPTS
            if within.is_everything:
                tries = ANY_ATTEMPTS
            elif not element or element in seen:
                tries = RULE_ATTEMPTS
            seeds = islice(left[rule], tries)
            try:
                name = f"{rule.replace(':', '-')}-{made:04}"
                yield first_made(seeds, rule, name, within, likely=pilots)
            except InputError:
                del left[rule]
                unreached.append(rule)
                continue
            made += 1


def pilots_of(within: Within, seed: str) -> dict[str, set[str]]:
    """Return the names of the elements that some valid bitstreams have, by their seeds."""
    found: dict[str, set[str]] = {}
    for number in range(PILOTS):
        own = f"{seed}.pilot.{number}"
        try:
            drawn = shared_twin(own, True, within).drawn
        except RejectedError:
            continue
        elements = trace(drawn.data, **drawn.out_of_band).elements()
        found[own] = {element.name for element in elements} | {"byte_alignment", "nnr_unit_size"}
    return found


def seeds_for(rule: str, seed: str, pilots: Mapping[str, set[str]], turn: int) -> Iterator[str]:
    """Yield seeds for a rule: first those whose valid bitstream has its element.

    Args:
        rule: the rule.
        seed: where all values come from.
        pilots: elements by seed.
        turn: of the rule; each one begins with another seed.
    """
    element = rule.partition(":")[2]
    likely = [own for own, names in pilots.items() if not element or element in names]
    begin = turn % max(len(likely), 1)
    yield from likely[begin:] + likely[:begin]
    for attempt in count():
        yield f"{seed}.{rule}.{attempt}"


def first_made(
    seeds: Iterable[str], rule: str, name: str, within: Within, likely: Container[str] = ()
) -> Case:
    """Make a bitstream, trying seed after seed; `likely` are those of pilots.

    Raises:
        InputError: none comes out well.
    """
    for seed in seeds:
        try:
            return make(Recipe(seed, rule), name, within, is_likely=seed in likely)
        except RejectedError:
            continue
    what = f"breaks {rule}" if rule else f"keeps to {within.set.name}"
    raise InputError(f"no bitstream that was drawn {what}")


def all_rules() -> list[str]:
    """Return the names of all rules that can be broken."""
    return list(rule_names())
