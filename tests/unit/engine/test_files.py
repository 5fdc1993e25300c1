"""Files that are replaced in one step, and what is no file."""

import os
import threading
from pathlib import Path

import pytest

from nnc.bitio import InputError
from nnc.bitstream import NewFile, replace_bytes
from nnc.engine.files import as_path

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


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o444])
def test_permissions_of_a_file_that_is_replaced_stay(tmp_path, mode):
    place = tmp_path / "a"
    place.write_bytes(b"1")
    place.chmod(mode)
    new = NewFile(place)
    assert os.stat(new.temporary).st_mode & 0o177 == 0
    new.file.write(b"2")
    new.commit()
    assert (place.read_bytes(), place.stat().st_mode & 0o777) == (b"2", mode)


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o000])
def test_a_new_file_gets_what_the_umask_leaves(tmp_path, umask, monkeypatch):
    before = os.umask(umask)
    try:
        # Other threads would feel it.
        monkeypatch.delattr(os, "umask")
        replace_bytes(tmp_path / "a", b"1")
    finally:
        monkeypatch.undo()
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("steps", [1, 3])
def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path, there, steps):
    (tmp_path / "store").mkdir()
    target = tmp_path / "store" / "a"
    if there:
        target.write_bytes(b"old")
    last = "store/a"
    for number in range(steps):
        (tmp_path / f"link{number}").symlink_to(last)
        last = f"link{number}"
    replace_bytes(tmp_path / last, b"new")
    assert (tmp_path / last).is_symlink()
    assert target.read_bytes() == b"new"
    assert [one.name for one in target.parent.iterdir()] == ["a"]


def test_links_in_a_circle_are_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        NewFile(tmp_path / "a")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a", "b"]


def test_bytes_are_on_the_disk_before_they_are_at_their_place(tmp_path, monkeypatch):
    done = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("fsync"), fsync(handle)))
    monkeypatch.setattr(os, "replace", lambda *names: (done.append("replace"), replace(*names)))
    replace_bytes(tmp_path / "a", b"1")
    assert done == ["fsync", "replace"]


def test_a_name_as_long_as_names_can_be(tmp_path):
    place = tmp_path / ("ä" * 127)
    replace_bytes(place, b"1")
    assert list(tmp_path.iterdir()) == [place]


def test_an_empty_path_is_not_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("only.npz").touch()
    with pytest.raises(InputError, match="the path is empty"):
        as_path("")
    assert as_path(".") == Path()
