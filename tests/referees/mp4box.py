"""What MP4Box.js reads of boxes, held against what we read of them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nnc.engine.format import Format
from nnc.engine.tracing import TracedElement
from tests.javascript.reader import node

SCRIPT = Path(__file__).with_name("mp4box.cjs")

#: Its names of elements that are called otherwise in the standard.
NAMES = {
    "_size": "parent_size",
    "bits_per_channels": "bits_per_channel",
    "channel_count": "channelcount",
    "chunk_offsets": "chunk_offset",
    "compatible_brands": "compatible_brand",
    "handler": "handler_type",
    "id": "item_ID",
    "item_id": "item_ID",
    "next_track_id": "next_track_ID",
    "sample_counts": "sample_count",
    "sample_deltas": "sample_delta",
    "sample_numbers": "sample_number",
    "sample_offsets": "sample_offset",
    "sample_sizes": "entry_size",
    "track_id": "track_ID",
}

#: Ours of elements that the standard calls alike.
OURS = {
    "signed_sample_offset": "sample_offset",
    "signed_composition_time_offset": "sample_composition_time_offset",
}

#: Its names in boxes of one kind.
NAMES_OF = {
    "tfhd": {"default_sample_description_index": "sample_description_index"},
    "tfra": {"sample_delta": "sample_number"},
}

#: Elements that it tells as place and kind of a box.
HEADER = ("size", "largesize", "type", "usertype")

#: Elements that it reads and doesn't keep: fixed ones, and lengths of lists.
UNSAID = {"reserved", "pre_defined", "pad", "entry_count", "reference_count"}
UNSAID |= {"number_of_entry", "item_count", "extent_count", "association_count"}

#: Tables that are boxes.
TABLES = ("box", "item_reference")

#: Texts that stand one behind the other, in our one element of bytes.
TEXTS = ("item_name", "content_type", "content_encoding", "item_uri_type", "extension_type")


class Box(NamedTuple):
    """A box: its first byte, the one behind it, its kind."""

    begin: int
    end: int
    kind: str


class Answer(NamedTuple):
    """What it reads of a file.

    Attributes:
        boxes: all boxes in order, with the values of elements by its names.
        reads: first byte and number of bytes of whatever it reads one by one.
    """

    boxes: list[tuple[Box, dict[str, list[Any]]]]
    reads: set[tuple[int, int]]


def answers(paths: list[Path]) -> list[Answer]:
    """Return what it reads of files; skip where node doesn't find it, by NODE_PATH for example."""
    if subprocess.run(
        [node(), "-e", "require('mp4box')"], check=False, capture_output=True
    ).returncode:
        pytest.skip("mp4box isn't installed")
    command = [node(), str(SCRIPT), *map(str, paths)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    return [
        Answer(
            [
                (Box(each["begin"], each["end"], each["kind"]), each["values"])
                for each in told["boxes"]
            ],
            {(begin, count) for begin, count in told["reads"]},
        )
        for told in map(json.loads, done.stdout.splitlines())
    ]


def read(form: Format, data: bytes) -> dict[Box, list[TracedElement]]:
    """Return what we read of the boxes of a file: the elements behind the header of each."""
    trace = form.trace(data)
    assert not trace.errors, trace.errors
    found: dict[Any, list[TracedElement]] = {}
    for element in trace.all_elements():
        depth = max(number for number, each in enumerate(element.stack) if each[1] in TABLES)
        found.setdefault(element.stack[: depth + 1], []).append(element)
    return {box_of(elements): elements for elements in found.values()}


def box_of(elements: list[TracedElement]) -> Box:
    """Return the box that elements stand in."""
    header = {each.name: each.value for each in elements if each.name in HEADER}
    begin = elements[0].position // 8
    size = header["largesize"] if header["size"] == 1 else header["size"]
    return Box(begin, begin + size, header["type"].to_bytes(4, "big").decode("latin-1"))


def differences(ours: Mapping[Box, list[TracedElement]], theirs: Answer) -> list[str]:
    """Return in words what it reads otherwise than we do; what we keep as bytes isn't compared."""
    kept = [box for box, elements in ours.items() if elements[-1].name == "data"]
    told = {
        box: values
        for box, values in theirs.boxes
        if not any(each.begin < box.begin < each.end for each in kept)
    }
    if list(ours) != list(told):
        return [f"boxes {list(ours)}, MP4Box.js: {list(told)}"]
    found = list(misplaced(list(chain(*ours.values())), theirs.reads))
    for box in ours.keys() - set(kept):
        elements = [each for each in ours[box] if each.name not in HEADER]
        found += [f"{box}: {each}" for each in unlike(box.kind, elements, told[box])]
    return found


def is_unsaid(element: TracedElement) -> bool:
    """Tell whether it doesn't keep an element."""
    return element.name.removesuffix("_2").removesuffix("_3") in UNSAID


def misplaced(elements: list[TracedElement], reads: set[tuple[int, int]]) -> Iterator[str]:
    """Yield the elements that it reads from another place, or in other pieces.

    It takes bytes, what is reserved and groups of bits as it likes.
    """
    for element in elements:
        begin, bits = divmod(element.position, 8)
        is_whole = not bits and element.bits in (8, 16, 24, 32, 64)
        is_number = isinstance(element.value, int) and is_whole
        if is_number and not is_unsaid(element) and (begin, element.bits // 8) not in reads:
            yield f"{element.path} at {element.byte_bit}, {element.bits} bits: not read as such"


def unlike(
    kind: str, elements: list[TracedElement], values: Mapping[str, list[Any]]
) -> Iterator[str]:
    """Yield what it has of the elements of a box that is otherwise with us."""
    names = NAMES | NAMES_OF.get(kind, {})
    theirs = {
        names.get(name, name): list(each) for name, each in values.items() if name not in UNSAID
    }
    ours: dict[str, list[TracedElement]] = {}
    for element in elements:
        if element.is_syntax and element.bits and not is_unsaid(element):
            ours.setdefault(OURS.get(element.name, element.name), []).append(element)
    rewrite(ours, theirs)
    for name, told in theirs.items():
        mine = ours.pop(name, [])
        # What isn't there is 0 to it.
        if (mine and (len(mine) != len(told) or not all(map(same, mine, told)))) or (
            not mine and any(each not in (0, "") for each in told)
        ):
            yield f"{name} {[each.value for each in mine]}, MP4Box.js: {told}"
    yield from (f"{name} isn't in MP4Box.js" for name in ours)


def rewrite(ours: dict[str, list[TracedElement]], theirs: dict[str, list[Any]]) -> None:
    """Make what it tells in other words comparable."""
    if "item_name" in theirs:
        texts = "\0".join(chain(*(theirs.pop(name, []) for name in TEXTS)))
        theirs["item_description" if "item_description" in ours else "item_name"] = [texts]
    if "aux_subtype" in theirs:
        theirs["aux_subtype"] = [bytes(theirs["aux_subtype"]).decode("latin-1")]
    if "language" in theirs:
        whole = theirs["language"][0]
        theirs["language"] = [whole >> shift & 31 for shift in (10, 5, 0)]
    if "sample_size" in theirs and theirs["sample_size"] != [0] and "entry_size" in theirs:
        del theirs["entry_size"]


def same(element: TracedElement, told: Any) -> bool:
    """Tell whether a value is what we read."""
    value: Any = element.value
    if element.name == "compressorname":
        value = value[1 : 1 + min(31, value[0])]
    if isinstance(value, bytes | memoryview):
        value, told = bytes(value).rstrip(b"\0"), told.rstrip("\0").encode("latin-1")
    if isinstance(told, str):
        told = told.encode("latin-1")
        value = value.encode() if isinstance(value, str) else value.to_bytes(4, "big")
    if isinstance(value, bytes):
        return value == bytes(told)
    if element.name == "volume":
        value, told = (value >> 8) % 256, told % 256
    if element.name == "samplerate":
        value /= 65536
    # It takes durations that would have a sign for faults.
    if element.name == "sample_delta" and value >> 31:
        value = 1
    # Its numbers have 53 bits, and a sign where it likes.
    return float(value) == float(told) or not (value - told) % (1 << element.bits)
