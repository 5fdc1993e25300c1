"""Headers that are copied from one made before are those that the syntax makes."""

import pytest

from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.units import header
from nnc.encoder.units.header import dimensions_list, made_header, whole_header
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType


def elements(name, shape, **more):
    return {
        "nnr_compressed_data_unit_payload_type": PayloadType.NNR_PT_FLOAT,
        "tensor_dimensions_list": dimensions_list(shape),
        "topology_elem_id": name,
        "cabac_unary_length_flag": 1,
        "cabac_unary_length_minus1": 10,
        **more,
    }


@pytest.mark.parametrize("profile", [0, 1])
@pytest.mark.parametrize("shape", [(), (7,), (4, 4), (0, 3), (2, 3, 5)])
@pytest.mark.parametrize("dq", [0, 1])
def test_copied_headers_are_as_if_made_alone(profile, shape, dq):
    options = EncoderOptions(profile=profile)
    first, second = (elements(name, shape, dq_flag=dq) for name in ("a", "b"))
    found = [whole_header(one, options, None, False) for one in (first, second)]
    assert found == [made_header(profile, False, one) for one in (first, second)]
    assert [one.topology_elem_id for one in found] == ["a", "b"]
    assert found[0].numBlockRowsMinus1 == 0


def test_a_header_shares_nothing_with_the_next_one():
    options = EncoderOptions()
    first = whole_header(elements("a", (4, 4)), options, None, False)
    first.dq_flag, first.tensor_dimensions_list.tensor_dimensions[0] = 1, 9
    second = whole_header(elements("b", (4, 4)), options, None, False)
    assert second.dq_flag == 0
    assert second.tensor_dimensions_list.tensor_dimensions == [4, 4]


def test_a_header_of_entry_points_is_made_alone(monkeypatch):
    monkeypatch.setattr(header, "header_of_many", None)
    points = {"cabac_offset_list": [1], "bit_offset_delta1": 3, "bit_offset_delta2": []}
    found = whole_header(
        elements("a", (9, 9), scan_order=1, **points), EncoderOptions(), None, False
    )
    assert found.BitOffsetList == [3]
