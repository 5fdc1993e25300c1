"""Run the slow tests file by file, beginning with another file each day."""

import subprocess
import sys
import time
from pathlib import Path

found = subprocess.run(
    [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--collect-only",
        "-m",
        "slow",
        "--no-header",
        "--disable-warnings",
    ],
    capture_output=True,
    text=True,
    check=True,
)
files = sorted(
    {line.partition("::")[0] for line in found.stdout.splitlines() if line.startswith("tests/")}
)
first = int(time.time() // 86_400) % len(files)
for name in files[first:] + files[:first]:
    assert Path(name).exists(), name
    command = [sys.executable, "-m", "pytest", "-q", "-m", "slow", "--no-header", name]
    code = subprocess.run(command, check=False).returncode
    if code:
        sys.exit(code)
