"""A run of a decoder from beginning to end: which bitstreams, within which features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnc.features.sets import FeatureSet
from nnc.fuzzing.against.campaign import MOST_CAUSES, RESULTS, Campaign, Shrinking, Tell
from nnc.fuzzing.against.cases import Case, all_rules, broken_cases, valid_cases
from nnc.fuzzing.against.command import Command
from nnc.fuzzing.conformance import MOST_CASES, conformance_cases
from nnc.fuzzing.corpus import mutated_files, parse_rule
from nnc.fuzzing.streams import Drawn
from nnc.fuzzing.within import Within

#: Stands for all rules.
ALL_RULES = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a decoder is run on.

    Attributes:
        features: the set of features that bitstreams keep to; of broken ones, their twins.
        valid: how many valid ones.
        rules: rules to be broken, by kind or by kind and element; `all` for all of them.
        broken: how many broken ones.
        mutated: files of bitstreams, each with how many damaged variants.
        seed: where all of it comes from.
        conformance: the corpus of `nnc conformance`, too.
    """

    features: FeatureSet
    valid: int = 0
    rules: Sequence[str] = ()
    broken: int = 0
    mutated: Sequence[tuple[str, int]] = ()
    seed: str = "0"
    conformance: bool = False

    def cases(self, unreached: list[str]) -> Iterator[Case]:
        """Yield the bitstreams.

        Args:
            unreached: takes the rules that none came to break.

        Raises:
            InputError: there is no such rule; or no bitstream keeps to the features.
        """
        within = Within(self.features)
        yield from valid_cases(self.valid, self.seed, within)
        rules = self.rule_names()
        if rules:
            yield from broken_cases(rules, self.broken, self.seed, within, unreached)
        for number, (name, count) in enumerate(self.mutated):
            for entry, data in mutated_files(Path(name).read_bytes(), count, self.seed):
                called = f"{number}-{entry.file.removesuffix('.nnc')}"
                yield Case(called, None, Drawn(data, None, []))
        if self.conformance:
            yield from (case for _, case in conformance_cases())

    @property
    def count(self) -> int:
        """The number of bitstreams, or a little more."""
        corpus = MOST_CASES if self.conformance else 0
        return self.valid + self.broken + sum(count for _, count in self.mutated) + corpus

    def rule_names(self) -> list[str]:
        """Return the rules to be broken.

        Raises:
            InputError: there is no such rule.
        """
        if ALL_RULES in self.rules:
            return all_rules()
        for rule in self.rules:
            parse_rule(rule)
        return list(self.rules)

    def about(self, command: str) -> dict[str, Any]:
        """Return what makes a run another one."""
        return {
            "command": command,
            "features": self.features.name,
            "seed": self.seed,
            "valid": self.valid,
            "rules": list(self.rules),
            "broken": self.broken,
            "mutated": [list(one) for one in self.mutated],
            "conformance": self.conformance,
        }


def run_against(
    command: str,
    wanted: Wanted,
    folder: Path,
    *,
    seconds: float = 10.0,
    megabytes: int = 4096,
    shrink_seconds: float = 60.0,
    causes: int = MOST_CAUSES,
    afresh: bool = False,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Run a decoder on bitstreams, and write what came of it into a folder.

    Args:
        command: the command of the decoder; see docs/guides/decoders.md.
        wanted: what it is run on.
        folder: gets the bitstreams, manifest.json, report.json, report.html, and for each cause
            of failures its smallest bitstream; a run that was broken off is gone on with.
        seconds: the longest time for one bitstream.
        megabytes: the most memory.
        shrink_seconds: the longest time to make a failure small; 0: none is.
        causes: with so many causes of failures the run ends.
        afresh: forget what is in the folder.
        tell: called with each bitstream and what came of it.

    Returns:
        The report, as in report.json.

    Raises:
        InputError: no such rule or program; the folder holds another run; the command's answers
            can't be read.
        OSError: a file can't be read or written.
    """
    wanted.rule_names()
    campaign = Campaign(folder, wanted.about(command))
    if afresh:
        (folder / RESULTS).unlink(missing_ok=True)
    campaign.resume()
    shrinking = Shrinking(Within(wanted.features), shrink_seconds, causes)
    with Command(command, seconds, megabytes) as running:
        campaign.run(running, wanted.cases(campaign.unreached), tell or nobody, shrinking)
    return campaign.write()


def nobody(case: Case, outcome: Any) -> None:
    """Tell nobody."""


def write_cases(folder: Path, wanted: Wanted) -> int:
    """Write bitstreams and a manifest of what to expect; return how many files.

    Raises:
        InputError: there is no such rule; or no bitstream keeps to the features.
    """
    campaign = Campaign(folder, {"seed": wanted.seed, "features": wanted.features.name})
    written = 0
    for case in wanted.cases(campaign.unreached):
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in case.files().items():
            (folder / name).write_bytes(data)
            written += 1
        campaign.entries.append(case.entry())
    campaign.write_manifest()
    return written
