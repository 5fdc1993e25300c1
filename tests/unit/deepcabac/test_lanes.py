"""Many tensors decoded at once in lanes: the same as one after the other, errors included."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import nnc
from nnc import deepcabac
from nnc.bitio.errors import BitstreamError
from nnc.deepcabac import Decoder, Encoder, EntryPoints, Task, TensorCoding, reference


@pytest.fixture(scope="module")
def lanes():
    """Return the module, where the processor has what it takes."""
    module = deepcabac.lanes() if deepcabac.is_compiled() else None
    if module is None:
        pytest.skip("no lanes on this processor")
    return module


def alone(task):
    """Return what one task gives by itself, or the error's type."""
    density = task.qp_density
    try:
        decoder = Decoder(task.payload)
        qp = None if density is None else decoder.quantization_parameter(density)
        levels = decoder.tensor(task.rows, task.cols, task.coding, entry_points=task.entry_points)
        decoder.finish()
    except BitstreamError:
        return None
    return qp, levels


def drawn(generator, coding, fit_states, count=24, longest=59):
    """Return tasks of random sizes and rates, some of them of rows that are all 0."""
    tasks = []
    for number in range(count):
        rows, cols = (int(size) for size in generator.integers(1, longest + 1, 2))
        levels = generator.laplace(0, 2.0 ** generator.uniform(-3, 11), (rows, cols)).round()
        if number % 5 == 0:
            levels[rows // 2] = 0
        density = None if number % 3 == 0 else 2
        encoder = Encoder()
        if density is not None:
            encoder.quantization_parameter(-7, density)
        skip = None if number % 5 == 0 else False
        points = encoder.tensor(
            fit_states(levels, coding), coding, search=bool(number & 1), row_skip=skip
        )
        payload = encoder.finish()
        tasks.append(
            Task(payload, density, rows, cols, coding, points if rows > 1 < cols else None)
        )
    return tasks


def decode_alike(tasks):
    """Decode each of some tasks several times, out of one piece of data."""
    results = []
    for payload, density, rows, cols, coding, _ in tasks:
        source = memoryview(b"\0" + 3 * bytes(payload) + b"\xff")
        places = np.array([[1 + n * len(payload), 1 + (n + 1) * len(payload)] for n in range(3)])
        if coding.block_size(rows, cols):
            results.append(None)
            continue
        found = deepcabac.decode_alike(source, places, rows, cols, coding, density)
        levels, offsets, done = found
        assert len(set(done.tolist())) == 1
        if done[0]:
            assert all(np.array_equal(levels[0], one) for one in levels)
            results.append((None if density is None else offsets[2], levels[2]))
        else:
            results.append(None)
    return results


@pytest.fixture(params=["lanes", "plain", "alike"])
def decode(request):
    """Return either function that decodes many tensors."""
    if request.param == "lanes":
        return request.getfixturevalue("lanes").decode_together
    if not deepcabac.is_compiled():
        pytest.skip("the reference engine decodes one after the other")
    return deepcabac.decode_plain if request.param == "plain" else decode_alike


def compare(decode, tasks):
    """Check that what was decoded together is the same alone; return how many were."""
    decoded = 0
    for task, result in zip(tasks, decode(tasks), strict=True):
        if result is None:
            continue
        expected = alone(task)
        assert expected is not None
        assert result[0] == expected[0]
        np.testing.assert_array_equal(result[1], expected[1])
        decoded += 1
    return decoded


@pytest.mark.parametrize("dq_flag", [0, 1])
@pytest.mark.parametrize("profile", [0, 1])
@pytest.mark.parametrize("flags", [1, 2, 11, 32])
def test_levels(decode, fit_states, dq_flag, profile, flags):
    coding = TensorCoding(profile, dq_flag, cabac_unary_length_minus1=flags - 1)
    tasks = drawn(np.random.default_rng(flags), coding, fit_states)
    assert compare(decode, tasks) > 4


@pytest.mark.parametrize("most", [1, 9, 20])
def test_more_streams_than_are_decoded_at_a_time(lanes, fit_states, monkeypatch, most):
    tasks = drawn(np.random.default_rng(8), TensorCoding(1, 1), fit_states, 40, 90)
    expected = [None if one is None else one[1] for one in lanes.decode_together(tasks)]
    monkeypatch.setattr(lanes, "MOST_STREAMS", most)
    found = lanes.decode_together(tasks)
    # Of too few none are decoded.
    assert any(one is not None for one in found) == (most >= lanes.FEWEST_STREAMS)
    for levels, result in zip(expected, found, strict=True):
        if result is not None:
            np.testing.assert_array_equal(result[1], levels)


@pytest.mark.parametrize("count", [0, 3, 40])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_call_is_made_once_meanwhile(lanes, fit_states, count, threads):
    # Of two kinds, with as many streams as threads share.
    tasks = drawn(np.random.default_rng(3), TensorCoding(1, 1), fit_states, count, 90)
    tasks += drawn(np.random.default_rng(4), TensorCoding(1, 0), fit_states, count, 90)
    expected = lanes.decode_together(tasks)
    calls = []
    with ThreadPoolExecutor(threads) as pool:
        found = lanes.decode_together(tasks, pool, threads, lambda: calls.append(1))
    assert calls == [1]
    for one, other in zip(expected, found, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("threads", [2, 3, 7])
@pytest.mark.parametrize("scan_order", [0, 1])
def test_threads_begin_while_tensors_are_still_prepared(
    lanes, fit_states, monkeypatch, scan_order, threads
):
    monkeypatch.setattr(lanes, "FEWEST_LEVELS", 1)
    generator = np.random.default_rng(threads)
    tasks = drawn(generator, TensorCoding(1, 1, scan_order), fit_states, 150, 40)
    # Some don't come to the lanes, among the first as well.
    tasks += damaged(generator, tasks[:40])
    expected = lanes.decode_together(tasks)

    class Early(ThreadPoolExecutor):
        """Threads that are done with what is there before more is."""

        def submit(self, call, /, *arguments):
            future = super().submit(call, *arguments)
            future.result()
            return future

    for kind in (ThreadPoolExecutor, Early):
        with kind(threads) as pool:
            found = lanes.decode_together(tasks, pool, threads)
        assert [one is None for one in found] == [one is None for one in expected]
        for one, other in zip(found, expected, strict=True):
            if one is not None:
                assert one[0] == other[0]
                np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shape", [(4, 1 << 57), (1 << 57, 4), (1 << 30, 1 << 40), (1, 1 << 63)])
def test_a_tensor_that_claims_too_much_does_not_keep_others_out(lanes, fit_states, shape, threads):
    tasks = drawn(np.random.default_rng(4), TensorCoding(1, 1, 1), fit_states, 30, 90)
    expected = lanes.decode_together(tasks)
    claimed = tasks[0]._replace(rows=shape[0], cols=shape[1], entry_points=EntryPoints())
    with ThreadPoolExecutor(threads) as pool:
        found = lanes.decode_together([claimed, *tasks], pool, threads)
    assert found[0] is None
    assert [one is None for one in found[1:]] == [one is None for one in expected]
    assert any(found)


@pytest.mark.parametrize("threads", [2, 5])
def test_the_caller_is_one_of_the_threads(lanes, fit_states, threads):
    tasks = drawn(np.random.default_rng(3), TensorCoding(1, 1), fit_states, 150, 90)
    calls = []

    class Counting(ThreadPoolExecutor):
        """Threads that count what they are given."""

        def submit(self, call, /, *arguments):
            calls.append(call.__name__)
            return super().submit(call, *arguments)

    with Counting(threads) as pool:
        lanes.decode_together(tasks, pool, threads)
    assert calls.count("run") == threads - 1


@pytest.mark.parametrize("count", [8, 17, 32, 33, 57])
def test_streams_that_are_left_over_go_on_where_they_are(lanes, fit_states, count):
    coding = TensorCoding(1, 1)
    tasks = []
    for number in range(count):
        # The first few are so long that they are left over in any case.
        shape = (60, 50) if number < 3 else (20, 15 + number)
        levels = np.random.default_rng(number).laplace(0, 40, shape).round()
        encoder = Encoder()
        encoder.tensor(fit_states(levels, coding), coding, row_skip=False)
        tasks.append(Task(encoder.finish(), None, *shape, coding))
    expected = [alone(task)[1] for task in tasks]
    for levels, result in zip(expected, lanes.decode_together(tasks), strict=True):
        assert result is not None
        np.testing.assert_array_equal(result[1], levels)


def damaged(generator, tasks):
    """Return tasks with a byte changed, some cut off, some with other entry points."""
    broken = []
    for task in tasks:
        data = bytearray(task.payload)
        data[int(generator.integers(len(data)))] ^= int(generator.integers(256))
        keep = len(data) if generator.integers(3) else int(generator.integers(len(data)))
        points = task.entry_points
        if points is not None and len(points.bit_offset_list) and not generator.integers(3):
            name = points._fields[int(generator.integers(3))]
            values = list(getattr(points, name))
            values[int(generator.integers(len(values)))] ^= 1 << int(generator.integers(20))
            points = points._replace(**{name: values})
        broken.append(task._replace(payload=bytes(data[:keep]), entry_points=points))
    return broken


def test_damage(decode, fit_states):
    generator = np.random.default_rng(5)
    tasks = drawn(generator, TensorCoding(0, 1), fit_states)
    for _ in range(20):
        compare(decode, damaged(generator, tasks))


def damage_in_blocks(lanes, fit_states, rounds):
    for number in range(rounds):
        generator = np.random.default_rng(number)
        coding = TensorCoding(number >> 1 & 1, number & 1, number % 4 + 1)
        tasks = drawn(generator, coding, fit_states, 12, longest=100)
        for _ in range(5):
            compare(lanes.decode_together, damaged(generator, tasks))


def test_damage_in_blocks(lanes, fit_states, monkeypatch):
    monkeypatch.setattr(lanes, "FEWEST_LEVELS", 1)
    damage_in_blocks(lanes, fit_states, 4)


@pytest.mark.slow
def test_much_damage_in_blocks(lanes, fit_states, monkeypatch):
    monkeypatch.setattr(lanes, "FEWEST_LEVELS", 1)
    damage_in_blocks(lanes, fit_states, 150)


@pytest.mark.parametrize("dq_flag", [0, 1])
@pytest.mark.parametrize("scan_order", [1, 2, 3, 4])
def test_block_rows(lanes, fit_states, monkeypatch, scan_order, dq_flag):
    monkeypatch.setattr(lanes, "FEWEST_LEVELS", 1)
    coding = TensorCoding(scan_order & 1, dq_flag, scan_order)
    tasks = drawn(np.random.default_rng(scan_order), coding, fit_states, 12, longest=150)
    assert compare(lanes.decode_together, tasks) > 7


@pytest.mark.parametrize("dq_flag", [0, 1])
@pytest.mark.parametrize("scan_order", [0, 1, 3])
def test_rows_that_are_skipped(lanes, fit_states, scan_order, dq_flag):
    coding = TensorCoding(1, dq_flag, scan_order)
    generator = np.random.default_rng(6)
    tasks = []
    for number in range(16):
        rows, cols = int(generator.integers(30, 90)), 4 * int(generator.integers(8, 30))
        levels = generator.laplace(0, 2, (rows, cols)).round()
        levels[generator.random(rows) < number / 15] = 0
        encoder = Encoder()
        points = encoder.tensor(fit_states(levels, coding), coding, row_skip=True)
        tasks.append(Task(encoder.finish(), None, rows, cols, coding, points))
    assert compare(lanes.decode_together, tasks) > 12


@pytest.mark.parametrize("dq_flag", [0, 1])
@pytest.mark.parametrize(
    ("size", "zero", "flags"),
    [
        *((2, 0, 11), (2, 1, 11), (3, 1, 11), (16, 8, 11), (13, 0, 11), (14, 0, 11), (256, 0, 11)),
        *((256, 128, 11), (255, 127, 11), (40, 20, 1), (9, 4, 2), (60, 3, 3), (5000, 2500, 32)),
        *((60000, 30000, 11), (66000, 33000, 1), (100, 20, 1), (7, 6, 11)),
    ],
)
def test_codebooks(lanes, fit_states, monkeypatch, size, zero, flags, dq_flag):
    monkeypatch.setattr(lanes, "FEWEST_LEVELS", 1)
    coding = TensorCoding(1, dq_flag, 0, flags - 1, size, zero)
    generator = np.random.default_rng(size)
    tasks = []
    for number in range(12):
        shape = (8, 40 + number)
        levels = generator.laplace(0, min(size / 3, 3.0**number), shape).round()
        levels = np.clip(levels, -zero, size - 1 - zero)
        encoder = Encoder()
        encoder.tensor(fit_states(levels, coding), coding, row_skip=False)
        tasks.append(Task(encoder.finish(), None, *shape, coding))
    decoded = compare(lanes.decode_together, tasks)
    if size > 1 << 15:
        # The largest magnitudes aren't for the lanes.
        assert decoded > 6
    else:
        # Nor are codebooks of negative entries only, or with unlike prefixes.
        left_out = zero == size - 1 or size == 100
        assert decoded == (0 if left_out else 12)


def blocks(fit_states, levels, dq_flag=1):
    """Return the task of a tensor in blocks of 8."""
    coding = TensorCoding(1, dq_flag, 1)
    encoder = Encoder()
    points = encoder.tensor(fit_states(levels, coding), coding, row_skip=False)
    return Task(encoder.finish(), None, *levels.shape, coding, points)


@pytest.mark.parametrize("rows", [64, 75, 160])
def test_one_tensor_is_as_many_streams_as_block_rows(lanes, fit_states, rows):
    levels = np.random.default_rng(rows).laplace(0, 3, (rows, 61)).round()
    assert compare(lanes.decode_together, [blocks(fit_states, levels)]) == 1


def test_levels_too_large_for_the_lanes_leave_the_other_block_rows_to_them(lanes, fit_states):
    levels = np.random.default_rng(1).laplace(0, 3, (160, 40)).round()
    levels[70, 7] = 1 << 24
    levels[157, 39] = -(1 << 30)
    assert compare(lanes.decode_together, [blocks(fit_states, levels)]) == 1


@pytest.mark.parametrize("name", EntryPoints._fields)
def test_wrong_entry_points(lanes, fit_states, name):
    task = blocks(fit_states, np.random.default_rng(2).laplace(0, 3, (120, 40)).round())
    values = list(getattr(task.entry_points, name))
    for place in (0, 7, len(values) - 1):
        for wrong in (values[place] ^ 1, 0, 1 << 40, 1 << 70, -1, -(1 << 70)):
            if wrong != values[place]:
                changed = [*values[:place], wrong, *values[place + 1 :]]
                points = task.entry_points._replace(**{name: changed})
                assert lanes.decode_together([task._replace(entry_points=points)]) == [None]
    for changed in (values[:-1], [*values, 0], []):
        points = task.entry_points._replace(**{name: changed})
        assert lanes.decode_together([task._replace(entry_points=points)]) == [None]
    assert lanes.decode_together([task._replace(entry_points=None)]) == [None]


def problem(data):
    """Return what is said to be wrong in a bitstream, or a digest of its tensors."""
    try:
        model = nnc.decode(data, threads=1)
    except BitstreamError as error:
        return type(error), str(error), error.path, error.bit_position
    return {name: values.tobytes() for name, values in model.items()}


@pytest.mark.parametrize("scan_order", [0, 1])
def test_errors_are_those_of_the_scalar_decoder(lanes, monkeypatch, scan_order):
    generator = np.random.default_rng(scan_order)
    model = {
        f"w{number}": generator.laplace(0, 1, (24 + number, 90)).astype(np.float32)
        for number in range(8)
    }
    data = nnc.encode(model, qp=-8, scan_order=scan_order)
    errors = 0
    for _ in range(60):
        broken = bytearray(data)
        broken[int(generator.integers(40, len(data)))] ^= 1 << int(generator.integers(8))
        keep = len(data) if generator.integers(8) else int(generator.integers(len(data)))
        monkeypatch.setattr(deepcabac, "lanes", lambda: lanes)
        found = problem(bytes(broken[:keep]))
        monkeypatch.setattr(deepcabac, "lanes", lambda: None)
        assert found == problem(bytes(broken[:keep]))
        errors += isinstance(found, tuple)
    assert errors > 20


@pytest.mark.slow
def test_ten_thousand_random_tensors(lanes, fit_states, monkeypatch):
    monkeypatch.setattr(lanes, "FEWEST_LEVELS", 1)
    generator = np.random.default_rng(16)
    decoded = 0
    for number in range(200):
        flags = int(generator.integers(1, 33)) if number % 4 else 11
        coding = TensorCoding(
            number & 1, number >> 1 & 1, number % 5, cabac_unary_length_minus1=flags - 1
        )
        tasks = drawn(generator, coding, fit_states, 50, longest=20)
        for task, result in zip(tasks, lanes.decode_together(tasks), strict=True):
            if result is None:
                continue
            payload, density, rows, cols, _, points = task
            decoder = reference.Decoder(payload)
            if density is not None:
                assert result[0] == decoder.quantization_parameter(density)
            np.testing.assert_array_equal(
                result[1], decoder.tensor(rows, cols, coding, entry_points=points)
            )
            decoder.finish()
            decoded += 1
    # The others skip rows, or have levels that are too large and no block rows.
    assert decoded > 8000


SCRIPT = """
import hashlib, sys, nnc
from nnc import deepcabac
model = nnc.decode(open(sys.argv[1], "rb").read(), threads=int(sys.argv[2]))
print(deepcabac.lanes() is not None)
print(hashlib.sha256(b"".join(model[name].tobytes() for name in sorted(model))).hexdigest())
"""


def test_models_are_the_same_by_any_engine(lanes, tmp_path):
    generator = np.random.default_rng(3)
    model = {
        f"w{number}": generator.laplace(0, 1, (20 + number, 90)).astype(np.float32)
        for number in range(30)
    }
    path = tmp_path / "model.nnc"
    path.write_bytes(nnc.encode(model, qp=-12, tensors={"w2*": {"scan_order": 1}}))
    found = []
    for engine, threads in (("lanes", 1), ("lanes", 2), ("scalar", 1)):
        result = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(path), str(threads)],
            env={**os.environ, "NNC_ENGINE": engine, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(result.stdout.split())
    assert [used for used, _ in found] == ["True", "True", "False"]
    assert len({digest for _, digest in found}) == 1
