"""Tables filled in with what their conditions ask for."""

import numpy as np
import pytest

from nnc.bitio import BitReader, BitWriter, BuildError, MissingValueError
from nnc.syntax import (
    TABLES,
    CompressedDataUnitPayloadType,
    NnrQuantizationUnitHeader,
    NnrStartUnitHeader,
    NnrUnitHeader,
    NnrUnitType,
    Scope,
    TensorDimensionsList,
)

SECOND_EDITION = {
    "general_profile_idc": 1,
    "mps_topology_indexed_reference_flag": 0,
    "mps_parent_signalling_enabled_flag": 0,
}


def data_header(scope, **values):
    return NnrUnitHeader.default(
        scope, nnr_unit_type=NnrUnitType.NNR_NDU, nnr_compressed_data_unit_header=values
    )


def test_only_what_the_conditions_ask_for():
    header = data_header(
        SECOND_EDITION,
        nnr_compressed_data_unit_payload_type=CompressedDataUnitPayloadType.NNR_PT_FLOAT,
        topology_elem_id="weight",
        input_parameters_present_flag=1,
        tensor_dimensions_flag=1,
        tensor_dimensions_list=TensorDimensionsList(
            count_tensor_dimensions=2, tensor_dimensions=[3, 4]
        ),
    )
    assert header.topology_elem_id == "weight"
    assert header.tensor_dimensions == [3, 4]
    assert header.node_id_present_flag == 0  # only the second edition has it
    assert header.first_tensor_dimension_shift == 0
    assert header.device_id is None
    assert header.nnr_start_unit_header is None
    scope = SECOND_EDITION | {"general_profile_idc": 0}
    first = NnrUnitHeader.default(
        scope,
        nnr_unit_type=NnrUnitType.NNR_NDU,
        nnr_compressed_data_unit_header=header.nnr_compressed_data_unit_header,
    )
    assert first.node_id_present_flag is None
    assert first.first_tensor_dimension_shift is None


def test_what_is_made_can_be_written_and_read():
    header = data_header(
        SECOND_EDITION,
        topology_elem_id="weight",
        input_parameters_present_flag=1,
        tensor_dimensions_flag=1,
        tensor_dimensions_list={"count_tensor_dimensions": 1, "tensor_dimensions": [5]},
    )
    writer = BitWriter()
    syntax = NnrUnitHeader.syntax
    syntax._build(header, writer, Scope.from_context(SECOND_EDITION))
    read = syntax._parse(BitReader(writer.to_bytes()), Scope.from_context(SECOND_EDITION))
    assert read == header


def test_the_least_that_is_valid():
    assert NnrStartUnitHeader.default() == NnrStartUnitHeader(general_profile_idc=0)
    assert NnrStartUnitHeader.default(general_profile_idc=1).general_profile_idc == 1
    header = NnrQuantizationUnitHeader.default()
    assert header.quantization_storage_format == 0


def test_the_scope_takes_the_names():
    scope = Scope()
    NnrStartUnitHeader.default(scope, general_profile_idc=1)
    assert scope.general_profile_idc == 1


def test_lists_are_as_long_as_their_counts_say():
    made = TensorDimensionsList.default(count_tensor_dimensions=3, tensor_dimensions=[7])
    assert made.tensor_dimensions == [7, 0, 0]


def test_vectors_are_arrays():
    syntax = TABLES["nnr_compressed_data_unit_payload"]
    scope = {
        "nnr_compressed_data_unit_payload_type": 2,
        "nnr_decompressed_data_format": 1,
        "tensor_dimensions": [2, 2],
    }
    made = syntax.table_type.default(scope)
    assert made.raw_float32_parameter.dtype == np.float32
    assert made.raw_float32_parameter.tolist() == [0, 0, 0, 0]
    values = [1.0, 2.0, 3.0, 4.0]
    assert syntax.table_type.default(scope, raw_float32_parameter=values) == syntax.table_type(
        raw_float32_parameter=np.array(values, np.float32)
    )


def test_what_has_no_place_is_refused():
    with pytest.raises(BuildError, match="condition doesn't hold") as caught:
        NnrUnitHeader.default(nnr_unit_type=NnrUnitType.NNR_STR, partial_data_counter=2)
    assert caught.value.path == "partial_data_counter"
    with pytest.raises(TypeError, match="no element 'depth'"):
        NnrStartUnitHeader.default(depth=1)


def test_values_that_only_the_caller_knows():
    with pytest.raises(MissingValueError, match="out_of_band_tensor_dimensions"):
        data_header(SECOND_EDITION, topology_elem_id="weight")
