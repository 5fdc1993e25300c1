"""`Gradual` in the loops of Lightning and of the Hugging Face Trainer.

Neither package is imported before its callback is made.
"""

from __future__ import annotations

from typing import Any

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.formats.extras import load
from nnc.torch.gradual import Gradual


@checked
def lightning_callback(gradual: Gradual) -> Any:
    """Return a callback for `Trainer(callbacks=[...])` of Lightning.

    Gradients are added before the optimizer's step, after those of mixed precision are unscaled.

    Args:
        gradual: what is to be done.

    Raises:
        InputError: neither `pytorch_lightning` nor `lightning` is installed.
    """
    base = lightning_base()

    class Callback(base):  # type: ignore[misc, valid-type]
        def on_before_optimizer_step(self, *_: Any) -> None:
            gradual.before_step()

        def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
            # With gradients of several batches accumulated, not each ends in a step.
            while gradual.steps < trainer.global_step:
                gradual.after_step()

    return Callback()


def lightning_base() -> Any:
    """Return the class of callbacks, of whichever package is installed."""
    try:
        return load("pytorch_lightning", "", "callbacks of Lightning").Callback
    except InputError:
        return load("lightning.pytorch", "", "callbacks of Lightning").Callback


@checked
def trainer_callback(gradual: Gradual) -> Any:
    """Return a callback for `Trainer(callbacks=[...])` of transformers.

    Args:
        gradual: what is to be done.

    Raises:
        InputError: `transformers` isn't installed.
    """
    base: Any = load("transformers", "", "callbacks of its Trainer").TrainerCallback

    class Callback(base):  # type: ignore[misc]
        def on_pre_optimizer_step(self, *_: Any, **__: Any) -> None:
            gradual.before_step()

        def on_optimizer_step(self, *_: Any, **__: Any) -> None:
            gradual.after_step()

    return Callback()
