"""Images of digits for benchmarks: scikit-learn's 1,797, or where it is missing the package's."""

from __future__ import annotations

from nnc.demo.learning import Digits


def divided(seed: int, nodes: int) -> Digits:
    """Return the images, divided among nodes with unlike digits."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        return Digits.divided(seed, nodes)
    found = load_digits()
    return Digits.divided(seed, nodes, found.images, found.target)
