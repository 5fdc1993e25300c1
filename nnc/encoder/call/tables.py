"""Options of calls that aren't about how tensors are coded: what goes with them, who is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nnc.decoder.workers import Resources
from nnc.encoder.inputs.joined import Joined
from nnc.encoder.options.contents import SINGLE_MODELS
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.options.target import Target, Trial
from nnc.encoder.units.block import Block
from nnc.model.information import ModelInformation
from nnc.model.options import WHOLE_MODEL, check_options, option
from nnc.model.performance_maps import PerformanceMaps
from nnc.model.pruning import Pruning
from nnc.model.topology import Quantization, Topology

#: Called with the bytes of the model that are done, and those that there are.
Progress = Callable[[int, int], None]

#: Why a session doesn't take an option.
TOLD_LATER = "is told of each bitstream: give it to `encode`, in `information`"

#: The syntax has no room for more.
LARGEST_ID = (1 << 64) - 1


@dataclass(frozen=True, kw_only=True)
class Structure:
    """What tensors are coded together, and what goes with them."""

    blocks: Sequence[Block] | Literal["auto"] = option(
        (),
        "Code each weight with its bias and batch norm as one unit.",
        "`auto` finds them by the names that PyTorch, TensorFlow and ONNX give.",
    )
    joins: Sequence[Joined] = option(
        (),
        "Code tensors as one, along a dimension of theirs.",
        calls=WHOLE_MODEL,
        elsewhere=SINGLE_MODELS,
    )
    topology: Topology | None = option(
        None,
        "Structure of the network, to be carried beside the tensors.",
        calls=WHOLE_MODEL,
        elsewhere=SINGLE_MODELS,
        command=False,
    )
    quantization: Quantization | None = option(
        None,
        "How the network's own format quantizes, likewise.",
        calls=WHOLE_MODEL,
        elsewhere=TOLD_LATER,
        command=False,
    )
    pruning: Pruning | Sequence[Pruning] = option(
        (),
        "What was left out of the tensors before, likewise.",
        calls=WHOLE_MODEL,
        elsewhere=TOLD_LATER,
        command=False,
    )
    performance_maps: PerformanceMaps | None = option(
        None,
        "Performance of the model, as it is and thinned out further.",
        calls=WHOLE_MODEL,
        elsewhere=TOLD_LATER,
        command=False,
    )
    base_model_id: str | None = option(
        None,
        "Name of the model that this one is an update of.",
        calls=WHOLE_MODEL,
        elsewhere=TOLD_LATER,
    )
    information: ModelInformation | None = option(
        None,
        "What to tell of the model, in place of the four before.",
        calls=WHOLE_MODEL,
        elsewhere=TOLD_LATER,
        command=False,
    )

    allow_empty: bool = option(
        False,
        "Encode a model file in which there are no tensors, too.",
        calls=("encode_file",),
    )

    def arguments(self) -> dict[str, Any]:
        """Return the arguments that `encode_model` has for it."""
        information = self.information or ModelInformation(
            base_model_id=self.base_model_id,
            performance_maps=self.performance_maps or PerformanceMaps(),
            quantizations=() if self.quantization is None else (self.quantization,),
            prunings=(self.pruning,) if isinstance(self.pruning, Pruning) else tuple(self.pruning),
        )
        return {
            "blocks": self.blocks,
            "joins": self.joins,
            "topology": self.topology,
            "information": information,
        }


@dataclass(frozen=True, kw_only=True)
class Reports:
    """Who is told how the work goes on."""

    on_trial: Callable[[Trial], None] | None = option(
        None,
        "Called with each encoding on the way to a target.",
        calls=WHOLE_MODEL,
        elsewhere="is for single models: a session has no target",
        command=False,
    )
    progress: Progress | None = option(
        None,
        "Called with the bytes of the model that are encoded, and with its size.",
        calls=("encode_file",),
        command=False,
    )
    times: dict[str, float] | None = option(
        None,
        "Gets the seconds that each unit took to encode, by the names of its tensors.",
        calls=("encode_file",),
        command=False,
    )


@dataclass(frozen=True, kw_only=True)
class SessionOptions:
    """How a session encodes updates."""

    base_depth: int = option(
        0,
        "put_node_depth of the base model.",
        range=(0, LARGEST_ID - 1),
        calls=("Encoder",),
    )
    device_id: int = option(
        0, "The device that encodes.", range=(0, LARGEST_ID), calls=("Encoder",)
    )
    parents: Literal["id", "sha256", "sha512"] = option(
        "id",
        "How updates name their parents: by id, or by a digest of the parent's payload.",
        calls=("Encoder",),
    )
    temporal_contexts: bool = option(
        True,
        "Code levels with those of the parent as contexts, where that makes a unit smaller.",
        calls=("Encoder",),
    )
    history: bool = option(
        True,
        "Use history-dependent probabilities, where that makes a unit smaller.",
        calls=("Encoder",),
    )
    predictive: bool = option(
        False,
        "Code differences as residuals against those of the update before.",
        calls=("Encoder",),
    )

    def __post_init__(self) -> None:
        """Refuse what no session can do.

        Raises:
            InputError: an option is out of its range.
        """
        check_options(self)


#: All tables, in the order of documentation.
TABLES: tuple[type, ...] = (
    EncoderOptions, Target, Structure, SessionOptions, Resources, Reports,
)  # fmt: skip
