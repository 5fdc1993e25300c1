"""Statistics of the inputs of a module's layers."""

import dataclasses

import numpy as np
import pytest

import nnc
from nnc.model.calibration import factors_of, statistics_of

torch = pytest.importorskip("torch")
nnc_torch = pytest.importorskip("nnc.torch")


def close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4)


def gradients(module, inputs, weight):
    """Return the gradients of all outputs by a weight, one output a row."""
    outputs = module(inputs)
    return torch.stack(
        [torch.autograd.grad(one, weight, retain_graph=True)[0] for one in outputs.flatten()]
    )


def test_weights_tell_what_the_outputs_lose_by_their_errors():
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.ReLU(), torch.nn.Linear(7, 3))
    module[2].weight.requires_grad_(False)
    inputs = torch.randn(600, 5)
    found = nnc_torch.calibrate(module, inputs.split(1))
    assert set(found) == {"0.weight", "2.weight"}
    assert module.training
    assert not module[2].weight.requires_grad
    assert module[0].weight.requires_grad
    assert all(one.grad is None for one in module.parameters())
    whole = gradients(module, inputs[:200], module[0].weight)
    wanted = factors_of(torch.einsum("nrc,nrd->cd", whole, whole).numpy() * 3 / 7)
    np.testing.assert_allclose(found["0.weight"].diagonal(), wanted.diagonal(), rtol=0.3)
    squares = nnc_torch.calibrate(module, inputs.split(1), only=["0.*"], diagonal=True)
    assert set(squares) == {"0.weight"}
    np.testing.assert_allclose(squares["0.weight"].sum(), np.trace(wanted), rtol=1)


def test_without_gradients_layers_tell_the_moments_of_their_inputs():
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.ReLU(), torch.nn.Linear(7, 3))
    inputs = torch.randn(40, 5)
    found = nnc_torch.calibrate(module, [inputs[:20], (inputs[20:],)], gradients=False)
    inner = module[1](module[0](inputs)).detach()
    for name, given in ("0.weight", inputs), ("2.weight", inner):
        weight = module.state_dict()[name].numpy()
        close(found[name], statistics_of((given.T @ given).numpy(), weight))
    squares = nnc_torch.calibrate(module, [inputs], diagonal=True, gradients=False)
    weight = module.state_dict()["0.weight"].numpy()
    close(squares["0.weight"], statistics_of(inputs.square().sum(0).numpy(), weight))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_convolutions_tell_what_their_weights_multiply(rank):
    torch.manual_seed(0)
    kind = (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)[rank - 1]
    layer = kind(2, 4, 3, stride=2, padding=1, dilation=2, bias=False)
    inputs = torch.randn(2, 2, *(7 + axis for axis in range(rank)))
    from nnc.torch.calibration import patches

    rows = patches(layer, inputs)
    outputs = rows @ layer.weight.reshape(4, -1).T
    wanted = layer(inputs).movedim(1, -1).reshape(-1, 4)
    assert torch.allclose(outputs, wanted, atol=1e-5)
    for way in (True, False):
        found = nnc_torch.calibrate(layer, [inputs], gradients=way)
        assert found["weight"].shape == (2 * 3**rank,) * 2


def test_embeddings_and_attention_are_looked_at():
    torch.manual_seed(0)

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.words = torch.nn.Embedding(50, 8)
            self.attention = torch.nn.MultiheadAttention(8, 2, batch_first=True)
            self.head = torch.nn.Linear(8, 3)

        def forward(self, tokens):
            states = self.words(tokens)
            states = self.attention(states, states, states, need_weights=False)[0]
            return {"logits": self.head(states)}

    module, batches = Model(), [{"tokens": torch.randint(0, 50, (4, 6))} for _ in range(3)]
    found = nnc_torch.calibrate(module, batches)
    joint, last = "attention.in_proj_weight", "attention.out_proj.weight"
    assert set(found) == {"words.weight", joint, last, "head.weight"}
    assert all(one.shape == (8, 8) for one in found.values())
    # Attention takes its last projection as it is, without a call.
    assert set(nnc_torch.calibrate(module, batches, gradients=False)) == {joint, "head.weight"}
    assert all(one.grad is None for one in module.parameters())
    again = nnc_torch.calibrate(module, batches)
    assert all(np.array_equal(found[name], again[name]) for name in found)
    data = nnc_torch.save(module, preset="small", calibration=found)
    assert nnc.check(data, deep=True) == []


class Whole(torch.nn.Linear):
    """A module that gives whole numbers."""

    def __init__(self):
        super().__init__(5, 7)

    def forward(self, inputs):
        return super().forward(inputs).argmax(1)


def test_weights_that_the_outputs_do_not_depend_on_are_left_alone():
    module = torch.nn.ModuleDict({"used": torch.nn.Linear(4, 4), "not": torch.nn.Linear(4, 4)})
    module.forward = lambda given: module["used"](given)
    assert set(nnc_torch.calibrate(module, [torch.ones(1, 4)])) == {"used.weight"}


@pytest.mark.parametrize("gradients", [True, False])
def test_a_module_is_left_as_it_was(gradients):
    module = torch.nn.Sequential(
        torch.nn.Linear(5, 5), torch.nn.BatchNorm1d(5), torch.nn.Dropout(), torch.nn.Linear(5, 2)
    )
    module[1].eval()
    module[0].weight.requires_grad_(False)

    def state():
        parameters, parts = list(module.parameters()), list(module.modules())
        flags = [one.requires_grad for one in parameters], [one.training for one in parts]
        return flags, {name: one.tolist() for name, one in module.state_dict().items()}

    before = state()
    nnc_torch.calibrate(module, [torch.randn(3, 5)], gradients=gradients)
    assert state() == before
    with pytest.raises(RuntimeError, match="shapes"):
        nnc_torch.calibrate(module, [torch.randn(3, 4)], gradients=gradients)
    assert state() == before


@dataclasses.dataclass
class Output:
    """What a module returns."""

    logits: object
    hidden: object = None


class Returning(torch.nn.Linear):
    """A module whose outputs are of a certain kind."""

    def __init__(self, made):
        super().__init__(5, 7)
        self.made = made

    def forward(self, inputs):
        return self.made(super().forward(inputs))


@pytest.mark.parametrize(
    "made",
    [Output, lambda one: torch.complex(one, 2 * one), lambda one: (one, None, [one.argmax()])],
    ids=["dataclass", "complex", "nested"],
)
def test_outputs_of_any_kind(made):
    assert set(nnc_torch.calibrate(Returning(made), [torch.ones(2, 5)])) == {"weight"}


def test_what_can_not_be_calibrated_is_refused():
    layer = torch.nn.Linear(5, 7)
    with pytest.raises(nnc.InputError, match="no input came through"):
        nnc_torch.calibrate(layer, [])
    with pytest.raises(nnc.InputError, match="no gradients lead"):
        nnc_torch.calibrate(Whole(), [torch.ones(2, 5)])
    with pytest.raises(nnc.InputError, match="aren't finite"):
        nnc_torch.calibrate(layer, [torch.full((2, 5), float("nan"))])
    for gradients, said in (True, "don't depend on any"), (False, "no input came through"):
        with pytest.raises(nnc.InputError, match=said):
            nnc_torch.calibrate(layer, [torch.ones(0, 5)], gradients=gradients)
        with pytest.raises(nnc.InputError, match=r"no weight .* any of \['x'\] fits"):
            nnc_torch.calibrate(layer, [torch.ones(2, 5)], only=["x"], gradients=gradients)
    with pytest.raises(nnc.InputError, match="don't depend on any weight"):
        nnc_torch.calibrate(Returning(lambda one: 0 * one), [torch.ones(2, 5)])
    with pytest.raises(nnc.InputError, match=r"must be a torch\.nn\.Module"):
        nnc_torch.calibrate("model", [])
