from pathlib import Path

import numpy as np
import pytest

from nnc.bitio import InputError
from nnc.formats import FORMATS, Format, format_of_input, format_of_output, read_model, write_model


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
    with pytest.raises(InputError, match="can be written"):
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
