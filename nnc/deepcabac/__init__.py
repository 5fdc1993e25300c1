"""The entropy coder of clause 10: compiled where that is possible, plain Python elsewhere.

`Decoder` and `Encoder` are those of engine.py if its parts were compiled at installation, else
those of reference.py. Where the processor has AVX-512, `lanes` decodes at once many tensors, and
block rows of one by its entry points, `write_together` writes many, and the encoder searches the
parameter sets of many contexts. The environment variable NNC_ENGINE forces one way: `reference`,
`compiled`, `scalar` (compiled, without AVX) or `lanes`.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nnc.bitio.caution import warn
from nnc.bitio.errors import InputError
from nnc.deepcabac.coding import EntryPoints, Task, TensorCoding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnc.deepcabac.reference import Decoder, Encoder

__all__ = [
    "Decoder",
    "Encoder",
    "EntryPoints",
    "Task",
    "TensorCoding",
    "compiled_module",
    "decode_alike",
    "decode_plain",
    "encode_small",
    "encodes_small",
    "engine_name",
    "is_compiled",
    "is_scalar",
    "lanes",
    "write_together",
    "writes_together",
]

_SMALL = "nnc.deepcabac.engine_small"
# What engine.py takes, some of it only when something is encoded.
_PARTS = (
    "states",
    "search",
    "reading",
    "reading_rows",
    "reading_small",
    "decoder",
    "rows",
    "writing",
    "codeword",
    "parts",
    "encoder",
)
_MODULES = {
    "compiled": "nnc.deepcabac.engine",
    "lanes": "nnc.deepcabac.engine",
    "reference": "nnc.deepcabac.reference",
    "scalar": "nnc.deepcabac.engine",
}


def engine_name() -> str:
    """Say which engine is in use: "lanes", "scalar" (compiled, but no lanes) or "reference".

    Raises:
        InputError: NNC_ENGINE names another, or one that this installation or processor hasn't.
    """
    if not is_compiled():
        return "reference"
    return "scalar" if lanes() is None else "lanes"


def is_compiled() -> bool:
    """Tell whether the engine in use is a compiled one.

    Raises:
        InputError: NNC_ENGINE names another, or `compiled` where there is none.
    """
    return _engine().__name__ != _MODULES["reference"]


@functools.cache
def compiled_module(name: str) -> ModuleType | None:
    """Return a module that goes with the compiled engine; None where it wasn't compiled.

    Compiled modules are optional one by one.
    """
    if not is_compiled():
        return None
    try:
        return import_module(name)
    except (ImportError, KeyError):
        # KeyError: another thread has just come to know that a part of it is missing.
        return None


@functools.cache
def lanes() -> ModuleType | None:
    """Return the module that decodes many tensors at once; None where that isn't possible.

    Raises:
        InputError: NNC_ENGINE is `lanes`, and it isn't possible.
    """
    wanted = os.environ.get("NNC_ENGINE", "")
    if not is_scalar():
        module = compiled_module("nnc.deepcabac.engine_lanes")
        if module is not None and getattr(module, "supported", bool)():
            return module
    if wanted == "lanes":
        raise InputError("NNC_ENGINE is 'lanes', which this processor or installation hasn't")
    return None


@functools.cache
def is_scalar() -> bool:
    """Tell whether NNC_ENGINE forces to do without what not every processor has."""
    return os.environ.get("NNC_ENGINE", "") == "scalar"


def decode_alike(
    source: memoryview,
    places: NDArray[np.int64],
    rows: int,
    cols: int,
    coding: TensorCoding,
    qp_density: int | None,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]] | None:
    """Decode small payloads that are coded alike; see engine_reading_small.py.

    Returns:
        Levels, quantization parameters, and of which tensors they are; None: the reference
        engine is in use, which decodes all alone.
    """
    decode = getattr(_engine(), "decode_alike", None)
    return None if decode is None else decode(source, places, rows, cols, coding, qp_density)


def decode_plain(tasks: list[Task]) -> list[tuple[int | None, NDArray[np.int32]] | None]:
    """Decode many small payloads with little about each; see engine_reading_small.py.

    Returns:
        For each what came of it; None where it has to be decoded alone, as all have to by the
        reference engine.
    """
    decode = getattr(_engine(), "decode_plain", None)
    return [None] * len(tasks) if decode is None else decode(tasks)


def encode_small(
    levels: NDArray[np.int32],
    coding: TensorCoding,
    qp_offsets: Sequence[int] | None,
    qp_density: int,
    *,
    search: bool,
    row_skip: bool,
) -> list[bytes | None]:
    """Encode many small tensors of one shape with little about each; see engine_small.py.

    Returns:
        The codeword of each; None where it has to be encoded alone, as all have to by the
        reference engine.

    Raises:
        InputError: a member of the coding is out of its range.
    """
    small = compiled_module(_SMALL)
    if small is None:
        return [None] * len(levels)
    found: list[bytes | None] = small.encode_small(
        levels, coding, qp_offsets, qp_density, search, row_skip
    )
    return found


def encodes_small() -> bool:
    """Tell whether it is any use to put small tensors together."""
    return compiled_module(_SMALL) is not None


def write_together(encoders: list[Encoder]) -> None:
    """Put the levels that wait in encoders, many at a time where that is possible."""
    together = _together()
    if together is not None:
        together.write_together(encoders)


def _together() -> ModuleType | None:
    """Return the module that writes many codewords at once; None where that isn't possible."""
    return None if lanes() is None else compiled_module("nnc.deepcabac.engine_together")


def writes_together() -> bool:
    """Tell whether it is any use to let the levels of several encoders wait for each other."""
    return _together() is not None


def __getattr__(name: str) -> Any:
    """Load the engine when it is first asked for, so that importing the package is cheap."""
    if name in ("Decoder", "Encoder"):
        return getattr(_engine(), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@functools.cache
def _engine() -> ModuleType:
    wanted = os.environ.get("NNC_ENGINE", "")
    if wanted not in ("", *_MODULES):
        raise InputError(f"NNC_ENGINE is {wanted!r}, not one of {', '.join(_MODULES)}")
    if wanted != "reference":
        try:
            if _has_all_parts():
                return import_module(_MODULES["compiled"])
        except ImportError as error:
            if wanted:
                raise InputError(f"the compiled engine doesn't load: {error}") from error
        if wanted:
            raise InputError(f"NNC_ENGINE is {wanted!r}, but the engine was not compiled")
        warn(
            "nnc runs on its plain-Python entropy coder, which is some hundred times slower than "
            "the compiled one; install nnc where a C compiler is at hand to get that",
            RuntimeWarning,
        )
    return import_module(_MODULES["reference"])


def _has_all_parts() -> bool:
    for part in _PARTS:
        spec = find_spec(f"nnc.deepcabac.engine_{part}")
        if spec is None or not str(spec.origin).endswith(tuple(EXTENSION_SUFFIXES)):
            return False
    return True
