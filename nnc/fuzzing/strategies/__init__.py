"""Draws valid tables, and tables that break one rule, for tests of parsers.

Generated; do not edit.
Schema hash: sha256 150cbaccb37127635f11d57658a3ecca49c4973a11d2c30cadb47c31da16d543
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
