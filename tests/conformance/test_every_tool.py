"""Each tool of clause 8 has tests that are named after it, and its line on the page of clauses."""

from pathlib import Path

import pytest

from tests.reduction import TOOLS

ROOT = Path(__file__).parents[2]


def test_the_clauses_are_all_there():
    numbers = {number for tool in TOOLS for number in tool.clauses}
    assert numbers == {"8.2.1", *(f"8.3.{number}" for number in range(1, 10)), "Annex G"}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.clauses[0])
def test_every_tool_has_tests_of_its_own(tool):
    assert tool.tests()
    page = (ROOT / "docs" / "clauses.md").read_text("utf-8")
    assert f"| {', '.join(tool.clauses)} | {tool.what} | {tool.calls} |" in page
