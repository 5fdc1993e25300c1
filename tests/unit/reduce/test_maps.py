import numpy as np
import pytest

import nnc
from nnc.cli.main import run
from nnc.demo.network import load_network, load_test_images, predict
from nnc.reduce import apply_entry, entry_for, performance_map

CODING = {"qp": -26, "nonweight_qp": -50}
POINTS = {
    "sparsification": [0.0, 0.01, 0.03],
    "pruning": [0.0, 0.1, 0.3],
    "unification": [0.0, 0.005],
    "decomposition": [1e-6, 1e-4],
}

IMAGES, LABELS = (one[:100] for one in load_test_images())


def evaluate(tensors):
    right = predict(tensors, IMAGES) == LABELS
    return right.mean(), [right[digit == LABELS].mean() for digit in range(10)]


@pytest.fixture(scope="module")
def network():
    return load_network()


@pytest.mark.parametrize("tool", POINTS)
def test_maps_of_annex_g_every_entry_is_reproduced_by_the_receiver(network, tool):
    decoded = nnc.decode(nnc.encode(network, **CODING))
    maps = performance_map(decoded, tool, POINTS[tool], evaluate)
    data = nnc.encode(network, performance_maps=maps, **CODING)
    received = nnc.decode(data)
    read = nnc.ModelInformation.of(nnc.Bitstream.parse(data)).performance_maps
    entries = getattr(read, tool)
    assert len(entries) == len(POINTS[tool])
    for entry in entries:
        thinned = apply_entry(received, entry)
        accuracy, classes = evaluate(thinned)
        assert np.float32(accuracy) == np.float32(entry.accuracy)
        assert np.array_equal(np.float32(classes), np.float32(entry.class_accuracies))
    if tool == "sparsification":
        weights = [one for one in thinned.values() if one.ndim > 1]
        ratio = sum(np.count_nonzero(one) for one in weights) / sum(one.size for one in weights)
        assert np.float32(ratio) == np.float32(entry.non_zero_ratio)
    if tool == "decomposition":
        assert 0 < entries[1].reduction_ratio < entries[0].reduction_ratio <= 1


def test_the_command_applies_an_entry(network, tmp_path, capsys):
    decoded = nnc.decode(nnc.encode(network, **CODING))
    maps = performance_map(decoded, "sparsification", [0.005, 0.02, 1.0], evaluate)
    bitstream, output = tmp_path / "digits.nnc", tmp_path / "digits.npz"
    nnc.save_file(network, bitstream, performance_maps=maps, **CODING)
    asked = ["decode", str(bitstream), "-o", str(output), "-q", "--thin-out"]
    assert run([*asked, "sparsification=0.9"]) == 0
    entry = maps.sparsification[1]
    assert np.float32(evaluate(dict(np.load(output)))[0]) == np.float32(entry.accuracy)
    for wrong in ("sparsification=1.5", "pruning=0.5", "folding=0.5", "sparsification"):
        assert run([*asked, wrong, "--force"]) == 4
    assert "is not KIND=ACCURACY" in capsys.readouterr().err


def test_the_strongest_entry_that_keeps_the_accuracy(network):
    maps = performance_map(network, "pruning", [0.0, 0.2, 0.4], lambda _: next(values))
    assert entry_for(maps, "pruning", 0.9).ratio == np.float32(0.2)
    with pytest.raises(nnc.InputError, match=r"keeps 0.999"):
        entry_for(maps, "pruning", 0.999)
    with pytest.raises(nnc.InputError, match="no unification map"):
        entry_for(maps, "unification", 0.5)


values = iter([0.99, 0.95, 0.5])


def test_no_such_tool_or_point(network):
    with pytest.raises(nnc.InputError, match="tool must be"):
        performance_map(network, "folding", [1], evaluate)
    with pytest.raises(nnc.InputError, match="negative"):
        performance_map(network, "pruning", [-1], evaluate)
    with pytest.raises(nnc.InputError, match="entry"):
        apply_entry(network, 0.5)
