"""The recipes of docs/development.md, followed in a copy of the sources."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "development.md"
RECIPE = re.compile(
    r"<!-- not run: recipe (?P<name>[\w ]+), [^\n]*-->\n```python\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
RECIPES = {match["name"]: match["code"] for match in RECIPE.finditer(PAGE.read_text("utf-8"))}


def test_the_page_has_every_recipe():
    names = {"element", "table", "unit type", "verb", "model format", "target"}
    assert names == set(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_recipe(name, tmp_path):
    left_out = shutil.ignore_patterns("__pycache__")
    for folder in ("schema", "generator", "nnc"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=left_out)
    (tmp_path / "docs").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", RECIPES[name]],
        cwd=tmp_path,
        env=dict(
            os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), str(tmp_path / "generator")])
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
