"""What options give the values that a bitstream leaves to its receiver to know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from nnc.bitio import BitstreamError, MissingValueError

#: For the name of a value that is missing: the option that gives it, and what to tell the user.
OUT_OF_BAND = {
    "out_of_band_tensor_dimensions": ("--dimensions", "--dimensions NAME=N,N... gives them"),
    "out_of_band_cabac_unary_length_minus1": (
        "--cabac-unary-length-minus1", "--cabac-unary-length-minus1 N gives it",
    ),
}  # fmt: skip

#: The same for what came before a bitstream in its session.
SESSION = ("--base", "--base FILE gives what came before it")


def option_for(error: BitstreamError) -> tuple[str, str] | None:
    """Return the option that an error asks for, and what to tell the user of it; None for none."""
    from nnc.decoder.before import needs_session

    if needs_session(error):
        return SESSION
    return OUT_OF_BAND.get(error.name) if isinstance(error, MissingValueError) else None


def with_hint(error: BitstreamError, options: Collection[str] | None = None) -> BitstreamError:
    """Add to an error which option gives what is missing.

    Args:
        error: any error.
        options: those of the verb; None where it has all that a hint may be about.
    """
    found = option_for(error)
    if found is not None and (options is None or found[0] in options):
        error.hint = found[1]
    return error


def hints(errors: Iterable[BitstreamError | None]) -> list[str]:
    """Return what to tell the user once about several things that could not be read."""
    found = (option_for(error) for error in errors if error is not None)
    return list(dict.fromkeys(told for _, told in filter(None, found)))


def errors_of(reasons: Iterable[object]) -> Iterator[BitstreamError | None]:
    """Return the errors that reasons of looking into bitstreams tell of."""
    from nnc.inspect.reasons import Reason

    return (reason.error for reason in reasons if isinstance(reason, Reason))
