"""Pictures of bitstreams and of what the encoder makes of a model; needs matplotlib."""

from nnc.plotting.accuracy import plot_accuracies
from nnc.plotting.bytes import plot_bytes
from nnc.plotting.rate_distortion import RatePoint, measure_rates, plot_rates

__all__ = ["RatePoint", "measure_rates", "plot_accuracies", "plot_bytes", "plot_rates"]
