"""Encoding within a set of features: options that keep to it, and a look at what came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nnc.bitio import InputError
from nnc.encoder.call.asked import Asked, all_rows, asked
from nnc.encoder.options.tensor import TensorOptions

if TYPE_CHECKING:
    from nnc.features.sets import FeatureSet

#: The option that names a set.
OPTION = "profile_set"

#: Values by which options leave the choice to the encoder, or ask for nothing.
OPEN = (None, False, "auto", "none")


def asked_within(
    call: str, given: Mapping[str, Any], **told: Any
) -> tuple[Asked, FeatureSet | None]:
    """Return what a call asks for, within the set of features that it names.

    Args:
        call: its name.
        given: its options by name.
        told: as for `asked`.

    Returns:
        What it asks for, and the set; None: it names none.

    Raises:
        InputError: as for `asked`; there is no such set; or an option asks for what isn't in it.
    """
    name = given.get(OPTION)
    if name is None:
        return asked(call, given, **told), None
    # Most calls name none: what reads sets isn't loaded for them.
    from nnc.features.sets import feature_set

    wanted = feature_set(name)
    return asked(call, options_within(wanted, call, given), **told), wanted


def options_within(wanted: FeatureSet, call: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return options that keep to a set of features.

    Args:
        wanted: the set.
        call: the call that they are for, `encode` or `Encoder` for example.
        given: the options that the caller gives.

    Raises:
        InputError: one of them asks for what isn't in the set.
    """
    from nnc.features.vocabulary import features

    result = dict(given)
    for feature in features().values():
        if feature.name not in wanted.without:
            continue
        for option, value in feature.encoder.items():
            if call not in all_rows()[option][1].option.calls:
                continue
            reason = f"asks for {feature.text}, which {wanted.name} doesn't have"
            if option in given and not fits(given[option], value):
                raise InputError(f"{option}={given[option]!r} {reason}")
            for pattern, own in dict(given.get("tensors") or {}).items():
                said = TensorOptions.of(pattern, own).given()
                if option in said and not fits(said[option], value):
                    raise InputError(f"tensors[{pattern!r}]: {option}={said[option]!r} {reason}")
            result[option] = value
    return result


def fits(given: Any, value: Any) -> bool:
    """Tell whether what is given asks for nothing else than a value."""
    is_list = isinstance(given, list | tuple | dict)
    return given == value or (not given if is_list else any(given is one for one in OPEN))


def refuse_outside(data: bytes | bytearray | memoryview, wanted: FeatureSet) -> None:
    """Refuse a bitstream that doesn't keep to a set of features.

    Args:
        data: the bitstream.
        wanted: the set.

    Raises:
        InputError: it uses something else; the message names the first such element.
    """
    from nnc.features.use import held_to
    from nnc.inspect.tracing import trace

    findings = held_to(trace(data), wanted).findings
    if findings:
        first = findings[0]
        more = f", and {len(findings) - 1} more" if findings[1:] else ""
        if first.rule == "feature:raw-values":
            more += "; with a quality (qp) tensors of few values are quantized, too"
        raise InputError(
            f"the model needs what {wanted.name} doesn't have: {first.path}: {first.message}{more}"
        )
