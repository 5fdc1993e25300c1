"""NNCodec's local scaling and sparsification beside ours, on the digits network.

`reduction_beside_peer.py [--epochs 10] [--decodes]` prints a table: bytes and accuracy at the same
quantization parameters, with as many epochs at the same rate, on the same distorted images; or what
NNCodec decodes of all tools. Needs torch, scikit-learn and NNCodec 2.1.3 (tests/interop/README.md);
nnc on PYTHONPATH.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

import peer
from reduction_tasks import Digits, right, train_digits

import nnc
import nnc.torch as nnc_torch
from nnc.encoder import Block
from nnc.reduce import (
    Neurons,
    Reduced,
    fold_batch_norms,
    low_rank,
    opt_qp,
    performance_map,
    prune_blocks,
    prune_neurons,
    sparsify,
    sparsify_rows,
    unify,
)

QPS = (-24, -22, -21, -20)
NONWEIGHT_QP = -56
RATE = 1e-3


class Images(torch.utils.data.Dataset):
    """What NNCodec's executer draws from: distorted images for training, the others as they are."""

    task: Any = None

    def __init__(self, root: str, split: str) -> None:
        """Take a set by its name."""
        self.distorted = split == "train"
        if split == "train":
            self.inputs, self.labels = self.task.inputs, self.task.targets
        else:
            self.inputs, self.labels = self.task.validation[0]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.inputs)

    def __getitem__(self, number: int) -> tuple[Any, Any]:
        """Return an image and its label."""
        one = self.inputs[number : number + 1]
        return (train_digits.distort(one) if self.distorted else one)[0], self.labels[number]


def trained(model: Any, optimizer: Any, criterion: Any, loader: Any, **_: Any) -> dict[str, float]:
    """Train an epoch, batch norms as in use."""
    model.eval()
    for inputs, labels in loader:
        optimizer.zero_grad()
        criterion(model(inputs), labels).backward()
        optimizer.step()
    return {"acc": 0.0, "mean_train_loss": 0.0}


def evaluated(model: Any, criterion: Any, loader: Any, _: Any, **__: Any) -> dict[str, float]:
    """Return accuracy and loss on the validation set."""
    model.eval()
    with torch.no_grad():
        losses = [
            float(criterion(model(inputs), labels)) * len(labels) for inputs, labels in loader
        ]
    return {"acc": right(model, list(loader)), "mean_test_loss": sum(losses) / len(loader.dataset)}


def of_peer(task: Digits, qp: int, epochs: int, lsa: bool) -> tuple[int, float]:
    """Compress by NNCodec, with its local scaling or without; batch norms folded."""
    core = peer.load()
    from nncodec.framework import use_case_init

    # Its layers take the version apart, and stumble over a suffix.
    torch.__version__ = torch.__version__.partition("+")[0]
    Images.task = task
    setting = use_case_init.ModelSetting(
        None, evaluated, trained, Images, torch.nn.CrossEntropyLoss()
    )
    use_case_init.use_cases["digits"] = setting
    with contextlib.redirect_stdout(io.StringIO()):
        data = core.nnc.compress_model(
            copy.deepcopy(task.original), bitstream_path=None, qp=qp, nonweight_qp=NONWEIGHT_QP,
            lsa=lsa, bnf=True, learning_rate=RATE, epochs=epochs, batch_size=64, num_workers=0,
            dataset_path="-", use_case="digits", return_bitstream=True, verbose=False,
        )  # fmt: skip
    layers = nnc_torch.batch_norm_layers(task.original)
    norms = {layer.weight: layer.batch_norm for layer in layers}
    return len(data), task.tested(nnc.decode(bytes(data), batch_norms=norms))


def of_ours(task: Digits, qp: int, epochs: int, lsa: bool) -> tuple[int, float]:
    """Compress by nnc in the same way."""
    known, layers = task.tensors(), nnc_torch.batch_norm_layers(task.original)
    found = Reduced(tensors=known)
    if lsa:
        made = task.network(nnc.decode(encoded(found, qp)))
        factors = nnc_torch.local_scaling(made)
        nnc_torch.tune(
            made, Plain(task), torch.nn.functional.cross_entropy, epochs=epochs,
            learning_rate=RATE, parameters=factors, validation=task.validation, seed=0,
        )  # fmt: skip
        scaled = nnc_torch.reduced(made)
        tensors = {name: known.get(name, one) for name, one in scaled.tensors.items()
                   if one.dtype.kind == "f"}  # fmt: skip
        found = Reduced(tensors=tensors, blocks=scaled.blocks)
    found = fold_batch_norms(found, layers)
    data = encoded(found, qp)
    return len(data), task.tested(nnc.decode(data, batch_norms=found.batch_norms))


class Plain:
    """Epochs of distorted images with their labels."""

    def __init__(self, task: Digits) -> None:
        """Take whose."""
        self.task = task

    def __iter__(self) -> Any:
        """Return an epoch."""
        return self.task.drawn()


def encoded(found: Reduced, qp: int) -> bytes:
    """Encode with nnc's defaults."""
    return nnc.encode(
        found.tensors, qp=qp, nonweight_qp=NONWEIGHT_QP, metadata_unit=False, **found.options
    )


def sparsified(task: Digits) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return tensors after the sparsifiers of both, untrained."""
    peer.load()
    from nncodec.framework.applications.utils import sparsification

    known, result = task.tensors(), []
    for share in (0.6, 0.8):
        with contextlib.redirect_stdout(io.StringIO()):
            theirs = sparsification.apply_unstruct_spars_v2(-24, known, target_sparsity=share)
        result.append((f"sparsity {share:g}", theirs, dict(sparsify(known, share).tensors)))
    for gain in (0.5, 0.9):
        with contextlib.redirect_stdout(io.StringIO()):
            theirs = sparsification.apply_struct_spars_v2(known, gain=gain)
        result.append((f"rows, gain {gain:g}", theirs, dict(sparsify_rows(known, gain).tensors)))
    return result


def decodable(task: Digits) -> dict[str, dict[str, Any]]:
    """Return arguments of `nnc.encode` for what each tool puts into a bitstream."""
    known = Reduced(tensors=task.tensors())
    layers = nnc_torch.batch_norm_layers(task.original)
    hidden = ["classifier.0.weight"]
    neurons = Neurons("classifier.0.weight", "classifier.2.weight", ["classifier.0.bias"])
    maps = performance_map(known.tensors, "sparsification", [0.01], task.tested)
    scaled = known.tensors | {f"{hidden[0]}_scaling": np.linspace(0.5, 1.5, 64, dtype=np.float32)}
    block = Block(weight=hidden[0], scaling=f"{hidden[0]}_scaling")
    factors = low_rank(known, rank=8, only=hidden, smaller=False)
    made = {
        "batch norm folding": fold_batch_norms(known, layers),
        "local scaling": Reduced(tensors=scaled, blocks=(block,)),
        "low rank": factors,
        "sparsification": sparsify(known, 0.6),
        "rows of zeros": sparsify_rows(known, 0.9),
        "blocks of zeros": prune_blocks(known, 0.6, block=(1, 4)),
        "unification": unify(known, 0.5),
        "removed neurons": prune_neurons(known, [neurons], share=0.7),
    }
    calls = {name: {"model": one.tensors, **one.options} for name, one in made.items()}
    calls["rows of zeros"]["row_skip"] = True
    calls["unification, codebook"] = {**calls["unification"], "codebook": True}
    plain = {"model": known.tensors}
    calls["performance map"] = {**plain, "performance_maps": maps}
    calls["a step for each weight"] = {**plain, "tensor_qp": opt_qp(known, -32)}
    return calls


def told_of(call: dict[str, Any]) -> str:
    """Return what NNCodec makes of a bitstream: the same levels, other ones, or its error."""
    model = call.pop("model")
    data = nnc.encode(model, qp=-24, nonweight_qp=NONWEIGHT_QP, metadata_unit=False, **call)
    expected = nnc.decode_levels(data)
    try:
        levels, _ = peer.decode(data)
    except Exception as error:  # whatever goes wrong in it is what is to be told
        return f"no: {type(error).__name__}: {error}"
    same = all(np.array_equal(levels[name], one) for name, one in expected.items()
               if name in levels)  # fmt: skip
    return "yes" if same and set(expected) <= set(levels) else "other levels"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--decodes", action="store_true", help="only what NNCodec decodes")
    given = parser.parse_args()
    epochs, task = given.epochs, Digits(0)
    if given.decodes:
        for name, call in decodable(task).items():
            print(f"| {name} | {told_of(call)} |", flush=True)
        return
    print("| | qp | NNCodec | | nnc | |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for lsa in (False, True):
        for qp in QPS:
            theirs, ours = of_peer(task, qp, epochs, lsa), of_ours(task, qp, epochs, lsa)
            name = "local scaling, folding" if lsa else "folding"
            print(line(name, qp, theirs, ours), flush=True)
    for name, theirs, ours in sparsified(task):
        known = {one: np.asarray(values, np.float32) for one, values in theirs.items()}
        data = bytes(peer.compress(known, qp=-24, nonweight_qp=NONWEIGHT_QP))
        mine = encoded(Reduced(tensors=ours), -24)
        print(line(name, -24, (len(data), task.tested(nnc.decode(data))),
                   (len(mine), task.tested(nnc.decode(mine)))), flush=True)  # fmt: skip


def line(name: str, qp: int, *both: tuple[int, float]) -> str:
    """Return a line of the table."""
    cells = " | ".join(f"{size:,} | {accuracy:.1%}" for size, accuracy in both)
    return f"| {name} | {qp} | {cells} |"


if __name__ == "__main__":
    main()
