"""Bitstreams drawn as a whole: valid ones, broken ones, and both as twins."""

from __future__ import annotations

from typing import Any

from nnc.fuzzing.placed import PlacedSource
from nnc.fuzzing.planned import Ancestor
from nnc.fuzzing.plans import Planner
from nnc.fuzzing.strategies import Source
from nnc.fuzzing.streams import Drawn, Piece, StreamDrawer
from nnc.fuzzing.within import EVERYTHING, Within


def draw_valid(source: Source, within: Within = EVERYTHING) -> Drawn:
    """Draw a valid bitstream, which our decoder decodes.

    Args:
        source: where values come from.
        within: the features that it is drawn from.

    Raises:
        RejectedError: what was drawn doesn't come out well; draw again.
    """
    return draw_stream(source, within)


def draw_syntax(source: Source) -> Drawn:
    """Draw a bitstream of valid tables, from all of the syntax, with any bytes for payloads.

    Raises:
        RejectedError: what was drawn doesn't come out well; draw again.
    """
    return StreamDrawer(source, Planner(source), decodable=False).draw()


def draw_broken(source: Source, kind: str, element: str = "") -> Drawn:
    """Draw a bitstream that breaks exactly one rule.

    Args:
        source: where values come from.
        kind: kind of the rule, one of `VERDICTS`.
        element: the element that it is to be broken at, "" for any.

    Raises:
        RejectedError: it didn't come to that; draw again.
    """
    return draw_stream(source, kind=kind, element=element, skip=drawn_skip(source, element))


def drawn_skip(source: Source, element: str) -> int:
    """Draw how many chances to break a rule are passed over."""
    # Most elements stand in a bitstream once or twice, but some kinds of rules are all over it.
    return source.integer(0, 1) and source.integer(0, 5 if element else 60)


def draw_twin(source: Source, element: str, within: Within) -> tuple[Drawn, dict[str, Piece]]:
    """Draw the valid bitstream that broken ones differ from in their rule alone.

    Args:
        source: where values come from, by place (`PlacedSource`).
        element: that of the rules; others that are no "" have the same twin.
        within: the features that it is drawn from.

    Returns:
        The bitstream, and what `draw_from_twin` needs of it.

    Raises:
        RejectedError: what was drawn doesn't come out well.
    """
    pieces: dict[str, Piece] = {}
    drawn_skip(source, element)
    return draw_stream(source, within, pieces=pieces), pieces


def draw_from_twin(
    source: Source, kind: str, element: str, within: Within, pieces: dict[str, Piece]
) -> Drawn:
    """Draw a bitstream that breaks one rule, and is else as its twin.

    Args:
        source: the same values as those of the twin.
        kind: as for `draw_broken`.
        element: likewise.
        within: the features that the twin was drawn from.
        pieces: what `draw_twin` returned.

    Raises:
        RejectedError: it didn't come to that; draw again.
    """
    skip = drawn_skip(source, element)
    return draw_stream(source, within, kind=kind, element=element, skip=skip, twin=pieces)


def draw_stream(
    source: Source,
    within: Within = EVERYTHING,
    pieces: dict[str, Piece] | None = None,
    **wanted: Any,
) -> Drawn:
    """Draw a bitstream by itself, or one with the bitstream that it is an update of.

    Args:
        source: where values come from.
        within: the features that it is drawn from.
        pieces: takes its units as they were drawn, by number in the plan.
        **wanted: the rule to be broken, as for `StreamDrawer`.
    """
    base: Drawn | None = None
    ancestors: list[Ancestor] = []
    if within.has_updates and source.integer(0, 3) == 1:
        begin_session(source, "base ")
        first = StreamDrawer(source, Planner(source, is_base=True, within=within), within=within)
        base, ancestors = first.draw(), first.coded
        begin_session(source, "update ")
    drawer = StreamDrawer(
        source, Planner(source, ancestors, within=within), within=within, **wanted
    )
    made = drawer.draw()
    made.base = base
    if pieces is not None:
        pieces |= drawer.pieces
    return made


def begin_session(source: Source, name: str) -> None:
    """Tell a source that gives each bitstream values of its own which one comes."""
    if isinstance(source, PlacedSource):
        source.begin_session(name)
