"""What makes the units of a bitstream one after the other, each by itself (clause 6.2.3)."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from nnc.bitstream import Unit
from nnc.decoder.workers import Workers
from nnc.encoder.inputs.preparation import PreparedTensor
from nnc.encoder.inputs.reading import GivenTensor
from nnc.encoder.inputs.scale import TINY
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization.choice import TRYING_EFFORT
from nnc.encoder.quantization.loss import Losses, noting
from nnc.encoder.quantization.plan import QuantizationPlan
from nnc.encoder.quantization.segments import helped_by
from nnc.encoder.units.alternatives import fewest_bytes, scan_orders
from nnc.encoder.units.block import Block, encode_block
from nnc.encoder.units.block_rows import Blocks, blocks_for, gains_by_blocks
from nnc.encoder.units.codewords import written_together
from nnc.encoder.units.header import Lineage
from nnc.encoder.units.layer import encode_separately
from nnc.encoder.units.layer_parameters import Grouping, ParameterGroup
from nnc.encoder.units.small import LARGEST_SMALL, encode_small, is_small, may_be_small
from nnc.encoder.units.tensor import (
    encode_floats,
    encode_integers,
    encode_raw,
    exact_units,
)
from nnc.encoder.units.weighed import is_weighed, weighed_floats
from nnc.model.calibration import Calibration
from nnc.model.planes import NOISE_SUFFIX


class Job(NamedTuple):
    """What makes one unit, or those of one layer.

    Attributes:
        tensors: the tensors in it by name, for planning without values, for encoding with.
        group: their parameter set.
        block: the layer that they are, if it is coded as one.
        lineages: by name of the tensor which node of the parameter update tree it is, if any.
        threads: how many threads work on it together.
        blocks: those that its one tensor may be coded in.
    """

    tensors: Mapping[str, PreparedTensor | GivenTensor]
    group: ParameterGroup
    block: Block | None = None
    lineages: Mapping[str, Lineage] = {}
    threads: int = 1
    blocks: Blocks | None = None

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
        """Return the job with what the plan says of its own tensors only, to be handed out.

        Args:
            tensors: its tensors with values; None: it has them.
        """
        plan = self.group.plan
        qps = {name: plan.qps[name] for name in self.tensors if name in plan.qps}
        options = self.group.options
        if isinstance(options.calibration, Calibration):
            options = options.with_calibration(options.calibration.only(self.tensors))
        group = replace(self.group, options=options, plan=replace(plan, qps=qps))
        return self._replace(tensors=tensors or self.tensors, group=group)


def jobs_of(
    prepared: list[PreparedTensor],
    blocks: Sequence[Block],
    grouping: Grouping,
    lineages: Mapping[str, Lineage],
) -> list[Job]:
    """Return the units to be made, a block where the first of its tensors stands.

    A layer of which a tensor has to come back as it is can't be a block.
    """
    tensors = {tensor.name: tensor for tensor in prepared}
    qps, exact = grouping.qps, grouping.exact

    def is_setting(name: str) -> bool:
        """Tell whether a tensor is exact for more than being tiny."""
        return name in exact and tensors[name].values.size > TINY

    block_of = {
        name: block
        for block in blocks
        if all(qps.get(name) is not None and not is_setting(name) for name in block.names)
        for name in block.names
    }
    in_blocks = blocks_for(prepared)
    result, done = [], set()
    for tensor in prepared:
        block = block_of.get(tensor.name)
        group = grouping.groups[grouping.numbers[tensor.name]]
        if block is None:
            members = {tensor.name: tensor}
        elif block.weight not in done:
            done.add(block.weight)
            members = {name: tensors[name] for name in block.names}
        else:
            continue
        own = {name: lineages[name] for name in members if name in lineages}
        asked = in_blocks.get(tensor.name) if block is None and not own else None
        result.append(Job(members, group, block, own, blocks=asked))
    return result


class Coded(NamedTuple):
    """What came of a job.

    Attributes:
        units: its units.
        seconds: the time that it took.
        losses: what quantization took of its tensors, by name.
    """

    units: list[Unit]
    seconds: float
    losses: Losses


def observed_job(job: Job) -> Coded:
    """Encode as `encode_job`, and note time and losses."""
    started = time.perf_counter()
    with noting() as losses:
        if job.threads == 1:
            units = encode_job(job)
        else:
            with helped_by(job.threads):
                units = encode_job(job)
    return Coded(units, time.perf_counter() - started, losses)


def observed_jobs(jobs: Sequence[Job]) -> list[Coded]:
    """Encode several jobs as `observed_job`, with codewords that wait for each other."""
    if len(jobs) == 1:
        return [observed_job(jobs[0])]
    started = time.perf_counter()
    coded = small_jobs(jobs)
    shared = time.perf_counter() - started
    with written_together():
        for number, job in enumerate(jobs):
            if number not in coded:
                coded[number] = observed_job(job)
        started = time.perf_counter()
    shared += time.perf_counter() - started
    # What it takes to do several together is shared out.
    sizes = [job.nbytes for job in jobs]
    share = shared / max(1, sum(sizes))
    return [
        Coded(coded[number].units, coded[number].seconds + share * size, coded[number].losses)
        for number, size in enumerate(sizes)
    ]


def small_jobs(jobs: Sequence[Job]) -> dict[int, Coded]:
    """Encode what is small among some jobs, and coded alike; return it by number."""
    groups = {id(job.group): job.group for job in jobs}
    result: dict[int, Coded] = {}
    for key, group in groups.items():
        if not may_be_small(group.options):
            continue
        tensors: dict[int, PreparedTensor] = {}
        for number, job in enumerate(jobs):
            if id(job.group) == key and job.block is None and not job.lineages:
                (one,) = job.tensors.values()
                if one.values.size > LARGEST_SMALL:
                    continue
                tensor = one.prepared(group.options) if isinstance(one, GivenTensor) else one
                if is_small(tensor, group):
                    tensors[number] = tensor
        for number, coded in encode_small(tensors, group).items():
            losses = {} if coded.loss is None else {tensors[number].name: coded.loss}
            result[number] = Coded([coded.unit], 0.0, losses)
    return result


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
            options = options.with_scan_order(0)
        if job.blocks is not None and gains_by_blocks(tensor, plan, options, job.blocks):
            options = options.in_blocks(job.blocks.order)
        if job.lineages or plan.qps.get(tensor.name) is None or tensor.name in plan.exact:
            # Integers, values that are stored or exact, and updates have one way only.
            unit = encode_tensor(tensor, plan, options, job.lineages.get(tensor.name))
            if tensor.noise is None:
                return [unit]
            noise = PreparedTensor(tensor.name + NOISE_SUFFIX, tensor.noise)
            return [unit, encode_raw(noise, options)]
        orders = scan_orders(tensor.values.shape, options)
        ways = ([encode_tensor(tensor, plan, options.with_scan_order(k))] for k in orders)
        return fewest_bytes(ways, options)
    qps = {name: qp for name, qp in plan.qps.items() if qp is not None}
    options = options.for_tensor(job.block.weight)
    if job.block.separate:
        return encode_separately(job.block, tensors, qps, plan.base, options)
    whole = [encode_block(job.block, tensors, qps, plan.base, options, job.lineages)]
    if not job.block.optional or job.lineages or options.effort < TRYING_EFFORT:
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
    if tensor.row_axis:
        # Block rows are counted along the first dimension, whatever the rows are.
        options = options.with_scan_order(0)
    if tensor.is_integer:
        return encode_integers(tensor, options, lineage)
    qp = plan.qps[tensor.name]
    if qp is None:
        # Stored values stand in the order of the tensor's own dimensions.
        return encode_raw(tensor.by_rows_of(0), options, lineage)
    if tensor.name in plan.exact:
        exact = exact_units(tensor, qp, plan.base, options, lineage)
        return fewest_bytes(([unit] for unit in exact), options)[0]
    chosen = None
    if is_weighed(tensor, options, lineage):
        assert lineage is not None
        chosen = weighed_floats([(tensor, qp, lineage)], plan.base, options)[tensor.name]
    return encode_floats(tensor, qp, plan.base, options, lineage, chosen)


def threads_of(need: int, whole: int, room: int, work: Workers) -> int:
    """Return how many threads one job gets: its share of the work, or of the room in memory.

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
