import warnings

import numpy as np
import pytest

import nnc
from nnc.bitstream import notes
from nnc.demo.network import load_network, load_test_images, logits
from nnc.editing.tensors import rename
from nnc.formats.batch_norm import Layer
from nnc.model.batch_norm import BatchNorm, batch_norms_by_name
from nnc.reduce import fold_batch_norms, low_rank

LAYERS = [("features.0.weight", "features.1"), ("features.3.weight", "features.4")]


def layers(network):
    norms = {one.gamma.removesuffix(".weight"): one for one in batch_norms_by_name(network)}
    return [Layer(weight, None, norms[norm]) for weight, norm in LAYERS]


@pytest.fixture(scope="module")
def network():
    return load_network()


@pytest.fixture(scope="module")
def images():
    return load_test_images()[0][:50]


def test_clause_8_2_1_and_8_3_8_batch_norms_fold_and_unfold(network, images):
    folded = fold_batch_norms(network, layers(network))
    decoded = nnc.decode(nnc.encode(folded.tensors, qp=-60, nonweight_qp=-90, **folded.options))
    assert set(decoded) == set(network)
    expected = logits(network, images)
    assert np.abs(logits(decoded, images) - expected).max() < 1e-3 * np.abs(expected).max()
    assert np.abs(logits(folded.joined(), images) - expected).max() < 1e-5 * np.abs(expected).max()


def test_the_blocks_say_local_scaling_and_bias(network):
    folded = fold_batch_norms(network, layers(network))
    data = nnc.encode(folded.tensors, qp=-24, nonweight_qp=-48, **folded.options)
    headers = [unit.header.nnr_compressed_data_unit_header for unit in
               nnc.Bitstream.parse(data).units]  # fmt: skip
    blocks = [one for one in headers if one is not None and one.compressed_parameter_types]
    assert [one.compressed_parameter_types for one in blocks] == [10, 10]


def test_folding_makes_the_bitstream_smaller(network):
    coding = {"qp": -24, "nonweight_qp": -75, "metadata_unit": False}
    plain = nnc.encode(network, **coding)
    folded = fold_batch_norms(network, layers(network))
    assert len(nnc.encode(folded.tensors, **coding, **folded.options)) <= 0.97 * len(plain)


def test_without_the_note_the_caller_says_what_was_folded(network):
    folded = fold_batch_norms(network, layers(network))
    data = nnc.encode(folded.tensors, qp=-30, nonweight_qp=-60, metadata_unit=False,
                      **folded.options)  # fmt: skip
    assert "features.1.weight" not in nnc.decode(data)
    decoded = nnc.decode(data, batch_norms=folded.batch_norms)
    noted = nnc.decode(nnc.encode(folded.tensors, qp=-30, nonweight_qp=-60, **folded.options))
    assert all(np.array_equal(decoded[name], noted[name]) for name in network)


def test_by_names_with_a_warning(network):
    with pytest.warns(nnc.EncodingWarning, match="2 batch norms are taken to follow"):
        guessed = fold_batch_norms(network)
    known = fold_batch_norms(network, layers(network))
    assert all(np.array_equal(guessed.tensors[n], known.tensors[n]) for n in known.tensors)


def test_a_layer_with_a_bias_keeps_it_and_a_decomposed_one_is_scaled():
    random = np.random.default_rng(3)
    tensors = {
        "c.weight": (random.normal(size=(6, 2)) @ random.normal(size=(2, 20))).astype("f4"),
        "c.bias": random.normal(size=6).astype("f4"),
        "n.beta": random.normal(size=6).astype("f4"),
        "n.gamma": random.normal(size=6).astype("f4"),
        "n.mean": random.normal(size=6).astype("f4"),
        "n.var": random.uniform(0.5, 2, 6).astype("f4"),
    }
    norm = BatchNorm(beta="n.beta", gamma="n.gamma", mean="n.mean", variance="n.var", eps=1e-3)

    def output(t, x):
        y = x @ t["c.weight"].T + t["c.bias"]
        return (y - t["n.mean"]) / np.sqrt(t["n.var"] + 1e-3) * t["n.gamma"] + t["n.beta"]

    x = random.normal(size=(9, 20))
    rank = low_rank(tensors, rank=2, smaller=False)
    folded = fold_batch_norms(rank, [Layer("c.weight", "c.bias", norm)])
    (block,) = folded.blocks
    assert block.types == 11
    data = nnc.encode(folded.tensors, qp=-70, nonweight_qp=-80, **folded.options)
    decoded = nnc.decode(data)
    assert set(decoded) == set(tensors)
    np.testing.assert_allclose(output(decoded, x), output(tensors, x), atol=2e-3)


def test_what_cannot_be_folded(network):
    with pytest.raises(nnc.InputError, match="rows of"):
        fold_batch_norms(network, [layers(network)[0]._replace(weight="features.3.weight")])
    with pytest.raises(nnc.InputError, match="no tensor 'x'"):
        fold_batch_norms(network, [layers(network)[0]._replace(weight="x")])


def test_no_layers_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not fold_batch_norms({"w": np.ones((3, 3), "f4")}).blocks


def noting(note):
    """Return a bitstream whose metadata unit says something of folded batch norms."""
    data = nnc.encode({"w": np.ones((4, 5), "f4"), "v": np.arange(20.0)}, metadata={"key": "value"})
    bitstream = nnc.Bitstream.parse(data)
    unit = next(filter(notes.holds_notes, bitstream.units))
    unit.payload = notes.payload_of({**notes.content_of(unit), notes.FOLDED: note})
    return bitstream.to_bytes()


@pytest.mark.parametrize(
    "note",
    [
        5, None, [], "x", {"w": 5}, {"w": None}, {"w": []}, {"w": ["a", "b", "c"]},
        {"w": ["a", "b", "c", "d", "e"]}, {"w": ["a", "b", "c", "d", -1]}, {"w": ["a"] * 4},
        {"w": ["w", "b", "c", "d"]}, {"w": ["v", "b", "c", "d"]}, {"v": "m", "w": "m"},
        {"w": {"a": 1, "b": 2, "c": 3, "d": 4}}, {"w": True},
    ],
    ids=str,
)  # fmt: skip
def test_notes_that_say_no_batch_norm_are_told_with_their_place(note):
    with pytest.raises(nnc.InvalidError, match="metadata unit") as caught:
        nnc.decode(noting(note))
    assert caught.value.unit == 2


def test_a_note_of_a_weight_that_is_not_there_says_nothing():
    assert sorted(nnc.decode(noting({"elsewhere": "m"}))) == ["v", "w"]


def test_notes_follow_renamed_and_removed_layers(network):
    folded = fold_batch_norms(network, layers(network))
    bitstream = nnc.Bitstream.parse(nnc.encode(folded.tensors, qp=-24, **folded.options))
    unit = next(one for one in bitstream.walk() if "features.0.weight" in one.names)
    assert nnc.decode(bitstream).keys() >= {"features.1.running_var", "features.4.running_var"}
    rename(bitstream, {"features.0.weight": "stem.weight"})
    decoded = nnc.decode(bitstream)
    assert "stem.weight" in decoded
    assert "features.1.running_var" in decoded
    bitstream.remove(unit.path)
    left = nnc.decode(bitstream)
    assert "features.1.running_var" not in left
    assert "features.4.running_var" in left
