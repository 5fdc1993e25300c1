"""Reading and writing bits, most significant bit of the first byte first (clauses 6.1.2, 6.1.3).

The verbs are the descriptors of the syntax tables: `u`, `i`, `ue`, `ie`, `flt`, `st`, `bs` and
`byte_alignment`, each once in `BitReader` and once in `BitWriter`. Both check everything (the
end of the data, that a value fits), so that who calls them needn't, and both know the syntax
path of what they are at, so that an error names it. Where a C compiler was at hand
reading.py and writing.py are compiled (the types stand in their `.pxd`); they behave the same as
plain Python.
"""

from __future__ import annotations

from nnc.bitio.places import TraceEntry, index_text, limit_error, path_text
from nnc.bitio.reading import BitReader
from nnc.bitio.widths import FLOAT_FORMATS, narrowest_unsigned
from nnc.bitio.writing import BitWriter

__all__ = [
    "FLOAT_FORMATS",
    "BitReader",
    "BitWriter",
    "TraceEntry",
    "index_text",
    "limit_error",
    "narrowest_unsigned",
    "path_text",
]
