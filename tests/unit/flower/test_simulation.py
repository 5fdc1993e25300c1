"""The app under docs/ on Flower's own simulation, with half of the nodes in each round."""

import fcntl
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
APP = ROOT / "docs" / "flower_app"

SCRIPT = """
from flwr.simulation import run_simulation
from digits_app.client_app import app as client
from digits_app.server_app import app as server

run_simulation(
    server_app=server, client_app=client, num_supernodes=6,
    backend_config={
        "client_resources": {"num_cpus": 1},
        "init_args": {"num_cpus": 2, "include_dashboard": False,
                      "object_store_memory": 200 * 1024**2},
    },
)
"""

CONNECTION = """
[superlink]
default = "loopback"

[superlink.loopback]
address = "127.0.0.1:{port}"
insecure = true
"""


@pytest.fixture
def surroundings(tmp_path):
    """Environment in which Flower keeps its files apart, and finds the app and this package.

    One simulation at a time: two of Ray's on two processors don't get to start in time.
    """
    pytest.importorskip("ray")
    with (Path(tempfile.gettempdir()) / "nnc-simulation.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield environment(tmp_path)


def environment(tmp_path):
    return {
        **os.environ,
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_DISABLE_UPDATE_CHECK": "1",
        "FLWR_HOME": str(tmp_path / "home"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(APP), str(ROOT / "generator")]),
    }


def check_table(said):
    """Check the last line of the table that the server prints: sums of eight rounds."""
    (total,) = [line.split() for line in said.splitlines() if line.strip().startswith("all ")]
    assert 0 < float(total[2]) < 5
    assert 0 < float(total[4]) < 8
    assert total[-2:] == ["48", "0"]


@pytest.mark.slow
def test_the_app_runs_in_the_simulation(tmp_path, surroundings):
    script = tmp_path / "simulate.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=surroundings,
        timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    check_table(done.stdout)


@pytest.fixture
def server(tmp_path, surroundings):
    """A server of simulations on this machine alone, with what is installed already."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text(CONNECTION.format(port=port))
    command = ["flower-superlink", "--insecure", "--simulation", "--host", "127.0.0.1", "--port",
               str(port), "--disable-runtime-dependency-installation"]  # fmt: skip
    log = tmp_path / "superlink.log"
    with log.open("w") as file:
        process = subprocess.Popen(command, env=surroundings, stdout=file, stderr=file)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, log.read_text()[-3000:]
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.slow
@pytest.mark.usefixtures("server")
def test_flwr_run_runs_the_app(surroundings):
    command = ["flwr", "run", str(APP), "loopback", "--stream", "--federation-config",
               "num-supernodes=6"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env=surroundings, timeout=500)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    check_table(said)
