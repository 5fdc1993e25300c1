"""Biases of a coded module that take up what its weights shift the outputs of layers by."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream
from nnc.bitstream.editing.parts import copy_bitstream
from nnc.editing.tensors import tensor_names
from nnc.editing.values import nearest_values, replace_values
from nnc.model.refit import apart, best_share, error_of
from nnc.torch.calibration import check_batch, evaluating, flat, run
from nnc.torch.files import load
from nnc.torch.library import check_module, pytorch

#: What layers do with what they give: takes the name of one and its output, returns the output.
Follow = Callable[[str, Any], Any]


@checked
def refit(module: Any, data: bytes | Bitstream, batches: Iterable[Any]) -> bytes:
    """Take off the biases of a coded module what its weights shift the outputs of layers by.

    The bias of each Linear, convolution, batch and layer normalization changes by the difference of
    the mean outputs by channel: of the module, and of the coded one where all layers before are
    refitted. Weights stay as they are coded, and so does the size, about. It helps most where
    values have few bits.

    Args:
        module: the module that was encoded; it runs in evaluation mode, and a copy of it as well.
        data: what it was encoded as.
        batches: inputs as the module takes them, as for `calibrate`: two batches or more, of some
            examples each. Every fourth isn't followed, but tells how much of the change makes the
            outputs better: all of it, half, or none.

    Returns:
        The bitstream with other values of the biases, of those whose coding can hold others; as
        it was where none made it better. A given Bitstream isn't changed.

    Raises:
        InputError: no module; too few batches; tensors of another module.
        BitstreamError: the data can't be decoded.
    """
    check_module(module)
    torch = pytorch()
    followed, told = apart(batches)
    for batch in (*followed, *told):
        check_batch(torch, batch)
    bitstream = copy_bitstream(data) if isinstance(data, Bitstream) else Bitstream.parse(data)
    coded = decoded_copy(module, bitstream)
    named = set(tensor_names(bitstream))
    biases = {
        name: one for name, one in biases_of(torch, coded).items() if bias_name(name) in named
    }
    with torch.no_grad(), evaluating(module, {}), evaluating(coded, {}):
        shifts = shifts_of(module, coded, biases, followed)
        before = {name: layer.bias.clone() for name, layer in biases.items()}
        outputs = [numbers(torch, run(module, batch)) for batch in told]

        def moved(share: float) -> dict[str, NDArray[np.float64]]:
            shifted = [name for name in biases if bool(shifts[name].any())]
            sums = {name: before[name].double() + share * shifts[name] for name in shifted}
            return {bias_name(name): one.cpu().numpy() for name, one in sums.items()}

        def put(share: float) -> dict[str, NDArray[np.float64]]:
            """Set the biases to what the bitstream can hold; return the values to put into it."""
            wanted = moved(share)
            nearest = nearest_values(bitstream, wanted) if share else {}
            for name, layer in biases.items():
                held = nearest.get(bias_name(name))
                values = before[name] if held is None else torch.tensor(held.astype(np.float64))
                layer.bias.copy_(values)
            return {name: wanted[name] for name in nearest}

        def loss(share: float) -> float:
            put(share)
            found = (numbers(torch, run(coded, batch)) for batch in told)
            return sum(map(error_of, outputs, found))

        share = best_share(loss)
        if share:
            replace_values(bitstream, put(share))
    return bitstream.to_bytes()


def decoded_copy(module: Any, bitstream: Bitstream) -> Any:
    """Return a copy of a module with the tensors of a bitstream, which may have others too.

    Raises:
        InputError: a parameter of the module isn't in it, or has another shape.
    """
    result = copy.deepcopy(module)
    try:
        missing = result.load_state_dict(load(bitstream), strict=False).missing_keys
    except RuntimeError as error:
        raise InputError(f"the bitstream isn't of this module: {error}") from None
    lacked = [name for name, _ in module.named_parameters() if name in missing]
    if lacked:
        raise InputError(f"the bitstream isn't of this module: it has no {lacked[0]!r}")
    return result


def biases_of(torch: Any, module: Any) -> dict[str, Any]:
    """Return the layers of a module that add a bias by channel, each bias once, by their names."""
    nn = torch.nn
    kinds = (
        *(nn.Linear, nn.LayerNorm, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d),
        *(nn.Conv1d, nn.Conv2d, nn.Conv3d),
        *(nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
    )
    found, seen = {}, set()
    for name, layer in module.named_modules():
        bias = getattr(layer, "bias", None) if isinstance(layer, kinds) else None
        if bias is not None and bias.ndim == 1 and id(bias) not in seen:
            seen.add(id(bias))
            found[name] = layer
    return found


def bias_name(layer: str) -> str:
    """Return the name of the bias of a layer."""
    return f"{layer}.bias" if layer else "bias"


def channel_axis(torch: Any, layer: Any, output: Any) -> int:
    """Return along which dimension of its output the bias of a layer is."""
    if isinstance(layer, torch.nn.Linear | torch.nn.LayerNorm):
        return int(output.ndim) - 1
    # What convolutions are given may have no dimension for the examples.
    sides = getattr(layer, "kernel_size", None)
    return 1 if sides is None else int(output.ndim) - 1 - len(sides)


def shifts_of(
    module: Any, coded: Any, biases: Mapping[str, Any], batches: Iterable[Any]
) -> dict[str, Any]:
    """Return what is to be added to each bias, so that the layers of both give the same on average.

    What a batch asks for is added while it runs: the layers after see what they will see then.
    """
    torch = pytorch()
    sums = {
        name: torch.zeros_like(layer.bias, dtype=torch.float64) for name, layer in biases.items()
    }
    counts = dict.fromkeys(biases, 0)
    means: dict[str, list[Any]] = {}

    def is_by_channel(name: str, output: Any) -> bool:
        if not isinstance(output, torch.Tensor):
            return False
        axis = channel_axis(torch, biases[name], output)
        channels = biases[name].bias.numel()
        return 0 <= axis < output.ndim and bool(output.shape[axis] == channels)

    def mean_of(name: str, output: Any) -> Any:
        channels = output.movedim(channel_axis(torch, biases[name], output), -1)
        return channels.reshape(-1, channels.shape[-1]).mean(0, dtype=torch.float64)

    def note(name: str, output: Any) -> Any:
        mean = mean_of(name, output) if is_by_channel(name, output) else None
        means.setdefault(name, []).append(mean)
        return output

    def follow(name: str, output: Any) -> Any:
        mean = means[name].pop(0) if means.get(name) else None
        if mean is None or not is_by_channel(name, output):
            return output
        shift = mean - mean_of(name, output)
        if not bool(shift.isfinite().all()):
            # One of both gave nothing, or no numbers.
            return output
        sums[name] += shift * output.numel()
        counts[name] += output.numel()
        shape = [1] * output.ndim
        shape[channel_axis(torch, biases[name], output)] = -1
        return output + shift.to(output).reshape(shape)

    for batch in batches:
        means.clear()
        with following(module, biases, note):
            run(module, batch)
        with following(coded, biases, follow):
            run(coded, batch)
    return {name: sums[name] / max(counts[name], 1) for name in biases}


@contextmanager
def following(module: Any, names: Mapping[str, Any], follow: Follow) -> Iterator[None]:
    """Let a function see, and change, what the layers of a module of some names give."""

    def hook_of(name: str) -> Callable[[Any, Any, Any], Any]:
        return lambda layer, arguments, output: follow(name, output)

    handles = [module.get_submodule(name).register_forward_hook(hook_of(name)) for name in names]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def numbers(torch: Any, output: Any) -> list[NDArray[np.floating[Any]]]:
    """Return the floats in what a module returns."""
    return [
        one.detach().cpu().float().numpy() for one in flat(torch, output) if one.is_floating_point()
    ]
