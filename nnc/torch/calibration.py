"""What some inputs of a module say of its weights, for `nnc.encode(..., calibration=...)`.

Of sums of the module's outputs with random signs, gradients by a weight are taken. What the
outputs lose by an error E of the weight is, on average over the signs, the square of the sum of E
times the gradient (Hutchinson's estimate). With M the gradient as a matrix, the mean of M'M says
how errors of columns go together: over all positions at which a layer is used, and through all
layers behind it.

Where gradients can't be had, the products of each layer's inputs are added up while it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.model.calibration import Calibration, statistics_of
from nnc.reduce.reduced import fits
from nnc.torch.library import check_module, pytorch

#: Columns beyond which only their own squares are added up: a square matrix would take 256 MB.
MOST_COLUMNS = 8192

#: Input positions of a convolution that are looked at in each batch.
MOST_PATCHES = 1 << 14


@checked
def calibrate(
    module: Any,
    batches: Iterable[Any],
    *,
    only: Sequence[str] | None = None,
    diagonal: bool = False,
    gradients: bool = True,
) -> Calibration:
    """Run a module on some inputs, and gather what they say of its weights.

    Looked at are all parameters of at least two dimensions. In memory are the module, what a
    backward pass needs, and a square matrix for each weight; where that is too much, calibrate some
    weights at a time, and put the results together: `nnc.Calibration({**first, **second})`.

    Args:
        module: the module, as it is to be encoded; it runs in evaluation mode.
        batches: inputs as it takes them: a tensor, a tuple or list of arguments, or a mapping of
            keywords. A few hundred examples of the kind that it is for will do, a few in each
            batch; not those that it is measured with.
        only: patterns of the names of weights; None for all.
        diagonal: gather what says of single columns alone: less memory, and less gained.
        gradients: False looks at the inputs of layers alone, of Linear, Conv1d to Conv3d and
            MultiheadAttention, and runs no backward pass. Steps then follow the weights' scales.

    Returns:
        The statistics, by the names of the weights in the state dict.

    Raises:
        InputError: no module; no such weights; nothing ran through a layer of it; outputs that no
            gradients lead back from, or that depend on no weight; inputs that aren't finite.
    """
    check_module(module)
    torch = pytorch()
    sums = Sums(torch, diagonal)
    weights = {
        name: one
        for name, one in module.named_parameters()
        if one.ndim > 1 and one.numel() and one.is_floating_point() and fits(name, only)
    }
    if not weights:
        named = "" if only is None else f" that any of {list(only)} fits"
        raise InputError(f"the module has no weight of two dimensions or more{named}")
    handles = [] if gradients else list(hooks(torch, module, sums, only))
    random = torch.Generator().manual_seed(0)
    try:
        with evaluating(module, weights if gradients else {}):
            for batch in batches:
                check_batch(torch, batch)
                if gradients:
                    for name, gradient in gradients_of(torch, module, batch, weights, random):
                        sums.add(name, gradient)
                else:
                    with torch.no_grad():
                        run(module, batch)
    finally:
        for handle in handles:
            handle.remove()
    if not sums.moments:
        raise InputError("no input came through a layer that can be calibrated: give it batches")
    found = dict(statistics(sums, weights, gradients))
    if not found:
        raise InputError("the outputs for these batches don't depend on any weight")
    return Calibration(found)


def statistics(
    sums: Sums, weights: Mapping[str, Any], gradients: bool
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the statistics of the weights that the outputs depend on."""
    for name, one in sums.moments.items():
        moments = one.cpu().numpy()
        weight = weights[name].detach().float().cpu().numpy()
        diagonal = moments if moments.ndim == 1 else moments.diagonal()
        if not gradients:
            yield name, statistics_of(moments, weight)
        elif diagonal.any():
            # Each of the rows has an equal share of the sum.
            lost = float(diagonal.mean(dtype=np.float64)) / len(weight)
            yield name, statistics_of(moments, weight, lost)


class Sums:
    """Sums of products by the names of weights.

    Attributes:
        torch: the package.
        diagonal: only squares are added up.
        moments: tensors of float32 by name.
    """

    def __init__(self, torch: Any, diagonal: bool) -> None:
        """Begin with nothing."""
        self.torch, self.diagonal = torch, diagonal
        self.moments: dict[str, Any] = {}

    def add(self, name: str, rows: Any) -> None:
        """Add the products of some rows of inputs, (rows, columns)."""
        rows = rows.detach().to(self.torch.float32)
        if self.diagonal or rows.shape[1] > MOST_COLUMNS:
            found = rows.square().sum(0)
        else:
            found = rows.T @ rows
        if name in self.moments:
            self.moments[name] += found
        else:
            self.moments[name] = found


def hooks(torch: Any, module: Any, sums: Sums, only: Sequence[str] | None) -> Iterator[Any]:
    """Have the layers of a module tell their inputs; yield what takes that back."""
    nn = torch.nn
    convolutions = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    for name, layer in module.named_modules():
        prefix = f"{name}." if name else ""
        attention = isinstance(layer, nn.MultiheadAttention)
        weight = prefix + ("in_proj_weight" if attention else "weight")
        if not fits(weight, only):
            continue
        if isinstance(layer, nn.Linear) or (attention and layer.in_proj_weight is not None):
            yield layer.register_forward_pre_hook(
                telling(sums, weight, rows_of_linear), with_kwargs=True
            )
        elif isinstance(layer, convolutions) and layer.groups == 1:
            yield layer.register_forward_pre_hook(telling(sums, weight, patches), with_kwargs=True)


def telling(sums: Sums, name: str, rows: Callable[[Any, Any], Any]) -> Callable[..., None]:
    """Return a hook that adds up a layer's inputs."""

    def hook(layer: Any, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        given = arguments[0] if arguments else next(iter(keywords.values()))
        with sums.torch.no_grad():
            found = rows(layer, given)
        if len(found):
            sums.add(name, found)

    return hook


def rows_of_linear(layer: Any, given: Any) -> Any:
    """Return the inputs of a linear layer as rows."""
    return given.reshape(-1, given.shape[-1])


def patches(layer: Any, given: Any) -> Any:
    """Return what a convolution multiplies its weights with, one row a position."""
    functional, spatial = pytorch().nn.functional, len(layer.kernel_size)
    given = given.detach()
    if given.ndim == spatial + 1:
        given = given[None]
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    given = functional.pad(given, layer._reversed_padding_repeated_twice, mode=mode)
    for axis, (size, stride, dilation) in enumerate(
        zip(layer.kernel_size, layer.stride, layer.dilation, strict=True), start=2
    ):
        given = given.unfold(axis, dilation * (size - 1) + 1, stride)[..., ::dilation]
    # (batch, channels, positions ..., kernel ...) to (positions, channels and kernel).
    kernel = range(2 + spatial, 2 + 2 * spatial)
    given = given.permute(0, *range(2, 2 + spatial), 1, *kernel)
    columns = layer.weight[0].numel()
    positions = given.numel() // columns
    rows = given.reshape(positions, columns)
    return rows[:: 1 + positions // MOST_PATCHES]


@contextmanager
def evaluating(module: Any, weights: Mapping[str, Any]) -> Iterator[None]:
    """Run a module in evaluation mode, with gradients of some weights alone."""
    training = [(one, one.training) for one in module.modules()]
    before = [(one, one.requires_grad) for one in module.parameters()]
    wanted = {id(one) for one in weights.values()}
    module.eval()
    try:
        for one, required in before:
            if required != (id(one) in wanted):
                one.requires_grad_(not required)
        yield
    finally:
        for one, required in before:
            if one.requires_grad != required:
                one.requires_grad_(required)
        # Some of its parts may stay in evaluation mode while the others are trained.
        for part, trained in training:
            part.training = trained


def check_batch(torch: Any, batch: Any) -> None:
    """Refuse a batch without tensors.

    Raises:
        InputError: it has none.
    """
    if not any(one.ndim for one in flat(torch, batch)):
        raise InputError(
            f"a batch must be a tensor, or a tuple or mapping of some, not {type(batch).__name__}"
        )


def run(module: Any, batch: Any) -> Any:
    """Run a module on one batch, which stays as it is though the module may write over inputs."""
    tensor = pytorch().Tensor

    def own(one: Any) -> Any:
        return one.clone() if isinstance(one, tensor) else one

    if isinstance(batch, Mapping):
        return module(**{name: own(one) for name, one in batch.items()})
    return module(*map(own, batch)) if isinstance(batch, tuple | list) else module(own(batch))


def gradients_of(
    torch: Any, module: Any, batch: Any, weights: Mapping[str, Any], random: Any
) -> Iterator[tuple[str, Any]]:
    """Run a module on one batch, and yield gradients of its outputs by the weights, as rows.

    Raises:
        InputError: there are none.
    """
    with torch.enable_grad():
        outputs = [one for one in flat(torch, run(module, batch)) if one.requires_grad]
        parts = (torch.view_as_real(one) if one.is_complex() else one for one in outputs)
        total = sum((signs(torch, one, random) * one).sum() for one in parts)
    if not outputs:
        raise InputError(
            "no gradients lead from the outputs of the module to its weights: calibrate it with "
            "gradients=False"
        )
    found = torch.autograd.grad(total, list(weights.values()), allow_unused=True)
    for name, gradient in zip(weights, found, strict=True):
        if gradient is None:
            continue
        if gradient.is_sparse:
            gradient = gradient.coalesce().values()
        rows = gradient.flatten(1)
        # Of an embedding table few rows are used.
        yield name, rows[rows.any(1)]


def signs(torch: Any, output: Any, random: Any) -> Any:
    """Return random signs for each number of an output."""
    drawn = torch.randint(0, 2, output.shape, generator=random)
    return (2 * drawn - 1).to(output)


def flat(torch: Any, output: Any) -> Iterator[Any]:
    """Yield the tensors in what a module returns."""
    if isinstance(output, torch.Tensor):
        yield output
    elif isinstance(output, Mapping):
        for one in output.values():
            yield from flat(torch, one)
    elif isinstance(output, tuple | list):
        for one in output:
            yield from flat(torch, one)
    elif is_dataclass(output):
        for field in fields(output):
            yield from flat(torch, getattr(output, field.name))
