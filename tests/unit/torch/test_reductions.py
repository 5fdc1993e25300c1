import copy

import numpy as np
import pytest

import nnc
import nnc.torch as nnc_torch
from nnc.reduce import fold_batch_norms, prune_blocks, sparsify

torch = pytest.importorskip("torch")

FINE = {"qp": -50, "nonweight_qp": -80}


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(2, 6, 3, bias=False)
        self.bn = torch.nn.BatchNorm2d(6)
        self.other_bn = torch.nn.BatchNorm2d(6)
        self.fc = torch.nn.Linear(96, 40)
        self.last = torch.nn.Linear(40, 3)

    def forward(self, x):
        y = torch.relu(self.bn(self.conv(x)))
        y = self.other_bn(y).flatten(1)
        return self.last(torch.relu(self.fc(y)))


@pytest.fixture
def network():
    torch.manual_seed(3)
    made = Network()
    for _ in range(5):
        made(torch.randn(16, 2, 6, 6))
    return made.eval()


X = torch.randn(8, 2, 6, 6, generator=torch.Generator().manual_seed(1))
Y = torch.arange(8) % 3
loss = torch.nn.functional.cross_entropy


def ratio(values):
    return float(values.abs().sum() / values.square().sum().sqrt())


def outputs(network, tensors):
    other = copy.deepcopy(network)
    other.load_state_dict({name: torch.from_numpy(one) for name, one in tensors.items()})
    return other(X).detach().numpy()


def test_clause_8_3_9_local_scaling_is_trained_saved_and_applied_by_the_decoder(network):
    plain = copy.deepcopy(network)
    factors = nnc_torch.local_scaling(network, only=["fc.weight", "conv.weight"])
    before = network.fc.parametrizations.weight.original.clone()
    tuned = nnc_torch.tune(network, [(X, Y)], loss, epochs=8, learning_rate=0.05,
                           parameters=factors, validation=[(X, Y)], seed=1)  # fmt: skip
    assert tuned.losses[tuned.best] == min(tuned.losses) < tuned.losses[0]
    assert torch.equal(network.fc.parametrizations.weight.original, before)
    data = nnc_torch.save(network, **FINE)
    parts = nnc.decode(data, reconstruct=False)
    assert np.ptp(parts["fc.weight_scaling"]) > 0.01
    decoded = nnc_torch.load(data)
    assert set(decoded) == set(plain.state_dict())
    plain.load_state_dict(decoded)
    np.testing.assert_allclose(plain(X).detach(), network(X).detach(), atol=1e-2)


def test_remove_makes_it_permanent(network):
    nnc_torch.low_rank(network, rank=4, only=["fc.weight"])
    nnc_torch.local_scaling(network)
    expected = network(X)
    nnc_torch.remove(network)
    assert set(network.state_dict()) == set(Network().state_dict())
    assert all(one.requires_grad for one in network.parameters())
    torch.testing.assert_close(network(X), expected)


def test_clause_8_3_7_factors_are_trained_and_recomposed(network):
    plain = copy.deepcopy(network)
    nnc_torch.low_rank(network, rank=4, only=["fc.weight"])
    made = network.fc.parametrizations.weight
    assert made.original0.shape == (40, 4)
    assert made.original1.shape == (4, 96)
    start = made.original0.detach().clone()
    nnc_torch.tune(network, [(X, Y)], loss, epochs=3, learning_rate=0.01)
    assert not torch.equal(made.original0, start)
    nnc_torch.local_scaling(network, only=["fc.weight"])
    decoded = nnc.decode(nnc_torch.save(network, **FINE))
    np.testing.assert_allclose(outputs(plain, decoded), network(X).detach(), atol=1e-2)


def test_clause_8_3_2_masks_hold_in_training(network):
    model = {name: one.numpy() for name, one in network.state_dict().items()}
    found = prune_blocks(model, 0.5, block=(4, 4), only=["fc.weight"])
    nnc_torch.mask(network, sparsify(found, 0.6, only=["last.weight"]))
    nnc_torch.tune(network, [(X, Y)], loss, epochs=3, learning_rate=0.01)
    decoded = nnc.decode(nnc_torch.save(network, **FINE))
    assert not decoded["fc.weight"][~found.masks["fc.weight"]].any()
    assert (decoded["fc.weight"] != 0).mean() > 0.4
    assert (decoded["last.weight"] == 0).mean() >= 0.6


def test_clause_8_3_6_unified_blocks_stay_so_in_training(network):
    nnc_torch.unify(network, 0.5, block=(2, 2), only=["fc.weight"])
    before = network.fc.weight.detach().numpy().copy()
    nnc_torch.tune(network, [(X, Y)], loss, epochs=3, learning_rate=0.01)
    after = network.fc.weight.detach().numpy()
    blocks = np.abs(after).reshape(20, 2, 48, 2).swapaxes(1, 2).reshape(-1, 4)
    alike = np.ptp(blocks, axis=1) < 1e-6
    assert alike.mean() >= 0.5
    assert not np.array_equal(before, after)
    assert set(nnc_torch.reduced(network).tensors) == set(Network().state_dict())


def test_clause_8_3_1_the_compressibility_loss_makes_weights_sparser(network):
    found = nnc_torch.compressibility(network, 1.0)
    expected = sum(
        layer.weight.abs().sum() / layer.weight.square().sum().sqrt()
        for layer in (network.conv, network.fc, network.last)
    )
    torch.testing.assert_close(found, expected)
    scaled = copy.deepcopy(network)
    with torch.no_grad():
        scaled.fc.weight *= 7
    torch.testing.assert_close(nnc_torch.compressibility(scaled, 1.0), expected)
    assert nnc_torch.compressibility(network, 1.0, gamma=1.0) > found
    with torch.no_grad():
        network.last.weight.zero_()
    nnc_torch.compressibility(network, 1.0).backward()
    assert all(torch.isfinite(one.grad).all() for one in network.parameters()
               if one.grad is not None)  # fmt: skip
    nnc_torch.tune(network, [(X, Y)], loss, epochs=60, learning_rate=3e-3,
                   extra=lambda module: nnc_torch.compressibility(module, 0.1))  # fmt: skip
    sparse, dense = network.fc.weight.detach(), scaled.fc.weight.detach()
    assert ratio(sparse) < 0.8 * ratio(dense)


def test_batches_of_a_loader(network):
    data = torch.utils.data.TensorDataset(X, Y)
    loader = torch.utils.data.DataLoader(data, batch_size=4)
    tuned = nnc_torch.tune(network, loader, loss, epochs=2, validation=loader)
    assert len(tuned.losses) == 3


def test_clause_8_2_1_pairs_of_the_graph(network):
    layers = nnc_torch.batch_norm_layers(network)
    # other_bn gets what a ReLU gives: it can't be folded into a layer.
    assert [(one.weight, one.bias, one.batch_norm.gamma) for one in layers] == [
        ("conv.weight", None, "bn.weight")
    ]
    folded = fold_batch_norms(nnc_torch.reduced(network), layers)
    decoded = nnc.decode(nnc.encode(folded.tensors, **FINE, **folded.options))
    np.testing.assert_allclose(outputs(network, decoded), network(X).detach(), atol=1e-2)


def test_scaling_folds_into_what_the_batch_norm_scales(network):
    layers = nnc_torch.batch_norm_layers(network)
    (factors,) = nnc_torch.local_scaling(network, only=["conv.weight"])
    with torch.no_grad():
        factors.mul_(torch.linspace(0.5, 2, 6))
    expected = network(X).detach()
    folded = fold_batch_norms(nnc_torch.reduced(network), layers)
    assert [block.types for block in folded.blocks] == [10]
    decoded = nnc.decode(nnc.encode(folded.tensors, **FINE, **folded.options))
    nnc_torch.remove(network)
    np.testing.assert_allclose(outputs(network, decoded), expected, atol=1e-2)


def test_what_is_no_module_and_no_weight(network):
    for call in (nnc_torch.local_scaling, nnc_torch.compressibility, nnc_torch.batch_norm_layers):
        with pytest.raises(nnc.InputError, match="Module"):
            call({})
    with pytest.raises(nnc.InputError, match="no weight 'x'"):
        nnc_torch.mask(network, {"x": np.ones(3)})
    with pytest.raises(nnc.InputError, match="shape"):
        nnc_torch.mask(network, {"fc.weight": np.ones(3)})
    with pytest.raises(nnc.InputError, match="epochs"):
        nnc_torch.tune(network, [], loss, epochs=-1)
    for one in network.parameters():
        one.requires_grad_(False)
    with pytest.raises(nnc.InputError, match="nothing to train"):
        nnc_torch.tune(network, [], loss)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (lambda one: nnc_torch.local_scaling(one), lambda one: nnc_torch.rounded(one, -12)),
        (lambda one: nnc_torch.local_scaling(one), lambda one: nnc_torch.unify(one, 0.5)),
        (lambda one: nnc_torch.low_rank(one, rank=4), lambda one: nnc_torch.rounded(one, -12)),
    ],
)
def test_what_decoders_cannot_put_together_is_refused(network, first, then):
    first(network)
    then(network)
    with pytest.raises(nnc.InputError, match="and then something else"):
        nnc_torch.reduced(network)


def test_rounded_weights_are_what_is_coded(network):
    nnc_torch.rounded(network, -12)
    before = network.fc.parametrizations.weight.original.detach().clone()
    nnc_torch.tune(network, [(X, Y)], loss, epochs=3, learning_rate=0.01)
    assert not torch.equal(network.fc.parametrizations.weight.original, before)
    rounded = network.fc.weight.detach().numpy()
    assert np.array_equal(rounded, np.rint(rounded / 0.125) * 0.125)
    decoded = nnc.decode(nnc_torch.save(network, qp=-12, nonweight_qp=-80, dq=False, effort=3))
    assert np.array_equal(decoded["fc.weight"], rounded)
    np.testing.assert_allclose(outputs(Network().eval(), decoded), network(X).detach(), atol=1e-3)
