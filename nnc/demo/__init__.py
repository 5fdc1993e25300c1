"""The demo: a small real network and what compressing it does to its accuracy.

The network reads handwritten digits of 8 x 8 pixels. Its weights and 500 test images come with
the package; `docs/demo` tells how it was trained. The images are from *Optical Recognition of
Handwritten Digits* (E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, 1998), licensed
under CC BY 4.0.
"""

from nnc.demo.network import accuracy, load_network, load_test_images, logits, predict
from nnc.demo.run import DemoResult, run

__all__ = [
    "DemoResult",
    "accuracy",
    "load_network",
    "load_test_images",
    "logits",
    "predict",
    "run",
]
