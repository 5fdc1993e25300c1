"""Bitstreams as JSON: nothing is lost, and the JSON Schema describes it."""

import json
from pathlib import Path

import jsonschema
import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.bitstream.editing.parts import wrap
from nnc.bitstream.json.form import build, dump, left_out
from nnc.bitstream.json.schema import schema, schema_text
from tests.cases import CASES, FOLDER

ROOT = Path(__file__).parents[4]
DATA = (FOLDER / "p1-base-default-dq" / "bitstream.nnc").read_bytes()


@pytest.fixture(scope="module")
def validator():
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


def content_of(bitstream):
    return json.loads("".join(dump(bitstream)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_json_and_back_gives_the_same_bytes(case, validator):
    for path in case.bitstreams:
        data = path.read_bytes()
        for known in (case.out_of_band, {}) if case.out_of_band else ({},):
            content = content_of(Bitstream.parse(data, **known))
            validator.validate(content)
            assert build(content).to_bytes() == data


def test_what_elements_do_not_tell_is_kept(validator):
    bitstream = Bitstream.parse(DATA)
    bitstream.units[1].trailing = b"xyz"
    bitstream.units[3].header.nnr_compressed_data_unit_header.byte_alignment = 1
    bitstream.set("units[3].nnr_unit_size_flag", 1)
    bitstream.set("units[4].header.nnr_unit_type", 50, force=True)
    bitstream.set("units[1].payload.base_model_id_present_flag", 1)
    wrap(bitstream, 5, 6)
    bitstream.units[5].given["aggregate_has_tail"] = 0
    header = bitstream.units[5].header.nnr_aggregate_unit_header
    header.quant_bitdepth = header.ctu_scan_order = None
    data = bitstream.to_bytes()
    content = content_of(Bitstream.parse(data))
    validator.validate(content)
    assert content["units"][1]["trailing_bytes"] == {"base64": "eHl6"}
    assert content["units"][3]["size_form"] == "long"
    assert content["units"][5]["given"] == {"aggregate_has_tail": 0}
    assert build(content).to_bytes() == data


def test_elements_can_be_changed_in_the_json():
    content = content_of(Bitstream.parse(DATA))
    header = content["units"][3]["header"]["nnr_compressed_data_unit_header"]
    header["topology_elem_id"] = "other"
    assert next(iter(nnc.decode(build(content).to_bytes()))) == "other"


def test_large_integers_are_strings(validator):
    bitstream = Bitstream.parse(DATA)
    child = "units[5].header"
    bitstream.set_all(
        {
            "units[1].payload.mps_parent_signalling_enabled_flag": 1,
            f"{child}.parent_node_id_present_flag": 1,
            f"{child}.parent_node_id_type": 1,
            f"{child}.parent_node_payload_sha256": 1 << 255,
        }
    )
    content = content_of(bitstream)
    validator.validate(content)
    assert f'"0x8{63 * "0"}"' in json.dumps(content)
    assert build(content).to_bytes() == bitstream.to_bytes()


def test_payloads_left_out_cannot_be_built():
    content = json.loads("".join(dump(Bitstream.parse(DATA), left_out)))
    assert content["units"][3]["payload_bytes"] == {"length": 477}
    with pytest.raises(nnc.InputError, match=r"units\[3\].payload_bytes: the bytes were left out"):
        build(content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(nnc_json=2), "nnc_json must be 1"),
        (lambda c: c.update(units=3), "units: expected a list"),
        (lambda c: c["units"].append(3), r"units\[7\]: an object is needed"),
        (lambda c: c["units"][0].pop("header"), r"units\[0\].header: an object"),
        (lambda c: c["units"][0]["header"].update(foo=1), "has no element 'foo'"),
        (lambda c: c["units"][0]["header"].update(nnr_unit_type="x"), "expected an integer"),
        (lambda c: c["units"][3].update(payload_bytes={"base64": "?"}), "not base64"),
        (lambda c: c["units"][3].update(payload_bytes={"file": "../x"}), "folder of the JSON"),
        (lambda c: c["units"][3].update(payload={}), "has no such table"),
    ],
)
def test_other_json_is_refused_with_the_place(change, message):
    content = content_of(Bitstream.parse(DATA))
    change(content)
    with pytest.raises(nnc.InputError, match=message):
        build(content)


def test_the_published_schema_is_up_to_date():
    published = (ROOT / "docs" / "bitstream.schema.json").read_text("utf-8")
    assert published == schema_text()
