"""What we write for each clause NNCodec reads, wherever it reads that clause at all."""

import numpy as np
import pytest

import nnc
from tests.clauses import ROWS

READ = [row for row in ROWS if not row.peer]


def assert_equal(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        # NNCodec gives the values of codebooks as float64, and all others without their format.
        expected = np.asarray(theirs[name]).astype(values.dtype).reshape(values.shape)
        assert np.array_equal(values, expected), name


def out_of_band(row):
    """What NNCodec has to be told of the tensors of a row."""
    lengths = {name: list(shape) for name, shape in row.given.get("dimensions", {}).items()}
    return {
        name: {
            "tensor_dimensions": shape,
            "count_tensor_dimensions": len(shape),
            "compressed_parameter_types": 0,
            "cabac_unary_length_minus1": row.given.get("cabac_unary_length_minus1", 10),
        }
        for name, shape in lengths.items()
    }


@pytest.mark.parametrize("row", [row for row in READ if not row.is_session], ids=str)
def test_nncodec_reads_it(peer, row):
    (data,) = row.encoded()
    levels, values = peer.decode(data, out_of_band(row))
    assert_equal(nnc.decode_levels(data, **row.given), levels)
    assert_equal(nnc.decode(data, reconstruct=False, **row.given), values)


@pytest.mark.parametrize("row", [row for row in READ if row.is_session], ids=str)
def test_nncodec_reads_the_updates(peer, row):
    theirs, ours = peer.Updates(), nnc.Decoder(row.models[0])
    for data in row.updates():
        levels, values = theirs.decode(data)
        assert_equal(ours.decode(data, apply=False), values)
        assert_equal({name: ours.state.coded[0, name].levels for name in levels}, levels)
