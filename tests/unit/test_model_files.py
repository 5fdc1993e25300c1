"""Model files to bitstreams and back: same bytes as in memory, whoever does the work."""

import os
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from threading import Event, get_ident

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy

import nnc
from nnc.decoder.workers import SMALL_CALL, WAITING_PER_WORKER, Call, Resources, Workers, in_order
from nnc.formats import read_model, write_model
from tests.cases import CASES

NOT_FINITE = "tensor 'odd' holds NaN or infinity: it is stored as it is"


def sample_model():
    numbers = np.random.default_rng(11)
    return {
        "layer.weight": numbers.laplace(size=(64, 3, 3, 3)).astype("f4"),
        "layer.bias": numbers.normal(size=64).astype("f4"),
        "half": numbers.normal(size=(40, 50)).astype("f2"),
        "brain": numbers.normal(size=(40, 50)).astype(ml_dtypes.bfloat16),
        "double": numbers.normal(size=(7, 9)),
        "count": np.array(2**50),
        "wide": np.arange(5) << 40,
        "narrow": np.arange(6, dtype=np.uint8).reshape(2, 3),
        "flags": np.array([True, False]),
        "empty": np.zeros((0, 3), "f4"),
        "huge": np.full((3, 4), 3e38, "f4"),
        "odd": np.array([[1.5, np.nan], [-np.inf, 0.25]], "f4"),
        "zeros": np.zeros((90, 80), "f4"),
    }


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "in.safetensors"
    write_model(path, sample_model(), {"format": "np"})
    return path


def told(call, *arguments, **options):
    """Return what a call returns, and the warnings that it gave."""
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always", nnc.EncodingWarning)
        result = call(*arguments, **options)
    return result, sorted(str(one.message) for one in given)


def in_memory(path, **options):
    read = read_model(path)
    bitstream, given = told(nnc.encode, read.tensors, metadata=read.metadata, **options)
    assert NOT_FINITE in given
    return bitstream


def streamed(path, output, **options):
    sizes, given = told(nnc.encode_file, path, output, **options)
    assert NOT_FINITE in given
    assert sizes.bitstream == output.stat().st_size
    return output.read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"qp": -32, "nonweight_qp": -75},
        {"blocks": "auto"},
        {"keep": ["half", "layer.*"]},
        {"bit_depth": 6},
        {"references": True},
        {"part_size": 500},
        {"aggregates": "all"},
        {"joins": [nnc.Joined(names=["half", "half2"])]},
        {"tensors": {"double": {"data_format": "float16"}, "layer.weight": {"row_axis": 1}}},
        {"layer_parameters": {"layer.*": nnc.LayerParameters(qp=-60)}},
        {"profile": 0, "codebook": True, "scan_order": 1},
    ],
    ids=str,
)
def test_streams_are_the_bytes_of_memory(options, tmp_path):
    tensors = sample_model()
    tensors["half2"] = tensors["half"][:7]
    write_model(tmp_path / "in.safetensors", tensors)
    read = read_model(tmp_path / "in.safetensors")
    expected, given = told(nnc.encode, read.tensors, metadata=read.metadata, **options)
    _, also_given = told(
        nnc.encode_file, tmp_path / "in.safetensors", tmp_path / "x.nnc", **options
    )
    assert (tmp_path / "x.nnc").read_bytes() == expected
    assert NOT_FINITE in given
    assert also_given == given
    huge = [message for message in given if message.startswith("tensor 'huge'")]
    # Beside steps that are said, so large values find none; left to themselves they need none.
    said = "qp" in options
    assert [message.rpartition(": ")[2] for message in huge] == ["it is stored unchanged"] * said


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("memory", [None, 1])
def test_threads_and_memory_change_nothing(threads, memory, model, tmp_path):
    output = tmp_path / "x.nnc"
    assert streamed(model, output, threads=threads, memory=memory) == in_memory(model)
    nnc.decode_file(output, tmp_path / "out.safetensors", threads=threads, memory=memory)
    expected = nnc.decode(output.read_bytes())
    back = read_model(tmp_path / "out.safetensors")
    assert back.metadata == {"format": "np"}
    assert back.tensors.keys() == expected.keys()
    for name, values in expected.items():
        assert back.tensors[name].dtype == values.dtype
        assert back.tensors[name].tobytes() == values.tobytes()


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("effort", [0, 2, 3])
def test_threads_change_nothing_at_any_effort(threads, effort, model, tmp_path):
    options = {"effort": effort, "scan_order": 4, "threads": threads}
    expected = in_memory(model, effort=effort, scan_order=4)
    assert streamed(model, tmp_path / "x.nnc", **options) == expected
    assert in_memory(model, **options) == expected


def test_processes_give_the_same_bytes(model, tmp_path):
    with ProcessPoolExecutor(2) as executor:
        for effort in (3, 2, 1, 0):
            expected = in_memory(model, effort=effort)
            assert streamed(model, tmp_path / "x.nnc", executor=executor, effort=effort) == expected
            assert in_memory(model, executor=executor, effort=effort) == expected
        nnc.decode_file(tmp_path / "x.nnc", tmp_path / "p.safetensors", executor=executor)
    nnc.decode_file(tmp_path / "x.nnc", tmp_path / "t.safetensors", threads=2)
    processes, threads = (tmp_path / f"{name}.safetensors" for name in "pt")
    assert processes.read_bytes() == threads.read_bytes()


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes(model, tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor()
        for effort in (3, 2, 1, 0):
            expected = in_memory(model, effort=effort)
            assert streamed(model, tmp_path / "x.nnc", executor=executor, effort=effort) == expected
        nnc.decode_file(tmp_path / "x.nnc", tmp_path / "c.safetensors", executor=executor)
    nnc.decode_file(tmp_path / "x.nnc", tmp_path / "t.safetensors", threads=1)
    assert (tmp_path / "c.safetensors").read_bytes() == (tmp_path / "t.safetensors").read_bytes()


REFERENCE = """
import sys, warnings
warnings.simplefilter("ignore")
import nnc
nnc.encode_file(sys.argv[1], sys.argv[2], threads=2, effort=int(sys.argv[3]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("effort", [0, 1, 2, 3])
def test_the_reference_engine_gives_the_same_bytes(effort, model, tmp_path):
    output = tmp_path / "x.nnc"
    environment = os.environ | {"NNC_ENGINE": "reference"}
    command = [sys.executable, "-c", REFERENCE, model, output, str(effort)]
    subprocess.run(command, env=environment, check=True, timeout=500)
    assert output.read_bytes() == in_memory(model, effort=effort)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_vectors_decode_as_in_memory(case, tmp_path):
    try:
        bitstream = nnc.open(case.bitstreams[0], **case.out_of_band)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", nnc.DecodingWarning)
            expected = nnc.decode(bitstream)
    except nnc.NncError:
        pytest.skip("doesn't decode by itself")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nnc.DecodingWarning)
        nnc.decode_file(bitstream, tmp_path / "x.npz", threads=2)
    back = read_model(tmp_path / "x.npz").tensors
    assert back.keys() == expected.keys()
    for name, values in expected.items():
        assert (back[name].dtype, back[name].shape) == (values.dtype, values.shape)
        assert back[name].tobytes() == values.tobytes()


def test_what_is_bad_leaves_nothing(tmp_path):
    path = tmp_path / "in.safetensors"
    safetensors.numpy.save_file(
        {"a": np.zeros((50, 50), "f4"), "bad\0": np.ones((2, 3), "f4")}, path
    )
    with pytest.raises(nnc.InputError, match="bad"):
        nnc.encode_file(path, tmp_path / "x.nnc")
    (tmp_path / "y.nnc").write_bytes(nnc.encode({"a": np.ones((9, 9)), "b": np.ones(4)})[:-9])
    with pytest.raises(nnc.BitstreamError):
        nnc.decode_file(tmp_path / "y.nnc", tmp_path / "y.safetensors")
    damaged = bytearray(nnc.encode({"a": np.ones((9, 9)), "b": np.ones(4)}))
    damaged[-1] ^= 0xFF
    (tmp_path / "y.nnc").write_bytes(damaged)
    with pytest.raises(nnc.BitstreamError):
        nnc.decode_file(tmp_path / "y.nnc", tmp_path / "y.safetensors")
    assert {file.name for file in tmp_path.iterdir()} == {"in.safetensors", "y.nnc"}


def test_progress_ends_at_the_size_of_the_model(model, tmp_path):
    told: list[tuple[int, int]] = []
    streamed(model, tmp_path / "x.nnc", progress=lambda *numbers: told.append(numbers))
    size = sum(values.nbytes for values in sample_model().values())
    assert told == sorted(told)
    assert told[-1] == (size, size)
    told.clear()
    nnc.decode_file(
        tmp_path / "x.nnc",
        tmp_path / "y.safetensors",
        progress=lambda *numbers: told.append(numbers),
    )
    assert told[-1] == (size, size)


class Recorder(Executor):
    """Runs calls when their results are asked for, and notes how many are waiting."""

    def __init__(self):
        self.waiting, self.most = 0, 0

    def submit(self, function, /, *arguments):
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        recorder = self

        class Lazy(Future):
            def result(self, timeout=None):
                recorder.waiting -= 1
                return function(*arguments)

        return Lazy()


@pytest.mark.parametrize(("memory", "most"), [(1, 1), (30, 3), (35, 3), (10**9, 5)])
def test_calls_wait_for_room(memory, most):
    recorder = Recorder()
    work = Workers(executor=recorder)
    calls = (Call((number,), 10) for number in range(5))
    assert list(in_order(work, str, calls, memory)) == ["0", "1", "2", "3", "4"]
    assert recorder.most == most


def test_calls_are_only_taken_when_there_is_room():
    taken = []

    def calls():
        for number in range(1000):
            taken.append(number)
            yield Call((number,), SMALL_CALL)

    with Resources(threads=2).workers(10**9) as work:
        results = in_order(work, abs, calls())
        assert next(results) == 0
        assert len(taken) <= 2 * WAITING_PER_WORKER + 1
        results.close()


def test_an_error_cancels_what_waits():
    begun = []
    release = Event()

    def call(value):
        begun.append(value)
        if value < 0:
            raise ValueError("negative")
        if value > 0:
            release.wait()

    with ThreadPoolExecutor(1) as pool:
        work = Workers(pool, 1, pool)
        results = in_order(
            work, call, (Call((value,), SMALL_CALL) for value in (0, -1, *range(1, 13)))
        )
        try:
            with pytest.raises(ValueError, match="negative"):
                list(results)
        finally:
            release.set()
    # One may have begun before the error was seen; those that waited behind it never do.
    assert begun in ([0, -1], [0, -1, 1])


def test_small_calls_are_made_by_the_caller_in_their_turn():
    release, makers = Event(), {}

    def call(value):
        makers[value] = get_ident()
        if value == 2:
            release.wait()
        if value == 4:
            raise ValueError("four")
        return value

    def calls():
        for value in range(6):
            yield Call((value,), SMALL_CALL if value == 2 else SMALL_CALL - 1)
        release.set()

    with ThreadPoolExecutor(1) as pool:
        results = in_order(Workers(pool, 1, pool), call, calls())
        assert [next(results) for _ in range(4)] == [0, 1, 2, 3]
        # What went wrong behind the large one is told when its turn comes.
        with pytest.raises(ValueError, match="four"):
            next(results)
    assert {value for value, maker in makers.items() if maker != get_ident()} == {2}


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["encode", "decode"])
def test_an_interrupt_leaves_nothing(verb, tmp_path):
    numbers = np.random.default_rng(0).normal(size=(1000, 1000)).astype("f4")
    inputs = tmp_path / ("in.safetensors" if verb == "encode" else "in.nnc")
    if verb == "encode":
        write_model(inputs, {f"w{number}": numbers for number in range(60)})
    else:
        part = nnc.encode({"w": numbers}, qp=-8)
        bitstream = nnc.Bitstream.parse(part)
        units = list(bitstream.units)
        for number in range(1, 300):
            unit = nnc.Bitstream.parse(part).units[-1]
            unit.header.nnr_compressed_data_unit_header.topology_elem_id = f"w{number}"
            units.append(unit)
        nnc.Bitstream(units).save(inputs)
    output = tmp_path / ("out.nnc" if verb == "encode" else "out.safetensors")
    command = [sys.executable, "-c", "from nnc.cli import main; main()"]

    def heed_interrupts():
        # The background of a shell, where tests may run, ignores them.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(
        [*command, verb, inputs, "-o", output, "-q"],
        preexec_fn=None if sys.platform == "win32" else heed_interrupts,
    ) as process:
        for _ in range(2000):
            if len(list(tmp_path.iterdir())) > 1 or process.poll() is not None:
                break
            time.sleep(0.01)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) != 0
    assert list(tmp_path.iterdir()) == [inputs]


PEAK = """
import sys
from nnc.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    assert ended.code == 0, ended.code
for line in open("/proc/self/status"):
    if line.startswith("VmHWM"):
        print(int(line.split()[1]) * 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads /proc")
def test_memory_is_bounded(tmp_path):
    values = np.random.default_rng(0).laplace(size=(1500, 2000)).astype("f4")
    model = tmp_path / "in.safetensors"
    write_model(model, {f"w{number:02}": values for number in range(25)})

    def peak(*arguments):
        command = [sys.executable, "-c", PEAK, *map(str, arguments), "-q", "--threads", "2"]
        done = subprocess.run(command, capture_output=True, check=True, timeout=500)
        return int(done.stdout)

    # 300 MB in tensors of 12 MB: with 60 MB for those at work, the whole must not come near it.
    limit = 220_000_000
    encode = ("encode", model, "-o", tmp_path / "x.nnc", "--effort", "0")
    assert peak(*encode, "--memory", "60MB") < limit
    back = tmp_path / "back.safetensors"
    assert peak("decode", tmp_path / "x.nnc", "-o", back, "--memory", "60MB") < limit
