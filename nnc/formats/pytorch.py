"""PyTorch files (Annex C): state dicts, and exported programs with their graph as topology.

Files are read with weights_only always: what else a pickle can do is never done. Exported
programs are taken apart as the archives that they are, without PyTorch.
"""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitstream import replace_file
from nnc.decoder import Topology
from nnc.formats import exported_program
from nnc.formats.extras import load
from nnc.formats.hostile import check_archive, check_expansion, check_shape
from nnc.formats.source import ArraySink, ArraySource, Sink, Source, TensorInfo

#: Types of PyTorch that numpy knows by ml_dtypes alone, with the integers of their bits.
BIT_TYPES = {
    "bfloat16": (ml_dtypes.bfloat16, "int16"),
    "float8_e4m3fn": (ml_dtypes.float8_e4m3fn, "uint8"),
    "float8_e4m3fnuz": (ml_dtypes.float8_e4m3fnuz, "uint8"),
    "float8_e5m2": (ml_dtypes.float8_e5m2, "uint8"),
    "float8_e5m2fnuz": (ml_dtypes.float8_e5m2fnuz, "uint8"),
}

#: Where checkpoints of training keep the state dict.
STATE_KEYS = ("state_dict", "model_state_dict", "model")

ADVICE = "save the state_dict() of the model alone"


def open_source(path: str | os.PathLike[str]) -> Source:
    """Read a state dict, or an exported program.

    Raises:
        InputError: the file holds something else, or torch is needed and missing.
        OSError: it can't be read.
    """
    place = Path(path)
    with place.open("rb") as file:
        zipped = file.read(4) == b"PK\3\4"
    if zipped:
        try:
            with zipfile.ZipFile(place) as archive:
                check_archive(place, archive)
                if exported_program.is_one(archive):
                    return exported_program.read(place, archive)
                if any(name.endswith("/constants.pkl") for name in archive.namelist()):
                    raise InputError(f"{place}: this is a TorchScript program; {ADVICE}")
        except zipfile.BadZipFile as error:
            raise InputError(f"{place}: {error}") from None
    if place.suffix == ".pt2":
        raise InputError(f"{place}: not an exported program")
    return ArraySource(arrays_of(loaded(place), place))


def loaded(place: Path) -> Any:
    """Load a file with weights_only.

    Raises:
        InputError: it holds more than tensors, or isn't one of PyTorch.
    """
    torch = load("torch", "torch", "PyTorch files")
    try:
        return torch.load(place, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"{place}: it holds more than tensors (a pickled module, or code), or is damaged; "
            f"{ADVICE} ({reason})"
        ) from None
    except Exception as error:  # a damaged pickle can make the loader raise anything
        raise InputError(f"{place}: {type(error).__name__}: {error}") from None


def arrays_of(content: Any, where: object) -> dict[str, NDArray[Any]]:
    """Return the tensors of a state dict as arrays; the memory is shared.

    Args:
        content: a state dict, or a checkpoint that holds one under a usual key.
        where: what the messages call it.

    Raises:
        InputError: there is no state dict, or something else in it.
    """
    torch = load("torch", "torch", "PyTorch files")
    state = state_dict_in(content, where)
    result: dict[str, NDArray[Any]] = {}
    for name, value in state.items():
        if not isinstance(value, torch.Tensor):
            raise InputError(
                f"{where}: {name!r} of the state dict is {type(value).__name__}, not a tensor"
            )
        check_shape(str(where), str(name), tuple(value.shape))
        check_repetition(value, name, where)
        result[str(name)] = array_of(value, f"{where}: tensor {name!r}")
    return result


def state_dict_in(content: Any, where: object) -> Mapping[str, Any]:
    """Find the state dict in what a file holds."""
    torch = load("torch", "torch", "PyTorch files")
    if isinstance(content, torch.Tensor):
        raise InputError(f"{where}: the file holds one tensor without a name; {ADVICE}")
    if isinstance(content, Mapping):
        if any(isinstance(value, torch.Tensor) for value in content.values()):
            return content
        for key in STATE_KEYS:
            inner = content.get(key)
            if isinstance(inner, Mapping):
                return inner
        if not content:
            return content
    raise InputError(f"{where}: the file holds no state dict; {ADVICE}")


def check_repetition(tensor: Any, name: object, where: object) -> None:
    """Refuse a tensor that repeats few stored values (`expand`) more often than a model would.

    Raises:
        InputError: it does.
    """
    torch = load("torch", "torch", "PyTorch files")
    if tensor.layout == torch.strided and tensor.device.type != "meta":
        stored = tensor.untyped_storage().nbytes()
        check_expansion(str(where), str(name), stored, tensor.numel() * tensor.element_size())


def array_of(tensor: Any, what: str) -> NDArray[Any]:
    """Return a tensor as an array.

    Raises:
        InputError: it is sparse, quantized, without values, or of a type that numpy has not.
    """
    torch = load("torch", "torch", "PyTorch files")
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type == "meta":
        raise InputError(f"{what} is sparse, quantized or without values; make it a plain tensor")
    plain = tensor.detach().cpu().contiguous().resolve_conj().resolve_neg()
    name = str(plain.dtype).removeprefix("torch.")
    try:
        if name in BIT_TYPES:
            kind, bits = BIT_TYPES[name]
            return np.asarray(plain.view(getattr(torch, bits)).numpy().view(kind))
        return np.asarray(plain.numpy())
    except (TypeError, RuntimeError):
        raise InputError(f"{what} is of type {plain.dtype}, which can't be coded") from None


def tensor_of(values: NDArray[Any], what: str) -> Any:
    """Return an array as a tensor of PyTorch, which owns its memory.

    Raises:
        InputError: PyTorch has no such type.
    """
    torch = load("torch", "torch", "PyTorch files")
    own = np.array(values, order="C")
    bits = BIT_TYPES.get(values.dtype.name)
    try:
        if bits is not None:
            return torch.from_numpy(own.view(bits[1])).view(getattr(torch, values.dtype.name))
        return torch.from_numpy(own)
    except TypeError:
        raise InputError(f"{what}: PyTorch has no {values.dtype}") from None


def write_state_dict(path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a state dict."""
    torch = load("torch", "torch", "PyTorch files")
    state = {name: tensor_of(array, f"tensor {name!r}") for name, array in arrays.items()}

    def write(file: Any) -> None:
        try:
            torch.save(state, file)
        except RuntimeError as error:
            # What stopped it (a full disk, a request to end) made PyTorch's writer fail as well.
            raise cause_of(error) from None

    replace_file(path, write)


def cause_of(error: BaseException) -> BaseException:
    """Return what an error came up in the handling of: the first that isn't PyTorch's own."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError) or not isinstance(below, Exception):
            return below
        below = below.__context__
    return error


def open_sink(
    path: str | os.PathLike[str],
    tensors: Mapping[str, TensorInfo],
    metadata: Mapping[str, str],
    topology: Topology | None = None,
) -> Sink:
    """Open a file to be written: an exported program (.pt2), else a state dict."""
    place = Path(path)
    if place.suffix.lower() == ".pt2":
        exported_program.check_topology(topology, place)
        return ArraySink(tensors, lambda arrays: exported_program.write(place, topology, arrays))
    load("torch", "torch", "PyTorch files")
    return ArraySink(tensors, lambda arrays: write_state_dict(place, arrays))
