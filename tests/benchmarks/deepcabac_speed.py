"""Speed of the entropy coder on Laplace-distributed levels, one thread.

Run `python tests/benchmarks/deepcabac_speed.py`. The functions can be imported, to put another
coder's figures beside ours on the same levels.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from nnc.deepcabac import Decoder, Encoder, TensorCoding, engine_name
from nnc.deepcabac.tables import STATE_TRANSITIONS

COLS = 1000

SCALES = {1.6: 0.81, 3.0: 2.5, 5.0: 10.9, 7.0: 43.0}
"""Scale of the Laplace distribution, in step sizes, that gives about so many bits a level."""


def laplace_levels(
    rate: float, count: int = 1_200_000, dq_flag: int = 1, seed: int = 1
) -> npt.NDArray[np.int32]:
    """Draw levels of about `rate` bits each (a key of SCALES).

    With dq_flag each value is rounded to the nearest level that the state allows.

    Returns:
        (count / 1000, 1000) int32 levels.
    """
    values = np.random.default_rng(seed).laplace(0, SCALES[rate], count)
    if not dq_flag:
        return values.round().astype(np.int32).reshape(-1, COLS)
    levels = np.empty(count, np.int32)
    state = 0
    for index, value in enumerate(values.tolist()):
        odd = state & 1
        half = int((abs(value) + odd) / 2 + 0.5)
        if odd and abs(value) <= 0.5:
            half = 0
        level = 2 * half - odd if half else 0
        levels[index] = level if value > 0 else -level
        state = STATE_TRANSITIONS[state][half & 1]
    return levels.reshape(-1, COLS)


def encode(levels: npt.NDArray[np.int32], coding: TensorCoding, *, search: bool = True) -> bytes:
    """Encode one tensor into a payload."""
    encoder = Encoder()
    encoder.tensor(levels, coding, search=search)
    return encoder.finish()


def decode(payload: bytes, shape: tuple[int, int], coding: TensorCoding) -> npt.NDArray[np.int32]:
    """Decode a payload of one tensor."""
    decoder = Decoder(payload)
    levels = decoder.tensor(*shape, coding)
    decoder.finish()
    return levels


def speed(count: int, repeats: int, work: Callable[[], Any]) -> float:
    """Return million levels a second, the best of several runs."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return count / best / 1e6


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_200_000, help="levels, a multiple of 1000")
    parser.add_argument("--repeats", type=int, default=5, help="runs, of which the best counts")
    parser.add_argument("--dq-flag", type=int, default=1, choices=(0, 1))
    options = parser.parse_args()
    coding = TensorCoding(dq_flag=options.dq_flag)
    print(f"{engine_name()} engine, million levels a second")
    print("bits/level   decode   encode without search   encode with search   search gains")
    for rate in SCALES:
        levels = laplace_levels(rate, options.count, options.dq_flag)
        plain = encode(levels, coding, search=False)
        payload = encode(levels, coding)
        shape = (levels.shape[0], levels.shape[1])
        assert np.array_equal(decode(payload, shape, coding), levels)
        figures = [
            speed(levels.size, options.repeats, work)
            for work in (
                lambda payload=payload, shape=shape: decode(payload, shape, coding),
                lambda levels=levels: encode(levels, coding, search=False),
                lambda levels=levels: encode(levels, coding),
            )
        ]
        bits = 8 * len(payload) / levels.size
        gain = 1 - len(payload) / len(plain)
        print(f"{bits:10.2f}{figures[0]:9.1f}{figures[1]:24.1f}{figures[2]:21.1f}{gain:15.2%}")


if __name__ == "__main__":
    main()
