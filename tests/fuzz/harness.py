"""What the fuzzing harnesses share: the promises, checked on whatever bytes come in."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[2]


# What is mutated in an archive would hardly ever have the right checksum.
zipfile.ZipExtFile._update_crc = lambda self, data: None  # type: ignore[attr-defined]


def run(check: Callable[[bytes], None]) -> None:
    """Let the fuzzer loose on a check; the command line is libFuzzer's."""

    def one_input(data: bytes) -> None:
        check(bytes(data))

    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
