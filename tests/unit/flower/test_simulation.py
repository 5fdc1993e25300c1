"""The app under docs/ on Flower's own simulation, with half of the nodes in each round."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

SCRIPT = """
import sys
sys.path[:0] = [{root!r}, {app!r}]
from flwr.app import Context, RecordDict
from flwr.simulation import run_simulation
from digits_app.client_app import app as client
from digits_app.server_app import app as server

run_simulation(
    server_app=server, client_app=client, num_supernodes=6,
    backend_config={{
        "client_resources": {{"num_cpus": 1}},
        "init_args": {{"num_cpus": 2, "include_dashboard": False,
                       "object_store_memory": 200 * 1024**2}},
    }},
)
"""


@pytest.mark.slow
def test_the_app_runs_in_the_simulation(tmp_path):
    pytest.importorskip("ray")
    app = ROOT / "docs" / "flower_app"
    script = tmp_path / "simulate.py"
    script.write_text(SCRIPT.format(root=str(ROOT), app=str(app)))
    env = {
        **os.environ,
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_HOME": str(tmp_path / "home"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(app), str(ROOT / "generator")]),
    }
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=env, timeout=500
    )
    assert done.returncode == 0, done.stderr[-3000:]
    total = done.stdout.strip().splitlines()[-1].split()
    assert total[0] == "all", done.stdout[-2000:]
    assert float(total[2]) < 5
    assert total[-1] == "0"
