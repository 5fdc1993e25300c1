"""Draws valid tables, and tables that break one rule, for tests of parsers.

Generated; do not edit.
Schema hash: sha256 d661755a3be5f59b2c57b7e4b70dea3b7afe8aa07b3f35975317961d4f3afac3
"""

from __future__ import annotations

from tests.second_format.strategies.drawing import Broken, Drawer, FinishedError
from tests.second_format.strategies.rules import KINDS, RULES, Rule
from tests.second_format.strategies.sources import (
    HypothesisSource,
    RandomSource,
    RejectedError,
    Source,
    strategy,
)
from tests.second_format.strategies.tables import PARAMETERS, SHARED, TABLES

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
