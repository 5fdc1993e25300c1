"""Pictures by matplotlib; skipped where that is missing."""

import errno
import os

import numpy as np
import pytest
from safetensors.numpy import save_file

import nnc
from nnc.cli.main import run
from nnc.plotting import RatePoint, measure_rates, plot_bytes, plot_rates
from nnc.plotting.bytes import MOST_BARS, bars_of


@pytest.fixture(scope="module")
def tensors():
    random = np.random.default_rng(3)
    return {f"$layer{n}": random.normal(size=(n, 8)).astype(np.float32) for n in range(1, 80)}


def test_bars_are_the_largest_units_and_the_rest(tensors):
    bitstream = nnc.Bitstream.parse(nnc.encode(tensors, qp=-32))
    bars = bars_of(bitstream)
    assert len(bars) == MOST_BARS + 1
    assert bars[0][0] == r"\$layer79"
    sizes = [size for _, size, _ in bars[:-1]]
    assert sizes == sorted(sizes, reverse=True)
    sets = sum(unit.byte_size for unit in bitstream.units if not unit.names)
    assert sum(size for _, size, _ in bars) == sum(u.byte_size for u in bitstream.units) - sets


def test_rates_fall_and_errors_grow_with_qp(tensors):
    points = list(measure_rates(tensors, [-40, -30, -20]))
    assert [point.qp for point in points] == [-40, -30, -20]
    assert points[0].bytes > points[1].bytes > points[2].bytes
    assert points[0].mse < points[1].mse < points[2].mse
    values = sum(array.size for array in tensors.values())
    assert points[0].bits_per_value == 8 * points[0].bytes / values


def test_models_without_weights_are_refused():
    with pytest.raises(nnc.InputError, match="more than one dimension"):
        list(measure_rates({"a": np.zeros(3, np.float32)}, [-30]))


def test_pictures_are_written(tensors, tmp_path):
    pytest.importorskip("matplotlib")
    plot_bytes(nnc.Bitstream.parse(nnc.encode(tensors)), tmp_path / "bytes.svg")
    assert (tmp_path / "bytes.svg").read_text("utf-8").startswith("<?xml")
    plot_rates([RatePoint(-30, 10, 2.0, 1e-4), RatePoint(-20, 5, 1.0, 0)], tmp_path / "rates.png")
    assert (tmp_path / "rates.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(nnc.InputError, match="suffix"):
        plot_rates([], tmp_path / "rates.doc")


def test_the_command(tensors, tmp_path):
    pytest.importorskip("matplotlib")
    save_file({"w": tensors["$layer9"]}, tmp_path / "m.safetensors")
    nnc.save_file(tensors, tmp_path / "m.nnc")
    for name in ("m.safetensors", "m.nnc"):
        picture = tmp_path / f"{name}.png"
        assert run(["plot", str(tmp_path / name), "-o", str(picture), "-q"]) == 0
        assert picture.read_bytes().startswith(b"\x89PNG")
    assert run(["plot", str(tmp_path / "m.safetensors"), "-o", "x.png", "--qp", "a,b"]) == 4


def test_a_picture_that_fails_leaves_nothing_behind(tensors, tmp_path, monkeypatch):
    figure = pytest.importorskip("matplotlib.figure")

    def full(self, file, **_):
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(figure.Figure, "savefig", full)
    (tmp_path / "old.png").write_bytes(b"old")
    for name in ("new.png", "old.png"):
        with pytest.raises(OSError, match="space"):
            plot_bytes(nnc.Bitstream.parse(nnc.encode(tensors)), tmp_path / name)
    assert [one.name for one in tmp_path.iterdir()] == ["old.png"]
    assert (tmp_path / "old.png").read_bytes() == b"old"
