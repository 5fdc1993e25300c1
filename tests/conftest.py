"""What all tests share: where the vectors are, and what is said of those that were skipped."""

from __future__ import annotations

import gc
from collections import Counter
from pathlib import Path

import pytest

VECTORS = Path(__file__).parent / "vectors"


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of the interoperability vectors."""
    return VECTORS


def pytest_collection_finish() -> None:
    """Keep the tests themselves, a million objects, out of the collector's way."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line how many tests were skipped, and what for."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", ()):
        if isinstance(report.longrepr, tuple):
            reasons[said(report.longrepr[2])] += 1
    if reasons:
        listed = "; ".join(f"{count} {reason}" for reason, count in reasons.most_common())
        terminalreporter.write_line(f"{reasons.total()} skipped: {listed}")


def said(reason: str) -> str:
    """Return a reason to skip in few words: `needs torch`, where a module is missing."""
    words = reason.removeprefix("Skipped: ").partition("\n")[0]
    _, found, name = words.partition("No module named ")
    return f"needs {name.strip(chr(39))}" if found else words
