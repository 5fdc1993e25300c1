"""Files that are mapped: pipes in their place, and files that get shorter meanwhile."""

import os
import threading

import numpy as np
import pytest

import nnc
from nnc.engine.mapped import bytes_of

TENSORS = {"w": np.random.default_rng(0).normal(0, 1, (64, 64)).astype("f4")}


@pytest.fixture
def place(tmp_path):
    nnc.save_file(TENSORS, tmp_path / "m.nnc", effort=0)
    return tmp_path / "m.nnc"


USES = {
    "decode": lambda opened: nnc.decode(opened, threads=1),
    "decode on threads": lambda opened: nnc.decode(opened, threads=2),
    "decode_levels": nnc.decode_levels,
    "to_bytes": lambda opened: opened.to_bytes(),
    "get": lambda opened: opened.get("units[*].header.topology_elem_id"),
    "trace": nnc.trace,
    "check": nnc.check,
    "diff": lambda opened: nnc.diff(opened, nnc.encode(TENSORS)),
    "Decoder": lambda opened: nnc.Decoder().decode(opened),
}


@pytest.mark.parametrize("use", USES)
def test_a_file_that_gets_shorter_is_refused(place, use):
    opened = nnc.open(place)
    os.truncate(place, 100)
    with pytest.raises(nnc.InputError, match="shorter"):
        USES[use](opened)


def test_nothing_is_written_of_a_file_that_gets_shorter(place, tmp_path):
    opened = nnc.open(place)
    os.truncate(place, 100)
    with pytest.raises(nnc.InputError, match="shorter"):
        opened.save(tmp_path / "other.nnc")
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_read_as_a_whole(place, tmp_path):
    pipe, data = tmp_path / "pipe", place.read_bytes()
    os.mkfifo(pipe)
    for read in (lambda: nnc.open(pipe).to_bytes(), lambda: bytes(bytes_of(pipe))):
        writer = threading.Thread(target=pipe.write_bytes, args=(data,), daemon=True)
        writer.start()
        assert read() == data
        writer.join(10)


def test_an_empty_file_has_no_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    assert bytes_of(tmp_path / "a") == b""
