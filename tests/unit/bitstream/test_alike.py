"""Units written out of the bytes of headers like theirs: the same as one by one."""

import copy

import numpy as np
import pytest

import nnc
from nnc.bitio import BuildError
from nnc.bitstream import Bitstream
from nnc.bitstream.alike import AlikeBuilder
from nnc.encoder import encode_model
from nnc.encoder.options.model import EncoderOptions


def model():
    generator = np.random.default_rng(4)
    tensors = {}
    for number, name in enumerate(["", "a", "b", "aa", "\u00e4\U0001f600", 9 * "long.", "\x01"]):
        for shape in [(30,), (6, 5), (2, 300), (), (0, 3), (40, 1000)]:
            values = generator.laplace(size=shape).astype([np.float32, np.float16][number % 2])
            tensors[f"{name}{shape}"] = values
            tensors[f"{name}{shape} int"] = (10 * values).astype(np.int32)
    return tensors


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"profile": 0},
        {"scan_order": 1},
        {"codebook": 4},
        {"references": True},
        {"aggregates": "all"},
        {"part_size": 100},
        {"out_of_band": ["dimensions", "cabac_unary_length_minus1"]},
        {"layer_parameters": {"a*": nnc.LayerParameters(qp=-24, qp_density=2)}},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
def test_same_bytes(options):
    made = encode_model(model(), EncoderOptions(**options))
    assert b"".join(AlikeBuilder().build_units(made.units)) == made.to_bytes()


def test_same_bytes_of_an_update():
    generator = np.random.default_rng(4)
    encoder = nnc.Encoder()
    for _ in range(3):
        tensors = {str(n): generator.laplace(size=(6, 5)).astype(np.float32) for n in range(9)}
        data = encoder.encode(tensors)
        units = Bitstream.parse(data).units
        assert b"".join(AlikeBuilder().build_units(units)) == data


def test_headers_are_looked_up():
    units = encode_model(model(), EncoderOptions()).units
    builder, found = AlikeBuilder(), []
    for unit in units:
        list(builder.build_unit(unit, ""))
        found.append(builder.header_of(unit) is not None)
    assert sum(found) > 0.9 * len(found)


def test_what_is_wrong_is_told_as_ever():
    tensors = {str(n): np.arange(30, dtype=np.float32) / 7 for n in range(5)}
    made = encode_model(tensors, EncoderOptions())
    header = made["3"].header.nnr_compressed_data_unit_header
    for name, value in [("dq_flag", 2), ("dq_flag", None), ("topology_elem_id", "a\0b")]:
        unit = made["3"]
        unit.header.nnr_compressed_data_unit_header = wrong = copy.copy(header)
        setattr(wrong, name, value)
        told = []
        for build in (made.pieces, lambda: AlikeBuilder().build_units(made.units)):
            with pytest.raises(BuildError) as error:
                b"".join(build())
            told.append(str(error.value))
        assert told[0] == told[1]
        unit.header.nnr_compressed_data_unit_header = header
        unit.header.nnr_compressed_data_unit_header.topology_elem_id = "3"
