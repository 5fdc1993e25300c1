"""Faults told apart by code, whatever the words of their message."""

import re
from pathlib import Path

import pytest

import nnc.syntax
from nnc.bitio import BitWriter, BuildError, InvalidError
from nnc.bitio.errors import FAULTS
from nnc.syntax import NnrUnitHeader, Scope, TensorDimensionsList


def code_of(table):
    with pytest.raises(BuildError) as caught:
        table.syntax._build(table, BitWriter(), Scope())
    return caught.value.code


def header(**values):
    return NnrUnitHeader(nnr_unit_type=63, independently_decodable_flag=1, **values)


def test_codes_of_what_cannot_be_written():
    assert code_of(header(partial_data_counter_present_flag=1)) == "missing-element"
    wrong = header(partial_data_counter_present_flag=0, partial_data_counter=1)
    assert code_of(wrong) == "unexpected-element"
    made = TensorDimensionsList(count_tensor_dimensions=2, tensor_dimensions=[1])
    assert code_of(made) == "wrong-count"


def test_code_of_a_name_that_no_table_has_set():
    with pytest.raises(InvalidError) as caught:
        _ = Scope().general_profile_idc
    assert caught.value.code == "unset-name"


def test_every_code_is_listed():
    folder = Path(nnc.syntax.__file__).parent
    paths = [*folder.glob("*.py"), folder.parent / "deepcabac" / "checks.py"]
    paths += (folder.parent / "bitio").glob("*.py")
    text = "".join(path.read_text("utf-8") for path in paths)
    codes = set(re.findall(r'code(?:=|": )"([a-z-]+)"', text))
    codes |= set(re.findall(r'\.fail\(.*, "([a-z]+(?:-[a-z]+)+)"\)', text))
    limits = re.findall(r'limit_error\([^)]*, "([a-z]+)"\)', text)
    assert codes | {f"limit-{limit}" for limit in limits} == set(FAULTS)
