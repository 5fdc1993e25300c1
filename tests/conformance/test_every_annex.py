"""Each annex has tests that are named after it, and its line on the page of clauses."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.annexes import ANNEXES, NAMED

ROOT = Path(__file__).parents[2]


def test_the_annexes_are_all_there():
    assert [annex.letter for annex in ANNEXES] == list("ABCDEF")
    assert {letter for _, letters in NAMED for letter in letters} == set("ABCDEF")


@pytest.mark.parametrize("annex", ANNEXES, ids=lambda annex: annex.letter)
def test_every_annex_has_tests_of_its_own(annex):
    assert len(annex.tests()) >= 2
    page = (ROOT / "docs" / "clauses.md").read_text("utf-8")
    assert f"| {annex.letter} | {annex.what} | {annex.works} |" in page


def test_the_tests_can_be_run():
    """What needs nothing installed is collected here; the rest where its framework is."""
    tests = [name for annex in ANNEXES if not annex.extra for name in annex.tests()]
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "--no-header", *tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert all(name in done.stdout for name in tests)
