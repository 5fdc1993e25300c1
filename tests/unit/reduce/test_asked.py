import numpy as np
import pytest
from safetensors.numpy import save_file

import nnc
from nnc.cli.main import run
from nnc.demo.network import accuracy, load_network

CODING = {"qp": -24, "nonweight_qp": -48}


@pytest.fixture(scope="module")
def network():
    return load_network()


@pytest.mark.filterwarnings("ignore:2 batch norms")
@pytest.mark.parametrize(("options", "least"), [
    ({"fold_batch_norms": True}, 0.99),
    ({"sparsify": 0.6}, 0.99),
    ({"sparsify_rows": 0.5}, 0.98),
    ({"unify": 0.3}, 0.97),
    ({"fold_batch_norms": True, "tensors": {"classifier.0.*": {"low_rank": "rank=8"}}}, 0.98),
    ({"fold_batch_norms": True, "blocks": "auto"}, 0.99),
], ids=str)  # fmt: skip
def test_options_do_what_the_tools_do(network, options, least):
    decoded = nnc.decode(nnc.encode(network, **CODING, **options))
    assert {name: one.shape for name, one in decoded.items()} == {
        name: one.shape for name, one in network.items()
    }
    assert accuracy(decoded) >= least


def test_single_tensors(network):
    tensors = {"classifier.0.*": {"sparsify": 0.9}, "*": {"sparsify": 0.0}}
    decoded = nnc.decode(nnc.encode(network, qp=-50, nonweight_qp=-50, tensors=tensors))
    assert (decoded["classifier.0.weight"] == 0).mean() > 0.89
    assert (decoded["features.3.weight"] == 0).mean() < 0.1


@pytest.mark.filterwarnings("ignore:2 batch norms")
def test_the_command_and_its_file(network, tmp_path):
    save_file(network, tmp_path / "digits.safetensors")
    (tmp_path / "options.toml").write_text(
        "qp = -24\nnonweight_qp = -48\nlow_rank = 'rank=8'\n"
        "[tensors.'features.*']\nlow_rank = 'rank=1000'\n"
    )
    model, bitstream, back = (tmp_path / f"digits.{s}" for s in ("safetensors", "nnc", "npz"))
    assert run(["encode", str(model), "-q", "--fold-batch-norms", "--sparsify", "0.5",
                "--options", str(tmp_path / "options.toml")]) == 0  # fmt: skip
    assert run(["decode", str(bitstream), "-q", "-o", str(back)]) == 0
    decoded = dict(np.load(back))
    assert set(decoded) == set(network)
    assert accuracy(decoded) >= 0.97
    assert bitstream.stat().st_size < len(nnc.encode(network, **CODING))


@pytest.mark.filterwarnings("ignore:2 batch norms")
def test_an_accuracy_counts_from_before(network):
    asked = []

    def evaluate(tensors):
        asked.append(set(tensors))
        return accuracy(tensors)

    options = {"fold_batch_norms": True, "accuracy_drop": 1.0, "evaluate": evaluate}
    decoded = nnc.decode(nnc.encode(network, **options))
    assert accuracy(decoded) >= accuracy(network) - 0.01
    assert all(names == set(network) for names in asked)


@pytest.mark.parametrize("options", [
    {"sparsify": 1}, {"sparsify": -1}, {"sparsify": "x"}, {"unify": 2}, {"low_rank": "rank=0"},
    {"low_rank": "size=3"}, {"low_rank": 1.5}, {"tensors": {"*": {"sparsify": 2}}},
], ids=str)  # fmt: skip
def test_out_of_range(network, options):
    with pytest.raises(nnc.InputError):
        nnc.encode(network, **options)


@pytest.mark.parametrize("options", [
    {"sparsify": 0.5}, {"fold_batch_norms": True}, {"tensors": {"*": {"unify": 0.5}}},
], ids=str)  # fmt: skip
def test_sessions_reduce_by_themselves(options):
    with pytest.raises(nnc.InputError, match=r"nnc\.reduce"):
        nnc.Encoder(**options)


def test_a_given_block_cannot_be_folded(network):
    block = nnc.Block(weight="classifier.0.weight", bias="classifier.0.bias")
    with pytest.raises(nnc.InputError, match="leave it to one"):
        nnc.encode(network, blocks=[block], low_rank="rank=4", **CODING)


def test_without_torch_and_onnx_nothing_of_them_is_imported():
    import subprocess
    import sys

    code = (
        "import sys, nnc.reduce; print([m for m in ('torch', 'onnx', 'torch_pruning') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
