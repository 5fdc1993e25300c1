"""A small loop of training that keeps the best state, for the tools of this package."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.reduce.reduced import check_count
from nnc.torch.library import check_module, pytorch

#: What an epoch has to be better than before to count.
IMPROVEMENT = 1e-6


class Tuned(NamedTuple):
    """What training came to.

    Attributes:
        best: number of the epoch whose state the module has; 0: the one before training.
        losses: loss on the validation set before training, and after each epoch; without one that
            of the training set.
    """

    best: int
    losses: list[float]


@checked
def tune(
    module: Any,
    batches: Any,
    loss: Callable[[Any, Any], Any],
    *,
    epochs: int = 10,
    learning_rate: float = 1e-3,
    parameters: Any = None,
    optimizer: Callable[[Sequence[Any], float], Any] | None = None,
    extra: Callable[[Any], Any] | None = None,
    validation: Any = None,
    after_step: Callable[[int], None] | None = None,
    seed: int | None = None,
) -> Tuned:
    """Train parameters of a module, batch norms as in use, and keep the best state.

    Args:
        module: changed in place; it is in evaluation mode throughout and afterwards, so that batch
            norms keep their statistics.
        batches: pairs of inputs and targets, such as a DataLoader; gone through once an epoch.
        loss: of the module's outputs and the targets.
        epochs: how many.
        learning_rate: to begin with; it falls to zero along a cosine.
        parameters: what is trained; None: all that need a gradient.
        optimizer: makes one of parameters and a learning rate; None: Adam.
        extra: returns a term that is added to the loss, of the module (`compressibility`).
        validation: inputs and targets by whose loss states are compared, without `extra`; None:
            the last state is kept.
        after_step: called with the number of each epoch that is done.
        seed: for PyTorch's generator, so that training can be repeated; None: as it is.

    Returns:
        The losses, and which state was kept.

    Raises:
        InputError: no module, nothing to train, or a number out of range.
    """
    check_module(module)
    check_training(batches, epochs, learning_rate, validation)
    chosen = trainable(module, parameters)
    torch = pytorch()
    if seed is not None:
        torch.manual_seed(seed)
    module.eval()
    made = (
        torch.optim.Adam(chosen, lr=learning_rate)
        if optimizer is None
        else optimizer(chosen, learning_rate)
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(made, max(epochs, 1))
    losses = [math.inf if validation is None else mean_loss(module, validation, loss)]
    best, kept = 0, copy.deepcopy(module.state_dict())
    for epoch in range(1, epochs + 1):
        trained = epoch_of(module, batches, loss, made, extra)
        schedule.step()
        if after_step is not None:
            after_step(epoch)
        losses.append(trained if validation is None else mean_loss(module, validation, loss))
        if validation is None or losses[-1] < losses[best] - IMPROVEMENT:
            best, kept = epoch, copy.deepcopy(module.state_dict())
    module.load_state_dict(kept)
    return Tuned(best, losses)


def check_training(batches: Any, epochs: object, learning_rate: Any, validation: Any) -> None:
    """Refuse what can't be trained with.

    Raises:
        InputError: batches that can't be gone through, or a number out of range.
    """
    check_count("epochs", epochs, least=0)
    if not 0 < learning_rate < math.inf:
        raise InputError(f"learning_rate must be a positive number, not {learning_rate!r}")
    check_iterable("batches", batches)
    if validation is not None:
        check_iterable("validation", validation)


def check_iterable(name: str, given: object) -> None:
    """Refuse what can't be gone through."""
    if not isinstance(given, Iterable):
        raise InputError(f"{name} must be something to go through, not {type(given).__name__}")


def trainable(module: Any, parameters: Any) -> list[Any]:
    """Return those of some parameters, or of all that a module has, that need a gradient.

    Raises:
        InputError: there are none, or something else.
    """
    if parameters is not None:
        check_iterable("parameters", parameters)
    given = list(module.parameters() if parameters is None else parameters)
    if not all(isinstance(one, pytorch().nn.Parameter) for one in given):
        raise InputError("parameters must be those of a module")
    chosen = [one for one in given if one.requires_grad]
    if not chosen:
        raise InputError("there is nothing to train: no parameter needs a gradient")
    return chosen


def pair_of(batch: Any) -> tuple[Any, Any]:
    """Return inputs and targets.

    Raises:
        InputError: a batch is no pair of them.
    """
    if not isinstance(batch, tuple | list) or len(batch) != 2 or not hasattr(batch[1], "__len__"):
        raise InputError("a batch must be a pair of inputs and targets")
    return batch[0], batch[1]


def epoch_of(
    module: Any, batches: Iterable[tuple[Any, Any]], loss: Any, optimizer: Any, extra: Any
) -> float:
    """Train once through the batches, and return the mean loss of the task."""
    total, count = 0.0, 0
    for inputs, targets in map(pair_of, batches):
        optimizer.zero_grad()
        found = loss(module(inputs), targets)
        term = found if extra is None else found + extra(module)
        term.backward()
        optimizer.step()
        total, count = total + float(found.detach()) * len(targets), count + len(targets)
    return total / count if count else math.nan


def mean_loss(module: Any, batches: Iterable[tuple[Any, Any]], loss: Any) -> float:
    """Return the mean loss over some batches."""
    total, count = 0.0, 0
    with pytorch().no_grad():
        for inputs, targets in map(pair_of, batches):
            total += float(loss(module(inputs), targets)) * len(targets)
            count += len(targets)
    return total / count if count else math.nan
