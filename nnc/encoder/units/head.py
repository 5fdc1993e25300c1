"""The units that a bitstream begins with (clauses 6.4.1, 6.4.2)."""

from __future__ import annotations

from nnc.bitstream import Unit, whole_unit_header
from nnc.encoder.options.model import EncoderOptions
from nnc.syntax import (
    NnrModelParameterSetUnitHeader,
    NnrModelParameterSetUnitPayload,
    NnrStartUnitHeader,
    NnrUnitType,
)


def start_unit(options: EncoderOptions) -> Unit:
    """Return the unit that starts a bitstream."""
    return Unit(
        whole_unit_header(
            NnrUnitType.NNR_STR,
            nnr_start_unit_header=NnrStartUnitHeader(general_profile_idc=options.profile),
        )
    )


def parameter_set(
    options: EncoderOptions, *, update: bool = False, predictive: bool = False
) -> NnrModelParameterSetUnitPayload:
    """Return the parameters of a model of which nothing is quantized.

    Args:
        options: how it is encoded.
        update: it updates another model: parents are signalled (profile 1).
        predictive: the differences are residuals against those of the update before.
    """
    payload = NnrModelParameterSetUnitPayload(
        topology_carriage_flag=0,
        mps_sparsification_flag=0,
        mps_pruning_flag=0,
        mps_unification_flag=0,
        mps_decomposition_performance_map_flag=0,
        mps_quantization_method_flags=0,
        mps_topology_indexed_reference_flag=0,
    )
    if options.profile == 1:
        payload.base_model_id_present_flag = 0
        payload.validation_set_performance_present_flag = 0
        payload.metric_type_performance_map_valid_flag = 0
        payload.mps_parent_signalling_enabled_flag = int(update)
        if update:
            payload.nnr_pre_flag = int(predictive)
        else:
            payload.nnr_reserved_zero_1bit = 0
        payload.nnr_reserved_zero_2bits = 0
    else:
        payload.nnr_reserved_zero_7bits = 0
    return payload


def parameter_set_unit_of(payload: NnrModelParameterSetUnitPayload) -> Unit:
    """Return the unit of a model parameter set."""
    return Unit(
        whole_unit_header(
            NnrUnitType.NNR_MPS,
            nnr_model_parameter_set_unit_header=NnrModelParameterSetUnitHeader(),
        ),
        payload,
    )
