"""Small examples of tables: bytes drawn by the schema, with the elements that stand in them."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnc.bitio import BitReader, BitWriter
from nnc.engine import drawing
from nnc.engine.tracing import Sink, TracedElement

#: Draws of a table that are tried for an example, and what a good one has at most.
TRIES, MOST_BYTES, MOST_ELEMENTS = 8, 32, 20

#: Bits and letters of a value that are shown, at most.
MOST_BITS, MOST_LETTERS = 12, 40

#: Elements of a file that are shown.
FIRST_ELEMENTS = 48

#: Bytes of a file that are shown.
MOST_SHOWN = 256


class Example(NamedTuple):
    """Bytes of a table, annotated.

    Attributes:
        data: the bytes.
        rows: for each element its first bit, number of bits, bits as text, name and value.
    """

    data: bytes
    rows: list[tuple[int, int, str, str, str]]


def examples(form: Any) -> dict[str, Example]:
    """Return an example of each table that draws are small enough of, by name."""
    found = {}
    for table in form.tables:
        example = example_of(form, table)
        if example is not None:
            found[table] = example
    return found


def example_of(form: Any, table: str) -> Example | None:
    """Return the draw of a table that shows most and isn't large; the same each time."""
    package = drawing.drawing_of(form)
    best: tuple[int, Example] | None = None
    for number in range(TRIES):
        try:
            drawn = drawing.valid(form, package.RandomSource(f"{table} {number}"), table, {})
        except package.RejectedError:
            continue
        elements = elements_of(form, table, drawn)
        if not 0 < len(elements) <= MOST_ELEMENTS or not 0 < len(drawn.data) <= MOST_BYTES:
            continue
        variety = len({element.name for element in elements})
        if best is None or variety > best[0]:
            data = memoryview(drawn.data)
            best = variety, Example(drawn.data, [row(element, data) for element in elements])
    return None if best is None else best[1]


def example_file(form: Any, data: bytes) -> Example:
    """Return the beginning of a file: its first elements, and the bytes that they stand in.

    Of a format whose units are behind a transform it is the first unit, with the transform undone.
    """
    unit = form.trace(data).records[0]
    inside = [one for one in unit.elements if one.bits and one.is_syntax]
    if inside[0].position < unit.elements[0].position + unit.elements[0].bits and (
        inside[0] is not unit.elements[0]
    ):
        writer = BitWriter()
        form.root._build_within(form.parse(data).records[0].table, writer, form.scope({}), "")
        data = writer.to_bytes()
    else:
        inside = [one for one in form.trace(data).all_elements() if one.bits]
    shown = inside[:FIRST_ELEMENTS]
    end = max(element.position + element.bits for element in shown)
    whole = memoryview(data)
    return Example(data[: min(end + 7 >> 3, MOST_SHOWN)], [row(one, whole) for one in shown])


def elements_of(form: Any, table: str, drawn: drawing.Drawn) -> list[TracedElement]:
    """Return the elements of a drawn table that stand in its bytes; none behind a transform."""
    elements: list[TracedElement] = []
    reader = BitReader(drawn.data)
    reader.trace = Sink(reader, elements, form.tables)
    form.tables[table].read_from(reader, drawn.scope)
    inside = [element for element in elements if element.bits]
    end = max((element.position + element.bits for element in inside), default=0)
    return inside if end <= 8 * len(drawn.data) else []


def row(element: TracedElement, data: memoryview) -> tuple[int, int, str, str, str]:
    """Return what is shown of an element."""
    bits = element.bit_text(data)
    shown = bits if len(bits) <= MOST_BITS else f"{len(bits)} bits"
    value = element.value
    text = bytes(value).hex(" ") if isinstance(value, bytes | memoryview) else str(value)
    text = text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]} ..."
    name = element.value_name if isinstance(value, int) else ""
    return element.position, element.bits, shown, element.path, f"{text} {name}".strip()
