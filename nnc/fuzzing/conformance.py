"""A corpus for anybody's tests: one folder a clause, always the same, with what is expected.

Everything is drawn from a fixed seed and decided by integers, so that files and digests are the
same on every machine and with every version of Python.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnc.bitio import InputError
from nnc.engine.files import replace_bytes
from nnc.features.sets import ALL, feature_set
from nnc.features.vocabulary import features
from nnc.fuzzing.against.cases import Case, Recipe, make
from nnc.fuzzing.against.grouping import features_used
from nnc.fuzzing.corpus import MANIFEST, UNBREAKABLE
from nnc.fuzzing.strategies import RULES, RejectedError
from nnc.fuzzing.streams import SIZE_RULES
from nnc.fuzzing.within import Within
from nnc.syntax import TABLES

#: Raised where files or digests change: 2 has the digests of levels right.
VERSION = 2

#: Bitstreams for each feature, and those that are looked through for them.
EACH, LOOKED_THROUGH = 3, 300

#: Bitstreams of the corpus, at most.
MOST_CASES = 400

#: What is left out where features are looked for that others keep away.
PLAIN = ("blocks", "joined-tensors", "separate-factors", "raw-values", "aggregates")

#: Draws that are tried for one rule.
ATTEMPTS = 2500

#: The clause of the rules about sizes of units.
SIZES = "6.3.2"


def conformance_cases() -> Iterator[tuple[str, Case]]:
    """Yield the bitstreams in their order, each with the number of its clause."""
    within = Within(feature_set(ALL))
    yield from feature_cases(within)
    for clause, rule in clause_rules():
        yield clause, broken_case(rule, within)


def feature_cases(within: Within) -> Iterator[tuple[str, Case]]:
    """Yield valid bitstreams: for each feature the first that have it."""
    found: dict[str, list[Case]] = {name: [] for name in features()}
    for narrowed in (within, Within(within.set.leaving_out(PLAIN))):
        for number in range(LOOKED_THROUGH):
            if all(len(cases) == EACH for cases in found.values()):
                break
            try:
                case = make(Recipe(f"conformance.{number}"), "", narrowed)
            except RejectedError:
                continue
            for name in features_used(case.drawn):
                if len(found[name]) < EACH:
                    found[name].append(case)
    for name, cases in found.items():
        for number, case in enumerate(cases):
            yield features()[name].clause, renamed(case, f"{name}-{number}")


def clause_rules() -> list[tuple[str, str]]:
    """Return the rules by clause, each with its name."""
    known = {rule.name: rule.clause for rule in RULES if rule.name not in UNBREAKABLE}
    known |= {f"{kind}:nnr_unit_size": SIZES for kind in SIZE_RULES}
    return sorted((clause, name) for name, clause in known.items())


def broken_case(rule: str, within: Within) -> Case:
    """Return the first bitstream that breaks a rule.

    Raises:
        InputError: none does.
    """
    for number in range(ATTEMPTS):
        try:
            return make(
                Recipe(f"conformance.{rule}.{number}", rule), rule.replace(":", "-"), within
            )
        except RejectedError:
            continue
    raise InputError(f"no bitstream came to break {rule}")


def renamed(case: Case, name: str) -> Case:
    """Return a bitstream under another name."""
    return replace(case, name=name)


def write_conformance(folder: Path) -> dict[str, Any]:
    """Write the corpus, with a manifest in each folder and one of all.

    Returns:
        The manifest of all: `digest` is that of all manifests of the folders, and `clauses` has
        for each its number of files and the digest of its manifest.

    Raises:
        OSError: a file can't be written.
    """
    entries: dict[str, list[dict[str, Any]]] = {}
    for clause, case in conformance_cases():
        place = folder / clause
        place.mkdir(parents=True, exist_ok=True)
        for name, data in case.files().items():
            (place / name).write_bytes(data)
        digest = hashlib.sha256(case.drawn.data).hexdigest()
        entries.setdefault(clause, []).append({**case.entry(), "sha256": digest})
    clauses = {}
    for clause in sorted(entries, key=number_of):
        titles = [table.title for table in TABLES.values() if table.clause == clause]
        content = {"schema_version": VERSION, "clause": clause, "titles": sorted(set(titles))}
        digest = write_manifest(folder / clause / MANIFEST, content | {"files": entries[clause]})
        clauses[clause] = {"bitstreams": len(entries[clause]), "sha256": digest}
    joined = "".join(f"{clause} {one['sha256']}\n" for clause, one in clauses.items())
    whole = {
        "schema_version": VERSION,
        "digest": hashlib.sha256(joined.encode("ascii")).hexdigest(),
        "clauses": clauses,
    }
    write_manifest(folder / MANIFEST, whole)
    return whole


def write_manifest(path: Path, content: Any) -> str:
    """Write a manifest, and return its digest."""
    data = (json.dumps(content, indent=2, ensure_ascii=True) + "\n").encode("ascii")
    replace_bytes(path, data)
    return hashlib.sha256(data).hexdigest()


def number_of(clause: str) -> list[int]:
    """Return a clause as numbers, to sort by."""
    return [int(part) for part in clause.split(".")]
