"""What all tests share: where the vectors are."""

from __future__ import annotations

from pathlib import Path

import pytest

VECTORS = Path(__file__).parent / "vectors"


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of the interoperability vectors."""
    return VECTORS
