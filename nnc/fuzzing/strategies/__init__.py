"""Draws valid tables, and tables that break one rule, for tests of parsers.

Generated; do not edit.
Schema hash: sha256 c96257d4378e1d919a7fdff56d46f4e025173386726e2d0714347db105c2b7d5
"""

from __future__ import annotations

from nnc.fuzzing.strategies.drawing import Broken, Drawer, FinishedError, RejectedError
from nnc.fuzzing.strategies.rules import KINDS, RULES, Rule
from nnc.fuzzing.strategies.sources import HypothesisSource, RandomSource, Source, strategy
from nnc.fuzzing.strategies.tables import TABLES

__all__ = [
    "KINDS",
    "RULES",
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
