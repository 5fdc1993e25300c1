"""Measures which elements of the schema are exercised, and writes docs/coverage.md.

Run it from the root of the repository: `python docs/measure_coverage.py`. It parses every bitstream
of tests/vectors with a trace, decodes payloads of moderate size bin by bin, sets elements of
those bitstreams by path, and draws bitstreams with the generated strategies.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import nnc  # noqa: E402
from nnc import syntax  # noqa: E402
from nnc.bitstream.editing.parts import cut, wrap  # noqa: E402
from nnc.bitstream.payload_elements import payload_table  # noqa: E402
from nnc.fuzzing.strategies import RandomSource, RejectedError  # noqa: E402
from nnc.fuzzing.whole import draw_syntax, draw_valid  # noqa: E402
from nnc.inspect import bins, tracing  # noqa: E402
from tests.annexes import ANNEXES  # noqa: E402
from tests.cases import CASES  # noqa: E402

#: Payloads of more bytes than this aren't decoded bin by bin.
PAYLOAD_BYTES = 150

#: How many valid bitstreams are drawn, and how many that only keep the syntax.
SEEDS = 1000

#: Places of each element are edited until so many have been changed, or tried.
EDITED_PLACES, TRIED_PLACES = 3, 30

PAGE, RESULTS = ROOT / "docs" / "coverage.md", ROOT / "docs" / "coverage.json"

Key = tuple[str, str]


@dataclass
class Edits:
    """What came of editing one element.

    Attributes:
        kept: places set to their own value, with the same bytes.
        changed: places changed.
        tried: places tried.
        forced: places where another value was refused, but taken by force.
        refusals: how the library refused another value, each with how often.
    """

    kept: int = 0
    changed: int = 0
    tried: int = 0
    forced: int = 0
    refusals: Counter[str] = field(default_factory=Counter)


class Counts:
    """How often elements came up, and with which values.

    Attributes:
        seen: how often, by table and element.
        values: the distinct values, by the same.
    """

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.seen: dict[Key, int] = defaultdict(int)
        self.values: dict[Key, set[Any]] = defaultdict(set)

    def add(self, table: str, name: str, value: Any) -> None:
        """Take one element."""
        self.seen[table, name] += 1
        self.values[table, name].add(hashable(value))


def hashable(value: Any) -> Any:
    """Return something that stands for a value in a set."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    return bytes(value) if isinstance(value, memoryview | bytearray) else value


def descriptions() -> dict[str, Any]:
    """Return all tables of the schema by name, those of hand-written readers too."""
    found: dict[str, Any] = dict(syntax.TABLES)
    for name in dir(syntax):
        if isinstance(getattr(syntax, name), syntax.Description):
            found[name] = getattr(syntax, name)
    return found


def expected() -> Iterator[tuple[Any, Any]]:
    """Return each table with each of its elements, in the order of clauses and files."""
    tables = sorted(descriptions().values(), key=lambda table: (order(table.clause), table.schema))
    for table in tables:
        for element in table.elements.values():
            yield table, element


def order(clause: str) -> list[int]:
    """Return a key that sorts clause 6 before clause 10."""
    return [int(part) for part in clause.split(".")]


def count_payloads(traced: tracing.BitstreamTrace, counts: Counts) -> None:
    """Count what a trace shows as bytes: coded, raw, cut and opaque payloads."""
    for each in traced.walk():
        unit = each.unit
        if unit is None or unit.header is None:
            continue
        table, name = "nnr_unit_payload", "opaque_payload"
        if unit.header.partial_data_counter:
            name = "partial_data"
        elif unit.nnr_unit_type == syntax.NnrUnitType.NNR_NDU:
            table, name = "nnr_compressed_data_unit_payload", "quant_tensors"
            header = unit.header.nnr_compressed_data_unit_header
            if header is None:
                continue
            if header.nnr_compressed_data_unit_payload_type == syntax.NNR_PT_RAW_FLOAT:
                name = RAW.get(header.nnr_decompressed_data_format, "raw_float32_parameter")
        elif unit.nnr_unit_type in list(syntax.NnrUnitType):
            continue
        counts.add(table, name, len(unit.payload_bytes))


#: Elements of raw payloads by format; the others are of 32 bits.
RAW = {
    syntax.TENSOR_FLOAT16: "raw_float16_parameter",
    syntax.TENSOR_FLOAT64: "raw_float64_parameter",
}


def traces() -> Iterator[tuple[bytes, dict[str, Any], bool, tracing.BitstreamTrace]]:
    """Trace every vector; give its bytes, out-of-band values and dialect beside it."""
    for case in CASES:
        for path in case.bitstreams:
            data = path.read_bytes()
            dialect = case.name.startswith("p0v1-")
            yield data, case.out_of_band, dialect, tracing.trace(data, **case.out_of_band)


def count_bins(
    traced: tracing.BitstreamTrace, counts: Counts, owners: dict[str, str], dialect: bool
) -> None:
    """Count the elements of entropy coded payloads."""
    for unit in traced.walk():
        if unit.unit is None or not bins.is_coded(unit.unit):
            continue
        if len(unit.unit.payload_bytes) > PAYLOAD_BYTES:
            continue

        def observe(row: dict[str, Any]) -> None:
            name = row["path"].rpartition(".")[2].partition("[")[0]
            if name in owners:
                counts.add(owners[name], name, row["bin"])

        try:
            bins.decode_bins(unit.unit, observe, dialect)
            counts.add("deepcabac_codeword", "stop_bit", 1)  # or the end check had failed
        except nnc.NncError:
            continue  # damaged on purpose, or an update whose base is another bitstream


def edit(
    data: bytes, given: dict[str, Any], traced: tracing.BitstreamTrace, edited: dict[Key, Edits]
) -> None:
    """Set elements to their own value, which must change nothing, and to another one.

    Adds to `edited`, by table and element.
    """
    if traced.errors or traced.missing:
        return
    for table, path, value in values(data, given, traced):
        done = edited[table, path.rpartition(".")[2].partition("[")[0]]
        if done.changed >= EDITED_PLACES or done.tried >= TRIED_PLACES:
            continue
        done.tried += 1
        bitstream = nnc.Bitstream.parse(data, **given)
        try:
            bitstream.set(path, value, force=True)
            done.kept += bitstream.to_bytes() == data
            bitstream.set(path, other(value))
            done.changed += bitstream.to_bytes() != data
        except nnc.NncError as error:
            done.refusals[reason(error)] += 1
            done.forced += can_be_forced(bitstream, path, other(value))


def can_be_forced(bitstream: nnc.Bitstream, path: str, value: Any) -> bool:
    """Tell whether an element takes a value by force."""
    before = bitstream.to_bytes()
    try:
        bitstream.set(path, value, force=True)
    except nnc.NncError:
        return False
    return bitstream.to_bytes() != before


def reason(error: nnc.NncError) -> str:
    """Return why a value is refused: the message, without what is of one bitstream only."""
    message = str(getattr(error, "message", error))
    return re.sub(r"^\d+ (?=is reserved)", "", message)


def values(
    data: bytes, given: dict[str, Any], traced: tracing.BitstreamTrace
) -> Iterator[tuple[str, str, Any]]:
    """Return table, path and value of all elements of a bitstream, those of payloads too."""
    for element in traced.elements():
        if element.is_syntax:
            yield element.table, element.path, element.value
    for unit in nnc.Bitstream.parse(data, **given).walk():
        try:
            table = payload_table(unit)
        except nnc.NncError:
            continue  # a drawn payload that is shorter than its dimensions want it
        for name in () if table is None else table.fields:
            value = getattr(table, name)
            if isinstance(value, np.ndarray) and value.size:
                yield table_name(table), f"{unit.path}.payload.{name}[0]", value[0].item()
            elif isinstance(value, memoryview):
                yield table_name(table), f"{unit.path}.payload.{name}", value


def table_name(table: Any) -> str:
    """Return the name that the schema has for the table of a value."""
    return str(table.syntax.table)


def other(value: Any) -> Any:
    """Return a value that is not this one."""
    if isinstance(value, int):
        return value ^ 1
    if isinstance(value, float):
        return value / 2 if value else 0.5
    return value + "x" if isinstance(value, str) else bytes(value) + b"x"


def made() -> Iterator[bytes]:
    """Make bitstreams of kinds that no vector is of.

    References to a list of names, parts, an aggregate, a type of unit that isn't specified.
    """
    tensors = {name: np.ones((4, 3), np.float32) for name in ("first", "second")}
    yield nnc.encode(tensors, references=True)
    data = next(case for case in CASES if case.name == "p1-base-default-dq").bitstreams[0]
    for change in (
        lambda bitstream: cut(bitstream, "units[3]", 200),
        lambda bitstream: wrap(bitstream, 3, 6),
        lambda bitstream: bitstream.set("units[3].header.nnr_unit_type", 40, force=True),
    ):
        bitstream = nnc.open(data)
        change(bitstream)
        yield bitstream.to_bytes()


def vector_counts() -> tuple[Counts, dict[Key, Edits], dict[str, int]]:
    """Go through all vectors: elements, edits, and bitstreams that show a clause."""
    counts, edited = Counts(), defaultdict(Edits)
    shown = dict.fromkeys(SIGNS, 0)
    for data in made():
        edit(data, {}, tracing.trace(data), edited)
    payload_owners = owners()
    for data, given, dialect, traced in traces():
        values: dict[str, set[Any]] = defaultdict(set)
        for element in traced.elements():
            if element.is_syntax:
                counts.add(element.table, element.name, element.value)
                values[element.name].add(hashable(element.value))
        for clause, (_, sign) in SIGNS.items():
            shown[clause] += bool(sign(values))
        count_bins(traced, counts, payload_owners, dialect)
        count_payloads(traced, counts)
        edit(data, given, traced, edited)
    return counts, edited, shown


def strategy_counts(edited: dict[Key, Edits]) -> Counts:
    """Draw bitstreams, count their elements, and edit those that no vector has."""
    counts = Counts()
    for seed in range(SEEDS):
        for draw in (draw_valid, draw_syntax):
            try:
                drawn = draw(RandomSource(seed))
            except RejectedError:
                continue
            traced = tracing.trace(drawn.data, **drawn.out_of_band)
            for element in traced.elements():
                if element.is_syntax:
                    counts.add(element.table, element.name, element.value)
            count_payloads(traced, counts)
            if draw is draw_valid:
                count_bins(traced, counts, owners(), dialect=False)
            edit(drawn.data, drawn.out_of_band, traced, edited)
    return counts


def owners() -> dict[str, str]:
    """Return the table of each element that hand-written code reads."""
    return {
        element.name: table.table
        for table, element in expected()
        if isinstance(table, syntax.Description)
    }


def has(name: str, *values: Any) -> Callable[[dict[str, set[Any]]], bool]:
    """Make a test: some element of a bitstream has one of the values (none given: not 0)."""

    def sign(found: dict[str, set[Any]]) -> bool:
        seen = found.get(name, set())
        return bool(seen & set(values)) if values else any(seen)

    return sign


def has_bits(name: str, bits: int) -> Callable[[dict[str, set[Any]]], bool]:
    """Make a test: some element of a bitstream has one of the bits."""
    return lambda found: any(value & bits for value in found.get(name, set()))


PT = "nnr_compressed_data_unit_payload_type"

#: For each clause that leaves a sign in a bitstream: what to look for, in words and as a test.
SIGNS: dict[str, tuple[str, Callable[[dict[str, set[Any]]], bool]]] = {
    "6.2.1": ("an NNR unit", lambda found: "nnr_unit_type" in found),
    "6.2.2": ("`nnr_unit_type` 6", has("nnr_unit_type", 6)),
    "6.2.3": ("`nnr_unit_type` 0", has("nnr_unit_type", 0)),
    "6.3.2": ("`nnr_unit_size`", lambda found: "nnr_unit_size" in found),
    "6.3.3": ("a header", lambda found: "nnr_unit_type" in found),
    "6.3.4": ("a start unit or parameter set", has("nnr_unit_type", 0, 1, 2)),
    "7.2": (
        "`nnr_decompressed_data_format`",
        lambda found: "nnr_decompressed_data_format" in found,
    ),
    "7.3.2": (f"`{PT}` 0", has(PT, 0)),
    "7.3.3": (f"`{PT}` 1", has(PT, 1)),
    "7.3.4": (f"`{PT}` 2", has(PT, 2)),
    "7.3.5": (f"`{PT}` 3", has(PT, 3)),
    "8.2.1, 8.3.8": ("`NNR_CPT_BN`", has_bits("compressed_parameter_types", 4)),
    "8.3.1": ("`mps_sparsification_flag`", has("mps_sparsification_flag")),
    "8.3.2": ("`mps_pruning_flag`", has("mps_pruning_flag")),
    "8.3.6": ("`mps_unification_flag`", has("mps_unification_flag")),
    "8.3.7": ("`NNR_CPT_DC`", has_bits("compressed_parameter_types", 1)),
    "8.3.9": ("`NNR_CPT_LS`", has_bits("compressed_parameter_types", 2)),
    "9.2.1, 9.3.1": ("`dq_flag` 0", has("dq_flag", 0)),
    "9.2.2, 9.3.2": ("`codebook_present_flag`", has("codebook_present_flag")),
    "9.2.3, 9.3.3": ("`dq_flag`", has("dq_flag")),
    "9.2.4": ("`nnr_pre_flag`", has("nnr_pre_flag")),
    "10.1-10.3": ("an entropy coded payload", has(PT, 0, 1, 3)),
}

#: Clauses that leave no sign in a bitstream.
SIGNLESS = {
    "6.1.2": "Bit ordering",
    "6.1.3": "Syntax functions and data types",
}


def measure() -> dict[str, Any]:
    """Measure everything; give it as data."""
    vectors, edited, shown = vector_counts()
    drawn = strategy_counts(edited)
    rows = []
    for table, element in expected():
        key = table.table, element.name
        rows.append(
            {
                "table": table.table,
                "element": element.name,
                "clause": table.clause,
                "status": element.status,
                "vectors": vectors.seen.get(key, 0),
                "values": len(vectors.values.get(key, ())),
                "strategies": drawn.seen.get(key, 0),
                "set": edited[key].kept,
                "changed": edited[key].changed,
                "forced": edited[key].forced,
                "refused": refused(edited[key]),
                "header": not isinstance(table, syntax.Description),
            }
        )
    clauses = [
        {"clause": clause, "sign": sign, "bitstreams": shown[clause]}
        for clause, (sign, _) in SIGNS.items()
    ]
    annexes = [
        {"annex": annex.letter, "about": annex.what, "tests": annex.tests()} for annex in ANNEXES
    ]
    modules = [
        {"clause": clause, "title": title, "modules": modules_about(clause)}
        for clause, title in SIGNLESS.items()
    ]
    bitstreams = sum(len(case.bitstreams) for case in CASES)
    return {
        "bitstreams": bitstreams,
        "elements": rows,
        "clauses": clauses,
        "modules": modules,
        "annexes": annexes,
    }


def refused(edits: Edits) -> str:
    """Return the reason why an element was never changed, the most frequent one."""
    if edits.changed or not edits.refusals:
        return ""
    return edits.refusals.most_common(1)[0][0]


def modules_about(clause: str) -> list[str]:
    """Return the hand-written modules whose first lines name a clause."""
    pattern = rf"(?<![\d.]){re.escape(clause)}(?![\d.]*\d)"
    found = []
    for path in sorted((ROOT / "nnc").rglob("*.py")):
        text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        if re.search(pattern, " ".join(text.split())):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append(".".join(part for part in parts if part != "__init__"))
    return found


def count(value: int) -> str:
    """Write a count; nothing for none."""
    return f"{value:,}" if value else ""


def page(results: dict[str, Any]) -> str:
    """Write the page."""
    rows = results["elements"]
    headers = [row for row in rows if row["header"]]

    def share(name: str, of: list[dict[str, Any]]) -> str:
        return f"{sum(bool(row[name]) for row in of)} of {len(of)}"

    lines = [
        "# Coverage",
        "",
        "<!-- Made by docs/measure_coverage.py; do not edit. -->",
        "",
        "Which rows of the syntax tables are exercised, and how. Every number is measured:",
        f"`python docs/measure_coverage.py` parses the {results['bitstreams']} bitstreams of",
        f"`tests/vectors`, decodes their payloads of up to {PAYLOAD_BYTES} bytes bin by bin, sets",
        f"elements in them, and draws {2 * SEEDS} bitstreams with the generated strategies.",
        "Elements are edited in those too, and in an aggregate, a unit in parts, one of an",
        "unspecified type, and a bitstream with indexed references.",
        "",
        "| Of the elements | |",
        "| :--- | ---: |",
        f"| transcribed, with semantics | {len(rows)} |",
        f"| in a vector | {share('vectors', rows)} |",
        f"| reached by strategies | {share('strategies', rows)} |",
        f"| outside coded payloads, set by path to their own value, same bytes | "
        f"{share('set', headers)} |",
        f"| outside coded payloads, changed by path | {share('changed', headers)} |",
        "",
        "## Elements",
        "",
        "*Vectors*: how often an element stands in the vectors, and with how many distinct values",
        "(for payloads, bins or lengths). *Drawn*: how often the strategies drew it. *Edited*:",
        f"places set to their own value, and changed to another, until {EDITED_PLACES} were "
        f"changed or {TRIED_PLACES} tried.",
        "Nothing means none.",
        "",
    ]
    by_table: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_table.setdefault(row["table"], []).append(row)
    for table, inside in by_table.items():
        lines += [
            f"### {table}",
            "",
            f"Clause {inside[0]['clause']}, [`{table}`](reference/{table}.md): "
            f"{share('vectors', inside)} in a vector.",
            "",
            '<div class="names coverage" markdown="1">',
            "",
            "| Element | Status | Vectors | Values | Drawn | Edited |",
            "| :--- | :--- | ---: | ---: | ---: | ---: |",
        ]
        for row in inside:
            link = f"[`{row['element']}`](reference/{table}.md#{anchor(table, row['element'])})"
            edits = f"{row['set']}, {row['changed']}" if row["set"] else ""
            drawn = count(row["strategies"])
            lines.append(
                f"| {link} | {row['status']} | {count(row['vectors'])} | {count(row['values'])} "
                f"| {drawn} | {edits if row['header'] else dash(edits)} |"
            )
        lines += ["", "</div>", ""]
    lines += unchanged(headers)
    lines += [
        "## Clauses",
        "",
        "Clauses that leave a sign in a bitstream, and the number of vectors with it.",
        "",
        "| Clause | Sign | Vectors |",
        "| :--- | :--- | ---: |",
    ]
    lines += [
        f"| {row['clause']} | {row['sign']} | {count(row['bitstreams'])} |"
        for row in results["clauses"]
    ]
    lines += [
        "",
        "Clauses that leave none, and the modules whose description names them.",
        "",
        "| Clause | Title | Modules |",
        "| :--- | :--- | :--- |",
    ]
    for row in results["modules"]:
        where = ", ".join(f"`{module}`" for module in row["modules"]) or "none"
        lines.append(f"| {row['clause']} | {row['title']} | {where} |")
    lines += [
        "",
        "The annexes leave none either; their tests are [listed by name](clauses.md#annexes).",
        "",
        "| Annex | About | Tests |",
        "| :--- | :--- | ---: |",
    ]
    lines += [
        f"| {row['annex']} | {row['about']} | {count(len(row['tests']))} |"
        for row in results["annexes"]
    ]
    return "\n".join(lines) + "\n"


def unchanged(rows: list[dict[str, Any]]) -> list[str]:
    """Write the elements that were never changed, each with what the library said to it."""
    kept = [row for row in rows if not row["changed"]]
    if not kept:
        return []
    lines = [
        "## Elements that can't be changed by themselves",
        "",
        "Their value follows from others, or no other is allowed. This is what the library",
        "answered when it was asked for another value.",
        "",
        "| Table | Element | Answer | With `--force` |",
        "| :--- | :--- | :--- | :--- |",
    ]
    lines += [
        f"| `{row['table']}` | `{row['element']}` | {row['refused']} "
        f"| {'changed' if row['forced'] else 'refused'} |"
        for row in kept
    ]
    return [*lines, ""]


def dash(text: str) -> str:
    """Write a dash for what doesn't apply."""
    return text or "\u2013"


def anchor(table: str, name: str) -> str:
    """Return the heading of an element; one that stands twice is explained under its first name."""
    head = name.rstrip("0123456789").removesuffix("_")
    elements = descriptions()[table].elements
    return head if head != name and head in elements else name


def main() -> None:
    """Measure, and write page and results."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    results = measure()
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(results), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)} and {RESULTS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
