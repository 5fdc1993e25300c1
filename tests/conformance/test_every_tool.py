"""Each tool of clause 8 has tests named after it, a page, and its line on the page of clauses."""

import functools
from dataclasses import fields
from pathlib import Path

import pytest

import nnc
from nnc.encoder import EncoderOptions
from tests.reduction import TOOLS

ROOT = Path(__file__).parents[2]


def test_the_clauses_are_all_there():
    numbers = {number for tool in TOOLS for number in tool.clauses}
    assert numbers == {"8.2.1", *(f"8.3.{number}" for number in range(1, 10)), "Annex G"}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.clauses[0])
def test_every_tool_has_tests_of_its_own(tool):
    assert tool.tests()
    page = (ROOT / "docs" / "clauses.md").read_text("utf-8")
    clauses, about = ", ".join(tool.clauses), f"[{tool.what}](guides/reduction/{tool.page}.md)"
    assert f"| {clauses} | {about} | {tool.calls} |" in page


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.clauses[0])
def test_every_tool_has_a_page(tool):
    page = (ROOT / f"docs/guides/reduction/{tool.page}.md").read_text("utf-8")
    parts = ("What", "When it pays", "Parameters", "In the bitstream", "Source")
    assert [part for part in parts if f"**{part}.**" not in page] == []
    assert all(number in page.splitlines()[0] for number in tool.clauses)
    # Each call that the table names has its place there.
    calls = [one.removeprefix("nnc.").removeprefix("nnc encode ") for one in
             tool.calls.strip("`").split("`, `")]  # fmt: skip
    assert [one for one in calls if one.split(" --")[-1].lstrip("-") not in page] == []


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.clauses[0])
def test_every_call_is_there(tool):
    options = {f"--{field.name.replace('_', '-')}" for field in fields(EncoderOptions)}
    for call in tool.calls.strip("`").split("`, `"):
        if call.startswith("nnc encode "):
            assert set(call.split()[2:]) <= options
        else:
            assert callable(functools.reduce(getattr, call.split(".")[1:], nnc))
