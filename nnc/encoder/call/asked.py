"""From the options that a call is given to what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from nnc.bitio import InputError, unknown_option
from nnc.decoder.workers import Resources
from nnc.encoder.call.tables import TABLES, Reports, SessionOptions, Structure
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.options.reduction import BEFORE_SESSIONS, OF_TENSORS
from nnc.encoder.options.target import Target, target_of
from nnc.model.options import Function, Row, check_value, rows_of, with_options


class Asked(NamedTuple):
    """What a call asks for, in the tables that say its options.

    Attributes:
        options: how tensors are coded.
        target: what the encoding has to come to; None: what the options say.
        structure: what is coded together, and what goes with the tensors.
        session: how a session encodes updates.
        resources: who works, in how much memory.
        reports: who is told.
    """

    options: EncoderOptions
    target: Target | None
    structure: Structure
    session: SessionOptions
    resources: Resources
    reports: Reports


@cache
def all_rows() -> dict[str, tuple[type, Row]]:
    """Return the options of all calls by name, each with its table."""
    return {name: (table, row) for table in TABLES for name, row in rows_of(table).items()}


def asked(call: str, given: Mapping[str, Any], **told: Any) -> Asked:
    """Return what a call asks for.

    Args:
        call: its name.
        given: its options by name.
        told: what is known of the tensors besides, by the fields of `EncoderOptions`.

    Raises:
        InputError: an option that there isn't, that the call doesn't take, or out of its range.
    """
    said: dict[type, dict[str, Any]] = {table: {} for table in TABLES}
    for name, value in given.items():
        if name not in all_rows():
            raise unknown_option(name, names_for(call))
        table, row = all_rows()[name]
        # Nothing is said of patterns by none at all, too.
        if is_taken(call, row, value) and not (value is None and row.holds(Mapping)):
            check_value(row, value)
            said[table][row.field] = value
    options = EncoderOptions(**said[EncoderOptions] | told)
    if call == "Encoder":
        check_not_reduced(options)
    return Asked(
        options,
        target_of(said[Target]),
        Structure(**said[Structure]),
        SessionOptions(**said[SessionOptions]),
        Resources(**said[Resources]),
        Reports(**said[Reports]),
    )


def check_not_reduced(options: EncoderOptions) -> None:
    """Refuse options of single tensors that a session can't take.

    Raises:
        InputError: there is one.
    """
    for pattern, own in options.typed().items():
        for name in OF_TENSORS:
            if getattr(own, name) not in (None, False):
                raise InputError(f"tensors[{pattern!r}]: {name} {BEFORE_SESSIONS}")


def names_for(call: str) -> list[str]:
    """Return the names of the options that a call takes."""
    return [name for name, (_, row) in all_rows().items() if call in row.option.calls]


def listing_options(function: Function) -> Function:
    """Add the options that a call takes to its docstring: a decorator."""
    call = function.__qualname__.partition(".")[0]
    rows = [row for _, row in all_rows().values() if call in row.option.calls]
    indent = 8 if "." in function.__qualname__ else 4
    function.__doc__ = with_options(function.__doc__, "Options", rows, indent)
    return function


def is_taken(call: str, row: Row, value: Any) -> bool:
    """Tell whether a call takes an option; without meaning, it may be given to any.

    Raises:
        InputError: it doesn't, and the value means something.
    """
    if call in row.option.calls:
        return True
    if not (value is None or isinstance(value, bool | str | list | tuple)) or value not in (
        *(None, False, "none"),
        *((), []),
    ):
        calls = " and ".join(f"nnc.{one}" for one in row.option.calls)
        raise InputError(f"{row.name} {row.option.elsewhere or f'is an option of {calls}'}")
    return False
