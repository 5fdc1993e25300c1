"""FLAC against `flac --analyze` (down to each residual) and `metaflac --list`."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from nnc.engine.drawing import drawing_of
from nnc.engine.format import Format
from tests.referees.drawing import drawn_table

FILES = sorted((Path(__file__).parents[1] / "library" / "flac").glob("*.flac"))

ASSIGNMENTS = {8: "LEFT_SIDE", 9: "RIGHT_SIDE", 10: "MID_SIDE"}
TYPES = (
    "STREAMINFO",
    "PADDING",
    "APPLICATION",
    "SEEKTABLE",
    "VORBIS_COMMENT",
    "CUESHEET",
    "PICTURE",
)


def output(*command):
    """Return what a program prints; the test is skipped without it."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} isn't installed")
    return subprocess.run(command, check=True, capture_output=True).stdout.decode(errors="replace")


def residuals(coding, sample_count, order):
    """Return the residuals of all partitions; of 0 bits they are zeros and not there."""
    for number, part in enumerate(coding.partition):
        if part.escaped_bits is None:
            yield from part.residual or ()
        elif part.escaped_bits:
            yield from part.escaped_residual or ()
        else:
            yield from [0] * ((sample_count >> coding.partition_order) - (0 if number else order))


def subframe_lines(sub, number, sample_count):
    """Return what `flac --analyze` prints of a subframe."""
    head = f"subframe={number} wasted_bits={len(sub.wasted_bits_end or ())}"
    if sub.subframe_type == 0:
        return [f"{head} type=CONSTANT value={sub.constant_sample}"]
    if sub.subframe_type == 1:
        return [f"{head} type=VERBATIM"]
    coding = sub.residual_coding
    how = f"residual_type={('RICE', 'RICE2')[coding.wide_parameter_flag]}"
    how += f" partition_order={coding.partition_order}"
    order = sub.subframe_type - (8 if sub.subframe_type < 32 else 31)
    if sub.subframe_type < 32:
        lines = [f"{head} type=FIXED order={order} {how}"]
    else:
        lines = [
            f"{head} type=LPC order={order}"
            f" qlp_coeff_precision={sub.precision_minus1 + 1} quantization_level={sub.shift} {how}"
        ]
        lines += [f"qlp_coeff[{i}]={value}" for i, value in enumerate(sub.coefficient)]
    lines += [f"warmup[{i}]={value}" for i, value in enumerate(sub.warm_up or ())]
    for i, part in enumerate(coding.partition):
        if part.escaped_bits is not None:
            lines.append(f"parameter[{i}]=ESCAPE, raw_bits={part.escaped_bits}")
        else:
            lines.append(f"parameter[{i}]={part.rice_parameter}")
    found = residuals(coding, sample_count, order)
    return lines + [f"residual[{i}]={value}" for i, value in enumerate(found)]


def check_frames(path, folder):
    """Compare the frames of a file."""
    output("flac", "-a", "--residual-text", "-s", "-f", "-o", str(folder / "told"), str(path))
    told = (folder / "told").read_text().splitlines()
    document = Format.load("flac").open(path)
    places = {}
    for element in document.format.trace(path.read_bytes()).all_elements():
        if element.stack and element.stack[0][0] == "flac" and len(element.stack) > 1:
            name, _, index = element.stack[1]
            if name == "frame":
                first, _ = places.get(index, (element.position, 0))
                places[index] = first, element.position + element.bits
    rate = document.get("metadata_block[0].streaminfo.sample_rate")
    lines = []
    for number, frame in enumerate(document.get("frame")):
        first, last = places[number]
        kind = ASSIGNMENTS.get(frame.channel_assignment, "INDEPENDENT")
        channels = 2 if frame.channel_assignment > 7 else frame.channel_assignment + 1
        lines.append(
            f"frame={number} offset={first // 8} bits={last - first} blocksize={frame.BlockSize}"
            f" sample_rate={rate} channels={channels} channel_assignment={kind}"
        )
        for channel, sub in enumerate(frame.subframe):
            lines += subframe_lines(sub, channel, frame.BlockSize)
    assert lines == [" ".join(line.split()) for line in told]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_frames(path, tmp_path):
    check_frames(path, tmp_path)


def metadata_lines(number, block):
    """Return what `metaflac --list` prints of a block of metadata, but for its bytes."""
    yield f"METADATA block #{number}"
    yield f"type: {block.block_type} ({TYPES[block.block_type]})"
    yield f"is last: {'true' if block.last_block_flag else 'false'}"
    yield f"length: {block.length}"
    if (about := block.streaminfo) is not None:
        yield f"minimum blocksize: {about.min_block_size} samples"
        yield f"maximum blocksize: {about.max_block_size} samples"
        yield f"minimum framesize: {about.min_frame_size} bytes"
        yield f"maximum framesize: {about.max_frame_size} bytes"
        yield f"sample_rate: {about.sample_rate} Hz"
        yield f"channels: {about.channels_minus1 + 1}"
        yield f"bits-per-sample: {about.stream_bits_minus1 + 1}"
        yield f"total samples: {about.total_samples}"
        yield f"MD5 signature: {bytes(about.md5_of_samples).hex()}"
    if (table := block.seektable) is not None:
        yield f"seek points: {len(table.seekpoint)}"
        for place, point in enumerate(table.seekpoint):
            if point.first_sample == (1 << 64) - 1:
                yield f"point {place}: PLACEHOLDER"
            else:
                yield (
                    f"point {place}: sample_number={point.first_sample}, "
                    f"stream_offset={point.frame_offset}, frame_samples={point.frame_samples}"
                )
    if (comments := block.vorbis_comment) is not None:
        yield f"vendor string: {comments.vendor}"
        yield f"comments: {comments.comment_count}"
        for place, comment in enumerate(comments.comment):
            yield f"comment[{place}]: {comment.text}"
    if (picture := block.picture) is not None:
        yield f"MIME type: {picture.media_type}"
        yield f"description: {picture.description}"
        yield f"width: {picture.width}"
        yield f"height: {picture.height}"
        yield f"depth: {picture.color_depth}"
        yield f"data length: {picture.picture_length}"
    if (sheet := block.cuesheet) is not None:
        number = bytes(sheet.catalog_number).rstrip(b"\0").decode()
        yield f"media catalog number: {number}"
        yield f"lead-in: {sheet.lead_in_samples}"
        yield f"is CD: {'true' if sheet.compact_disc_flag else 'false'}"
        yield f"number of tracks: {sheet.track_count}"


def check_metadata(path):
    """Compare the metadata of a file."""
    text = output("metaflac", "--list", str(path))
    # The data of an application that are text have no end of line.
    text = re.sub("(?<!\n)METADATA block", "\nMETADATA block", text)
    told = [line.strip() for line in text.splitlines()]
    document = Format.load("flac").open(path)
    place = 0
    for number, block in enumerate(document.get("metadata_block")):
        for line in metadata_lines(number, block):
            # What stands between them is the contents of pictures and tracks.
            assert line.strip() in told[place:], line
            place = told.index(line.strip(), place) + 1
    assert not any(re.match("METADATA block", line) for line in told[place:])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_metadata(path):
    check_metadata(path)


def drawn_metadata(form, seed):
    """Draw a block of metadata of each type; the schema has no rule for the bytes of a number."""
    package = drawing_of(form)
    source, data = package.RandomSource(seed), b"fLaC"
    for kind in range(len(TYPES)):
        told = {"block_type": kind, "last_block_flag": int(kind == len(TYPES) - 1)}
        told["catalog_number"] = b"1" * 128
        scope = form.scope({})
        scope.first = int(kind == 0)
        data += drawn_table(package, source, "metadata_block", scope.copies(), told)
    return data


def check_drawn_metadata(folder, count):
    form, path = Format.load("flac"), folder / "drawn.flac"
    for seed in range(count):
        path.write_bytes(drawn_metadata(form, f"drawn {seed}"))
        check_metadata(path)


def drawn_stream(form, seed):
    """Draw a file with frames, none where it has none or metadata that flac refuses.

    flac wants one STREAMINFO, and frames that are as it says.
    """
    package = drawing_of(form)
    told = {
        "sample_rate": 44100, "sample_rate_code": 0, "sample_size_code": 0,
        "channels_minus1": 1, "channel_assignment": (1, 1, 1, 10)[seed % 4],
        "stream_bits_minus1": 23,
        "min_block_size": 16, "max_block_size": 65535, "min_frame_size": 0, "max_frame_size": 0,
        "total_samples": 0, "md5_of_samples": bytes(16), "variable_block_size_flag": 0,
        "wasted_bits_flag": 0, "warm_up": 0, "block_type": 0, "last_block_flag": 1,
    }  # fmt: skip
    drawer = package.Drawer(package.RandomSource(f"drawn {seed}"), fixed=told)
    try:
        document = package.TABLES["flac"](drawer, form.scope({}))
    except package.RejectedError:
        return None
    return drawer.to_bytes() if document.frame else None


def check_drawn_frames(folder, count):
    """Compare drawn files, as many as are asked for.

    What predictors come to has to fit the width of a sample, which no syntax says: flac takes
    frames where it doesn't for damaged.
    """
    form, path = Format.load("flac"), folder / "drawn.flac"
    for seed in range(20 * count):
        data = drawn_stream(form, seed)
        if data is None:
            continue
        path.write_bytes(data)
        try:
            check_frames(path, folder)
        except subprocess.CalledProcessError:
            continue
        count -= 1
        if not count:
            return
    pytest.fail(f"{count} files too few were taken by flac")


def test_drawn_files(tmp_path):
    check_drawn_metadata(tmp_path, 3)
    check_drawn_frames(tmp_path, 3)


@pytest.mark.slow
def test_two_hundred_drawn_files(tmp_path):
    check_drawn_metadata(tmp_path, 200)
    check_drawn_frames(tmp_path, 200)
