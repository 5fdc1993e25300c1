"""Named sets of features: what a decoder takes, what a bitstream uses, and whether that fits."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnc.features.negotiation import capabilities
    from nnc.features.sets import FeatureSet, feature_set, set_names
    from nnc.features.use import Held, Used, fitting_sets, held_to, used_features
    from nnc.features.vocabulary import Feature, features

__all__ = [
    "Feature",
    "FeatureSet",
    "Held",
    "Used",
    "capabilities",
    "feature_set",
    "features",
    "fitting_sets",
    "held_to",
    "set_names",
    "used_features",
]

#: Where names come from; loaded when they are asked for, since most encodings ask for none.
HOMES = {
    "negotiation": ("capabilities",),
    "sets": ("FeatureSet", "feature_set", "set_names"),
    "use": ("Held", "Used", "fitting_sets", "held_to", "used_features"),
    "vocabulary": ("Feature", "features"),
}


def __getattr__(name: str) -> Any:
    """Load what a name stands for."""
    for module, names in HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
