"""PyTorch itself, imported when it is needed, and what is asked of it everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nnc.bitio import InputError
from nnc.formats.extras import load
from nnc.reduce.reduced import fits


def pytorch() -> Any:
    """Return the package.

    Raises:
        InputError: it isn't installed.
    """
    return load("torch", "torch", "PyTorch models")


def check_module(module: Any) -> None:
    """Refuse what is no module.

    Raises:
        InputError: it isn't.
    """
    if not isinstance(module, pytorch().nn.Module):
        raise InputError(f"module must be a torch.nn.Module, not {type(module).__name__}")


def weights_in(module: Any, only: Sequence[str] | None = None) -> Iterator[tuple[str, Any]]:
    """Yield the layers of a module that have a weight of two dimensions or more.

    Args:
        module: the module.
        only: patterns of the names of weights (`classifier.0.weight`); None for all.

    Yields:
        The name of the weight, and the layer; those that share a weight once.
    """
    check_module(module)
    found: set[int] = set()
    for name, layer in module.named_modules():
        if name.endswith("parametrizations") or ".parametrizations." in f".{name}.":
            continue
        values = getattr(layer, "weight", None)
        whole = f"{name}.weight" if name else "weight"
        if not isinstance(values, pytorch().Tensor) or values.ndim < 2 or id(layer) in found:
            continue
        if fits(whole, only):
            found.add(id(layer))
            yield whole, layer
