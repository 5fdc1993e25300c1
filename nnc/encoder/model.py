"""Encoding a whole model: tensors to a bitstream (clauses 6.2.3, 9.3)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import Any, Literal, NamedTuple

from nnc.bitio import InputError
from nnc.bitstream import Bitstream, Unit
from nnc.decoder.information import ModelInformation
from nnc.decoder.metadata import Metadata
from nnc.decoder.topology import Topology
from nnc.decoder.workers import Call, Workers, in_order, room_for, workers
from nnc.encoder.arrangement import arrange, is_plain
from nnc.encoder.block import Block, blocks_by_name, check_block, encode_block, names_of
from nnc.encoder.choice import TRYING_EFFORT
from nnc.encoder.head import parameter_set, parameter_set_unit_of, start_unit
from nnc.encoder.inputs import (
    ArrayInputs,
    GivenTensor,
    Inputs,
    byte_size,
    memory_for,
    outlines,
)
from nnc.encoder.joined import Joined, join_all
from nnc.encoder.layer import encode_separately
from nnc.encoder.layer_parameters import (
    Grouping,
    ParameterGroup,
    group_tensors,
    layer_parameter_set,
)
from nnc.encoder.options import EncoderOptions
from nnc.encoder.preparation import PreparedTensor, check_name
from nnc.encoder.quantization_plan import QuantizationPlan
from nnc.encoder.row_pruning import LeftOut, PrunedInputs
from nnc.encoder.segments import helped_by
from nnc.encoder.tensor import Lineage, encode_floats, encode_integers, encode_raw
from nnc.encoder.trying import fewest_bytes, scan_orders
from nnc.syntax import (
    QuantizationMethod,
)


def encode_model(
    tensors: Mapping[str, Any],
    options: EncoderOptions,
    *,
    blocks: Sequence[Block] | Literal["auto"] = (),
    joins: Sequence[Joined] = (),
    topology: Topology | None = None,
    information: ModelInformation | None = None,
    row_axes: Mapping[str, int] | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    times: dict[str, float] | None = None,
) -> Bitstream:
    """Encode the tensors of a model, in their order.

    Args:
        tensors: arrays by name.
        options: how.
        blocks: layers to be coded as one unit each; `auto` finds them by the names.
        joins: tensors to be coded as one.
        topology: the structure of the network, to be carried beside the tensors.
        information: what else to tell of the model.
        row_axes: for tensors whose rows (output channels) aren't their first dimension, which
            one they are; profile 0 can't say so and takes the first.
        threads: number of threads; None for one a processor.
        executor: used in place of threads of our own.
        times: gets the seconds that each unit took to encode, by the names of its tensors.

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
            blocks=blocks,
            joins=joins,
            topology=topology,
            information=information,
            row_axes=row_axes,
            threads=threads,
            executor=executor,
            times=times,
        )
    )


def encode_units(
    tensors: Mapping[str, Any] | Inputs,
    options: EncoderOptions,
    *,
    blocks: Sequence[Block] | Literal["auto"] = (),
    joins: Sequence[Joined] = (),
    topology: Topology | None = None,
    information: ModelInformation | None = None,
    row_axes: Mapping[str, int] | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    memory: int | None = None,
    advance: Callable[[int], None] | None = None,
    times: dict[str, float] | None = None,
) -> Iterator[Unit]:
    """Encode a model unit by unit: only the tensors that are worked on are in memory.

    They are looked through before, for what the units at the beginning have to say; tensors to
    be joined are kept from then on. Where units are arranged (references, parts, aggregates,
    elements left out), the first comes when all are coded.

    Args:
        tensors: arrays by name, or a model that is read tensor by tensor.
        options: how.
        blocks: layers to be coded as one unit each; `auto` finds them by the names.
        joins: tensors to be coded as one.
        topology: the structure of the network, to be carried beside the tensors.
        information: what else to tell of the model.
        row_axes: as for `encode_model`.
        threads: number of threads; None for one a processor.
        executor: used in place of threads of our own.
        memory: bytes that tensors worked on at the same time may take, about; None: 160 MiB
            for each worker. A tensor that takes more is worked on alone.
        advance: called with a number of bytes of the model when they are encoded.
        times: gets the seconds that each unit took to encode, by the names of its tensors.

    Yields:
        The units in order, as for `encode_model`.

    Raises:
        InputError: a tensor that can't be coded, or not without a metadata unit.
    """
    inputs = tensors if isinstance(tensors, Inputs) else ArrayInputs(tensors)
    axes = (row_axes or {}) if options.profile == 1 else {}
    for name in inputs.tensors:
        check_name(name)
    pruned: PrunedInputs | None = None
    if options.prune_rows:
        if information is not None and information.prunings:
            raise InputError("prune_rows writes a pruning container: give none beside it")
        inputs = pruned = without_zero_rows(inputs, options, axes, blocks, joins)

    def read(name: str, largest: float | None = None) -> GivenTensor:
        release = partial(inputs.release, name) if executor is None else None
        return GivenTensor(name, inputs.tensor(name), axes.get(name, 0), largest, release)

    sizes = {name: byte_size(inputs, name) for name in inputs.tensors}
    with workers(threads, executor, sum(sizes.values())) as work:
        prepared = list(outlines(inputs, options, axes, work))
        joined = {name for join in joins for name in join.names}
        whole = [
            read(tensor.name).prepared(options) if tensor.name in joined else tensor
            for tensor in prepared
        ]
        model = plan_model(
            whole,
            options,
            blocks=chosen_blocks(prepared, blocks, joins),
            joins=joins,
            topology=topology,
            information=information,
            pruned=pruned,
            read=lambda name: read(name).prepared(options),
        )

        def filled(job: Job) -> Job:
            if joined & job.tensors.keys():
                return job.alone()
            return job.alone(
                {name: read(name, known_largest(tensor)) for name, tensor in job.tensors.items()}
            )

        def finished(job: Job) -> None:
            for name in job.names:
                inputs.release(name)
            if advance is not None:
                advance(sum(sizes[name] for name in job.names))

        needs = [sum(memory_for(inputs, name) for name in job.names) for job in model.jobs]
        room = room_for(work, memory)
        calls = (
            Call((filled(job)._replace(threads=threads_of(need, sum(needs), room, work)),), need)
            for job, need in zip(model.jobs, needs, strict=True)
        )
        timed = in_order(work, timed_job, calls, memory)
        coded = (
            noted(units, seconds, job, times)
            for job, (units, seconds) in zip(model.jobs, timed, strict=True)
        )
        yield from model.units(coded, options, finished)


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


def known_largest(tensor: PreparedTensor | GivenTensor) -> float | None:
    """Give the largest magnitude of floats that were looked through before."""
    # With another format values are narrowed, and have to be looked at before and after.
    known = isinstance(tensor, PreparedTensor) and not tensor.is_integer
    return tensor.largest if known else None


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
    if isinstance(blocks, str) and blocks != "auto":
        raise InputError(f"blocks has to be a list of nnc.Block, or auto, not {blocks!r}")
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
    lineages: Sequence[Lineage | None] | None = None,
    update: bool = False,
    predictive: bool = False,
    information: ModelInformation | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
) -> Bitstream:
    """Encode prepared tensors; the rest as for `encode_model`.

    Args:
        prepared: the tensors.
        options: how.
        lineages: for each tensor which node of the parameter update tree it is, if any.
        update: the bitstream updates another model: parents are signalled.
        predictive: the differences are residuals against those of the update before.
        information: what else to tell of the model.
        threads: number of threads; None for one a processor.
        executor: used in place of threads of our own.
    """
    model = plan_model(
        prepared,
        options,
        lineages=lineages,
        update=update,
        predictive=predictive,
        information=information,
    )
    calls = (Call((job.alone(),), 2 * job.nbytes) for job in model.jobs)
    with workers(threads, executor, sum(job.nbytes for job in model.jobs)) as work:
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
        """Give all units of the bitstream.

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
    lineages: Sequence[Lineage | None] | None = None,
    update: bool = False,
    predictive: bool = False,
    topology: Topology | None = None,
    information: ModelInformation | None = None,
    pruned: PrunedInputs | None = None,
    read: Callable[[str], PreparedTensor] | None = None,
) -> ModelPlan:
    """Plan a bitstream; arguments as for `encode_units` and `encode_prepared`."""
    named = {name for block in blocks for name in block.names}
    whole = join_all(prepared, joins, named)
    together = [(block.weight, block.names) for block in blocks]
    grouping = group_tensors(whole, options, together, read)
    jobs = jobs_of(whole, blocks, grouping, lineages)
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
    notes = metadata_units(prepared, grouping.qps, options, left_out)
    head = [start_unit(options), mps, *structure, *notes]
    return ModelPlan(head, jobs, grouping.groups[0].plan)


def with_parameter_sets(
    jobs: Sequence[Job],
    coded: Iterable[list[Unit]],
    model: QuantizationPlan,
    finished: Callable[[Job], None] | None = None,
) -> Iterator[Unit]:
    """Give the units of all jobs, and a layer parameter set wherever another comes into force.

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
) -> list[Unit]:
    """Give the metadata unit, if there is anything to be put in it.

    Args:
        tensors: the tensors, with what is to be noted of each.
        qps: by name of a tensor of floats its quantization parameter; None: it is stored as it is.
        options: metadata of the model, and whether to write the unit.
        left_out: what is to be noted of rows that aren't in the bitstream.

    Raises:
        InputError: there is something that can't be left out, and it shall be.
    """
    notes = {tensor.name: tensor.note for tensor in tensors if tensor.note is not None}
    metadata = Metadata(notes, dict(options.metadata), dict(left_out.full_dimensions))
    if options.metadata_unit:
        return [metadata.to_unit()] if metadata else []
    for name, note in notes.items():
        if note.changes_values:
            raise InputError(
                f"tensor {name!r} holds integers beyond 32 bits, which only a metadata unit "
                "can tell a decoder how to read"
            )
    for tensor in tensors:
        full = left_out.full_dimensions.get(tensor.name)
        is_stored = not tensor.is_integer and qps.get(tensor.name) is None
        if full is not None and full.row_axis and is_stored:
            raise InputError(
                f"rows are left out of tensor {tensor.name!r}, which is stored as it is: only a "
                f"metadata unit can tell that they are its dimension {full.row_axis}"
            )
    return []


class Job(NamedTuple):
    """What makes one unit, or those of one layer.

    Attributes:
        tensors: the tensors in it by name, for planning without values, for encoding with.
        group: their parameter set.
        block: the layer that they are, if it is coded as one.
        lineage: which node of the parameter update tree it is, if any.
        threads: how many threads work on it together.
    """

    tensors: Mapping[str, PreparedTensor | GivenTensor]
    group: ParameterGroup
    block: Block | None = None
    lineage: Lineage | None = None
    threads: int = 1

    @property
    def quantized(self) -> bool:
        """Whether a quantization parameter is in it."""
        return any(self.group.plan.qps.get(name) is not None for name in self.tensors)

    @property
    def names(self) -> list[str]:
        """Names of the tensors, each of joined ones too."""
        splits = [getattr(tensor, "split", None) for tensor in self.tensors.values()]
        return [
            name
            for own, split in zip(self.tensors, splits, strict=True)
            for name in ([own] if split is None else split.names)
        ]

    @property
    def elements(self) -> list[tuple[str, tuple[int, ...] | None]]:
        """Names of the tensors that a decoder gives, and the shape of one put together."""
        if self.block is None or self.block.g is None:
            return [(name, None) for name in self.names]
        whole = (self.block.weight, tuple(int(length) for length in self.block.dimensions))
        return [whole, *((name, None) for name in self.block.vectors)]

    @property
    def nbytes(self) -> int:
        """Size of the values in bytes."""
        return sum(tensor.values.nbytes for tensor in self.tensors.values())

    def alone(self, tensors: Mapping[str, PreparedTensor | GivenTensor] | None = None) -> Job:
        """Give the job with what the plan says of its own tensors only, to be handed out.

        Args:
            tensors: its tensors with values; None: it has them.
        """
        plan = self.group.plan
        qps = {name: plan.qps[name] for name in self.tensors if name in plan.qps}
        group = replace(self.group, plan=replace(plan, qps=qps))
        return self._replace(tensors=tensors or self.tensors, group=group)


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


def timed_job(job: Job) -> tuple[list[Unit], float]:
    """Encode as `encode_job`, and give the seconds that it took."""
    started = time.perf_counter()
    with helped_by(job.threads):
        units = encode_job(job)
    return units, time.perf_counter() - started


def threads_of(need: int, whole: int, room: int, work: Workers) -> int:
    """Give how many threads one job gets: its share of the work, or of the room in memory.

    Args:
        need: bytes of memory that it takes.
        whole: those of all jobs.
        room: how many may be taken at the same time.
        work: who works; an executor's workers work on a job each.
    """
    if work.pool is None:
        return 1
    return min(
        work.threads, math.ceil(work.threads * max(need / max(whole, 1), need / max(room, 1)))
    )


def noted(
    units: list[Unit], seconds: float, job: Job, times: dict[str, float] | None
) -> list[Unit]:
    """Give the units of a job, and note how long it took."""
    if times is not None:
        times.update(dict.fromkeys(job.names, seconds))
    return units


def encode_job(job: Job) -> list[Unit]:
    """Encode one unit, or those of one layer, as the plan says."""
    options, plan = job.group.options, job.group.plan
    tensors = {
        name: tensor.prepared(options) if isinstance(tensor, GivenTensor) else tensor
        for name, tensor in job.tensors.items()
    }
    if job.block is None:
        (tensor,) = tensors.values()
        options = options.for_tensor(tensor.name)
        if tensor.row_axis:
            # The syntax counts entry points by the first dimension.
            options = replace(options, scan_order=0)
        if job.lineage is not None or plan.qps.get(tensor.name) is None:
            # Integers, values that are stored, and updates have one way only.
            return [encode_tensor(tensor, plan, options, job.lineage)]
        orders = scan_orders(tensor.values.shape, options)
        ways = ([encode_tensor(tensor, plan, replace(options, scan_order=k))] for k in orders)
        return fewest_bytes(ways, options)
    qps = {name: qp for name, qp in plan.qps.items() if qp is not None}
    options = options.for_tensor(job.block.weight)
    if job.block.separate:
        return encode_separately(job.block, tensors, qps, plan.base, options)
    whole = [encode_block(job.block, tensors, qps, plan.base, options)]
    if not job.block.optional or options.effort < TRYING_EFFORT:
        return whole
    alone = [job.alone({name: tensor})._replace(block=None) for name, tensor in tensors.items()]
    apart = [unit for one in alone for unit in encode_job(one)]
    return fewest_bytes([whole, apart], options)


def encode_tensor(
    tensor: PreparedTensor,
    plan: QuantizationPlan,
    options: EncoderOptions,
    lineage: Lineage | None = None,
) -> Unit:
    """Encode one tensor as the plan says."""
    if tensor.is_integer:
        return encode_integers(tensor, options, lineage)
    qp = plan.qps[tensor.name]
    if qp is None:
        # Stored values stand in the order of the tensor's own dimensions.
        return encode_raw(tensor.by_rows_of(0), options, lineage)
    return encode_floats(tensor, qp, plan.base, options, lineage)


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
    payload = parameter_set(options)
    payload.mps_quantization_method_flags = int(coded and QuantizationMethod.NNR_QSU)
    if update:
        payload.mps_parent_signalling_enabled_flag = 1
        payload.nnr_reserved_zero_1bit = None
        payload.nnr_pre_flag = int(predictive)
    if coded:
        payload.mps_qp_density = plan.qp_density
        payload.mps_quantization_parameter = plan.base
    return parameter_set_unit_of(payload)
