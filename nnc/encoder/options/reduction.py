"""What is done to a model before it is coded (clause 8), as it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nnc.bitio import InputError
from nnc.model.options import WHOLE_MODEL, Value, option

#: Why a session doesn't take an option.
BEFORE_SESSIONS = "is for single models: reduce what a session encodes by nnc.reduce"

#: What can be said of single tensors.
OF_TENSORS = ("fold_batch_norms", "sparsify", "sparsify_rows", "low_rank", "unify")

#: How the rank of a decomposed weight can be said.
RANKS = ("energy", "mse", "rank")


def reduction(default: Value, text: str, more: str = "") -> Value:
    """Return the field of an option that sessions don't take; as for `option`."""
    return option(default, text, more, calls=WHOLE_MODEL, elsewhere=BEFORE_SESSIONS)


@dataclass(frozen=True, kw_only=True)
class Reductions:
    """What makes a model smaller before it is coded."""

    fold_batch_norms: bool = reduction(
        False,
        "Fold batch norms into local scaling and bias of the layers before them.",
        "An ONNX graph says which layers these are; else they are guessed by the names. "
        "`nnc.reduce.fold_batch_norms` takes them from elsewhere.",
    )
    sparsify: float | None = reduction(
        None,
        "Set small weights to zero: the share of all weights that is zero then.",
        "The threshold follows mean and deviation of each tensor. For single tensors it is the "
        "share of their own weights.",
    )
    sparsify_rows: float | None = reduction(
        None,
        "Set rows to zero whose mean magnitude is below this share of their tensor's.",
        "With `prune_rows` they are left out of the bitstream.",
    )
    low_rank: float | str | None = reduction(
        None,
        "Replace weights by two factors where these take fewer bytes: energy=0.98 (or just the "
        "number), mse=1e-6 or rank=8.",
    )
    unify: float | None = reduction(
        None,
        "Unify the magnitudes of weights in blocks of 2 x 2: the share of all blocks, those that "
        "change least.",
    )


def check_reductions(asked: Any, place: str = "") -> None:
    """Refuse what no tool can do.

    Args:
        asked: a table with the options.
        place: what a message names before the option.

    Raises:
        InputError: an option is out of its range; the message names it.
    """
    for name in ("sparsify", "sparsify_rows", "unify"):
        value = getattr(asked, name)
        most_is_all = name == "sparsify" and value == 1
        if value is not None and (isinstance(value, bool) or not 0 <= value <= 1 or most_is_all):
            below = "less than 1" if name == "sparsify" else "1"
            raise InputError(f"{place}{name} must be a number from 0 to {below}, not {value!r}")
    if asked.low_rank is not None:
        rank_of(asked.low_rank)


def rank_of(said: float | str) -> dict[str, Any]:
    """Return what `low_rank` says, as arguments of `nnc.reduce.low_rank`.

    Raises:
        InputError: it says no rank.
    """
    kind, equals, number = str(said).rpartition("=")
    kind = kind if equals else "energy"
    try:
        value = int(number) if kind == "rank" else float(number)
    except ValueError:
        value = -1
    most = 1 if kind == "energy" else float("inf")
    if kind not in RANKS or isinstance(said, bool) or not (kind == "rank") <= value <= most:
        raise InputError(
            f"low_rank must be like energy=0.98 (a share), mse=1e-6 or rank=8, not {said!r}"
        )
    return {kind: value}
