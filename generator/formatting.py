"""What the targets write with: templates, line lengths, and a formatter for Python."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import jinja2

from generator.language import tree

LINE_LENGTH = 100

#: Rules of ruff that generated code keeps; those that it can't are named in the templates.
RULES = ("B", "C4", "D", "E", "F", "I", "N", "PIE", "PT", "RET", "RUF", "SIM", "UP", "W")


def environment(templates: Path) -> jinja2.Environment:
    """Return the environment that renders the templates of a folder."""
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


def literal(value: Any) -> str:
    """Write a value as Python, with double quotes where that costs nothing."""
    if isinstance(value, str) and '"' not in value and "\\" not in value and value.isprintable():
        return f'"{value}"'
    return repr(value)


def schema_digest(schema: tree.Schema) -> str:
    """Return one hash over all files of a schema."""
    joined = "\n".join(f"{file.path} {file.digest}" for file in schema.files)
    return hashlib.sha256(joined.encode()).hexdigest()


def formatted(text: str, name: str, package: str) -> str:
    """Tidy the imports and format, with settings that depend on nothing outside."""
    tidy = ["check", "--fix-only", "--quiet", "--select", ",".join(RULES)]
    tidy += ["--config", f"lint.isort.known-first-party=['{package.split('.')[0]}']"]
    docstrings = ["--config", "lint.pydocstyle.convention='google'"]
    text = ruff(["format"], ruff([*tidy, *docstrings], text, name), name)
    # Only formatted lines tell whether a `noqa` is for nothing.
    return ruff(["format"], ruff(tidy, text, name), name)


def ruff(words: list[str], text: str, name: str) -> str:
    """Run text through ruff."""
    command = [sys.executable, "-m", "ruff", *words, "--isolated", "--no-cache"]
    command += ["--line-length", str(LINE_LENGTH), "--target-version", "py311"]
    command += ["--stdin-filename", name, "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ruff fails on {name}: {done.stderr.strip()}")
    return done.stdout


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
