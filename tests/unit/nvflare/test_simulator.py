"""Digits on NVFlare's own simulator, by a recipe with our filters."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

TRAIN = """
import nvflare.client as flare
from nnc.demo.learning import Digits, trained

flare.init()
digits = Digits.divided(0, 2)
part = int(flare.get_site_name().rpartition("-")[2]) - 1
while flare.is_running():
    model = flare.receive()
    seed = [model.current_round, part]
    new = trained(dict(model.params), digits, digits.parts[part], seed)
    flare.send(flare.FLModel(params=new, params_type=flare.ParamsType.FULL))
"""

PERSISTOR = """
from nvflare.app_common.abstract.model import ModelLearnableKey, make_model_learnable
from nvflare.app_common.abstract.model_persistor import ModelPersistor
from nnc.demo.learning import Digits, accuracy_of, first_model


class DigitsPersistor(ModelPersistor):
    def load_model(self, fl_ctx):
        return make_model_learnable(first_model(0), {})

    def save_model(self, model, fl_ctx):
        accuracy = accuracy_of(model[ModelLearnableKey.WEIGHTS], Digits.divided(0, 2))
        print("accuracy", accuracy, flush=True)
"""

JOB = """
import sys
from nvflare.client.config import ExchangeFormat
from nvflare.recipe import SimEnv
from nvflare.recipe.fedavg import FedAvgRecipe
from nnc.nvflare import add_filters
from persistor import DigitsPersistor

if __name__ == "__main__":
    recipe = FedAvgRecipe(
        name="digits", min_clients=2, num_rounds=5, train_script="train.py", framework="numpy",
        model_persistor=DigitsPersistor(), server_expected_format=ExchangeFormat.NUMPY,
    )
    add_filters(recipe)
    recipe.execute(SimEnv(num_clients=2, workspace_root=sys.argv[1]))
"""


@pytest.mark.slow
def test_a_recipe_runs_in_the_simulator(tmp_path):
    pytest.importorskip("nvflare")
    for name, text in (("train", TRAIN), ("persistor", PERSISTOR), ("job", JOB)):
        (tmp_path / f"{name}.py").write_text(text)
    paths = [str(ROOT), str(ROOT / "generator"), str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "job.py", str(tmp_path / "work")], cwd=tmp_path, capture_output=True,
        text=True, timeout=500, env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    sizes = re.findall(r"nnc: (model to|update of) \S+: (\d+) bytes in place of (\d+)", said)
    assert len(sizes) == 20
    ups = [int(size) / int(raw) for kind, size, raw in sizes if kind == "update of"]
    assert sum(ups) / len(ups) < 0.04
    assert float(re.findall(r"accuracy ([\d.]+)", said)[-1]) > 0.6
