"""Options of calls as types, which type checkers and editors know.

Made by docs/make_options.py from the tables of options; do not edit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from os import PathLike
from typing import Literal, TypedDict

from nnc.encoder.call.tables import Progress
from nnc.encoder.inputs.joined import Joined
from nnc.encoder.options.coding import CodebookChoice
from nnc.encoder.options.keywords import TensorKeywords
from nnc.encoder.options.steps import LayerParameters
from nnc.encoder.options.target import Evaluate, Trial
from nnc.encoder.options.tensor import TensorOptions
from nnc.encoder.units.block import Block
from nnc.model.batch_norm import BatchNorm
from nnc.model.calibration import Calibration
from nnc.model.information import ModelInformation
from nnc.model.limits import Limits
from nnc.model.performance_maps import PerformanceMaps
from nnc.model.pruning import Pruning
from nnc.model.topology import Quantization, Topology


class EveryKeywords(TypedDict, total=False):
    """Options of every call that encodes."""

    qp: int | None
    """Quantization parameter of tensors with more than one dimension: smaller is finer.  [-4096
    to 4095; default: a step that follows each tensor's scale; -32 with nonweight_qp]"""

    nonweight_qp: int | None
    """Quantization parameter of vectors and scalars.  [-4096 to 4095; default: likewise; -75
    with qp]"""

    tensor_qp: Mapping[str, int] | None
    """Quantization parameters by pattern of the name.  [-4096 to 4095]"""

    qp_density: int
    """The step doubles every 2^N steps of qp.  [0 to 7; default: 2]"""

    bit_depth: int | None
    """Bits of the levels, in place of `qp` and `nonweight_qp`.  [2 to 31]"""

    layer_parameters: Mapping[str, LayerParameters] | None
    """Quantization of some tensors apart from the model's, by pattern of the name."""

    keep: Sequence[str]
    """Patterns of names of float tensors that are stored as they are."""

    lossless: bool
    """Bring all float tensors back to the bit."""

    tensors: Mapping[str, TensorOptions | TensorKeywords] | None
    """Options of single tensors by pattern of the name, before all others."""

    effort: int
    """How hard to look for a small file: 0 is fastest, 3 smallest.  [0 to 3; default: 1]"""

    dq: bool | None
    """Dependent quantization by an 8-state trellis, which makes files smaller; else rounding.
    [default: yes; from effort 2 on, where a unit gets smaller at no larger error]"""

    codebook: CodebookChoice | None
    """Code float tensors by codebooks: true for tensors of at most 256 distinct levels, exact
    without loss, a number of entries, or auto.  [1 to 65536; default: auto, but below effort 2
    only tried where few values are distinct]"""

    scan_order: int | Literal["auto"] | None
    """0 codes row by row, 1 to 4 in blocks of 8, 16, 32 or 64; auto takes blocks for large
    tensors.  [0 to 4; default: blocks of 64 for large tensors where they take little, else
    0]"""

    row_skip: bool | None
    """Signal rows of zeros, where the syntax can (profile 1 only).  [default: where it makes a
    unit smaller]"""

    parameter_search: bool
    """Choose the initial state and speed of each context.  [default: yes]"""

    cabac_unary_length_minus1: int
    """Number of greater-than flags of a level, less one.  [0 to 255; default: 10]"""

    profile: int
    """Edition of the standard (general_profile_idc): 1 for the second, 0 for the first.  [0 to
    1; default: 1]"""

    metadata_unit: bool
    """Keep metadata and dtypes that the format can't say in a unit of our own.  [default:
    yes]"""

    references: bool
    """List the names of tensors once, and refer to them by number."""

    part_size: int | None
    """Cut payloads of more bytes over several units.  [1 to 2147483647]"""

    aggregates: Literal["all", "modules"] | None
    """Put units into aggregate units: those of all tensors, or those of each module."""

    out_of_band: Sequence[Literal["dimensions", "cabac_unary_length_minus1"]]
    """Elements to leave out of the bitstream, which its decoder must be given."""

    blocks: Sequence[Block] | Literal["auto"]
    """Code each weight with its bias and batch norm as one unit."""

    threads: int | None
    """Number of threads.  [default: one a processor]"""

    executor: Executor | None
    """A `concurrent.futures.Executor` to work in place of threads of our own."""


class ModelKeywords(EveryKeywords, total=False):
    """Options of calls that encode one model."""

    preset: Literal["archive", "balanced", "small"]
    """How much is lost where the steps follow the tensors: archive loses 18 dB less than
    balanced, small 24 dB more, or less where tensors are large.  [default: balanced]"""

    calibration: Calibration | str | PathLike[str] | None
    """Statistics of the layers' inputs, or a file of them: weights are coded so that the
    outputs lose least."""

    prune_rows: bool
    """Leave rows of zeros out of tensors, and say which in a pruning container."""

    fold_batch_norms: bool
    """Fold batch norms into local scaling and bias of the layers before them."""

    sparsify: float | None
    """Set small weights to zero: the share of all weights that is zero then."""

    sparsify_rows: float | None
    """Set rows to zero whose mean magnitude is below this share of their tensor's."""

    low_rank: float | str | None
    """Replace weights by two factors where these take fewer bytes: energy=0.98 (or just the
    number), mse=1e-6 or rank=8."""

    unify: float | None
    """Unify the magnitudes of weights in blocks of 2 x 2: the share of all blocks, those that
    change least."""

    target_size: int | str | None
    """Largest size of the bitstream: bytes, 10MB, or 10% (of what the tensors take)."""

    bits_per_value: float | None
    """Most bits of the bitstream for each value of all tensors."""

    target_mse: float | None
    """Largest mean squared error of all float values."""

    psnr: float | None
    """Smallest peak signal to noise ratio, in dB."""

    max_error: float | None
    """Largest error of a float value."""

    accuracy_drop: float | None
    """Largest loss of accuracy, in percentage points; needs evaluate."""

    evaluate: Evaluate | None
    """Function of the decoded tensors by name that returns the accuracy: a share (0 to 1), or
    in percent."""

    sensitivity: Literal["none", "error", "scale", "callback"]
    """Which weights get finer steps than others: by error and by scale those of small values,
    by callback those whose coarse quantization lets evaluate fall.  [default: none]"""

    joins: Sequence[Joined]
    """Code tensors as one, along a dimension of theirs."""

    batch_norms: Mapping[str, BatchNorm] | None
    """Batch norms folded into layers, by the name of the weight; decoders unfold them."""

    topology: Topology | None
    """Structure of the network, to be carried beside the tensors."""

    quantization: Quantization | None
    """How the network's own format quantizes, likewise."""

    pruning: Pruning | Sequence[Pruning]
    """What was left out of the tensors before, likewise."""

    performance_maps: PerformanceMaps | None
    """Performance of the model, as it is and thinned out further."""

    base_model_id: str | None
    """Name of the model that this one is an update of."""

    information: ModelInformation | None
    """What to tell of the model, in place of the four before."""

    profile_set: str | None
    """Keep to a set of features: the name of one that comes along, or a file of yours."""

    on_trial: Callable[[Trial], None] | None
    """Called with each encoding on the way to a target."""


class EncodeKeywords(ModelKeywords, total=False):
    """Options of `nnc.encode`."""

    metadata: Mapping[str, str] | None
    """Key-value pairs to be kept with the model."""


class SaveFileKeywords(ModelKeywords, total=False):
    """Options of `nnc.save_file`."""


class EncodeFileKeywords(ModelKeywords, total=False):
    """Options of `nnc.encode_file`."""

    metadata: Mapping[str, str] | None
    """Key-value pairs to be kept with the model."""

    allow_empty: bool
    """Encode a model file in which there are no tensors, too."""

    drop: Sequence[str]
    """Patterns of names of tensors that are left out."""

    max_unpacked: int | None
    """Bytes that a packed model file may unpack to, however small it is.  [default: 256MiB]"""

    memory: int | None
    """Bytes that tensors worked on at once may take, about.  [default: 160MiB a worker]"""

    progress: Progress | None
    """Called with the bytes of the model that are encoded, and with its size."""

    times: dict[str, float] | None
    """Gets the seconds that each unit took to encode, by the names of its tensors."""


class EncoderKeywords(EveryKeywords, total=False):
    """Options of `nnc.Encoder`."""

    metadata: Mapping[str, str] | None
    """Key-value pairs to be kept with the model."""

    base_depth: int
    """put_node_depth of the base model.  [0 to 18446744073709551614; default: 0]"""

    device_id: int
    """The device that encodes.  [0 to 18446744073709551615; default: 0]"""

    parents: Literal["id", "sha256", "sha512"]
    """How updates name their parents: by id, or by a digest of the parent's payload.  [default:
    id]"""

    temporal_contexts: bool
    """Code levels with those of the parent as contexts, where that makes a unit smaller.
    [default: yes]"""

    history: bool
    """Use history-dependent probabilities, where that makes a unit smaller.  [default: yes]"""

    predictive: bool
    """Code differences as residuals against those of the update before."""

    parent: Literal["own", "received", "auto", "mixed"]
    """What a device's updates are of: its own last model, the one that it received last, or the
    one of these that makes the update smaller; mixed: of the one received, with the levels of
    its own last update as contexts, for `nnc.Decoder.restart`.  [default: own]"""

    feedback: float
    """Share, 0 to 1, of what an update leaves out that is added to the next model, where that
    starts from the decoded one.  [default: 0.0]"""

    sparsity: float
    """Share of a difference, its smallest values, that isn't sent: 0 to less than 1.  [default:
    0.0]"""

    names: bool
    """Name tensors in updates; without, sessions of nnc know them by their parents, and other
    decoders don't.  [default: yes]"""

    slim: bool
    """Keep values only between bitstreams: no contexts, history or predictions."""

    limits: Limits | None
    """What to accept of bitstreams that others encoded.  [default: those of nnc.Limits]"""
