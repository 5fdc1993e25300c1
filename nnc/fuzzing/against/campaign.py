"""A run of a decoder over bitstreams, which can be broken off and gone on with."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnc.bitio import InputError
from nnc.engine.files import replace_bytes
from nnc.fuzzing.against.cases import Case
from nnc.fuzzing.against.command import Command
from nnc.fuzzing.against.grouping import (
    Group,
    features_used,
    group_of,
    is_grouped,
    merged,
    sorted_groups,
)
from nnc.fuzzing.against.outcomes import WORDS, Outcome, outcome_of
from nnc.fuzzing.against.shrinking import Shrinker
from nnc.fuzzing.corpus import MANIFEST, MANIFEST_VERSION
from nnc.fuzzing.within import Within

#: Files of a run, beside the bitstreams and their manifest.
RESULTS, REPORT, PAGE, GROUPS = "results.jsonl", "report.json", "report.html", "groups"

#: Groups of failures that a run ends with.
MOST_CAUSES = 1000

#: Version of the form of the report.
REPORT_VERSION = 1

#: Called with each bitstream and what came of it.
Tell = Callable[[Case, Outcome], None]


@dataclass(slots=True)
class Campaign:
    """A run.

    Attributes:
        folder: where its files are.
        about: what it is: command, set, seed and so on; a run is gone on with where this is the
            same.
        outcomes: what came of each bitstream, by name.
        groups: failures with one cause.
        unreached: rules that no bitstream came to break.
        entries: what the manifest says of the bitstreams.
        unsuited: bitstreams that the command has no way to be told of.
    """

    folder: Path
    about: dict[str, Any]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    unsuited: int = 0

    def resume(self) -> int:
        """Take what an earlier run of the same left; return for how many bitstreams.

        Raises:
            InputError: the folder holds another run.
        """
        path = self.folder / RESULTS
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(self.about) + "\n", "utf-8")
            return 0
        lines = path.read_text("utf-8").splitlines()
        if not lines or json.loads(lines[0]) != self.about:
            raise InputError(f"{path} is of another run; choose another folder, or --force")
        for line in lines[1:]:
            try:
                said = json.loads(line)
            except ValueError:
                break  # the last line of a run that was broken off
            self.outcomes[said["name"]] = Outcome(said["outcome"], said["told"], said["seconds"])
        return len(self.outcomes)

    def run(
        self, command: Command, cases: Iterable[Case], tell: Tell, shrinking: Shrinking
    ) -> None:
        """Run the decoder on bitstreams, group what it does wrong, and make each group small."""
        with (self.folder / RESULTS).open("a", encoding="utf-8") as results:
            for case in cases:
                suits = command.takes_bases or case.drawn.base is None
                if not suits or not (command.is_told or not told_anything(case)):
                    self.unsuited += 1
                    continue
                for name, data in case.files().items():
                    (self.folder / name).write_bytes(data)
                self.entries.append(case.entry())
                known = self.outcomes.get(case.name)
                outcome = outcome_of(command, case) if known is None else known
                if known is None:
                    self.outcomes[case.name] = outcome
                    results.write(line_of(case, outcome) + "\n")
                    results.flush()
                if case.rule:
                    self.rules[case.name] = case.rule
                if is_grouped(outcome):
                    self.sort_in(command, case, outcome, shrinking)
                tell(case, outcome)
                if sum(group.is_bad for group in self.groups) == shrinking.causes:
                    break

    def sort_in(self, command: Command, case: Case, outcome: Outcome, shrinking: Shrinking) -> None:
        """Put a failure into its group; the first of a group is made small."""
        group = group_of(self.groups, outcome.cause, features_used(case.drawn))
        if group is None:
            group = Group(outcome.kind, outcome.cause)
            self.groups.append(group)
            shrinking.shrink(command, case, outcome, group)
        group.members.append(case.name)

    def write(self) -> dict[str, Any]:
        """Write manifest and report; return the report."""
        from nnc.fuzzing.against.page import page_of

        self.groups = sorted_groups(merged(self.groups))
        self.write_manifest()
        for number, group in enumerate(self.groups, 1):
            if group.smallest is not None:
                self.write_group(self.folder / GROUPS / f"{number:02}", group)
        report = self.report()
        write_json(self.folder / REPORT, report)
        replace_bytes(self.folder / PAGE, page_of(report).encode("utf-8"))
        return report

    def write_manifest(self) -> None:
        """Write what to expect of each bitstream."""
        manifest = {"schema_version": MANIFEST_VERSION, **self.about, "files": self.entries}
        if self.unreached:
            manifest["unreached_rules"] = sorted(self.unreached)
        write_json(self.folder / MANIFEST, manifest)

    def write_group(self, folder: Path, group: Group) -> None:
        """Write the smallest bitstream of a group, with what to expect of it."""
        assert group.smallest is not None
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in group.smallest.files().items():
            (folder / name).write_bytes(data)
        write_json(folder / "group.json", group.as_dict())

    def report(self) -> dict[str, Any]:
        """Return what came of the run, as plain data."""
        counts = Counter(outcome.kind for outcome in self.outcomes.values())
        rules: dict[str, Counter[str]] = {}
        for name, rule in self.rules.items():
            rules.setdefault(rule, Counter())[self.outcomes[name].kind] += 1
        return {
            "schema_version": REPORT_VERSION,
            **self.about,
            "bitstreams": len(self.outcomes),
            "unsuited": self.unsuited,
            "outcomes": {kind: counts[kind] for kind in WORDS if counts[kind]},
            "groups": [group.as_dict() for group in self.groups],
            "rules": {rule: dict(rules[rule]) for rule in sorted(rules)},
            "unreached_rules": sorted(self.unreached),
        }


@dataclass(frozen=True, slots=True)
class Shrinking:
    """How failures are made small.

    Attributes:
        within: the features that bitstreams keep to.
        seconds: time for each group; 0: they are left as they are.
        causes: the run ends with so many groups of failures.
    """

    within: Within
    seconds: float
    causes: int = MOST_CAUSES

    def shrink(self, command: Command, case: Case, outcome: Outcome, group: Group) -> None:
        """Find the smallest bitstream of a group."""
        last = outcome

        def fails(other: Case) -> bool:
            nonlocal last
            found = outcome_of(command, other)
            if found.cause == outcome.cause:
                last = found
                return True
            return False

        shrinker = Shrinker(case, fails, self.within, self.seconds)
        group.smallest = shrinker.shrink() if self.seconds else case
        group.tried, group.told = shrinker.tried, last.told
        group.features = features_used(group.smallest.drawn)


def told_anything(case: Case) -> bool:
    """Tell whether a bitstream leaves out what a decoder has to be told."""
    return bool(case.drawn.dimensions or case.drawn.unary_lengths)


def line_of(case: Case, outcome: Outcome) -> str:
    """Return what is kept of a bitstream that was run."""
    return json.dumps(
        {
            "name": case.name,
            "outcome": outcome.kind,
            "told": outcome.told,
            "seconds": round(outcome.seconds, 3),
        }
    )


def write_json(path: str | os.PathLike[str], content: Any) -> None:
    """Write a file of JSON in one step."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    replace_bytes(path, text.encode("utf-8"))
