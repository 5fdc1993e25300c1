"""Editing by path: what follows from a change, and what is refused."""

import hashlib
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnc
from nnc.bitstream import Bitstream
from nnc.bitstream.editing.edit import walk_paths
from nnc.bitstream.editing.measuring import trace_unit
from nnc.bitstream.editing.parts import cut, wrap
from nnc.bitstream.payload_elements import payload_table
from tests.cases import CASES, FOLDER

DATA = (FOLDER / "p1-base-default-dq" / "bitstream.nnc").read_bytes()
UNIT = "units[3].header"


def changed_paths(plan):
    return {change.path: (change.before, change.after) for change in plan.changes}


def edited(method, *arguments, data=DATA, **options):
    """Edit a bitstream, check that plan and bytes agree; give the plan and the re-read result."""
    bitstream = Bitstream.parse(data)
    planned = getattr(bitstream, f"plan_{method.removesuffix('_all')}")(*arguments, **options)
    assert bitstream.to_bytes() == data, "a plan changes nothing"
    plan = getattr(bitstream, method)(*arguments, **options)
    assert plan == planned
    written = bitstream.to_bytes()
    assert plan.bytes_before == len(data)
    assert plan.bytes_after == len(written)
    again = Bitstream.parse(written)
    assert again.to_bytes() == written
    return plan, again


def refused(method, *arguments, kind=nnc.BuildError, match, data=DATA, **options):
    bitstream = Bitstream.parse(data)
    with pytest.raises(kind, match=match):
        getattr(bitstream, method)(*arguments, **options)
    assert bitstream.to_bytes() == data


def test_a_name():
    plan, result = edited("set", f"{UNIT}.topology_elem_id", "x")
    assert set(changed_paths(plan)) == {"units[3].nnr_unit_size", f"{UNIT}.topology_elem_id"}
    assert list(nnc.decode(result)) == ["x", "conv1.bias", "fc.weight", "fc.bias"]
    for old, new in zip(Bitstream.parse(DATA).units, result.units, strict=True):
        assert old.payload_bytes == new.payload_bytes


def test_its_own_value_changes_nothing():
    plan, result = edited("set", f"{UNIT}.dq_flag", 1)
    assert not plan
    assert str(plan) == "nothing changes"
    assert result.to_bytes() == DATA


def test_errors_have_their_parts():
    with pytest.raises(nnc.BuildError) as caught:
        Bitstream.parse(DATA).set(f"{UNIT}.nnr_decompressed_data_format", 8)
    assert caught.value.as_dict() == {
        "kind": "build",
        "message": "the element is there though its condition doesn't hold",
        "unit": 3,
        "unit_type": "NNR_NDU",
        "path": f"{UNIT}.nnr_decompressed_data_format",
        "position": None,
        "value": None,
        "allowed": None,
        "clause": "6.3.3",
        "schema": caught.value.schema,
        "hint": "nnr_decompressed_data_format_present_flag=1 would allow it",
    }
    assert caught.value.schema.startswith("schema/compressed_data_unit.syntax:")
    bitstream = Bitstream.parse(DATA)
    bitstream.units[3].header.nnr_compressed_data_unit_header.scan_order = 99
    with pytest.raises(nnc.BuildError, match="doesn't fit") as caught:
        bitstream.to_bytes()
    found = caught.value.as_dict()
    assert (found["unit"], found["unit_type"], found["value"]) == (3, "NNR_NDU", 99)
    assert found["path"] == f"{UNIT}.scan_order"
    assert found["clause"] == "6.3.3"
    assert found["schema"].startswith("schema/compressed_data_unit.syntax:")


def test_a_flag_makes_elements_appear_with_what_their_absence_meant():
    plan, result = edited("set", f"{UNIT}.nnr_decompressed_data_format_present_flag", 1)
    assert changed_paths(plan)[f"{UNIT}.nnr_decompressed_data_format"] == (None, 1)
    assert all((nnc.decode(result)[k] == v).all() for k, v in nnc.decode(DATA).items())


def test_a_flag_makes_elements_vanish():
    plan, _ = edited("set", f"{UNIT}.cabac_unary_length_flag", 0)
    change = next(c for c in plan.changes if c.path == f"{UNIT}.cabac_unary_length_minus1")
    assert (change.before, change.after, change.position_after) == (10, None, None)
    assert change.reason.startswith("vanishes")


def test_elements_that_go_out_of_band_are_noted():
    bitstream = Bitstream.parse(DATA)
    plan = bitstream.set(f"{UNIT}.tensor_dimensions_flag", 0)
    assert any("out_of_band_tensor_dimensions" in note for note in plan.notes)
    again = Bitstream.parse(bitstream.to_bytes(), dimensions={"conv1.weight": [10, 6, 3, 3]})
    assert (nnc.decode(again)["conv1.weight"] == nnc.decode(DATA)["conv1.weight"]).all()


def test_an_element_and_its_flag_at_once():
    flag = f"{UNIT}.nnr_decompressed_data_format_present_flag"
    refused(
        "set", f"{UNIT}.nnr_decompressed_data_format", 8,
        match=r"condition doesn't hold \[clause 6.3.3, schema/.*present_flag=1 would allow it",
    )  # fmt: skip
    _, result = edited("set_all", {f"{UNIT}.nnr_decompressed_data_format": 8, flag: 1})
    assert result.get(f"{UNIT}.nnr_decompressed_data_format") == 8


def test_values_of_a_list_and_its_count():
    plan, result = edited("insert", f"{UNIT}.tensor_dimensions[1]", 7)
    assert result.get(f"{UNIT}.tensor_dimensions") == [10, 7, 6, 3, 3]
    assert changed_paths(plan)[f"{UNIT}.count_tensor_dimensions"] == (4, 5)
    assert any("payload is left as it is" in note for note in plan.notes)
    _, result = edited("remove", f"{UNIT}.tensor_dimensions[0]")
    assert result.get(f"{UNIT}.tensor_dimensions") == [6, 3, 3]
    _, result = edited("set", f"{UNIT}.tensor_dimensions", [540])
    assert result.get(f"{UNIT}.count_tensor_dimensions") == 1
    assert result.get(f"{UNIT}.scan_order") is None
    _, result = edited("set", f"{UNIT}.count_tensor_dimensions", 2)
    assert result.get(f"{UNIT}.tensor_dimensions") == [10, 6]


def test_entry_points_follow_the_scan_order():
    plan, result = edited("set", f"{UNIT}.scan_order", 1)
    assert result.get(f"{UNIT}.cabac_offset_list") == [0]
    assert result.get(f"{UNIT}.dq_state_list") == [0]
    assert result.get(f"{UNIT}.bit_offset_delta1") == 0
    assert any("payload is left as it is" in note for note in plan.notes)
    data = result.to_bytes()
    refused("insert", f"{UNIT}.cabac_offset_list[0]", 5, data=data,
            match="other elements ask for another number")  # fmt: skip
    _, result = edited("set", f"{UNIT}.scan_order", 0, data=data)
    assert result.to_bytes() == DATA


def with_codebook(size):
    bitstream = Bitstream.parse(DATA)
    bitstream.set_all({f"{UNIT}.codebook_present_flag": 1, f"{UNIT}.codebook_size": size})
    return bitstream.to_bytes()


def test_a_codebook_appears():
    _, result = edited("set", f"{UNIT}.codebook_present_flag", 1)
    assert result.get(f"{UNIT}.codebook_size") == 1
    assert result.get(f"{UNIT}.Codebook") == [0]


@pytest.mark.parametrize("size", [3, 4, 7, 8])
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_two_sides_of_a_codebook(size, side):
    data = with_codebook(size)
    path = f"{UNIT}.codebook_delta_{side}"
    before = Bitstream.parse(data).get(path)
    _, result = edited("insert", f"{path}[0]", 5, data=data)
    assert result.get(path) == [5, *before]
    assert result.get(f"{UNIT}.codebook_size") == size + 1
    _, result = edited("remove", f"{path}[0]", data=data)
    assert result.get(path) == before[1:]
    assert result.get(f"{UNIT}.codebook_size") == size - 1


def test_parallel_lists_of_a_map():
    bitstream = Bitstream.parse(DATA)
    mps = "units[1].payload"
    bitstream.set_all({f"{mps}.mps_sparsification_flag": 1, f"{mps}.spm_count_thresholds": 3})
    data = bitstream.to_bytes()
    _, result = edited("set", f"{mps}.sparsification_threshold", [0.25, 0.5], data=data)
    data = result.to_bytes()
    _plan, result = edited("insert", f"{mps}.sparsification_threshold[1]", 0.375, data=data)
    assert result.get(f"{mps}.sparsification_threshold") == [0.25, 0.375, 0.5]
    assert result.get(f"{mps}.spm_count_thresholds") == 4
    assert result.get(f"{mps}.non_zero_ratio") == [0, 0, 0]
    data = result.to_bytes()
    _, result = edited("insert", f"{mps}.spm_nn_class_accuracy[1][0]", 0.5, data=data)
    assert result.get(f"{mps}.spm_count_classes") == [0, 1, 0]
    assert list(result.get(f"{mps}.spm_nn_class_accuracy[1]")) == [0.5]
    refused("set", f"{mps}.non_zero_ratio[0]", 1.5, data=data, match="between 0 and 1")


def test_numbers_are_rounded_to_what_is_stored():
    mps = "units[1].payload"
    _, result = edited(
        "set_all",
        {
            f"{mps}.validation_set_performance_present_flag": 1,
            f"{mps}.validation_set_performance": 0.1,
        },
    )
    assert result.get(f"{mps}.validation_set_performance") == 0.10000000149011612
    refused("set", f"{mps}.validation_set_performance", float("nan"), match="NaN")


@pytest.mark.parametrize(
    ("path", "value", "match"),
    [
        (f"{UNIT}.scan_order", 7, r"reserved .*allowed: 0\.\.4\) \[clause 6.3.3, schema/comp"),
        (f"{UNIT}.nnr_compressed_data_unit_payload_type", 9, r"allowed: 0\.\.3"),
        ("units[1].payload.nnr_reserved_zero_2bits", 1, r"allowed: 0\.\.0"),
        ("units[3].header.nnr_unit_type", 40, "schema/unit.syntax"),
    ],
)
def test_reserved_values_need_force(path, value, match):
    refused("set", path, value, match=match)
    _, result = edited("set", path, value, force=True)
    assert result.get(path) == value


@pytest.mark.parametrize(
    ("path", "value", "match"),
    [
        (f"{UNIT}.dq_flag", 2, "doesn't fit u"),
        (f"{UNIT}.dq_flag", -1, "doesn't fit u"),
        (f"{UNIT}.dq_flag", "x", "takes an integer"),
        (f"{UNIT}.dq_flag", [1], "takes one value"),
        (f"{UNIT}.dq_flag", None, "can't be taken away"),
        (f"{UNIT}.topology_elem_id", 3, "takes text"),
        (f"{UNIT}.topology_elem_id", "a\0b", "zero character"),
        (f"{UNIT}.tensor_dimensions", 3, "takes a list"),
        (f"{UNIT}.tensor_dimensions[4]", 3, "no such value"),
        (f"{UNIT}.numBlockRowsMinus1", 3, "follows from other elements"),
        (f"{UNIT}.tensor_dimensions_list", 3, "is a table"),
        ("units[3].nnr_unit_size", 3, "size follows from the content"),
        ("units[3].nnr_unit_size_flag", 2, "two forms"),
        ("units[2].header.topology_storage_format", 6, "payload doesn't fit"),
    ],
)
def test_what_cannot_be_written_is_refused_even_with_force(path, value, match):
    refused("set", path, value, match=match, force=path.startswith("units[3].header.dq"))


def test_a_change_of_the_profile_reaches_all_units():
    plan, result = edited("set", "units[0].header.general_profile_idc", 0)
    paths = changed_paths(plan)
    assert paths["units[1].payload.nnr_reserved_zero_7bits"] == (None, 0)
    assert f"{UNIT}.node_id_present_flag" in paths
    assert result.get(f"{UNIT}.node_id_present_flag") is None
    assert any("general_profile_idc" in note for note in plan.notes)


def test_indices_in_place_of_names_need_a_list():
    flag = "units[1].payload.mps_topology_indexed_reference_flag"
    refused("set", flag, 1, match="is in no list of element ids")
    bitstream = Bitstream.parse(DATA)
    names = [name for _, name in bitstream.get("units[*].header.topology_elem_id")]
    bitstream.set("units[2].payload", b"")
    topology = bitstream.units[2]
    topology.header.nnr_topology_unit_header.topology_storage_format = 6
    raw = b"".join(name.encode() + b"\0" for name in reversed(names))
    topology.payload = bytes([0x82, 0x80]) + raw
    topology.scope = None
    data = bitstream.to_bytes()
    _plan, result = edited("set", flag, 1, data=data)
    assert result.get(f"{UNIT}.topology_elem_id_index") == 3
    assert list(nnc.decode(result)) == names
    _, back = edited("set", flag, 0, data=result.to_bytes())
    assert back.to_bytes() == data


def test_units_come_and_go():
    plan, result = edited("remove", "units[2]")
    assert len(result.units) == 6
    assert [unit.bytes_after for unit in plan.units if unit.path_before == "units[2]"] == [None]
    spare = Bitstream.parse(DATA).units[2]
    again = Bitstream.parse(result.to_bytes())
    again.insert("units[2]", spare)
    assert again.to_bytes() == DATA
    refused("remove", "units[1]", kind=nnc.BuildError, match="should have come before")
    refused("remove", "units[9]", kind=nnc.InputError, match="go up to 6")
    refused("insert", "units[3].header", spare, kind=nnc.InputError, match="a place like")


def wrapped():
    bitstream = Bitstream.parse(DATA)
    wrap(bitstream, 3, 6)
    return bitstream.to_bytes()


def test_an_aggregate_follows_its_units():
    data = wrapped()
    name = "units[3].units[1].header.topology_elem_id"
    before = Bitstream.parse(data).get("units[3].header.nnr_unit_entry_point")
    _, result = edited("set", name, "a longer name than before", data=data)
    after = result.get("units[3].header.nnr_unit_entry_point")
    assert [b - a for a, b in zip(before, after, strict=True)] == [0, 0, 15, 15]
    _plan, result = edited("remove", "units[3].units[1]", data=data)
    assert result.get("units[3].header.num_of_nnr_units_minus2") == 1
    assert len(result.get("units[3].header.quant_bitdepth")) == 3
    _, result = edited("set", "units[3].header.entry_points_present_flag", 0, data=data)
    _, result = edited(
        "set", "units[3].header.entry_points_present_flag", 1, data=result.to_bytes()
    )
    assert result.to_bytes() == data
    refused("set", "units[3].header.num_of_nnr_units_minus2", 5, data=data,
            match="follows from the units")  # fmt: skip


def test_an_aggregate_keeps_two_units():
    bitstream = Bitstream.parse(DATA)
    wrap(bitstream, 3, 4)
    data = bitstream.to_bytes()
    refused("remove", "units[3].units[0]", data=data, match="at least two units")


def test_digests_follow_the_payload_of_a_parent():
    payload = bytes(Bitstream.parse(DATA).units[3].payload_bytes)
    bitstream = Bitstream.parse(DATA)
    child = "units[5].header"
    bitstream.set_all(
        {
            "units[1].payload.mps_parent_signalling_enabled_flag": 1,
            f"{child}.parent_node_id_present_flag": 1,
            f"{child}.parent_node_id_type": 1,
            f"{child}.parent_node_payload_sha256": int(hashlib.sha256(payload).hexdigest(), 16),
        }
    )
    plan = bitstream.set("units[3].payload", payload + b"!")
    wanted = int(hashlib.sha256(payload + b"!").hexdigest(), 16)
    assert bitstream.get(f"{child}.parent_node_payload_sha256") == wanted
    change = next(c for c in plan.changes if c.path == f"{child}.parent_node_payload_sha256")
    assert change.reason == "digest of the parent's payload"
    assert Bitstream.parse(bitstream.to_bytes()).to_bytes() == bitstream.to_bytes()


def test_the_form_of_the_size():
    _, result = edited("set", "units[3].nnr_unit_size_flag", 1)
    assert len(result.to_bytes()) == len(DATA) + 2
    _, back = edited("set", "units[3].nnr_unit_size_flag", 0, data=result.to_bytes())
    assert back.to_bytes() == DATA
    bitstream = Bitstream.parse(DATA)
    bitstream.set("units[3].payload", bytes(40000))
    refused("set", "units[3].nnr_unit_size_flag", 0, data=bitstream.to_bytes(), match="too large")


def test_bitstreams_that_were_made_can_be_edited():
    from nnc.encoder import EncoderOptions, encode_model

    made = encode_model({"a": [[1.0, 2.0]], "b": [3.0]}, EncoderOptions())
    path = made.get("units[*].header.topology_elem_id")[0][0]
    made.set(path, "c")
    assert list(nnc.decode(made.to_bytes())) == ["c", "b"]


def test_positions_of_a_plan_are_those_of_the_bytes():
    bitstream = Bitstream.parse(DATA)
    plan = bitstream.set(f"{UNIT}.put_node_depth", 9)
    change = next(c for c in plan.changes if c.path == f"{UNIT}.put_node_depth")
    bits = "".join(f"{byte:08b}" for byte in bitstream.to_bytes())
    found = bits[change.position_after : change.position_after + change.bits_after]
    assert int(found, 2) == 0b10000 + 9
    assert change.as_dict()["position_after"] == (
        f"{change.position_after >> 3}.{change.position_after & 7}"
    )
    assert f"{UNIT}.put_node_depth: 0 -> 9; at " in str(plan)


def set_all_elements_to_themselves(case):
    for path in case.bitstreams:
        data = path.read_bytes()
        bitstream = Bitstream.parse(data, **case.out_of_band)
        for unit_path, unit in list(walk_paths(bitstream.units)):
            for name in element_names(unit):
                value = bitstream.get(f"{unit_path}.{name}")
                assert not bitstream.set(f"{unit_path}.{name}", value, force=True)
        assert bitstream.to_bytes() == data


def element_names(unit):
    """Return the paths of all elements of a unit, within it."""
    _ = unit.payload
    names = list(trace_unit(unit).elements())
    table = payload_table(unit)
    if table is None:
        return names
    name = next(name for name in table.fields if getattr(table, name) is not None)
    names.append(f"payload.{name}")
    value = getattr(table, name)
    return names + [f"{names[-1]}[{i}]" for i in range(len(value)) if name.startswith("raw")]


def test_values_of_a_raw_tensor():
    values = np.float32([0.5, np.nan, 2])
    data = nnc.encode({"w": np.ones(3, np.float32)}, keep=["*"])
    path = "units[2].payload.raw_float32_parameter"
    _, result = edited("set", path, values, data=data)
    assert np.array_equal(nnc.decode(result)["w"], values, equal_nan=True)
    assert np.array_equal(result.get(path), values, equal_nan=True)
    _, result = edited("set", f"{path}[2]", 0.1, data=data)
    assert nnc.decode(result)["w"].tolist() == [1, 1, np.float32(0.1)]
    assert result.get("units[*].payload.raw_float32_parameter[2]") == [
        (f"{path}[2]", np.float32(0.1))
    ]
    assert result.get("units[2].payload.quant_tensors") is None
    refused("set", f"{path}[3]", 1, data=data, match=r"no such value .*0\.\.2")
    refused("set", path, [1, 2], data=data, match="takes 3 values")
    refused("set", f"{path}[0]", [1], data=data, match="takes one value")
    refused("set", f"{path}[0]", "x", data=data, match="takes a number")
    refused("set", "units[2].payload.raw_float64_parameter[0]", 1, data=data, match="isn't this")
    refused("insert", f"{path}[0]", 1, data=data, match="follows from tensor_dimensions")
    refused("remove", f"{path}[0]", data=data, match="follows from tensor_dimensions")


def test_payloads_of_bytes():
    path = "units[3].payload.quant_tensors"
    value = bytes(Bitstream.parse(DATA).get(path))
    _, result = edited("set", path, value + b"!")
    assert bytes(result.units[3].payload_bytes) == value + b"!"
    refused("set", path, 3, match="takes bytes")
    bitstream = Bitstream.parse(DATA)
    cut(bitstream, "units[3]", 200)
    data = bitstream.to_bytes()
    _, result = edited("set", "units[3].payload.partial_data", b"x", data=data)
    assert result.get("units[3].header.partial_data_counter") == 3
    assert bytes(result.get("units[3].payload.partial_data")) == b"x"
    refused("set", "units[3].payload.quant_tensors", b"x", data=data, kind=nnc.InputError,
            match="nnr_unit_payload has no element")  # fmt: skip
    bitstream = Bitstream.parse(DATA)
    bitstream.set("units[3].header.nnr_unit_type", 40, force=True)
    data = bitstream.to_bytes()
    _, result = edited("set", "units[3].payload.opaque_payload", b"x", data=data)
    assert result.units[3].byte_size == 4


def test_alignment_bits_in_loops():
    case = next(case for case in CASES if case.name == "p0-perfmap-mps-upm")
    data = case.bitstreams[0].read_bytes()
    path = "units[1].payload.byte_alignment"
    plan, result = edited("set", f"{path}[1]", 1, data=data)
    assert result.get(f"{path}[1]") == 1
    assert result.get(f"{path}[0]") is None
    assert [change.path for change in plan.changes] == [f"{path}[1]"]
    _, back = edited("set", f"{path}[1]", None, data=result.to_bytes())
    assert back.to_bytes() == data
    refused("set", f"{path}[9]", 1, data=data, match="no such value")
    _, result = edited("set", path, 1, data=data)
    assert result.get(path) == 1


def test_rows_of_an_aggregate():
    path = "units[3].header.nnr_unit_type[1]"
    bitstream = Bitstream.parse(wrapped())
    assert bitstream.get(path) == 5
    assert not bitstream.set(path, 5)
    row = "units[3].header.nnr_aggregate_unit_header.nnr_unit_type"
    assert bitstream.get(row) == [5, 5, 5, 5]
    star = row.replace("3", "*", 1)
    assert bitstream.get(star) == [(row, [5, 5, 5, 5])]
    assert bitstream.get("units[3].header.nnr_unit_type") == 6
    for name in element_names(bitstream.units[3]):
        value = bitstream.get(f"units[3].{name}")
        assert not bitstream.set(f"units[3].{name}", value, force=True)


@pytest.mark.parametrize("case", CASES[::40], ids=lambda case: case.name)
def test_each_element_set_to_its_own_value_in_some_vectors(case):
    set_all_elements_to_themselves(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_element_set_to_its_own_value(case):
    set_all_elements_to_themselves(case)


SMALL = [case.bitstreams[0].read_bytes() for case in CASES[::9] if not case.out_of_band]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_change_is_carried_out_whole_or_refused_whole(data):
    change_something(data)


@pytest.mark.slow
@settings(max_examples=10000, deadline=None)
@given(st.data())
def test_ten_thousand_changes_are_carried_out_whole_or_refused_whole(data):
    change_something(data)


def change_something(data):
    original = data.draw(st.sampled_from(SMALL))
    bitstream = Bitstream.parse(original)
    unit_path, unit = data.draw(st.sampled_from(list(walk_paths(bitstream.units))))
    _ = unit.payload
    elements = trace_unit(unit).elements()
    name = data.draw(st.sampled_from([name for name in elements if "byte_al" not in name]))
    value = elements[name].value
    if isinstance(value, int):
        value = data.draw(st.integers(-2, 40) | st.sampled_from([0, 1]))
    elif isinstance(value, str):
        value = data.draw(st.text(max_size=5))
    try:
        plan = bitstream.set(f"{unit_path}.{name}", value, force=data.draw(st.booleans()))
    except nnc.NncError:
        assert bitstream.to_bytes() == original
        return
    written = bitstream.to_bytes()
    assert plan.bytes_after == len(written)
    assert bool(plan) == (written != original)
    if not any("out_of_band" in note for note in plan.notes):
        again = Bitstream.parse(written)
        assert again.to_bytes() == written
        assert bitstream.get(f"{unit_path}.{name}") == value


def test_a_raw_tensor_that_is_too_short_is_told_with_its_place():
    data = nnc.encode({"w": np.ones(3, np.float32)}, keep=["*"])
    bitstream = Bitstream.parse(data)
    bitstream.set("units[2].payload", b"1234")
    bitstream = Bitstream.parse(bitstream.to_bytes())
    with pytest.raises(nnc.IncompleteError) as caught:
        bitstream.get("units[2].payload.raw_float32_parameter")
    error = caught.value.as_dict()
    assert (error["unit"], error["unit_type"]) == (2, "NNR_NDU")
    assert error["path"] == "units[2].payload.raw_float32_parameter[0..2]"
    assert error["position"] == f"{bitstream.units[2].payload_start}.0"
    assert error["schema"].startswith("schema/compressed_data_unit.syntax:")


def test_a_payload_in_a_plan_has_its_place():
    bitstream = Bitstream.parse(DATA)
    unit = bitstream.units[4]
    start, before = unit.payload_start, bytes(unit.payload_bytes)
    bitstream.set("units[3].header.topology_elem_id", "x")
    moved = len(bitstream.to_bytes()) - len(DATA)
    bitstream = Bitstream.parse(DATA)
    plan = bitstream.set_all(
        {"units[3].header.topology_elem_id": "x", "units[4].payload.quant_tensors": before[:-1]}
    )
    change = next(c for c in plan.changes if c.path == "units[4].payload")
    assert change.position_before == 8 * start
    assert change.position_after == 8 * (start + moved)
    assert (change.bits_before, change.bits_after) == (8 * len(before), 8 * len(before) - 8)


@pytest.mark.parametrize("element", ["count_tensor_dimensions", "tensor_dimensions[0]"])
def test_lists_that_nobody_could_fill_are_refused_before_they_are_made(element):
    data = nnc.encode({"w": np.ones((16, 16), "f4")}, scan_order=1, threads=1)
    bitstream = nnc.Bitstream.parse(data)
    path = f"units[{len(bitstream.units) - 1}].header.{element}"
    tracemalloc.start()
    with pytest.raises(nnc.BuildError, match="asks for more than 131072 new values"):
        bitstream.set(path, (1 << 31) - 1, force=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 25
    assert bitstream.to_bytes() == data
