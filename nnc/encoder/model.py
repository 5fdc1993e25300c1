"""Encoding a whole model: tensors to a bitstream (clauses 6.2.3, 9.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal, NamedTuple

from nnc.bitio import InputError
from nnc.bitio.caution import EncodingWarning, warn
from nnc.bitstream import Bitstream, Unit
from nnc.decoder.workers import DEFAULTS, Call, Resources, in_order
from nnc.encoder.inputs.joined import Joined, join_all
from nnc.encoder.inputs.preparation import PreparedTensor, check_name
from nnc.encoder.inputs.reading import ArrayInputs, Inputs, outlines
from nnc.encoder.inputs.row_pruning import LeftOut, PrunedInputs
from nnc.encoder.inputs.ties import UntiedInputs, wanted_ties
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization.loss import Losses, destroyed
from nnc.encoder.quantization.plan import QuantizationPlan
from nnc.encoder.units.arrangement import arrange, is_plain
from nnc.encoder.units.block import Block, check_block, names_of
from nnc.encoder.units.head import parameter_set, parameter_set_unit_of, start_unit
from nnc.encoder.units.header import Lineage
from nnc.encoder.units.jobs import Coded, Job, encode_job, jobs_of
from nnc.encoder.units.layer_names import layers_by_name
from nnc.encoder.units.layer_parameters import (
    Grouping,
    group_tensors,
    layer_parameter_set,
)
from nnc.encoder.units.supply import Supply
from nnc.model.batch_norm import BatchNorm
from nnc.model.information import ModelInformation
from nnc.model.metadata import Metadata
from nnc.model.planes import NOISE_SUFFIX
from nnc.model.ties import Tie
from nnc.model.topology import Topology
from nnc.syntax import QuantizationMethod

#: Tensors that a warning names.
MOST_NAMED = 5


def encode_model(
    tensors: Mapping[str, Any],
    options: EncoderOptions,
    resources: Resources = DEFAULTS,
    *,
    blocks: Sequence[Block] | Literal["auto"] = (),
    joins: Sequence[Joined] = (),
    topology: Topology | None = None,
    information: ModelInformation | None = None,
    row_axes: Mapping[str, int] | None = None,
    times: dict[str, float] | None = None,
    losses: Losses | None = None,
    depths: Mapping[str, float] | None = None,
    batch_norms: Mapping[str, BatchNorm] | None = None,
) -> Bitstream:
    """Encode the tensors of a model, in their order.

    Args:
        tensors: arrays by name.
        options: how.
        resources: who works, and in how much memory.
        blocks: layers to be coded as one unit each; `auto` finds them by the names.
        joins: tensors to be coded as one.
        topology: the structure of the network, to be carried beside the tensors.
        information: what else to tell of the model.
        row_axes: for tensors whose rows (output channels) aren't their first dimension, which
            one they are; profile 0 can't say so and takes the first.
        times: gets the seconds that each unit took to encode, by the names of its tensors.
        losses: gets what quantization took of each tensor, by name.
        depths: where tensors stand on the way from inputs (0) to outputs (1), where known.
        batch_norms: those that were folded into layers, by the name of the weight, to be noted.

    Returns:
        A bitstream of start unit, model parameter set, metadata unit (where there is something
        that the format can't say) and a compressed data unit for each tensor. It is the same
        whatever the number of threads.

    Raises:
        InputError: a tensor that can't be coded, or not without a metadata unit.
    """
    return Bitstream(
        encode_units(
            tensors,
            options,
            resources,
            blocks=blocks,
            joins=joins,
            topology=topology,
            information=information,
            row_axes=row_axes,
            times=times,
            losses=losses,
            depths=depths,
            batch_norms=batch_norms,
        )
    )


def encode_units(
    tensors: Mapping[str, Any] | Inputs,
    options: EncoderOptions,
    resources: Resources = DEFAULTS,
    *,
    blocks: Sequence[Block] | Literal["auto"] = (),
    joins: Sequence[Joined] = (),
    topology: Topology | None = None,
    information: ModelInformation | None = None,
    row_axes: Mapping[str, int] | None = None,
    advance: Callable[[int], None] | None = None,
    times: dict[str, float] | None = None,
    losses: Losses | None = None,
    depths: Mapping[str, float] | None = None,
    batch_norms: Mapping[str, BatchNorm] | None = None,
) -> Iterator[Unit]:
    """Encode a model unit by unit: only the tensors that are worked on are in memory.

    They are looked through before, for what the units at the beginning have to say; tensors to
    be joined are kept from then on. Where units are arranged (references, parts, aggregates,
    elements left out), the first comes when all are coded.

    Args:
        tensors: arrays by name, or a model that is read tensor by tensor.
        options: how.
        resources: who works, and in how much memory.
        blocks: layers to be coded as one unit each; `auto` finds them by the names.
        joins: tensors to be coded as one.
        topology: the structure of the network, to be carried beside the tensors.
        information: what else to tell of the model.
        row_axes: as for `encode_model`.
        advance: called with a number of bytes of the model when they are encoded.
        times: gets the seconds that each unit took to encode, by the names of its tensors.
        losses: gets what quantization took of each tensor, by name.
        depths: as for `encode_model`.
        batch_norms: likewise.

    Yields:
        The units in order, as for `encode_model`.

    Raises:
        InputError: a tensor that can't be coded, or not without a metadata unit.

    Warns:
        EncodingWarning: as for `plan_quantization`; a pattern fits no name; or nearly nothing
            is left of a tensor.
    """
    inputs = tensors if isinstance(tensors, Inputs) else ArrayInputs(tensors)
    axes = (row_axes or {}) if options.profile == 1 else {}
    check_names(inputs, options)
    alone = {name for join in joins for name in join.names}
    alone |= {name for one in blocks if isinstance(one, Block) for name in one.names}
    if options.lossless:
        taken = {name for name in inputs.tensors if name + NOISE_SUFFIX in inputs.tensors}
        options = replace(options, bound=alone | taken)
    ties = wanted_ties(inputs.ties, inputs.tensors, options, alone)
    inputs = UntiedInputs(inputs, ties)
    pruned: PrunedInputs | None = None
    if options.prune_rows:
        if information is not None and information.prunings:
            raise InputError("prune_rows writes a pruning container of its own: don't pass another")
        inputs = pruned = without_zero_rows(inputs, options, axes, blocks, joins)
    supply = Supply(inputs, options, axes, joins, resources, ties)
    found: Losses = {} if losses is None else losses
    with resources.workers(sum(supply.sizes.values())) as work:
        prepared = list(outlines(inputs, options, axes, work))
        model = plan_model(
            [supply.prepared(one.name) if one.name in supply.joined else one for one in prepared],
            options,
            blocks=chosen_blocks(prepared, blocks, joins),
            joins=joins,
            topology=topology,
            information=information,
            pruned=pruned,
            read=supply.prepared,
            depths=depths,
            ties=ties,
            batch_norms=batch_norms,
        )
        coded = zip(model.jobs, supply.coded(model.jobs, work), strict=True)
        units = (noted(one, job, times, found) for job, one in coded)
        yield from model.units(units, options, partial(supply.finished, advance=advance))
    warn_of_losses(found)


def check_names(inputs: Inputs, options: EncoderOptions) -> None:
    """Refuse names that can't be coded.

    Raises:
        InputError: there is one.

    Warns:
        EncodingWarning: a pattern of the options fits no name, or the calibration.
    """
    for name in inputs.tensors:
        check_name(name)
    options.warn_of_unused(inputs.tensors)


def warn_of_losses(losses: Losses, advice: str = "a smaller qp makes their steps finer") -> None:
    """Name the tensors of which quantization left nearly nothing.

    Args:
        losses: what it took of each.
        advice: what to do.

    Warns:
        EncodingWarning: there are some.
    """
    found = destroyed(losses)
    if not found:
        return
    shown = [
        f"{name!r} ({snr:.1f} dB)" if snr > 0 else repr(name)
        for name, snr in list(found.items())[:MOST_NAMED]
    ]
    more = f" and {len(found) - len(shown)} more" if len(found) > len(shown) else ""
    warn(
        f"of {len(found)} of {len(losses)} quantized tensors nearly nothing is left: "
        f"{', '.join(shown)}{more}; {advice}",
        EncodingWarning,
    )


def without_zero_rows(
    inputs: Inputs,
    options: EncoderOptions,
    row_axes: Mapping[str, int],
    blocks: Sequence[Block] | Literal["auto"],
    joins: Sequence[Joined],
) -> PrunedInputs:
    """Leave rows of zeros out of tensors, but those of blocks and of joined tensors."""
    axes = {
        name: options.row_axis_of(name, len(shape), row_axes.get(name, 0))
        for name, (shape, _) in inputs.tensors.items()
    }
    layers: Sequence[Block] = () if isinstance(blocks, str) else blocks
    whole = names_of(layers) | {name for join in joins for name in join.names}
    return PrunedInputs(inputs, axes, whole)


def chosen_blocks(
    prepared: list[PreparedTensor],
    blocks: Sequence[Block] | Literal["auto"],
    joins: Sequence[Joined] = (),
) -> list[Block]:
    """Return the layers to be coded as blocks, checked.

    Raises:
        InputError: a block whose tensors don't make up a layer, or a tensor in two of them.
    """
    tensors = {tensor.name: tensor for tensor in prepared}
    if isinstance(blocks, str) and blocks != "auto":
        raise InputError(f"blocks must be a list of nnc.Block, or auto, not {blocks!r}")
    if blocks == "auto":
        joined = {name for join in joins for name in join.names}
        shapes = {
            name: tensor.values.shape
            for name, tensor in tensors.items()
            if not tensor.is_integer
            and not tensor.stored
            and not (tensor.note is not None and tensor.note.changes_values)
            and tensor.data_format is None
            and tensor.values.size
            and name not in joined
        }
        return layers_by_name(
            {name: shape[0] for name, shape in shapes.items() if len(shape) == 1},
            {name: shape[0] for name, shape in shapes.items() if len(shape) > 1},
        )
    for block in blocks:
        check_block(block, tensors)
    names_of(blocks)
    return list(blocks)


def encode_prepared(
    prepared: list[PreparedTensor],
    options: EncoderOptions,
    resources: Resources = DEFAULTS,
    *,
    blocks: Sequence[Block] = (),
    lineages: Mapping[str, Lineage] | None = None,
    update: bool = False,
    predictive: bool = False,
    information: ModelInformation | None = None,
    ties: Mapping[str, Tie] | None = None,
) -> Bitstream:
    """Encode prepared tensors; the rest as for `encode_model`.

    Args:
        prepared: the tensors.
        options: how.
        resources: who works, and in how much memory.
        blocks: layers to be coded as one unit each, checked.
        lineages: by name of the tensor which node of the parameter update tree it is, if any.
        update: the bitstream updates another model: parents are signalled.
        predictive: the differences are residuals against those of the update before.
        information: what else to tell of the model.
        ties: names of tensors that are others under another name.
    """
    model = plan_model(
        prepared,
        options,
        blocks=blocks,
        lineages=lineages,
        update=update,
        predictive=predictive,
        information=information,
        ties=ties,
    )
    calls = (Call((job.alone(),), 2 * job.nbytes) for job in model.jobs)
    with resources.workers(sum(job.nbytes for job in model.jobs)) as work:
        return Bitstream(model.units(in_order(work, encode_job, calls), options))


class ModelPlan(NamedTuple):
    """What is known of a bitstream before its tensors are coded.

    Attributes:
        head: start unit, model parameter set, structure, metadata.
        jobs: what makes the other units.
        model: the plan that the model parameter set says.
    """

    head: list[Unit]
    jobs: list[Job]
    model: QuantizationPlan

    def units(
        self,
        coded: Iterable[list[Unit]],
        options: EncoderOptions,
        finished: Callable[[Job], None] | None = None,
    ) -> Iterator[Unit]:
        """Yield all units of the bitstream.

        Args:
            coded: the units of each job.
            options: how they are arranged.
            finished: called when the units of a job aren't needed any more.
        """
        units = with_parameter_sets(self.jobs, coded, self.model, finished)
        if is_plain(options):
            yield from self.head
            yield from units
        else:
            yield from arrange(self.head, list(units), options)


def plan_model(
    prepared: list[PreparedTensor],
    options: EncoderOptions,
    *,
    blocks: Sequence[Block] = (),
    joins: Sequence[Joined] = (),
    lineages: Mapping[str, Lineage] | None = None,
    update: bool = False,
    predictive: bool = False,
    topology: Topology | None = None,
    information: ModelInformation | None = None,
    pruned: PrunedInputs | None = None,
    read: Callable[[str], PreparedTensor] | None = None,
    depths: Mapping[str, float] | None = None,
    ties: Mapping[str, Tie] | None = None,
    batch_norms: Mapping[str, BatchNorm] | None = None,
) -> ModelPlan:
    """Plan a bitstream; arguments as for `encode_units` and `encode_prepared`."""
    named = {name for block in blocks for name in block.names}
    whole = join_all(prepared, joins, named)
    together = [(block.weight, block.names) for block in blocks]
    bound = frozenset(name for block in blocks if block.is_binding for name in block.names)
    grouping = group_tensors(
        whole, options, together, read, update=update, depths=depths, bound=bound
    )
    jobs = jobs_of(whole, blocks, grouping, lineages or {})
    left_out = LeftOut()
    if pruned is not None:
        left_out = pruned.left_out(element for job in jobs for element in job.elements)
    mps = parameter_set_unit(whole, grouping, options, update=update, predictive=predictive)
    structure = [] if topology is None else topology.to_units()
    if topology is not None:
        mps.payload.topology_carriage_flag = 1  # type: ignore[union-attr]
    if left_out.pruning is not None:
        information = replace(information or ModelInformation(), prunings=(left_out.pruning,))
    if information is not None:
        information.set_in(mps.payload)  # type: ignore[arg-type]
        structure += information.units()
    notes = metadata_units(prepared, grouping.qps, options, left_out, ties or {}, batch_norms or {})
    head = [start_unit(options), mps, *structure, *notes]
    return ModelPlan(head, jobs, grouping.groups[0].plan)


def with_parameter_sets(
    jobs: Sequence[Job],
    coded: Iterable[list[Unit]],
    model: QuantizationPlan,
    finished: Callable[[Job], None] | None = None,
) -> Iterator[Unit]:
    """Yield the units of all jobs, and a layer parameter set wherever another comes into force.

    Args:
        jobs: what the units were made of.
        coded: the units of each job.
        model: the plan that the model parameter set says.
        finished: called when the units of a job aren't needed any more.
    """
    in_force = model.qp_density, model.base
    for job, own in zip(jobs, coded, strict=True):
        plan = job.group.plan
        wanted = plan.qp_density, plan.base
        if job.quantized and wanted != in_force:
            yield layer_parameter_set(*wanted)
            in_force = wanted
        yield from own
        if finished is not None:
            finished(job)


def metadata_units(
    tensors: list[PreparedTensor],
    qps: Mapping[str, int | None],
    options: EncoderOptions,
    left_out: LeftOut,
    ties: Mapping[str, Tie],
    batch_norms: Mapping[str, BatchNorm],
) -> list[Unit]:
    """Return the metadata unit, if there is anything to be put in it.

    Args:
        tensors: the tensors, with what is to be noted of each.
        qps: by name of a tensor of floats its quantization parameter; None: it is stored as it is.
        options: metadata of the model, and whether to write the unit.
        left_out: what is to be noted of rows that aren't in the bitstream.
        ties: names of tensors that are others under another name.
        batch_norms: those that were folded into layers, by the name of the weight.

    Raises:
        InputError: there is something that can't be left out, and it shall be.
    """
    notes = {tensor.name: tensor.note for tensor in tensors if tensor.note is not None}
    full_dimensions = dict(left_out.full_dimensions)
    metadata = Metadata(
        notes,
        dict(options.metadata),
        full_dimensions,
        len(tensors) + sum(note.is_planes for note in notes.values()),
        dict(ties),
        dict(batch_norms),
    )
    if options.metadata_unit:
        return [metadata.to_unit()] if metadata else []
    for name, note in notes.items():
        if note.changes_values:
            raise InputError(
                f"tensor {name!r} holds integers beyond 32 bits or complex numbers, which only a "
                "metadata unit can tell a decoder how to read"
            )
    for tensor in tensors:
        full = left_out.full_dimensions.get(tensor.name)
        is_stored = not tensor.is_integer and qps.get(tensor.name) is None
        if full is not None and full.row_axis and is_stored:
            raise InputError(
                f"rows are left out of tensor {tensor.name!r}, which is stored unchanged: only a "
                f"metadata unit can say that they are its dimension {full.row_axis}"
            )
    return []


def noted(one: Coded, job: Job, times: dict[str, float] | None, losses: Losses) -> list[Unit]:
    """Return the units of a job, and note how long it took and what was lost."""
    if times is not None:
        times.update(dict.fromkeys(job.names, one.seconds))
    losses |= one.losses
    return one.units


def parameter_set_unit(
    tensors: list[PreparedTensor],
    grouping: Grouping,
    options: EncoderOptions,
    *,
    update: bool,
    predictive: bool,
) -> Unit:
    """Return the model parameter set."""
    plan, qps = grouping.groups[0].plan, grouping.qps
    coded = any(tensor.is_integer or qps[tensor.name] is not None for tensor in tensors)
    payload = parameter_set(options, update=update, predictive=predictive)
    payload.mps_quantization_method_flags = int(coded and QuantizationMethod.NNR_QSU)
    if coded:
        payload.mps_qp_density = plan.qp_density
        payload.mps_quantization_parameter = plan.base
    return parameter_set_unit_of(payload)
