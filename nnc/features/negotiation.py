"""What a decoder can do and what a bitstream needs, as data for a negotiation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nnc.features.sets import ALL, FeatureSet, feature_set, set_names
from nnc.features.use import fitting_sets, held_to, used_features
from nnc.inspect.tracing import BitstreamTrace
from nnc.model.limits import Limits
from nnc.syntax import nnr_start_unit_header

#: Version of the form of these data.
VERSION = 1


def capabilities(
    traced: BitstreamTrace | None = None, decoder: FeatureSet | None = None
) -> dict[str, Any]:
    """Return what a decoder can do, and what a bitstream needs.

    Args:
        traced: the bitstream; None for none.
        decoder: what the decoder takes; None: ours, which takes all.

    Returns:
        `decoder` with its features, permitted values and limits; `sets` by name, each with its
        features; and `bitstream` with the features that it needs, the sets that it fits, and what
        the decoder lacks for it. All of it is plain data for JSON.

    Raises:
        BitstreamError: a unit of the bitstream can't be read, so that nothing is known of it.
    """
    if traced is not None and traced.errors:
        raise traced.errors[0]
    own = feature_set(ALL) if decoder is None else decoder
    said = own.as_dict()
    if decoder is None:
        low, high = nnr_start_unit_header.elements["general_profile_idc"].valid
        said["elements"] = {"general_profile_idc": f"{low}..{high}"}
        said["limits"] = asdict(Limits())
    result: dict[str, Any] = {
        "schema_version": VERSION,
        "decoder": said,
        "sets": {name: feature_set(name).features for name in set_names()},
    }
    if traced is not None:
        held = held_to(traced, own)
        result["bitstream"] = {
            "features": list(used_features(traced)),
            "fits": fitting_sets(traced),
            "lacking": [finding.as_dict() for finding in held.findings],
            "not_looked_into": held.skipped,
        }
    return result
