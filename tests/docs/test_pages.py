"""The pages that scripts make are up to date with the schema and the library."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import nnc
from nnc.cli.demo import DEFAULT_QPS, command
from tests.golden_files import UPDATE

ROOT = Path(__file__).parents[2]


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", nnc.__all__)
def test_every_public_name_is_in_the_api_page(name):
    page = (ROOT / "docs/guides/python-api.md").read_text("utf-8")
    assert f"| `{name}`" in page or f"| `{name}(" in page


def test_the_tables_of_clause_10_are_those_of_the_coder():
    assert (ROOT / "docs/tables.md").read_text("utf-8") == script("make_tables").page(), UPDATE


def test_the_page_of_clauses_is_that_of_the_tests():
    assert (ROOT / "docs/clauses.md").read_text("utf-8") == script("make_clauses").page(), UPDATE


def test_the_api_page_is_that_of_the_docstrings():
    made = script("make_api").page()
    assert (ROOT / "docs/api.md").read_text("utf-8") == made, UPDATE


def test_the_page_of_flower_is_up_to_date():
    pytest.importorskip("flwr")
    make_api = script("make_api")
    made = make_api.page(make_api.FLOWER_MODULES, "API for Flower")
    assert make_api.FLOWER_PAGE.read_text("utf-8") == made, "run docs/make_api.py"


def test_what_is_made_of_the_tables_of_options_is_up_to_date():
    for path, text in script("make_options").written().items():
        assert path.read_text("utf-8") == text, UPDATE


@pytest.mark.parametrize("name", nnc.__all__)
def test_every_public_name_is_described(name):
    assert f"### nnc.{name} {{ #nnc.{name} }}" in (ROOT / "docs/api.md").read_text("utf-8")


def test_the_coverage_page_has_every_element_of_the_schema():
    results = json.loads((ROOT / "docs/coverage.json").read_text("utf-8"))
    measuring = script("measure_coverage")
    measured = [(row["table"], row["element"]) for row in results["elements"]]
    assert measured == [(table.table, each.name) for table, each in measuring.expected()]
    assert (ROOT / "docs/coverage.md").read_text("utf-8") == measuring.page(results)


def test_help_of_the_measurement_writes_nothing():
    page = ROOT / "docs/coverage.md"
    before = page.stat().st_mtime_ns
    command = [sys.executable, str(ROOT / "docs/measure_coverage.py"), "--help"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert page.stat().st_mtime_ns == before


def test_every_element_is_changed_by_path_or_says_why_not():
    results = json.loads((ROOT / "docs/coverage.json").read_text("utf-8"))
    rows = [row for row in results["elements"] if row["header"]]
    assert all(row["set"] for row in rows)
    unchanged = {row["element"]: row["refused"] for row in rows if not row["changed"]}
    assert all("reserved" in why or "follows from" in why for why in unchanged.values())


def test_every_element_is_on_a_page():
    measuring = script("measure_coverage")
    for table, element in measuring.expected():
        page = (ROOT / f"docs/reference/{table.table}.md").read_text("utf-8")
        assert f"{{ #{measuring.anchor(table.table, element.name)} }}" in page


def test_the_table_of_the_readme_is_what_the_demo_prints():
    # Accuracies are left out: they come from sums of floats, which differ between processors.
    result = CliRunner().invoke(command)
    printed = [line.split()[:4] for line in result.stdout.splitlines()[3:]]
    readme = (ROOT / "README.md").read_text("utf-8")
    assert len(printed) == len(DEFAULT_QPS)
    shown = readme[readme.index(" qp  bytes") :].split("```")[0]
    assert [line.split()[:4] for line in shown.splitlines()[1:]] == printed
