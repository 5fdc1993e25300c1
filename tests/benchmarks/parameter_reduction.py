"""What the tools of clause 8 come to: `parameter_reduction.py [--task digits|mnist1d|undecayed]`.

Needs torch and scikit-learn; nnc on PYTHONPATH. A tool's worth is the size of the smallest
bitstream that loses at most a little on the validation set: by that set step sizes and settings are
chosen. The table tells its size, and its accuracy on the test set; and what the choice would have
been by the test set itself. Bitstreams have no metadata unit: the receiver has the network, and
knows which batch norms it folded.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import statistics
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

import torch
from reduction_tasks import TASKS, Task, reduce_digits, train_digits

import nnc
import nnc.torch as nnc_torch
from nnc.reduce import (
    Reduced,
    fold_batch_norms,
    low_rank,
    prune_blocks,
    prune_n_of_m,
    prune_neurons,
    sparsify,
    sparsify_rows,
    unify,
)

#: Quantization parameters that are tried, coarse ones first.
QPS = tuple(range(-14, -30, -1))
#: Variances of batch norms mustn't become zero; what is folded may be coarser.
NONWEIGHT_QP, FOLDED_QP = -48, -36

#: How much the compressibility loss counts, epochs with it, and with other tools.
COMPRESSIBILITY = (3e-3, 1e-2)
EPOCHS, OTHER_EPOCHS = 60, 25

#: Part of the epochs in which a share grows, where it does.
GROWING = 0.6

#: Settings of all tools together: weights of the compressibility loss, with quantization
#: parameters of rounded weights.
TRIED = ((3e-3, -16), (3e-3, -14), (5e-3, -16), (5e-3, -14), (5e-3, -12), (1e-2, -14))

#: Bytes that all tools together may take where the most accurate setting is chosen.
BUDGET = {"digits": 3500, "mnist1d": 5500}


class Point(NamedTuple):
    """One encoding.

    Attributes:
        setting: of the tool, and the step size.
        size: bytes.
        validated: accuracy on the validation set.
        tested: accuracy on the test set.
    """

    setting: str
    size: int
    validated: float
    tested: float


def encoded(found: Reduced, qp: int, nonweight_qp: int = NONWEIGHT_QP, **options: Any) -> bytes:
    """Encode at one step size for the weights.

    Which dimension lost its rows is told by the metadata unit alone.
    """
    options.setdefault("metadata_unit", found.prune_rows)
    scaling = {"*_scaling": nonweight_qp} if found.blocks else {}
    coding = {"qp": qp, "nonweight_qp": nonweight_qp, "tensor_qp": scaling, "effort": 3, **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nnc.encode(found.tensors, **coding, **found.options)


def point(task: Task, setting: str, found: Reduced, qp: int, *more: int, **options: Any) -> Point:
    """Encode, decode and judge."""
    if found.batch_norms and not more:
        more = (FOLDED_QP,)
    said = f"{setting}, qp {qp}" if setting else f"qp {qp}"
    return judged(task, said, encoded(found, qp, *more, **options), found)


def judged(task: Task, said: str, data: bytes, found: Reduced) -> Point:
    """Decode and judge."""
    there = nnc.decode(data, batch_norms=found.batch_norms, pruned=not found.prune_rows)
    return Point(said, len(data), task.validated(there), task.tested(there))


def curve(task: Task, settings: dict[str, Reduced]) -> list[Point]:
    """Encode what a tool came to with each of some settings, ever finer until it is good enough."""
    points = []
    for setting, found in settings.items():
        here = []
        for qp in QPS:
            here.append(point(task, setting, found, qp))
            if all(smallest(here, good(task, by)) for by in ("validated", "tested")):
                break
        points += here
    return points


def good(task: Task, by: str) -> Callable[[Point], bool]:
    """Return what tells whether an encoding is good enough, by the one set or the other."""
    least = task.least if by == "validated" else task.wanted
    return lambda one: float(getattr(one, by)) >= least - 1e-9


def smallest(points: Sequence[Point], enough: Callable[[Point], bool]) -> Point | None:
    """Return the smallest encoding that is good enough."""
    return min(filter(enough, points), key=lambda one: one.size, default=None)


def layers_of(task: Task) -> Any:
    """Return the pairs of layers and batch norms."""
    return nnc_torch.batch_norm_layers(task.original)


def folded(task: Task, found: Reduced) -> Reduced:
    """Return a model with its batch norms folded."""
    return fold_batch_norms(found, layers_of(task))


def plain(task: Task) -> list[Point]:
    """No tool."""
    return curve(task, {"": Reduced(tensors=task.tensors())})


def only_trained(task: Task, *, epochs: int = OTHER_EPOCHS) -> list[Point]:
    """No tool, but as many epochs of training as those get that train: what these compare with."""
    module = task.network()
    task.tune(module, epochs, 1e-3)
    return curve(task, {"trained": Reduced(tensors=task.tensors(module))})


def folding(task: Task) -> list[Point]:
    """Fold, and nothing else."""
    return curve(task, {"": folded(task, Reduced(tensors=task.tensors()))})


@functools.cache
def compressible(task: Task, weight: float) -> Any:
    """Return a network trained with the compressibility loss; its last state is the sparsest."""
    module = task.network()
    extra = functools.partial(nnc_torch.compressibility, weight=weight)
    task.tune(module, EPOCHS, 2e-3, extra=extra)
    return module


def compressibility(task: Task) -> list[Point]:
    """Train with the compressibility loss alone."""
    return curve(
        task,
        {f"{one:g}": Reduced(tensors=task.tensors(compressible(task, one)))
         for one in COMPRESSIBILITY},
    )  # fmt: skip


def rescaled(task: Task, qp: int) -> Reduced:
    """Freeze the weights as they are decoded, and train scaling, biases and batch norms."""
    known = task.tensors()
    made = task.network(nnc.decode(encoded(Reduced(tensors=known), qp)))
    factors = nnc_torch.local_scaling(made)
    others = [one for name, one in made.named_parameters()
              if one.requires_grad and "parametrizations" not in name]  # fmt: skip
    parameters = [*factors, *others]
    task.tune(made, OTHER_EPOCHS, 5e-3, parameters=parameters, validation=task.validation)
    found = nnc_torch.reduced(made)
    # The weights go out as they were before: what they decode to is what was trained with.
    tensors = {
        name: known[name] if name in known and known[name].ndim > 1 else one
        for name, one in found.tensors.items()
        if one.dtype.kind == "f"
    }
    return folded(task, Reduced(tensors=tensors, blocks=found.blocks))


def local_scaling(task: Task) -> list[Point]:
    """Train factors of rows, and what isn't weights, at the steps where accuracy starts to go."""
    return [point(task, "", rescaled(task, qp), qp) for qp in range(-24, -16)]


def masked(task: Task, found: Reduced) -> Reduced:
    """Train what a tool left of the weights, and return the network with what went left out."""
    module = task.network(dict(found.tensors))
    nnc_torch.mask(module, {name: one for name, one in found.masks.items() if one.ndim > 1})
    task.tune(module, OTHER_EPOCHS, 1e-3, validation=task.validation)
    return found.with_values(task.tensors(module))


def settings(task: Task, tool: Callable[..., Reduced], values: Sequence[float],
             **options: Any) -> list[Point]:  # fmt: skip
    """Apply a tool with each of some values, without training and with it."""
    made = {f"{one:g}": tool(task.tensors(), one, **options) for one in values}
    trained = {f"{one}, trained": masked(task, found) for one, found in made.items()}
    return curve(task, made | trained)


def global_rows(tensors: Any, share: float) -> Reduced:
    """Set rows to zero by one threshold for all layers."""
    return sparsify_rows(tensors, share=share, scope="global")


def of_largest(tool: Callable[..., Reduced]) -> Callable[[Mapping[str, Any], float], Reduced]:
    """Return a tool of arrays and a share that is for the largest weight alone."""

    def of_share(tensors: Mapping[str, Any], share: float) -> Reduced:
        largest = max(tensors, key=lambda name: tensors[name].size)
        return tool(tensors, share, only=[largest])

    return of_share


def rows(tensors: Mapping[str, Any], share: float, **options: Any) -> Reduced:
    """Set a share of the rows to zero."""
    return sparsify_rows(tensors, share=share, **options)


def one_of_four(tensors: Mapping[str, Any], _: float, **options: Any) -> Reduced:
    """Keep one of each four weights."""
    return prune_n_of_m(tensors, 1, 4, **options)


def rows_but_last(tensors: Mapping[str, Any], share: float) -> Reduced:
    """Set rows of all weights but the last one to zero, whose rows are the outputs."""
    return sparsify_rows(tensors, share=share, scope="global", only=list(tensors)[:-1])


def two_of_four(tensors: Any, _: float) -> Reduced:
    """Keep two of each four weights."""
    return prune_n_of_m(tensors, 2, 4)


def in_training(task: Task, tool: Callable[..., Reduced], share: float) -> list[Point]:
    """Apply a tool again and again while training, to a share that grows."""
    module, batches = task.network(), math.ceil(len(task.inputs) / train_digits.BATCH)
    steps = int(GROWING * EPOCHS * batches)
    thinning = nnc_torch.Gradual(module, share, tool=tool, steps=steps, every=batches // 2)

    def optimizer(parameters: Sequence[Any], rate: float) -> Any:
        made = torch.optim.Adam(parameters, lr=rate)
        made.register_step_post_hook(thinning.after_step)
        return made

    task.tune(module, EPOCHS, 1e-3, optimizer=optimizer)
    return curve(task, {f"{share:g}": Reduced(tensors=task.tensors(module))})


def unified_in_training(task: Task, share: float, block: tuple[int, int]) -> list[Point]:
    """Unify blocks, and train their magnitudes."""
    module = task.network()
    nnc_torch.unify(module, share, block=block)
    task.tune(module, EPOCHS, 1e-3)
    return curve(task, {f"{share:g}": Reduced(tensors=task.tensors(module))})


def unification(task: Task) -> list[Point]:
    """Unify blocks, without training and with it."""
    made = {}
    for share in (0.5, 1.0):
        made[f"{share:g}"] = unify(task.tensors(), share)
        module = task.network()
        nnc_torch.unify(module, share)
        task.tune(module, OTHER_EPOCHS, 1e-3, validation=task.validation)
        made[f"{share:g}, trained"] = Reduced(tensors=task.tensors(module))
    return curve(task, made)


def decomposition(task: Task) -> list[Point]:
    """Decompose the largest layer, without training and with it."""
    made = {}
    largest = [task.neurons.weight]
    for rank in (6, 8, 12):
        made[f"rank {rank}"] = low_rank(task.tensors(), rank=rank, only=largest, smaller=False)
        module = task.network()
        nnc_torch.low_rank(module, rank=rank, only=largest)
        task.tune(module, OTHER_EPOCHS, 1e-3, validation=task.validation)
        found = nnc_torch.reduced(module)
        tensors = {name: one for name, one in found.tensors.items() if one.dtype.kind == "f"}
        made[f"rank {rank}, trained"] = Reduced(tensors=tensors, blocks=found.blocks)
    return curve(task, made)


def neurons(task: Task) -> list[Point]:
    """Take neurons out, which a pruning container tells."""
    tool = functools.partial(prune_neurons, layers=[task.neurons])
    made = {f"{one:g}": tool(task.tensors(), share=one) for one in (0.5, 0.7)}
    trained = {f"{one}, trained": masked(task, found) for one, found in made.items()}
    return curve(task, made | trained)


def together(task: Task, weight: float, qp: int) -> Point:
    """Compressibility loss, then with rounded weights, batch norms folded in the end."""
    found = reduce_digits.train(task.network(), task, weight, qp, task.seed)
    data = reduce_digits.encode(found, qp, metadata_unit=False)
    return judged(task, f"{weight:g}, qp {qp}", data, found)


@functools.cache
def tried(name: str) -> tuple[Task, dict[tuple[float, int], Point]]:
    """Return the task of the first seed, and what each setting of all tools comes to there."""
    task = TASKS[name](0)
    found = {setting: together(task, *setting) for setting in TRIED}
    for one in found.values():
        print(f"seed 0, tried {one}", file=sys.stderr, flush=True)
    return task, found


def all_together(task: Task, *, budget: bool) -> list[Point]:
    """Train with all that isn't for the test, by a setting that the first validation set chose.

    Args:
        task: the task.
        budget: whether it is the most accurate setting within the budget; else it is the smallest
            one that is good enough.
    """
    first, found = tried(task.name)
    if budget:
        within = [one for one in found if found[one].size <= BUDGET[task.name]]
        chosen = max(within, key=lambda one: (found[one].validated, -found[one].size))
    else:
        enough = [one for one in found if good(first, "validated")(found[one])]
        chosen = min(enough, key=lambda one: found[one].size)
    return [together(task.whole(), *chosen)]


TOOLS: dict[str, Callable[[Task], list[Point]]] = {
    "none": plain,
    "nothing but training": only_trained,
    "batch norm folding": folding,
    "local scaling": local_scaling,
    "compressibility loss": compressibility,
    "sparsify": functools.partial(settings, tool=sparsify, values=(0.6, 0.8, 0.9)),
    "sparsify_rows": functools.partial(settings, tool=sparsify_rows, values=(0.5, 0.8)),
    "sparsify_rows, global": functools.partial(settings, tool=global_rows, values=(0.2, 0.4)),
    "prune_blocks, 1 x 4": functools.partial(
        settings, tool=prune_blocks, values=(0.6, 0.8), block=(1, 4)
    ),
    "prune_n_of_m": functools.partial(settings, tool=two_of_four, values=(0.5,)),
    "unify, 2 x 2": unification,
    "low_rank": decomposition,
    "prune_neurons": neurons,
    "nothing but training, long": functools.partial(only_trained, epochs=EPOCHS),
    "sparsify, in training": functools.partial(in_training, tool=sparsify, share=0.8),
    "sparsify_rows, in training": functools.partial(in_training, tool=of_largest(rows), share=0.75),
    "sparsify_rows, global, in training": functools.partial(
        in_training, tool=rows_but_last, share=0.35
    ),
    "prune_blocks, 1 x 4, in training": functools.partial(
        in_training, tool=of_largest(functools.partial(prune_blocks, block=(1, 4))), share=0.8
    ),
    "prune_n_of_m, in training": functools.partial(
        in_training, tool=of_largest(one_of_four), share=0.75
    ),
    "unify, 1 x 8, in training": functools.partial(unified_in_training, share=0.8, block=(1, 8)),
    "all together, smallest": functools.partial(all_together, budget=False),
    "all together, most accurate": functools.partial(all_together, budget=True),
}


def measured(task: Task, only: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return for each tool what was chosen, and all encodings."""
    result = {}
    for name, tool in TOOLS.items():
        if not any(one in name for one in only):
            continue
        points = tool(task)
        chosen, best = (smallest(points, good(task, by)) for by in ("validated", "tested"))
        result[name] = {"chosen": chosen, "best": best, "points": points}
        told = f"chosen {chosen}, by the test set {best}"
        print(f"seed {task.seed}, {name}: {told}", file=sys.stderr, flush=True)
    return result


def row(name: str, seeds: Sequence[dict[str, Any]], wanted: float) -> str:
    """Return a line of the table."""
    chosen = [one["chosen"] for one in seeds if one["chosen"] is not None]
    best = [one["best"].size for one in seeds if one["best"] is not None]
    if chosen:
        right = [100 * one.tested for one in chosen]
        first = (
            f"{spread([one.size for one in chosen])} | "
            f"{statistics.median(right):.1f} % ({min(right):.1f} to {max(right):.1f})"
        )
    else:
        first = "none | "
    return f"| {name} | {first} | {spread(best) if best else f'none at {wanted:.1%}'} |"


def spread(sizes: Sequence[int]) -> str:
    """Return the median of sizes, and the smallest and the largest."""
    middle = statistics.median_low(sizes)
    return f"{middle:,} ({min(sizes):,} to {max(sizes):,})" if len(sizes) > 1 else f"{middle:,}"


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", choices=TASKS, default="digits")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument(
        "--only", nargs="*", default=[""], help="tools whose names have this in them"
    )
    parser.add_argument("--json", type=Path, help="file for all encodings")
    given = parser.parse_args()
    found: dict[str, list[dict[str, Any]]] = {}
    wanted = 0.0
    for seed in range(given.seeds):
        task = TASKS[given.task](seed)
        wanted = task.wanted
        for name, one in measured(task, given.only).items():
            found.setdefault(name, []).append(one)
        compressible.cache_clear()
        if given.json:
            given.json.write_text(json.dumps(found), "utf-8")
    print(
        "| tool | bytes | accuracy | bytes, chosen by the test set |\n| --- | ---: | ---: | ---: |"
    )
    for name, seeds in found.items():
        print(row(name, seeds, wanted))


if __name__ == "__main__":
    main()
