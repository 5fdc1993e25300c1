"""The command for scripts that call it many times: forked from a process that has loaded it.

`serve` runs in a process that loads the command once, and forks itself for each call. What scripts
find as `nnc` is the program of `client`: it hands its arguments, folder, environment and streams
over, and exits as the call does.
"""

import array
import importlib
import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from safetensors.numpy import save_file

from nnc.cli.main import VERBS, main, run

ROOT = Path(__file__).parents[2]

#: Starts with as little as it can: without site-packages, and no module of the project.
CLIENT = """
import array, json, os, socket, sys
call = json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX) as server:
    server.connect(sys.argv[1])
    streams = array.array("i", [0, 1, 2])
    server.sendmsg([len(call).to_bytes(4)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
    server.sendall(call)
    code = server.recv(1)
sys.exit(code[0] if code else "the command ended without a code")
"""


def client(address: Path) -> str:
    """Return a program for the shell that makes a server call the command."""
    program = address.with_name("client.py")
    program.write_text(CLIENT)
    return f'#!/bin/sh\nexec {sys.executable} -I -S {program} {address} "$@"\n'


@contextmanager
def server(address: Path, environment: dict[str, str]) -> Iterator[None]:
    """Serve at an address, in an environment, as long as the context lasts."""
    # The sources come last: the package may be installed elsewhere.
    code = f"import sys; sys.path.append({str(ROOT)!r})\n"
    code += f"from tests.docs.command import serve; serve({str(address)!r})"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=address.parent, env=environment, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield
        process.terminate()


def serve(address: str) -> None:
    """Call the command for each client, in a process of its own."""
    for verb in VERBS:
        importlib.import_module(f"nnc.cli.{verb}")
    load()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    print("ready", flush=True)
    running = 0
    while True:
        connection, _ = listener.accept()
        while running and os.waitpid(-1, os.WNOHANG)[0]:
            running -= 1
        if os.fork() == 0:
            os._exit(answer(connection))
        running += 1
        connection.close()


def load() -> None:
    """Load what verbs import when they are called, which takes longer than most calls."""
    with TemporaryDirectory() as folder:
        model, encoded, back = (f"{folder}/{name}" for name in ("m.safetensors", "m.nnc", "b.npz"))
        save_file({"w": np.eye(8, dtype=np.float32)}, model)
        # Threads wouldn't live on in the fork.
        assert run(["encode", model, "-o", encoded, "--quiet", "--threads", "1"]) == 0
        assert run(["decode", encoded, "-o", back, "--quiet", "--threads", "1"]) == 0
    importlib.import_module("nnc.fuzzing.streams")
    importlib.import_module("nnc.standard")


def answer(connection: socket.socket) -> int:
    """Call the command as a client asks, and tell it the exit code."""
    size, streams = received(connection)
    arguments, folder, environment = json.loads(connection.recv(size, socket.MSG_WAITALL))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0)))
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w")))
    sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, "w")), write_through=True)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["nnc", *arguments]
    code = 1
    try:
        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    connection.sendall(bytes([code]))
    return code


def received(connection: socket.socket) -> tuple[int, list[int]]:
    """Return the size of what a client sends, and its streams."""
    streams = array.array("i")
    room = socket.CMSG_SPACE(3 * streams.itemsize)
    size, messages, _, _ = connection.recvmsg(4, room)
    for _, _, data in messages:
        streams.frombytes(data)
    return int.from_bytes(size), list(streams)
