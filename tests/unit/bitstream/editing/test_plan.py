"""Tests of nnc.bitstream.editing.plan: what a change does, in words."""

from nnc.bitstream.editing.plan import Plan, payload_change


def test_sizes_of_a_payload_are_not_quoted():
    change = payload_change("units[3]", bytes(477), bytes(470), (500, 493))
    line = str(Plan([change], bytes_before=500, bytes_after=493)).splitlines()[0]
    assert line.startswith("units[3].payload: 477 bytes -> 470 other bytes; at 23.0 -> 23.0")
