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
    return NnrModelParameterSetUnitPayload.default(
        {"general_profile_idc": options.profile},
        mps_parent_signalling_enabled_flag=int(update) or None,
        nnr_pre_flag=int(update and predictive) or None,
    )


def parameter_set_unit_of(payload: NnrModelParameterSetUnitPayload) -> Unit:
    """Return the unit of a model parameter set."""
    return Unit(
        whole_unit_header(
            NnrUnitType.NNR_MPS,
            nnr_model_parameter_set_unit_header=NnrModelParameterSetUnitHeader(),
        ),
        payload,
    )
