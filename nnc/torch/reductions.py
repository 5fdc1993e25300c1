"""Tools of clause 8 on modules: what is trained changes, what the layers compute stays in form.

Each is a parametrization of `torch.nn.utils.parametrize` of the layers' weights: visible in
`layer.parametrizations`, made permanent by `remove`, and saved by `nnc.torch.save` under the names
that a decoder puts together (`weight_scaling`, `weight_G`, `weight_H`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nnc import reduce
from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.decoder.reconstruction import G_SUFFIX, H_SUFFIX
from nnc.encoder import Block
from nnc.encoder.quantization.uniform import step_size
from nnc.reduce import Reduced
from nnc.reduce.folding import SCALING_SUFFIX
from nnc.torch.library import check_module, pytorch, weights_in

#: Where torch.nn.utils.parametrize keeps what a weight is made of.
PLACE = "parametrizations.weight"


@checked
def local_scaling(module: Any, *, only: Sequence[str] | None = None) -> list[Any]:
    """Give the rows of weights factors that can be trained, 1 to begin with (clause 8.3.9).

    The weights themselves are frozen: set them to what a decoder gets first, and train the factors
    to make up for what quantization took.

    Args:
        module: changed in place.
        only: patterns of the names of weights; None for all of two dimensions or more.

    Returns:
        The factors, for an optimizer.

    Raises:
        InputError: no module, or PyTorch isn't there.
    """
    from torch.nn.utils import parametrize

    from nnc.torch.parametrizations import LocalScaling

    factors = []
    for _, layer in list(weights_in(module, only)):
        made = LocalScaling(layer.weight)
        parametrize.register_parametrization(layer, "weight", made)
        for original in originals(layer):
            original.requires_grad_(False)
        factors.append(made.scaling)
    return factors


@checked
def mask(module: Any, masks: Mapping[str, Any] | Reduced) -> None:
    """Keep weights at zero in training (clauses 8.3.2 to 8.3.5).

    Args:
        module: changed in place.
        masks: by the name of the weight a bool array: what isn't zero; or the result of a tool of
            `nnc.reduce`, for its masks.

    Raises:
        InputError: a name that is none of a weight, or a mask of another shape.
    """
    from torch.nn.utils import parametrize

    from nnc.torch.parametrizations import Mask

    torch = pytorch()
    given = masks.masks if isinstance(masks, Reduced) else masks
    layers = dict(weights_in(module))
    for name, one in given.items():
        layer = layer_named(layers, name)
        values = layer.weight
        stays = torch.as_tensor(np.asarray(one)).to(values.device, values.dtype)
        if stays.shape != values.shape:
            raise InputError(f"the mask of {name!r} must have the shape {list(values.shape)}")
        parametrize.register_parametrization(layer, "weight", Mask(stays))


@checked
def low_rank(
    module: Any,
    energy: float | None = None,
    *,
    rank: int | None = None,
    only: Sequence[str] | None = None,
) -> None:
    """Replace weights by two factors, which are trained in their place (clause 8.3.7).

    Args:
        module: changed in place.
        energy: share of the squares of the weights that the product keeps, 0 to 1.
        rank: the rank itself, in place of `energy`.
        only: patterns of the names of weights; None for all. Weights of which the factors have no
            fewer values stay.

    Raises:
        InputError: as for `nnc.reduce.low_rank`.
    """
    from torch.nn.utils import parametrize

    from nnc.torch.parametrizations import LowRank

    torch = pytorch()
    for name, layer in list(weights_in(module, only)):
        values = layer.weight.detach()
        model = {name: values.cpu().float().numpy()}
        found = reduce.low_rank(model, energy, rank=rank, smaller=False)
        if not found.blocks:
            continue
        factors = (
            torch.from_numpy(found.tensors[name + end]).to(values) for end in (G_SUFFIX, H_SUFFIX)
        )
        made = LowRank(values.shape, *factors)
        g, h = made.factors
        with torch.no_grad():
            layer.weight.copy_((g @ h).reshape(values.shape))
        parametrize.register_parametrization(layer, "weight", made)


@checked
def unify(
    module: Any,
    share: float,
    *,
    block: Sequence[int] = (2, 2),
    super_block: Sequence[int] = (64, 64),
    only: Sequence[str] | None = None,
) -> None:
    """Let the weights of each block have one magnitude, which is trained (clause 8.3.6).

    Args:
        module: changed in place.
        share: of the blocks that are unified: those that change least.
        block: rows and columns of a block.
        super_block: rows and columns in which blocks are compared.
        only: patterns of the names of weights; None for all.

    Raises:
        InputError: as for `nnc.reduce.unify`.
    """
    from torch.nn.utils import parametrize

    from nnc.reduce.blocks_of_weights import Grid
    from nnc.torch.parametrizations import Unified

    torch = pytorch()
    for name, layer in list(weights_in(module, only)):
        values = layer.weight.detach()
        array = values.cpu().float().numpy()
        found = reduce.unify({name: array}, share, block=block, super_block=super_block)
        free = found.masks.get(name, np.ones(array.shape, np.bool_))
        grid = Grid.of(array, block)
        numbers = np.arange(grid.counts[0] * grid.counts[1]).reshape(*grid.counts, 1, 1)
        number = grid.joined(np.broadcast_to(numbers, (*grid.counts, *grid.block)).copy())
        parts = (np.copysign(np.ones_like(array), array), number, free.astype(array.dtype))
        made = Unified(*(torch.from_numpy(np.ascontiguousarray(one)) for one in parts))
        parametrize.register_parametrization(layer, "weight", made.to(values.device))


@checked
def rounded(
    module: Any, qp: int, *, qp_density: int = 2, only: Sequence[str] | None = None
) -> None:
    """Let layers compute with rounded weights, as decoders will, while the weights are trained.

    The gradient passes through the rounding (straight-through). `nnc.encode` with the same `qp`
    and `dq=False` takes the rounded weights as they are.

    Args:
        module: changed in place.
        qp: quantization parameter, the step size of all these weights.
        qp_density: the step doubles every `2 ** qp_density` of qp.
        only: patterns of the names of weights; None for all of two dimensions or more.

    Raises:
        InputError: no module, a qp out of range, or PyTorch isn't there.
    """
    from torch.nn.utils import parametrize

    from nnc.torch.parametrizations import Rounded

    step = float(step_size(qp, qp_density))
    for _, layer in list(weights_in(module, only)):
        parametrize.register_parametrization(layer, "weight", Rounded(step))


@checked
def remove(module: Any) -> None:
    """Make what the tools did to a module permanent: plain weights with the values they have.

    Args:
        module: changed in place.
    """
    from torch.nn.utils import parametrize

    for _, layer in list(weights_in(module)):
        if parametrize.is_parametrized(layer, "weight"):
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
            layer.weight.requires_grad = True


@checked
def reduced(module: Any) -> Reduced:
    """Return the tensors of a module as the encoder takes them: scaling and factors apart.

    Args:
        module: with what the tools here did to it.

    Returns:
        Tensors under the names of the plain module; blocks of scaled and decomposed layers.
        `nnc.reduce` takes it further, for instance by `fold_batch_norms`.

    Raises:
        InputError: no module, or PyTorch isn't there.
    """
    check_module(module)
    from torch.nn.utils import parametrize

    found = Reduced(tensors={})
    layers = {name: layer for name, layer in weights_in(module)
              if parametrize.is_parametrized(layer, "weight")}  # fmt: skip
    tensors: dict[str, Any] = {}
    for name, values in module.state_dict().items():
        above, inside, _ = name.partition(PLACE)
        weight = f"{above}weight"
        if not inside:
            tensors[name] = array_of(values)
        elif weight in layers:
            made, block = parts_of(weight, layers.pop(weight))
            tensors |= made
            if block is not None:
                found = replace(found, blocks=(*found.blocks, block))
    return replace(found, tensors=tensors)


def is_parametrized(module: Any) -> bool:
    """Tell whether a tool here has changed a module."""
    from torch.nn.utils import parametrize

    return any(parametrize.is_parametrized(layer, "weight") for _, layer in weights_in(module))


def parts_of(name: str, layer: Any) -> tuple[dict[str, Any], Block | None]:
    """Return what a parametrized weight is made of, and its block, if it needs one.

    Raises:
        InputError: decoders can't put it together: they multiply factors, and then scale rows.
    """
    from nnc.torch.parametrizations import LocalScaling, LowRank, Mask

    values: list[Any] = [one.detach() for one in originals(layer)]
    shape = tuple(layer.weight.shape)
    scaling: Any = None
    factors: list[Any] = []
    for step in layer.parametrizations.weight:
        if isinstance(step, LocalScaling):
            scaling = step.scaling.detach() * (1 if scaling is None else scaling)
        elif isinstance(step, LowRank):
            factors, values = values, [step(*values)]
        elif factors or (scaling is not None and not isinstance(step, Mask)):
            first = "decomposed" if factors else "scaled"
            raise InputError(f"{name!r} is {first}, and then something else: remove() first")
        else:
            values = [step(*values)]
    names: dict[str, Any] = {}
    tensors: dict[str, Any] = {name: array_of(values[0])}
    if factors:
        names = {"g": name + G_SUFFIX, "h": name + H_SUFFIX, "dimensions": shape}
        tensors = {names["g"]: array_of(factors[0]), names["h"]: array_of(factors[1])}
    if scaling is not None:
        names["scaling"] = name + SCALING_SUFFIX
        tensors[names["scaling"]] = array_of(scaling)
    return tensors, Block(weight=name, **names) if names else None


def originals(layer: Any) -> list[Any]:
    """Return what is trained in place of a parametrized weight."""
    found = layer.parametrizations.weight
    if hasattr(found, "original"):
        return [found.original]
    return [found.original0, found.original1]


def layer_named(layers: Mapping[str, Any], name: str) -> Any:
    """Return a layer by the name of its weight.

    Raises:
        InputError: there is none.
    """
    if name not in layers:
        raise InputError(f"there is no weight {name!r} in the module")
    return layers[name]


def array_of(values: Any) -> Any:
    """Return a tensor as an array of its own."""
    from nnc.model.given import as_arrays

    return as_arrays({"tensor": values.detach().cpu().clone()})["tensor"]
