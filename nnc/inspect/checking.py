"""The validator: what of a bitstream breaks which rule (clauses 6 and 10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Unpack

from nnc.bitio.arguments import checked
from nnc.bitio.collection import without_collection
from nnc.bitstream import OutOfBand, OutOfBandKeywords
from nnc.decoder.before import Before, session_after
from nnc.decoder.session import Decoder
from nnc.engine import looking
from nnc.engine.findings import ERROR, INFO, Finding, Rule, place_in_data, syntax_finding
from nnc.engine.mapped import view_of
from nnc.engine.schema_rules import schema_rules
from nnc.inspect.alike import RunTracingParser
from nnc.inspect.data_rules import DATA_RULES
from nnc.inspect.deep_rules import DEEP_RULES, check_payloads
from nnc.inspect.findings import models
from nnc.inspect.metric_rules import METRIC_RULES
from nnc.inspect.passing import KEPT, Passing
from nnc.inspect.reasons import undecoded_reason
from nnc.inspect.reference_rules import REFERENCE_RULES
from nnc.inspect.rules import RULES
from nnc.inspect.tracing import BitstreamTrace, trace, traced_by
from nnc.syntax import TABLES

#: Unit types that applications may use as they like; the schema's range is that of the others.
UNSPECIFIED_UNIT_TYPES = range(32, 64)

#: Name of the findings that tell what wasn't checked.
NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True)
class Report(looking.Report):
    """What a validator found.

    Attributes:
        findings: the rules broken, in the order of the data.
        skipped: paths of units that weren't checked in full, each with the reason.
    """

    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def notes(self) -> list[Finding]:
        """What wasn't checked in full, as findings of level `info`."""
        return [
            Finding(NOT_CHECKED, INFO, path, "", f"not checked in full: {reason}")
            for path, reason in self.skipped.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return all parts as plain data."""
        return {**looking.Report.as_dict(self), "skipped": self.skipped}


@checked
def check(
    data: bytes | bytearray | memoryview,
    *,
    deep: bool = False,
    before: Before = (),
    **left_out: Unpack[OutOfBandKeywords],
) -> Report:
    """Check a bitstream for everything that we know rules for.

    Args:
        data: the bytes, from the start of the first unit to the end of the last.
        deep: decode the entropy-coded payloads too.
        before: where the bitstream is an update, the bitstreams of its session before it, in
            order, or a decoder that has taken them; payloads may be coded with what those hold,
            and are skipped without it.
        **left_out: what is left out of bitstreams, as for `Bitstream.parse`.

    Returns:
        The findings; no error is raised for a bad bitstream.

    Raises:
        NncError: one of the bitstreams before can't be decoded.
    """
    if deep:
        session = session_after(before, **left_out)
        return check_trace(trace(data, **left_out), deep=True, session=session)
    rules = all_rules(deep=False)
    passing = Passing(rules, keep=False)
    traced = traced_by(
        RunTracingParser(
            view_of(data), OutOfBand.of(**left_out), passing.take, passing.is_exemplary, KEPT
        )
    )
    return report_of(traced, passing, rules)


def check_trace(
    traced: BitstreamTrace, *, deep: bool = False, session: Decoder | None = None
) -> Report:
    """Check a bitstream that was traced; else as `check`.

    Args:
        traced: the trace.
        deep: decode the entropy-coded payloads too.
        session: a decoder that has taken the bitstreams before it, None for none.
    """
    rules = all_rules(deep=False)
    passing = Passing(rules, keep=True)
    for unit in traced.units:
        passing.take(unit)
    report = report_of(traced, passing, rules)
    if not deep:
        return report
    broken = {finding.path for finding in report.findings if finding.level == ERROR}
    found, not_decoded = check_payloads(traced, broken, session)
    findings = sorted([*report.findings, *found], key=place_in_data)
    return Report(findings, report.skipped | not_decoded)


def report_of(traced: BitstreamTrace, passing: Passing, rules: Sequence[Rule]) -> Report:
    """Return what rules found in units as they passed, and find in all of them.

    Args:
        traced: the bitstream.
        passing: looked at its units.
        rules: all rules.
    """
    passing.look()
    findings: list[Finding] = []
    with without_collection():
        for number, model in enumerate(models(traced)):
            for place, rule in enumerate(rules):
                findings += passing.of_rule(number, place) if rule.by_unit else rule.findings(model)
        findings += syntax_findings(traced, alone=not findings)
    skipped: dict[str, str] = {
        unit.path: undecoded_reason(unit.missing)
        for unit in traced.walk()
        if unit.missing is not None
    }
    return Report(sorted(findings, key=place_in_data), skipped)


@checked
def all_rules(*, deep: bool = True) -> list[Rule]:
    """Return the rules that a check looks at, apart from those of parsing.

    Args:
        deep: with those that need payloads to be decoded.
    """
    composition = [*RULES, *DATA_RULES, *REFERENCE_RULES, *METRIC_RULES]
    return [
        *schema_rules(TABLES, is_left_to_applications),
        *composition,
        *(DEEP_RULES if deep else []),
    ]


def is_left_to_applications(table: str, element: str, value: Any) -> bool:
    """Tell whether a value is a unit type that applications may use as they like."""
    return element == "nnr_unit_type" and value in UNSPECIFIED_UNIT_TYPES


def syntax_findings(traced: BitstreamTrace, *, alone: bool) -> Iterator[Finding]:
    """Return a finding for each fault of parsing, but not for what merely follows from another.

    Args:
        traced: the bitstream.
        alone: nothing else was found, so that the first fault has no other cause.
    """
    for error in traced.errors:
        if alone or error.code != "unset-name":
            alone = False
            yield syntax_finding(error)
