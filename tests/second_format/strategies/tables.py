"""Draws each syntax table: its control flow, with values that keep its rules.

Generated; do not edit.
Schema hash: sha256 d661755a3be5f59b2c57b7e4b70dea3b7afe8aa07b3f35975317961d4f3afac3
"""

# ruff: noqa: N806

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.second_format.strategies.drawing import Around
from tests.second_format.syntax import parameter_sets
from tests.second_format.syntax.functions import new as _new
from tests.second_format.syntax.functions import number as _number


def draw_nal_unit(stream: Any, context: Any) -> parameter_sets.NalUnit:
    """Draw `nal_unit` (clause 7.3.1)."""
    obj = _new(parameter_sets.NalUnit)
    obj.seq_parameter_set_data = None
    obj.pic_parameter_set_rbsp = None
    obj.other_rbsp = None
    obj.forbidden_zero_bit = stream.u(1, "forbidden_zero_bit", low=0, high=0)
    obj.nal_ref_idc = stream.u(2, "nal_ref_idc", low=1, high=3)
    nal_unit_type = stream.u(5, "nal_unit_type", low=7, high=8, reserved=((14, 23),))
    obj.nal_unit_type = nal_unit_type
    if nal_unit_type == parameter_sets.SEQUENCE:
        obj.seq_parameter_set_data = stream.table(
            "seq_parameter_set_data",
            "seq_parameter_set_data",
            None,
            draw_seq_parameter_set_data,
            context,
        )
    elif nal_unit_type == parameter_sets.PICTURE:
        obj.pic_parameter_set_rbsp = stream.table(
            "pic_parameter_set_rbsp",
            "pic_parameter_set_rbsp",
            None,
            draw_pic_parameter_set_rbsp,
            context,
        )
    else:
        obj.other_rbsp = stream.bs("other_rbsp")
    return obj


def draw_seq_parameter_set_data(stream: Any, context: Any) -> parameter_sets.SeqParameterSetData:
    """Draw `seq_parameter_set_data` (clause 7.3.2.1)."""
    obj = _new(parameter_sets.SeqParameterSetData)
    obj.chroma_format_idc = None
    obj.bit_depth_luma_minus8 = None
    obj.bit_depth_chroma_minus8 = None
    obj.qpprime_y_zero_transform_bypass_flag = None
    obj.seq_scaling_matrix_present_flag = None
    obj.log2_max_pic_order_cnt_lsb_minus4 = None
    obj.delta_pic_order_always_zero_flag = None
    obj.offset_for_non_ref_pic = None
    obj.offset_for_top_to_bottom_field = None
    obj.num_ref_frames_in_pic_order_cnt_cycle = None
    obj.offset_for_ref_frame = None
    obj.mb_adaptive_frame_field_flag = None
    obj.frame_crop_left_offset = None
    obj.frame_crop_right_offset = None
    obj.frame_crop_top_offset = None
    obj.frame_crop_bottom_offset = None
    obj.byte_alignment = None
    obj.PicSizeInMapUnits = None
    offset_for_ref_frame: list[int]
    obj.profile_idc = profile_idc = stream.u(8, "profile_idc")
    obj.constraint_flags = stream.u(6, "constraint_flags")
    obj.reserved_zero_2bits = stream.u(2, "reserved_zero_2bits", low=0, high=0)
    obj.level_idc = stream.u(8, "level_idc", low=9, high=62)
    obj.seq_parameter_set_id = stream.ue(0, "seq_parameter_set_id", low=0, high=31)
    if profile_idc == parameter_sets.HIGH or profile_idc == parameter_sets.HIGH_422:
        obj.chroma_format_idc = stream.ue(0, "chroma_format_idc", low=0, high=3)
        obj.bit_depth_luma_minus8 = stream.ue(0, "bit_depth_luma_minus8", low=0, high=6)
        obj.bit_depth_chroma_minus8 = stream.ue(0, "bit_depth_chroma_minus8", low=0, high=6)
        obj.qpprime_y_zero_transform_bypass_flag = stream.u(
            1, "qpprime_y_zero_transform_bypass_flag"
        )
        obj.seq_scaling_matrix_present_flag = stream.u(
            1, "seq_scaling_matrix_present_flag", low=0, high=0
        )
    obj.log2_max_frame_num_minus4 = stream.ue(0, "log2_max_frame_num_minus4", low=0, high=12)
    pic_order_cnt_type = stream.ue(0, "pic_order_cnt_type", low=0, high=2)
    obj.pic_order_cnt_type = pic_order_cnt_type
    if pic_order_cnt_type == 0:
        obj.log2_max_pic_order_cnt_lsb_minus4 = stream.ue(
            0, "log2_max_pic_order_cnt_lsb_minus4", low=0, high=12
        )
    elif pic_order_cnt_type == 1:
        obj.delta_pic_order_always_zero_flag = stream.u(1, "delta_pic_order_always_zero_flag")
        obj.offset_for_non_ref_pic = stream.ie(0, "offset_for_non_ref_pic")
        obj.offset_for_top_to_bottom_field = stream.ie(0, "offset_for_top_to_bottom_field")
        num_ref_frames_in_pic_order_cnt_cycle = stream.ue(
            0, "num_ref_frames_in_pic_order_cnt_cycle", low=0, high=255, small=True
        )
        obj.num_ref_frames_in_pic_order_cnt_cycle = num_ref_frames_in_pic_order_cnt_cycle
        offset_for_ref_frame = []
        obj.offset_for_ref_frame = offset_for_ref_frame
        for i in range(num_ref_frames_in_pic_order_cnt_cycle):
            offset_for_ref_frame.append(
                stream.ie(0, "offset_for_ref_frame", i, high=2147483647, constrained=True)
            )
    obj.max_num_ref_frames = stream.ue(0, "max_num_ref_frames", low=0, high=16)
    obj.gaps_in_frame_num_value_allowed_flag = stream.u(1, "gaps_in_frame_num_value_allowed_flag")
    pic_width_in_mbs_minus1 = stream.ue(0, "pic_width_in_mbs_minus1")
    obj.pic_width_in_mbs_minus1 = pic_width_in_mbs_minus1
    pic_height_in_map_units_minus1 = stream.ue(0, "pic_height_in_map_units_minus1")
    obj.pic_height_in_map_units_minus1 = pic_height_in_map_units_minus1
    obj.frame_mbs_only_flag = frame_mbs_only_flag = stream.u(1, "frame_mbs_only_flag")
    if not frame_mbs_only_flag:
        obj.mb_adaptive_frame_field_flag = stream.u(1, "mb_adaptive_frame_field_flag")
    direct_8x8_inference_flag = stream.u(
        1,
        "direct_8x8_inference_flag",
        keeps=lambda direct_8x8_inference_flag: (
            frame_mbs_only_flag == 1 or direct_8x8_inference_flag == 1
        ),
    )
    obj.direct_8x8_inference_flag = direct_8x8_inference_flag
    obj.frame_cropping_flag = frame_cropping_flag = stream.u(1, "frame_cropping_flag")
    if frame_cropping_flag:
        frame_crop_left_offset = stream.ue(
            0,
            "frame_crop_left_offset",
            keeps=lambda frame_crop_left_offset: (
                frame_crop_left_offset < 8 * (pic_width_in_mbs_minus1 + 1)
            ),
        )
        obj.frame_crop_left_offset = frame_crop_left_offset
        frame_crop_right_offset = stream.ue(
            0,
            "frame_crop_right_offset",
            keeps=lambda frame_crop_right_offset: (
                frame_crop_left_offset + frame_crop_right_offset < 8 * (pic_width_in_mbs_minus1 + 1)
            ),
        )
        obj.frame_crop_right_offset = frame_crop_right_offset
        obj.frame_crop_top_offset = stream.ue(0, "frame_crop_top_offset")
        obj.frame_crop_bottom_offset = stream.ue(0, "frame_crop_bottom_offset")
    else:
        frame_crop_left_offset = 0
        frame_crop_right_offset = 0
    obj.vui_parameters_present_flag = stream.u(1, "vui_parameters_present_flag", low=0, high=0)
    obj.PicSizeInMapUnits = _number(
        stream,
        (pic_width_in_mbs_minus1 + 1) * (pic_height_in_map_units_minus1 + 1),
        "PicSizeInMapUnits",
    )
    obj.byte_alignment = stream.byte_alignment()
    if obj.offset_for_ref_frame is not None and len(obj.offset_for_ref_frame):
        offset_for_ref_frame = obj.offset_for_ref_frame
        stream.check("offset_for_ref_frame", 0, max(offset_for_ref_frame) <= 2147483647)
    if obj.direct_8x8_inference_flag is not None and obj.frame_mbs_only_flag is not None:
        direct_8x8_inference_flag = obj.direct_8x8_inference_flag
        frame_mbs_only_flag = obj.frame_mbs_only_flag
        stream.check(
            "direct_8x8_inference_flag",
            0,
            frame_mbs_only_flag == 1 or direct_8x8_inference_flag == 1,
        )
    if (
        obj.frame_crop_left_offset is not None
        and obj.frame_crop_right_offset is not None
        and obj.pic_width_in_mbs_minus1 is not None
    ):
        frame_crop_left_offset = obj.frame_crop_left_offset
        frame_crop_right_offset = obj.frame_crop_right_offset
        pic_width_in_mbs_minus1 = obj.pic_width_in_mbs_minus1
        stream.check(
            "frame_crop_right_offset",
            0,
            frame_crop_left_offset + frame_crop_right_offset < 8 * (pic_width_in_mbs_minus1 + 1),
        )
    return obj


def draw_pic_parameter_set_rbsp(stream: Any, context: Any) -> parameter_sets.PicParameterSetRbsp:
    """Draw `pic_parameter_set_rbsp` (clause 7.3.2.2)."""
    obj = _new(parameter_sets.PicParameterSetRbsp)
    obj.slice_group_map_type = None
    obj.run_length_minus1 = None
    obj.top_left = None
    obj.bottom_right = None
    obj.slice_group_change_direction_flag = None
    obj.slice_group_change_rate_minus1 = None
    obj.byte_alignment = None
    run_length_minus1: list[int]
    top_left: list[int]
    bottom_right: list[int]
    obj.pic_parameter_set_id = stream.ue(0, "pic_parameter_set_id", low=0, high=255)
    obj.referred_seq_parameter_set_id = stream.ue(
        0, "referred_seq_parameter_set_id", low=0, high=31
    )
    obj.entropy_coding_mode_flag = stream.u(1, "entropy_coding_mode_flag")
    obj.bottom_field_pic_order_in_frame_present_flag = stream.u(
        1, "bottom_field_pic_order_in_frame_present_flag"
    )
    num_slice_groups_minus1 = stream.ue(0, "num_slice_groups_minus1", low=0, high=7, small=True)
    obj.num_slice_groups_minus1 = num_slice_groups_minus1
    if num_slice_groups_minus1 > 0:
        slice_group_map_type = stream.ue(0, "slice_group_map_type", low=0, high=5)
        obj.slice_group_map_type = slice_group_map_type
        if slice_group_map_type == 0:
            run_length_minus1 = []
            obj.run_length_minus1 = run_length_minus1
            for iGroup in range(num_slice_groups_minus1 + 1):
                run_length_minus1.append(stream.ue(0, "run_length_minus1", iGroup))
        elif slice_group_map_type == 2:
            top_left = []
            obj.top_left = top_left
            bottom_right = []
            obj.bottom_right = bottom_right
            for iGroup in range(num_slice_groups_minus1):
                top_left.append(stream.ue(0, "top_left", iGroup))
                bottom_right.append(stream.ue(0, "bottom_right", iGroup))
        elif slice_group_map_type >= 3 and slice_group_map_type <= 5:
            obj.slice_group_change_direction_flag = stream.u(1, "slice_group_change_direction_flag")
            obj.slice_group_change_rate_minus1 = stream.ue(0, "slice_group_change_rate_minus1")
    obj.num_ref_idx_l0_default_active_minus1 = stream.ue(
        0, "num_ref_idx_l0_default_active_minus1", low=0, high=31
    )
    obj.num_ref_idx_l1_default_active_minus1 = stream.ue(
        0, "num_ref_idx_l1_default_active_minus1", low=0, high=31
    )
    obj.weighted_pred_flag = stream.u(1, "weighted_pred_flag")
    obj.weighted_bipred_idc = stream.u(2, "weighted_bipred_idc", low=0, high=2)
    obj.pic_init_qp_minus26 = stream.ie(0, "pic_init_qp_minus26", low=-62, high=25)
    obj.pic_init_qs_minus26 = stream.ie(0, "pic_init_qs_minus26", low=-26, high=25)
    obj.chroma_qp_index_offset = stream.ie(0, "chroma_qp_index_offset", low=-12, high=12)
    obj.deblocking_filter_control_present_flag = stream.u(
        1, "deblocking_filter_control_present_flag"
    )
    obj.constrained_intra_pred_flag = stream.u(1, "constrained_intra_pred_flag")
    obj.redundant_pic_cnt_present_flag = stream.u(1, "redundant_pic_cnt_present_flag")
    obj.byte_alignment = stream.byte_alignment()
    return obj


#: How names are drawn that stand around a table which is drawn alone: those that tables share.
SHARED: Final[dict[str, Around]] = {}

#: The same of the parameters of tables, by table.
PARAMETERS: Final[dict[str, dict[str, Around]]] = {}


def whole(draw: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a function that draws a table anew where it doesn't keep its rules.

    Hypothesis does so itself, and better: it learns from what was rejected.
    """
    return lambda stream, context: (
        stream.settle(draw, context) if stream.source.learns else stream.again(draw, context)
    )


#: The drawing functions by the name of their table.
TABLES: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "nal_unit": whole(draw_nal_unit),
    "seq_parameter_set_data": whole(draw_seq_parameter_set_data),
    "pic_parameter_set_rbsp": whole(draw_pic_parameter_set_rbsp),
}
