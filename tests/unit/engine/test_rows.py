"""Loops of tables as records: counts follow from them, and from what the schema says."""

import numpy as np
import pytest

from nnc import syntax
from nnc.engine.rows import columns, longest, rows_of, table_of

TABLE = syntax.UnificationPerformanceMap
ROWS = [
    {
        "reshaped_tensor_dimensions": (300, 2),
        "super_block_dimensions": (255,),
        "block_dimensions": (4, 0, 2),
        "unification_threshold": 0.5,
        "upm_nn_accuracy": 0.25,
        "upm_class_bitmask": 1 << 40,
        "upm_nn_class_accuracy": (0.5,),
    },
    {
        "reshaped_tensor_dimensions": (),
        "super_block_dimensions": (),
        "block_dimensions": (),
        "unification_threshold": 0.0,
        "upm_nn_accuracy": 0.0,
        "upm_class_bitmask": 0,
        "upm_nn_class_accuracy": (),
    },
]


def test_counts_are_no_columns():
    assert list(columns(TABLE)) == list(ROWS[0])


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], []], ids=len)
def test_rows_come_back_from_the_bits(rows):
    data = syntax.unification_performance_map.build(table_of(TABLE, rows))
    assert rows_of(syntax.unification_performance_map.parse(data)) == rows


def test_counts_follow_from_the_rows():
    table = table_of(TABLE, ROWS)
    assert table.upm_count_thresholds == 3
    assert table.count_reshaped_tensor_dimension == [3, 1]
    assert table.upm_count_classes == [1, 0]
    assert table.super_block_dimensions[0].dtype == np.uint8


def test_counts_that_are_less_than_the_values():
    names = [{"topology_elem_id_list": name} for name in ("a", "b", "c")]
    assert table_of(syntax.TopologyElementsIdsList, names).count_topology_elements_minus2 == 1


def test_a_list_is_as_long_as_its_count_can_say():
    fields = columns(TABLE)
    assert longest(fields["block_dimensions"], 0) == 254
    assert longest(fields["block_dimensions"], 1) == 254
    assert longest(fields["upm_nn_class_accuracy"], 1) == 255
    classes = columns(syntax.DecompositionPerformanceMap)["dpm_nn_class_accuracy"]
    assert longest(classes, 1) == 65535
