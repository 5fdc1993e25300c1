"""The rules that a stream can be made to break, one at a time.

Generated; do not edit.
Schema hash: sha256 d661755a3be5f59b2c57b7e4b70dea3b7afe8aa07b3f35975317961d4f3afac3
"""

# ruff: noqa: E501

from __future__ import annotations

from typing import Final, NamedTuple


class Rule(NamedTuple):
    """One rule.

    Attributes:
        kind: one of `KINDS`.
        table: the syntax table.
        element: its element.
        clause: where the table stands.
        text: what is wrong in a stream that breaks it.
    """

    kind: str
    table: str
    element: str
    clause: str
    text: str

    @property
    def name(self) -> str:
        """Kind and element: `range:some_element`."""
        return f"{self.kind}:{self.element}"


#: Kinds of rules. Some a parser can't get past; others only a validator finds.
KINDS: Final[dict[str, str]] = {
    "bad-utf8": "error",
    "constraint": "finding",
    "exp-golomb-too-long": "error",
    "index": "error",
    "irregular-alignment": "finding",
    "missing-terminator": "error",
    "not-a-number": "error",
    "range": "finding",
    "reserved-bits": "finding",
    "reserved-value": "finding",
    "truncated": "error",
    "wrong-value": "finding",
}

# fmt: off
RULES: Final[tuple[Rule, ...]] = (
    Rule("reserved-bits", "nal_unit", "forbidden_zero_bit", "7.3.1", "forbidden_zero_bit is not 0"),
    Rule("truncated", "nal_unit", "forbidden_zero_bit", "7.3.1", "the data end within forbidden_zero_bit"),
    Rule("range", "nal_unit", "nal_ref_idc", "7.3.1", "nal_ref_idc is not in 1..3"),
    Rule("range", "nal_unit", "nal_unit_type", "7.3.1", "nal_unit_type is not in 7..8"),
    Rule("reserved-value", "nal_unit", "nal_unit_type", "7.3.1", "nal_unit_type has a value that is reserved"),
    Rule("truncated", "seq_parameter_set_data", "profile_idc", "7.3.2.1", "the data end within profile_idc"),
    Rule("truncated", "seq_parameter_set_data", "constraint_flags", "7.3.2.1", "the data end within constraint_flags"),
    Rule("reserved-bits", "seq_parameter_set_data", "reserved_zero_2bits", "7.3.2.1", "reserved_zero_2bits is not 0"),
    Rule("range", "seq_parameter_set_data", "level_idc", "7.3.2.1", "level_idc is not in 9..62"),
    Rule("truncated", "seq_parameter_set_data", "level_idc", "7.3.2.1", "the data end within level_idc"),
    Rule("range", "seq_parameter_set_data", "seq_parameter_set_id", "7.3.2.1", "seq_parameter_set_id is not in 0..31"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "seq_parameter_set_id", "7.3.2.1", "the code of seq_parameter_set_id is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "seq_parameter_set_id", "7.3.2.1", "the data end within seq_parameter_set_id"),
    Rule("range", "seq_parameter_set_data", "chroma_format_idc", "7.3.2.1", "chroma_format_idc is not in 0..3"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "chroma_format_idc", "7.3.2.1", "the code of chroma_format_idc is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "chroma_format_idc", "7.3.2.1", "the data end within chroma_format_idc"),
    Rule("range", "seq_parameter_set_data", "bit_depth_luma_minus8", "7.3.2.1", "bit_depth_luma_minus8 is not in 0..6"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "bit_depth_luma_minus8", "7.3.2.1", "the code of bit_depth_luma_minus8 is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "bit_depth_luma_minus8", "7.3.2.1", "the data end within bit_depth_luma_minus8"),
    Rule("range", "seq_parameter_set_data", "bit_depth_chroma_minus8", "7.3.2.1", "bit_depth_chroma_minus8 is not in 0..6"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "bit_depth_chroma_minus8", "7.3.2.1", "the code of bit_depth_chroma_minus8 is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "bit_depth_chroma_minus8", "7.3.2.1", "the data end within bit_depth_chroma_minus8"),
    Rule("truncated", "seq_parameter_set_data", "qpprime_y_zero_transform_bypass_flag", "7.3.2.1", "the data end within qpprime_y_zero_transform_bypass_flag"),
    Rule("reserved-bits", "seq_parameter_set_data", "seq_scaling_matrix_present_flag", "7.3.2.1", "seq_scaling_matrix_present_flag is not 0"),
    Rule("truncated", "seq_parameter_set_data", "seq_scaling_matrix_present_flag", "7.3.2.1", "the data end within seq_scaling_matrix_present_flag"),
    Rule("range", "seq_parameter_set_data", "log2_max_frame_num_minus4", "7.3.2.1", "log2_max_frame_num_minus4 is not in 0..12"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "log2_max_frame_num_minus4", "7.3.2.1", "the code of log2_max_frame_num_minus4 is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "log2_max_frame_num_minus4", "7.3.2.1", "the data end within log2_max_frame_num_minus4"),
    Rule("range", "seq_parameter_set_data", "pic_order_cnt_type", "7.3.2.1", "pic_order_cnt_type is not in 0..2"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "pic_order_cnt_type", "7.3.2.1", "the code of pic_order_cnt_type is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "pic_order_cnt_type", "7.3.2.1", "the data end within pic_order_cnt_type"),
    Rule("range", "seq_parameter_set_data", "log2_max_pic_order_cnt_lsb_minus4", "7.3.2.1", "log2_max_pic_order_cnt_lsb_minus4 is not in 0..12"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "log2_max_pic_order_cnt_lsb_minus4", "7.3.2.1", "the code of log2_max_pic_order_cnt_lsb_minus4 is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "log2_max_pic_order_cnt_lsb_minus4", "7.3.2.1", "the data end within log2_max_pic_order_cnt_lsb_minus4"),
    Rule("truncated", "seq_parameter_set_data", "delta_pic_order_always_zero_flag", "7.3.2.1", "the data end within delta_pic_order_always_zero_flag"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "offset_for_non_ref_pic", "7.3.2.1", "the code of offset_for_non_ref_pic is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "offset_for_non_ref_pic", "7.3.2.1", "the data end within offset_for_non_ref_pic"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "offset_for_top_to_bottom_field", "7.3.2.1", "the code of offset_for_top_to_bottom_field is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "offset_for_top_to_bottom_field", "7.3.2.1", "the data end within offset_for_top_to_bottom_field"),
    Rule("range", "seq_parameter_set_data", "num_ref_frames_in_pic_order_cnt_cycle", "7.3.2.1", "num_ref_frames_in_pic_order_cnt_cycle is not in 0..255"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "num_ref_frames_in_pic_order_cnt_cycle", "7.3.2.1", "the code of num_ref_frames_in_pic_order_cnt_cycle is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "num_ref_frames_in_pic_order_cnt_cycle", "7.3.2.1", "the data end within num_ref_frames_in_pic_order_cnt_cycle"),
    Rule("constraint", "seq_parameter_set_data", "offset_for_ref_frame", "7.3.2.1", "an offset is below 2 to the 31"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "offset_for_ref_frame", "7.3.2.1", "the code of offset_for_ref_frame is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "offset_for_ref_frame", "7.3.2.1", "the data end within offset_for_ref_frame"),
    Rule("range", "seq_parameter_set_data", "max_num_ref_frames", "7.3.2.1", "max_num_ref_frames is not in 0..16"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "max_num_ref_frames", "7.3.2.1", "the code of max_num_ref_frames is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "max_num_ref_frames", "7.3.2.1", "the data end within max_num_ref_frames"),
    Rule("truncated", "seq_parameter_set_data", "gaps_in_frame_num_value_allowed_flag", "7.3.2.1", "the data end within gaps_in_frame_num_value_allowed_flag"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "pic_width_in_mbs_minus1", "7.3.2.1", "the code of pic_width_in_mbs_minus1 is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "pic_width_in_mbs_minus1", "7.3.2.1", "the data end within pic_width_in_mbs_minus1"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "pic_height_in_map_units_minus1", "7.3.2.1", "the code of pic_height_in_map_units_minus1 is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "pic_height_in_map_units_minus1", "7.3.2.1", "the data end within pic_height_in_map_units_minus1"),
    Rule("truncated", "seq_parameter_set_data", "frame_mbs_only_flag", "7.3.2.1", "the data end within frame_mbs_only_flag"),
    Rule("truncated", "seq_parameter_set_data", "mb_adaptive_frame_field_flag", "7.3.2.1", "the data end within mb_adaptive_frame_field_flag"),
    Rule("constraint", "seq_parameter_set_data", "direct_8x8_inference_flag", "7.3.2.1", "with fields direct_8x8_inference_flag is 1"),
    Rule("truncated", "seq_parameter_set_data", "direct_8x8_inference_flag", "7.3.2.1", "the data end within direct_8x8_inference_flag"),
    Rule("truncated", "seq_parameter_set_data", "frame_cropping_flag", "7.3.2.1", "the data end within frame_cropping_flag"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "frame_crop_left_offset", "7.3.2.1", "the code of frame_crop_left_offset is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "frame_crop_left_offset", "7.3.2.1", "the data end within frame_crop_left_offset"),
    Rule("constraint", "seq_parameter_set_data", "frame_crop_right_offset", "7.3.2.1", "cropping leaves nothing of the width"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "frame_crop_right_offset", "7.3.2.1", "the code of frame_crop_right_offset is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "frame_crop_right_offset", "7.3.2.1", "the data end within frame_crop_right_offset"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "frame_crop_top_offset", "7.3.2.1", "the code of frame_crop_top_offset is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "frame_crop_top_offset", "7.3.2.1", "the data end within frame_crop_top_offset"),
    Rule("exp-golomb-too-long", "seq_parameter_set_data", "frame_crop_bottom_offset", "7.3.2.1", "the code of frame_crop_bottom_offset is for a number of more than 64 bits"),
    Rule("truncated", "seq_parameter_set_data", "frame_crop_bottom_offset", "7.3.2.1", "the data end within frame_crop_bottom_offset"),
    Rule("reserved-bits", "seq_parameter_set_data", "vui_parameters_present_flag", "7.3.2.1", "vui_parameters_present_flag is not 0"),
    Rule("truncated", "seq_parameter_set_data", "vui_parameters_present_flag", "7.3.2.1", "the data end within vui_parameters_present_flag"),
    Rule("irregular-alignment", "seq_parameter_set_data", "byte_alignment", "7.3.2.1", "the bits up to the byte boundary are not 1 0 0 ..."),
    Rule("range", "pic_parameter_set_rbsp", "pic_parameter_set_id", "7.3.2.2", "pic_parameter_set_id is not in 0..255"),
    Rule("exp-golomb-too-long", "pic_parameter_set_rbsp", "pic_parameter_set_id", "7.3.2.2", "the code of pic_parameter_set_id is for a number of more than 64 bits"),
    Rule("truncated", "pic_parameter_set_rbsp", "pic_parameter_set_id", "7.3.2.2", "the data end within pic_parameter_set_id"),
    Rule("range", "pic_parameter_set_rbsp", "referred_seq_parameter_set_id", "7.3.2.2", "referred_seq_parameter_set_id is not in 0..31"),
    Rule("exp-golomb-too-long", "pic_parameter_set_rbsp", "referred_seq_parameter_set_id", "7.3.2.2", "the code of referred_seq_parameter_set_id is for a number of more than 64 bits"),
    Rule("truncated", "pic_parameter_set_rbsp", "referred_seq_parameter_set_id", "7.3.2.2", "the data end within referred_seq_parameter_set_id"),
    Rule("truncated", "pic_parameter_set_rbsp", "entropy_coding_mode_flag", "7.3.2.2", "the data end within entropy_coding_mode_flag"),
    Rule("truncated", "pic_parameter_set_rbsp", "bottom_field_pic_order_in_frame_present_flag", "7.3.2.2", "the data end within bottom_field_pic_order_in_frame_present_flag"),
    Rule("range", "pic_parameter_set_rbsp", "num_slice_groups_minus1", "7.3.2.2", "num_slice_groups_minus1 is not in 0..7"),
    Rule("exp-golomb-too-long", "pic_parameter_set_rbsp", "num_slice_groups_minus1", "7.3.2.2", "the code of num_slice_groups_minus1 is for a number of more than 64 bits"),
    Rule("truncated", "pic_parameter_set_rbsp", "num_slice_groups_minus1", "7.3.2.2", "the data end within num_slice_groups_minus1"),
    Rule("range", "pic_parameter_set_rbsp", "slice_group_map_type", "7.3.2.2", "slice_group_map_type is not in 0..5"),
    Rule("exp-golomb-too-long", "pic_parameter_set_rbsp", "slice_group_map_type", "7.3.2.2", "the code of slice_group_map_type is for a number of more than 64 bits"),
    Rule("truncated", "pic_parameter_set_rbsp", "slice_group_map_type", "7.3.2.2", "the data end within slice_group_map_type"),
    Rule("exp-golomb-too-long", "pic_parameter_set_rbsp", "run_length_minus1", "7.3.2.2", "the code of run_length_minus1 is for a number of more than 64 bits"),
    Rule("truncated", "pic_parameter_set_rbsp", "run_length_minus1", "7.3.2.2", "the data end within run_length_minus1"),
    Rule("exp-golomb-too-long", "pic_parameter_set_rbsp", "top_left", "7.3.2.2", "the code of top_left is for a number of more than 64 bits"),
    Rule("truncated", "pic_parameter_set_rbsp", "top_left", "7.3.2.2", "the data end within top_left"),
    Rule("exp-golomb-too-long", "pic_parameter_set_rbsp", "bottom_right", "7.3.2.2", "the code of bottom_right is for a number of more than 64 bits"),
    Rule("truncated", "pic_parameter_set_rbsp", "bottom_right", "7.3.2.2", "the data end within bottom_right"),
    Rule("truncated", "pic_parameter_set_rbsp", "slice_group_change_direction_flag", "7.3.2.2", "the data end within slice_group_change_direction_flag"),
    Rule("exp-golomb-too-long", "pic_parameter_set_rbsp", "slice_group_change_rate_minus1", "7.3.2.2", "the code of slice_group_change_rate_minus1 is for a number of more than 64 bits"),
    Rule("truncated", "pic_parameter_set_rbsp", "slice_group_change_rate_minus1", "7.3.2.2", "the data end within slice_group_change_rate_minus1"),
    Rule("range", "pic_parameter_set_rbsp", "num_ref_idx_l0_default_active_minus1", "7.3.2.2", "num_ref_idx_l0_default_active_minus1 is not in 0..31"),
    Rule("exp-golomb-too-long", "pic_parameter_set_rbsp", "num_ref_idx_l0_default_active_minus1", "7.3.2.2", "the code of num_ref_idx_l0_default_active_minus1 is for a number of more than 64 bits"),
    Rule("truncated", "pic_parameter_set_rbsp", "num_ref_idx_l0_default_active_minus1", "7.3.2.2", "the data end within num_ref_idx_l0_default_active_minus1"),
    Rule("range", "pic_parameter_set_rbsp", "num_ref_idx_l1_default_active_minus1", "7.3.2.2", "num_ref_idx_l1_default_active_minus1 is not in 0..31"),
    Rule("exp-golomb-too-long", "pic_parameter_set_rbsp", "num_ref_idx_l1_default_active_minus1", "7.3.2.2", "the code of num_ref_idx_l1_default_active_minus1 is for a number of more than 64 bits"),
    Rule("truncated", "pic_parameter_set_rbsp", "num_ref_idx_l1_default_active_minus1", "7.3.2.2", "the data end within num_ref_idx_l1_default_active_minus1"),
    Rule("truncated", "pic_parameter_set_rbsp", "weighted_pred_flag", "7.3.2.2", "the data end within weighted_pred_flag"),
    Rule("range", "pic_parameter_set_rbsp", "weighted_bipred_idc", "7.3.2.2", "weighted_bipred_idc is not in 0..2"),
    Rule("truncated", "pic_parameter_set_rbsp", "weighted_bipred_idc", "7.3.2.2", "the data end within weighted_bipred_idc"),
    Rule("range", "pic_parameter_set_rbsp", "pic_init_qp_minus26", "7.3.2.2", "pic_init_qp_minus26 is not in -62..25"),
    Rule("exp-golomb-too-long", "pic_parameter_set_rbsp", "pic_init_qp_minus26", "7.3.2.2", "the code of pic_init_qp_minus26 is for a number of more than 64 bits"),
    Rule("truncated", "pic_parameter_set_rbsp", "pic_init_qp_minus26", "7.3.2.2", "the data end within pic_init_qp_minus26"),
    Rule("range", "pic_parameter_set_rbsp", "pic_init_qs_minus26", "7.3.2.2", "pic_init_qs_minus26 is not in -26..25"),
    Rule("exp-golomb-too-long", "pic_parameter_set_rbsp", "pic_init_qs_minus26", "7.3.2.2", "the code of pic_init_qs_minus26 is for a number of more than 64 bits"),
    Rule("truncated", "pic_parameter_set_rbsp", "pic_init_qs_minus26", "7.3.2.2", "the data end within pic_init_qs_minus26"),
    Rule("range", "pic_parameter_set_rbsp", "chroma_qp_index_offset", "7.3.2.2", "chroma_qp_index_offset is not in -12..12"),
    Rule("exp-golomb-too-long", "pic_parameter_set_rbsp", "chroma_qp_index_offset", "7.3.2.2", "the code of chroma_qp_index_offset is for a number of more than 64 bits"),
    Rule("truncated", "pic_parameter_set_rbsp", "chroma_qp_index_offset", "7.3.2.2", "the data end within chroma_qp_index_offset"),
    Rule("truncated", "pic_parameter_set_rbsp", "deblocking_filter_control_present_flag", "7.3.2.2", "the data end within deblocking_filter_control_present_flag"),
    Rule("truncated", "pic_parameter_set_rbsp", "constrained_intra_pred_flag", "7.3.2.2", "the data end within constrained_intra_pred_flag"),
    Rule("truncated", "pic_parameter_set_rbsp", "redundant_pic_cnt_present_flag", "7.3.2.2", "the data end within redundant_pic_cnt_present_flag"),
    Rule("irregular-alignment", "pic_parameter_set_rbsp", "byte_alignment", "7.3.2.2", "the bits up to the byte boundary are not 1 0 0 ..."),
)
# fmt: on
