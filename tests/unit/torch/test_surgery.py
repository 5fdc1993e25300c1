import copy

import pytest

import nnc
import nnc.torch as nnc_torch
from nnc.reduce import Neurons, prune_neurons

torch = pytest.importorskip("torch")
pytest.importorskip("torch_pruning")

X = torch.randn(4, 1, 6, 6, generator=torch.Generator().manual_seed(1))


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 8, 3)
        self.fc = torch.nn.Linear(8 * 16, 20)
        self.last = torch.nn.Linear(20, 3)

    def forward(self, x):
        x = torch.relu(self.conv(x)).flatten(1)
        return self.last(torch.relu(self.fc(x)))


def test_clause_8_3_3_neurons_go_from_all_layers_that_depend_on_them():
    torch.manual_seed(5)
    network = Network()
    tensors = {name: one.numpy().copy() for name, one in network.state_dict().items()}
    layers = [
        Neurons("conv.weight", "fc.weight", ["conv.bias"]),
        Neurons("fc.weight", "last.weight", ["fc.bias"]),
    ]
    pruned = prune_neurons(tensors, layers, share=0.5)
    zeroed = copy.deepcopy(network)
    zeroed.load_state_dict({name: torch.from_numpy(one) for name, one in pruned.tensors.items()})
    expected = zeroed(X)
    small = copy.deepcopy(zeroed)
    gone = nnc_torch.cut_neurons(small, pruned, X)
    assert gone["conv.weight"] == 4
    assert small.conv.weight.shape == (4, 1, 3, 3)
    assert small.fc.weight.shape[1] == 4 * 16
    assert small.last.weight.shape[1] == 20 - gone.get("fc.weight", 0)
    torch.testing.assert_close(small(X), expected)
    assert len(nnc_torch.save(small, qp=-40)) < len(nnc_torch.save(network, qp=-40))


def test_masks_of_another_network_are_refused():
    pruned = prune_neurons({"a": torch.ones(4, 2).numpy(), "b": torch.ones(2, 4).numpy()},
                           [Neurons("a", "b")], share=0.5)  # fmt: skip
    with pytest.raises(nnc.InputError, match="no weight 'a'"):
        nnc_torch.cut_neurons(Network(), pruned, X)
