"""Compressed updates for NVIDIA FLARE: filters of server and clients.

Needs NVFlare: `pip install 'nnc[nvflare]'`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

try:
    import nvflare.apis.dxo_filter  # noqa: F401
except ImportError as error:
    raise ImportError(f"nnc.nvflare needs nvflare ({error}): pip install 'nnc[nvflare]'") from None

from nnc.nvflare.client import DecodeModel, EncodeUpdate
from nnc.nvflare.server import DecodeUpdate, EncodeModel

__all__ = ["DecodeModel", "DecodeUpdate", "EncodeModel", "EncodeUpdate", "add_filters"]


def add_filters(
    recipe: Any,
    tasks: Sequence[str] = ("train",),
    down: Mapping[str, Any] | None = None,
    up: Mapping[str, Any] | None = None,
) -> None:
    """Let the models and updates of a recipe travel as bitstreams.

    Args:
        recipe: a `Recipe` of NVFlare, before it runs. Add filters for privacy before.
        tasks: the tasks whose models are coded.
        down: arguments of `EncodeModel`.
        up: arguments of `EncodeUpdate`.
    """
    recipe.add_server_output_filter(EncodeModel(**(down or {})), tasks=list(tasks))
    recipe.add_client_input_filter(DecodeModel(), tasks=list(tasks))
    recipe.add_client_output_filter(EncodeUpdate(**(up or {})), tasks=list(tasks))
    recipe.add_server_input_filter(DecodeUpdate(), tasks=list(tasks))
