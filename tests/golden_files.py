"""Expected output in files: compared, or rewritten where UPDATE_GOLDEN is set."""

from __future__ import annotations

import os
from pathlib import Path


def check_golden(path: Path, text: str) -> None:
    """Compare text with what a file holds, or write it there.

    To accept changes: `UPDATE_GOLDEN=1 python -m pytest ...`, and look at the difference.
    """
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert path.exists(), f"{path} is missing; UPDATE_GOLDEN=1 writes it"
    assert text == path.read_text("utf-8")
