"""Run the slow tests file by file, beginning with another file each day."""

import subprocess
import sys
import time
from pathlib import Path

# What pytest says of a file in which it finds none: the word may stand there for something else.
NO_TESTS = 5


def may_be_slow(path: Path) -> bool:
    """Tell whether tests of a file may have the mark; to collect all tests takes a minute."""
    sources = [path, *(folder / "conftest.py" for folder in path.parents)]
    return any("mark.slow" in each.read_text("utf-8") for each in sources if each.exists())


files = sorted(str(path) for path in Path("tests").rglob("test_*.py") if may_be_slow(path))
first = int(time.time() // 86_400) % len(files)
for name in files[first:] + files[:first]:
    command = [sys.executable, "-m", "pytest", "-q", "-m", "slow", "--no-header", name]
    code = subprocess.run(command, check=False).returncode
    if code not in (0, NO_TESTS):
        sys.exit(code)
