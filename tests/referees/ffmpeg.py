"""What FFmpeg's `trace_headers` prints of a stream, and what we read of it, in one form."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pytest

from nnc.engine.format import Format
from nnc.engine.tracing import TracedElement

#: `8           profile_idc                       11110100 = 244`
ELEMENT = re.compile(r"(\d+) +([A-Za-z_][\w.\[\]]*) +([01]*) = (-?\d+)$")
PREFIX = re.compile(r"^\[trace_headers @ 0x[0-9a-f]+\] ")


class Element(NamedTuple):
    """An element of a header: its first bit within the unit, name without indices, bits, value."""

    position: int
    name: str
    bits: int
    value: int


#: The elements of one unit.
Unit = list[Element]

#: What makes ours of an element of FFmpeg's: gets it and its bits as 0 and 1.
Rewrite = Callable[[Element, str], Iterable[Element]]


def as_it_is(element: Element, code: str) -> Iterable[Element]:
    """Return an element as FFmpeg prints it."""
    return (element,)


def traced(path: Path, demuxer: str, rewrite: Rewrite = as_it_is) -> list[Unit]:
    """Return what FFmpeg reads of the units of a file, in order; the test is skipped without it.

    Args:
        path: the file.
        demuxer: name of FFmpeg's demuxer for it.
        rewrite: what becomes of elements that FFmpeg prints otherwise than the standard does.
    """
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg isn't installed")
    command = ["ffmpeg", "-nostdin", "-nostats", "-hide_banner", "-threads", "1", "-f", demuxer]
    command += ["-i", str(path), "-map", "0", "-c", "copy", "-copyinkf"]
    command += ["-bsf:v", "trace_headers"]
    result = subprocess.run(
        [*command, "-f", "null", "-"], check=False, capture_output=True, text=True, errors="replace"
    )
    lines = [PREFIX.sub("", line) for line in result.stderr.splitlines() if PREFIX.match(line)]
    return list(units(lines, rewrite))


def in_ivf(codec: bytes, packet: bytes) -> bytes:
    """Return a file of one packet, which names codec and size: no decoder has to find them out.

    FFmpeg comes to no packet of a raw stream whose pictures its decoder refuses.
    """
    head = struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, codec, 16, 16, 25, 1, 1, 0)
    return head + struct.pack("<IQ", len(packet), 0) + packet


def units(lines: list[str], rewrite: Rewrite = as_it_is) -> Iterator[Unit]:
    """Yield the units of the packets; what stands before the first packet is told again in it.

    Where FFmpeg refuses what stands there, it comes to no packet.
    """
    begin = next((place for place, line in enumerate(lines) if line.startswith("Packet")), 0)
    unit: Unit = []
    for found in map(ELEMENT.match, lines[begin:]):
        if found is None:
            continue
        position, name, bits, value = found.groups()
        if int(position) == 0 and unit:
            yield unit
            unit = []
        plain = name.partition("[")[0].rpartition(".")[2]
        unit += rewrite(Element(int(position), plain, len(bits), int(value)), bits)
    if unit:
        yield unit


def read(form: Format, data: bytes, names: Mapping[str, str]) -> list[Unit]:
    """Return what we read of the units of a stream, in the same form.

    Args:
        form: the format.
        data: the stream.
        names: FFmpeg's names of elements that have others with us.
    """
    trace = form.trace(data)
    assert not trace.errors, trace.errors
    return [
        [one for element in told(record.elements) for one in expanded(element, names)]
        for record in trace.records
    ]


def told(elements: list[TracedElement]) -> list[TracedElement]:
    """Return the elements of a unit that stand in the syntax and take bits."""
    return [one for one in elements if one.is_syntax and one.name != "trailing_data" and one.bits]


def expanded(element: TracedElement, names: Mapping[str, str]) -> Iterator[Element]:
    """Yield an element; of bytes each by itself."""
    name = names.get(element.name, element.name)
    if isinstance(element.value, bytes | memoryview):
        for place, byte in enumerate(element.value):
            yield Element(element.position + 8 * place, name, 8, byte)
    elif isinstance(element.value, int):
        yield Element(element.position, name, element.bits, int(element.value))


def differences(
    ours: list[Unit], theirs: list[Unit], opaque: tuple[str, ...] = (), *, whole: bool = True
) -> list[str]:
    """Return in words what FFmpeg reads otherwise than we do.

    Args:
        ours: our units.
        theirs: FFmpeg's.
        opaque: FFmpeg's names for bytes that it doesn't look into: where they begin, a unit ends.
        whole: FFmpeg has to read all; else it may refuse a unit, and read it up to some element.
    """
    if whole and len(ours) != len(theirs):
        return [f"{len(ours)} units, FFmpeg finds {len(theirs)}"]
    found = []
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=whole)):
        end = next((place for place, one in enumerate(other) if one.name in opaque), None)
        end = len(other) if end is None and not whole else end
        pairs = list(zip_longest(mine[:end], other[:end]))
        wrong = next((pair for pair in pairs if pair[0] != pair[1]), None)
        if wrong is not None:
            found.append(f"unit {number}: {wrong[0]}, FFmpeg: {wrong[1]}")
    return found
