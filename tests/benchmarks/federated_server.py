"""Measures what a server of federated learning holds and takes for many devices.

A network learns digits on devices; all of them send an update in each of two rounds. With
`received`, updates are of the model that the server sent, so that it holds nothing of a device;
with `own`, each is of the device's last model, so that it holds a branch for each; `own, slim`
holds no more of a branch than its values. The second round is measured: decoding all updates and
their mean. Memory is that of the process beyond what it was before the server began.

    python tests/benchmarks/federated_server.py --devices 1000
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from digits import divided  # noqa: E402

import nnc  # noqa: E402
from nnc.demo.learning import Tensors, first_model, trained  # noqa: E402

WAYS: dict[str, dict[str, Any]] = {
    "received": {"parent": "received", "slim": True},
    "own": {},
    "own, slim": {"slim": True},
}

#: Steps of updates and of the model that they begin with.
OPTIONS = {"qp": -24, "nonweight_qp": -24, "effort": 0}

#: Each of so many parts of the images is for some of the devices.
PARTS = 50


def resident() -> int:
    """Return the bytes of memory that this process takes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def sent(way: str, devices: int, models: list[Tensors]) -> list[list[bytes]]:
    """Return by round what devices send, and add the server's models."""
    digits, how = divided(0, PARTS), WAYS[way]
    server = nnc.Encoder(slim=True, **OPTIONS)
    downs = [server.encode(first_model(0))]
    models.append(server.decoder.tensors())
    ups: list[list[bytes]] = [[], []]
    first: nnc.Encoder | None = None
    for number in range(1, devices + 1):
        device = nnc.Encoder(device_id=number, **how, **OPTIONS)
        device.receive(downs[0])
        for turn in range(2):
            if turn:
                if first is None:
                    # What the first device learned stands for the mean of all.
                    first = device
                    downs.append(server.encode(device.decoder.tensors(number)))
                device.receive(downs[1])
            model = trained(
                device.decoder.tensors(0), digits, digits.parts[number % PARTS], [turn, number]
            )
            ups[turn].append(device.encode(model))
    return [[downs[0]], ups[0], [downs[1]], ups[1]]


def measured(way: str, devices: int) -> tuple[float, float, float, int]:
    """Return seconds of a round, MB held between rounds and at most, and bytes of an update."""
    models: list[Tensors] = []
    first, begun, second, updates = sent(way, devices, models)
    gc.collect()
    before = resident()
    inbox = nnc.Decoder(slim=bool(WAYS[way].get("slim")))
    inbox.decode(first[0])
    if way != "received":
        for data in begun:
            inbox.decode(data)
    inbox.decode(second[0])
    gc.collect()
    held = resident() - before
    started, most = time.process_time(), 0
    total: Tensors = {}
    for number, data in enumerate(updates, 1):
        session = inbox
        if way == "received":
            session = inbox.copy()
            session.rebase()
        learned = session.decode(data)
        for name, values in learned.items():
            total[name] = total.get(name, 0) + values / devices
        if number % 100 == 0:
            most = max(most, resident() - before)
    seconds = time.process_time() - started
    gc.collect()
    held = max(held, resident() - before) if way != "received" else held
    return seconds, held / 1e6, max(most, held) / 1e6, int(np.mean([len(one) for one in updates]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--devices", type=int, default=1000)
    given = parser.parse_args()
    size = sum(one.nbytes for one in first_model(0).values())
    print(f"{given.devices} devices, a model of {size / 1000:.0f} kB\n")
    print("| | CPU s a round | MB held | MB at most | bytes an update |")
    print("| :--- | ---: | ---: | ---: | ---: |")
    for way in WAYS:
        # A process for each, so that none finds the memory of another.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            seconds, held, most, update = pool.apply(measured, (way, given.devices))
        print(f"| {way} | {seconds:.1f} | {held:.0f} | {most:.0f} | {update} |", flush=True)


if __name__ == "__main__":
    main()
