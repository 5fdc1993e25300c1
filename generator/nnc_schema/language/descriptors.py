"""What the descriptors of elements are: arguments, kind of value, width."""

from __future__ import annotations

from typing import Final, NamedTuple


class Descriptor(NamedTuple):
    """What is known of one descriptor.

    Attributes:
        arguments: how many it takes.
        kind: type of the value: `int`, `float`, `str` or `bytes`.
        width: what its width is: `bits`, as its argument says; `bytes`, some number of whole
            ones; or "", any.
        coded: it is one of the runtime's codings, not a verb of reader and writer.
        signed: its integers may be negative.
        external: only tables that hand-written code reads may use it.
    """

    arguments: int
    kind: str = "int"
    width: str = ""
    coded: bool = False
    signed: bool = False
    external: bool = False


#: The descriptors that the passes and targets see; `spelling.py` turns the others into these.
DESCRIPTORS: Final[dict[str, Descriptor]] = {
    "u": Descriptor(1, width="bits"),
    "i": Descriptor(1, width="bits", signed=True),
    "ue": Descriptor(1),
    "ie": Descriptor(1, signed=True),
    "flt": Descriptor(1, "float", "bits"),
    "st": Descriptor(1, "str", "bytes"),
    "bs": Descriptor(1, "bytes", "bytes"),
    "ule": Descriptor(1, width="bits", coded=True),
    "ile": Descriptor(1, width="bits", coded=True, signed=True),
    "leb128": Descriptor(0, width="bytes", coded=True),
    "uvlc": Descriptor(0, coded=True),
    "ns": Descriptor(1, coded=True),
    "tu": Descriptor(1, coded=True),
    "te": Descriptor(1, coded=True),
    "rice": Descriptor(1, coded=True, signed=True),
    "bytes": Descriptor(1, "bytes", "bytes", coded=True),
    "text": Descriptor(1, "str", "bytes", coded=True),
    "fourcc": Descriptor(0, "str", "bytes", coded=True),
    "ae": Descriptor(1, external=True),
    "uae": Descriptor(1, external=True),
    "iae": Descriptor(1, external=True, signed=True),
}

#: How standards spell them beside, for messages.
SPELLINGS: Final = ("se", "f", "b", "su", "le")

#: Names that are only used within the compiler: `bs(n)` and `st(n)` are how they are written.
INNER: Final = ("bytes", "text")


def spelled(external: bool) -> list[str]:
    """Return the descriptors that a table may be written with."""
    known = [name for name, each in DESCRIPTORS.items() if external or not each.external]
    return [name for name in (*known, *SPELLINGS) if name not in INNER]
