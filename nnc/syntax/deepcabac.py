"""Deepcabac: syntax tables of clause 10.

Generated from schema/deepcabac.syntax; do not edit.
Schema hash: sha256 0280694640f941d059b97ed8b6b497046169984937508334985dafd23b4a95a0
"""

# ruff: noqa: E501

from __future__ import annotations

from nnc.syntax.description import Description, Element

deepcabac_codeword = Description(
    "deepcabac_codeword",
    "10",
    "DeepCABAC codeword syntax",
    "interop",
    "schema/deepcabac.syntax:10",
    {
        "end_of_codeword_flag": Element(
            "end_of_codeword_flag",
            "ae(v)",
            "ae",
            None,
            "10",
            "interop",
            38,
            "The terminating bin, 1.",
        ),
        "stop_bit": Element(
            "stop_bit",
            "u(1)",
            "u",
            1,
            "10",
            "interop",
            39,
            "1; zero bits up to the byte boundary follow.",
        ),
    },
)

coded_tensor = Description(
    "coded_tensor",
    "10",
    "Coded tensor syntax",
    "interop",
    "schema/deepcabac.syntax:52",
    {
        "quantization_parameter": Element(
            "quantization_parameter",
            "iae(6 + qp_density)",
            "iae",
            None,
            "10",
            "interop",
            54,
            "Added to the quantization parameter of the layer or model parameter set. All contexts are set to parameter set 0 and their start after it.",
        ),
    },
)

quant_tensor = Description(
    "quant_tensor",
    "10",
    "Quant tensor syntax",
    "interop",
    "schema/deepcabac.syntax:67",
    {
        "hist_dep_sig_prob_enabled_flag": Element(
            "hist_dep_sig_prob_enabled_flag",
            "uae(1)",
            "uae",
            1,
            "10",
            "interop",
            70,
            "1: [sig_flag] takes contexts of its own where the position was not zero in an update before.",
            absent=0,
        ),
        "row_skip_enabled_flag": Element(
            "row_skip_enabled_flag",
            "uae(1)",
            "uae",
            1,
            "10",
            "interop",
            71,
            "1: [row_skip_list] follows.",
            absent=0,
        ),
        "row_skip_list": Element(
            "row_skip_list",
            "ae(v)",
            "ae",
            None,
            "10",
            "interop",
            74,
            "1: the levels of row i are all 0, and nothing is coded for them. One context.",
        ),
    },
)

shift_parameter_ids = Description(
    "shift_parameter_ids",
    "10",
    "Shift parameter ids syntax",
    "interop",
    "schema/deepcabac.syntax:101",
    {},
)

shift_idx = Description(
    "shift_idx",
    "10",
    "Shift index syntax",
    "interop",
    "schema/deepcabac.syntax:129",
    {
        "shift_idx_minus_1_present_flag": Element(
            "shift_idx_minus_1_present_flag",
            "ae(v)",
            "ae",
            None,
            "10",
            "interop",
            130,
            "1: the context takes another parameter set than 0. One context for all of these flags.",
        ),
        "shift_idx_minus_1": Element(
            "shift_idx_minus_1",
            "uae(3)",
            "uae",
            3,
            "10",
            "interop",
            132,
            "Number of the parameter set, minus one.",
        ),
    },
)

quant_param = Description(
    "quant_param",
    "10",
    "Quant param syntax",
    "interop",
    "schema/deepcabac.syntax:145",
    {
        "sig_flag": Element(
            "sig_flag",
            "ae(v)",
            "ae",
            None,
            "10",
            "interop",
            147,
            "1: the level is not 0.",
        ),
        "sign_flag": Element(
            "sign_flag",
            "ae(v)",
            "ae",
            None,
            "10",
            "interop",
            150,
            "1: the level is negative. Not coded where a codebook leaves only one sign.",
            absent=0,
        ),
        "abs_level_greater_x": Element(
            "abs_level_greater_x",
            "ae(v)",
            "ae",
            None,
            "10",
            "interop",
            159,
            "1: the magnitude is greater than what the flags so far make of it. Each flag takes contexts of its own, counted by j.",
        ),
        "abs_level_greater_x2": Element(
            "abs_level_greater_x2",
            "ae(v)",
            "ae",
            None,
            "10",
            "interop",
            167,
            "Prefix of the remainder: each 1 adds a power of two and lengthens [abs_remainder].",
        ),
        "abs_remainder": Element(
            "abs_remainder",
            "uae(remBits)",
            "uae",
            None,
            "10",
            "interop",
            174,
            "Suffix of the remainder.",
        ),
    },
)
