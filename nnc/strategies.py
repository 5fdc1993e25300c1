"""Hypothesis strategies for bitstreams of neural networks: real ones, which shrink.

They are those of `nnc.Format.load("nnc")`; any other format has the same.
"""

from __future__ import annotations

from typing import Any

from nnc.standard import BitstreamFormat

__all__ = ["invalid", "rules", "valid"]


def valid() -> Any:
    """Return a strategy for valid bitstreams.

    Returns:
        A `hypothesis.strategies.SearchStrategy` of `nnc.fuzzing.streams.Drawn`, whose `data` are
        the bytes.

    Raises:
        InputError: Hypothesis isn't installed.
    """
    return BitstreamFormat().strategy()


def invalid(rule: str) -> Any:
    """Return a strategy for bitstreams that break exactly one rule.

    Args:
        rule: one of `rules()`, `range:scan_order` for example, or only its kind.

    Returns:
        A `hypothesis.strategies.SearchStrategy` of `nnc.fuzzing.streams.Drawn`, whose `data` are
        the bytes and `broken` the rule.

    Raises:
        InputError: there is no such rule, or Hypothesis isn't installed.
    """
    return BitstreamFormat().invalid(rule)


def rules() -> dict[str, str]:
    """Return the rules that `invalid` can break, with what is wrong then."""
    return BitstreamFormat().rules()
