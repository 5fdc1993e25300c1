"""What the library's schemas take and refuse where readers of the standards go wrong."""

import pytest

from nnc.bitio import BitReader
from nnc.engine.format import Format


def test_a_unit_without_extension_is_of_the_lowest_layers():
    form = Format.load("av1")
    scope, header = form.scope({}), form.package.TABLES["obu_header"]
    for data, layers in ((b"\x16\xa8", (5, 1)), (b"\x12", (0, 0))):
        header._parse(BitReader(data), scope, "")
        assert (scope.TemporalId, scope.SpatialId) == layers


@pytest.mark.parametrize(("version", "value"), [(0, 0xFFFFFFFF), (1, -1)])
def test_offsets_of_composition_have_a_sign_in_version_1_only(version, value):
    data = (24).to_bytes(4, "big") + b"ctts" + bytes([version, 0, 0, 0])
    data += (1).to_bytes(4, "big") + (7).to_bytes(4, "big") + b"\xff" * 4
    document = Format.load("isobmff").parse(data)
    names = ("sample_offset", "signed_sample_offset")
    assert document.get(f"box[0].{names[version]}[0]") == value
    assert document.get(f"box[0].{names[1 - version]}") in (None, [])
    assert document.to_bytes() == data
