"""Boxes against FFmpeg: kind, parent and size of each, and the packets that tables tell of."""

import re
import shutil
import subprocess
from itertools import accumulate, pairwise
from pathlib import Path

import pytest

from nnc.engine.format import Format
from tests.library import files as library

FOLDER = Path(__file__).parents[1] / "library" / "isobmff"
#: Of the files those that FFmpeg reads: none of H.265 without a movie.
FILES = [path for name, path in library.FILES if name == "isobmff" and path.suffix != ".heic"]
WHOLE = [path for path in FILES if path.stem in ("plain", "reordered", "av1", "both", "sound")]

#: `type:'mvhd' parent:'moov' sz: 108 8 816`
BOX = re.compile(r"type:'(.{4})' parent:'(.{4})' sz: (\d+) (\d+) ")


def ffprobe(*options):
    """Return what ffprobe prints; the test is skipped without it."""
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe isn't installed")
    done = subprocess.run(["ffprobe", *options], check=True, capture_output=True)
    return done.stdout.decode(), done.stderr.decode("latin-1")


def text(kind):
    return kind.to_bytes(4, "big").decode("latin-1")


def boxes(table, parent="root"):
    """Yield a box and those in it: kind, kind of the box around, bytes."""
    kind = text(table.box_header.type)
    yield kind, parent, table.box_header.size
    # To FFmpeg, what is in an entry of a sample description is in that itself.
    kind = parent if parent == "stsd" else kind
    for field in table.fields:
        inside = getattr(table, field)
        for below in getattr(inside, "box", None) or ():
            yield from boxes(below, kind)
        for below in getattr(getattr(inside, "boxes", None), "box", None) or ():
            yield from boxes(below, kind)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_boxes(path):
    _, said = ffprobe("-v", "trace", str(path))
    theirs = [(kind, parent, int(size)) for kind, parent, size, _ in BOX.findall(said)]
    document = Format.load("isobmff").open(path)
    ours = [each for record in document.records for each in boxes(record.table)]
    # FFmpeg leaves out what it has no use for, and reads fragments when it comes to them.
    place = 0
    for each in theirs:
        if each not in ours[place:]:
            place = 0
        assert each in ours, each
        place = ours.index(each, place) + 1
    assert len(set(theirs)) >= 5


def samples(table):
    """Return offset, bytes and duration of each sample of a track."""
    found = {}
    for box in table.boxes.box:
        found[text(box.box_header.type)] = box
    sizes = found["stsz"].sample_size_box
    count = sizes.sample_count
    bytes_of = list(sizes.entry_size) if sizes.sample_size == 0 else [sizes.sample_size] * count
    chunks = list(found["stco"].chunk_offset_box.chunk_offset)
    runs = found["stsc"].sample_to_chunk_box
    ends = [*list(runs.first_chunk)[1:], len(chunks) + 1]
    offsets = []
    for first, end, each in zip(runs.first_chunk, ends, runs.samples_per_chunk, strict=True):
        for chunk in range(first - 1, end - 1):
            begin = len(offsets)
            inside = bytes_of[begin : begin + each]
            offsets += [chunks[chunk] + before for before in accumulate([0, *inside[:-1]])]
    times = found["stts"].time_to_sample_box
    durations = []
    for repeat, delta in zip(times.sample_count, times.sample_delta, strict=True):
        durations += [delta] * repeat
    return list(zip(offsets, bytes_of, durations, strict=True))


def tables(box):
    """Yield the boxes `stbl` in a box, in order."""
    if text(box.box_header.type) == "stbl":
        yield box
    elif box.boxes is not None:
        for below in box.boxes.box:
            yield from tables(below)


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.name)
def test_packets(path):
    document = Format.load("isobmff").open(path)
    tracks = [table for record in document.records for table in tables(record.table)]
    assert tracks
    for number, table in enumerate(tracks):
        fields = "packet=dts,size,pos"
        said, _ = ffprobe(
            "-v", "error", "-select_streams", str(number), "-show_entries", fields,
            "-of", "csv=print_section=0", str(path),
        )  # fmt: skip
        rows = [line.strip(",").split(",") for line in said.split()]
        told = [(int(pos), int(size)) for _, size, pos in rows]
        ours = samples(table)
        assert [(offset, size) for offset, size, _ in ours] == told
        steps = [int(after[0]) - int(before[0]) for before, after in pairwise(rows)]
        assert steps == [duration for _, _, duration in ours[:-1]]


def test_fragments_have_the_sizes_of_their_packets():
    said, _ = ffprobe(
        "-v", "error", "-show_entries", "packet=size", "-of", "csv=print_section=0",
        str(FOLDER / "fragmented.mp4"),
    )  # fmt: skip
    document = Format.load("isobmff").open(FOLDER / "fragmented.mp4")
    sizes = []
    for record in document.records:
        if text(record.table.box_header.type) == "moof":
            for track in record.table.boxes.box[1:]:
                for box in track.boxes.box:
                    if box.track_run_box is not None:
                        sizes += list(box.track_run_box.sample_size)
    assert sizes == [int(line.strip(",")) for line in said.split()]
