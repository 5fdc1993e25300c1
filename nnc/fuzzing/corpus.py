"""Corpora on disk: files for other people's decoders, and a manifest of what to expect."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from nnc.bitio import BitstreamError, InputError
from nnc.bitstream import Bitstream
from nnc.fuzzing.strategies import RULES, RandomSource, RejectedError
from nnc.fuzzing.streams import SIZE_RULES, VERDICTS, Drawn, draw_broken, draw_valid

MANIFEST = "manifest.json"
MANIFEST_VERSION = 1

#: Draws that are tried for one file; after the first quarter from all of the syntax.
ATTEMPTS = 1200

#: The largest unit that keeps its short size field when mutated.
MAXIMUM_EDITS = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a corpus.

    Attributes:
        file: its name.
        seed: what it was drawn from; the same seed gives the same file.
        rule: the rule that it breaks, "" for a valid or a mutated one.
        path: syntax path of the element at fault, or "".
        verdict: what is expected: "valid"; "error" where parsing has to fail; "finding" where
            only a validator has to speak; "any" for mutated files, which must not crash.
    """

    file: str
    seed: str
    rule: str
    path: str
    verdict: str


def rule_names() -> dict[str, str]:
    """Give all rules that `broken_files` can break, with what is wrong where they are."""
    named = {f"{kind}:nnr_unit_size": text for kind, text in SIZE_RULES.items()}
    named.update({rule.name: rule.text for rule in RULES})
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
    """Draw valid bitstreams."""
    for number in range(count):
        drawn, used = first_drawn(f"{seed}.{number}", lambda source, _: draw_valid(source))
        yield Entry(f"valid-{number:04}.nnc", used, "", "", "valid"), drawn.data


def broken_files(rule: str, count: int, seed: str) -> Iterator[tuple[Entry, bytes]]:
    """Draw bitstreams that break one rule.

    Raises:
        InputError: there is no such rule, or no drawn bitstream came to break it.
    """
    kind, element = parse_rule(rule)

    def draw(source: RandomSource, attempt: int) -> Drawn:
        return draw_broken(source, kind, element, wide=attempt >= ATTEMPTS // 4)

    for number in range(count):
        drawn, used = first_drawn(f"{seed}.{number}", draw)
        assert drawn.broken is not None
        name = f"{rule.replace(':', '-')}-{number:04}.nnc"
        broken = f"{kind}:{element_of(drawn.broken.path)}"
        yield Entry(name, used, broken, drawn.broken.path, drawn.broken.verdict), drawn.data


def element_of(path: str) -> str:
    """Give the element at the end of a path, without indices."""
    return path.rpartition(".")[2].partition("[")[0]


def first_drawn(seed: str, draw: Callable[[RandomSource, int], Drawn]) -> tuple[Drawn, str]:
    """Draw until it isn't rejected; give the seed that it took too.

    Raises:
        InputError: it was always rejected.
    """
    for attempt in range(ATTEMPTS):
        used = f"{seed}.{attempt}"
        try:
            return draw(RandomSource(used), attempt), used
        except RejectedError:
            continue
    raise InputError(f"no bitstream drawn from seed {seed} comes to break that rule")


def mutated_files(data: bytes, count: int, seed: str) -> Iterator[tuple[Entry, bytes]]:
    """Damage a bitstream in ways that reach beyond the first header.

    Raises:
        BitstreamError: the bitstream itself can't be parsed.
    """
    pieces = [bytes(unit.whole or b"") for unit in Bitstream.parse(data).units]
    for number in range(count):
        used = f"{seed}.{number}"
        mutated = mutate(pieces, random.Random(used))
        yield Entry(f"mutated-{number:04}.nnc", used, "", "", "any"), mutated


def mutate(pieces: list[bytes], chance: random.Random) -> bytes:
    """Move whole units about, or change bytes within one, sizes kept right half of the time."""
    units = list(pieces)
    for _ in range(chance.randint(1, MAXIMUM_EDITS)):
        if not units:
            break
        place = chance.randrange(len(units))
        action = chance.choice(("bits", "bits", "bytes", "insert", "cut", "drop", "twice", "swap"))
        if action == "drop":
            del units[place]
        elif action == "twice":
            units.insert(place, units[place])
        elif action == "swap":
            other = chance.randrange(len(units))
            units[place], units[other] = units[other], units[place]
        else:
            units[place] = mutate_unit(units[place], action, chance)
    return b"".join(units)


def mutate_unit(unit: bytes, action: str, chance: random.Random) -> bytes:
    """Change the bytes of one unit."""
    content = bytearray(unit[2:])
    if not content or unit[0] & 0x80:
        content, head = bytearray(unit), 0
    else:
        head = 2
    place = chance.randrange(len(content)) if content else 0
    if action == "bits" and content:
        content[place] ^= 1 << chance.randrange(8)
    elif action == "bytes" and content:
        content[place] = chance.choice((0, 0xFF, 0x80, chance.randrange(256)))
    elif action == "insert":
        content[place:place] = chance.randbytes(chance.randint(1, 4))
    elif action == "cut":
        del content[place:]
    if not head:
        return bytes(content)
    size = len(content) + 2
    keeps_size = chance.random() < 0.5 or size >= 1 << 15
    return (unit[:2] if keeps_size else size.to_bytes(2, "big")) + bytes(content)


def own_verdict(data: bytes) -> str:
    """Give what our own parser says: "error" or "parsed"."""
    try:
        for unit in Bitstream.parse(data).walk():
            _ = unit.payload
    except BitstreamError:
        return "error"
    return "parsed"


def write_corpus(folder: Path, made: Iterator[tuple[Entry, bytes]], about: dict[str, str]) -> int:
    """Write files and their manifest; give the number of files."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for entry, data in made:
        (folder / entry.file).write_bytes(data)
        entries.append(asdict(entry) | {"bytes": len(data), "parsed_by_nnc": own_verdict(data)})
    manifest = {"schema_version": MANIFEST_VERSION, **about, "files": entries}
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(f"{text}\n", encoding="utf-8")
    return len(entries)
