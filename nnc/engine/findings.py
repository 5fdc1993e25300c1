"""What a validator says: findings, and the rules that they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from nnc.bitio import BitstreamError

ERROR, WARNING, INFO = "error", "warning", "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that a bitstream breaks at one place.

    Attributes:
        rule: name of the rule.
        level: `error`, `warning`, or `info` for what isn't a fault.
        path: syntax path of the place.
        position: the place as `byte.bit`, "" where it isn't known.
        message: what is wrong, one sentence without the place.
        clause: clause of the standard that holds the rule, or "".
        schema: `file:line` of the schema that tells of the element, or "".
    """

    rule: str
    level: str
    path: str
    position: str
    message: str
    clause: str = ""
    schema: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return all parts as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        """Return all parts on one line."""
        place = ", ".join(
            text for text in (self.path, f"at {self.position}" if self.position else "") if text
        )
        sources = [self.rule, f"clause {self.clause}" if self.clause else "", self.schema]
        told = ", ".join(source for source in sources if source)
        return f"{self.level}: {place}{': ' if place else ''}{self.message} [{told}]"


#: What a rule finds: the element, or another place with `path`, `byte_bit` and `schema_line`,
#: and what is wrong with it.
Problem = tuple[Any, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a format, and how data are checked for it.

    Attributes:
        name: its name, which stands in findings.
        title: the rule as a sentence.
        clause: clause of the standard that holds it.
        status: how sure it is: `interop`, `peer`, `draft` or `ours`.
        level: `error` or `warning`.
        problems: gives the places of what is checked that break it.
        by_unit: what it finds in many units is what it finds in each, so that these may be looked
            at in turn.
        reads: where it is so, and what it finds in a unit depends on certain elements alone,
            their names; None: on anything.
    """

    name: str
    title: str
    clause: str
    status: str
    level: str
    problems: Callable[[Any], Iterable[Problem]]
    by_unit: bool = False
    reads: frozenset[str] | None = None

    def findings(self, model: Any) -> Iterator[Finding]:
        """Check one model."""
        for place, message in self.problems(model):
            yield Finding(
                self.name, self.level, place.path, place.byte_bit, message, self.clause,
                place.schema_line,
            )  # fmt: skip


def syntax_finding(error: BitstreamError) -> Finding:
    """Return the finding of a fault of parsing; its rule is `syntax:` and the kind of error."""
    message = error.message
    if error.value is not None and str(error.value) not in message:
        message += f", found {error.value}"
    if error.allowed:
        message += f" (allowed: {error.allowed})"
    return Finding(
        f"syntax:{error.kind}", ERROR, error.path, error.position, message,
        error.clause, error.schema,
    )  # fmt: skip


def place_in_data(finding: Finding) -> tuple[int, int]:
    """Return the position of a finding as numbers, to sort by."""
    if not finding.position:
        return 0, 0
    byte, _, bit = finding.position.partition(".")
    return int(byte), int(bit)
