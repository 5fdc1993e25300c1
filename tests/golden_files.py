"""Expected output in files: compared, or rewritten where UPDATE_GOLDEN is set."""

from __future__ import annotations

import os
from pathlib import Path

#: What to do where a file differs, and is meant to.
UPDATE = "where that is meant, run: python tests/update.py"


def check_golden(path: Path, text: str) -> None:
    """Compare text with what a file holds, or write it there.

    To accept changes: `python tests/update.py`, and look at the difference.
    """
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert path.exists(), f"{path} is missing; {UPDATE}"
    assert text == path.read_text("utf-8"), UPDATE
