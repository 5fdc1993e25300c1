"""Draws valid tables, and tables that break one rule, for tests of parsers.

Generated; do not edit.
Schema hash: sha256 dd64303d9f71bee43f00b719b7068f578893eaa5e637d87e2d0d18f39802baeb
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
