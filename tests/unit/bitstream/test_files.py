"""Files that are replaced in one step, and what is no file."""

import os
import threading

import pytest

from nnc.bitstream import NewFile, replace_bytes

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path):
    place = tmp_path / "a"
    new = NewFile(place)
    new.file.write(b"1")
    assert not place.exists()
    new.abandon()
    assert list(tmp_path.iterdir()) == []
    replace_bytes(place, b"12")
    replace_bytes(place, memoryview(b"123"))
    assert place.read_bytes() == b"123"
    assert list(tmp_path.iterdir()) == [place]


@needs_pipes
def test_a_pipe_is_written_to_and_stays(tmp_path):
    place = tmp_path / "pipe"
    os.mkfifo(place)
    read = []
    reader = threading.Thread(target=lambda: read.append(place.read_bytes()), daemon=True)
    reader.start()
    replace_bytes(place, b"123")
    reader.join(10)
    assert read == [b"123"]
    assert place.is_fifo()
    assert list(tmp_path.iterdir()) == [place]


def test_a_device_stays():
    before = os.stat(os.devnull)
    new = NewFile(os.devnull)
    new.file.write(b"1")
    new.commit()
    NewFile(os.devnull).abandon()
    assert os.stat(os.devnull).st_ino == before.st_ino


def test_errors_name_the_place_that_was_asked_for(tmp_path):
    with pytest.raises(IsADirectoryError) as caught:
        NewFile(tmp_path)
    assert caught.value.filename == str(tmp_path)
    place = tmp_path / "none" / "a"
    with pytest.raises(FileNotFoundError) as caught:
        NewFile(place)
    assert caught.value.filename == str(place)
