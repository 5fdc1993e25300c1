"""Hypothesis strategies for bitstreams of neural networks: real ones, which shrink.

The same for any other format: `nnc.Format.load(NAME).strategy()`.
"""

from __future__ import annotations

from typing import Any

from nnc.engine.drawing import require_hypothesis

__all__ = ["invalid", "rules", "valid"]


def valid() -> Any:
    """Return a strategy for valid bitstreams.

    Returns:
        A `hypothesis.strategies.SearchStrategy` of `nnc.fuzzing.streams.Drawn`, whose `data` are
        the bytes.

    Raises:
        InputError: Hypothesis isn't installed.
    """
    require_hypothesis()
    from nnc.fuzzing.strategies import strategy
    from nnc.fuzzing.whole import draw_valid

    return strategy(draw_valid)


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
    require_hypothesis()
    from nnc.fuzzing.corpus import parse_rule
    from nnc.fuzzing.strategies import strategy
    from nnc.fuzzing.whole import draw_broken

    kind, element = parse_rule(rule)
    return strategy(lambda source: draw_broken(source, kind, element))


def rules() -> dict[str, str]:
    """Return the rules that `invalid` can break, with what is wrong then."""
    from nnc.fuzzing.corpus import rule_names

    return rule_names()
