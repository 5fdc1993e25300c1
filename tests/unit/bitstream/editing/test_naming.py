"""Notes of tensors follow when tensors are renamed, taken out or put in."""

import json

import ml_dtypes
import numpy as np
import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.bitstream.notes import SIGNATURE, holds_notes
from nnc.editing.tensors import drop, merge, rename, select, split
from nnc.model.metadata import read_metadata

pytestmark = pytest.mark.filterwarnings("error")

MODEL = {
    "a": np.arange(4, dtype="u2"),
    "b": np.arange(6, dtype="f4").reshape(2, 3),
    "c": np.arange(5, dtype=ml_dtypes.bfloat16),
    "d": np.array([True, False]),
    "e": np.arange(3, dtype="i4"),
}


def coded(**options):
    return Bitstream.parse(nnc.encode(MODEL, **options))


def path_of(bitstream, name):
    return next(unit.path for unit in bitstream.walk() if name in unit.names)


def check(bitstream, names):
    """What is decoded has the types of its notes, without a warning, and is counted."""
    data = bitstream.to_bytes()
    decoded = nnc.decode(data)
    assert list(decoded) == list(names)
    for name, old in names.items():
        assert decoded[name].dtype == MODEL[old].dtype
    metadata = read_metadata(Bitstream.parse(data).walk())
    assert metadata.count == len(names)
    assert metadata.tensors.keys() <= names.keys()
    cut = Bitstream(Bitstream.parse(data).units[:-1]).to_bytes()
    with pytest.warns(nnc.DecodingWarning, match=r"tells of 1 tensor\b"):
        nnc.decode(cut)


def same(*names):
    return {name: name for name in names}


@pytest.mark.parametrize("leaving", "abcde")
def test_units_taken_out_by_path(leaving):
    bitstream = coded()
    plan = bitstream.remove(path_of(bitstream, leaving))
    assert any("payload" in change.path for change in plan.changes)
    check(bitstream, same(*(name for name in MODEL if name != leaving)))


def test_units_taken_out_of_an_aggregate():
    bitstream = coded(aggregates="all")
    bitstream.remove(path_of(bitstream, "c"))
    decoded = nnc.decode(bitstream.to_bytes())
    assert list(decoded) == list("abde")


def test_what_select_drop_and_split_leave():
    bitstream = coded()
    select(bitstream, ["d", "c", "b"])
    check(bitstream, same("d", "c", "b"))
    drop(bitstream, ["c"])
    check(bitstream, same("d", "b"))
    for half, names in zip(split(coded(), ["a", "c"]), ("ac", "bde"), strict=True):
        check(half, same(*names))


def test_names_changed_by_path_or_exchanged():
    bitstream = coded()
    bitstream.set(f"{path_of(bitstream, 'c')}.header.topology_elem_id", "new")
    check(bitstream, {"a": "a", "b": "b", "new": "c", "d": "d", "e": "e"})
    rename(bitstream, {"a": "new", "new": "a"})
    check(bitstream, {"new": "a", "b": "b", "a": "c", "d": "d", "e": "e"})


def test_parts_and_blocks_are_counted_as_tensors():
    check(coded(blocks="auto"), same(*MODEL))
    decoded = nnc.decode(coded(part_size=20).to_bytes())
    assert list(decoded) == list(MODEL)


@pytest.mark.parametrize("plain", [0, 1, 2])
def test_merged_models_have_both_numbers(plain):
    other = {"f": np.arange(3, dtype="i4" if plain else "u2"), "g": np.arange(3, dtype="i4")}
    second = Bitstream.parse(nnc.encode(other))
    assert any(map(holds_notes, second.units)) == (not plain)
    pair = [coded(), second]
    whole = merge(*(pair[::-1] if plain == 2 else pair))
    data = whole.to_bytes()
    assert nnc.decode(data).keys() == MODEL.keys() | other.keys()
    assert read_metadata(whole.walk()).count == 7
    for count in (1, 3):
        units = Bitstream.parse(data).units
        missing = sum(len(unit.names) for unit in units[-count:])
        with pytest.warns(nnc.DecodingWarning, match=f"tells of {missing} tensor"):
            nnc.decode(Bitstream(units[:-count]).to_bytes())


def test_what_was_cut_off_stays_missing():
    cut = Bitstream(coded().units[:-1])
    cut.remove(path_of(cut, "b"))
    with pytest.warns(nnc.DecodingWarning, match="tells of 1 tensor that"):
        assert list(nnc.decode(cut.to_bytes())) == ["a", "c", "d"]


def test_a_unit_put_in_is_counted():
    bitstream = coded()
    added = Bitstream.parse(nnc.encode({"z": np.arange(7, dtype="i4")})).units[-1]
    bitstream.insert(f"units[{len(bitstream.units)}]", added)
    assert read_metadata(bitstream.walk()).count == 6
    bitstream.remove(f"units[{len(bitstream.units) - 1}]")
    check(bitstream, same(*MODEL))


def test_pruned_tensors_may_be_taken_out():
    model = {name: np.eye(4, k=1, dtype="f4") for name in "abc"}
    bitstream = Bitstream.parse(nnc.encode(model, prune_rows=True))
    drop(bitstream, ["b"])
    full = nnc.decode(bitstream.to_bytes(), pruned=False)
    assert {name: values.shape for name, values in full.items()} == {"a": (4, 4), "c": (4, 4)}


def test_an_update_that_was_cut_off():
    encoder, decoder = nnc.Encoder(qp=-30), nnc.Decoder()
    decoder.decode(encoder.encode(MODEL))
    changed = {name: np.flip(values).copy() for name, values in MODEL.items()}
    update = Bitstream.parse(encoder.encode(changed))
    with pytest.warns(nnc.DecodingWarning, match="1 tensor"):
        decoder.decode(Bitstream(update.units[:-1]).to_bytes())


def notes_of(bitstream):
    return next(unit for unit in bitstream.units if holds_notes(unit))


@pytest.mark.parametrize("count", [-1, True, "5", None, 2.0, [1]])
def test_numbers_that_are_none(count):
    bitstream = coded()
    content = json.loads(bytes(notes_of(bitstream).payload_bytes[len(SIGNATURE) :])) | {
        "count": count
    }
    notes_of(bitstream).payload = SIGNATURE + json.dumps(content).encode()
    with pytest.raises(nnc.InvalidError, match="number of tensors"):
        nnc.decode(bitstream.to_bytes())


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"tensors": 5, "metadata": 0}', b"[" * 10000]
)
def test_notes_that_are_no_good_don_t_hinder_an_edit(text):
    bitstream = coded()
    notes_of(bitstream).payload = SIGNATURE + text
    bitstream.remove(path_of(bitstream, "b"))
    assert notes_of(bitstream).payload_bytes == SIGNATURE + text
