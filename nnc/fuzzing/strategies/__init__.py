"""Draws valid tables, and tables that break one rule, for tests of parsers.

Generated; do not edit.
Schema hash: sha256 c5286b85d0f5551fc4bf4df220ff3773f1e446f413612df77135d2237ae34480
"""

from __future__ import annotations

from nnc.fuzzing.strategies.drawing import Broken, Drawer, FinishedError
from nnc.fuzzing.strategies.rules import KINDS, RULES, Rule
from nnc.fuzzing.strategies.sources import (
    HypothesisSource,
    RandomSource,
    RejectedError,
    Source,
    strategy,
)
from nnc.fuzzing.strategies.tables import PARAMETERS, SHARED, TABLES

__all__ = [
    "KINDS",
    "PARAMETERS",
    "RULES",
    "SHARED",
    "TABLES",
    "Broken",
    "Drawer",
    "FinishedError",
    "HypothesisSource",
    "RandomSource",
    "RejectedError",
    "Rule",
    "Source",
    "strategy",
]
