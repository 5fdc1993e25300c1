"""Encoding: from tensors to levels, from levels to units (clauses 8 and 9)."""

from nnc.bitio.deferred import deferred

# What there is stands in `__init__.pyi`. Each name is loaded when it is first asked for.
__getattr__, __dir__, __all__ = deferred(__name__, __file__)
