"""Rules of the entropy-coded payloads, which only decoding can check (clause 10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nnc.bitio import (
    BitstreamError,
    IncompleteError,
    MissingValueError,
    UnsupportedError,
)
from nnc.bitstream import Unit
from nnc.decoder.before import needs_session
from nnc.decoder.following import known_of, layout_after
from nnc.decoder.layout import UnitLayout
from nnc.decoder.model import decode_unit
from nnc.decoder.session import Decoder
from nnc.decoder.tensor import DecodedTensor
from nnc.engine.findings import ERROR, Finding, Rule
from nnc.engine.tracing import byte_bit
from nnc.inspect.bins import is_coded
from nnc.inspect.reasons import undecoded_reason
from nnc.inspect.tracing import BitstreamTrace, UnitTrace
from nnc.model.limits import FREE_VALUES, Limits

#: For each rule its name and its sentence. Errors of the decoder carry the name as their code
#: where one says which of them is broken.
KINDS = (
    ("codeword-start", "The first 9 bits are below the start range."),
    ("terminating-bin", "The terminating bin is 1."),
    ("stop-bit", "A 1 follows the terminating bin."),
    ("codeword-padding", "Zeros follow the stop bit."),
    ("codeword-length", "The payload ends with the codeword."),
    ("block-row-offset", "At a block row the offset is below 256."),
    ("payload-end", "The payload holds all levels."),
    ("entry-points", "Entry points agree with decoding in order."),
    ("level-range", "Levels fit 32 bits."),
    ("codebook-range", "Levels have an entry in the codebook."),
    ("value-range", "Values fit their number format, step sizes are finite."),
    ("decodable", "The parts of a unit agree so that it can be decoded."),
)


def rule(name: str, title: str) -> Rule:
    """Return a rule that decoding checks; by itself it finds nothing in headers."""
    return Rule(name, title, "10", "interop", ERROR, lambda model: ())


DEEP_RULES = [rule(name, title) for name, title in KINDS]

#: Elements of the header that say where block rows begin.
ENTRY_POINTS = ("cabac_offset_list", "dq_state_list", "bit_offset_delta1", "bit_offset_delta2")

#: Why parts are not decoded.
PARTS_MISSING = "other parts of its data are missing or out of turn"

#: Elements of the header that say which node an update follows on.
PARENT_NAMES = ("put_node_depth", "parent_node_id_present_flag")

#: Units with what is wrong about their levels, or the error that ended decoding.
Outcomes = list[tuple[UnitTrace, list[Finding] | BitstreamError]]


def check_payloads(
    traced: BitstreamTrace, broken: set[str], session: Decoder | None = None
) -> tuple[list[Finding], dict[str, str]]:
    """Decode all coded payloads.

    Args:
        traced: the bitstream.
        broken: paths of elements and units that are known to be wrong. That a payload can't
            be decoded may follow from them, and is no finding then.
        session: what the bitstream is an update in; None: it stands alone, or nothing is known.

    Returns:
        The findings, and the paths of units that can't be decoded by themselves, with reasons.
    """
    findings: list[Finding] = []
    skipped: dict[str, str] = {}
    units: list[tuple[UnitTrace, UnitLayout]] = []
    for unit in whole_units(traced, skipped):
        if unit.unit is None or not is_coded(unit.unit):
            continue
        try:
            layout = checked_layout(unit, len(traced.data), session)
            units.append((unit, layout))
        except (UnsupportedError, MissingValueError) as error:
            skipped[unit.path] = undecoded_reason(error)
        except BitstreamError as error:
            if is_sound(unit, broken):
                findings.append(payload_finding(unit, error))
    for unit, outcome in decode_all(units, session):
        if isinstance(outcome, list):
            findings += outcome
        elif needs_session(outcome):
            skipped[unit.path] = undecoded_reason(outcome)
        elif not is_sound(unit, broken):
            skipped[unit.path] = "its header or a parameter set is at fault"
        else:
            findings.append(payload_finding(unit, outcome))
    return findings, skipped


def whole_units(traced: BitstreamTrace, skipped: dict[str, str]) -> Iterator[UnitTrace]:
    """Yield the units that could be read, those that are cut into parts as one.

    Args:
        traced: the bitstream.
        skipped: takes the paths of parts whose unit isn't there as a whole, with the reason.
    """
    begun: dict[tuple[int, tuple[str, ...]], list[UnitTrace]] = {}
    for each in traced.walk():
        unit = each.unit
        if unit is None or each.error is not None:
            continue
        if not unit.is_part:
            yield each
            continue
        counter = unit.readable_header().partial_data_counter
        key = (
            unit.nnr_unit_type,
            tuple(
                str(value)
                for element in each.elements
                if element.name.startswith("topology_elem_id")
                for value in element.values
            ),
        )
        parts = begun.setdefault(key, [])
        expected = counter if not parts else counter_of(parts[-1]) - 1
        if counter != expected:
            skipped |= dict.fromkeys((part.path for part in parts), PARTS_MISSING)
            parts.clear()
        parts.append(each)
        if counter == 1:
            del begun[key]
            yield replace(parts[0], unit=Unit.joined([part.unit for part in parts if part.unit]))
    for parts in begun.values():
        skipped |= dict.fromkeys((part.path for part in parts), PARTS_MISSING)


def counter_of(part: UnitTrace) -> int:
    """Return the place of a part among those of its unit, counted backwards."""
    assert part.unit is not None
    return part.unit.readable_header().partial_data_counter or 0


def is_sound(unit: UnitTrace, broken: set[str]) -> bool:
    """Tell whether nothing is known to be wrong with a unit and its parameter sets."""
    assert unit.unit is not None
    sets = unit.unit.parameter_sets
    used = [sets.start, sets.mps, sets.lps, sets.reference_list]
    if sets.start is None or sets.mps is None:
        return False
    paths = [unit.path, *(other.path for other in used if other is not None)]
    return not any(f"{place}.".startswith(f"{path}.") for place in broken for path in paths)


def checked_layout(unit: UnitTrace, byte_count: int, session: Decoder | None) -> UnitLayout:
    """Return the layout of a unit, refusing more values than its bitstream may hold."""
    assert unit.unit is not None
    limits = Limits()
    layout = layout_after(session, unit.unit, limits)
    values = 0
    for tensor in layout.tensors:
        values += tensor.values
        limits.check_values(tensor.name, values, byte_count)
    return layout


def decode_all(units: list[tuple[UnitTrace, UnitLayout]], session: Decoder | None) -> Outcomes:
    """Decode units by the standard, or by NNCodec 1's dialect where that serves better."""
    decoded = [(unit, attempt(unit, layout, session)) for unit, layout in units]
    failures = count_failures(decoded)
    if failures and all(layout.coding.general_profile_idc == 0 for _, layout in units):
        other = [(unit, attempt(unit, layout, session, nncodec1=True)) for unit, layout in units]
        if count_failures(other) < failures:
            return other
    return decoded


def count_failures(outcomes: Outcomes) -> int:
    """Count the units that couldn't be decoded."""
    return sum(isinstance(outcome, BitstreamError) for _, outcome in outcomes)


def attempt(
    unit: UnitTrace, layout: UnitLayout, session: Decoder | None, *, nncodec1: bool = False
) -> list[Finding] | BitstreamError:
    """Decode a unit and look at its levels, which aren't kept, or give the error."""
    assert unit.unit is not None
    try:
        known = known_of(session, unit.unit, layout)
        return value_findings(unit, decode_unit(unit.unit, layout, nncodec1, known))
    except BitstreamError as error:
        # What was at work when it was raised, here and further in, isn't kept with it.
        error.__context__ = None
        return error.with_traceback(None)


def value_findings(unit: UnitTrace, tensors: list[DecodedTensor]) -> list[Finding]:
    """Check the levels of a unit against its codebook, its values against their format."""
    for decoded in tensors:
        book, levels = decoded.tensor.codebook, decoded.levels
        if levels is None or not levels.size:
            continue
        if book is not None:
            low, high = -book.zero_offset, len(book.values) - 1 - book.zero_offset
            worst = int(levels.min()) if levels.min() < low else int(levels.max())
            if not low <= worst <= high:
                told = f"a level of {decoded.tensor.name!r} is {worst} (allowed: {low}..{high})"
                return [payload_rule_finding(unit, "codebook-range", told)]
        try:
            for _ in decoded.pieces():
                pass
        except BitstreamError as error:
            if decoded.tensor.values <= FREE_VALUES:
                # Looked at as a whole, the error says the place in the tensor.
                error = refusal_of(decoded) or error
            return [payload_rule_finding(unit, "value-range", told_by(error))]
    return []


def refusal_of(decoded: DecodedTensor) -> BitstreamError | None:
    """Return the error that the values of a tensor give, if they do; its levels are used up."""
    try:
        decoded.values()
    except BitstreamError as error:
        return error
    return None


def payload_finding(unit: UnitTrace, error: BitstreamError) -> Finding:
    """Return the finding of an error of decoding."""
    name = rule_of(error)
    if name == "entry-points":
        return header_finding(name, error, "10")
    if error.path.endswith(PARENT_NAMES):
        return header_finding(name, error, error.clause)
    position = error.position or byte_bit(8 * (unit.payload_start or unit.start))
    return payload_rule_finding(unit, name, told_by(error), position)


def told_by(error: BitstreamError) -> str:
    """Return the message of an error with what would have been allowed."""
    return error.message + (f" (allowed: {error.allowed})" if error.allowed else "")


def rule_of(error: BitstreamError) -> str:
    """Return the name of the rule that an error of decoding is about."""
    place = error.path.rpartition(".")[2].partition("[")[0]
    if place in ENTRY_POINTS:
        return "entry-points"
    if place == "levels":
        return "level-range"
    if error.code in dict(KINDS):
        return error.code
    if isinstance(error, IncompleteError):
        return "payload-end"
    return "decodable"


def payload_rule_finding(
    unit: UnitTrace, name: str, message: str, position: str | None = None
) -> Finding:
    """Return a finding about a payload."""
    place = position or byte_bit(8 * (unit.payload_start or unit.start))
    schema = "schema/deepcabac.syntax"
    return Finding(name, ERROR, f"{unit.path}.payload", place, message, "10", schema)


def header_finding(name: str, error: BitstreamError, clause: str) -> Finding:
    """Return the finding of what decoding shows to be wrong, at the element of the header."""
    return Finding(name, ERROR, error.path, error.position, error.message, clause, error.schema)
