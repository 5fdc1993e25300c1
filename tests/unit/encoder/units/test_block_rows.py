"""Blocks that nobody asks for: where they are taken, and where something else comes first."""

import numpy as np
import pytest

import nnc
from nnc.encoder.units import block_rows

SHAPE = (140, 72)
QP = {"qp": -20, "nonweight_qp": -40}


@pytest.fixture
def small(monkeypatch):
    """Take for large what is quick to encode, whatever blocks take of it."""
    monkeypatch.setattr(block_rows, "FEWEST_ROWS", 128)
    monkeypatch.setattr(block_rows, "LARGE_TENSOR", 0)
    monkeypatch.setattr(block_rows, "MOST_OF_MODEL", 1.0)
    monkeypatch.setattr(block_rows, "MOST_OF_TENSOR", 1.0)


def weights(shape=SHAPE):
    return np.random.default_rng(1).laplace(0, 0.1, shape).astype(np.float32)


def header_of(data):
    """Return the header of the first tensor."""
    headers = (unit.readable_header() for unit in nnc.Bitstream.parse(data).walk())
    found = (getattr(one, "nnr_compressed_data_unit_header", None) for one in headers)
    return next(filter(None, found))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("options", [{}, {"effort": 0}, {"dq": False}, {"profile": 0}], ids=str)
def test_large_tensors_are_in_blocks(options):
    model = {"w": weights()}
    data = nnc.encode(model, **QP, **options)
    header = header_of(data)
    assert header.scan_order == 4
    assert len(header.cabac_offset_list) == 2
    plain = nnc.encode(model, scan_order=0, **QP, **options)
    assert not header_of(plain).scan_order
    loss = [((nnc.decode(one)["w"] - model["w"]) ** 2).mean() for one in (data, plain)]
    assert loss[0] == pytest.approx(loss[1], rel=0.05)


@pytest.mark.usefixtures("small")
def test_whole_numbers_are_in_blocks():
    model = {"w": np.random.default_rng(2).integers(-100, 100, SHAPE, np.int8)}
    data = nnc.encode(model)
    assert header_of(data).scan_order == 4
    np.testing.assert_array_equal(nnc.decode(data)["w"], model["w"])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "options",
    [
        {"scan_order": 0},
        {"effort": 2},
        {"row_skip": True},
        {"codebook": 20},
        {"tensors": {"w": {"row_axis": 1}}},
        {"tensors": {"w": {"scan_order": 0}}},
        {"lossless": True, "qp": None, "nonweight_qp": None},
    ],
    ids=str,
)
def test_other_options_come_first(options):
    assert not header_of(nnc.encode({"w": weights()}, **{**QP, **options})).scan_order


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("shape", [(127, 72), (140, 63), (140,), (1, 9000)])
def test_others_are_not(shape):
    assert not header_of(nnc.encode({"w": weights(shape)}, **QP)).scan_order


@pytest.mark.usefixtures("small")
def test_small_parts_of_models_are_not():
    model = {"w": weights(), "x": weights((15 * SHAPE[0] + 1, SHAPE[1]))}
    assert not header_of(nnc.encode(model, **QP)).scan_order


@pytest.mark.usefixtures("small")
def test_rows_of_zeros_are_skipped_instead():
    values = weights()
    values[::3] = 0
    assert not header_of(nnc.encode({"w": values}, **QP)).scan_order


@pytest.mark.usefixtures("small")
def test_updates_are_not():
    encoder, decoder = nnc.Encoder(**QP), nnc.Decoder()
    model = {"w": weights()}
    decoder.decode(encoder.encode(model))
    data = encoder.encode({"w": model["w"] + weights() / 4})
    assert not header_of(data).scan_order


@pytest.mark.parametrize(
    ("shape", "spread", "qp", "blocks"),
    [
        ((1024, 2048), 0, -44, 4),
        ((2100, 500), 0, -44, 4),
        ((2100, 500), 0.3, -44, 0),
        ((2100, 500), 0, -8, 0),
    ],
)
def test_they_take_little(shape, spread, qp, blocks):
    """Rows of different magnitudes, and few bits, are better row by row."""
    rows = np.random.default_rng(3).lognormal(0, spread, (shape[0], 1)).astype(np.float32)
    model = {"w": weights(shape) * rows}
    data = nnc.encode(model, qp=qp, nonweight_qp=-40, effort=0)
    assert (header_of(data).scan_order or 0) == blocks
    plain = nnc.encode(model, qp=qp, nonweight_qp=-40, effort=0, scan_order=0)
    assert len(data) <= 1.001 * len(plain)


def scales(kind):
    """Return the scale of each value of a matrix that isn't the same everywhere."""
    rows, cols = np.ogrid[:4096, :2048]
    mixed = np.where(rows % 2, 1.0, 0.01)
    if kind == "columns":
        return np.where(cols >= 1024, mixed, 1.0)[:1024]
    if kind == "heads":
        return np.where(rows // 64 % 4, mixed, 1.0) * np.ones(512)
    return np.exp(-rows / 1024.0) * np.ones(512)


@pytest.mark.parametrize("kind", ["columns", "heads", "drift"])
def test_they_take_little_of_what_is_not_the_same_everywhere(kind):
    values = scales(kind)
    model = {"w": weights(values.shape) * values.astype(np.float32)}
    plain = nnc.encode(model, effort=0, scan_order=0)
    assert len(nnc.encode(model, effort=0)) <= 1.001 * len(plain)


def test_a_sample_is_of_all_rows_and_columns():
    places = block_rows.places_of(8, 50, 300)
    tops, lefts = (np.array(one) for one in zip(*places, strict=True))
    assert (tops % block_rows.HEIGHT == 0).all()
    assert (np.diff(tops) > 0).all()
    assert tops[-1] < 50 * block_rows.HEIGHT
    assert len(set(np.diff(tops))) > 1
    assert lefts.min() < 40
    assert 250 < lefts.max() <= 300
    assert block_rows.places_of(3, 3, 0) == [(0, 0), (64, 0), (128, 0)]


def test_a_part_of_a_model_may_take_more_of_its_own():
    tensors = [Shape("w", 4000, 400), Shape("x", 1000, 2048), Shape("y", 20000, 64)]
    blocks = block_rows.blocks_for(tensors)
    assert set(blocks) == {"w", "y"}
    room = 0.001 * (1.6 + 2.048 + 1.28) / 2.88
    assert [one.room for one in blocks.values()] == pytest.approx([room, room])
    assert block_rows.blocks_for(tensors[1:2]) == {}
    assert block_rows.blocks_for([Shape("v", 2000, 400)])["v"].order == 3


def small_model(values, count=3):
    """Return a model of few long tensors, of some values, among many short ones."""
    model = {f"long.{number}": np.roll(values, number, axis=0) for number in range(count)}
    random = np.random.default_rng(5)
    for number in range(44):
        model[f"short.{number}"] = random.laplace(0, 0.1, (16, 576)).astype(np.float32)
    return model


def orders_of(data):
    """Return the scan orders of the tensors of a bitstream, by name, but 0."""
    headers = (unit.readable_header() for unit in nnc.Bitstream.parse(data).walk())
    found = (getattr(one, "nnr_compressed_data_unit_header", None) for one in headers)
    return {one.topology_elem_id: one.scan_order for one in found if one and one.scan_order}


def test_long_tensors_of_small_models_are_split():
    model = small_model(weights((64, 576)))
    data = nnc.encode(model, **QP, threads=1)
    assert orders_of(data) == dict.fromkeys(["long.0", "long.1", "long.2"], 3)
    plain = nnc.encode(model, scan_order=0, **QP)
    assert len(data) <= 1.001 * len(plain)
    assert data == nnc.encode(model, **QP, threads=2)
    decoded, reference = nnc.decode(data), nnc.decode(plain)
    assert decoded.keys() == model.keys()
    for name, values in model.items():
        losses = [((one[name] - values) ** 2).mean() for one in (decoded, reference)]
        assert losses[0] == pytest.approx(losses[1], rel=0.05)


@pytest.mark.parametrize(
    "options",
    [{"effort": 0}, {"effort": 2}, {"scan_order": 0}, {"qp": -8}, {"row_skip": True}],
    ids=str,
)
def test_long_tensors_are_not_split(options):
    assert not orders_of(nnc.encode(small_model(weights((64, 576))), **{**QP, **options}))


@pytest.mark.parametrize(
    ("shapes", "orders"),
    [
        ([(64, 576)] * 3 + [(16, 576)] * 44, [3] * 3),
        ([(256, 128)] * 3 + [(16, 576)] * 44, [4] * 3),
        # Decoding waits for others: of few rows, of one dimension, or as long.
        ([(64, 576)] * 3 + [(40, 800)] + [(16, 576)] * 44, []),
        ([(64, 576)] * 3 + [(30000,)] + [(16, 576)] * 44, []),
        ([(64, 576)] * 24, []),
        # There are too few block rows for lanes.
        ([(64, 8000)], []),
        # All are decoded soon.
        ([(64, 200)] * 3 + [(16, 100)] * 44, []),
    ],
)
def test_tensors_are_split_where_decoding_waits_for_them(shapes, orders):
    tensors = [Shape(str(number), *shape) for number, shape in enumerate(shapes)]
    assert [one.order for one in block_rows.blocks_for(tensors).values()] == orders


def long_values(kind):
    """Return a long tensor of a small model: of rows and columns of some magnitudes."""
    random = np.random.default_rng(6)
    rows, cols = np.ogrid[:64, :576]
    if kind == "waves":
        noise = random.normal(0, 0.005, (64, 576))
        return (0.1 * np.sin((576 * rows + cols) / 37) + noise).astype(np.float32)
    scale = {
        "alike": np.float64(1),
        "slight": random.lognormal(0, 0.05, (64, 1)),
        "rows": random.lognormal(0, 0.3, (64, 1)),
        "alternating": np.where(rows % 2, 1.0, 0.01),
        "halves": np.where(rows < 32, 1.0, 0.1),
        "columns": np.where(cols >= 288, np.where(rows % 2, 1.0, 0.01), 1.0),
        "groups": np.repeat(random.lognormal(0, 0.5, (1, 18)), 32, axis=1),
        "kernels": np.repeat(random.lognormal(0, 0.5, (64, 64)), 9, axis=1),
        "drift": np.exp(-rows / 16),
        "sparse": random.random((64, 576)) < 0.1,
    }[kind]
    return (random.laplace(0, 0.1, (64, 576)) * scale).astype(np.float32)


@pytest.mark.parametrize("qp", [-40, -28, -20])
@pytest.mark.parametrize(
    "kind",
    [
        "alike",
        "slight",
        "rows",
        "alternating",
        "halves",
        "columns",
        "groups",
        "kernels",
        "drift",
        "sparse",
        "waves",
    ],
)
def test_splitting_takes_little(kind, qp):
    model = small_model(long_values(kind))
    data = nnc.encode(model, qp=qp, nonweight_qp=-40)
    assert len(data) <= 1.001 * len(nnc.encode(model, qp=qp, nonweight_qp=-40, scan_order=0))


def test_whole_numbers_are_split():
    values = np.random.default_rng(2).integers(-1000, 1000, (64, 576), np.int16)
    model = small_model(values)
    data = nnc.encode(model, **QP)
    assert set(orders_of(data)) == {"long.0", "long.1", "long.2"}
    np.testing.assert_array_equal(nnc.decode(data)["long.0"], values)


class Shape:
    """Stands for a tensor of which only the shape matters."""

    def __init__(self, name, *shape):
        self.name, self.row_axis = name, 0
        self.values = np.broadcast_to(np.float32(0), shape)


def test_logarithms_are_about_those():
    values = np.geomspace(1e-300, 1e300, 10_001)
    lacking = np.log(values) - block_rows.logarithms(values)
    assert lacking.min() > -1e-9
    assert 0.05 < lacking.max() < 0.06
    assert block_rows.logarithms(8.0) == pytest.approx(np.log(8))
