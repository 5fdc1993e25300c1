"""Payloads of SEI messages with post-filters: bitstreams in and out, what is before them kept."""

import random

import numpy as np
import pytest

import nnc
from nnc.bitio import InputError
from nnc.cli.main import run
from nnc.containers import PostFilter, embed, extract, read_post_filter

BASE = {"filter.weight": np.arange(48, dtype="f4").reshape(6, 8) / 40}


@pytest.fixture(scope="module")
def bitstreams():
    """A base filter, and an update of it."""
    encoder = nnc.Encoder(qp=-32)
    return [encoder.encode(BASE), encoder.encode({"filter.weight": BASE["filter.weight"] * 1.1})]


def test_base_and_update_come_back_whatever_is_before_them(bitstreams):
    chance = random.Random(3)
    for number in range(200):
        head = bytes(chance.choices([0, 2, 4, 128, chance.randrange(256)], k=number % 40))
        message = PostFilter(head, bitstreams[number % 2])
        assert read_post_filter(message.to_bytes()) == message


def test_updates_decode_after_the_base(bitstreams):
    decoder = nnc.Decoder()
    for data in bitstreams:
        message = read_post_filter(b"\x00\x02\x80" + data)
        tensors = decoder.decode(message.bitstream)
    np.testing.assert_allclose(tensors["filter.weight"], BASE["filter.weight"] * 1.1, atol=0.01)


def test_damaged_payloads_are_refused_or_hold_a_bitstream(bitstreams):
    payload = PostFilter(b"\x00\x02\x80", bitstreams[0]).to_bytes()
    for damaged in (b"", b"\x00", payload[:-1], payload + b"\x00", payload[:20], bytes(4000)):
        with pytest.raises(InputError, match="no bitstream fills"):
            read_post_filter(damaged)


def test_files_and_the_command(tmp_path, monkeypatch, bitstreams, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.sei").write_bytes(b"head" + bitstreams[0])
    (tmp_path / "update.nnc").write_bytes(bitstreams[1])
    embed("update.nnc", "new.sei", message="old.sei")
    assert (tmp_path / "new.sei").read_bytes() == b"head" + bitstreams[1]
    extract("new.sei", "back.nnc")
    assert (tmp_path / "back.nnc").read_bytes() == bitstreams[1]
    assert run(["embed", "update.nnc", "-o", "again.sei", "--message", "old.sei"]) == 0
    assert run(["extract", "again.sei"]) == 0
    assert (tmp_path / "again.nnc").read_bytes() == bitstreams[1]
    assert run(["embed", "update.nnc", "-o", "none.sei"]) == 4
    assert run(["embed", "update.nnc", "-o", "none.mp4", "--message", "old.sei"]) == 4
    assert "name another message" in capsys.readouterr().err
    assert not (tmp_path / "none.sei").exists()
