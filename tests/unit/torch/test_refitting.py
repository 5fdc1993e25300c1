"""Biases of coded modules that take up what their weights shift."""

import copy

import numpy as np
import pytest

import nnc

torch = pytest.importorskip("torch")
nnc_torch = pytest.importorskip("nnc.torch")


def network():
    """Make a network with each kind of layer that has a bias, and inputs above 0."""
    torch.manual_seed(3)
    nn = torch.nn
    module = nn.Sequential(
        nn.Conv2d(2, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.ConvTranspose2d(8, 6, 2), nn.ReLU(),
        nn.Flatten(), nn.Linear(6 * 25, 12), nn.LayerNorm(12), nn.ReLU(), nn.Linear(12, 5),
    )  # fmt: skip
    return module, [torch.rand(16, 2, 6, 6) for _ in range(9)]


def outputs(module, tensors, inputs):
    """Return what a module gives with other tensors."""
    own = {name: one.clone() for name, one in module.state_dict().items()}
    module.load_state_dict({name: torch.as_tensor(one) for name, one in tensors.items()})
    with torch.no_grad():
        result = module.eval()(inputs)
    module.load_state_dict(own)
    return result


def test_outputs_are_better():
    module, batches = network()
    data = nnc_torch.save(module, bits_per_value=3)
    refitted = nnc_torch.refit(module, data, batches[:8])
    assert module.training
    before, after = (nnc_torch.load(one) for one in (data, refitted))
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved
    assert moved <= {f"{layer}.bias" for layer in (0, 1, 3, 6, 7, 9)}
    wanted = outputs(module, module.state_dict(), batches[8])
    lost = [((outputs(module, one, batches[8]) - wanted) ** 2).sum() for one in (before, after)]
    assert lost[1] < 0.8 * lost[0]
    assert len(refitted) < len(data) + 64
    assert not nnc.check(refitted, deep=True)


def test_a_bias_takes_up_the_whole_shift_of_one_layer():
    torch.manual_seed(1)
    module = torch.nn.Linear(40, 6)
    inputs = [torch.rand(50, 40) for _ in range(8)]
    data = nnc_torch.save(module, qp=-12, nonweight_qp=-60)
    refitted = nnc_torch.load(nnc_torch.refit(module, data, inputs))
    followed = torch.cat([one for number, one in enumerate(inputs) if number % 4 != 3])
    with torch.no_grad():
        wanted = module(followed).mean(0)
    found = (followed @ refitted["weight"].T + refitted["bias"]).mean(0)
    np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_what_is_no_better_stays_as_it_was():
    module, batches = network()
    data = nnc_torch.save(module, lossless=True)
    assert nnc_torch.refit(module, data, batches) == data


def test_layers_that_run_twice_are_refitted_once_for_both():
    class Twice(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(20, 20)

        def forward(self, given):
            return self.layer(torch.relu(self.layer(given)))

    torch.manual_seed(2)
    module, inputs = Twice(), [torch.rand(30, 20) for _ in range(8)]
    data = nnc_torch.save(module, qp=-8, nonweight_qp=-60)
    after = nnc_torch.load(nnc_torch.refit(module, data, inputs))
    wanted = outputs(module, module.state_dict(), inputs[3])
    lost = [
        float(((outputs(module, one, inputs[3]) - wanted) ** 2).sum())
        for one in (nnc_torch.load(data), after)
    ]
    assert lost[1] < lost[0]


def test_examples_need_no_batch():
    torch.manual_seed(4)
    module = torch.nn.Sequential(torch.nn.Conv2d(2, 7, 3), torch.nn.ReLU())
    inputs = [torch.rand(2, 8, 8) for _ in range(8)]
    data = nnc_torch.save(module, qp=-8, nonweight_qp=-60)
    given = nnc.Bitstream.parse(data)
    refitted = nnc_torch.refit(module, given, inputs)
    assert given.to_bytes() == data
    assert refitted == nnc_torch.refit(module, data, [(one[None],) for one in inputs])
    assert refitted != data


@pytest.mark.parametrize(
    ("module", "batches", "message"),
    [
        (lambda: torch.nn.Linear(4, 3), [[1.0] * 4] * 4, "a batch must be a tensor"),
        (lambda: torch.nn.Linear(4, 3), [], "two batches or more"),
        (lambda: torch.nn.Linear(5, 3), None, "isn't of this module"),
        (lambda: torch.nn.Conv1d(4, 3, 1), None, "isn't of this module"),
        (lambda: torch.nn.Sequential(torch.nn.Linear(4, 3)), None, r"it has no '0\.weight'"),
        (lambda: "module", None, "must be a torch.nn.Module"),
    ],
)
def test_what_does_not_fit_is_refused(module, batches, message):
    data = nnc_torch.save(torch.nn.Linear(4, 3))
    given = [torch.rand(2, 4)] * 4 if batches is None else batches
    with pytest.raises(nnc.InputError, match=message):
        nnc_torch.refit(module(), data, given)


def shift_left(module, data, inputs):
    """Return the largest difference of the mean outputs by channel, of one layer."""
    coded = copy.deepcopy(module)
    coded.load_state_dict(nnc_torch.load(data))
    with torch.no_grad():
        difference = torch.stack([module(one) - coded(one) for one in inputs]).mean(0)
    axis = 0 if isinstance(module, torch.nn.Conv1d | torch.nn.Conv2d) else -1
    return float(difference.movedim(axis, -1).flatten(0, -2).mean(0).abs().max())


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (lambda: torch.nn.Conv1d(3, 40, 5), (3, 24)),
        (lambda: torch.nn.Conv2d(3, 40, 5), (3, 9, 44)),
    ],
)
def test_inputs_of_convolutions_need_no_dimension_for_examples(module, shape):
    torch.manual_seed(1)
    module, inputs = module(), [torch.rand(shape) for _ in range(8)]
    data = nnc_torch.save(module, qp=-12, nonweight_qp=-60)
    followed = [one for number, one in enumerate(inputs) if number % 4 != 3]
    assert shift_left(module, data, followed) > 0.01
    assert shift_left(module, nnc_torch.refit(module, data, inputs), followed) < 1e-3


@pytest.mark.parametrize("options", [{}, {"codebook": "exact"}, {"part_size": 100}], ids=str)
def test_values_are_followed_as_the_bitstream_can_hold_them(options):
    module, batches = network()
    data = nnc_torch.save(module, qp=-10, nonweight_qp=-12, **options)
    refitted = nnc_torch.refit(module, data, batches[:8])
    wanted = outputs(module, module.state_dict(), batches[3])
    lost = [
        float(((outputs(module, nnc_torch.load(one), batches[3]) - wanted) ** 2).sum())
        for one in (data, refitted)
    ]
    assert lost[1] <= lost[0]


def test_a_given_bitstream_stays_as_it_was():
    module, batches = network()
    data = nnc_torch.save(module, bits_per_value=3)
    bitstream = nnc.Bitstream.parse(data)
    assert nnc_torch.refit(module, bitstream, batches) != data
    assert bitstream.to_bytes() == data


def moved_by(module, data, batches):
    """Return the names of the tensors that a refit changes."""
    before, after = (nnc_torch.load(one) for one in (data, nnc_torch.refit(module, data, batches)))
    return {name for name in before if not torch.equal(before[name], after[name])}


def test_one_batch_may_be_given_many_times():
    module, batches = network()
    assert moved_by(module, nnc_torch.save(module, bits_per_value=3), 8 * batches[:1])


@pytest.mark.parametrize("place", [0, 3], ids=["followed", "told"])
def test_batches_without_numbers_are_passed_over(place):
    module, batches = network()
    batches[place] = torch.full_like(batches[place], torch.nan)
    assert moved_by(module, nnc_torch.save(module, bits_per_value=3), batches)


def test_layers_that_give_nothing_of_use_are_left_alone():
    class Pair(torch.nn.Linear):
        def forward(self, given):
            return super().forward(given), None

    class Odd(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.lost = torch.nn.Linear(20, 30)
            self.pair, self.last = Pair(20, 40), torch.nn.Linear(40, 12)

        def forward(self, given):
            self.lost(given * torch.inf)
            return self.last(self.pair(given)[0])

    torch.manual_seed(2)
    module, inputs = Odd(), [torch.rand(30, 20) for _ in range(8)]
    data = nnc_torch.save(module, qp=-10, nonweight_qp=-50)
    assert moved_by(module, data, inputs) == {"last.bias"}


def test_layers_that_are_given_no_examples_now_and_then_keep_their_turns():
    class Turns(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(20, 20)

        def forward(self, given):
            return self.layer(given[:0]).sum() + self.layer(given)

    torch.manual_seed(2)
    module, inputs = Turns(), [torch.rand(30, 20) for _ in range(8)]
    data = nnc_torch.save(module, qp=-10, nonweight_qp=-60)
    followed = [one for number, one in enumerate(inputs) if number % 4 != 3]
    refitted = nnc_torch.refit(module, data, inputs)
    assert shift_left(module, refitted, followed) < 1e-3 < shift_left(module, data, followed)


def test_modules_may_write_over_their_inputs():
    class Scaled(torch.nn.Module):
        def forward(self, given):
            return given.mul_(2).sub_(0.3)

    torch.manual_seed(2)
    layer = torch.nn.Linear(20, 30)
    module, inputs = torch.nn.Sequential(Scaled(), layer), [torch.rand(30, 20) for _ in range(8)]
    before = [one.clone() for one in inputs]
    assert moved_by(module, nnc_torch.save(module, qp=-10, nonweight_qp=-60), inputs) == {"1.bias"}
    assert all(map(torch.equal, inputs, before))
