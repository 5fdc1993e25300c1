"""Warnings point at the code that called the library, however deep inside they arise."""

import importlib
import warnings
from pathlib import Path

import numpy as np
import pytest

import nnc
from nnc.bitio import caution

STEEP = {"w": np.full((4, 4), 1e6, "f4"), "v": np.full((4, 4), 1e-3, "f4")}
PATTERN = {"keep": ["z*"]}


def save(folder: Path) -> None:
    nnc.save_file(STEEP, folder / "m.nnc", **PATTERN)


def session(folder: Path) -> None:
    nnc.Encoder().encode({"w": np.zeros((5000, 5000), "f4")})


def update(folder: Path) -> None:
    encoder = nnc.Encoder()
    encoder.encode(STEEP)
    nnc.decode(encoder.encode({name: values * 2 for name, values in STEEP.items()}))


def search(folder: Path) -> None:
    nnc.encode(STEEP, target_size="400%", **PATTERN)


@pytest.mark.parametrize("call", [save, session, update, search])
def test_a_warning_points_at_the_caller(call, tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(tmp_path)
    first, last = call.__code__.co_firstlineno, list(call.__code__.co_lines())[-1][2]
    assert caught
    for warning in caught:
        assert warning.filename == __file__
        assert first < warning.lineno <= last


def test_imports_on_the_way_are_passed_over(tmp_path, monkeypatch):
    (tmp_path / "outside_of_nnc.py").write_text("import nnc_of_another_kind\n")
    (tmp_path / "nnc_of_another_kind.py").write_text(
        "from nnc.bitio import caution\ncaution.warn('odd', UserWarning)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.warns(UserWarning, match="odd") as caught:
        importlib.import_module("outside_of_nnc")
    assert caught[0].filename == str(tmp_path / "nnc_of_another_kind.py")


def test_a_line_is_told_once_by_default():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            caution.warn("the same", UserWarning)
    assert len(caught) == 1


def test_a_warning_can_be_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error", nnc.EncodingWarning)
        with pytest.raises(nnc.EncodingWarning, match="no tensor has a name"):
            nnc.encode(STEEP, **PATTERN)
