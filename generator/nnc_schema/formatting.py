"""What the targets write with: templates, line lengths, and a formatter for Python."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import jinja2

from nnc_schema.language import tree

LINE_LENGTH = 100

#: What stands in the first lines of every generated file.
SCHEMA_HASH = re.compile(r"(Schema hash: |\()sha256 [0-9a-f]{64}")
HEAD_LINES = 12

#: Rules of ruff that generated code keeps; those that it can't are named in the templates.
RULES = ("B", "C4", "D", "E", "F", "I", "N", "PIE", "PT", "RET", "RUF", "SIM", "UP", "W")


@functools.cache
def environment(templates: Path) -> jinja2.Environment:
    """Return the environment that renders the templates of a folder, each compiled once."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    made.filters["repr"] = literal
    return made


def is_generated(text: str) -> bool:
    """Tell whether the head of a file names the schema hash that every template writes there."""
    return SCHEMA_HASH.search("\n".join(text.splitlines()[:HEAD_LINES])) is not None


def literal(value: Any) -> str:
    """Write a value as Python, with double quotes where that costs nothing."""
    if isinstance(value, str) and '"' not in value and "\\" not in value and value.isprintable():
        return f'"{value}"'
    return repr(value)


def schema_digest(schema: tree.Schema) -> str:
    """Return one hash over all files of a schema."""
    joined = "\n".join(f"{file.path} {file.digest}" for file in schema.files)
    return hashlib.sha256(joined.encode()).hexdigest()


def formatted(files: dict[str, str], package: str) -> dict[str, str]:
    """Format all files of a target and tidy their imports, with no settings from outside.

    Lines come first: only formatted ones tell whether a `noqa` is for nothing.

    Args:
        files: text by file name.
        package: the package that the files make up.
    """
    tidy = ["check", "--fix-only", "--quiet", "--select", ",".join(RULES)]
    tidy += ["--config", f"lint.isort.known-first-party=['{package.split('.')[0]}']"]
    tidy += ["--config", "lint.pydocstyle.convention='google'"]
    if importlib.util.find_spec("ruff") is None:
        print("ruff is not installed: the files are not formatted", file=sys.stderr)
        return dict(sorted(files.items()))
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        for words in (["format", "--quiet"], tidy, ["format", "--quiet"]):
            ruff(words, folder)
        return {name: Path(folder, name).read_text(encoding="utf-8") for name in sorted(files)}


def ruff(words: list[str], folder: str) -> None:
    """Let ruff change the files of a folder."""
    command = [sys.executable, "-m", "ruff", *words, "--isolated", "--no-cache"]
    command += ["--line-length", str(LINE_LENGTH), "--target-version", "py311", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ruff fails on generated code: {done.stderr.strip()}")


def wrap(text: str, indent: int, first: int | None = None) -> str:
    """Wrap text for a docstring; paragraphs stay apart.

    Args:
        text: the text.
        indent: columns that every line but the first is indented by.
        first: columns already used on the first line, if not `indent`.
    """
    escaped = text.replace("\\", "\\\\").replace('"""', "'''")
    paragraphs = []
    for number, paragraph in enumerate(escaped.split("\n\n")):
        used = first if first is not None and number == 0 else indent
        lines = textwrap.wrap(
            "x" * used + paragraph,
            LINE_LENGTH,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines[0] = lines[0][used:] if number == 0 else " " * indent + lines[0][used:]
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs)
