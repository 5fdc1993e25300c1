"""Statistics of the inputs of a module's layers."""

import numpy as np
import pytest

import nnc
from nnc.model.calibration import factors_of

torch = pytest.importorskip("torch")
nnc_torch = pytest.importorskip("nnc.torch")


def close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4)


def test_linear_layers_tell_the_moments_of_their_inputs():
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.ReLU(), torch.nn.Linear(7, 3))
    inputs = torch.randn(40, 5)
    found = nnc_torch.calibrate(module, [inputs[:20], (inputs[20:],)])
    assert set(found) == {"0.weight", "2.weight"}
    close(found["0.weight"], factors_of((inputs.T @ inputs).numpy()))
    inner = module[1](module[0](inputs)).detach()
    close(found["2.weight"], factors_of((inner.T @ inner).numpy()))
    squares = nnc_torch.calibrate(module, [inputs], only=["0.*"], diagonal=True)
    assert set(squares) == {"0.weight"}
    close(squares["0.weight"], factors_of(inputs.square().sum(0).numpy()))
    assert module.training
    assert all(one.requires_grad for one in module.parameters())


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
    assert nnc_torch.calibrate(layer, [inputs])["weight"].shape == (2 * 3**rank,) * 2


def test_embeddings_tell_by_gradients_and_attention_by_its_inputs():
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
    assert set(found) == {"words.weight", "attention.in_proj_weight", "head.weight"}
    assert all(one.shape == (8, 8) for one in found.values())
    assert set(nnc_torch.calibrate(module, batches, gradients=False)) == set(found) - {
        "words.weight"
    }
    assert all(one.grad is None for one in module.parameters())
    again = nnc_torch.calibrate(module, batches)
    assert all(np.array_equal(found[name], again[name]) for name in found)
    data = nnc_torch.save(module, preset="small", calibration=found)
    assert nnc.check(data, deep=True) == []


def test_what_can_not_be_calibrated_is_refused():
    layer = torch.nn.Linear(5, 7)
    with pytest.raises(nnc.InputError, match="no input came through"):
        nnc_torch.calibrate(layer, [])
    with pytest.raises(nnc.InputError, match="aren't finite"):
        nnc_torch.calibrate(layer, [torch.full((2, 5), float("nan"))])
    with pytest.raises(nnc.InputError, match=r"must be a torch\.nn\.Module"):
        nnc_torch.calibrate("model", [])
