"""Corpora on disk: files for other people's decoders, and a manifest of what to expect."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nnc.bitio import BitstreamError, InputError, NncError
from nnc.bitstream import Bitstream
from nnc.bitstream.sizes import SHORT_SIZE_LIMIT, size_bytes, size_in_form
from nnc.decoder import Decoder, Limits
from nnc.fuzzing.strategies import RULES, RandomSource, RejectedError
from nnc.fuzzing.streams import SIZE_RULES, VERDICTS, Drawn, draw_broken, draw_valid

MANIFEST = "manifest.json"
MANIFEST_VERSION = 1

#: Draws that are tried for one file: the rarest elements stand in one bitstream out of a hundred.
ATTEMPTS = 4000

#: Edits that make up one mutation, at most.
MAXIMUM_EDITS = 4

#: What is done to a unit by a mutation; what comes twice is done more often.
ACTIONS = ("bits", "bits", "bytes", "insert", "cut", "drop", "twice", "swap")

#: Values that are decoded of one file, at most: mutated ones may claim to hold any number.
LIMITS = Limits(values=1 << 20)

#: Rules of tables that no file can break: data that end before a unit's first bit are merely
#: shorter by that unit. Sizes are made wrong by kinds of ours, which tell where they lead.
UNBREAKABLE = frozenset({"truncated:nnr_unit_size_flag", "wrong-value:nnr_unit_size"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a corpus.

    Attributes:
        file: its name.
        seed: what it was drawn from; the same seed gives the same file.
        rule: the rule that it breaks, "" for a valid or a mutated one.
        path: syntax path of the element at fault, or "".
        verdict: what is expected: "valid"; "error" where parsing has to fail (or, for values
            stored raw, reading those); "finding" where only a validator has to speak; "any" for
            mutated files, which must not crash.
        base: name of the valid file to be decoded before it, or "".
        dimensions: tensor_dimensions by name, to be told to the decoder.
        cabac_unary_length_minus1: the same for that element.
    """

    file: str
    seed: str
    rule: str
    path: str
    verdict: str
    base: str = ""
    dimensions: dict[str, list[int]] = field(default_factory=dict)
    cabac_unary_length_minus1: dict[str, int] = field(default_factory=dict)


def rule_names() -> dict[str, str]:
    """Return all rules that `broken_files` can break, with what is wrong where they are."""
    named = {f"{kind}:nnr_unit_size": text for kind, text in SIZE_RULES.items()}
    named.update({rule.name: rule.text for rule in RULES if rule.name not in UNBREAKABLE})
    return dict(sorted(named.items()))


def parse_rule(rule: str) -> tuple[str, str]:
    """Split `kind` or `kind:element`.

    Raises:
        InputError: there is no such rule.
    """
    kind, _, element = rule.partition(":")
    if kind not in VERDICTS or (element and rule not in rule_names()):
        raise InputError(f"no rule {rule!r}; --list-rules lists all of them")
    return kind, element


def valid_files(count: int, seed: str) -> Iterator[tuple[Entry, bytes]]:
    """Draw valid bitstreams; in front of an update, also the one that it is an update of."""
    for number in range(count):
        drawn, used = first_drawn(f"{seed}.{number}", draw_valid)
        yield from files_of(drawn, f"valid-{number:04}", used)


def broken_files(rule: str, count: int, seed: str) -> Iterator[tuple[Entry, bytes]]:
    """Draw bitstreams that break one rule; in front of an update, also what it updates.

    Raises:
        InputError: there is no such rule, or no drawn bitstream came to break it.
    """
    kind, element = parse_rule(rule)

    def draw(source: RandomSource) -> Drawn:
        return draw_broken(source, kind, element)

    for number in range(count):
        drawn, used = first_drawn(f"{seed}.{number}", draw)
        yield from files_of(drawn, f"{rule.replace(':', '-')}-{number:04}", used)


def files_of(drawn: Drawn, name: str, seed: str) -> Iterator[tuple[Entry, bytes]]:
    """Yield the file of a drawn bitstream, after that of its base."""
    base = "" if drawn.base is None else f"{name}-base.nnc"
    if drawn.base is not None:
        yield entry_of(drawn.base, base, seed, ""), drawn.base.data
    yield entry_of(drawn, f"{name}.nnc", seed, base), drawn.data


def entry_of(drawn: Drawn, file: str, seed: str, base: str) -> Entry:
    """Return what a manifest says of a drawn bitstream."""
    rule, path, verdict = "", "", "valid"
    if drawn.broken is not None:
        path, verdict = drawn.broken.path, drawn.broken.verdict
        rule = f"{drawn.broken.kind}:{element_of(path)}"
    return Entry(file, seed, rule, path, verdict, base, drawn.dimensions, drawn.unary_lengths)


def element_of(path: str) -> str:
    """Return the element at the end of a path, without indices."""
    return path.rpartition(".")[2].partition("[")[0]


def first_drawn(seed: str, draw: Callable[[RandomSource], Drawn]) -> tuple[Drawn, str]:
    """Draw until it isn't rejected; return the seed that it took too.

    Raises:
        InputError: it was always rejected.
    """
    for attempt in range(ATTEMPTS):
        used = f"{seed}.{attempt}"
        try:
            return draw(RandomSource(used)), used
        except RejectedError:
            continue
    raise InputError(f"no bitstream drawn from seed {seed} breaks that rule")


def mutated_files(data: bytes, count: int, seed: str) -> Iterator[tuple[Entry, bytes]]:
    """Damage a bitstream in ways that reach beyond the first header.

    Raises:
        BitstreamError: the bitstream itself can't be parsed.
        InputError: there is nothing in it.
    """
    pieces = [bytes(unit.whole or b"") for unit in Bitstream.parse(data).units]
    if not pieces:
        raise InputError("an empty bitstream can't be mutated")
    for number in range(count):
        used = f"{seed}.{number}"
        mutated = mutate(pieces, random.Random(used))
        yield Entry(f"mutated-{number:04}.nnc", used, "", "", "any"), mutated


def mutate(pieces: list[bytes], chance: random.Random) -> bytes:
    """Return a bitstream of damaged units; it is not the one of the units as they are."""
    units, whole = list(pieces), b"".join(pieces)
    while True:
        for _ in range(chance.randint(1, MAXIMUM_EDITS)):
            edit_units(units, chance)
        mutated = b"".join(units)
        if mutated != whole:
            return mutated


def edit_units(units: list[bytes], chance: random.Random) -> None:
    """Move a whole unit, or change bytes within one."""
    if not units:
        return
    place = chance.randrange(len(units))
    action = chance.choice(ACTIONS)
    if action == "drop":
        del units[place]
    elif action == "twice":
        units.insert(place, units[place])
    elif action == "swap":
        other = chance.randrange(len(units))
        units[place], units[other] = units[other], units[place]
    else:
        units[place] = edit_unit(units[place], action, chance)


def edit_unit(unit: bytes, action: str, chance: random.Random) -> bytes:
    """Change the bytes of a unit behind its size, which is made to fit half of the time."""
    width = size_bytes(unit)
    head, content = unit[:width], bytearray(unit[width:])
    if not content:
        return unit
    place = chance.randrange(len(content))
    if action == "bits":
        content[place] ^= 1 << chance.randrange(8)
    elif action == "bytes":
        content[place] = chance.choice((0, 0xFF, 0x80, chance.randrange(256)))
    elif action == "insert":
        content[place:place] = chance.randbytes(chance.randint(1, 4))
    elif action == "cut":
        del content[place:]
    size = width + len(content)
    if chance.random() < 0.5 and (width == 4 or size <= SHORT_SIZE_LIMIT):
        head = size_in_form(size, width)
    return head + bytes(content)


def own_verdicts(entry: Entry, data: bytes, base: tuple[Entry, bytes] | None) -> dict[str, str]:
    """Return what we say ourselves of a file: whether it can be parsed, and decoded."""
    verdicts = {"parsed_by_nnc": "parsed", "decoded_by_nnc": "decoded"}
    try:
        for unit in parsed(entry, data).walk():
            _ = unit.payload
    except BitstreamError:
        return dict.fromkeys(verdicts, "error")
    decoder = Decoder(threads=1, limits=LIMITS)
    try:
        if base is not None:
            decoder.decode(parsed(*base))
        decoder.decode(parsed(entry, data), apply=base is not None)
    except NncError:
        verdicts["decoded_by_nnc"] = "error"
    return verdicts


def parsed(entry: Entry, data: bytes) -> Bitstream:
    """Parse a file of a corpus, with what it leaves out."""
    lengths = entry.cabac_unary_length_minus1
    return Bitstream.parse(data, dimensions=entry.dimensions, cabac_unary_length_minus1=lengths)


def write_corpus(folder: Path, made: Iterator[tuple[Entry, bytes]], about: dict[str, str]) -> int:
    """Write files and their manifest; return the number of files."""
    entries: list[dict[str, Any]] = []
    last: tuple[Entry, bytes] | None = None
    for entry, data in made:
        # What can't be made leaves no folder behind.
        folder.mkdir(parents=True, exist_ok=True)
        (folder / entry.file).write_bytes(data)
        # A base stands right before its update.
        verdicts = own_verdicts(entry, data, last if entry.base else None)
        entries.append(asdict(entry) | {"bytes": len(data)} | verdicts)
        last = entry, data
    manifest = {"schema_version": MANIFEST_VERSION, **about, "files": entries}
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(f"{text}\n", encoding="utf-8")
    return len(entries)
