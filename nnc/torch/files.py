"""PyTorch modules and state dicts to bitstreams and back (Annex C).

Needs PyTorch: `pip install 'nnc[torch]'`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from nnc import api
from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream, OutOfBandKeywords
from nnc.encoder import Block
from nnc.formats.checkpoints import entries_of
from nnc.formats.extras import load as load_library
from nnc.formats.pytorch import model_of, tensors_of
from nnc.model.metadata import read_metadata
from nnc.torch.reductions import is_parametrized, reduced

if TYPE_CHECKING:
    from nnc.encoder.call.keywords import EncodeKeywords, SaveFileKeywords

__all__ = ["load", "load_file", "load_into", "save", "save_file"]


def save(model: Any, **options: Unpack[EncodeKeywords]) -> bytes:
    """Encode a module or a state dict.

    Args:
        model: a `torch.nn.Module`, or a mapping of names to tensors; of any device. What the tools
            here made of weights is saved as it is: scaling, factors.
        **options: those of `nnc.encode`.

    Returns:
        The bitstream.

    Raises:
        InputError: something in it is no tensor, or one that can't be coded.
    """
    arrays, entries, blocks = arrays_in(model)
    options["metadata"] = with_entries(entries, options.get("metadata"))
    if blocks:
        options["blocks"] = with_blocks(blocks, options.get("blocks"))
    return api.encode(arrays, **options)


def save_file(
    model: Any,
    filename: str | os.PathLike[str],
    metadata: Mapping[str, str] | None = None,
    **options: Unpack[SaveFileKeywords],
) -> None:
    """Encode a module or a state dict into a file, which is replaced in one step.

    Args:
        model: a `torch.nn.Module`, or a mapping of names to tensors; of any device. What the tools
            here made of weights is saved as it is: scaling, factors.
        filename: the file.
        metadata: key-value pairs to be kept with the model.
        **options: those of `nnc.save_file`.

    Raises:
        InputError: something in it is no tensor, or one that can't be coded.
        OSError: the file can't be written.
    """
    arrays, entries, blocks = arrays_in(model)
    if blocks:
        options["blocks"] = with_blocks(blocks, options.get("blocks"))
    api.save_file(arrays, filename, with_entries(entries, metadata), **options)


@checked
def with_entries(entries: Mapping[str, str], metadata: Mapping[str, str] | None) -> dict[str, str]:
    """Return the metadata of a model with entries of its state dict that are no tensors."""
    return {**entries, **(metadata or {})}


def load(data: bytes | Bitstream, **options: Any) -> dict[str, Any]:
    """Decode a bitstream into a state dict.

    Args:
        data: the bitstream.
        **options: those of `nnc.decode`.

    Returns:
        Tensors on the CPU by name, each with memory of its own but for tied ones; entries of the
        state dict that are no tensors (`_extra_state`) at the end.

    Raises:
        BitstreamError: as for `nnc.decode`.
    """
    bitstream = api.as_bitstream(data, **taken_out_of_band(options))
    entries = entries_of(read_metadata(bitstream.walk()).metadata)
    tensors = tensors_of(api.decode(bitstream, **options))
    return tensors | {name: one for name, one in entries.items() if name not in tensors}


def taken_out_of_band(options: dict[str, Any]) -> OutOfBandKeywords:
    """Take out of the options of `nnc.decode` what the bitstream leaves out."""
    return {
        "dimensions": options.pop("dimensions", None),
        "cabac_unary_length_minus1": options.pop("cabac_unary_length_minus1", None),
    }


def load_file(filename: str | os.PathLike[str], **options: Any) -> dict[str, Any]:
    """Decode a file into a state dict; arguments, result and errors as for `load`."""
    bitstream = Bitstream.open(filename, **taken_out_of_band(options))
    return load(bitstream, **options)


@checked
def load_into(
    module: Any, filename: str | os.PathLike[str], *, strict: bool = True, **options: Any
) -> Any:
    """Decode a file into the parameters and buffers of a module, where they are.

    Args:
        module: a `torch.nn.Module`; its tensors keep their device and type.
        filename: the file.
        strict: names have to be the same on both sides.
        **options: those of `nnc.load_file`.

    Returns:
        What `module.load_state_dict` gives: the names missing and those unexpected.

    Raises:
        InputError: names or shapes don't fit the module.
        BitstreamError: as for `nnc.decode`.
    """
    if not hasattr(module, "load_state_dict"):
        raise InputError(f"module must be a torch.nn.Module, not {type(module).__name__}")
    try:
        return module.load_state_dict(load_file(filename, **options), strict=strict)
    except RuntimeError as error:
        raise InputError(f"{os.fspath(filename)}: {error}") from None


def with_blocks(own: Sequence[Block], given: Any) -> list[Block]:
    """Return the blocks of a module whose layers are scaled or decomposed, and those given.

    Raises:
        InputError: blocks shall be found by names, which these can't be.
    """
    if isinstance(given, str):
        raise InputError("a module with parametrized weights has blocks of its own: give a list")
    return [*own, *(given or ())]


def arrays_in(model: Any) -> tuple[dict[str, Any], dict[str, str], tuple[Block, ...]]:
    """Return the tensors of a module or a state dict, other entries as metadata, and blocks."""
    torch = load_library("torch", "torch", "PyTorch models")
    if isinstance(model, torch.nn.Module) and is_parametrized(model):
        found = reduced(model)
        return dict(found.tensors), {}, found.blocks
    state = model.state_dict() if isinstance(model, torch.nn.Module) else model
    if not isinstance(state, Mapping):
        raise InputError(f"a module or a state dict is needed, not {type(model).__name__}")
    return *model_of(state, "the state dict"), ()
