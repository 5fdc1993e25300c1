"""Bins of payloads: those of the decoder, each under its own syntax element."""

import itertools

import numpy as np
import pytest

import nnc
from nnc.bitio import BitstreamError, MissingValueError
from nnc.decoder.layout import layout_of
from nnc.inspect.bins import decode_bins, is_coded
from nnc.inspect.dialect import find_dialect
from nnc.inspect.tracing import trace
from nnc.model.limits import Limits
from tests.cases import CASES

NAMES = [
    "p0-uniform-default-nodq",
    "p0v1-scan1-nodq",
    "p0-int32-limits",
    "p0-unary0-nodq",
    "p1-block-dc-ls-scan0-nodq",
    "p1-rowskip1-nodq",
    "p1-codebook-size3-unary10-zero-first",
    "p1-codebook-size20-unary2",
    "p1-rowskip1-dq",
]
SOME = [case for case in CASES if case.name in NAMES]


def coded_units(case):
    traced = trace(case.bitstreams[0].read_bytes(), **case.out_of_band)
    units = [unit.unit for unit in traced.walk() if is_coded(unit.unit)]
    return units, find_dialect(traced)


def rows_of(unit, nncodec1, known=None):
    rows = []
    decode_bins(unit, rows.append, nncodec1, known)
    return rows


def levels_from(rows, shape):
    """Put a tensor's levels together from its bins, as clause 10 says."""
    levels = np.zeros(shape, np.int64)
    magnitudes, signs, places, suffixes = {}, {}, set(), {}
    for row in rows:
        name, *indices = row["path"].rpartition(".")[2].replace("]", "").split("[")
        place = tuple(int(index) for index in indices[:2])
        if name == "sig_flag":
            assert place not in places
            places.add(place)
            magnitudes[place] = row["bin"]
        elif name == "sign_flag":
            signs[place] = row["bin"]
        elif name == "abs_level_greater_x":
            magnitudes[place] += row["bin"]
        elif name == "abs_level_greater_x2":
            magnitudes[place] += row["bin"] << int(indices[2])
        elif name == "abs_remainder":
            suffixes[place] = suffixes.get(place, 0) << 1 | row["bin"]
    for place, magnitude in magnitudes.items():
        levels[place] = (magnitude + suffixes.get(place, 0)) * (-1 if signs.get(place) else 1)
    return levels


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_bins_are_the_decoders(case):
    units, nncodec1 = coded_units(case)
    assert units
    for unit in units[:4]:
        rows = rows_of(unit, nncodec1)
        assert rows[-1]["path"] == f"{unit.path}.payload.end_of_codeword_flag"
        assert rows[-1]["bin"] == 1
        assert {row["kind"] for row in rows} <= {"context", "bypass", "terminate"}
        # After a bin the decoder holds what it holds before the next with the same context.
        for row, following in itertools.pairwise(rows):
            assert row["range"] > row["offset"]
            place, next_place = (float(r["position"]) for r in (row, following))
            assert next_place >= place


@pytest.mark.parametrize("case", [c for c in SOME if "dq" not in c.name or "nodq" in c.name],
                         ids=lambda case: case.name)  # fmt: skip
def test_levels_follow_from_bins(case):
    expected = case.arrays("levels")
    units, nncodec1 = coded_units(case)
    for unit in units[:4]:
        layout = layout_of(unit, Limits())
        if layout.coding.dq_flag:
            continue
        rows = rows_of(unit, nncodec1)
        parts = list(dict.fromkeys(row["path"].split(".payload.")[1].split(".")[0]
                                   for row in rows[:-1]))  # fmt: skip
        assert len(parts) == len(layout.tensors)
        for part, tensor in zip(parts, layout.tensors, strict=True):
            own = [row for row in rows if f".payload.{part}." in row["path"]]
            levels = levels_from(own, (tensor.rows, tensor.cols))
            if tensor.codebook is not None and len(own) and layout.coding.general_profile_idc:
                # A sign that the codebook implies is not among the bins.
                zero = tensor.codebook.zero_offset
                if zero == len(tensor.codebook.values) - 1:
                    levels = -levels
            wanted = expected[tensor.name].reshape(levels.shape)
            np.testing.assert_array_equal(levels, wanted)


def test_the_dialect_is_that_of_the_decoder():
    for case in CASES:
        if case.name in ("p0-scan1-dq", "p0v1-scan1-dq", "p0v1-names", "p1-shapes"):
            data = case.bitstreams[0].read_bytes()
            model = nnc.decoder.decode_model(nnc.Bitstream.parse(data))
            assert find_dialect(trace(data)) == model.nncodec1


def test_bins_up_to_a_fault(vectors):
    data = bytearray((vectors / "p0-uniform-default-nodq" / "bitstream.nnc").read_bytes())
    unit = next(u.unit for u in trace(data).walk() if is_coded(u.unit))
    whole = rows_of(unit, nncodec1=False)
    unit.payload = bytes(unit.payload_bytes)[:-6]
    rows = []
    with pytest.raises(BitstreamError) as caught:
        decode_bins(unit, rows.append, nncodec1=False)
    assert caught.value.unit is not None
    assert rows[:20] == whole[:20]
    assert 20 < len(rows) < len(whole)


def test_levels_of_a_parent_are_asked_for(vectors):
    data = (vectors / "p1-tca-dq" / "bitstream_1.nnc").read_bytes()
    units = [u.unit for u in trace(data).walk() if is_coded(u.unit)]
    temporal = [u for u in units if u.header.temporal_context_modeling_flag]
    with pytest.raises(MissingValueError):
        rows_of(temporal[0], nncodec1=False)


@pytest.mark.parametrize("name", ["p1-tca-nodq", "p1-hdsp-nodq", "p1-tca-hdsp-nodq"])
def test_levels_of_updates_follow_from_bins(name):
    case = next(case for case in CASES if case.name == name)
    session = nnc.Decoder()
    seen = set()
    for number, path in enumerate(case.bitstreams):
        data = path.read_bytes()
        with np.load(case.folder / f"levels_{number}.npz") as archive:
            expected = {key: archive[key] for key in archive.files}
        for unit in (u.unit for u in trace(data).walk() if is_coded(u.unit)):
            rows = rows_of(unit, nncodec1=False, known=session)
            seen |= {row["context"].partition("[")[0] for row in rows if row["context"]}
            wanted = expected[unit.names[0]]
            shape = (wanted.shape[0], wanted.size // wanted.shape[0])
            np.testing.assert_array_equal(levels_from(rows, shape), wanted.reshape(shape))
        session.decode(data, apply=False)
    assert ("temporal_sig" in seen) == ("tca" in name)
    assert ("history_sig" in seen) == ("hdsp" in name)


def test_a_session_that_is_elsewhere(vectors):
    data = (vectors / "p1-tca-dq" / "bitstream_2.nnc").read_bytes()
    session = nnc.Decoder()
    session.decode((vectors / "p1-tca-dq" / "bitstream_0.nnc").read_bytes(), apply=False)
    unit = next(u.unit for u in trace(data).walk() if is_coded(u.unit))
    with pytest.raises(nnc.InvalidError, match="but the tensor is at") as caught:
        rows_of(unit, nncodec1=False, known=session)
    assert caught.value.path == f"{unit.path}.header.parent_node_id_present_flag"
