# A sequence parameter set of H.264 (ITU-T H.264, clause 7.3.2.1) without extension, for Kaitai
# Struct: profiles of 4:2:0 alone; emulation prevention is removed before.
meta:
  id: h264_parameter_set
  endian: be
  bit-endian: be
seq:
  - id: profile_idc
    type: u1
  - id: constraint_flags
    type: b6
  - id: reserved_zero_2bits
    type: b2
  - id: level_idc
    type: u1
  - id: seq_parameter_set_id
    type: ue
  - id: high
    type: high_profile
    if: is_high
  - id: log2_max_frame_num_minus4
    type: ue
  - id: pic_order_cnt_type
    type: ue
  - id: log2_max_pic_order_cnt_lsb_minus4
    type: ue
    if: pic_order_cnt_type.value == 0
  - id: max_num_ref_frames
    type: ue
  - id: gaps_in_frame_num_value_allowed_flag
    type: b1
  - id: pic_width_in_mbs_minus1
    type: ue
  - id: pic_height_in_map_units_minus1
    type: ue
  - id: frame_mbs_only_flag
    type: b1
  - id: mb_adaptive_frame_field_flag
    type: b1
    if: not frame_mbs_only_flag
  - id: direct_8x8_inference_flag
    type: b1
  - id: frame_cropping_flag
    type: b1
  - id: crop
    type: ue
    repeat: expr
    repeat-expr: 4
    if: frame_cropping_flag
  - id: vui_parameters_present_flag
    type: b1
  - id: vui
    type: vui_parameters
    if: vui_parameters_present_flag
instances:
  is_high:
    value: profile_idc == 100 or profile_idc == 110 or profile_idc == 122 or profile_idc == 244
types:
  ue:
    seq:
      - id: zeros
        type: b1
        repeat: until
        repeat-until: _
      - id: rest
        type: b1
        repeat: expr
        repeat-expr: zeros.size - 1
    instances:
      value:
        value: >-
          (1 << (zeros.size - 1)) - 1
          + (zeros.size > 1 ? (rest[0].to_i << (zeros.size - 2)) : 0)
          + (zeros.size > 2 ? (rest[1].to_i << (zeros.size - 3)) : 0)
          + (zeros.size > 3 ? (rest[2].to_i << (zeros.size - 4)) : 0)
          + (zeros.size > 4 ? (rest[3].to_i << (zeros.size - 5)) : 0)
          + (zeros.size > 5 ? (rest[4].to_i << (zeros.size - 6)) : 0)
          + (zeros.size > 6 ? (rest[5].to_i << (zeros.size - 7)) : 0)
          + (zeros.size > 7 ? (rest[6].to_i << (zeros.size - 8)) : 0)
  high_profile:
    seq:
      - id: chroma_format_idc
        type: ue
      - id: bit_depth_luma_minus8
        type: ue
      - id: bit_depth_chroma_minus8
        type: ue
      - id: qpprime_y_zero_transform_bypass_flag
        type: b1
      - id: seq_scaling_matrix_present_flag
        type: b1
  vui_parameters:
    seq:
      - id: aspect_ratio_info_present_flag
        type: b1
      - id: aspect_ratio_idc
        type: b8
        if: aspect_ratio_info_present_flag
      - id: sar_width
        type: b16
        if: aspect_ratio_info_present_flag and aspect_ratio_idc == 255
      - id: sar_height
        type: b16
        if: aspect_ratio_info_present_flag and aspect_ratio_idc == 255
      - id: overscan_info_present_flag
        type: b1
      - id: overscan_appropriate_flag
        type: b1
        if: overscan_info_present_flag
      - id: video_signal_type_present_flag
        type: b1
      - id: video_format
        type: b3
        if: video_signal_type_present_flag
      - id: video_full_range_flag
        type: b1
        if: video_signal_type_present_flag
      - id: colour_description_present_flag
        type: b1
        if: video_signal_type_present_flag
      - id: colour_description
        type: b24
        if: video_signal_type_present_flag and colour_description_present_flag
      - id: chroma_loc_info_present_flag
        type: b1
      - id: chroma_sample_loc_type
        type: ue
        repeat: expr
        repeat-expr: 2
        if: chroma_loc_info_present_flag
      - id: timing_info_present_flag
        type: b1
      - id: num_units_in_tick
        type: b32
        if: timing_info_present_flag
      - id: time_scale
        type: b32
        if: timing_info_present_flag
      - id: fixed_frame_rate_flag
        type: b1
        if: timing_info_present_flag
      - id: nal_hrd_parameters_present_flag
        type: b1
      - id: vcl_hrd_parameters_present_flag
        type: b1
      - id: pic_struct_present_flag
        type: b1
      - id: bitstream_restriction_flag
        type: b1
      - id: motion_vectors_over_pic_boundaries_flag
        type: b1
        if: bitstream_restriction_flag
      - id: restriction
        type: ue
        repeat: expr
        repeat-expr: 6
        if: bitstream_restriction_flag
