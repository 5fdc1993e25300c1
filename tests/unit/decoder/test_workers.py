"""Decoding and encoding by whoever does the work: threads, processes, any executor."""

import multiprocessing
import pickle
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import nnc

TENSORS = {
    "l.weight": np.random.default_rng(1).normal(0, 0.1, (40, 30)).astype("f4"),
    "l.bias": np.linspace(-1, 1, 40, dtype="f4"),
    "raw": np.linspace(0, 1, 11, dtype="f8"),
    "i": np.arange(60, dtype="i8").reshape(3, 20) * 3,
}
OPTIONS = {"keep": ["raw"], "blocks": "auto", "scan_order": 1}


class Straight(Executor):
    """The least that an executor may be: it does the work at once."""

    def submit(self, function, /, *args, **kwargs):
        future = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(params=["straight", "threads", "processes"])
def executor(request):
    if request.param == "processes":
        return request.getfixturevalue("processes")
    return Straight() if request.param == "straight" else ThreadPoolExecutor(2)


def test_the_executor_makes_no_difference(executor):
    data = nnc.encode(TENSORS, executor=executor, **OPTIONS)
    assert data == nnc.encode(TENSORS, threads=1, **OPTIONS)
    wanted, got = nnc.decode(data, threads=1), nnc.decode(data, executor=executor)
    assert list(got) == list(wanted)
    for name, values in wanted.items():
        np.testing.assert_array_equal(got[name], values)
        assert got[name].flags.writeable


def test_a_session_by_an_executor(executor):
    encoder = nnc.Encoder(executor=executor)
    decoder, plain = nnc.Decoder(executor=executor), nnc.Decoder(threads=1)
    for shift in (0, 0.25, 0.5):
        data = encoder.encode({"w": TENSORS["l.weight"] + np.float32(shift)})
        np.testing.assert_array_equal(decoder.decode(data)["w"], plain.decode(data)["w"])


def test_errors_come_back_whole(executor):
    data = bytearray(nnc.encode(TENSORS, **OPTIONS))
    bitstream = nnc.Bitstream.parse(data)
    unit = bitstream.units[-1]
    unit.payload = unit.payload_bytes[: len(unit.payload_bytes) // 2]
    cut = bitstream.to_bytes()
    with pytest.raises(nnc.BitstreamError) as plain:
        nnc.decode(cut, threads=1)
    with pytest.raises(type(plain.value)) as other:
        nnc.decode(cut, executor=executor)
    assert other.value.as_dict() == plain.value.as_dict()
    assert str(other.value) == str(plain.value)


@pytest.mark.parametrize(
    "error",
    [
        nnc.InvalidError("m", path="p", bit_position=9, unit=2, value=3, hint="h"),
        nnc.IncompleteError("m", missing_bits=7, path="p"),
        nnc.LimitError("m", allowed="1"),
        nnc.MissingValueError("m", clause="6"),
    ],
)
def test_errors_are_pickled_with_all_parts(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert again.as_dict() == error.as_dict()
    assert str(again) == str(error)


def test_bitstreams_are_pickled():
    data = nnc.encode(TENSORS, metadata={"k": "v"}, **OPTIONS)
    units = pickle.loads(pickle.dumps(nnc.Bitstream.parse(data).units))
    assert nnc.Bitstream(units).to_bytes() == data
    assert [bytes(unit.whole) for unit in units] == [
        bytes(unit.whole) for unit in nnc.Bitstream.parse(data).units
    ]


@pytest.mark.parametrize("executor", [3, "threads", ThreadPoolExecutor], ids=str)
def test_what_is_no_executor_is_refused(executor):
    for work in (lambda: nnc.encode(TENSORS, executor=executor),
                 lambda: nnc.decode(nnc.encode(TENSORS), executor=executor)):  # fmt: skip
        with pytest.raises(
            nnc.InputError, match=r"executor has to be a concurrent\.futures\.Executor"
        ):
            work()
