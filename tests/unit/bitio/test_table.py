"""Tables: compared by what they hold, elements found in called tables."""

import copy
import pickle

import numpy as np
import pytest

from nnc.bitio.table import same_value
from nnc.syntax import NnrStartUnitHeader as Start
from nnc.syntax import NnrUnitHeader, SparsificationPerformanceMap


def header(profile=1):
    return NnrUnitHeader(
        nnr_unit_type=0,
        independently_decodable_flag=1,
        partial_data_counter_present_flag=0,
        nnr_start_unit_header=Start(general_profile_idc=profile),
    )


def test_equality():
    assert header() == header()
    assert header() != header(0)
    assert header() != Start(general_profile_idc=1)
    assert header() != 7


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (np.arange(3), np.arange(3), True),
        (np.arange(3), np.arange(4), False),
        (np.arange(3), None, False),
        ([np.arange(3), np.arange(2)], [np.arange(3), np.arange(2)], True),
        ([np.arange(3)], [np.arange(3), np.arange(2)], False),
        ([1, 2], [1, 2], True),
        (b"ab", memoryview(b"ab"), True),
    ],
)
def test_values(a, b, same):
    assert same_value(a, b) is same


def test_tables_with_arrays_compare():
    def table():
        return SparsificationPerformanceMap(
            spm_count_thresholds=2,
            sparsification_threshold=[0.5],
            non_zero_ratio=[0.5],
            spm_nn_accuracy=[0.5],
            spm_count_classes=[2],
            spm_class_bitmask=[3],
            spm_nn_class_accuracy=[np.array([0.5, 0.25], "f4")],
        )

    assert table() == table()
    changed = table()
    changed.spm_nn_class_accuracy[0][1] = 0
    assert table() != changed


def test_elements_of_called_tables():
    assert header().general_profile_idc == 1
    with pytest.raises(AttributeError, match="NnrUnitHeader has no element 'profile'"):
        _ = header().profile


def test_copies():
    assert copy.deepcopy(header()) == header()
    assert pickle.loads(pickle.dumps(header())) == header()


def test_classes_made_from_tables_keep_what_they_define():
    class Told(NnrUnitHeader):
        def __init__(self, told, **values):
            super().__init__(**values)
            self.told = told

        def __copy__(self):
            made = super().__copy__()
            made.told = f"{self.told}, copied"
            return made

    values = dict.fromkeys(("nnr_unit_type", "independently_decodable_flag"), 0)
    for _ in range(2):
        one = Told("made", partial_data_counter_present_flag=0, **values)
        assert (one.told, copy.copy(one).told) == ("made", "made, copied")
        assert type(copy.copy(one)) is Told
