"""The parameter search: the cheapest set on the bins that are really coded."""

import numpy as np
import pytest

from nnc import deepcabac
from nnc.bitio.errors import InputError
from nnc.deepcabac import TensorCoding
from nnc.deepcabac.arithmetic import Context
from nnc.deepcabac.search import NARROW_AFTER, SIGNALLING_COST, ParameterSearch, is_sampled
from nnc.deepcabac.tables import BIN_COSTS, PARAMETER_SETS


def cost(bins, index):
    """Add up what bins cost under one parameter set."""
    context = Context(0, index)
    total = SIGNALLING_COST if index else 0
    for value in bins:
        total += BIN_COSTS[context.certainty][value != context.more_probable]
        context.update(value)
    return total


@pytest.mark.parametrize("probability", [0.02, 0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("count", [0, 1, 20, NARROW_AFTER - 1, 3 * NARROW_AFTER])
def test_the_cheapest_wins(probability, count):
    bins = (np.random.default_rng(count).random(count) < probability).astype(int).tolist()
    search = ParameterSearch()
    for value in bins:
        search.add(value)
    costs = [cost(bins, index) for index in range(len(PARAMETER_SETS))]
    if count < NARROW_AFTER:
        assert search.best() == costs.index(min(costs))
    else:
        assert costs[search.best()] <= 1.001 * min(costs)


def test_without_bins_nothing_is_signalled():
    assert ParameterSearch().best() == 0


def test_sampling():
    blocks = [block for block in range(40) if is_sampled(block << 12)]
    assert blocks == [*range(16), 16, 24, 32]
    assert is_sampled((17 << 12) - 1)
    assert not is_sampled(17 << 12)


@pytest.mark.parametrize("dq_flag", [0, 1])
def test_search_makes_payloads_smaller(coder, fit_states, dq_flag):
    coding = TensorCoding(dq_flag=dq_flag)
    generator = np.random.default_rng(8)
    levels = fit_states(generator.laplace(0, 1.2, (80, 90)).round(), coding)
    sizes = []
    for search in (False, True):
        encoder = coder.Encoder()
        encoder.tensor(levels, coding, search=search)
        sizes.append(len(encoder.finish()))
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize(
    ("dq_flag", "scale", "scan_order", "flags", "rows"),
    [
        (0, 0.4, 0, 11, 130),
        (1, 2, 0, 1, 130),
        (1, 9, 1, 4, 40),
        (0, 1e8, 0, 2, 9),
        (1, 60, 2, 256, 9),
    ],
)
def test_any_way_of_counting_takes_the_same_sets(
    both, fit_states, monkeypatch, dq_flag, scale, scan_order, flags, rows
):
    reference, engine = both
    coding = TensorCoding(1, dq_flag, scan_order, cabac_unary_length_minus1=flags - 1)
    # Where there are many, searches narrow, and bins are counted more than once.
    levels = np.random.default_rng(3).laplace(0, scale, (rows, 100)).round()
    levels[0, :2] = -(1 << 31), 1 - (1 << 31)
    levels = fit_states(levels, coding)
    payloads = []
    for coder, lanes in ((reference, False), (engine, False), (engine, True)):
        with monkeypatch.context() as changed:
            if not lanes:
                changed.setattr(deepcabac, "lanes", lambda: None)
            encoder = coder.Encoder()
            encoder.tensor(levels, coding)
            payloads.append(encoder.finish())
    assert payloads[0] == payloads[1] == payloads[2]


@pytest.mark.parametrize("place", [70_000, 70_015, 71_117, 99_983])
def test_wrong_parities_are_found_where_nothing_is_searched(both, fit_states, place):
    coding = TensorCoding(1, 1)
    levels = np.random.default_rng(place).laplace(0, 3, (1000, 100)).round()
    levels = fit_states(levels, coding)
    coded = np.flatnonzero(levels)
    place = int(coded[np.searchsorted(coded, place)])
    levels.reshape(-1)[place] += 1
    if not levels.reshape(-1)[place]:
        levels.reshape(-1)[place] = 2
    encoder = both[1].Encoder()
    row, col = divmod(place, 100)
    with pytest.raises(InputError, match=rf"levels\[{row}, {col}\]"):
        encoder.tensor(levels, coding)
