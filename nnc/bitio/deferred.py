"""Names of a package that are loaded when they are first asked for, out of the stub beside it."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def deferred(
    package: str, file: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` of a package, for what its stub imports.

    Unlike those of `lazy_loader`, the names may be those of other packages.

    Args:
        package: its name.
        file: its `__init__.py`; the stub `__init__.pyi` stands beside it.
    """
    with open(f"{os.path.splitext(file)[0]}.pyi", encoding="utf-8") as stub:
        imports = [one for one in ast.parse(stub.read()).body if isinstance(one, ast.ImportFrom)]
    homes = {alias.name: one.module or "" for one in imports for alias in one.names}

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return load, lambda: sorted(homes), sorted(homes)
