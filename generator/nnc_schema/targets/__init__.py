"""The targets: each a function from a checked schema to files.

A new target is a module here and an entry in `TARGETS`; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnc_schema.passes.analysis import Analysis
from nnc_schema.targets.docs import target as docs
from nnc_schema.targets.javascript import target as javascript
from nnc_schema.targets.ksy import target as ksy
from nnc_schema.targets.python import target as python
from nnc_schema.targets.sdl import target as sdl
from nnc_schema.targets.strategies import target as strategies

#: A target takes the analysed schema and its section of targets.toml, and gives the content of
#: each file by its path below the output folder.
Target = Callable[[Analysis, Mapping[str, Any]], dict[str, str]]

TARGETS: dict[str, Target] = {
    "docs": docs.generate,
    "javascript": javascript.generate,
    "ksy": ksy.generate,
    "python": python.generate,
    "sdl": sdl.generate,
    "strategies": strategies.generate,
}
