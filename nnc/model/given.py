"""What callers hand in as a model, a tensor, a list of patterns: taken where the meaning is plain.

A mapping of names to arrays is; a module of PyTorch stands for its state dict, a tensor of PyTorch
for its values. All else is refused with a word on what to call.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError

#: Types of PyTorch that numpy has by ml_dtypes alone, and the integers of PyTorch of their width.
BIT_TYPES = {
    "bfloat16": (ml_dtypes.bfloat16, "int16"),
    "float8_e4m3fn": (ml_dtypes.float8_e4m3fn, "uint8"),
    "float8_e4m3fnuz": (ml_dtypes.float8_e4m3fnuz, "uint8"),
    "float8_e5m2": (ml_dtypes.float8_e5m2, "uint8"),
    "float8_e5m2fnuz": (ml_dtypes.float8_e5m2fnuz, "uint8"),
}

WANTED = "a model is a mapping of names to arrays"


def as_mapping(model: Any, what: str = "the model") -> Mapping[str, Any]:
    """Return a model as a mapping of names to tensors.

    Args:
        model: a mapping, or a module of PyTorch.
        what: what the message calls it.

    Raises:
        InputError: it is something else; the message says what to call.
    """
    if isinstance(model, Mapping):
        return model
    if is_of_torch(model) and callable(getattr(model, "state_dict", None)):
        return tensors_of_module(model, what)
    raise InputError(f"{what} is {kind_of(model)}, and {WANTED}{advice(model)}")


def tensors_of_module(module: Any, what: str) -> Mapping[str, Any]:
    """Return the state dict of a module of PyTorch.

    Raises:
        InputError: something in it is no tensor.
    """
    state: Mapping[str, Any] = module.state_dict()
    for name, value in state.items():
        if not is_torch_tensor(value):
            raise InputError(
                f"{what} has {name!r} in its state dict, {kind_of(value)} and no tensor: "
                "nnc.torch.save carries it"
            )
    return state


def kind_of(value: Any) -> str:
    """Return what a message calls a value."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def advice(model: Any) -> str:
    """Say what to call with something that is no mapping."""
    if isinstance(model, str | os.PathLike):
        return ": nnc.encode_file takes a path, nnc.formats.read_model reads one"
    if hasattr(model, "read"):
        return ": nnc.encode_file takes the path of a model file"
    if isinstance(model, bytes | bytearray | memoryview):
        return ": nnc.decode takes a bitstream"
    if isinstance(model, list | tuple):
        return ": give names, as in {str(number): array for number, array in enumerate(arrays)}"
    if is_of_torch(model) or isinstance(model, np.ndarray | np.generic):
        return ': give it a name, as in {"weight": array}'
    if type(model).__module__.split(".")[0] in ("keras", "tensorflow", "tf_keras"):
        return ": save it as .keras file for nnc.encode_file, or give names to get_weights()"
    return ""


def is_of_torch(value: Any) -> bool:
    """Tell whether a value is of a class of PyTorch, or of one that comes from it."""
    return any(one.__module__.split(".")[0] == "torch" for one in type(value).__mro__)


def is_torch_tensor(value: Any) -> bool:
    """Tell whether a value is a tensor of PyTorch, a parameter for one."""
    return any(
        one.__module__.split(".")[0] == "torch" and one.__name__ == "Tensor"
        for one in type(value).__mro__
    )


def as_array(values: Any, name: str) -> NDArray[Any]:
    """Return a tensor as an array; memory is shared where it can be.

    Args:
        values: an array, a tensor of PyTorch on any device, or what numpy makes an array of.
        name: its name, for the message.

    Raises:
        InputError: no array can be made of it, or a part of it is masked.
    """
    if np.ma.is_masked(values):
        raise InputError(
            f"tensor {name!r} is a masked array, and what it masks would be coded: "
            "say what stands there by its method filled()"
        )
    if isinstance(values, np.ndarray):
        return np.asarray(values)
    if is_torch_tensor(values):
        return torch_array(values, f"tensor {name!r}")
    try:
        return np.asarray(values)
    except Exception as error:  # an object's own conversion may raise anything
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"no array can be made of tensor {name!r}, {kind_of(values)}: {reason}"
        ) from None


def torch_array(tensor: Any, what: str) -> NDArray[Any]:
    """Return a tensor of PyTorch as an array, detached and on the CPU.

    Raises:
        InputError: it is sparse, quantized, without values, or of a type that numpy has not.
    """
    import torch

    check_has_shape(tensor, what)
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type == "meta":
        raise InputError(f"{what} is sparse, quantized or without values; make it a plain one")
    name = str(tensor.dtype).removeprefix("torch.")
    try:
        plain = tensor.detach().cpu().contiguous().resolve_conj().resolve_neg()
        if name in BIT_TYPES:
            kind, bits = BIT_TYPES[name]
            return np.asarray(plain.view(getattr(torch, bits)).numpy().view(kind))
        return np.asarray(plain.numpy())
    except (TypeError, RuntimeError, ValueError):
        raise InputError(f"{what} is of type {tensor.dtype}, which can't be coded") from None


def check_has_shape(tensor: Any, what: str) -> None:
    """Refuse a tensor of a lazy module, which gets its shape when that is first run."""
    from torch.nn.parameter import is_lazy

    if is_lazy(tensor):
        raise InputError(f"{what} has no shape yet; run the lazy module once before")


def as_arrays(model: Any, what: str = "the model") -> dict[str, NDArray[Any]]:
    """Return a model as arrays by name.

    Raises:
        InputError: it is none, or a tensor of it can't be an array.
    """
    return {name: as_array(values, str(name)) for name, values in as_mapping(model, what).items()}
