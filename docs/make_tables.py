"""Writes docs/tables.md: the constants and numeric tables of clause 10.

Run it from the root of the repository: `python docs/make_tables.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from nnc.deepcabac import contexts, tables  # noqa: E402

PAGE = ROOT / "docs" / "tables.md"

#: The sets of contexts: element, name of the first number, which one is taken.
CONTEXTS = (
    ("shift_idx", "shift_idx_minus_1_present_flag", "SHIFT", 1, "one for all contexts"),
    ("quant_tensor", "row_skip_list", "ROW_SKIP", 1, "one for all rows"),
    (
        "quant_param",
        "sig_flag",
        "SIG",
        24,
        "3 for each state: the level before is 0, negative, positive",
    ),
    (
        "quant_param",
        "sig_flag",
        "TEMPORAL_SIG",
        16,
        "2 for each state, where the parent's level isn't 0: its magnitude is 1, is greater",
    ),
    (
        "quant_param",
        "sig_flag",
        "HISTORY_SIG",
        8,
        "1 for each state, where the position was not 0 in an update before",
    ),
    ("quant_param", "sign_flag", "SIGN", 3, "the level before is 0, negative, positive"),
    (
        "quant_param",
        "sign_flag",
        "TEMPORAL_SIGN",
        2,
        "the parent's level is negative, positive",
    ),
    ("quant_param", "abs_level_greater_x2", "PREFIX", 31, "by number of the flag"),
    (
        "quant_param",
        "abs_level_greater_x",
        "GREATER",
        None,
        "2 for each flag, by sign; then 2 for each flag where the parent's level isn't 0, by "
        "whether its magnitude reaches the flag's number",
    ),
)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Write a table, numbers at the right."""
    lines = [f"| {' | '.join(head)} |", f"|{' ---: |' * len(head)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return [*lines, ""]


def page() -> str:
    """Write the page."""
    lines = [
        "# Constants and tables of clause 10",
        "",
        "<!-- Made by docs/make_tables.py from nnc/deepcabac/tables.py; do not edit. -->",
        "",
        "The numbers that the entropy coder stands on. Its syntax starts at",
        "[`deepcabac_codeword`](reference/deepcabac_codeword.md).",
        "",
        "## Parameter sets of the contexts",
        "",
        "A context holds a fast counter `S0` and a slow one `S1`; `q = 16 S0 + S1`, and the more",
        "probable bin is 1 where `q >= 0`. Its parameter set,",
        "[`shift_idx_minus_1`](reference/shift_idx.md#shift_idx_minus_1), says how fast both move,",
        "and where they start. After a bin, with `s` 1 for a 1 and -1 for a 0:",
        "",
        "    S0 += s * (curve[16 + ((s * S0) >> 3)] >> (shift0 + 4))",
        "    S1 += s * (curve[16 + ((s * S1) >> 7)] >> shift1)",
        "",
        *table(
            ("set", "shift0", "shift1", "q at start", "S0 at start"),
            [(number, *each) for number, each in enumerate(tables.PARAMETER_SETS)],
        ),
        "## The curve",
        "",
        "How far a counter moves, by how far it already leans to the bin that came.",
        "",
        *grid("curve", tables.STATE_CURVE, 8),
        "## Range of the less probable bin",
        "",
        "`lps_range[(range & 0xE0) + Abs(q >> 7)]`: a table for each 32 values of the range,",
        "from 256 on; the certainty `Abs(q >> 7)` runs from left to right, top to bottom.",
        "",
    ]
    for first in range(0, len(tables.LPS_RANGE), 32):
        low = 256 + first
        lines += [f"### Range {low} to {low + 31}", ""]
        lines += grid("certainty", tables.LPS_RANGE[first : first + 32], 8)
    lines += [
        "## States of dependent quantization",
        "",
        *table(
            ("state", "next, level even", "next, level odd"),
            [(number, *each) for number, each in enumerate(tables.STATE_TRANSITIONS)],
        ),
        "## Contexts",
        "",
        "In the order of the list that `nnc trace --bins` numbers. The state is that of",
        "dependent quantization, 0 without",
        "[`dq_flag`](reference/nnr_compressed_data_unit_header.md#dq_flag).",
        "",
        "| Element | From | Number | Chosen by |",
        "| :--- | ---: | ---: | :--- |",
    ]
    for where, element, name, size, choice in CONTEXTS:
        link = f"[`{element}`](reference/{where}.md#{element})"
        lines.append(f"| {link} | {getattr(contexts, name)} | {size or '4 G'} | {choice} |")
    lines += [
        "",
        "G is [`cabac_unary_length_minus1`]"
        "(reference/nnr_compressed_data_unit_header.md#cabac_unary_length_minus1) plus 1.",
        "",
        "## Costs of a bin",
        "",
        f"Not in the standard: what this encoder takes a bin to cost, in units of "
        f"2^-{tables.COST_FRACTION_BITS} bits.",
        "",
        *table(
            ("certainty", "more probable bin", "less probable bin"),
            [(number, *each) for number, each in enumerate(tables.BIN_COSTS)],
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"


def grid(name: str, values: Sequence[int], width: int) -> list[str]:
    """Write numbers in rows, each with the index that it starts at."""
    rows = [(first, *values[first : first + width]) for first in range(0, len(values), width)]
    return table((name, *(f"+{column}" for column in range(width))), rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
