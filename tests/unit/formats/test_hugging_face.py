"""What `from_pretrained` makes of the decoded folder that `save_pretrained` wrote."""

import warnings

import numpy as np
import pytest

import nnc
from nnc.cli.main import run

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

IDS = torch.tensor([[1, 5, 9, 2, 7, 7, 3]])

CONFIGS = {
    "GPT-2, tied": lambda: transformers.GPT2Config(
        vocab_size=64, n_positions=16, n_embd=32, n_layer=2, n_head=2
    ),
    "BERT, tied": lambda: transformers.BertConfig(
        vocab_size=64,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    ),
    "Llama": lambda: transformers.LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        tie_word_embeddings=False,
    ),
    "T5, tied": lambda: transformers.T5Config(
        vocab_size=64, d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2
    ),
}
CLASSES = {
    "GPT-2, tied": "GPT2LMHeadModel",
    "BERT, tied": "BertForMaskedLM",
    "Llama": "LlamaForCausalLM",
    "T5, tied": "T5ForConditionalGeneration",
}


def saved(kind, layout, folder):
    """Make a network and save it as one file, in shards, or as PyTorch's own file."""
    torch.manual_seed(3)
    network = getattr(transformers, CLASSES[kind])(CONFIGS[kind]()).eval()
    if layout == "bin":
        network.config.save_pretrained(folder)
        torch.save(network.state_dict(), folder / "pytorch_model.bin")
    else:
        size = {"max_shard_size": "60KB"} if layout == "shards" else {}
        network.save_pretrained(folder, **size)
    vocabulary = {"[UNK]": 0} | {f"t{number}": number for number in range(1, 64)}
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 16}')
    return network


def outputs(network):
    more = {"decoder_input_ids": IDS} if network.config.is_encoder_decoder else {}
    with torch.no_grad():
        return network(input_ids=IDS, **more).logits.numpy()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("layout", ["one file", "shards", "bin"])
@pytest.mark.parametrize("kind", CONFIGS)
@pytest.mark.parametrize("lossless", [True, False])
def test_from_pretrained_of_the_decoded_folder(kind, layout, lossless, tmp_path):
    source, back = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    network = saved(kind, layout, source)
    coded = tmp_path / "m.nnc"
    options = ["--lossless"] if lossless else []
    assert run(["encode", str(source), "-o", str(coded), *options]) == 0
    assert run(["decode", str(coded), "-o", f"{back}/"]) == 0
    for name in ("config.json", "vocab.txt", "tokenizer_config.json"):
        assert (back / name).read_bytes() == (source / name).read_bytes()
    if layout == "shards":
        assert len(list(back.glob("*.safetensors"))) == len(list(source.glob("*.safetensors"))) > 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded, info = type(network).from_pretrained(back, output_loading_info=True)
    assert not info["unexpected_keys"]
    assert not info["mismatched_keys"]
    wanted, got = outputs(network), outputs(loaded.eval())
    if lossless:
        assert np.array_equal(wanted, got)
    else:
        assert np.linalg.norm(wanted - got) < 0.02 * np.linalg.norm(wanted)
        assert coded.stat().st_size < 0.5 * sum(one.stat().st_size for one in source.iterdir())


@pytest.mark.filterwarnings("ignore")
def test_tied_embeddings_are_coded_once(tmp_path):
    torch.manual_seed(3)
    network = transformers.GPT2LMHeadModel(CONFIGS["GPT-2, tied"]())
    state = network.state_dict()
    names = {name for unit in nnc.Bitstream.parse(nnc.encode(state)).walk() for name in unit.names}
    assert "lm_head.weight" in state
    assert "lm_head.weight" not in names
    decoded = nnc.decode(nnc.encode(state))
    assert decoded["lm_head.weight"] is decoded["transformer.wte.weight"]
