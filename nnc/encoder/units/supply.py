"""What gives jobs the values of their tensors, and takes back the memory when they are done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import TypeGuard

from nnc.decoder.workers import (
    BYTES_PER_WORKER,
    Call,
    Resources,
    Workers,
    in_order,
    room_for,
    worker_count,
)
from nnc.deepcabac import encodes_small, writes_together
from nnc.encoder.inputs.joined import Joined
from nnc.encoder.inputs.preparation import PreparedTensor
from nnc.encoder.inputs.reading import LEVEL_BYTES, GivenTensor, Inputs, byte_size, memory_for
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.units.jobs import Coded, Job, observed_jobs, threads_of
from nnc.encoder.units.small import LARGEST_SMALL
from nnc.model.ties import Tie

#: Jobs in a bundle at most: each encoder that waits holds some memory of its own.
MOST_IN_BUNDLE = 128

#: Jobs that take so many bytes in all may be done in another order than that of their units.
BYTES_IN_TURN = 2 * BYTES_PER_WORKER

#: A tensor of which fewer fit into a bundle isn't in one.
FEWEST_IN_BUNDLE = 4

#: Bytes that coding a small tensor takes: more is done alone where nothing is written together.
SMALL_NEED = LARGEST_SMALL * (4 + LEVEL_BYTES)


class Supply:
    """The tensors of a model, read when a job needs them.

    Attributes:
        sizes: bytes of the tensors by name.
        done: bytes of the model that are done with a tensor, by name: those of its other names too.
        joined: names of the tensors that are coded with others as one; they are kept.
    """

    def __init__(
        self,
        inputs: Inputs,
        options: EncoderOptions,
        row_axes: Mapping[str, int],
        joins: Sequence[Joined],
        resources: Resources,
        ties: Mapping[str, Tie],
    ) -> None:
        """Take the tensors.

        Args:
            inputs: the tensors.
            options: how they are coded.
            row_axes: which dimension their rows are.
            joins: those that are coded with others as one.
            resources: who works.
            ties: what is tied to them, and done when they are.
        """
        self.inputs, self.options, self.row_axes = inputs, options, row_axes
        self.resources = resources
        self.sizes = {name: byte_size(inputs, name) for name in inputs.tensors}
        self.done = dict(self.sizes)
        for tie in ties.values():
            self.done[tie.name] += self.sizes[tie.name]
        self.joined = {name for join in joins for name in join.names}

    def read(self, name: str, largest: float | None = None) -> GivenTensor:
        """Read a tensor.

        Args:
            name: its name.
            largest: its largest magnitude, where that is known.
        """
        inputs = self.inputs
        release = partial(inputs.release, name) if self.resources.executor is None else None
        return GivenTensor(name, inputs.tensor(name), self.row_axes.get(name, 0), largest, release)

    def prepared(self, name: str) -> PreparedTensor:
        """Read a tensor, and prepare it."""
        return self.read(name).prepared(self.options)

    def filled(self, job: Job, threads: int) -> Job:
        """Return a job with the values of its tensors, for so many threads."""
        if self.joined & job.tensors.keys():
            return job.alone()._replace(threads=threads)
        tensors = {
            name: tensor if is_kept(tensor) else self.read(name, known_largest(tensor))
            for name, tensor in job.tensors.items()
        }
        if job.block is None and self.resources.executor is None:
            # Nothing has to be copied for another process: the plan can be that of all tensors.
            return job._replace(tensors=tensors, threads=threads)
        return job.alone(tensors)._replace(threads=threads)

    def coded(self, jobs: Sequence[Job], work: Workers) -> Iterator[Coded]:
        """Let jobs be done, and yield what comes of them in order."""
        memory = self.resources.memory
        needs = [sum(memory_for(self.inputs, name) for name in job.names) for job in jobs]
        alike = work.executor is None or work.pool is not None
        # Jobs in an executor of the caller are done alone: their order gains nothing there.
        turns = turns_of(needs, memory) if alike else range(len(needs))
        jobs, needs = [jobs[one] for one in turns], [needs[one] for one in turns]
        need_in_all, room = sum(needs), room_for(work, memory)
        wanted = [threads_of(need, need_in_all, room, work) for need in needs]
        alone = [not alike or threads > 1 for threads in wanted]
        calls = (
            Call(
                ([self.filled(jobs[one], wanted[one]) for one in bundle],),
                sum(needs[one] for one in bundle),
                len(bundle),
            )
            for bundle in bundles_of(needs, alone, room // worker_count(work), work.threads)
        )
        done = chain.from_iterable(in_order(work, observed_jobs, calls, memory))
        return in_place(turns, done)

    def finished(self, job: Job, advance: Callable[[int], None] | None) -> None:
        """Give back the memory of a job whose units aren't needed any more, and report it."""
        for name in job.names:
            self.inputs.release(name)
        if advance is not None:
            advance(sum(self.done[name] for name in job.names))


def turns_of(needs: Sequence[int], memory: int | None = None) -> list[int]:
    """Return the numbers of jobs in the order in which they are done: of some, large ones first.

    Levels of tensors that are as large as each other are written together to their end, where a
    few that are larger would be left over.

    Args:
        needs: bytes of memory that each takes.
        memory: bytes that all may take: values of jobs stay until it is their units' turn.
    """
    if not writes_together():
        return list(range(len(needs)))
    most = BYTES_IN_TURN if memory is None else min(memory, BYTES_IN_TURN)
    turns: list[int] = []
    held = 0
    for number, need in enumerate(needs):
        if held + need > most:
            turns += larger_first(needs, range(len(turns), number))
            held = 0
        held += need
    return turns + larger_first(needs, range(len(turns), len(needs)))


def larger_first(needs: Sequence[int], numbers: range) -> list[int]:
    """Return the numbers of some jobs by what these take; those that take the same in order."""
    return sorted(numbers, key=lambda one: -needs[one])


def in_place(turns: Sequence[int], done: Iterable[Coded]) -> Iterator[Coded]:
    """Yield what comes of jobs in their own order.

    Args:
        turns: their numbers, in the order in which they are done.
        done: what comes of them in that order.
    """
    held: dict[int, Coded] = {}
    following = 0
    for number, one in zip(turns, done, strict=True):
        held[number] = one
        while following in held:
            yield held.pop(following)
            following += 1


def bundles_of(
    needs: Sequence[int], alone: Sequence[bool], room: int, threads: int
) -> Iterator[range]:
    """Yield the numbers of jobs that follow each other and are done together.

    Args:
        needs: bytes of memory that each takes.
        alone: which are done alone, however little they take.
        room: bytes that a worker may take.
        threads: how many work; each gets as many bundles, and few: the more is in one, the more
            levels can be written together.
    """
    whole, most = sum(needs), max(room // 2, 1)
    left = max(-(-whole // (most * threads)), 1) * threads
    largest = max(whole // left, 1)
    if not writes_together():
        largest = min(largest, FEWEST_IN_BUNDLE * SMALL_NEED) if encodes_small() else 0
    first, filled, share = 0, 0, largest
    for number, need in enumerate(needs):
        is_alone = alone[number] or need > largest // FEWEST_IN_BUNDLE
        is_full = number - first == MOST_IN_BUNDLE or filled + need > share + need // 2
        if number > first and (is_alone or is_full):
            yield range(first, number)
            # What a bundle of small ones has less, those that follow share.
            whole -= filled
            left = max(left - (2 * filled > share), 1)
            first, filled, share = number, 0, min(share, max(whole // left, 1))
        filled += need
        if is_alone:
            yield range(first, number + 1)
            # It is one of the bundles, so that those that follow don't become smaller by it.
            whole -= filled
            left = max(left - (2 * filled > share), 1)
            first, filled = number + 1, 0
    if first < len(needs):
        yield range(first, len(needs))


def is_kept(tensor: PreparedTensor | GivenTensor) -> TypeGuard[PreparedTensor]:
    """Tell whether a tensor was prepared, and its values were few enough to be kept."""
    return isinstance(tensor, PreparedTensor) and not tensor.is_outline


def known_largest(tensor: PreparedTensor | GivenTensor) -> float | None:
    """Return the largest magnitude of floats that were looked through before."""
    # With another format values are narrowed, and have to be looked at before and after.
    known = isinstance(tensor, PreparedTensor) and not (tensor.is_integer or tensor.stored)
    return tensor.largest if known else None
