"""Bring golden files and made pages up to date: `python tests/update.py`, from anywhere.

Look at the difference before you commit it. Digests of what the encoder writes change only with
`--bytes`, and what is measured (docs/coverage.md, minutes) only with `--coverage`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

#: The scripts that write a page each.
PAGES = sorted(path.name for path in (ROOT / "docs").glob("make_*.py"))

#: The tests that compare with golden files, and write them where UPDATE_GOLDEN is set.
GOLDEN = (
    "tests/golden",
    "tests/unit/generator/test_mistakes.py",
    "tests/unit/inspect/test_broken_streams.py",
)

#: Writes the JSON Schema of bitstreams.
SCHEMA = (
    "from pathlib import Path; from nnc.bitstream.json.schema import schema_text; "
    "Path('docs/bitstream.schema.json').write_text(schema_text(), 'utf-8')"
)


def commands(words: argparse.Namespace) -> list[list[str]]:
    """Return what to run, without the interpreter; later ones build on earlier ones."""
    found = [
        ["-m", "generator", "build"],
        ["-m", "generator", "build", "--schema", "tests/second_format/schema"],
        ["-c", SCHEMA],
        *([f"docs/{name}"] for name in PAGES),
        ["-m", "pytest", "-q", "--no-header", *GOLDEN],
    ]
    if words.coverage:
        found.append(["docs/measure_coverage.py"])
    if words.bytes:
        found.append(["tests/same_bytes.py"])
    return found


def main() -> int:
    """Run them all; return 1 where one fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", action="store_true", help="digests of bitstreams too")
    parser.add_argument("--coverage", action="store_true", help="measure docs/coverage.md too")
    environment = dict(os.environ, UPDATE_GOLDEN="1", PYTHONPATH=str(ROOT))
    failed = False
    for command in commands(parser.parse_args()):
        done = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=False)
        failed = failed or done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
