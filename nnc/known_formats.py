"""Formats by name: those of the library, and the one that hand-written code completes here."""

from __future__ import annotations

from nnc.engine.format import Format
from nnc.engine.library import register

__all__ = ["Format"]


def own_format() -> Format:
    """Return the format of bitstreams, which few need: it takes most of the package."""
    from nnc.standard import BitstreamFormat

    return BitstreamFormat()


register("nnc", own_format)
