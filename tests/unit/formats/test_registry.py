from pathlib import Path

import numpy as np
import pytest

import nnc
from nnc.bitio import InputError
from nnc.formats import (
    FORMATS,
    Format,
    format_of_input,
    format_of_output,
    open_source,
    read_model,
    write_model,
)


def test_the_longest_suffix_counts(monkeypatch, tmp_path):
    longer = Format("longer", (".index.npz",), "nowhere")
    monkeypatch.setattr("nnc.formats.registry.FORMATS", [*FORMATS, longer])
    assert format_of_output(tmp_path / "x.index.NPZ") is longer
    assert format_of_output(tmp_path / "x.npz").name == "npz"


def test_formats_are_recognized_by_content(monkeypatch, tmp_path):
    one = Format("one", (".one",), "nowhere", False, lambda path, head: head.startswith(b"ONE"))
    monkeypatch.setattr("nnc.formats.registry.FORMATS", [*FORMATS, one])
    (tmp_path / "model.unknown").write_bytes(b"ONE more")
    (tmp_path / "other.unknown").write_bytes(b"TWO")
    assert format_of_input(tmp_path / "model.unknown") is one
    with pytest.raises(InputError, match=r"other\.unknown.*a model format .*\.one"):
        format_of_input(tmp_path / "other.unknown")
    with pytest.raises(InputError, match="writes no model format"):
        format_of_output(tmp_path / "x.one")


def test_nothing_there():
    with pytest.raises(FileNotFoundError):
        format_of_input(Path("nowhere-at-all"))
    with pytest.raises(InputError, match="a model format"):
        format_of_input(Path("nowhere-at-all.txt"))


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_models_are_read_as_written(suffix, tmp_path):
    tensors = {"b": np.arange(6, dtype=np.int16).reshape(2, 3), "a": np.array(2.5)}
    write_model(tmp_path / f"m{suffix}", tensors)
    back = read_model(tmp_path / f"m{suffix}").tensors
    assert back.keys() == tensors.keys()
    for name, values in tensors.items():
        assert back[name].dtype == values.dtype
        np.testing.assert_array_equal(back[name], values)
        back[name][...] = 0


FAILURES = pytest.mark.parametrize(
    "error",
    [OverflowError("too large"), NotImplementedError("zip file version 12.7"), KeyError("x"),
     UnicodeDecodeError("utf-8", b"a", 0, 1, "bad"), OSError(22, "Invalid argument")],
)  # fmt: skip


@FAILURES
def test_whatever_a_reader_makes_of_damage_is_an_error_of_ours(error, tmp_path, monkeypatch):
    def fail(path):
        raise error

    path = tmp_path / "m.npz"
    path.write_bytes(b"PK")
    monkeypatch.setattr("nnc.formats.npz.open_source", fail)
    with pytest.raises(InputError, match=r"m\.npz: can't be read as npz: "):
        open_source(path)


@FAILURES
def test_so_it_is_when_a_tensor_is_read_later(error, tmp_path, monkeypatch):
    def fail(self, name):
        raise error

    path = tmp_path / "m.safetensors"
    write_model(path, {"w": np.ones(3, "f4")})
    monkeypatch.setattr("nnc.formats.safetensors.SafetensorsSource.read", fail)
    with open_source(path) as source:
        assert "w" in source
        assert "other" not in source
        with pytest.raises(KeyError):
            source["other"]
        for read in (source.tensor, source.__getitem__):
            with pytest.raises(InputError, match=r"tensor 'w' can't be read: \w+: "):
                read("w")
    with pytest.raises(InputError, match="tensor 'w' can't be read"):
        nnc.encode_file(path, tmp_path / "m.nnc")


def test_files_that_are_not_there_stay_errors_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_source(tmp_path / "m.npz")
