"""Encoding a whole model: tensors to a bitstream (clauses 6.2.3, 9.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from nnc.bitio import InputError
from nnc.bitstream import Bitstream, Unit
from nnc.decoder.metadata import Metadata
from nnc.decoder.topology import Topology
from nnc.decoder.workers import workers
from nnc.encoder.arrangement import arrange
from nnc.encoder.block import Block, blocks_by_name, check_block, encode_block, names_of
from nnc.encoder.joined import Joined, join_all
from nnc.encoder.layer import encode_separately
from nnc.encoder.layer_parameters import (
    Grouping,
    ParameterGroup,
    group_tensors,
    layer_parameter_set,
)
from nnc.encoder.options import EncoderOptions
from nnc.encoder.preparation import PreparedTensor, prepare_all, with_format, with_row_axis
from nnc.encoder.quantization_plan import QuantizationPlan
from nnc.encoder.tensor import Lineage, encode_floats, encode_integers, encode_raw
from nnc.syntax import (
    NnrModelParameterSetUnitHeader,
    NnrModelParameterSetUnitPayload,
    NnrStartUnitHeader,
    NnrUnitHeader,
    NnrUnitType,
    QuantizationMethod,
)


def encode_model(
    tensors: Mapping[str, Any],
    options: EncoderOptions,
    *,
    blocks: Sequence[Block] | Literal["auto"] = (),
    joins: Sequence[Joined] = (),
    topology: Topology | None = None,
    row_axes: Mapping[str, int] | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
) -> Bitstream:
    """Encode the tensors of a model, in their order.

    Args:
        tensors: arrays by name.
        options: how.
        blocks: layers to be coded as one unit each; `auto` finds them by the names.
        joins: tensors to be coded as one.
        topology: the structure of the network, to be carried beside the tensors.
        row_axes: for tensors whose rows (output channels) aren't their first dimension, which
            one they are; profile 0 can't say so and takes the first.
        threads: number of threads; None for one a processor.
        executor: used in place of threads of our own.

    Returns:
        A bitstream of start unit, model parameter set, metadata unit (where there is something
        that the format can't say) and a compressed data unit for each tensor. It is the same
        whatever the number of threads.

    Raises:
        InputError: a tensor that can't be coded, or not without a metadata unit.
    """
    prepared = [
        as_wanted(tensor, options)
        for tensor in prepare_all(tensors, row_axes if options.profile == 1 else None)
    ]
    layers = chosen_blocks(prepared, blocks, joins)
    return encode_prepared(
        prepared,
        options,
        blocks=layers,
        joins=joins,
        topology=topology,
        threads=threads,
        executor=executor,
    )


def as_wanted(tensor: PreparedTensor, options: EncoderOptions) -> PreparedTensor:
    """Give a tensor the format and the row axis that the options want for it.

    Raises:
        InputError: it can't have the format.
    """
    said = options.said_of(tensor.name)
    tensor = with_format(tensor, said.get("data_format"))
    axis = said.get("row_axis")
    if axis is None or axis >= tensor.values.ndim:
        return tensor
    return with_row_axis(tensor, axis)


def chosen_blocks(
    prepared: list[PreparedTensor],
    blocks: Sequence[Block] | Literal["auto"],
    joins: Sequence[Joined] = (),
) -> list[Block]:
    """Give the layers to be coded as blocks, checked.

    Raises:
        InputError: a block whose tensors don't make up a layer, or a tensor in two of them.
    """
    tensors = {tensor.name: tensor for tensor in prepared}
    if blocks == "auto":
        joined = {name for join in joins for name in join.names}
        plain = {
            name: tensor
            for name, tensor in tensors.items()
            if not tensor.is_integer
            and tensor.data_format is None
            and tensor.values.size
            and name not in joined
        }
        return blocks_by_name(plain)
    for block in blocks:
        check_block(block, tensors)
    names_of(blocks)
    return list(blocks)


def encode_prepared(
    prepared: list[PreparedTensor],
    options: EncoderOptions,
    *,
    blocks: Sequence[Block] = (),
    joins: Sequence[Joined] = (),
    lineages: Sequence[Lineage | None] | None = None,
    update: bool = False,
    predictive: bool = False,
    topology: Topology | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
) -> Bitstream:
    """Encode prepared tensors; the rest as for `encode_model`.

    Args:
        prepared: the tensors.
        options: how.
        blocks: layers to be coded as one unit each, checked.
        joins: tensors to be coded as one; not those of blocks, nor with lineages.
        lineages: for each tensor which node of the parameter update tree it is, if any.
        update: the bitstream updates another model: parents are signalled.
        predictive: the differences are residuals against those of the update before.
        topology: the structure of the network, to be carried beside the tensors.
        threads: number of threads; None for one a processor.
        executor: used in place of threads of our own.
    """
    named = {name for block in blocks for name in block.names}
    whole = join_all(prepared, joins, named)
    grouping = group_tensors(whole, options, [(block.weight, block.names) for block in blocks])
    size = sum(tensor.values.nbytes for tensor in whole)
    jobs = jobs_of(whole, blocks, grouping, lineages)
    with workers(threads, executor, size) as work:
        coded = list(work.map(encode_job, jobs))
    mps = parameter_set_unit(whole, grouping, options, update=update, predictive=predictive)
    structure = [] if topology is None else topology.to_units()
    if structure:
        mps.payload.topology_carriage_flag = 1  # type: ignore[union-attr]
    head = [start_unit(options), mps, *structure, *metadata_units(prepared, options)]
    return Bitstream(
        arrange(head, with_parameter_sets(jobs, coded, grouping.groups[0].plan), options)
    )


def with_parameter_sets(
    jobs: Sequence[Job], coded: Sequence[list[Unit]], model: QuantizationPlan
) -> list[Unit]:
    """Give the units of all jobs, and a layer parameter set wherever another comes into force.

    Args:
        jobs: what the units were made of.
        coded: the units of each job.
        model: the plan that the model parameter set says.
    """
    in_force = model.qp_density, model.base
    units: list[Unit] = []
    for job, own in zip(jobs, coded, strict=True):
        plan = job.group.plan
        wanted = plan.qp_density, plan.base
        if job.quantized and wanted != in_force:
            units.append(layer_parameter_set(*wanted))
            in_force = wanted
        units += own
    return units


def metadata_units(tensors: list[PreparedTensor], options: EncoderOptions) -> list[Unit]:
    """Give the metadata unit, if there is anything to be put in it.

    Raises:
        InputError: there is something that can't be left out, and it shall be.
    """
    notes = {tensor.name: tensor.note for tensor in tensors if tensor.note is not None}
    metadata = Metadata(notes, dict(options.metadata))
    if options.metadata_unit:
        return [metadata.to_unit()] if metadata else []
    for name, note in notes.items():
        if note.changes_values:
            raise InputError(
                f"tensor {name!r} holds integers beyond 32 bits, which only a metadata unit "
                "can tell a decoder how to read"
            )
    return []


class Job(NamedTuple):
    """What makes one unit, or those of one layer.

    Attributes:
        tensors: the tensors in it by name.
        group: their parameter set.
        block: the layer that they are, if it is coded as one.
        lineage: which node of the parameter update tree it is, if any.
    """

    tensors: dict[str, PreparedTensor]
    group: ParameterGroup
    block: Block | None = None
    lineage: Lineage | None = None

    @property
    def quantized(self) -> bool:
        """Whether a quantization parameter is in it."""
        return any(self.group.plan.qps.get(name) is not None for name in self.tensors)


def jobs_of(
    prepared: list[PreparedTensor],
    blocks: Sequence[Block],
    grouping: Grouping,
    lineages: Sequence[Lineage | None] | None,
) -> list[Job]:
    """Give the units to be made, a block where the first of its tensors stands.

    A layer of which a tensor has to be stored as it is can't be a block.
    """
    tensors = {tensor.name: tensor for tensor in prepared}
    qps = grouping.qps
    block_of = {
        name: block
        for block in blocks
        if all(qps.get(name) is not None for name in block.names)
        for name in block.names
    }
    result, done = [], set()
    for tensor, lineage in zip(prepared, lineages or [None] * len(prepared), strict=True):
        block = block_of.get(tensor.name)
        group = grouping.groups[grouping.numbers[tensor.name]]
        if block is None:
            result.append(Job({tensor.name: tensor}, group, lineage=lineage))
        elif block.weight not in done:
            done.add(block.weight)
            result.append(Job({name: tensors[name] for name in block.names}, group, block))
    return result


def encode_job(job: Job) -> list[Unit]:
    """Encode one unit, or those of one layer, as the plan says."""
    options, plan = job.group.options, job.group.plan
    if job.block is None:
        (tensor,) = job.tensors.values()
        options = options.for_tensor(tensor.name)
        if tensor.row_axis:
            # The syntax counts entry points by the first dimension.
            options = replace(options, scan_order=0)
        return [encode_tensor(tensor, plan, options, job.lineage)]
    qps = {name: qp for name, qp in plan.qps.items() if qp is not None}
    options = options.for_tensor(job.block.weight)
    if job.block.separate:
        return encode_separately(job.block, job.tensors, qps, plan.base, options)
    return [encode_block(job.block, job.tensors, qps, plan.base, options)]


def encode_tensor(
    tensor: PreparedTensor,
    plan: QuantizationPlan,
    options: EncoderOptions,
    lineage: Lineage | None = None,
) -> Unit:
    """Encode one tensor as the plan says."""
    if tensor.row_axis:
        # Block rows are counted along the first dimension, whatever the rows are.
        options = replace(options, scan_order=0)
    if tensor.is_integer:
        return encode_integers(tensor, options, lineage)
    qp = plan.qps[tensor.name]
    if qp is None:
        # Stored values stand in the order of the tensor's own dimensions.
        return encode_raw(tensor.by_rows_of(0), options, lineage)
    return encode_floats(tensor, qp, plan.base, options, lineage)


def start_unit(options: EncoderOptions) -> Unit:
    """Give the unit that starts a bitstream."""
    return Unit(
        NnrUnitHeader(
            nnr_unit_type=NnrUnitType.NNR_STR,
            independently_decodable_flag=1,
            partial_data_counter_present_flag=0,
            nnr_start_unit_header=NnrStartUnitHeader(general_profile_idc=options.profile),
        )
    )


def parameter_set_unit(
    tensors: list[PreparedTensor],
    grouping: Grouping,
    options: EncoderOptions,
    *,
    update: bool,
    predictive: bool,
) -> Unit:
    """Give the model parameter set."""
    plan, qps = grouping.groups[0].plan, grouping.qps
    coded = any(tensor.is_integer or qps[tensor.name] is not None for tensor in tensors)
    payload = NnrModelParameterSetUnitPayload(
        topology_carriage_flag=0,
        mps_sparsification_flag=0,
        mps_pruning_flag=0,
        mps_unification_flag=0,
        mps_decomposition_performance_map_flag=0,
        mps_quantization_method_flags=int(coded and QuantizationMethod.NNR_QSU),
        mps_topology_indexed_reference_flag=0,
    )
    if options.profile == 1:
        payload.base_model_id_present_flag = 0
        payload.validation_set_performance_present_flag = 0
        payload.metric_type_performance_map_valid_flag = 0
        payload.mps_parent_signalling_enabled_flag = int(update)
        if update:
            payload.nnr_pre_flag = int(predictive)
        else:
            payload.nnr_reserved_zero_1bit = 0
        payload.nnr_reserved_zero_2bits = 0
    else:
        payload.nnr_reserved_zero_7bits = 0
    if coded:
        payload.mps_qp_density = plan.qp_density
        payload.mps_quantization_parameter = plan.base
    return Unit(
        NnrUnitHeader(
            nnr_unit_type=NnrUnitType.NNR_MPS,
            independently_decodable_flag=1,
            partial_data_counter_present_flag=0,
            nnr_model_parameter_set_unit_header=NnrModelParameterSetUnitHeader(),
        ),
        payload,
    )
