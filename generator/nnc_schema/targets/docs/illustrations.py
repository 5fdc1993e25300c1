"""Examples of tables as pages show them: bytes marked by the elements in them, and a list."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

#: First bit of an element, number of its bits, bits as text, name and value.
ExampleRow = tuple[int, int, str, str, str]


def illustrated(example: tuple[bytes, Sequence[ExampleRow]] | None) -> dict[str, Any] | None:
    """Return what the template prints of an example."""
    if example is None:
        return None
    data, rows = example
    return {
        "bytes": [byte_of(data, number, rows) for number in range(len(data))],
        "rows": [
            {
                "place": f"{position >> 3}.{position & 7}",
                "bits": bits,
                "name": name,
                "value": escape(value).replace("|", "&#124;"),
            }
            for position, _, bits, name, value in rows
        ],
    }


def byte_of(data: bytes, number: int, rows: Sequence[ExampleRow]) -> dict[str, str]:
    """Return a byte with the elements in it: they take turns with the look."""
    inside = [
        place
        for place, (position, bits, *_) in enumerate(rows)
        if max(position, 8 * number) < min(position + bits, 8 * number + 8)
    ]
    kind = "several" if len(inside) > 1 else "odd" if inside and inside[0] % 2 else "even"
    names = escape(", ".join(rows[place][3] for place in inside), quote=True)
    return {"text": f"{data[number]:02x}", "kind": kind, "names": names}
