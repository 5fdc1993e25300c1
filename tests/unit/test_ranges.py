"""`safe_open` of files that are read by ranges: file objects, URLs of fsspec, HTTP at home."""

import http.server
import io
import itertools
import threading

import ml_dtypes
import numpy as np
import pytest

import nnc
from nnc.engine import ranged
from nnc.engine.ranged import RangedFile

OPTIONS = [
    {}, {"lossless": True}, {"keep": ["*"]}, {"part_size": 700}, {"aggregates": "all"},
    {"references": True}, {"profile": 0}, {"low_rank": "rank=2"}, {"scan_order": 1},
]  # fmt: skip


def model(count=6):
    random = np.random.default_rng(0)
    tensors = {f"layers.{n}.w": random.normal(0, 1, (90, 60)).astype("f4") for n in range(count)}
    tensors["half"] = random.normal(0, 1, (50, 60)).astype(ml_dtypes.bfloat16)
    return tensors | {"tied": tensors["layers.1.w"], "count": np.arange(9)}


class Counted(io.BytesIO):
    """Bytes that count how many of them are read."""

    total = 0

    def read(self, size=-1):
        found = super().read(size)
        self.total += len(found)
        return found


def same(one, other):
    assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("listed", [False, True])
def test_as_of_a_file(options, listed):
    data = nnc.encode(model(), **options)
    whole = nnc.decode(data)
    with nnc.safe_open(io.BytesIO(data)) as file:
        if listed:
            assert file.keys() == list(whole)
        for name in whole:
            same(file.get_tensor(name), whole[name])
    with nnc.safe_open(io.BytesIO(data)) as file:
        for name in whole:
            same(file.get_slice(name)[2:5], whole[name][2:5])


def test_only_what_is_needed_is_read():
    data = nnc.encode(model(100), lossless=True)
    file = Counted(data)
    with nnc.safe_open(file) as opened:
        one = opened.get_tensor("layers.50.w")
    assert one.shape == (90, 60)
    assert file.total < len(data) * 0.5
    stored = nnc.encode({"w": np.ones((40_000, 25), "f4")}, keep=["*"])
    file = Counted(stored)
    with nnc.safe_open(file) as opened:
        assert opened.get_slice("w")[39_000:39_010].shape == (10, 25)
    assert file.total < 20_000


def test_headers_longer_than_most():
    names = [f"a.name.of.some.length.{number:04}" for number in range(600)]
    tensors = {name: np.full((2, 3), number, "f4") for number, name in enumerate(names)}
    data = nnc.encode(tensors, joins=[nnc.Joined(names=names)])
    with nnc.safe_open(io.BytesIO(data)) as file:
        assert file.keys() == names
        assert file.get_tensor(names[77])[0, 0] == 77


def test_ranges_are_read_once():
    data, asked = bytes(range(256)) * 256, []

    def read(start, stop):
        asked.append((start, stop))
        return data[start:stop]

    file = RangedFile("x", len(data), read)
    random = np.random.default_rng(0)
    for _ in range(100):
        start = int(random.integers(len(data)))
        count = int(random.integers(3000))
        assert file.bytes_at(start, count) == data[start : start + count]
    asked.sort()
    assert all(stop <= start for (_, stop), (start, _) in itertools.pairwise(asked))


def test_what_can_not_be_read():
    with pytest.raises(nnc.InputError, match="can't be read by ranges"):
        nnc.safe_open(Pipe())
    short = RangedFile("x", 100, lambda start, stop: b"")
    with pytest.raises(nnc.InputError, match="0 bytes came in place of 100 at 0"):
        short.bytes_at(0, 10)
    with pytest.raises(nnc.IncompleteError):
        nnc.safe_open(io.BytesIO())


class Unbuffered(io.BytesIO):
    """A file that gives no more at a time than it likes."""

    def read(self, size=-1):
        return super().read(min(size, 1000))


class Telling(io.BytesIO):
    """A file that tells another size than it has, and may give something else than bytes."""

    def __init__(self, data, size=None, given=None):
        super().__init__(data)
        self.size, self.given = size, given

    def seek(self, place, whence=0):
        end = super().seek(place, whence)
        return self.size if whence == io.SEEK_END and self.size != 0 else end

    def read(self, size=-1):
        return super().read(size) if self.given is None else self.given[0]


def test_short_reads_go_on():
    data = nnc.encode(model())
    with nnc.safe_open(Unbuffered(data)) as file:
        same(file.get_tensor("half"), nnc.decode(data)["half"])


def test_a_file_larger_than_memory():
    data = nnc.encode(model())
    size = 1 << 42
    if not ranged.UNRESERVED:
        pytest.skip("memory is counted before it is used")
    file = RangedFile("x", size, lambda start, stop: (data + bytes(stop))[start:stop])
    assert file.bytes_at(0, 100) == data[:100]


@pytest.mark.parametrize("size", [-1, 1 << 70, 1 << 62, "7", 2.5, None])
def test_sizes_that_no_file_has(size):
    with pytest.raises(nnc.InputError, match="can't be read by ranges"):
        nnc.safe_open(Telling(b"abc", size))


@pytest.mark.parametrize("given", ["text", None, 7])
def test_files_that_give_no_bytes(given):
    with (
        nnc.safe_open(Telling(nnc.encode(model()), 0, [given])) as file,
        pytest.raises(nnc.InputError, match=f"returns {type(given).__name__}, not bytes"),
    ):
        file.keys()


def test_a_file_closed_meanwhile():
    data = io.BytesIO(nnc.encode(model()))
    with nnc.safe_open(data) as file:
        data.close()
        with pytest.raises(nnc.InputError, match="closed file"):
            file.keys()


@pytest.mark.parametrize("url", ["reference://x", "data://x", "zip://a::memory://folder/no.zip"])
def test_urls_that_fsspec_makes_nothing_of(url):
    fsspec = pytest.importorskip("fsspec")
    with fsspec.open("memory://folder/no.zip", "wb") as file:
        file.write(b"no zip")
    with pytest.raises(nnc.InputError, match=url.partition(":")[0]):
        nnc.safe_open(url)


class Pipe:
    """A file that can't be sought in."""

    def read(self, size=-1):
        return b""

    def seek(self, place, whence=0):
        raise io.UnsupportedOperation("seek")


def test_urls_of_fsspec():
    fsspec = pytest.importorskip("fsspec")
    data = nnc.encode(model())
    with fsspec.open("memory://folder/model.nnc", "wb") as file:
        file.write(data)
    with nnc.safe_open("memory://folder/model.nnc") as file:
        same(file.get_tensor("half"), nnc.decode(data)["half"])
    with pytest.raises(FileNotFoundError):
        nnc.safe_open("memory://folder/other.nnc")
    with pytest.raises(nnc.InputError, match="nosuch"):
        nnc.safe_open("nosuch://folder/model.nnc")


def test_a_file_system_that_fails_while_it_is_read(monkeypatch):
    fsspec = pytest.importorskip("fsspec")
    with fsspec.open("memory://folder/model.nnc", "wb") as file:
        file.write(nnc.encode(model()))
    opened = nnc.safe_open("memory://folder/model.nnc")

    def fail(self, path, start=None, end=None):
        raise RuntimeError("the token has expired")

    monkeypatch.setattr(fsspec.get_filesystem_class("memory"), "cat_file", fail)
    with pytest.raises(nnc.InputError, match=r"memory://folder/model\.nnc: the token has expired"):
        opened.keys()


class Ranges(http.server.BaseHTTPRequestHandler):
    """Serves ranges of some bytes."""

    data, sent = b"", 0

    def do_HEAD(self):
        self.answer(200, self.data, body=False)

    def do_GET(self):
        wanted = self.headers.get("Range")
        if wanted is None:
            return self.answer(200, self.data)
        first, last = wanted.removeprefix("bytes=").split("-")
        part = self.data[int(first) : int(last or len(self.data)) + 1]
        return self.answer(206, part, first=int(first))

    def answer(self, status, data, *, body=True, first=None):
        self.send_response(status)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(data)))
        if first is not None:
            last = first + len(data) - 1
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(self.data)}")
        self.end_headers()
        if body:
            type(self).sent += len(data)
            self.wfile.write(data)

    def log_message(self, *_):
        """Say nothing."""


def test_over_http():
    pytest.importorskip("fsspec")
    pytest.importorskip("aiohttp")
    Ranges.data, Ranges.sent = nnc.encode(model(60), lossless=True), 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ranges)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with nnc.safe_open(f"http://127.0.0.1:{server.server_port}/model.nnc") as file:
            same(file.get_tensor("layers.7.w"), nnc.decode(Ranges.data)["layers.7.w"])
        assert 0 < Ranges.sent < len(Ranges.data) / 2
    finally:
        server.shutdown()
        server.server_close()
