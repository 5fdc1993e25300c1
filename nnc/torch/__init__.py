"""PyTorch modules and state dicts to bitstreams and back (Annex C), and made smaller in training.

Needs PyTorch: `pip install 'nnc[torch]'`; it is imported when something here is called.
"""

from nnc.torch.calibration import calibrate
from nnc.torch.callbacks import lightning_callback, trainer_callback
from nnc.torch.compressibility import compressibility
from nnc.torch.files import load, load_file, load_into, save, save_file
from nnc.torch.gradual import Gradual
from nnc.torch.graph import batch_norm_layers
from nnc.torch.reductions import local_scaling, low_rank, mask, reduced, remove, rounded, unify
from nnc.torch.refitting import refit
from nnc.torch.surgery import cut_neurons
from nnc.torch.training import Tuned, tune

__all__ = [
    "Gradual",
    "Tuned",
    "batch_norm_layers",
    "calibrate",
    "compressibility",
    "cut_neurons",
    "lightning_callback",
    "load",
    "load_file",
    "load_into",
    "local_scaling",
    "low_rank",
    "mask",
    "reduced",
    "refit",
    "remove",
    "rounded",
    "save",
    "save_file",
    "trainer_callback",
    "tune",
    "unify",
]
