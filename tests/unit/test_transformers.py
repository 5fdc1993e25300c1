"""Models of Transformers from a bitstream, and from a folder with one in place of the weights."""

import shutil
import sys

import pytest

import nnc
import nnc.transformers as ours

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

IDS = torch.tensor([[1, 5, 9, 2, 7, 7, 3]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny model with its config and a tokenizer, made here."""
    place = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64,
    )  # fmt: skip
    transformers.BertForMaskedLM(config).eval().save_pretrained(place)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{number}" for number in range(59))]
    (place / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizer(str(place / "vocab.txt")).save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def coded(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("coded") / "model.nnc"
    nnc.encode_file(folder, path)
    return path


def logits(network):
    with torch.no_grad():
        return network.eval()(input_ids=IDS).logits


def test_logits_are_those_of_the_decoded_tensors(folder, coded):
    expected = transformers.BertForMaskedLM.from_pretrained(folder)
    decoded = nnc.decode(coded.read_bytes())
    with torch.no_grad():
        for name, values in expected.state_dict().items():
            if name in decoded:
                values.copy_(torch.from_numpy(decoded[name]))
    loaded = ours.from_pretrained(coded)
    assert type(loaded) is transformers.BertForMaskedLM
    assert torch.equal(logits(loaded), logits(expected))
    original = logits(transformers.BertForMaskedLM.from_pretrained(folder))
    assert (logits(loaded) - original).norm() < 0.05 * original.norm()


def test_a_folder_with_a_bitstream_in_place_of_the_weights(folder, coded, tmp_path):
    for one in folder.iterdir():
        if one.suffix != ".safetensors":
            shutil.copy(one, tmp_path)
    nnc.encode_file(folder / "model.safetensors", tmp_path / "weights.nnc", lossless=True)
    loaded = ours.from_pretrained(tmp_path, transformers.AutoModelForMaskedLM)
    assert torch.equal(logits(loaded), logits(ours.from_pretrained(folder_of(folder, tmp_path))))
    assert ours.tokenizer(tmp_path)("w3 w4")["input_ids"] == [2, 8, 9, 3]
    shutil.copy(coded, tmp_path / "other.nnc")
    with pytest.raises(nnc.InputError, match="not 2"):
        ours.from_pretrained(tmp_path)


def folder_of(folder, tmp_path):
    """Return the same without loss, as one bitstream."""
    path = tmp_path.parent / "whole.nnc"
    nnc.encode_file(folder, path, lossless=True)
    return path


def test_model_and_tokenizer_go_into_one_bitstream(folder, tmp_path):
    model = transformers.AutoModel.from_pretrained(folder)
    words = transformers.AutoTokenizer.from_pretrained(folder)
    sizes = ours.save_pretrained(model, tmp_path / "m.nnc", words, lossless=True)
    assert sizes.bitstream == (tmp_path / "m.nnc").stat().st_size
    loaded = ours.from_pretrained(tmp_path / "m.nnc")
    for name, values in model.state_dict().items():
        assert torch.equal(values, loaded.state_dict()[name])
    assert ours.tokenizer(tmp_path / "m.nnc")("w3")["input_ids"] == [2, 8, 3]


def test_what_is_no_model_is_refused(folder, tmp_path):
    nnc.encode_file(folder / "model.safetensors", tmp_path / "weights.nnc")
    with pytest.raises(nnc.InputError, match=r"config\.json"):
        ours.from_pretrained(tmp_path / "weights.nnc")
    with pytest.raises(nnc.InputError, match="not 0"):
        ours.from_pretrained(folder)
    with pytest.raises(nnc.InputError, match="save_pretrained"):
        ours.save_pretrained({}, tmp_path / "m.nnc")


def test_without_transformers_the_extra_is_named(coded, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(nnc.InputError, match=r"nnc\[transformers\]"):
        ours.from_pretrained(coded)
