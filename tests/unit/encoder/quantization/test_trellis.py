"""The trellis: valid paths, the best of them, and the same from both of its modules."""

import importlib
import itertools
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nnc.bitio.errors import InputError
from nnc.decoder.dequantization import dequantize
from nnc.deepcabac.tables import STATE_TRANSITIONS
from nnc.encoder.quantization import trellis_reference
from nnc.encoder.quantization.dependent import quantize_dependent
from nnc.encoder.quantization.uniform import LARGEST_RATIO, quantize_uniform

try:
    compiled = importlib.import_module("nnc.encoder.quantization.trellis")
except ImportError:
    compiled = None

needs_compiled = pytest.mark.skipif(compiled is None, reason="the trellis was not compiled")

# Around the ends of histories (32), of blocks (512), and of both.
LENGTHS = [0, 1, 2, 3, 4, 5, 7, 31, 32, 33, 35, 64, 511, 512, 513, 544, 1023, 1024, 1025, 1537]


@pytest.fixture(
    params=["reference", pytest.param("compiled", marks=needs_compiled), "dispatched"],
    name="quantize",
)
def quantize_fixture(request):
    return {
        "reference": trellis_reference.quantize_dependent,
        "compiled": getattr(compiled, "quantize_dependent", None),
        "dispatched": quantize_dependent,
    }[request.param]


def laplace(seed, count, scale=1.0, dtype=np.float32):
    return np.random.default_rng(seed).laplace(0, scale, count).astype(dtype)


def coded_levels(indices):
    """Undo the doubling as a decoder would do it, and fail where no coded level gives an index."""
    state = 0
    levels = []
    for index in indices.tolist():
        sign = (index > 0) - (index < 0)
        doubled = index + sign * (state & 1)
        assert doubled % 2 == 0, f"index {index} in state {state}"
        levels.append(doubled // 2)
        state = STATE_TRANSITIONS[state][levels[-1] & 1]
    return levels


def allowed(state, reach):
    """All coded levels of a state with index and next state, up to a magnitude."""
    for level in range(-reach, reach + 1):
        sign = (level > 0) - (level < 0)
        yield 2 * level - sign * (state & 1), STATE_TRANSITIONS[state][level & 1]


def least_error(values, reach):
    """Squared error of the best of all paths, in steps, by trying them all."""

    def paths(state, rest):
        if not rest:
            return 0.0
        return min(
            (float(rest[0]) - index) ** 2 + paths(after, rest[1:])
            for index, after in allowed(state, reach)
        )

    return paths(0, list(values))


def squared_error(values, indices, step):
    return float(np.square(values.astype(np.float64) / step - indices).sum())


@pytest.mark.parametrize("length", LENGTHS)
def test_indices_follow_the_state_machine(quantize, length):
    indices = quantize(laplace(length, length, 3.0), 0.7)
    assert indices.dtype == np.int32
    assert indices.shape == (length,)
    assert len(coded_levels(indices)) == length


@pytest.mark.parametrize("seed", range(12))
def test_no_path_is_better(quantize, seed):
    values = laplace(seed, 1 + seed % 4, 1.5)
    indices = quantize(values, 1.0)
    reach = int(np.abs(values).max()) // 2 + 3
    assert squared_error(values, indices, 1.0) == pytest.approx(
        least_error(values, reach), rel=1e-5, abs=1e-5
    )


@pytest.mark.parametrize("values", list(itertools.product([-1.4, 0.0, 0.6, 2.5], repeat=3)))
def test_no_path_is_better_around_zero(values):
    values = np.array(values, dtype=np.float32)
    indices = quantize_dependent(values, 1.0)
    assert squared_error(values, indices, 1.0) == pytest.approx(
        least_error(values, 4), rel=1e-5, abs=1e-5
    )


def test_first_index_is_even(quantize):
    # State 0 is even: 1 has to become 0 or 2, whatever follows.
    assert quantize(np.array([1.2], dtype=np.float32), 1.0).tolist() == [2]
    assert quantize(np.array([-0.9], dtype=np.float32), 1.0).tolist() == [0]


def test_values_on_a_path_come_back_exactly(quantize):
    rng = np.random.default_rng(5)
    state, indices = 0, []
    for level in rng.integers(-9, 10, 3000).tolist():
        indices.append(2 * level - int(np.sign(level)) * (state & 1))
        state = STATE_TRANSITIONS[state][level & 1]
    step = np.float32(0.046875)
    values = dequantize(np.array(indices, dtype=np.int32), step)
    assert quantize(values, step).tolist() == indices


def test_zeros_stay_zeros(quantize):
    assert not quantize(np.zeros(700, dtype=np.float32), 0.1).any()


def test_sign_of_zero_does_not_matter(quantize):
    values = laplace(3, 300)
    values[::7] = 0.0
    minus = values.copy()
    minus[::7] = -0.0
    assert (quantize(values, 0.5) == quantize(minus, 0.5)).all()


def test_finer_than_rounding_at_a_coarser_step():
    # Two indices apart is what one is for rounding: dependent quantization with a step 1.5 dB
    # finer than half costs about as many bits, and its error has to be smaller.
    values = laplace(9, 60_000)
    step = 0.25
    uniform_step = np.float32(2 * step / 10 ** (1.5 / 20))
    dependent = dequantize(quantize_dependent(values, step), step) - values
    uniform = dequantize(quantize_uniform(values, uniform_step), uniform_step) - values
    assert np.square(dependent).mean() < np.square(uniform).mean()


@needs_compiled
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [0.2, 4.0, 1e5])
def test_compiled_equals_reference(length, dtype, scale):
    values = laplace(length + 1, length, scale, dtype)
    expected = trellis_reference.quantize_dependent(values, 0.75)
    assert compiled.quantize_dependent(values, 0.75).tolist() == expected.tolist()


@needs_compiled
@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([np.float32, np.float64]).flatmap(
        lambda dtype: arrays.arrays(
            dtype,
            st.integers(0, 80),
            elements=st.floats(
                -(2.0**29), 2.0**29, width=np.dtype(dtype).itemsize * 8, allow_nan=False
            )
            | st.sampled_from([0.0, -0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, -3.0, 4.0, 1e-40]),
        )
    ),
    st.sampled_from([1.0, 0.5, 0.75, 1.25 * 2**-2, 3.0e8]),
)
def test_compiled_equals_reference_for_anything(values, step):
    expected = trellis_reference.quantize_dependent(values, step)
    assert compiled.quantize_dependent(values, step).tolist() == expected.tolist()
    coded_levels(expected)


@needs_compiled
def test_runs_on_threads():
    values = [laplace(seed, 40_000) for seed in range(4)]
    results = [None] * 4

    def work(number):
        results[number] = compiled.quantize_dependent(values[number], 0.1)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        assert (results[number] == compiled.quantize_dependent(values[number], 0.1)).all()


def test_float64_is_not_rounded_first(quantize):
    # In float32 all of these are 2^24 + 4 or multiples of 2 around it.
    values = np.array([2.0**24 + 2.9, 2.0**24 + 3.1], dtype=np.float64)
    indices = quantize(values, 1.0)
    assert squared_error(values, indices, 1.0) < 2.1


def test_largest_magnitudes(quantize):
    values = np.array([LARGEST_RATIO, -LARGEST_RATIO, LARGEST_RATIO], dtype=np.float32)
    indices = quantize(values, 1.0)
    assert np.abs(indices.astype(np.int64) - values.astype(np.int64)).max() <= 5
    coded_levels(indices)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.0, float("nan")], "value 1 is nan"),
        ([float("inf")], "value 0 is inf"),
        ([1.0, 2.0, -float("inf")], "value 2 is -inf"),
        ([1.0, 2.0**31], "value 1 is 2.14748e"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_refuses_values(quantize, dtype, values, message):
    with pytest.raises(InputError, match=message):
        quantize(np.array(values, dtype=dtype), 1.0)


def test_refuses_a_ratio_beyond_float32(quantize):
    with pytest.raises(InputError, match="value 0 is 1e"):
        quantize(np.array([1e38], dtype=np.float32), 2.0**-100)


@pytest.mark.parametrize("step", [0.0, -1.0, float("nan"), float("inf"), 1e-60, 1e300])
def test_refuses_step(quantize, step):
    with pytest.raises(InputError, match="step size"):
        quantize(np.zeros(3, dtype=np.float32), step)


@pytest.mark.parametrize(
    "values", [np.zeros((2, 2), np.float32), np.zeros(3, np.float16), np.zeros(3, np.int32)]
)
def test_refuses_arrays(quantize, values):
    with pytest.raises(InputError, match="not"):
        quantize(values, 1.0)


def test_takes_strided_read_only_and_swapped_arrays(quantize):
    values = laplace(4, 600)
    expected = quantize(values, 0.5).tolist()
    spread = np.zeros(1200, dtype=np.float32)
    spread[::2] = values
    frozen = values.copy()
    frozen.flags.writeable = False
    assert quantize(spread[::2], 0.5).tolist() == expected
    assert quantize(frozen, 0.5).tolist() == expected
    assert quantize(values.astype(">f4"), 0.5).tolist() == expected
