"""What a bitstream holds beside levels, and how its units are arranged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nnc.model.options import option

#: Why a session doesn't take an option.
SINGLE_MODELS = "is for single models: updates are of whole tensors, one a unit"

LARGEST_PART = (1 << 31) - 1


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What the bitstream holds, and how its units are arranged."""

    profile: int = option(
        1,
        "Edition of the standard (general_profile_idc): 1 for the second, 0 for the first.",
        range=(0, 1),
    )
    metadata: Mapping[str, str] = option(
        {},
        "Key-value pairs to be kept with the model.",
        calls=("encode", "encode_file", "Encoder"),
    )
    metadata_unit: bool = option(
        True,
        "Keep metadata and dtypes that the format can't say in a unit of our own.",
        "Some decoders refuse units that they don't know. Without it, dtypes such as bfloat16 "
        "decode as float32 or int32.",
    )
    references: bool = option(False, "List the names of tensors once, and refer to them by number.")
    part_size: int | None = option(
        None, "Cut payloads of more bytes over several units.", range=(1, LARGEST_PART)
    )
    aggregates: Literal["all", "modules"] | None = option(
        None,
        "Put units into aggregate units: those of all tensors, or those of each module.",
        "What names have in common up to a `.` or `/` is a module; one may be within another.",
    )
    out_of_band: Sequence[Literal["dimensions", "cabac_unary_length_minus1"]] = option(
        (),
        "Elements to leave out of the bitstream, which its decoder has to be given.",
        "Dimensions of joined and of decomposed tensors stay.",
    )
    prune_rows: bool = option(
        False,
        "Leave rows of zeros out of tensors, and say which in a pruning container.",
        "Decoders give the pruned tensors, or the whole ones with `pruned=False` or "
        "`nnc decode --full-size`. Tensors in given blocks or joined stay whole.",
        calls=("encode", "save_file", "encode_file"),
        elsewhere=SINGLE_MODELS,
    )
