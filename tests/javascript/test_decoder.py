"""The decoder for browsers, under node: vectors, sessions, damaged bitstreams, as in Python."""

import base64
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import nnc
from tests.cases import CASES
from tests.javascript.reader import node, run
from tests.mutations import mutations
from tests.unit.model.test_planes import noted

MODULE = Path(nnc.__file__).parent / "web" / "nnc.js"

#: NumPy's types for the arrays of JavaScript.
ARRAYS = {
    "Float32Array": "<f4",
    "Float64Array": "<f8",
    **{f"Int{bits}Array": f"<i{bits // 8}" for bits in (8, 16, 32)},
    **{f"Uint{bits}Array": f"<u{bits // 8}" for bits in (8, 16, 32)},
    "BigInt64Array": "<i8",
    "BigUint64Array": "<u8",
}

SINGLE = [case for case in CASES if not case.is_sequence]
SEQUENCES = [case for case in CASES if case.is_sequence]

#: What a damaged bitstream may take.
MOST_SECONDS = 5.0
MOST_BYTES = 1 << 30


def job(files, how, piece=0, **options):
    paths = [str(path) for path in files]
    return {"files": paths, "how": how, "options": options, "piece": piece}


def results(jobs, folder):
    (folder / "jobs.json").write_text(json.dumps(jobs), "utf-8")
    lines = run("decode.mjs", str(MODULE), str(folder / "jobs.json")).splitlines()
    assert len(lines) == len(jobs)
    return map(json.loads, lines)


def check(found, expected):
    """Check that tensors of JavaScript are those of Python, bit for bit and in order."""
    assert [name for name, *_ in found] == list(expected)
    for name, shape, dtype, array, raw in found:
        wanted = expected[name]
        assert (tuple(shape), dtype) == (wanted.shape, wanted.dtype.name), name
        values = np.frombuffer(base64.b64decode(raw), ARRAYS[array])
        if wanted.dtype.kind == "c":
            wanted = wanted.reshape(-1).view(wanted.real.dtype)
        np.testing.assert_array_equal(values, wanted.reshape(-1).astype(values.dtype), name)


def left_out(case):
    """Return the options of JavaScript for what a case leaves out of its bitstream."""
    given = case.out_of_band
    if not given:
        return {}
    dimensions = {name: list(shape) for name, shape in given["dimensions"].items()}
    return {
        "dimensions": dimensions,
        "cabacUnaryLengthMinus1": given["cabac_unary_length_minus1"],
    }


def check_single(cases, folder):
    jobs = []
    for case in cases:
        options = left_out(case)
        jobs.append(job(case.bitstreams, "levels", **options))
        jobs.append(job(case.bitstreams, "decode", reconstruct=False, **options))
        jobs.append(job(case.bitstreams, "session", 97, reconstruct=False, apply=False, **options))
    found = results(jobs, folder)
    for case in cases:
        data = case.bitstreams[0].read_bytes()
        levels, parts, session = (next(found) for _ in range(3))
        expected = nnc.decode(data, reconstruct=False, **case.out_of_band)
        check(parts["tensors"][0], expected)
        check(levels["tensors"][0], nnc.decode_levels(data, **case.out_of_band))
        if "tensors" in session:
            # Decoded alone, the first generation's dialect may turn out only after some units.
            check(session["tensors"][0], expected)
        if not case.is_odd:
            assert {name: values.dtype for name, values in case.arrays("expected").items()} == {
                name: values.dtype for name, values in expected.items()
            }


def check_sequences(cases, folder):
    options = {"reconstruct": False, "apply": False}
    jobs = [job(case.bitstreams, "session", **options) for case in cases]
    for case, found in zip(cases, results(jobs, folder), strict=True):
        for number, tensors in enumerate(found["tensors"]):
            check(tensors, case.arrays(f"expected_{number}"))


def test_some_vectors(tmp_path):
    node()
    check_single([case for case in SINGLE if not case.is_odd][::40], tmp_path)
    check_sequences(SEQUENCES[::14], tmp_path)


@pytest.mark.slow
def test_all_vectors(tmp_path):
    node()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_single(SINGLE, tmp_path)
        check_sequences(SEQUENCES, tmp_path)


def test_names_that_updates_leave_out_are_refused(tmp_path):
    node()
    encoder, files = nnc.Encoder(names=False), [tmp_path / "base.nnc", tmp_path / "update.nnc"]
    for file, value in zip(files, (1, 2), strict=True):
        file.write_bytes(encoder.encode({"w": np.full((4, 5), value, "f4")}))
    (found,) = results([job(files, "session")], tmp_path)
    kind, _, path, _ = found["error"]
    assert (kind, path.rpartition(".")[2]) == ("missing value", "topology_elem_id")


def test_layers_are_put_together(tmp_path):
    node()
    cases = [case for case in SINGLE if case.arrays("expected_combined") is not None][::20]
    jobs = [job(case.bitstreams, "decode") for case in cases]
    for case, found in zip(cases, results(jobs, tmp_path), strict=True):
        check(found["tensors"][0], nnc.decode(case.bitstreams[0].read_bytes()))


def model(seed=0):
    """Return tensors of every type that is coded, some of them tied."""
    import ml_dtypes

    source = np.random.default_rng(seed)
    weight = source.normal(0, 0.1, (16, 8, 3, 3)).astype("f4")
    return {
        "conv.weight": weight,
        "tied": weight,
        "vector": source.normal(0, 1, 40).astype("f4"),
        "half": source.normal(0, 1, (9, 5)).astype("f2"),
        "brain": source.normal(0, 1, (6, 7)).astype(ml_dtypes.bfloat16),
        "eight": source.normal(0, 1, (5, 7)).astype(ml_dtypes.float8_e4m3fn),
        "double": source.normal(0, 1, (4, 4)),
        "long": source.integers(-(1 << 40), 1 << 40, (3, 3)),
        "unsigned": source.integers(0, 1 << 60, 5).astype("u8"),
        "bytes": source.integers(0, 256, 12).astype("u1"),
        "flags": source.integers(0, 2, 9).astype(bool),
        "complex": (source.normal(0, 1, 6) + 1j).astype("c8"),
        "odd": np.array([np.nan, np.inf, 1e38, -0.0], "f4"),
        "scalar": np.array(3.5, "f4"),
        "empty": np.zeros((0, 4), "f4"),
    }


@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
@pytest.mark.parametrize(
    "options",
    [
        {},
        pytest.param({"scan_order": 1, "dq": False}, marks=pytest.mark.slow),
        pytest.param({"codebook": 16}, marks=pytest.mark.slow),
    ],
)
def test_what_nnc_encodes(tmp_path, options):
    node()
    path = tmp_path / "model.nnc"
    path.write_bytes(nnc.encode(model(), qp=-32, **options))
    (found,) = results([job([path], "decode")], tmp_path)
    check(found["tensors"][0], nnc.decode(path.read_bytes()))


def test_planes_come_back(tmp_path):
    import ml_dtypes

    node()
    types = ["f4", "f2", ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2]
    source = np.random.default_rng(2)
    tensors = {str(n): source.normal(0, 1, (12, 30)).astype(t) for n, t in enumerate(types)}
    for values in tensors.values():
        values[3:6] = 0
        values[0, :2] = -0.0, 1e-7
    path = tmp_path / "model.nnc"
    path.write_bytes(nnc.encode(tensors, lossless=True))
    jobs = [job([path], "decode"), job([path], "session", 97)]
    for found in results(jobs, tmp_path):
        check(found["tensors"][0], nnc.decode(path.read_bytes()))


def test_planes_of_another_shape_are_refused(tmp_path):
    node()
    values = np.random.default_rng(3).normal(0, 1, (30, 70)).astype("f4")
    values *= 2.0 ** np.arange(30)[:, None]
    data = nnc.encode({"w": values}, lossless=True)
    paths = []
    for number, shape in enumerate([[], [0], [70, 31], [1 << 40, 0]]):
        paths.append(tmp_path / f"{number}.nnc")
        paths[-1].write_bytes(noted(data, shape))
    for found in results([job([path], "decode") for path in paths], tmp_path):
        assert found["error"][0] == "invalid"


@pytest.mark.slow
def test_folded_batch_norms_come_back(tmp_path):
    node()
    source = np.random.default_rng(1)
    tensors = {"conv.weight": source.normal(0, 1, (6, 4, 3, 3)).astype("f4")}
    for name in ("weight", "bias", "running_mean", "running_var"):
        tensors[f"bn.{name}"] = source.uniform(0.5, 1, 6).astype("f4")
    path = tmp_path / "model.nnc"
    path.write_bytes(nnc.encode(tensors, qp=-32, fold_batch_norms=True))
    (found,) = results([job([path], "decode")], tmp_path)
    check(found["tensors"][0], nnc.decode(path.read_bytes()))


@pytest.mark.parametrize(
    "options",
    [
        {"predictive": True},
        pytest.param({}, marks=pytest.mark.slow),
        pytest.param({"parents": "sha512"}, marks=pytest.mark.slow),
    ],
)
def test_sessions(tmp_path, options):
    node()
    source = np.random.default_rng(2)
    weights = {"a": source.normal(0, 1, (40, 30)).astype("f4"), "b": np.ones(12, "f4")}
    encoder = nnc.Encoder(qp=-32, **options)
    files = [tmp_path / "0.nnc"]
    files[0].write_bytes(encoder.encode(weights))
    for number in range(1, 5):
        weights = {
            name: values + source.normal(0, 0.01, values.shape).astype("f4")
            for name, values in weights.items()
        }
        files.append(tmp_path / f"{number}.nnc")
        files[-1].write_bytes(encoder.encode(weights))
    pieces = [job(files, "session", piece) for piece in (0, 100)]
    for found in results(pieces, tmp_path):
        session = nnc.Decoder()
        for path, tensors in zip(files, found["tensors"], strict=True):
            check(tensors, session.decode(path.read_bytes()))


def check_damaged(count, seed, folder):
    """Check that damaged bitstreams give what they give in Python: values, or the very error."""
    whole = [case.bitstreams[0].read_bytes() for case in SINGLE]
    damaged = list(mutations([data for data in whole if len(data) < 20_000], count, seed))
    jobs = []
    for number, data in enumerate(damaged):
        path = folder / f"{number}.nnc"
        path.write_bytes(data)
        jobs.append(job([path], "decode"))
    refused = 0
    for data, found in zip(damaged, results(jobs, folder), strict=True):
        assert found["seconds"] < MOST_SECONDS
        assert found["bytes"] < MOST_BYTES
        try:
            expected = nnc.decode(data)
        except nnc.NncError as error:
            place = [getattr(error, name) for name in ("kind", "code", "path", "position")]
            assert found.get("error") == place, data.hex()
            refused += 1
        else:
            check(found["tensors"][0], expected)
    return refused


@pytest.mark.filterwarnings("ignore::nnc.DecodingWarning")
def test_damaged_bitstreams(tmp_path):
    node()
    assert check_damaged(25, 0, tmp_path) > 12


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::nnc.DecodingWarning")
def test_many_damaged_bitstreams(tmp_path):
    node()
    assert check_damaged(10_000, 1, tmp_path) > 5_000


@pytest.mark.slow
def test_small_bitstreams_cannot_ask_for_much(tmp_path):
    node()
    path = tmp_path / "large.nnc"
    bitstream = nnc.Bitstream.parse(nnc.encode({"a": np.zeros((4, 4), "f4")}))
    bitstream.set("units[*].header.tensor_dimensions[0]", 1 << 40, force=True)
    path.write_bytes(bitstream.to_bytes())
    (found,) = results([job([path], "decode")], tmp_path)
    assert found["error"][0] in ("unsupported", "incomplete")
    assert found["bytes"] < MOST_BYTES
