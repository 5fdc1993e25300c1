"""Which batch norm follows which layer, as torch.fx traces it (clauses 8.2.1, 8.3.8)."""

from __future__ import annotations

from typing import Any

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.formats.batch_norm import Layer
from nnc.model.batch_norm import BatchNorm
from nnc.torch.library import check_module, pytorch


@checked
def batch_norm_layers(module: Any) -> list[Layer]:
    """Find the batch norms of a module that directly follow a layer, for `nnc.reduce`.

    Args:
        module: a module that torch.fx can trace.

    Returns:
        The pairs of which nothing else gets the layer's output, and both are used once;
        transposed convolutions are passed over.

    Raises:
        InputError: it can't be traced, or PyTorch isn't there.
    """
    check_module(module)
    torch = pytorch()
    from torch import fx

    try:
        graph = fx.Tracer().trace(module)
    except Exception as error:  # the module's own code runs, and may do anything
        raise InputError(
            f"torch.fx can't trace the module: {error}; give nnc.reduce.fold_batch_norms its layers"
        ) from error
    nn = torch.nn
    modules = dict(module.named_modules())
    calls = [node.target for node in graph.nodes if node.op == "call_module"]
    result = []
    for node in graph.nodes:
        before = node.args[0] if node.op == "call_module" and node.args else None
        if before is None or not isinstance(before, fx.Node) or before.op != "call_module":
            continue
        layer, norm = modules[before.target], modules[node.target]
        if not isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            continue
        if not isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
            continue
        once = calls.count(node.target) == 1 == calls.count(before.target)
        if once and len(before.users) == 1 and norm.affine and norm.track_running_stats:
            result.append(layer_of(str(before.target), layer, str(node.target), norm))
    return result


def layer_of(name: str, layer: Any, norm_name: str, norm: Any) -> Layer:
    """Return a pair by the names of its tensors."""
    batch_norm = BatchNorm(
        gamma=f"{norm_name}.weight",
        beta=f"{norm_name}.bias",
        mean=f"{norm_name}.running_mean",
        variance=f"{norm_name}.running_var",
        eps=norm.eps,
    )
    return Layer(f"{name}.weight", None if layer.bias is None else f"{name}.bias", batch_norm)
