# The metadata blocks of a FLAC file (RFC 9639, section 8), for Kaitai Struct.
meta:
  id: flac_metadata
  endian: be
  bit-endian: be
seq:
  - id: magic
    contents: fLaC
  - id: blocks
    type: block
    repeat: until
    repeat-until: _.last == true
types:
  block:
    seq:
      - id: last
        type: b1
      - id: block_type
        type: b7
      - id: length
        type: b24
      - id: body
        size: length
        type:
          switch-on: block_type
          cases:
            0: streaminfo
            3: seektable
            4: vorbis_comment
            6: picture
  streaminfo:
    seq:
      - id: minimum_block_size
        type: u2
      - id: maximum_block_size
        type: u2
      - id: minimum_frame_size
        type: b24
      - id: maximum_frame_size
        type: b24
      - id: sample_rate
        type: b20
      - id: number_of_channels_minus1
        type: b3
      - id: bits_per_sample_minus1
        type: b5
      - id: number_of_samples
        type: b36
      - id: md5
        size: 16
  seektable:
    seq:
      - id: points
        type: seek_point
        repeat: eos
  seek_point:
    seq:
      - id: sample_number
        type: u8
      - id: offset
        type: u8
      - id: number_of_samples
        type: u2
  vorbis_comment:
    seq:
      - id: vendor_length
        type: u4le
      - id: vendor
        size: vendor_length
        type: str
        encoding: UTF-8
      - id: number_of_fields
        type: u4le
      - id: fields
        type: comment_field
        repeat: expr
        repeat-expr: number_of_fields
  comment_field:
    seq:
      - id: length
        type: u4le
      - id: text
        size: length
        type: str
        encoding: UTF-8
  picture:
    seq:
      - id: picture_type
        type: u4
      - id: media_type_length
        type: u4
      - id: media_type
        size: media_type_length
        type: str
        encoding: ASCII
      - id: description_length
        type: u4
      - id: description
        size: description_length
        type: str
        encoding: UTF-8
      - id: width
        type: u4
      - id: height
        type: u4
      - id: color_depth
        type: u4
      - id: number_of_colors
        type: u4
      - id: data_length
        type: u4
      - id: data
        size: data_length
