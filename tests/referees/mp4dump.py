"""What `mp4dump` of pymp4 prints of boxes, and what we read of them, in one form.

It prints each box with its place, and each element with name and value, those of fixed zeros left
out. Flags that it takes apart into words are left out here: what follows tells them.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from nnc.engine.format import Format

#: What `mp4dump` knows the elements of, and their names where they aren't ours.
KINDS: dict[str, dict[str, str]] = {
    "btrt": {"avgBirate": "avgBitrate"},
    "co64": {},
    "ftyp": {"compatible_brands": "compatible_brand"},
    "hdlr": {},
    "mdhd": {},
    "mehd": {},
    "mfhd": {},
    "mvhd": {},
    "sidx": {"segment_duration": "subsegment_duration"},
    "smhd": {},
    "stco": {},
    "stsc": {},
    "stss": {},
    "stsz": {"entry_sizes": "entry_size"},
    "stts": {},
    "styp": {"compatible_brands": "compatible_brand"},
    "tfdt": {},
    "tfhd": {},
    "tkhd": {},
    "trex": {},
    "trun": {"sample_composition_time_offsets": "sample_composition_time_offset"},
    "vmhd": {
        "graphics_mode": "graphicsmode",
        "red": "opcolor",
        "green": "opcolor",
        "blue": "opcolor",
    },
}

#: Elements of ours that it doesn't print, or as words; and lines of its that are no element.
UNSAID = re.compile(r"(reserved|pre_defined)(_\d)?|entry_count|pad|largesize|.*flags|SAP_.*")
WORDS = re.compile(
    r"offset|end|pre_defined|.*flags|.*_present|default_base_is_moof|duration_is_empty|reserved"
    r"|is_leading|sample_depends_on|sample_is_depended_on|sample_has_redundancy"
    r"|sample_padding_value|sample_is_non_sync_sample|sample_degradation_priority|SAP_.*"
)

#: An element of those that stand in one line: `Container(sample_count=3)(sample_delta=1024)`.
IN_LINE = re.compile(r"\((\w+)=(-?\d+)\)")

#: Its words for values of one bit.
VALUES = {"True": 1, "False": 0, "INDEX": 1, "MEDIA": 0}


class Box(NamedTuple):
    """A box: its first byte, and the one behind it; its kind, names and values of elements."""

    begin: int
    end: int
    kind: str
    elements: list[tuple[str, int | str]]


def printed(path: Path) -> list[Box]:
    """Return what `mp4dump` prints of the boxes of a file that it knows; skip without it."""
    if shutil.which("mp4dump") is None:
        pytest.skip("mp4dump isn't installed")
    done = subprocess.run(["mp4dump", str(path)], check=True, capture_output=True, text=True)
    begun: list[tuple[int, int]] = []
    lists: dict[int, str] = {}
    found: dict[int, list[tuple[str, str]]] = {}
    for line in done.stdout.splitlines():
        indent = len(line) - len(line.lstrip())
        name, is_named, value = line.strip().partition(" = ")
        while begun and (indent < begun[-1][0] or (name == "offset" and indent == begun[-1][0])):
            begun.pop()
        if name == "offset":
            begun.append((indent, int(value)))
            found[int(value)] = []
        elif is_named and value.endswith("Container:"):
            lists[indent] = name
        if begun and not line.endswith("Container: "):
            above = [each for each in lists if each < indent]
            told = name if is_named else lists[max(above)] if above else ""
            found[begun[-1][1]] += listed(told, value if is_named else name)
    return [box for each in found.values() if (box := box_of(each)) is not None]


def listed(name: str, value: str) -> list[tuple[str, str]]:
    """Return the elements of a line; a list of them may stand in one line."""
    if value.startswith("[Container"):
        return IN_LINE.findall(value)
    if value.startswith("["):
        return [(name, each) for each in value.strip("[]").split(", ") if each]
    return [(name, value)]


def box_of(lines: list[tuple[str, str]]) -> Box | None:
    """Return a box of its lines; None for one whose elements aren't told."""
    values = dict(lines)
    kind = str(plain(values["type"]))
    names = KINDS.get(kind)
    if names is None:
        return None
    elements = [
        (names.get(name, name), plain(value))
        for name, value in lines[2:]
        if value != "None" and not WORDS.fullmatch(name)
    ]
    return Box(int(values["offset"]), int(values["end"]), kind, elements)


def plain(value: str) -> int | str:
    """Return the value of a line."""
    value = re.sub(r" \(total \d+\)$", "", value)
    if value in VALUES:
        return VALUES[value]
    if re.fullmatch(r"-?\d+", value):
        return int(value)
    is_bytes = value.startswith(("b'", 'b"'))
    return str(ast.literal_eval(value).decode("latin-1")) if is_bytes else value


def read(form: Format, data: bytes) -> list[Box]:
    """Return what we read of the boxes that `mp4dump` knows, in the same form."""
    found: dict[object, Box] = {}
    trace = form.trace(data)
    assert not trace.errors, trace.errors
    for element in trace.all_elements():
        place = max(number for number, each in enumerate(element.stack) if each[1] == "box")
        key = element.stack[: place + 1]
        if element.name == "size" and element.stack[-1][1] == "box_header":
            begin = element.position // 8
            found[key] = Box(begin, begin + element.value, "", [])
        elif element.name == "type" and element.stack[-1][1] == "box_header":
            kind = element.value.to_bytes(4, "big").decode("latin-1")
            found[key] = found[key]._replace(kind=kind)
        elif element.is_syntax and element.bits and not UNSAID.fullmatch(element.name):
            value = element.value
            if isinstance(value, bytes | memoryview):
                value = bytes(value).rstrip(b"\0").decode("latin-1")
            found[key].elements.append((element.name, value))
    return [as_printed(box) for box in found.values() if box.kind in KINDS]


def as_printed(box: Box) -> Box:
    """Return a box of ours with its language as letters, as `mp4dump` prints it."""
    letters = [value for name, value in box.elements if name == "language"]
    if not letters:
        return box
    kept = [each for each in box.elements if each[0] != "language"]
    place = next(number for number, (name, _) in enumerate(box.elements) if name == "language")
    kept.insert(place, ("language", "".join(chr(0x60 + value) for value in letters)))
    return box._replace(elements=kept)
