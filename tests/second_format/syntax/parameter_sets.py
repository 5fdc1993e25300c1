"""Parameter sets: syntax tables of clauses 7.3.1, 7.3.2.1, 7.3.2.2.

Generated from schema/parameter_sets.syntax; do not edit.
Schema hash: sha256 bbfc2f13e4574cdfe85954ded3264d87b7f64ecdc7634cf024daa9cb82da4304
"""

# ruff: noqa: E501, N806, SIM109

from __future__ import annotations

from dataclasses import field
from enum import IntEnum
from typing import Any, ClassVar, Final

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.programs import Program
from nnc.bitio.table import Syntax, Table, tabular
from tests.second_format.syntax import functions as _functions
from tests.second_format.syntax.description import Constraint, Element, Shape
from tests.second_format.syntax.functions import (
    counted as _counted,
)
from tests.second_format.syntax.functions import (
    number as _number,
)
from tests.second_format.syntax.functions import (
    refuse as _refuse,
)
from tests.second_format.syntax.functions import (
    required as _required,
)
from tests.second_format.syntax.scope import Scope


class NalUnitType(IntEnum):
    """Values of clause 7.3.1 (draft).

    Attributes:
        SEQUENCE: sequence parameter set.
        PICTURE: picture parameter set.

    Other values: 14 to 23: reserved. 0: unspecified. 24 to 31: unspecified.
    """

    SEQUENCE = 7
    PICTURE = 8


SEQUENCE: Final = 7
PICTURE: Final = 8


class ProfileIdc(IntEnum):
    """Values of clause 7.3.2.1 (draft).

    Attributes:
        BASELINE: Baseline.
        MAIN: Main.
        HIGH: High.
        HIGH_422: High 4:2:2.
    """

    BASELINE = 66
    MAIN = 77
    HIGH = 100
    HIGH_422 = 122


BASELINE: Final = 66
MAIN: Final = 77
HIGH: Final = 100
HIGH_422: Final = 122


@tabular
class NalUnit(Table):
    """NAL unit syntax.

    Clause 7.3.1, draft. Table `nal_unit` of schema/parameter_sets.syntax.

    Attributes:
        forbidden_zero_bit: Always 0.
        nal_ref_idc: Not 0 for parameter sets.
        nal_unit_type: What the unit holds.
        seq_parameter_set_data: table `seq_parameter_set_data`.
        pic_parameter_set_rbsp: table `pic_parameter_set_rbsp`.
        other_rbsp: Bytes of a unit of another type, as they are.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "forbidden_zero_bit",
        "nal_ref_idc",
        "nal_unit_type",
        "seq_parameter_set_data",
        "pic_parameter_set_rbsp",
        "other_rbsp",
    )
    forbidden_zero_bit: int = 0
    nal_ref_idc: int
    nal_unit_type: int
    seq_parameter_set_data: SeqParameterSetData | None = None
    pic_parameter_set_rbsp: PicParameterSetRbsp | None = None
    other_rbsp: bytes | memoryview | None = None


class NalUnitSyntax(Syntax):
    """Reads and writes `nal_unit`: NAL unit syntax."""

    table: ClassVar[str] = "nal_unit"
    clause: ClassVar[str] = "7.3.1"
    title: ClassVar[str] = "NAL unit syntax"
    status: ClassVar[str] = "draft"
    schema: ClassVar[str] = "schema/parameter_sets.syntax:17"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NalUnit
    elements: ClassVar[dict[str, Element]] = {
        "forbidden_zero_bit": Element(
            "forbidden_zero_bit",
            "u(1)",
            "u",
            1,
            "7.3.1",
            "draft",
            18,
            "Always 0.",
            range=(0, 0),
        ),
        "nal_ref_idc": Element(
            "nal_ref_idc",
            "u(2)",
            "u",
            2,
            "7.3.1",
            "draft",
            19,
            "Not 0 for parameter sets.",
            range=(1, 3),
        ),
        "nal_unit_type": Element(
            "nal_unit_type",
            "u(5)",
            "u",
            5,
            "7.3.1",
            "draft",
            20,
            "What the unit holds.",
            enum="NalUnitType",
            range=(7, 8),
            unnamed=(
                (14, 23, "reserved"),
                (0, 0, "unspecified"),
                (24, 31, "unspecified"),
            ),
        ),
        "other_rbsp": Element(
            "other_rbsp",
            "bs(v)",
            "bs",
            None,
            "7.3.1",
            "draft",
            26,
            "Bytes of a unit of another type, as they are.",
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "forbidden_zero_bit": Shape("int"),
        "nal_ref_idc": Shape("int"),
        "nal_unit_type": Shape("int"),
        "seq_parameter_set_data": Shape("table", called="seq_parameter_set_data"),
        "pic_parameter_set_rbsp": Shape("table", called="pic_parameter_set_rbsp"),
        "other_rbsp": Shape("bytes"),
    }
    blank: ClassVar[tuple[str, ...]] = (
        "seq_parameter_set_data",
        "pic_parameter_set_rbsp",
        "other_rbsp",
    )
    programs: ClassVar[tuple[Program, ...]] = (
        Program(("call", "seq_parameter_set_data", "seq_parameter_set_data"), depth=1),
        Program(("call", "pic_parameter_set_rbsp", "pic_parameter_set_rbsp"), depth=1),
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: NalUnit = self.fresh()
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        obj.forbidden_zero_bit = stream.u(1, "forbidden_zero_bit")
        obj.nal_ref_idc = stream.u(2, "nal_ref_idc")
        obj.nal_unit_type = nal_unit_type = stream.u(5, "nal_unit_type")
        if nal_unit_type == SEQUENCE:
            if not self.machines[0].read(stream, obj, context):
                stream.enter("seq_parameter_set_data", "seq_parameter_set_data")
                obj.seq_parameter_set_data = seq_parameter_set_data._parse(stream, context, path)
                stream.leave()
        elif nal_unit_type == PICTURE:
            if not self.machines[1].read(stream, obj, context):
                stream.enter("pic_parameter_set_rbsp", "pic_parameter_set_rbsp")
                obj.pic_parameter_set_rbsp = pic_parameter_set_rbsp._parse(stream, context, path)
                stream.leave()
        else:
            obj.other_rbsp = stream.bs("other_rbsp")
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NalUnit):
            stream.fail("not the table that stands here", "", None, obj, "NalUnit")
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        stream.u(
            1, _required(stream, obj.forbidden_zero_bit, "forbidden_zero_bit"), "forbidden_zero_bit"
        )
        stream.u(2, _required(stream, obj.nal_ref_idc, "nal_ref_idc"), "nal_ref_idc")
        nal_unit_type = _required(stream, obj.nal_unit_type, "nal_unit_type")
        stream.u(5, nal_unit_type, "nal_unit_type")
        if nal_unit_type == SEQUENCE:
            if not self.machines[0].write(stream, obj, context):
                seq_parameter_set_data__table = _required(
                    stream, obj.seq_parameter_set_data, "seq_parameter_set_data"
                )
                stream.enter("seq_parameter_set_data", "seq_parameter_set_data")
                seq_parameter_set_data._build(seq_parameter_set_data__table, stream, context, path)
                stream.leave()
            _refuse(stream, obj, "pic_parameter_set_rbsp", "other_rbsp")
        elif nal_unit_type == PICTURE:
            if not self.machines[1].write(stream, obj, context):
                pic_parameter_set_rbsp__table = _required(
                    stream, obj.pic_parameter_set_rbsp, "pic_parameter_set_rbsp"
                )
                stream.enter("pic_parameter_set_rbsp", "pic_parameter_set_rbsp")
                pic_parameter_set_rbsp._build(pic_parameter_set_rbsp__table, stream, context, path)
                stream.leave()
            _refuse(stream, obj, "seq_parameter_set_data", "other_rbsp")
        else:
            stream.bs(_required(stream, obj.other_rbsp, "other_rbsp"), "other_rbsp")
            _refuse(stream, obj, "seq_parameter_set_data", "pic_parameter_set_rbsp")
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


nal_unit = NalUnitSyntax()


@tabular
class SeqParameterSetData(Table):
    """Sequence parameter set syntax.

    Clause 7.3.2.1, draft. Table `seq_parameter_set_data` of schema/parameter_sets.syntax.

    Attributes:
        profile_idc: Profile that the sequence conforms to. Members are those that this excerpt
            knows.
        constraint_flags: constraint_set0_flag to constraint_set5_flag.
        reserved_zero_2bits: Reserved, 0.
        level_idc: Level, times ten.
        seq_parameter_set_id: Number that picture parameter sets refer to.
        chroma_format_idc: Chroma sampling: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
        bit_depth_luma_minus8: Bit depth of luma samples, minus 8.
        bit_depth_chroma_minus8: Bit depth of chroma samples, minus 8.
        qpprime_y_zero_transform_bypass_flag: 1: lossless where the quantization parameter is 0.
        seq_scaling_matrix_present_flag: 1: scaling lists follow, which this excerpt doesn't know.
        log2_max_frame_num_minus4: Number of bits of frame_num, minus 4.
        pic_order_cnt_type: How the order of output is told.
        log2_max_pic_order_cnt_lsb_minus4: Number of bits of pic_order_cnt_lsb, minus 4.
        delta_pic_order_always_zero_flag: 1: slices carry no delta_pic_order_cnt.
        offset_for_non_ref_pic: Offset of pictures that none refers to.
        offset_for_top_to_bottom_field: Offset of a bottom field.
        num_ref_frames_in_pic_order_cnt_cycle: Number of [offset_for_ref_frame].
        offset_for_ref_frame: Offset of each reference frame in a cycle.
        max_num_ref_frames: Number of reference frames that a decoder keeps.
        gaps_in_frame_num_value_allowed_flag: 1: values of frame_num may be skipped.
        pic_width_in_mbs_minus1: Width of a picture in macroblocks, minus 1.
        pic_height_in_map_units_minus1: Height of a picture in map units, minus 1.
        frame_mbs_only_flag: 1: no fields.
        mb_adaptive_frame_field_flag: 1: macroblocks may be of fields within a frame.
        direct_8x8_inference_flag: How motion vectors are derived in direct mode.
        frame_cropping_flag: 1: offsets of the cropping rectangle follow.
        frame_crop_left_offset: Samples cut off on the left, in units of chroma.
        frame_crop_right_offset: Samples cut off on the right.
        frame_crop_top_offset: Samples cut off above.
        frame_crop_bottom_offset: Samples cut off below.
        vui_parameters_present_flag: 1: video usability information follows, which this excerpt
            doesn't know.
        byte_alignment: irregular bits up to the byte boundary, or None for the regular ones.
        PicSizeInMapUnits: Size of a picture in map units.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "profile_idc",
        "constraint_flags",
        "reserved_zero_2bits",
        "level_idc",
        "seq_parameter_set_id",
        "chroma_format_idc",
        "bit_depth_luma_minus8",
        "bit_depth_chroma_minus8",
        "qpprime_y_zero_transform_bypass_flag",
        "seq_scaling_matrix_present_flag",
        "log2_max_frame_num_minus4",
        "pic_order_cnt_type",
        "log2_max_pic_order_cnt_lsb_minus4",
        "delta_pic_order_always_zero_flag",
        "offset_for_non_ref_pic",
        "offset_for_top_to_bottom_field",
        "num_ref_frames_in_pic_order_cnt_cycle",
        "offset_for_ref_frame",
        "max_num_ref_frames",
        "gaps_in_frame_num_value_allowed_flag",
        "pic_width_in_mbs_minus1",
        "pic_height_in_map_units_minus1",
        "frame_mbs_only_flag",
        "mb_adaptive_frame_field_flag",
        "direct_8x8_inference_flag",
        "frame_cropping_flag",
        "frame_crop_left_offset",
        "frame_crop_right_offset",
        "frame_crop_top_offset",
        "frame_crop_bottom_offset",
        "vui_parameters_present_flag",
        "byte_alignment",
    )
    profile_idc: int
    constraint_flags: int
    reserved_zero_2bits: int = 0
    level_idc: int
    seq_parameter_set_id: int
    chroma_format_idc: int | None = None
    bit_depth_luma_minus8: int | None = None
    bit_depth_chroma_minus8: int | None = None
    qpprime_y_zero_transform_bypass_flag: int | None = None
    seq_scaling_matrix_present_flag: int | None = None
    log2_max_frame_num_minus4: int
    pic_order_cnt_type: int
    log2_max_pic_order_cnt_lsb_minus4: int | None = None
    delta_pic_order_always_zero_flag: int | None = None
    offset_for_non_ref_pic: int | None = None
    offset_for_top_to_bottom_field: int | None = None
    num_ref_frames_in_pic_order_cnt_cycle: int | None = None
    offset_for_ref_frame: list[int] | None = None
    max_num_ref_frames: int
    gaps_in_frame_num_value_allowed_flag: int
    pic_width_in_mbs_minus1: int
    pic_height_in_map_units_minus1: int
    frame_mbs_only_flag: int
    mb_adaptive_frame_field_flag: int | None = None
    direct_8x8_inference_flag: int
    frame_cropping_flag: int
    frame_crop_left_offset: int | None = None
    frame_crop_right_offset: int | None = None
    frame_crop_top_offset: int | None = None
    frame_crop_bottom_offset: int | None = None
    vui_parameters_present_flag: int = 0
    byte_alignment: int | None = None
    PicSizeInMapUnits: int | None = field(default=None, init=False, repr=False)


class SeqParameterSetDataSyntax(Syntax):
    """Reads and writes `seq_parameter_set_data`: Sequence parameter set syntax."""

    table: ClassVar[str] = "seq_parameter_set_data"
    clause: ClassVar[str] = "7.3.2.1"
    title: ClassVar[str] = "Sequence parameter set syntax"
    status: ClassVar[str] = "draft"
    schema: ClassVar[str] = "schema/parameter_sets.syntax:53"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = SeqParameterSetData
    elements: ClassVar[dict[str, Element]] = {
        "profile_idc": Element(
            "profile_idc",
            "u(8)",
            "u",
            8,
            "7.3.2.1",
            "draft",
            54,
            "Profile that the sequence conforms to. Members are those that this excerpt knows.",
            enum="ProfileIdc",
        ),
        "constraint_flags": Element(
            "constraint_flags",
            "u(6)",
            "u",
            6,
            "7.3.2.1",
            "draft",
            55,
            "constraint_set0_flag to constraint_set5_flag.",
        ),
        "reserved_zero_2bits": Element(
            "reserved_zero_2bits",
            "u(2)",
            "u",
            2,
            "7.3.2.1",
            "draft",
            56,
            "Reserved, 0.",
            range=(0, 0),
        ),
        "level_idc": Element(
            "level_idc",
            "u(8)",
            "u",
            8,
            "7.3.2.1",
            "draft",
            57,
            "Level, times ten.",
            range=(9, 62),
        ),
        "seq_parameter_set_id": Element(
            "seq_parameter_set_id",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            58,
            "Number that picture parameter sets refer to.",
            range=(0, 31),
        ),
        "chroma_format_idc": Element(
            "chroma_format_idc",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            60,
            "Chroma sampling: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.",
            absent=1,
            range=(0, 3),
        ),
        "bit_depth_luma_minus8": Element(
            "bit_depth_luma_minus8",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            61,
            "Bit depth of luma samples, minus 8.",
            absent=0,
            range=(0, 6),
        ),
        "bit_depth_chroma_minus8": Element(
            "bit_depth_chroma_minus8",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            62,
            "Bit depth of chroma samples, minus 8.",
            absent=0,
            range=(0, 6),
        ),
        "qpprime_y_zero_transform_bypass_flag": Element(
            "qpprime_y_zero_transform_bypass_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.1",
            "draft",
            63,
            "1: lossless where the quantization parameter is 0.",
            absent=0,
        ),
        "seq_scaling_matrix_present_flag": Element(
            "seq_scaling_matrix_present_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.1",
            "draft",
            64,
            "1: scaling lists follow, which this excerpt doesn't know.",
            absent=0,
            range=(0, 0),
        ),
        "log2_max_frame_num_minus4": Element(
            "log2_max_frame_num_minus4",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            66,
            "Number of bits of frame_num, minus 4.",
            range=(0, 12),
        ),
        "pic_order_cnt_type": Element(
            "pic_order_cnt_type",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            67,
            "How the order of output is told.",
            range=(0, 2),
        ),
        "log2_max_pic_order_cnt_lsb_minus4": Element(
            "log2_max_pic_order_cnt_lsb_minus4",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            69,
            "Number of bits of pic_order_cnt_lsb, minus 4.",
            range=(0, 12),
        ),
        "delta_pic_order_always_zero_flag": Element(
            "delta_pic_order_always_zero_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.1",
            "draft",
            71,
            "1: slices carry no delta_pic_order_cnt.",
        ),
        "offset_for_non_ref_pic": Element(
            "offset_for_non_ref_pic",
            "ie(0)",
            "ie",
            None,
            "7.3.2.1",
            "draft",
            72,
            "Offset of pictures that none refers to.",
        ),
        "offset_for_top_to_bottom_field": Element(
            "offset_for_top_to_bottom_field",
            "ie(0)",
            "ie",
            None,
            "7.3.2.1",
            "draft",
            73,
            "Offset of a bottom field.",
        ),
        "num_ref_frames_in_pic_order_cnt_cycle": Element(
            "num_ref_frames_in_pic_order_cnt_cycle",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            74,
            "Number of [offset_for_ref_frame].",
            range=(0, 255),
        ),
        "offset_for_ref_frame": Element(
            "offset_for_ref_frame",
            "ie(0)",
            "ie",
            None,
            "7.3.2.1",
            "draft",
            76,
            "Offset of each reference frame in a cycle.",
            constraints=(
                Constraint(
                    "an offset is below 2 to the 31",
                    ("offset_for_ref_frame",),
                    lambda offset_for_ref_frame: (
                        _functions.largest(offset_for_ref_frame) <= 2147483647
                    ),
                ),
            ),
            counts=(("num_ref_frames_in_pic_order_cnt_cycle", 0),),
        ),
        "max_num_ref_frames": Element(
            "max_num_ref_frames",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            78,
            "Number of reference frames that a decoder keeps.",
            range=(0, 16),
        ),
        "gaps_in_frame_num_value_allowed_flag": Element(
            "gaps_in_frame_num_value_allowed_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.1",
            "draft",
            79,
            "1: values of frame_num may be skipped.",
        ),
        "pic_width_in_mbs_minus1": Element(
            "pic_width_in_mbs_minus1",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            80,
            "Width of a picture in macroblocks, minus 1.",
        ),
        "pic_height_in_map_units_minus1": Element(
            "pic_height_in_map_units_minus1",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            81,
            "Height of a picture in map units, minus 1.",
        ),
        "frame_mbs_only_flag": Element(
            "frame_mbs_only_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.1",
            "draft",
            82,
            "1: no fields.",
        ),
        "mb_adaptive_frame_field_flag": Element(
            "mb_adaptive_frame_field_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.1",
            "draft",
            84,
            "1: macroblocks may be of fields within a frame.",
            absent=0,
        ),
        "direct_8x8_inference_flag": Element(
            "direct_8x8_inference_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.1",
            "draft",
            85,
            "How motion vectors are derived in direct mode.",
            constraints=(
                Constraint(
                    "with fields direct_8x8_inference_flag is 1",
                    ("direct_8x8_inference_flag", "frame_mbs_only_flag"),
                    lambda direct_8x8_inference_flag, frame_mbs_only_flag: (
                        frame_mbs_only_flag == 1 or direct_8x8_inference_flag == 1
                    ),
                ),
            ),
        ),
        "frame_cropping_flag": Element(
            "frame_cropping_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.1",
            "draft",
            86,
            "1: offsets of the cropping rectangle follow.",
        ),
        "frame_crop_left_offset": Element(
            "frame_crop_left_offset",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            88,
            "Samples cut off on the left, in units of chroma.",
            absent=0,
        ),
        "frame_crop_right_offset": Element(
            "frame_crop_right_offset",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            89,
            "Samples cut off on the right.",
            absent=0,
            constraints=(
                Constraint(
                    "cropping leaves nothing of the width",
                    (
                        "frame_crop_left_offset",
                        "frame_crop_right_offset",
                        "pic_width_in_mbs_minus1",
                    ),
                    lambda frame_crop_left_offset, frame_crop_right_offset, pic_width_in_mbs_minus1: (
                        frame_crop_left_offset + frame_crop_right_offset
                        < 8 * (pic_width_in_mbs_minus1 + 1)
                    ),
                ),
            ),
        ),
        "frame_crop_top_offset": Element(
            "frame_crop_top_offset",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            90,
            "Samples cut off above.",
            absent=0,
        ),
        "frame_crop_bottom_offset": Element(
            "frame_crop_bottom_offset",
            "ue(0)",
            "ue",
            None,
            "7.3.2.1",
            "draft",
            91,
            "Samples cut off below.",
            absent=0,
        ),
        "vui_parameters_present_flag": Element(
            "vui_parameters_present_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.1",
            "draft",
            93,
            "1: video usability information follows, which this excerpt doesn't know.",
            range=(0, 0),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "profile_idc": Shape("int"),
        "constraint_flags": Shape("int"),
        "reserved_zero_2bits": Shape("int"),
        "level_idc": Shape("int"),
        "seq_parameter_set_id": Shape("int"),
        "chroma_format_idc": Shape("int"),
        "bit_depth_luma_minus8": Shape("int"),
        "bit_depth_chroma_minus8": Shape("int"),
        "qpprime_y_zero_transform_bypass_flag": Shape("int"),
        "seq_scaling_matrix_present_flag": Shape("int"),
        "log2_max_frame_num_minus4": Shape("int"),
        "pic_order_cnt_type": Shape("int"),
        "log2_max_pic_order_cnt_lsb_minus4": Shape("int"),
        "delta_pic_order_always_zero_flag": Shape("int"),
        "offset_for_non_ref_pic": Shape("int"),
        "offset_for_top_to_bottom_field": Shape("int"),
        "num_ref_frames_in_pic_order_cnt_cycle": Shape("int"),
        "offset_for_ref_frame": Shape("int", depth=1),
        "max_num_ref_frames": Shape("int"),
        "gaps_in_frame_num_value_allowed_flag": Shape("int"),
        "pic_width_in_mbs_minus1": Shape("int"),
        "pic_height_in_map_units_minus1": Shape("int"),
        "frame_mbs_only_flag": Shape("int"),
        "mb_adaptive_frame_field_flag": Shape("int"),
        "direct_8x8_inference_flag": Shape("int"),
        "frame_cropping_flag": Shape("int"),
        "frame_crop_left_offset": Shape("int"),
        "frame_crop_right_offset": Shape("int"),
        "frame_crop_top_offset": Shape("int"),
        "frame_crop_bottom_offset": Shape("int"),
        "vui_parameters_present_flag": Shape("int"),
        "byte_alignment": Shape("int"),
        "PicSizeInMapUnits": Shape("int", derived=True),
    }
    blank: ClassVar[tuple[str, ...]] = (
        "chroma_format_idc",
        "bit_depth_luma_minus8",
        "bit_depth_chroma_minus8",
        "qpprime_y_zero_transform_bypass_flag",
        "seq_scaling_matrix_present_flag",
        "log2_max_pic_order_cnt_lsb_minus4",
        "delta_pic_order_always_zero_flag",
        "offset_for_non_ref_pic",
        "offset_for_top_to_bottom_field",
        "num_ref_frames_in_pic_order_cnt_cycle",
        "offset_for_ref_frame",
        "mb_adaptive_frame_field_flag",
        "frame_crop_left_offset",
        "frame_crop_right_offset",
        "frame_crop_top_offset",
        "frame_crop_bottom_offset",
        "byte_alignment",
        "PicSizeInMapUnits",
    )
    program: ClassVar[Program | None] = Program(
        ("u", "profile_idc", 8),
        ("u", "constraint_flags", 6),
        ("u", "reserved_zero_2bits", 2),
        ("u", "level_idc", 8),
        ("ue", "seq_parameter_set_id", 0),
        (
            "if",
            ("||", ("==", "profile_idc", 100), ("==", "profile_idc", 122)),
            (
                ("ue", "chroma_format_idc", 0),
                ("ue", "bit_depth_luma_minus8", 0),
                ("ue", "bit_depth_chroma_minus8", 0),
                ("u", "qpprime_y_zero_transform_bypass_flag", 1),
                ("u", "seq_scaling_matrix_present_flag", 1),
            ),
            (
                (
                    "missing",
                    "chroma_format_idc",
                    "bit_depth_luma_minus8",
                    "bit_depth_chroma_minus8",
                    "qpprime_y_zero_transform_bypass_flag",
                    "seq_scaling_matrix_present_flag",
                ),
            ),
        ),
        ("ue", "log2_max_frame_num_minus4", 0),
        ("ue", "pic_order_cnt_type", 0),
        (
            "if",
            ("==", "pic_order_cnt_type", 0),
            (
                ("ue", "log2_max_pic_order_cnt_lsb_minus4", 0),
                (
                    "missing",
                    "delta_pic_order_always_zero_flag",
                    "offset_for_non_ref_pic",
                    "offset_for_top_to_bottom_field",
                    "num_ref_frames_in_pic_order_cnt_cycle",
                    "offset_for_ref_frame",
                ),
            ),
            (
                (
                    "if",
                    ("==", "pic_order_cnt_type", 1),
                    (
                        ("u", "delta_pic_order_always_zero_flag", 1),
                        ("ie", "offset_for_non_ref_pic", 0),
                        ("ie", "offset_for_top_to_bottom_field", 0),
                        ("ue", "num_ref_frames_in_pic_order_cnt_cycle", 0),
                        (
                            "for",
                            "i",
                            "num_ref_frames_in_pic_order_cnt_cycle",
                            (("ie", "offset_for_ref_frame", 0),),
                        ),
                    ),
                    (
                        (
                            "missing",
                            "delta_pic_order_always_zero_flag",
                            "offset_for_non_ref_pic",
                            "offset_for_top_to_bottom_field",
                            "num_ref_frames_in_pic_order_cnt_cycle",
                            "offset_for_ref_frame",
                        ),
                    ),
                ),
                ("missing", "log2_max_pic_order_cnt_lsb_minus4"),
            ),
        ),
        ("ue", "max_num_ref_frames", 0),
        ("u", "gaps_in_frame_num_value_allowed_flag", 1),
        ("ue", "pic_width_in_mbs_minus1", 0),
        ("ue", "pic_height_in_map_units_minus1", 0),
        ("u", "frame_mbs_only_flag", 1),
        (
            "if",
            ("==", "frame_mbs_only_flag", 0),
            (("u", "mb_adaptive_frame_field_flag", 1),),
            (("missing", "mb_adaptive_frame_field_flag"),),
        ),
        ("u", "direct_8x8_inference_flag", 1),
        ("u", "frame_cropping_flag", 1),
        (
            "if",
            "frame_cropping_flag",
            (
                ("ue", "frame_crop_left_offset", 0),
                ("ue", "frame_crop_right_offset", 0),
                ("ue", "frame_crop_top_offset", 0),
                ("ue", "frame_crop_bottom_offset", 0),
            ),
            (
                (
                    "missing",
                    "frame_crop_left_offset",
                    "frame_crop_right_offset",
                    "frame_crop_top_offset",
                    "frame_crop_bottom_offset",
                ),
            ),
        ),
        ("u", "vui_parameters_present_flag", 1),
        (
            "set",
            "PicSizeInMapUnits",
            ("*", ("+", "pic_width_in_mbs_minus1", 1), ("+", "pic_height_in_map_units_minus1", 1)),
        ),
        ("derive", "PicSizeInMapUnits", "PicSizeInMapUnits"),
        ("byte_alignment", "byte_alignment"),
        blank=(
            "chroma_format_idc",
            "bit_depth_luma_minus8",
            "bit_depth_chroma_minus8",
            "qpprime_y_zero_transform_bypass_flag",
            "seq_scaling_matrix_present_flag",
            "log2_max_pic_order_cnt_lsb_minus4",
            "delta_pic_order_always_zero_flag",
            "offset_for_non_ref_pic",
            "offset_for_top_to_bottom_field",
            "num_ref_frames_in_pic_order_cnt_cycle",
            "offset_for_ref_frame",
            "mb_adaptive_frame_field_flag",
            "frame_crop_left_offset",
            "frame_crop_right_offset",
            "frame_crop_top_offset",
            "frame_crop_bottom_offset",
            "byte_alignment",
            "PicSizeInMapUnits",
        ),
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        made = self.machine.parse(stream, context)
        if made is not None:
            return made
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: SeqParameterSetData = self.fresh()
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        offset_for_ref_frame: list[int]
        obj.profile_idc = profile_idc = stream.u(8, "profile_idc")
        obj.constraint_flags = stream.u(6, "constraint_flags")
        obj.reserved_zero_2bits = stream.u(2, "reserved_zero_2bits")
        obj.level_idc = stream.u(8, "level_idc")
        obj.seq_parameter_set_id = stream.ue(0, "seq_parameter_set_id")
        if profile_idc == HIGH or profile_idc == HIGH_422:
            obj.chroma_format_idc = stream.ue(0, "chroma_format_idc")
            obj.bit_depth_luma_minus8 = stream.ue(0, "bit_depth_luma_minus8")
            obj.bit_depth_chroma_minus8 = stream.ue(0, "bit_depth_chroma_minus8")
            obj.qpprime_y_zero_transform_bypass_flag = stream.u(
                1, "qpprime_y_zero_transform_bypass_flag"
            )
            obj.seq_scaling_matrix_present_flag = stream.u(1, "seq_scaling_matrix_present_flag")
        obj.log2_max_frame_num_minus4 = stream.ue(0, "log2_max_frame_num_minus4")
        obj.pic_order_cnt_type = pic_order_cnt_type = stream.ue(0, "pic_order_cnt_type")
        if pic_order_cnt_type == 0:
            obj.log2_max_pic_order_cnt_lsb_minus4 = stream.ue(
                0, "log2_max_pic_order_cnt_lsb_minus4"
            )
        elif pic_order_cnt_type == 1:
            obj.delta_pic_order_always_zero_flag = stream.u(1, "delta_pic_order_always_zero_flag")
            obj.offset_for_non_ref_pic = stream.ie(0, "offset_for_non_ref_pic")
            obj.offset_for_top_to_bottom_field = stream.ie(0, "offset_for_top_to_bottom_field")
            num_ref_frames_in_pic_order_cnt_cycle = stream.ue(
                0, "num_ref_frames_in_pic_order_cnt_cycle"
            )
            obj.num_ref_frames_in_pic_order_cnt_cycle = num_ref_frames_in_pic_order_cnt_cycle
            offset_for_ref_frame = []
            obj.offset_for_ref_frame = offset_for_ref_frame
            for i in range(num_ref_frames_in_pic_order_cnt_cycle):
                offset_for_ref_frame.append(stream.ie(0, "offset_for_ref_frame", i))
        obj.max_num_ref_frames = stream.ue(0, "max_num_ref_frames")
        obj.gaps_in_frame_num_value_allowed_flag = stream.u(
            1, "gaps_in_frame_num_value_allowed_flag"
        )
        pic_width_in_mbs_minus1 = stream.ue(0, "pic_width_in_mbs_minus1")
        obj.pic_width_in_mbs_minus1 = pic_width_in_mbs_minus1
        pic_height_in_map_units_minus1 = stream.ue(0, "pic_height_in_map_units_minus1")
        obj.pic_height_in_map_units_minus1 = pic_height_in_map_units_minus1
        obj.frame_mbs_only_flag = frame_mbs_only_flag = stream.u(1, "frame_mbs_only_flag")
        if not frame_mbs_only_flag:
            obj.mb_adaptive_frame_field_flag = stream.u(1, "mb_adaptive_frame_field_flag")
        obj.direct_8x8_inference_flag = stream.u(1, "direct_8x8_inference_flag")
        obj.frame_cropping_flag = frame_cropping_flag = stream.u(1, "frame_cropping_flag")
        if frame_cropping_flag:
            obj.frame_crop_left_offset = stream.ue(0, "frame_crop_left_offset")
            obj.frame_crop_right_offset = stream.ue(0, "frame_crop_right_offset")
            obj.frame_crop_top_offset = stream.ue(0, "frame_crop_top_offset")
            obj.frame_crop_bottom_offset = stream.ue(0, "frame_crop_bottom_offset")
        obj.vui_parameters_present_flag = stream.u(1, "vui_parameters_present_flag")
        obj.PicSizeInMapUnits = _number(
            stream,
            (pic_width_in_mbs_minus1 + 1) * (pic_height_in_map_units_minus1 + 1),
            "PicSizeInMapUnits",
        )
        obj.byte_alignment = stream.byte_alignment()
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if self.machine.build(stream, obj, context):
            return obj
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, SeqParameterSetData):
            stream.fail("not the table that stands here", "", None, obj, "SeqParameterSetData")
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        offset_for_ref_frame: list[int]
        profile_idc = _required(stream, obj.profile_idc, "profile_idc")
        stream.u(8, profile_idc, "profile_idc")
        stream.u(6, _required(stream, obj.constraint_flags, "constraint_flags"), "constraint_flags")
        stream.u(
            2,
            _required(stream, obj.reserved_zero_2bits, "reserved_zero_2bits"),
            "reserved_zero_2bits",
        )
        stream.u(8, _required(stream, obj.level_idc, "level_idc"), "level_idc")
        stream.ue(
            0,
            _required(stream, obj.seq_parameter_set_id, "seq_parameter_set_id"),
            "seq_parameter_set_id",
        )
        if profile_idc == HIGH or profile_idc == HIGH_422:
            stream.ue(
                0,
                _required(stream, obj.chroma_format_idc, "chroma_format_idc"),
                "chroma_format_idc",
            )
            stream.ue(
                0,
                _required(stream, obj.bit_depth_luma_minus8, "bit_depth_luma_minus8"),
                "bit_depth_luma_minus8",
            )
            stream.ue(
                0,
                _required(stream, obj.bit_depth_chroma_minus8, "bit_depth_chroma_minus8"),
                "bit_depth_chroma_minus8",
            )
            stream.u(
                1,
                _required(
                    stream,
                    obj.qpprime_y_zero_transform_bypass_flag,
                    "qpprime_y_zero_transform_bypass_flag",
                ),
                "qpprime_y_zero_transform_bypass_flag",
            )
            stream.u(
                1,
                _required(
                    stream, obj.seq_scaling_matrix_present_flag, "seq_scaling_matrix_present_flag"
                ),
                "seq_scaling_matrix_present_flag",
            )
        else:
            _refuse(
                stream,
                obj,
                "chroma_format_idc",
                "bit_depth_luma_minus8",
                "bit_depth_chroma_minus8",
                "qpprime_y_zero_transform_bypass_flag",
                "seq_scaling_matrix_present_flag",
            )
        stream.ue(
            0,
            _required(stream, obj.log2_max_frame_num_minus4, "log2_max_frame_num_minus4"),
            "log2_max_frame_num_minus4",
        )
        pic_order_cnt_type = _required(stream, obj.pic_order_cnt_type, "pic_order_cnt_type")
        stream.ue(0, pic_order_cnt_type, "pic_order_cnt_type")
        if pic_order_cnt_type == 0:
            stream.ue(
                0,
                _required(
                    stream,
                    obj.log2_max_pic_order_cnt_lsb_minus4,
                    "log2_max_pic_order_cnt_lsb_minus4",
                ),
                "log2_max_pic_order_cnt_lsb_minus4",
            )
            _refuse(
                stream,
                obj,
                "delta_pic_order_always_zero_flag",
                "offset_for_non_ref_pic",
                "offset_for_top_to_bottom_field",
                "num_ref_frames_in_pic_order_cnt_cycle",
                "offset_for_ref_frame",
            )
        elif pic_order_cnt_type == 1:
            stream.u(
                1,
                _required(
                    stream, obj.delta_pic_order_always_zero_flag, "delta_pic_order_always_zero_flag"
                ),
                "delta_pic_order_always_zero_flag",
            )
            stream.ie(
                0,
                _required(stream, obj.offset_for_non_ref_pic, "offset_for_non_ref_pic"),
                "offset_for_non_ref_pic",
            )
            stream.ie(
                0,
                _required(
                    stream, obj.offset_for_top_to_bottom_field, "offset_for_top_to_bottom_field"
                ),
                "offset_for_top_to_bottom_field",
            )
            num_ref_frames_in_pic_order_cnt_cycle = _required(
                stream,
                obj.num_ref_frames_in_pic_order_cnt_cycle,
                "num_ref_frames_in_pic_order_cnt_cycle",
            )
            stream.ue(
                0, num_ref_frames_in_pic_order_cnt_cycle, "num_ref_frames_in_pic_order_cnt_cycle"
            )
            offset_for_ref_frame = _counted(
                stream,
                obj.offset_for_ref_frame,
                num_ref_frames_in_pic_order_cnt_cycle,
                "offset_for_ref_frame",
            )
            for i in range(num_ref_frames_in_pic_order_cnt_cycle):
                stream.ie(0, offset_for_ref_frame[i], "offset_for_ref_frame", i)
            _refuse(stream, obj, "log2_max_pic_order_cnt_lsb_minus4")
        else:
            _refuse(
                stream,
                obj,
                "log2_max_pic_order_cnt_lsb_minus4",
                "delta_pic_order_always_zero_flag",
                "offset_for_non_ref_pic",
                "offset_for_top_to_bottom_field",
                "num_ref_frames_in_pic_order_cnt_cycle",
                "offset_for_ref_frame",
            )
        stream.ue(
            0, _required(stream, obj.max_num_ref_frames, "max_num_ref_frames"), "max_num_ref_frames"
        )
        stream.u(
            1,
            _required(
                stream,
                obj.gaps_in_frame_num_value_allowed_flag,
                "gaps_in_frame_num_value_allowed_flag",
            ),
            "gaps_in_frame_num_value_allowed_flag",
        )
        pic_width_in_mbs_minus1 = _required(
            stream, obj.pic_width_in_mbs_minus1, "pic_width_in_mbs_minus1"
        )
        stream.ue(0, pic_width_in_mbs_minus1, "pic_width_in_mbs_minus1")
        pic_height_in_map_units_minus1 = _required(
            stream, obj.pic_height_in_map_units_minus1, "pic_height_in_map_units_minus1"
        )
        stream.ue(0, pic_height_in_map_units_minus1, "pic_height_in_map_units_minus1")
        frame_mbs_only_flag = _required(stream, obj.frame_mbs_only_flag, "frame_mbs_only_flag")
        stream.u(1, frame_mbs_only_flag, "frame_mbs_only_flag")
        if not frame_mbs_only_flag:
            stream.u(
                1,
                _required(stream, obj.mb_adaptive_frame_field_flag, "mb_adaptive_frame_field_flag"),
                "mb_adaptive_frame_field_flag",
            )
        else:
            _refuse(stream, obj, "mb_adaptive_frame_field_flag")
        stream.u(
            1,
            _required(stream, obj.direct_8x8_inference_flag, "direct_8x8_inference_flag"),
            "direct_8x8_inference_flag",
        )
        frame_cropping_flag = _required(stream, obj.frame_cropping_flag, "frame_cropping_flag")
        stream.u(1, frame_cropping_flag, "frame_cropping_flag")
        if frame_cropping_flag:
            stream.ue(
                0,
                _required(stream, obj.frame_crop_left_offset, "frame_crop_left_offset"),
                "frame_crop_left_offset",
            )
            stream.ue(
                0,
                _required(stream, obj.frame_crop_right_offset, "frame_crop_right_offset"),
                "frame_crop_right_offset",
            )
            stream.ue(
                0,
                _required(stream, obj.frame_crop_top_offset, "frame_crop_top_offset"),
                "frame_crop_top_offset",
            )
            stream.ue(
                0,
                _required(stream, obj.frame_crop_bottom_offset, "frame_crop_bottom_offset"),
                "frame_crop_bottom_offset",
            )
        else:
            _refuse(
                stream,
                obj,
                "frame_crop_left_offset",
                "frame_crop_right_offset",
                "frame_crop_top_offset",
                "frame_crop_bottom_offset",
            )
        stream.u(
            1,
            _required(stream, obj.vui_parameters_present_flag, "vui_parameters_present_flag"),
            "vui_parameters_present_flag",
        )
        obj.PicSizeInMapUnits = _number(
            stream,
            (pic_width_in_mbs_minus1 + 1) * (pic_height_in_map_units_minus1 + 1),
            "PicSizeInMapUnits",
        )
        stream.byte_alignment(obj.byte_alignment)
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


seq_parameter_set_data = SeqParameterSetDataSyntax()


@tabular
class PicParameterSetRbsp(Table):
    """Picture parameter set syntax.

    Clause 7.3.2.2, draft. Table `pic_parameter_set_rbsp` of schema/parameter_sets.syntax.

    Attributes:
        pic_parameter_set_id: Number that slices refer to.
        referred_seq_parameter_set_id: The sequence parameter set in force, see
            [seq_parameter_set_id].
        entropy_coding_mode_flag: 1: CABAC. 0: CAVLC.
        bottom_field_pic_order_in_frame_present_flag: 1: slices carry delta_pic_order_cnt_bottom.
        num_slice_groups_minus1: Number of slice groups, minus 1.
        slice_group_map_type: How macroblocks are dealt to slice groups; 6, a map, isn't in this
            excerpt.
        run_length_minus1: Macroblocks in a row that a group takes, minus 1.
        top_left: First corner of a rectangle of macroblocks.
        bottom_right: Last corner of it.
        slice_group_change_direction_flag: Direction in which the groups change.
        slice_group_change_rate_minus1: How fast they change.
        num_ref_idx_l0_default_active_minus1: Largest index into reference list 0.
        num_ref_idx_l1_default_active_minus1: Largest index into reference list 1.
        weighted_pred_flag: 1: weighted prediction in P slices.
        weighted_bipred_idc: Kind of weighted prediction in B slices.
        pic_init_qp_minus26: Initial quantization parameter, minus 26.
        pic_init_qs_minus26: The same of SP and SI slices.
        chroma_qp_index_offset: Offset of the quantization parameter of chroma.
        deblocking_filter_control_present_flag: 1: slices control the deblocking filter.
        constrained_intra_pred_flag: 1: intra prediction from intra macroblocks only.
        redundant_pic_cnt_present_flag: 1: slices carry redundant_pic_cnt.
        byte_alignment: irregular bits up to the byte boundary, or None for the regular ones.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "pic_parameter_set_id",
        "referred_seq_parameter_set_id",
        "entropy_coding_mode_flag",
        "bottom_field_pic_order_in_frame_present_flag",
        "num_slice_groups_minus1",
        "slice_group_map_type",
        "run_length_minus1",
        "top_left",
        "bottom_right",
        "slice_group_change_direction_flag",
        "slice_group_change_rate_minus1",
        "num_ref_idx_l0_default_active_minus1",
        "num_ref_idx_l1_default_active_minus1",
        "weighted_pred_flag",
        "weighted_bipred_idc",
        "pic_init_qp_minus26",
        "pic_init_qs_minus26",
        "chroma_qp_index_offset",
        "deblocking_filter_control_present_flag",
        "constrained_intra_pred_flag",
        "redundant_pic_cnt_present_flag",
        "byte_alignment",
    )
    pic_parameter_set_id: int
    referred_seq_parameter_set_id: int
    entropy_coding_mode_flag: int
    bottom_field_pic_order_in_frame_present_flag: int
    num_slice_groups_minus1: int
    slice_group_map_type: int | None = None
    run_length_minus1: list[int] | None = None
    top_left: list[int] | None = None
    bottom_right: list[int] | None = None
    slice_group_change_direction_flag: int | None = None
    slice_group_change_rate_minus1: int | None = None
    num_ref_idx_l0_default_active_minus1: int
    num_ref_idx_l1_default_active_minus1: int
    weighted_pred_flag: int
    weighted_bipred_idc: int
    pic_init_qp_minus26: int
    pic_init_qs_minus26: int
    chroma_qp_index_offset: int
    deblocking_filter_control_present_flag: int
    constrained_intra_pred_flag: int
    redundant_pic_cnt_present_flag: int
    byte_alignment: int | None = None


class PicParameterSetRbspSyntax(Syntax):
    """Reads and writes `pic_parameter_set_rbsp`: Picture parameter set syntax."""

    table: ClassVar[str] = "pic_parameter_set_rbsp"
    clause: ClassVar[str] = "7.3.2.2"
    title: ClassVar[str] = "Picture parameter set syntax"
    status: ClassVar[str] = "draft"
    schema: ClassVar[str] = "schema/parameter_sets.syntax:198"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = PicParameterSetRbsp
    elements: ClassVar[dict[str, Element]] = {
        "pic_parameter_set_id": Element(
            "pic_parameter_set_id",
            "ue(0)",
            "ue",
            None,
            "7.3.2.2",
            "draft",
            199,
            "Number that slices refer to.",
            range=(0, 255),
        ),
        "referred_seq_parameter_set_id": Element(
            "referred_seq_parameter_set_id",
            "ue(0)",
            "ue",
            None,
            "7.3.2.2",
            "draft",
            200,
            "The sequence parameter set in force, see [seq_parameter_set_id].",
            range=(0, 31),
        ),
        "entropy_coding_mode_flag": Element(
            "entropy_coding_mode_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.2",
            "draft",
            201,
            "1: CABAC. 0: CAVLC.",
        ),
        "bottom_field_pic_order_in_frame_present_flag": Element(
            "bottom_field_pic_order_in_frame_present_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.2",
            "draft",
            202,
            "1: slices carry delta_pic_order_cnt_bottom.",
        ),
        "num_slice_groups_minus1": Element(
            "num_slice_groups_minus1",
            "ue(0)",
            "ue",
            None,
            "7.3.2.2",
            "draft",
            203,
            "Number of slice groups, minus 1.",
            range=(0, 7),
        ),
        "slice_group_map_type": Element(
            "slice_group_map_type",
            "ue(0)",
            "ue",
            None,
            "7.3.2.2",
            "draft",
            205,
            "How macroblocks are dealt to slice groups; 6, a map, isn't in this excerpt.",
            range=(0, 5),
        ),
        "run_length_minus1": Element(
            "run_length_minus1",
            "ue(0)",
            "ue",
            None,
            "7.3.2.2",
            "draft",
            208,
            "Macroblocks in a row that a group takes, minus 1.",
            counts=(("num_slice_groups_minus1", -1),),
        ),
        "top_left": Element(
            "top_left",
            "ue(0)",
            "ue",
            None,
            "7.3.2.2",
            "draft",
            211,
            "First corner of a rectangle of macroblocks.",
            counts=(("num_slice_groups_minus1", 0),),
        ),
        "bottom_right": Element(
            "bottom_right",
            "ue(0)",
            "ue",
            None,
            "7.3.2.2",
            "draft",
            212,
            "Last corner of it.",
            counts=(("num_slice_groups_minus1", 0),),
        ),
        "slice_group_change_direction_flag": Element(
            "slice_group_change_direction_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.2",
            "draft",
            215,
            "Direction in which the groups change.",
        ),
        "slice_group_change_rate_minus1": Element(
            "slice_group_change_rate_minus1",
            "ue(0)",
            "ue",
            None,
            "7.3.2.2",
            "draft",
            216,
            "How fast they change.",
        ),
        "num_ref_idx_l0_default_active_minus1": Element(
            "num_ref_idx_l0_default_active_minus1",
            "ue(0)",
            "ue",
            None,
            "7.3.2.2",
            "draft",
            219,
            "Largest index into reference list 0.",
            range=(0, 31),
        ),
        "num_ref_idx_l1_default_active_minus1": Element(
            "num_ref_idx_l1_default_active_minus1",
            "ue(0)",
            "ue",
            None,
            "7.3.2.2",
            "draft",
            220,
            "Largest index into reference list 1.",
            range=(0, 31),
        ),
        "weighted_pred_flag": Element(
            "weighted_pred_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.2",
            "draft",
            221,
            "1: weighted prediction in P slices.",
        ),
        "weighted_bipred_idc": Element(
            "weighted_bipred_idc",
            "u(2)",
            "u",
            2,
            "7.3.2.2",
            "draft",
            222,
            "Kind of weighted prediction in B slices.",
            range=(0, 2),
        ),
        "pic_init_qp_minus26": Element(
            "pic_init_qp_minus26",
            "ie(0)",
            "ie",
            None,
            "7.3.2.2",
            "draft",
            223,
            "Initial quantization parameter, minus 26.",
            range=(-62, 25),
        ),
        "pic_init_qs_minus26": Element(
            "pic_init_qs_minus26",
            "ie(0)",
            "ie",
            None,
            "7.3.2.2",
            "draft",
            224,
            "The same of SP and SI slices.",
            range=(-26, 25),
        ),
        "chroma_qp_index_offset": Element(
            "chroma_qp_index_offset",
            "ie(0)",
            "ie",
            None,
            "7.3.2.2",
            "draft",
            225,
            "Offset of the quantization parameter of chroma.",
            range=(-12, 12),
        ),
        "deblocking_filter_control_present_flag": Element(
            "deblocking_filter_control_present_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.2",
            "draft",
            226,
            "1: slices control the deblocking filter.",
        ),
        "constrained_intra_pred_flag": Element(
            "constrained_intra_pred_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.2",
            "draft",
            227,
            "1: intra prediction from intra macroblocks only.",
        ),
        "redundant_pic_cnt_present_flag": Element(
            "redundant_pic_cnt_present_flag",
            "u(1)",
            "u",
            1,
            "7.3.2.2",
            "draft",
            228,
            "1: slices carry redundant_pic_cnt.",
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "pic_parameter_set_id": Shape("int"),
        "referred_seq_parameter_set_id": Shape("int"),
        "entropy_coding_mode_flag": Shape("int"),
        "bottom_field_pic_order_in_frame_present_flag": Shape("int"),
        "num_slice_groups_minus1": Shape("int"),
        "slice_group_map_type": Shape("int"),
        "run_length_minus1": Shape("int", depth=1),
        "top_left": Shape("int", depth=1),
        "bottom_right": Shape("int", depth=1),
        "slice_group_change_direction_flag": Shape("int"),
        "slice_group_change_rate_minus1": Shape("int"),
        "num_ref_idx_l0_default_active_minus1": Shape("int"),
        "num_ref_idx_l1_default_active_minus1": Shape("int"),
        "weighted_pred_flag": Shape("int"),
        "weighted_bipred_idc": Shape("int"),
        "pic_init_qp_minus26": Shape("int"),
        "pic_init_qs_minus26": Shape("int"),
        "chroma_qp_index_offset": Shape("int"),
        "deblocking_filter_control_present_flag": Shape("int"),
        "constrained_intra_pred_flag": Shape("int"),
        "redundant_pic_cnt_present_flag": Shape("int"),
        "byte_alignment": Shape("int"),
    }
    blank: ClassVar[tuple[str, ...]] = (
        "slice_group_map_type",
        "run_length_minus1",
        "top_left",
        "bottom_right",
        "slice_group_change_direction_flag",
        "slice_group_change_rate_minus1",
        "byte_alignment",
    )
    program: ClassVar[Program | None] = Program(
        ("ue", "pic_parameter_set_id", 0),
        ("ue", "referred_seq_parameter_set_id", 0),
        ("u", "entropy_coding_mode_flag", 1),
        ("u", "bottom_field_pic_order_in_frame_present_flag", 1),
        ("ue", "num_slice_groups_minus1", 0),
        (
            "if",
            (">", "num_slice_groups_minus1", 0),
            (
                ("ue", "slice_group_map_type", 0),
                (
                    "if",
                    ("==", "slice_group_map_type", 0),
                    (
                        (
                            "for",
                            "iGroup",
                            ("+", "num_slice_groups_minus1", 1),
                            (("ue", "run_length_minus1", 0),),
                        ),
                        (
                            "missing",
                            "top_left",
                            "bottom_right",
                            "slice_group_change_direction_flag",
                            "slice_group_change_rate_minus1",
                        ),
                    ),
                    (
                        (
                            "if",
                            ("==", "slice_group_map_type", 2),
                            (
                                (
                                    "for",
                                    "iGroup",
                                    "num_slice_groups_minus1",
                                    (("ue", "top_left", 0), ("ue", "bottom_right", 0)),
                                ),
                                (
                                    "missing",
                                    "slice_group_change_direction_flag",
                                    "slice_group_change_rate_minus1",
                                ),
                            ),
                            (
                                (
                                    "if",
                                    (
                                        "&&",
                                        (">=", "slice_group_map_type", 3),
                                        ("<=", "slice_group_map_type", 5),
                                    ),
                                    (
                                        ("u", "slice_group_change_direction_flag", 1),
                                        ("ue", "slice_group_change_rate_minus1", 0),
                                    ),
                                    (
                                        (
                                            "missing",
                                            "slice_group_change_direction_flag",
                                            "slice_group_change_rate_minus1",
                                        ),
                                    ),
                                ),
                                ("missing", "top_left", "bottom_right"),
                            ),
                        ),
                        ("missing", "run_length_minus1"),
                    ),
                ),
            ),
            (
                (
                    "missing",
                    "slice_group_map_type",
                    "run_length_minus1",
                    "top_left",
                    "bottom_right",
                    "slice_group_change_direction_flag",
                    "slice_group_change_rate_minus1",
                ),
            ),
        ),
        ("ue", "num_ref_idx_l0_default_active_minus1", 0),
        ("ue", "num_ref_idx_l1_default_active_minus1", 0),
        ("u", "weighted_pred_flag", 1),
        ("u", "weighted_bipred_idc", 2),
        ("ie", "pic_init_qp_minus26", 0),
        ("ie", "pic_init_qs_minus26", 0),
        ("ie", "chroma_qp_index_offset", 0),
        ("u", "deblocking_filter_control_present_flag", 1),
        ("u", "constrained_intra_pred_flag", 1),
        ("u", "redundant_pic_cnt_present_flag", 1),
        ("byte_alignment", "byte_alignment"),
        blank=(
            "slice_group_map_type",
            "run_length_minus1",
            "top_left",
            "bottom_right",
            "slice_group_change_direction_flag",
            "slice_group_change_rate_minus1",
            "byte_alignment",
        ),
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        made = self.machine.parse(stream, context)
        if made is not None:
            return made
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: PicParameterSetRbsp = self.fresh()
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        run_length_minus1: list[int]
        top_left: list[int]
        bottom_right: list[int]
        obj.pic_parameter_set_id = stream.ue(0, "pic_parameter_set_id")
        obj.referred_seq_parameter_set_id = stream.ue(0, "referred_seq_parameter_set_id")
        obj.entropy_coding_mode_flag = stream.u(1, "entropy_coding_mode_flag")
        obj.bottom_field_pic_order_in_frame_present_flag = stream.u(
            1, "bottom_field_pic_order_in_frame_present_flag"
        )
        num_slice_groups_minus1 = stream.ue(0, "num_slice_groups_minus1")
        obj.num_slice_groups_minus1 = num_slice_groups_minus1
        if num_slice_groups_minus1 > 0:
            obj.slice_group_map_type = slice_group_map_type = stream.ue(0, "slice_group_map_type")
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
                obj.slice_group_change_direction_flag = stream.u(
                    1, "slice_group_change_direction_flag"
                )
                obj.slice_group_change_rate_minus1 = stream.ue(0, "slice_group_change_rate_minus1")
        obj.num_ref_idx_l0_default_active_minus1 = stream.ue(
            0, "num_ref_idx_l0_default_active_minus1"
        )
        obj.num_ref_idx_l1_default_active_minus1 = stream.ue(
            0, "num_ref_idx_l1_default_active_minus1"
        )
        obj.weighted_pred_flag = stream.u(1, "weighted_pred_flag")
        obj.weighted_bipred_idc = stream.u(2, "weighted_bipred_idc")
        obj.pic_init_qp_minus26 = stream.ie(0, "pic_init_qp_minus26")
        obj.pic_init_qs_minus26 = stream.ie(0, "pic_init_qs_minus26")
        obj.chroma_qp_index_offset = stream.ie(0, "chroma_qp_index_offset")
        obj.deblocking_filter_control_present_flag = stream.u(
            1, "deblocking_filter_control_present_flag"
        )
        obj.constrained_intra_pred_flag = stream.u(1, "constrained_intra_pred_flag")
        obj.redundant_pic_cnt_present_flag = stream.u(1, "redundant_pic_cnt_present_flag")
        obj.byte_alignment = stream.byte_alignment()
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if self.machine.build(stream, obj, context):
            return obj
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, PicParameterSetRbsp):
            stream.fail("not the table that stands here", "", None, obj, "PicParameterSetRbsp")
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        run_length_minus1: list[int]
        top_left: list[int]
        bottom_right: list[int]
        stream.ue(
            0,
            _required(stream, obj.pic_parameter_set_id, "pic_parameter_set_id"),
            "pic_parameter_set_id",
        )
        stream.ue(
            0,
            _required(stream, obj.referred_seq_parameter_set_id, "referred_seq_parameter_set_id"),
            "referred_seq_parameter_set_id",
        )
        stream.u(
            1,
            _required(stream, obj.entropy_coding_mode_flag, "entropy_coding_mode_flag"),
            "entropy_coding_mode_flag",
        )
        stream.u(
            1,
            _required(
                stream,
                obj.bottom_field_pic_order_in_frame_present_flag,
                "bottom_field_pic_order_in_frame_present_flag",
            ),
            "bottom_field_pic_order_in_frame_present_flag",
        )
        num_slice_groups_minus1 = _required(
            stream, obj.num_slice_groups_minus1, "num_slice_groups_minus1"
        )
        stream.ue(0, num_slice_groups_minus1, "num_slice_groups_minus1")
        if num_slice_groups_minus1 > 0:
            slice_group_map_type = _required(
                stream, obj.slice_group_map_type, "slice_group_map_type"
            )
            stream.ue(0, slice_group_map_type, "slice_group_map_type")
            if slice_group_map_type == 0:
                run_length_minus1 = _counted(
                    stream,
                    obj.run_length_minus1,
                    max(num_slice_groups_minus1 + 1, 0),
                    "run_length_minus1",
                )
                for iGroup in range(num_slice_groups_minus1 + 1):
                    stream.ue(0, run_length_minus1[iGroup], "run_length_minus1", iGroup)
                _refuse(
                    stream,
                    obj,
                    "slice_group_change_direction_flag",
                    "slice_group_change_rate_minus1",
                    "top_left",
                    "bottom_right",
                )
            elif slice_group_map_type == 2:
                top_left = _counted(stream, obj.top_left, num_slice_groups_minus1, "top_left")
                bottom_right = _counted(
                    stream, obj.bottom_right, num_slice_groups_minus1, "bottom_right"
                )
                for iGroup in range(num_slice_groups_minus1):
                    stream.ue(0, top_left[iGroup], "top_left", iGroup)
                    stream.ue(0, bottom_right[iGroup], "bottom_right", iGroup)
                _refuse(
                    stream,
                    obj,
                    "slice_group_change_direction_flag",
                    "slice_group_change_rate_minus1",
                    "run_length_minus1",
                )
            elif slice_group_map_type >= 3 and slice_group_map_type <= 5:
                stream.u(
                    1,
                    _required(
                        stream,
                        obj.slice_group_change_direction_flag,
                        "slice_group_change_direction_flag",
                    ),
                    "slice_group_change_direction_flag",
                )
                stream.ue(
                    0,
                    _required(
                        stream, obj.slice_group_change_rate_minus1, "slice_group_change_rate_minus1"
                    ),
                    "slice_group_change_rate_minus1",
                )
                _refuse(stream, obj, "run_length_minus1", "top_left", "bottom_right")
            else:
                _refuse(
                    stream,
                    obj,
                    "slice_group_change_direction_flag",
                    "slice_group_change_rate_minus1",
                    "run_length_minus1",
                    "top_left",
                    "bottom_right",
                )
        else:
            _refuse(
                stream,
                obj,
                "slice_group_map_type",
                "slice_group_change_direction_flag",
                "slice_group_change_rate_minus1",
                "run_length_minus1",
                "top_left",
                "bottom_right",
            )
        stream.ue(
            0,
            _required(
                stream,
                obj.num_ref_idx_l0_default_active_minus1,
                "num_ref_idx_l0_default_active_minus1",
            ),
            "num_ref_idx_l0_default_active_minus1",
        )
        stream.ue(
            0,
            _required(
                stream,
                obj.num_ref_idx_l1_default_active_minus1,
                "num_ref_idx_l1_default_active_minus1",
            ),
            "num_ref_idx_l1_default_active_minus1",
        )
        stream.u(
            1, _required(stream, obj.weighted_pred_flag, "weighted_pred_flag"), "weighted_pred_flag"
        )
        stream.u(
            2,
            _required(stream, obj.weighted_bipred_idc, "weighted_bipred_idc"),
            "weighted_bipred_idc",
        )
        stream.ie(
            0,
            _required(stream, obj.pic_init_qp_minus26, "pic_init_qp_minus26"),
            "pic_init_qp_minus26",
        )
        stream.ie(
            0,
            _required(stream, obj.pic_init_qs_minus26, "pic_init_qs_minus26"),
            "pic_init_qs_minus26",
        )
        stream.ie(
            0,
            _required(stream, obj.chroma_qp_index_offset, "chroma_qp_index_offset"),
            "chroma_qp_index_offset",
        )
        stream.u(
            1,
            _required(
                stream,
                obj.deblocking_filter_control_present_flag,
                "deblocking_filter_control_present_flag",
            ),
            "deblocking_filter_control_present_flag",
        )
        stream.u(
            1,
            _required(stream, obj.constrained_intra_pred_flag, "constrained_intra_pred_flag"),
            "constrained_intra_pred_flag",
        )
        stream.u(
            1,
            _required(stream, obj.redundant_pic_cnt_present_flag, "redundant_pic_cnt_present_flag"),
            "redundant_pic_cnt_present_flag",
        )
        stream.byte_alignment(obj.byte_alignment)
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


pic_parameter_set_rbsp = PicParameterSetRbspSyntax()
