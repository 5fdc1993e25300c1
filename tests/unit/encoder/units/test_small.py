"""Small tensors that are encoded together: the same bytes as one by one."""

import numpy as np
import pytest

import nnc
from nnc import deepcabac
from nnc.decoder.workers import Resources
from nnc.encoder.model import encode_model
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization.choice import has_few_values, rows_of_few_values
from nnc.encoder.quantization.dependent import quantize_dependent, quantize_rows
from nnc.encoder.units import jobs

if not deepcabac.encodes_small():
    pytest.skip("the engine isn't compiled", allow_module_level=True)

SHAPES = [(), (16,), (4, 4), (13,), (5, 3, 1), (64,), (8, 8), (255,), (3, 85), (1, 14), (14, 1)]


def drawn(generator, shape):
    """Return a tensor of some kind, many of which ask for more than others."""
    values = generator.laplace(0, 10.0 ** generator.integers(-6, 6), shape).astype(np.float32)
    kind = generator.integers(10)
    if shape == ():
        values = np.array(values)
    if kind == 0:
        values.reshape(-1)[:5] = 0
    elif kind == 1:
        values = values.round()
    elif kind == 2:
        values = np.sign(values)
    elif kind == 3:
        values.flat[0] *= 1e20
    elif kind == 4:
        values = values.astype(np.float16) if np.abs(values).max() < 6e4 else values
    elif kind == 5:
        values = values.T
    elif kind == 6:
        values[...] = 0
    elif kind == 7:
        types = [np.int8, np.int32, np.int64, np.bool_, np.uint64]
        values = np.clip(values, -100, 100).astype(types[generator.integers(len(types))])
    return values


def model(seed, count=90):
    generator = np.random.default_rng(seed)
    shapes = [SHAPES[generator.integers(len(SHAPES))] for _ in range(count)]
    return {f"layer.{number}": drawn(generator, shape) for number, shape in enumerate(shapes)}


def encoded(tensors, monkeypatch, options, *, together, threads=1):
    """Return the bytes, the losses, and how many units were encoded together."""
    counts, losses = [], {}

    def counting(given, real=jobs.small_jobs):
        found = real(given) if together else {}
        counts.append(len(found))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "small_jobs", counting)
        made = encode_model(
            tensors, EncoderOptions(**options), Resources(threads=threads), losses=losses
        )
        return made.to_bytes(), losses, sum(counts)


OPTIONS = [
    {},
    {"effort": 0},
    {"effort": 2},
    {"profile": 0},
    {"row_skip": False},
    {"row_skip": True},
    {"qp": -30, "qp_density": 3},
    {"bit_depth": 6},
    {"dq": False},
    {"codebook": False},
    {"codebook": 8},
    {"scan_order": 1},
    {"parameter_search": False},
    {"cabac_unary_length_minus1": 3},
    {"cabac_unary_length_minus1": 40},
    {"tensors": {"layer.7": {"qp": -20}}},
    {"lossless": True},
    {"references": True},
    {"layer_parameters": {"layer.1*": nnc.LayerParameters(qp=-24, qp_density=2)}},
]


@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_same_bytes(monkeypatch, options, threads):
    tensors = model(len(str(options)))
    data, losses, _ = encoded(tensors, monkeypatch, options, together=False)
    found = encoded(tensors, monkeypatch, options, together=True, threads=threads)
    assert found[:2] == (data, losses)


def test_most_are_encoded_together(monkeypatch):
    generator = np.random.default_rng(1)
    tensors = {str(n): generator.laplace(size=(4, 4)).astype(np.float32) for n in range(100)}
    *_, count = encoded(tensors, monkeypatch, {}, together=True)
    assert count > 90


def test_units_share_no_tables(monkeypatch):
    generator = np.random.default_rng(1)
    tensors = {str(n): generator.laplace(size=(4, 4)).astype(np.float32) for n in range(9)}
    made = encode_model(tensors, EncoderOptions())
    before = made.to_bytes()
    header = made["3"].header.nnr_compressed_data_unit_header
    header.tensor_dimensions_list.tensor_dimensions[:] = [2, 8]
    header.topology_elem_id = "x"
    assert nnc.decode(made.to_bytes()).keys() == {*"012x45678"}
    header.tensor_dimensions_list.tensor_dimensions[:] = [4, 4]
    header.topology_elem_id = "3"
    assert made.to_bytes() == before


@pytest.mark.parametrize("size", [1, 15, 16, 17, 31, 32, 33, 255, 512, 513, 1100])
def test_rows_are_quantized_as_sequences(size):
    generator = np.random.default_rng(size)
    values = generator.laplace(size=(50, size)).astype(np.float32)
    steps = (2.0 ** generator.uniform(-9, 3, 50)).astype(np.float32)
    values[7, -1], values[9, 0] = np.inf, np.nan
    levels, fits = quantize_rows(values, steps)
    assert np.flatnonzero(~fits).tolist() == [7, 9]
    assert not levels[~fits].any()
    for row in np.flatnonzero(fits):
        assert np.array_equal(levels[row], quantize_dependent(values[row], float(steps[row])))


@pytest.mark.parametrize("size", [1, 5, 16, 40, 255])
def test_rows_of_few_values_are_not_missed(size):
    generator = np.random.default_rng(size)
    values = [
        generator.integers(0, 2 ** generator.integers(0, 9), size) * np.float32(0.1)
        for _ in range(200)
    ]
    rows = np.array(values, np.float32)
    few = rows_of_few_values(rows)
    for row, may_be in zip(rows, few, strict=True):
        assert may_be or not has_few_values(row)
