"""Command line: `python -m generator check|build|diff`."""

from __future__ import annotations

import argparse
import difflib
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnc_schema.formatting import is_generated
from nnc_schema.language.errors import SchemaError, place_text
from nnc_schema.language.reader import read_schema
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.checker import check
from nnc_schema.targets import TARGETS

SETTINGS = "targets.toml"


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m generator", description=__doc__)
    parser.add_argument(
        "command",
        choices=("check", "build", "diff"),
        help="check: look for mistakes; build: write the files; diff: show what build would change",
    )
    parser.add_argument("--schema", type=Path, default=Path("schema"), metavar="DIR")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help=f"instead of the folder in {SETTINGS}"
    )
    parser.add_argument("--target", choices=sorted(TARGETS), action="append", metavar="NAME")
    return parser.parse_args(words)


def settings(schema: Path) -> dict[str, dict[str, Any]]:
    """Read the settings of the targets, which stand beside the schema."""
    path = schema / SETTINGS
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def made_files(analysis: Analysis, options: argparse.Namespace) -> dict[Path, dict[str, str]]:
    """Run the chosen targets; return the content of the files by folder and name."""
    sections = settings(options.schema)
    made: dict[Path, dict[str, str]] = {}
    wanted = options.target or [name for name in sorted(TARGETS) if name in sections]
    if not wanted:
        raise SystemExit(f"{options.schema / SETTINGS} has no section of any target")
    for name in wanted:
        if name not in sections:
            raise SystemExit(f"{options.schema / SETTINGS} has no section [{name}]")
        folder = options.output or Path(sections[name]["output"])
        made.setdefault(folder, {}).update(TARGETS[name](analysis, sections[name]))
    return made


def stale_files(folder: Path, files: dict[str, str]) -> list[Path]:
    """Return the generated files of a folder that a target would not make any more.

    Their head names the hash of a schema; files without one are written by hand, and stay.
    """
    endings = {Path(name).suffix for name in files}
    return sorted(
        path
        for path in folder.glob("*")
        if path.is_file()
        and path.suffix in endings
        and path.name not in files
        and is_generated(path.read_text(encoding="utf-8", errors="replace"))
    )


def build(folder: Path, files: dict[str, str]) -> None:
    """Write the files that differ, and delete those that belong to nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path}")
    for path in stale_files(folder, files):
        path.unlink()
        print(f"deleted {path}")


def difference(folder: Path, files: dict[str, str]) -> str:
    """Return a unified diff from the files in a folder to those that the schema gives."""
    wanted: dict[Path, str] = {folder / name: text for name, text in files.items()}
    wanted.update(dict.fromkeys(stale_files(folder, files), ""))
    lines: list[str] = []
    for path, text in sorted(wanted.items()):
        found = path.read_text(encoding="utf-8") if path.exists() else ""
        lines += difflib.unified_diff(
            found.splitlines(keepends=True),
            text.splitlines(keepends=True),
            f"{path} (found)",
            f"{path} (from the schema)",
        )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def main(words: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code: 0 good, 1 a mistake or a difference."""
    options = arguments(words)
    try:
        analysis = check(read_schema(options.schema))
    except SchemaError as error:
        print(error.report(), file=sys.stderr)
        return 1
    for warning in analysis.warnings:
        print(f"{place_text(warning.position)}: warning: {warning.message}", file=sys.stderr)
    if options.command == "check":
        return 0
    different = False
    for folder, files in made_files(analysis, options).items():
        if options.command == "build":
            build(folder, files)
            continue
        text = difference(folder, files)
        sys.stdout.write(text)
        different = different or bool(text)
    return int(different)


if __name__ == "__main__":
    sys.exit(main())
