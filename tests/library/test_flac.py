"""FLAC, described by nothing but its schema: real files down to the residuals, and changed ones.

The samples are decoded here from the elements and compared with the MD5 that a file holds of
them: that proves each element of a frame, and the order of all.
"""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from nnc.bitio import BitstreamError, BuildError
from nnc.engine.format import Format

FILES = sorted((Path(__file__).parent / "flac").glob("*.flac"))

FIXED = ((), (1,), (2, -1), (3, -3, 1), (4, -6, 4, -1))


@pytest.fixture(scope="module")
def flac():
    return Format.load("flac")


def crc(data, width, polynomial):
    """Return a CRC, most significant bit first, that begins with 0."""
    value = 0
    for byte in bytes(data):
        value ^= byte << (width - 8)
        for _ in range(8):
            value = value << 1 ^ (polynomial if value >> (width - 1) else 0)
            value &= (1 << width) - 1
    return value


def residuals(coding):
    """Return the residuals of all partitions."""
    values = []
    for part in coding.partition:
        values += part.residual if part.escaped_bits is None else part.escaped_residual or []
    return values


def samples_of(sub, count):
    """Decode one subframe."""
    if sub.constant_sample is not None:
        samples = [sub.constant_sample] * count
    elif sub.sample is not None:
        samples = list(sub.sample)
    else:
        samples, shift = list(sub.warm_up), sub.shift or 0
        factors = sub.coefficient if sub.subframe_type >= 32 else FIXED[sub.subframe_type - 8]
        for residual in residuals(sub.residual_coding):
            told = sum(f * samples[-1 - i] for i, f in enumerate(factors))
            samples.append(residual + (told >> shift))
    wasted = len(sub.wasted_bits_end or ())
    return [sample << wasted for sample in samples]


def decoded(frame, count):
    """Decode one frame."""
    channels = [samples_of(sub, count) for sub in frame.subframe]
    kind, (a, *rest) = frame.channel_assignment, channels
    if kind == 8:
        return [a, [x - y for x, y in zip(a, rest[0], strict=True)]]
    if kind == 9:
        return [[x + y for x, y in zip(a, rest[0], strict=True)], rest[0]]
    if kind == 10:
        doubled = [(2 * m | s & 1, s) for m, s in zip(a, rest[0], strict=True)]
        return [[m + s >> 1 for m, s in doubled], [m - s >> 1 for m, s in doubled]]
    return channels


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_real_files(flac, path):
    data = path.read_bytes()
    document = flac.parse(data)
    assert document.to_bytes() == data
    assert flac.from_json(flac.to_json(document)).to_bytes() == data
    assert not flac.check(data).findings
    end = 0
    for element in flac.trace(data).all_elements():
        assert element.position == end
        end += element.bits
    assert end == 8 * len(data)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_samples_are_those_that_the_file_knows(flac, path):
    document = flac.open(path)
    about = document.get("metadata_block[0].streaminfo")
    digest = hashlib.md5()
    width = about.stream_bits_minus1 + 8 >> 3
    for frame in document.get("frame"):
        for together in zip(*decoded(frame, frame.BlockSize), strict=True):
            for sample in together:
                digest.update(sample.to_bytes(width, "little", signed=True))
    assert digest.digest() == bytes(about.md5_of_samples)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_checksums(flac, path):
    data = path.read_bytes()
    found = flac.trace(data).elements
    headers, frames = (found["frame", name].elements for name in ("header_crc", "frame_crc"))
    begins = [element.position >> 3 for element in found["frame", "sync_code"].elements]
    for begin, header, frame in zip(begins, headers, frames, strict=True):
        assert crc(data[begin : header.position >> 3], 8, 0x07) == header.value
        assert crc(data[begin : frame.position >> 3], 16, 0x8005) == frame.value


def test_metadata(flac):
    document = flac.open(Path(__file__).parent / "flac" / "tags.flac")
    texts = [text for _, text in document.get("metadata_block[*].comment[*].text")]
    assert texts == ["TITLE=A tone", "ARTIST=Nobody"]
    number = next(
        path.partition(".")[0]
        for path, kind in document.get("metadata_block[*].block_type")
        if kind == document.format.package.PICTURE
    )
    picture = document.get(f"{number}.picture")
    assert (picture.media_type, picture.width, picture.height) == ("image/png", 2, 2)
    assert bytes(picture.picture_bytes).startswith(b"\x89PNG")


def accepted(data, tmp_path):
    """Tell whether the reference program decodes a file, MD5 and all."""
    if shutil.which("flac") is None:
        pytest.skip("flac isn't installed")
    path = tmp_path / "changed.flac"
    path.write_bytes(data)
    command = ["flac", "--test", "--silent", "--warnings-as-errors", str(path)]
    return subprocess.run(command, check=False).returncode == 0


def test_changed_comments(flac, tmp_path):
    document = flac.open(Path(__file__).parent / "flac" / "tags.flac")
    path = next(path for path, text in document.get("metadata_block[*].comment[*].text"))
    block = path.partition(".")[0]
    before = document.get(f"{block}.length")
    plan = document.set(path, "TITLE=Ein längerer Ton")
    assert {change.reason for change in plan.changes} == {"", "a size"}
    document.insert(f"{block}.comment[1]", {"text": "GENRE=Test"})
    document.remove(f"{block}.comment[2]")
    texts = [text for _, text in document.get(f"{block}.comment[*].text")]
    assert texts == ["TITLE=Ein längerer Ton", "GENRE=Test"]
    assert document.get(f"{block}.comment_count") == 2
    assert document.get(f"{block}.length") > before
    data = document.to_bytes()
    assert flac.parse(data) == document
    assert accepted(data, tmp_path)


def test_blocks_come_and_go(flac, tmp_path):
    document = flac.open(Path(__file__).parent / "flac" / "tags.flac")
    document.insert("metadata_block[1]", {"block_type": 1, "padding_bytes": bytes(10)})
    assert document.get("metadata_block[1].length") == 10
    document.insert(
        "metadata_block[1]",
        {"block_type": 2, "application": {"application_id": 7, "application_data": b"abc"}},
    )
    assert document.get("metadata_block[1].length") == 7
    assert flac.parse(document.to_bytes()) == document
    assert accepted(document.to_bytes(), tmp_path)


def test_what_the_format_forbids(flac):
    document = flac.open(FILES[0])
    with pytest.raises(BuildError, match=r"sample_size_code 3 is reserved .*clause 9.1"):
        document.set("frame[0].sample_size_code", 3)
    with pytest.raises(BuildError, match="block_type: 127 is reserved"):
        document.set("metadata_block[0].block_type", 127)


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_damaged_files(flac, path, step):
    data = path.read_bytes()[:300]
    # Each file is damaged at other places than the one before it.
    for place in range(FILES.index(path) % step, len(data), step):
        for damaged in (
            data[:place],
            data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :],
        ):
            traced = flac.trace(damaged)
            if traced.errors:
                with pytest.raises(BitstreamError) as caught:
                    flac.parse(damaged)
                place = caught.value.bit_position
                assert place is None or place <= 8 * len(damaged)
            else:
                assert flac.parse(damaged).to_bytes() == damaged
