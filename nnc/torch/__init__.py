"""PyTorch modules and state dicts to bitstreams and back (Annex C), and made smaller in training.

Needs PyTorch: `pip install 'nnc[torch]'`; it is imported when something here is called.
"""

from nnc.torch.calibration import calibrate
from nnc.torch.compressibility import compressibility
from nnc.torch.files import load, load_file, load_into, save, save_file
from nnc.torch.graph import batch_norm_layers
from nnc.torch.reductions import local_scaling, low_rank, mask, reduced, remove, unify
from nnc.torch.training import Tuned, tune

__all__ = [
    "Tuned",
    "batch_norm_layers",
    "calibrate",
    "compressibility",
    "load",
    "load_file",
    "load_into",
    "local_scaling",
    "low_rank",
    "mask",
    "reduced",
    "remove",
    "save",
    "save_file",
    "tune",
    "unify",
]
