"""nnc: compress neural networks into ISO/IEC 15938-17 (Neural Network Coding) and back."""

import importlib
from typing import Any

import lazy_loader

from nnc.engine.registry import register as _register

# What there is stands in `__init__.pyi`. Each name is loaded when it is first asked for, and so is
# each package: `import nnc` alone costs next to nothing.
_named, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


# The format of bitstreams, as the engine knows formats.
_register("nnc", lambda: importlib.import_module("nnc.standard").BitstreamFormat())

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load one name, or a package."""
    if name in __all__:
        return _named(name)
    if not name.startswith("_"):
        try:
            return importlib.import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":
                raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
