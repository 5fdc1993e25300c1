"""Folders of LoRA adapters as PEFT writes them: in, out, and as updates of each other."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from nnc.cli.main import run

CONFIG = {"peft_type": "LORA", "r": 4, "target_modules": ["q"], "base_model_name_or_path": "some"}


def adapter(folder, change=0.0):
    random = np.random.default_rng(0)
    tensors = {
        f"base_model.model.layers.{layer}.q.lora_{side}.weight": values.astype("f4") + change
        for layer in range(3)
        for side, values in {
            "A": random.normal(0, 0.02, (4, 48)), "B": random.normal(0, 0.02, (48, 4))
        }.items()
    }  # fmt: skip
    folder.mkdir()
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    (folder / "adapter_config.json").write_text(json.dumps(CONFIG))
    return tensors


def check(folder, tensors, most):
    assert json.loads((folder / "adapter_config.json").read_text()) == CONFIG
    back = load_file(folder / "adapter_model.safetensors")
    assert back.keys() == tensors.keys()
    for name, values in tensors.items():
        assert np.abs(back[name] - values).max() <= most


@pytest.mark.parametrize(("options", "most"), [([], 1e-3), (["--lossless"], 0)])
def test_a_folder_goes_through(tmp_path, options, most):
    tensors = adapter(tmp_path / "first")
    assert run(["encode", str(tmp_path / "first"), "-o", str(tmp_path / "a.nnc"), *options]) == 0
    assert run(["decode", str(tmp_path / "a.nnc"), "-o", f"{tmp_path}/back/"]) == 0
    check(tmp_path / "back", tensors, most)


def test_an_adapter_is_an_update_of_another(tmp_path):
    adapter(tmp_path / "first")
    tensors = adapter(tmp_path / "second", np.float32(0.0005))
    first, update = str(tmp_path / "a.nnc"), str(tmp_path / "u.nnc")
    assert run(["encode", str(tmp_path / "first"), "-o", first]) == 0
    assert run(["encode", str(tmp_path / "second"), "--base", first, "-o", update]) == 0
    assert run(["decode", update, "--base", first, "-o", f"{tmp_path}/back/"]) == 0
    check(tmp_path / "back", tensors, 1e-3)
