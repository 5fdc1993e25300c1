"""Block rows encoded by several threads: the same codeword as in one go."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from nnc.deepcabac import TensorCoding

SHAPES = [(2, 2), (8, 8), (9, 3), (17, 40), (64, 1000), (100, 7), (257, 33), (640, 5)]
SCALES = [0.02, 0.5, 3, 40, 3000]


@pytest.fixture(scope="module")
def engine(both):
    """Return the compiled engine; the reference goes through all in one go."""
    return both[1]


@pytest.fixture(scope="module")
def executor():
    with ThreadPoolExecutor(3) as pool:
        yield pool


def codeword(engine, tensors, codings, **options):
    encoder = engine.Encoder()
    encoder.quantization_parameter(-3, 2)
    found = []
    for levels, coding in zip(tensors, codings, strict=True):
        entry_points = encoder.tensor(levels, coding, **options)
        found.append((entry_points, encoder.context_states().tolist(), encoder.position))
    return encoder.finish(), found


@pytest.mark.parametrize("scan_order", [1, 2, 4])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dq_flag", [0, 1])
def test_the_same_codeword(engine, fit_states, executor, shape, dq_flag, scan_order):
    rng = np.random.default_rng(shape[0])
    coding = TensorCoding(dq_flag=dq_flag, scan_order=scan_order)
    tensors = [
        fit_states(np.rint(rng.laplace(0, scale, shape)).astype(np.int32), coding)
        for scale in SCALES
    ]
    codings = [coding] * len(tensors)
    whole = codeword(engine, tensors, codings)
    for parts in (2, 3, 1000):
        assert codeword(engine, tensors, codings, executor=executor, parts=parts) == whole


@pytest.mark.parametrize("row_skip", [None, True])
def test_with_skipped_rows_parents_and_history(engine, fit_states, executor, row_skip):
    rng = np.random.default_rng(2)
    # Skipped rows change the states that parities have to fit.
    dq_flag = int(row_skip is None)
    coding = TensorCoding(dq_flag=dq_flag, scan_order=1, parent_node_id_present_flag=1)
    levels = np.rint(rng.laplace(0, 2, (90, 21))).astype(np.int32)
    levels[rng.random(90) < 0.5] = 0
    levels[16:40] = 0
    levels = fit_states(levels, coding)
    options = {
        "base_levels": rng.integers(-2, 3, levels.shape).astype(np.int32),
        "history": rng.random(levels.shape) < 0.3,
        "row_skip": row_skip,
    }
    whole = codeword(engine, [levels, levels], [coding] * 2, **options)
    again = codeword(engine, [levels, levels], [coding] * 2, executor=executor, parts=4, **options)
    assert again == whole


def test_a_carry_goes_back_through_parts(both, executor):
    # Rows that cost next to nothing after one that ends high: low ends of many bytes of 255.
    rng = np.random.default_rng(4)
    coding = TensorCoding(scan_order=1)
    reference, engine = both
    for _ in range(30):
        rows = [rng.integers(-3, 4, (8, 8)) if rng.random() < 0.3 else np.zeros((8, 8), int)
                for _ in range(40)]  # fmt: skip
        levels = np.concatenate(rows).astype(np.int32)
        whole = codeword(reference, [levels], [coding])
        assert codeword(engine, [levels], [coding], executor=executor, parts=40) == whole


def test_recorded_bins_are_those_of_one_go(engine, executor):
    levels = np.random.default_rng(5).integers(-3, 4, (40, 40)).astype(np.int32)
    records = []
    for options in ({}, {"executor": executor, "parts": 5}):
        encoder = engine.Encoder(record_bins=20_000)
        encoder.tensor(levels, TensorCoding(scan_order=1), **options)
        records.append(encoder.bins().tolist())
    assert records[0] == records[1]
    assert len(records[0]) > 1000


def test_a_wrong_parity_is_found(engine, executor):
    levels = np.zeros((64, 64), np.int32)
    levels[0, 0], levels[0, 1] = 2, 1
    problems = []
    for options in ({}, {"executor": executor, "parts": 5}):
        with pytest.raises(ValueError, match="dependent quantization") as caught:
            engine.Encoder().tensor(levels, TensorCoding(dq_flag=1, scan_order=1), **options)
        problems.append(str(caught.value))
    assert problems[0] == problems[1]
