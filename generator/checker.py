"""Checks."""
from __future__ import annotations
from generator import tree
from generator.analysis import Analysis


def check(schema: tree.Schema) -> Analysis:
    """Check."""
    return Analysis(schema)
