"""`nnc fuzz --against` and its kin: another decoder is run, or bitstreams within a set written."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from nnc.bitio import InputError
from nnc.cli.common.output import escape_controls, print_json
from nnc.cli.common.progress import progress_bar
from nnc.cli.common.results import json_wanted

#: Bitstreams of `--break` where no number is given.
ONE_EACH = 200


def wanted_of(
    only: str,
    without: tuple[str, ...],
    valid: int | None,
    rule: str | None,
    count: int | None,
    mutate: tuple[tuple[str, int], ...],
    seed: str,
    conformance: bool,
) -> Any:
    """Return what a decoder is to be run on.

    Raises:
        InputError: there is no such set, feature or rule.
    """
    from nnc.features import feature_set
    from nnc.fuzzing.against.runs import ALL_RULES, Wanted

    rules = () if rule is None else (rule,)
    broken = 0 if rule is None else count or (ONE_EACH if rule == ALL_RULES else 1)
    features = feature_set(only).leaving_out(without)
    wanted = Wanted(features, valid or 0, rules, broken, mutate, seed, conformance)
    wanted.rule_names()
    return wanted


def run(
    command: str,
    wanted: Any,
    folder: Path,
    *,
    force: bool,
    quiet: bool,
    seconds: float,
    megabytes: int,
    shrink_seconds: float,
    causes: int | None,
) -> int:
    """Run a decoder, and say what came of it.

    Returns:
        0 where all went right, else 1.
    """
    from nnc.cli.main import DIFFERS, GOOD
    from nnc.fuzzing.against.campaign import MOST_CAUSES, PAGE
    from nnc.fuzzing.against.outcomes import BAD
    from nnc.fuzzing.against.runs import run_against

    done: Counter[str] = Counter()
    with progress_bar("running", shown=not quiet) as advance:

        def tell(case: Any, outcome: Any) -> None:
            done[outcome.kind] += 1
            if advance is not None:
                advance(done.total(), wanted.count)

        report = run_against(
            command,
            wanted,
            folder,
            seconds=seconds,
            megabytes=megabytes,
            shrink_seconds=shrink_seconds,
            causes=MOST_CAUSES if causes is None else causes,
            afresh=force,
            tell=tell,
        )
    if json_wanted():
        print_json(report)
    elif not quiet:
        for line in lines_of(report):
            click.echo(escape_controls(line))
        click.echo(f"wrote {folder / PAGE}", err=True)
    return DIFFERS if any(kind in BAD for kind in report["outcomes"]) else GOOD


def lines_of(report: dict[str, Any]) -> list[str]:
    """Return a report for people."""
    from nnc.fuzzing.against.outcomes import WORDS

    lines = [f"{count:6} {WORDS[kind]}" for kind, count in report["outcomes"].items()]
    if report["unsuited"]:
        lines.append(f"{report['unsuited']:6} left out: the command names no {{base}} or {{entry}}")
    for number, group in enumerate(report["groups"], 1):
        size = "" if group["smallest"] is None else f", smallest {group['smallest']['bytes']} bytes"
        used = ", ".join(group["features"]) or "nothing optional"
        lines.append(f"{number:3}. {group['count']} x {group['cause']}{size}; uses {used}")
    return lines


def print_driver(name: str) -> None:
    """Print a program that runs another decoder.

    Raises:
        InputError: there is none of that name.
    """
    from nnc.fuzzing import drivers

    folder = Path(drivers.__path__[0])
    # A program with the name of the package that it imports would find itself.
    known = {path.stem.removeprefix("run_"): path for path in folder.glob("run_*")}
    if name not in known:
        raise InputError(f"no driver {name!r}; there are {', '.join(sorted(known))}")
    click.echo(known[name].read_text("utf-8"), nl=False)
