"""Compressed updates for Flower: a client mod, and a wrapper for any strategy.

Needs Flower: `pip install 'nnc[flower]'`.
"""

try:
    import flwr.app
    import flwr.serverapp  # noqa: F401
except ImportError as error:
    raise ImportError(f"nnc.flower needs flwr ({error}): pip install 'nnc[flower]'") from None

from nnc.flower.client import Mod
from nnc.flower.local import LocalGrid
from nnc.flower.rounds import Round, plot_rounds, table_of
from nnc.flower.server import Strategy

__all__ = ["LocalGrid", "Mod", "Round", "Strategy", "plot_rounds", "table_of"]
