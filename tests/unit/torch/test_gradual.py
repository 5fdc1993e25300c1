import copy
import sys
import types

import numpy as np
import pytest

import nnc
import nnc.torch as nnc_torch
from nnc.reduce import prune_blocks

torch = pytest.importorskip("torch")

X = torch.randn(32, 12, generator=torch.Generator().manual_seed(1))
Y = torch.arange(32) % 3


@pytest.fixture
def module():
    torch.manual_seed(3)
    return torch.nn.Sequential(torch.nn.Linear(12, 40), torch.nn.ReLU(), torch.nn.Linear(40, 3))


def train(module, steps, before=lambda: None, after=lambda: None):
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(module(X), Y).backward()
        before()
        optimizer.step()
        after()


def zeros(module):
    weights = [module[0].weight, module[2].weight]
    return sum(int((one == 0).sum()) for one in weights) / sum(one.numel() for one in weights)


def test_clause_8_3_4_the_share_of_zeros_grows_along_the_schedule(module):
    gradual = nnc_torch.Gradual(module, 0.8, steps=20, every=5)
    found = []
    train(module, 24, after=lambda: (gradual.after_step(), found.append(zeros(module))))
    assert found[3] == 0
    # 1 - (1 - t) ** 3 of 0.8, after a quarter, a half and all of the steps.
    np.testing.assert_allclose([found[4], found[9], found[19]], [0.4625, 0.7, 0.8], atol=0.01)
    assert found[-1] >= found[19]
    reduced = gradual.reduced()
    decoded = nnc.decode(nnc.encode(reduced.tensors, qp=-40, **reduced.options))
    assert not decoded["0.weight"][~reduced.masks["0.weight"]].any()


def test_clause_8_3_2_blocks_by_another_tool_and_schedule(module):
    def tool(tensors, share):
        return prune_blocks(tensors, share, block=(4, 4), only=["0.weight"])

    gradual = nnc_torch.Gradual(module, 0.5, tool=tool, steps=8, every=4, schedule="linear")
    train(module, 4, after=gradual.after_step)
    assert gradual.share == 0.25
    train(module, 4, after=gradual.after_step)
    blocks = module[0].weight.detach().numpy().reshape(10, 4, 3, 4).swapaxes(1, 2)
    assert (blocks == 0).all(axis=(2, 3)).mean() == 0.5
    assert (module[2].weight != 0).all()


def test_clause_8_3_1_the_gradient_of_the_compressibility_loss_is_added(module):
    other = copy.deepcopy(module)
    gradual = nnc_torch.Gradual(other, weight=0.02)
    train(module, 1)
    gradients = [one.grad.clone() for one in module.parameters()]
    train(other, 1, before=gradual.before_step)
    added = other[0].weight.grad - gradients[0]
    fresh = copy.deepcopy(module)
    torch.manual_seed(3)
    fresh[0].reset_parameters()
    fresh[2].reset_parameters()
    nnc_torch.compressibility(fresh, 0.02).backward()
    torch.testing.assert_close(added, fresh[0].weight.grad)
    torch.testing.assert_close(other[0].bias.grad, gradients[1])


def lightning_loop(callback, module):
    """Call back as Lightning does, two batches for each step."""
    trainer = types.SimpleNamespace(global_step=0)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05)
    for batch in range(12):
        torch.nn.functional.cross_entropy(module(X), Y).backward()
        if batch % 2:
            callback.on_before_optimizer_step(trainer, module, optimizer)
            optimizer.step()
            optimizer.zero_grad()
            trainer.global_step += 1
        callback.on_train_batch_end(trainer, module, None, None, batch)


def transformers_loop(callback, module):
    """Call back as the Trainer of transformers does."""
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05)
    for _ in range(6):
        torch.nn.functional.cross_entropy(module(X), Y).backward()
        callback.on_pre_optimizer_step(None, None, None, model=module)
        optimizer.step()
        callback.on_optimizer_step(None, None, None, model=module)
        optimizer.zero_grad()


@pytest.mark.parametrize(
    ("package", "name", "make", "loop"),
    [
        ("pytorch_lightning", "Callback", nnc_torch.lightning_callback, lightning_loop),
        ("transformers", "TrainerCallback", nnc_torch.trainer_callback, transformers_loop),
    ],
)
def test_callbacks_do_what_a_loop_does(module, monkeypatch, package, name, make, loop):
    base = type(name, (), {})
    monkeypatch.setitem(sys.modules, package, types.SimpleNamespace(**{name: base}))
    expected = copy.deepcopy(module)
    own = nnc_torch.Gradual(expected, 0.5, steps=6, every=2, weight=0.01)
    optimizer = torch.optim.SGD(expected.parameters(), lr=0.05)
    batches = 2 if loop is lightning_loop else 1
    for _ in range(6):
        for _ in range(batches):
            torch.nn.functional.cross_entropy(expected(X), Y).backward()
        own.before_step()
        optimizer.step()
        own.after_step()
        optimizer.zero_grad()
    gradual = nnc_torch.Gradual(module, 0.5, steps=6, every=2, weight=0.01)
    callback = make(gradual)
    assert isinstance(callback, base)
    loop(callback, module)
    assert gradual.steps == 6
    assert zeros(module) >= 0.5
    for one, other in zip(module.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_packages_of_callbacks_are_named_where_they_are_missing(module, monkeypatch):
    for package in ("transformers", "pytorch_lightning", "lightning.pytorch"):
        monkeypatch.setitem(sys.modules, package, None)
    gradual = nnc_torch.Gradual(module, 0.5)
    with pytest.raises(nnc.InputError, match="pip install lightning"):
        nnc_torch.lightning_callback(gradual)
    with pytest.raises(nnc.InputError, match="pip install transformers"):
        nnc_torch.trainer_callback(gradual)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"share": 2}, "share"), ({"steps": 0}, "steps"), ({"every": 0}, "every"),
     ({"schedule": "square"}, "cubic")],
)  # fmt: skip
def test_what_cannot_be_meant(module, arguments, message):
    with pytest.raises(nnc.InputError, match=message):
        nnc_torch.Gradual(module, **{"share": 0.5, **arguments})
