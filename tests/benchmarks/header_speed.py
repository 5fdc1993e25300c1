"""Elements a second of header parsing on one core: nnc, and NNCodec's header reader beside it.

python tests/benchmarks/header_speed.py [--units 2000] [--repeat 5]

Both read the same headers: compressed data units as an encoder writes them, with names,
dimensions, a quarter of them with a codebook, another with entry points, in fixed proportions.
Elements are counted by the trace. Without NNCodec only nnc is measured.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import peer

import nnc
from nnc.bitio import BitReader
from nnc.bitstream import Bitstream
from nnc.syntax import nnr_unit_header, nnr_unit_size


def bitstream(units: int) -> Bitstream:
    """Encode a few tensors of each kind, and repeat their units."""
    draw = np.random.default_rng(1)
    tensors = {
        f"features.{number}.conv.weight": draw.normal(size=(40, 3, 3)).astype(np.float32) / 20
        for number in range(4)
    }
    made: list = []
    for options in ({}, {}, {"codebook": True, "dq": False}, {"scan_order": 1}):
        data = nnc.encode(tensors, metadata_unit=False, qp=-16, **options)
        parsed = Bitstream.parse(data).units
        if not made:
            made += [unit for unit in parsed if unit.type_name != "NNR_NDU"]
        made += [unit for unit in parsed if unit.type_name == "NNR_NDU"]
    head = [unit for unit in made if unit.type_name != "NNR_NDU"]
    body = [unit for unit in made if unit.type_name == "NNR_NDU"]
    repeated = [body[number % len(body)] for number in range(units)]
    return Bitstream.parse(b"".join(bytes(unit.whole) for unit in [*head, *repeated]))


def read_all(data_units: list, trace: list | None = None) -> None:
    """Read size and header of each unit."""
    for unit in data_units:
        reader = BitReader(unit.whole, trace=trace)
        scope = unit.scope
        nnr_unit_size._parse(reader, scope, "")
        nnr_unit_header._parse(reader, scope, "")


def peer_read_all(wholes: list, known: dict) -> None:
    """The same with NNCodec."""
    hls = sys.modules["nncodec.nnc_core.hls"]
    for whole in wholes:
        for _ in hls.decode_nnr_unit_size_and_header(hls.BitReader(whole), dict(known)):
            pass


def seconds(function: Callable[..., None], *arguments: object, repeat: int) -> float:
    """Return the shortest time of several runs."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        function(*arguments)
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    parsed = bitstream(arguments.units)
    data_units = [unit for unit in parsed.units if unit.type_name == "NNR_NDU"]
    trace: list = []
    read_all(data_units, trace)
    count = len(trace)
    print(f"{len(data_units)} headers, {count} elements, best of {arguments.repeat}")
    taken = seconds(read_all, data_units, repeat=arguments.repeat)
    print(f"nnc      {count / taken / 1e6:6.3f} million elements/s")
    if not peer.available():
        print(f"NNCodec  not measured: {peer.INSTALLATION}")
        return
    peer.load()
    mps = next(unit for unit in parsed.units if unit.type_name == "NNR_MPS").payload
    known = {"general_profile_idc": 1}
    known |= {name: getattr(mps, name) for name in mps.fields if getattr(mps, name) is not None}
    wholes = [bytearray(unit.whole) for unit in data_units]
    other = seconds(peer_read_all, wholes, known, repeat=arguments.repeat)
    print(
        f"NNCodec  {count / other / 1e6:6.3f} million elements/s, nnc is {other / taken:.1f} times"
    )


if __name__ == "__main__":
    main()
