"""The places within a unit that errors are about."""

from __future__ import annotations

from nnc.bitio import BitReader, BitWriter
from nnc.engine import places
from nnc.engine.places import Placed
from nnc.syntax import TABLES


def located(error: Placed, stream: BitReader | BitWriter) -> Placed:
    """Add to an error its place, the clause and the schema line of the element it is about."""
    return places.located(error, stream, TABLES)


def path_in_unit(path: str) -> str:
    """Return the path within a unit for a path that an entropy decoder gives."""
    name, _, index = path.partition("[")
    if name in ("cabac_offset_list", "dq_state_list"):
        return f"header.{path}"
    if name == "bit_offset_list":
        number = int(index.rstrip("]") or 0)
        last = f"bit_offset_delta2[{number - 1}]" if number else "bit_offset_delta1"
        return f"header.{last}"
    if path.startswith(("header", "payload")):
        return path
    return f"payload.{path}" if path else "payload"
