import json

import pytest

import nnc
from nnc.cli.main import run as command
from nnc.demo import reduced
from nnc.demo.network import accuracy, load_network


@pytest.fixture(scope="module")
def points():
    with pytest.warns(nnc.EncodingWarning, match="nearly nothing"):
        return reduced.run([-24, -18])


def test_tools_are_compared_at_the_same_accuracy(points):
    assert sum(one.nbytes for one in load_network().values()) == reduced.FLOAT32_BYTES
    assert {one.tool for one in points} == {*reduced.tools(), reduced.TRAINED}
    best = reduced.smallest(points)
    assert best["fold_batch_norms"].bytes_encoded < 0.98 * best["none"].bytes_encoded
    assert all(one.accuracy >= reduced.WANTED for one in best.values())
    # The coarse step is too coarse for all of them.
    assert {one.qp for one in best.values()} <= {-24, None}


def test_the_network_that_was_trained_to_be_small(points):
    data = reduced.load_reduced()
    assert len(data) <= 3500
    decoded = nnc.decode(data)
    assert set(decoded) == set(load_network())
    assert accuracy(decoded) >= reduced.WANTED
    assert points[-1].bytes_encoded == len(data)


def test_the_command_prints_the_table_and_draws_it(points, monkeypatch, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(reduced, "run", lambda: points)
    picture = tmp_path / "tools.svg"
    assert command(["demo", "--reduce", "--plot", str(picture)]) == 0
    told = capsys.readouterr().out
    assert reduced.TRAINED in told
    assert "low_rank, rank 8" in told
    assert b"fold_batch_norms" in picture.read_bytes() or picture.stat().st_size > 1000
    assert command(["demo", "--reduce", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["points"]) == len(points)


def test_a_plot_needs_what_it_draws(capsys):
    assert command(["demo", "--plot", "x.png"]) == 4
    assert "--reduce" in capsys.readouterr().err
