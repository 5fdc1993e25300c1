"""The command `nnc`."""

from nnc.cli.main import main

__all__ = ["main"]
