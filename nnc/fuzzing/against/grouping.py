"""Failures with one cause: those whose words are the same, and which use what the smallest uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nnc.features.use import used_features
from nnc.fuzzing.against.cases import Case
from nnc.fuzzing.against.outcomes import BAD, UNNOTICED, WORDS, Outcome
from nnc.fuzzing.streams import Drawn
from nnc.inspect.tracing import trace


@dataclass(slots=True)
class Group:
    """Bitstreams of which a decoder makes the same wrong thing.

    Attributes:
        kind: what it does, one of `outcomes.WORDS`.
        cause: what it said, without what differs from one to the other; or the rule.
        features: what its smallest bitstream uses.
        members: names of the bitstreams.
        smallest: the smallest; None until it was looked for.
        told: what the decoder said of that.
        tried: how many were run to find it.
    """

    kind: str
    cause: str
    features: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    smallest: Case | None = None
    told: str = ""
    tried: int = 0

    @property
    def is_bad(self) -> bool:
        """Whether a decoder is to be mended for it."""
        return self.kind in BAD

    @property
    def size(self) -> int:
        """Bytes of the smallest."""
        return 0 if self.smallest is None else len(self.smallest.drawn.data)

    def as_dict(self) -> dict[str, Any]:
        """Return all parts as plain data; the bitstream by its entry."""
        return {
            "outcome": self.kind,
            "cause": self.cause,
            "count": len(self.members),
            "members": self.members,
            "features": self.features,
            "told": self.told,
            "tried": self.tried,
            "smallest": None if self.smallest is None else self.smallest.entry(),
        }


def features_used(drawn: Drawn) -> list[str]:
    """Return the features that a bitstream uses, and its base."""
    return list(used_features(trace(drawn.data, **drawn.out_of_band)))


def is_grouped(outcome: Outcome) -> bool:
    """Tell whether an outcome is worth a group."""
    return outcome.kind in BAD or outcome.kind == UNNOTICED


def group_of(groups: Iterable[Group], cause: str, used: Iterable[str]) -> Group | None:
    """Return the group that a failure belongs to: it says and uses the same, None for none.

    Wrong values say nothing of their cause: there, the features of the smallest bitstream do.
    """
    had = set(used)
    for group in groups:
        if group.cause == cause and had.issuperset(group.features):
            return group
    return None


def merged(groups: Iterable[Group]) -> list[Group]:
    """Return groups without those that another one's cause explains.

    What their smallest uses and more is no cause of its own, where they say the same.
    """
    found: list[Group] = []
    for group in sorted(groups, key=lambda one: (len(one.features), one.size)):
        known = group_of(found, group.cause, group.features)
        if known is None:
            found.append(group)
        else:
            known.members += group.members
    return found


def sorted_groups(groups: Iterable[Group]) -> list[Group]:
    """Return groups by what they are, the largest first."""
    order = list(WORDS)
    return sorted(groups, key=lambda group: (-order.index(group.kind), -len(group.members)))
