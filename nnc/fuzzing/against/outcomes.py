"""What a decoder did with a bitstream, against what it should have done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.fuzzing.against.cases import Case
from nnc.fuzzing.against.command import Answer, Command
from nnc.fuzzing.expected import Tensors, digests_of
from nnc.fuzzing.streams import Drawn

#: What can come of a bitstream: good ones first, then those that a decoder is to be mended for.
RIGHT, UNPROVED, UNNOTICED = "right", "unproved", "unnoticed"
BAD = ("wrong-values", "refused-valid", "accepted-broken", "crash", "hang", "memory")

WORDS = {
    RIGHT: "right",
    UNPROVED: "refused, but so is the valid twin",
    UNNOTICED: "a rule that only a validator has to know isn't noticed",
    "wrong-values": "wrong values",
    "refused-valid": "refused a valid one",
    "accepted-broken": "accepted a broken one",
    "crash": "crash",
    "hang": "hang",
    "memory": "too much memory",
}

#: Parts of messages that differ from bitstream to bitstream.
VARYING = re.compile(r"0x[0-9a-f]+|'[^']*'|\"[^\"]*\"|\[[^\]]*\]|-?\d+(\.\d+)?", re.IGNORECASE)

#: Values this near to what is expected come of other roundings of the last step.
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one bitstream.

    Attributes:
        kind: one of `WORDS`.
        told: what the decoder, or the comparison, said.
        seconds: how long the decoder took.
    """

    kind: str
    told: str = ""
    seconds: float = 0.0

    @property
    def is_bad(self) -> bool:
        """Whether a decoder is to be mended for it."""
        return self.kind in BAD

    @property
    def cause(self) -> str:
        """What is the same of outcomes that have one cause, as far as their words tell."""
        return f"{self.kind}: {VARYING.sub('…', self.told)}" if self.told else self.kind


def told_of(drawn: Drawn) -> dict[str, Any]:
    """Return what a decoder has to be told of a bitstream, by element."""
    told = dict(drawn.out_of_band)
    base = None if drawn.base is None else drawn.base.out_of_band
    return told | {f"base_{name}": value for name, value in (base or {}).items()}


def ask(command: Command, drawn: Drawn) -> Answer:
    """Let a decoder decode a bitstream."""
    base = None if drawn.base is None else drawn.base.data
    return command.run(drawn.data, base, told_of(drawn))


def outcome_of(command: Command, case: Case) -> Outcome:
    """Run a decoder on a bitstream, and on its valid twin where that tells more."""
    answer = ask(command, case.drawn)
    if answer.kind in ("crash", "hang", "memory"):
        return Outcome(answer.kind, answer.told, answer.seconds)
    if case.verdict == "any":
        return Outcome(RIGHT, answer.told, answer.seconds)
    if case.verdict == "valid":
        return judged(case, answer)
    assert case.twin is not None
    if answer.kind == "decoded":
        kind = UNNOTICED if case.verdict == "finding" else "accepted-broken"
        return Outcome(kind, case.rule, answer.seconds)
    # A refusal proves nothing where the decoder refuses the same without the fault.
    twin = judged(case, ask(command, case.twin))
    if twin.kind == RIGHT:
        return Outcome(RIGHT, answer.told, answer.seconds)
    return Outcome(UNPROVED, twin.told, answer.seconds)


def judged(case: Case, answer: Answer) -> Outcome:
    """Return what an answer to a valid bitstream means."""
    if answer.kind in ("crash", "hang", "memory"):
        return Outcome(answer.kind, answer.told, answer.seconds)
    if answer.kind == "refused":
        return Outcome("refused-valid", answer.told, answer.seconds)
    told = difference(case, answer)
    return Outcome("wrong-values" if told else RIGHT, told, answer.seconds)


def difference(case: Case, answer: Answer) -> str:
    """Say what is wrong with decoded values; "" where nothing is, or none were given."""
    expected = case.expected
    assert expected is not None
    wanted = {"levels": expected.levels, "values": expected.values, "model": expected.model}
    for kind, digests in answer.digests.items():
        told = different_names(wanted[kind], digests)
        if told:
            return f"{kind}: {told}"
        own = digests_of(wanted[kind])
        wrong = [name for name in own if own[name] != digests[name]]
        if wrong:
            return f"{kind} differ"
    if answer.values is None:
        return ""
    # Decoders return tensors as they are coded, or those of the model.
    found = [
        tensors_differ(tensors, answer.values) for tensors in (expected.values, expected.model)
    ]
    return "" if "" in found else found[0]


def different_names(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Say which tensors are missing, or too many."""
    if missing := wanted.keys() - found.keys():
        return f"{len(missing)} of {len(wanted)} tensors missing"
    if extra := found.keys() - wanted.keys():
        return f"{len(extra)} tensors too many"
    return ""


def tensors_differ(wanted: Tensors, found: Tensors) -> str:
    """Say how decoded tensors differ from what is expected; "" where they don't."""
    told = different_names(wanted, found)
    if told:
        return told
    for name, values in wanted.items():
        told = array_differs(values, found[name])
        if told:
            return told
    return ""


def array_differs(wanted: NDArray[Any], found: NDArray[Any]) -> str:
    """Say how an array differs from another; a scalar may come as one value of a vector."""
    if wanted.shape != found.shape and not wanted.size == found.size == 1:
        return f"a tensor of shape {list(wanted.shape)} has the shape {list(found.shape)}"
    one = wanted.astype(np.float64).reshape(-1)
    other = found.astype(np.float64).reshape(-1)
    wrong = ~np.isclose(other, one, rtol=TOLERANCE, atol=0.0, equal_nan=True)
    return "values differ" if wrong.any() else ""
