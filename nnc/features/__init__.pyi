"""Named sets of features: what a decoder takes, what a bitstream uses, and whether that fits."""

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
