"""A small schema to begin a format of one's own with, and data of it."""

from __future__ import annotations

import re
from pathlib import Path

from nnc.bitio import InputError
from nnc.engine.format import Format

NAME = re.compile(r"[a-z][a-z0-9_]*")

TEXT = """\
# A format of your own, to be changed at will. A schema is a folder of .syntax files.
# `nnc schema check {name}` finds mistakes; nothing has to be built.

# The table that a file begins with.
root {name}

# Clause and status stand above the tables that they are about. The status says how sure you are:
# interop, peer, draft, or ours for a format that you make up.
clause 1 "File"
status ours

enum Kind {{
    NOTE = 0    "text that somebody wrote"
    SAMPLES = 1 "values that were measured"
    2..15       reserved
}}

# An element is a name and a descriptor, which says how it is coded: u(n) an unsigned integer of
# n bits, i(n) a signed one, ue(0) and ie(0) of variable length, flt(32) a number, st(v) text up to
# a zero byte.
syntax {name}() {{
    signature           u(32)
    version             u(8)
    part_count         u(8)
    for (i = 0; i < part_count; i++)
        part()
}}

# What each element means. It becomes documentation, and rules that `nnc check` tells of.
semantics {{
    signature
        Tells what the file is: "{letters}" in ASCII.
        range {signature}..{signature}
    version
        Version of the format.
        range 1..1
    part_count
        Number of parts.
}}

clause 2 "Part"

syntax part() {{
    kind                u(4)  Kind
    urgent_flag         u(1)
    reserved_bits       u(3)
    if (kind == NOTE)
        text            st(v)
    else if (kind == SAMPLES) {{
        sample_count    u(8)
        for (i = 0; i < sample_count; i++)
            sample[i]   i(8)
    }}
}}

semantics {{
    kind
        What the part holds.
        range 0..1
    urgent_flag
        1: to be looked at first.
    reserved_bits
        For later versions of the format.
        range 0..0
    text
        The text of a note.
    sample_count
        Number of values in [sample].
    sample
        The values, in order of time.
        constraint Max(sample) < 100 "a sample is below 100"
}}
"""


def make_example(folder: Path) -> Path:
    """Make a folder with a schema of the folder's name, and a file of that format in it.

    Returns:
        The path of that file.

    Raises:
        InputError: the folder exists, or its name is none of a format.
    """
    name = folder.name
    if NAME.fullmatch(name) is None:
        raise InputError(f"{name!r}: the name of a format is small letters, digits and _")
    if folder.exists():
        raise InputError(f"{folder} exists; choose another name")
    letters = name[:4].upper().ljust(4, "X")
    folder.mkdir(parents=True)
    signature = f"0x{letters.encode('ascii').hex()}"
    text = TEXT.format(name=name, letters=letters, signature=signature)
    (folder / f"{name}.syntax").write_text(text, encoding="utf-8")
    document = Format.load(folder).parse(bytes.fromhex(signature[2:]) + b"\1\0")
    document.insert("part[0]", {"kind": 0, "text": "hello"})
    document.insert("part[1]", {"kind": 1, "sample": [1, 4, 9, -16]})
    document.save(folder / "example.bin")
    return folder / "example.bin"
