"""PyTorch files (Annex C): state dicts, and exported programs with their graph as topology.

Files are read with weights_only always: what else a pickle can do is never done. Exported
programs are taken apart as the archives that they are, without PyTorch.
"""

from __future__ import annotations

import os
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitstream import replace_file
from nnc.decoder import Topology
from nnc.formats import exported_program
from nnc.formats.checkpoints import ADVICE, carried, entries_of, named_tensors, state_dict_in
from nnc.formats.extras import load
from nnc.formats.hostile import check_archive, check_expansion, check_shape
from nnc.formats.source import ArraySink, ArraySource, Sink, Source, TensorInfo
from nnc.formats.unknown_objects import loaded_around, without_stand_ins
from nnc.model.given import BIT_TYPES, check_has_shape, torch_array
from nnc.model.ties import ties_of

#: What an error of the loader says of the class or function that it refuses.
REFUSED = re.compile(r"(?:GLOBAL|class|type) ([\w.]+\.[\w.]+)")


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
        raise InputError(f"{place}: this is no exported program")
    arrays, metadata = model_of(loaded(place), place)
    return ArraySource(arrays, metadata)


def loaded(place: Path) -> Any:
    """Load a file with weights_only.

    Raises:
        InputError: it holds more than tensors, or isn't one of PyTorch.
    """
    torch = load("torch", "torch", "PyTorch files")

    def load_weights() -> Any:
        with warnings.catch_warnings():  # of PyTorch to its own developers
            warnings.simplefilter("ignore")
            return torch.load(place, map_location="cpu", weights_only=True)

    try:
        return load_weights()
    except OSError as error:
        if error.errno is None:  # not of the system, but PyTorch's word for a damaged file
            raise InputError(f"{place}: {what_is_wrong(error)}") from None
        raise
    except Exception as error:  # a damaged pickle can make the loader raise anything
        around = loaded_around(load_weights, refused_name, error)
        rest = None if around is None else without_stand_ins(*around, place)
        if rest is None:
            raise InputError(f"{place}: {what_is_wrong(error)}") from None
        return rest


def refused_name(error: Exception) -> str | None:
    """Return the class or function that the loader refuses, None where it fails otherwise."""
    found = REFUSED.search(str(error))
    return None if found is None else found[1]


def what_is_wrong(error: Exception) -> str:
    """Say why a file couldn't be loaded, without the loader's advice to trust it."""
    refused = refused_name(error)
    if refused is not None:
        return (
            f"it holds more than tensors: {refused}, which is code to be run and never is; "
            f"{ADVICE}, or the checkpoint without that"
        )
    said = str(error).rpartition("WeightsUnpickler error: ")[2].partition("\n")[0]
    if "weights_only" in said:  # advice on arguments, which its callers have and ours haven't
        said = "its layout is not one of torch.save"
    reason = "".join(one for one in said if one.isprintable()).strip()
    kind = "" if isinstance(error, pickle.UnpicklingError | RuntimeError) else type(error).__name__
    return f"it is no file of PyTorch, or damaged ({kind}{': ' if kind else ''}{reason})"


def arrays_of(content: Any, where: object) -> dict[str, NDArray[Any]]:
    """Return the tensors of a state dict as arrays; see `model_of`."""
    return model_of(content, where)[0]


def model_of(content: Any, where: object) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Return the tensors of a state dict as arrays, and its other entries as metadata.

    Args:
        content: a state dict, or a checkpoint that holds one or several.
        where: what the messages call it.

    Returns:
        Arrays by name, whose memory is shared; metadata.

    Raises:
        InputError: there is no state dict, two names are one as text, or a tensor has no array.

    Warns:
        ModelFileWarning: an entry that is no tensor, or another state dict, is left out.
    """
    torch = load("torch", "torch", "PyTorch files")

    def is_tensor(value: Any) -> bool:
        return isinstance(value, torch.Tensor)

    state = state_dict_in(content, where, is_tensor)
    tensors, others = named_tensors(state, where, is_tensor)
    result: dict[str, NDArray[Any]] = {}
    for name, value in tensors.items():
        check_has_shape(value, f"{where}: tensor {name!r}")
        check_shape(str(where), name, tuple(value.shape))
        check_repetition(value, name, where)
        result[name] = torch_array(value, f"{where}: tensor {name!r}")
    return result, carried(others, where)


def check_repetition(tensor: Any, name: object, where: object) -> None:
    """Refuse a tensor that repeats few stored values (`expand`) more often than a model would.

    Raises:
        InputError: it does.
    """
    torch = load("torch", "torch", "PyTorch files")
    if tensor.layout == torch.strided and tensor.device.type != "meta":
        stored = tensor.untyped_storage().nbytes()
        check_expansion(str(where), str(name), stored, tensor.numel() * tensor.element_size())


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


def tensors_of(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Return arrays as tensors of PyTorch; those of the same memory are one tensor."""
    ties = ties_of(arrays)
    made = {
        name: tensor_of(array, f"tensor {name!r}")
        for name, array in arrays.items()
        if name not in ties
    }
    return {name: made[ties.get(name, name)] for name in arrays}


def write_state_dict(
    path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]
) -> None:
    """Write a state dict, with the entries that are no tensors at its end."""
    torch = load("torch", "torch", "PyTorch files")
    state = tensors_of(arrays)
    state |= {name: one for name, one in entries_of(metadata).items() if name not in state}

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
    return ArraySink(tensors, lambda arrays: write_state_dict(place, arrays, metadata))
