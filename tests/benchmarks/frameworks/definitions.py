"""The headers of FLAC and of H.264 as users of construct write them; compiled by construct."""

from __future__ import annotations

from typing import Any

import construct as c


class ExpGolomb(c.Construct):
    """An unsigned Exp-Golomb code of H.264, clause 9.1, inside Bitwise."""

    def _parse(self, stream: Any, context: Any, path: str) -> int:
        zeros = 0
        while stream.read(1) == b"\0":
            zeros += 1
        bits = stream.read(zeros)
        return (1 << zeros) - 1 + (int(bits.translate(TO_TEXT), 2) if zeros else 0)

    def _build(self, obj: int, stream: Any, context: Any, path: str) -> int:
        length = (obj + 1).bit_length()
        stream.write(bytes(length - 1))
        stream.write(c.integer2bits(obj + 1, length))
        return obj


TO_TEXT = bytes.maketrans(b"\0\1", b"01")
UE = ExpGolomb()
FLAG = c.BitsInteger(1)

STREAMINFO = c.Struct(
    "minimum_block_size" / c.Int16ub,
    "maximum_block_size" / c.Int16ub,
    "minimum_frame_size" / c.Int24ub,
    "maximum_frame_size" / c.Int24ub,
    "rest"
    / c.BitStruct(
        "sample_rate" / c.BitsInteger(20),
        "number_of_channels_minus1" / c.BitsInteger(3),
        "bits_per_sample_minus1" / c.BitsInteger(5),
        "number_of_samples" / c.BitsInteger(36),
    ),
    "md5" / c.Bytes(16),
)
SEEKTABLE = c.GreedyRange(
    c.Struct("sample_number" / c.Int64ub, "offset" / c.Int64ub, "number_of_samples" / c.Int16ub)
)
VORBIS_COMMENT = c.Struct(
    "vendor" / c.PascalString(c.Int32ul, "utf8"),
    "fields" / c.PrefixedArray(c.Int32ul, c.PascalString(c.Int32ul, "utf8")),
)
BLOCK = c.Struct(
    "head" / c.BitStruct("last" / FLAG, "block_type" / c.BitsInteger(7)),
    "body"
    / c.Prefixed(
        c.Int24ub,
        c.Switch(
            c.this.head.block_type,
            {0: STREAMINFO, 3: SEEKTABLE, 4: VORBIS_COMMENT},
            default=c.GreedyBytes,
        ),
    ),
)
FLAC = c.Struct(
    "magic" / c.Const(b"fLaC"),
    "blocks" / c.RepeatUntil(c.obj_.head.last == 1, BLOCK),
)

HIGH = c.Struct(
    "chroma_format_idc" / UE,
    "bit_depth_luma_minus8" / UE,
    "bit_depth_chroma_minus8" / UE,
    "qpprime_y_zero_transform_bypass_flag" / FLAG,
    "seq_scaling_matrix_present_flag" / FLAG,
)
VUI = c.Struct(
    "aspect_ratio_info_present_flag" / FLAG,
    "aspect_ratio_idc" / c.If(c.this.aspect_ratio_info_present_flag, c.BitsInteger(8)),
    "sar_width" / c.If(c.this.aspect_ratio_idc == 255, c.BitsInteger(16)),
    "sar_height" / c.If(c.this.aspect_ratio_idc == 255, c.BitsInteger(16)),
    "overscan_info_present_flag" / FLAG,
    "overscan_appropriate_flag" / c.If(c.this.overscan_info_present_flag, FLAG),
    "video_signal_type_present_flag" / FLAG,
    "video_format" / c.If(c.this.video_signal_type_present_flag, c.BitsInteger(3)),
    "video_full_range_flag" / c.If(c.this.video_signal_type_present_flag, FLAG),
    "colour_description_present_flag" / c.If(c.this.video_signal_type_present_flag, FLAG),
    "colour_description" / c.If(c.this.colour_description_present_flag, c.BitsInteger(24)),
    "chroma_loc_info_present_flag" / FLAG,
    "chroma_sample_loc_type" / c.If(c.this.chroma_loc_info_present_flag, UE[2]),
    "timing_info_present_flag" / FLAG,
    "num_units_in_tick" / c.If(c.this.timing_info_present_flag, c.BitsInteger(32)),
    "time_scale" / c.If(c.this.timing_info_present_flag, c.BitsInteger(32)),
    "fixed_frame_rate_flag" / c.If(c.this.timing_info_present_flag, FLAG),
    "nal_hrd_parameters_present_flag" / FLAG,
    "vcl_hrd_parameters_present_flag" / FLAG,
    "pic_struct_present_flag" / FLAG,
    "bitstream_restriction_flag" / FLAG,
    "motion_vectors_over_pic_boundaries_flag" / c.If(c.this.bitstream_restriction_flag, FLAG),
    "restriction" / c.If(c.this.bitstream_restriction_flag, UE[6]),
)
PARAMETER_SET = c.Bitwise(
    c.Struct(
        "profile_idc" / c.BitsInteger(8),
        "constraint_flags" / c.BitsInteger(6),
        "reserved_zero_2bits" / c.BitsInteger(2),
        "level_idc" / c.BitsInteger(8),
        "seq_parameter_set_id" / UE,
        "high" / c.If((c.this.profile_idc == 100) | (c.this.profile_idc == 110), HIGH),
        "log2_max_frame_num_minus4" / UE,
        "pic_order_cnt_type" / UE,
        "log2_max_pic_order_cnt_lsb_minus4" / c.If(c.this.pic_order_cnt_type == 0, UE),
        "max_num_ref_frames" / UE,
        "gaps_in_frame_num_value_allowed_flag" / FLAG,
        "pic_width_in_mbs_minus1" / UE,
        "pic_height_in_map_units_minus1" / UE,
        "frame_mbs_only_flag" / FLAG,
        "mb_adaptive_frame_field_flag" / c.If(c.this.frame_mbs_only_flag == 0, FLAG),
        "direct_8x8_inference_flag" / FLAG,
        "frame_cropping_flag" / FLAG,
        "crop" / c.If(c.this.frame_cropping_flag, UE[4]),
        "vui_parameters_present_flag" / FLAG,
        "vui" / c.If(c.this.vui_parameters_present_flag, VUI),
        "trailing" / c.GreedyRange(FLAG),
    )
)
