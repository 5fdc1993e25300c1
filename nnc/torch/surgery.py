"""Neurons taken out of a module for good, in all layers that depend on them (clause 8.3.3)."""

from __future__ import annotations

from typing import Any

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.formats.extras import load
from nnc.reduce import Reduced
from nnc.torch.library import check_module, pytorch, weights_in
from nnc.torch.reductions import layer_named


@checked
def cut_neurons(module: Any, pruned: Reduced, example: Any) -> dict[str, int]:
    """Make a module smaller by the neurons that `nnc.reduce.prune_neurons` took out.

    `torch_pruning` follows them through the graph: batch norms, biases and the layers that take
    them get smaller too.

    Args:
        module: changed in place.
        pruned: the result of `prune_neurons`: masks of whole rows.
        example: inputs of the module, to trace it with.

    Returns:
        By the name of each weight how many neurons went.

    Raises:
        InputError: no module, a name that is none of a weight, or `torch_pruning` isn't installed.
    """
    check_module(module)
    torch_pruning = load("torch_pruning", "pruning", "cutting neurons")
    torch = pytorch()
    gone = {}
    for name, mask in pruned.masks.items():
        if mask.ndim < 2 or name in pruned.row_axes:
            continue
        layer = layer_named(dict(weights_in(module)), name)
        if mask.shape[0] != layer.weight.shape[0]:
            raise InputError(f"the mask of {name!r} must have the rows of the module's weight")
        rows = [number for number, row in enumerate(mask) if not row.any()]
        if not rows:
            continue
        cut = (
            torch_pruning.prune_linear_out_channels
            if isinstance(layer, torch.nn.Linear)
            else torch_pruning.prune_conv_out_channels
        )
        graph = torch_pruning.DependencyGraph().build_dependency(module, example_inputs=example)
        graph.get_pruning_group(layer, cut, idxs=rows).prune()
        gone[name] = len(rows)
    return gone
