"""Options of calls that aren't about how tensors are coded: what goes with them, who is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nnc.bitio import InputError
from nnc.decoder.workers import Resources
from nnc.encoder.inputs.joined import Joined
from nnc.encoder.options.contents import SINGLE_MODELS
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.options.target import Target, Trial
from nnc.encoder.units.block import Block
from nnc.model.batch_norm import BatchNorm
from nnc.model.information import ModelInformation
from nnc.model.options import WHOLE_MODEL, Value, check_options, option
from nnc.model.performance_maps import PerformanceMaps
from nnc.model.pruning import Pruning
from nnc.model.topology import Quantization, Topology

#: Called with the bytes of the model that are done, and those that there are.
Progress = Callable[[int, int], None]

#: Why a session doesn't take an option.
TOLD_LATER = "is told of each bitstream: give it to `encode`, in `information`"

#: The syntax has no room for more.
LARGEST_ID = (1 << 64) - 1


def of_model(default: Value, text: str, reason: str, *, command: bool = False) -> Value:
    """Return the field of an option that sessions don't take, for a reason; as for `option`."""
    return option(default, text, calls=WHOLE_MODEL, elsewhere=reason, command=command)


def of_file(default: Value, text: str) -> Value:
    """Return the field of an option that only `encode_file` takes; as for `option`."""
    return option(default, text, calls=("encode_file",), command=False)


def of_session(default: Value, text: str, largest: int | None = None) -> Value:
    """Return the field of an option that only sessions take; as for `option`."""
    numbers = None if largest is None else (0, largest)
    return option(default, text, range=numbers, calls=("Encoder",))


@dataclass(frozen=True, kw_only=True)
class Structure:
    """What tensors are coded together, and what goes with them."""

    blocks: Sequence[Block] | Literal["auto"] = option(
        (),
        "Code each weight with its bias and batch norm as one unit.",
        "`auto` finds them by the names that PyTorch, TensorFlow and ONNX give.",
    )
    joins: Sequence[Joined] = of_model(
        (), "Code tensors as one, along a dimension of theirs.", SINGLE_MODELS, command=True
    )
    batch_norms: Mapping[str, BatchNorm] = of_model(
        {},
        "Batch norms folded into layers, by the name of the weight; decoders unfold them.",
        SINGLE_MODELS,
    )
    topology: Topology | None = of_model(
        None, "Structure of the network, to be carried beside the tensors.", SINGLE_MODELS
    )
    quantization: Quantization | None = of_model(
        None, "How the network's own format quantizes, likewise.", TOLD_LATER
    )
    pruning: Pruning | Sequence[Pruning] = of_model(
        (), "What was left out of the tensors before, likewise.", TOLD_LATER
    )
    performance_maps: PerformanceMaps | None = of_model(
        None, "Performance of the model, as it is and thinned out further.", TOLD_LATER
    )
    base_model_id: str | None = of_model(
        None, "Name of the model that this one is an update of.", TOLD_LATER, command=True
    )
    information: ModelInformation | None = of_model(
        None, "What to tell of the model, in place of the four before.", TOLD_LATER
    )

    profile_set: str | None = of_model(
        None,
        "Keep to a set of features: the name of one that comes along, or a file of yours.",
        "is for single models; `nnc.features.encoding.options_within` returns a session's options",
        command=True,
    )
    allow_empty: bool = option(
        False,
        "Encode a model file in which there are no tensors, too.",
        calls=("encode_file",),
    )
    drop: Sequence[str] = option(
        (), "Patterns of names of tensors that are left out.", calls=("encode_file",)
    )
    max_unpacked: int | None = option(
        None,
        "Bytes that a packed model file may unpack to, however small it is.",
        told="256MiB",
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
            "batch_norms": self.batch_norms,
            "topology": self.topology,
            "information": information,
        }


@dataclass(frozen=True, kw_only=True)
class Reports:
    """Who is told how the work goes on."""

    on_trial: Callable[[Trial], None] | None = of_model(
        None,
        "Called with each encoding on the way to a target.",
        "is for single models: a session has no target",
    )
    progress: Progress | None = of_file(
        None, "Called with the bytes of the model that are encoded, and with its size."
    )
    times: dict[str, float] | None = of_file(
        None, "Gets the seconds that each unit took to encode, by the names of its tensors."
    )


@dataclass(frozen=True, kw_only=True)
class SessionOptions:
    """How a session encodes updates."""

    base_depth: int = of_session(0, "put_node_depth of the base model.", LARGEST_ID - 1)
    device_id: int = of_session(0, "The device that encodes.", LARGEST_ID)
    parents: Literal["id", "sha256", "sha512"] = of_session(
        "id", "How updates name their parents: by id, or by a digest of the parent's payload."
    )
    temporal_contexts: bool = of_session(
        True, "Code levels with those of the parent as contexts, where that makes a unit smaller."
    )
    history: bool = of_session(
        True, "Use history-dependent probabilities, where that makes a unit smaller."
    )
    predictive: bool = of_session(
        False, "Code differences as residuals against those of the update before."
    )
    parent: Literal["own", "received", "auto", "mixed"] = of_session(
        "own",
        "What a device's updates are of: its own last model, the one that it received last, or "
        "the one of these that makes the update smaller; mixed: of the one received, with the "
        "levels of its own last update as contexts, for `nnc.Decoder.restart`.",
    )
    feedback: float = of_session(
        0.0,
        "Share, 0 to 1, of what an update leaves out that is added to the next model, where that "
        "starts from the decoded one.",
    )
    sparsity: float = of_session(
        0.0, "Share of a difference, its smallest values, that isn't sent: 0 to less than 1."
    )
    names: bool = of_session(
        True,
        "Name tensors in updates; without, sessions of nnc know them by their parents, and other "
        "decoders don't.",
    )
    slim: bool = of_session(
        False, "Keep values only between bitstreams: no contexts, history or predictions."
    )

    def __post_init__(self) -> None:
        """Refuse what no session can do.

        Raises:
            InputError: an option is out of its range.
        """
        check_options(self)
        if not 0 <= self.feedback <= 1:
            raise InputError(f"feedback must be a number from 0 to 1, not {self.feedback!r}")
        if not 0 <= self.sparsity < 1:
            raise InputError(f"sparsity must be from 0 to less than 1, not {self.sparsity!r}")


#: All tables, in the order of documentation.
TABLES: tuple[type, ...] = (
    EncoderOptions, Target, Structure, SessionOptions, Resources, Reports,
)  # fmt: skip
