"""Measures federated learning of digits: accuracy, and bytes up and down, coded or not.

Needs the extra `flower`; with scikit-learn it takes all 1,797 digits, else the 500 of the
package. Six nodes with unlike digits train and evaluate in each of twelve rounds.

    python tests/benchmarks/federated.py --seeds 5
"""

import argparse
import logging
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "generator"), str(Path(__file__).parent)]

from digits import divided  # noqa: E402

from nnc.demo.federated import run  # noqa: E402

NODES = 6

WAYS = {
    "no coding": ("none", {}, {}),
    "8 bits": ("8-bit", {}, {}),
    "nnc": ("nnc", {}, {}),
    "nnc, step=2": ("nnc", {"step": 2.0}, {"step": 2.0}),
    "nnc, step=4": ("nnc", {"step": 4.0}, {"step": 4.0}),
    "nnc, step=6": ("nnc", {"step": 6.0}, {"step": 6.0}),
    "nnc, step=10": ("nnc", {"step": 10.0}, {"step": 10.0}),
    "nnc, step=20": ("nnc", {"step": 20.0}, {"step": 20.0}),
    "nnc, step=30": ("nnc", {"step": 30.0}, {"step": 30.0}),
    "nnc, no feedback": ("nnc", {"feedback": 0.0}, {"feedback": 0.0}),
    "nnc, feedback=0.5": ("nnc", {"feedback": 0.5}, {"feedback": 0.5}),
    "nnc, effort=1": ("nnc", {"effort": 1}, {"effort": 1}),
    "nnc, effort=2": ("nnc", {"effort": 2}, {"effort": 2}),
    "nnc, sparsity=0.9 up": ("nnc", {"sparsity": 0.9}, {}),
    "nnc, qp=-24": ("nnc", {"qp": -24, "nonweight_qp": -24}, {"qp": -24, "nonweight_qp": -24}),
}


def main():
    """Print a table, one way of coding a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--fraction", type=float, default=1.0)
    parser.add_argument("ways", nargs="*", help="which ways; all if left out")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    print("| | accuracy | bytes up | bytes down |\n| :--- | ---: | ---: | ---: |")
    whole = None
    for name, (coding, up, down) in WAYS.items():
        if given.ways and name not in given.ways and coding != "none":
            continue
        found = []
        for seed in range(given.seeds):
            digits = divided(seed, NODES)
            one = run(coding, seed=seed, rounds=given.rounds, nodes=NODES, digits=digits,
                      up=up, down=down, fraction=given.fraction)  # fmt: skip
            found.append((one.accuracy[-1], sum(one.bytes_up), sum(one.bytes_down)))
        mean = np.mean(found, axis=0)
        whole = mean if whole is None else whole
        shares = 100 * mean[1:] / whole[1:]
        print(f"| {name} | {100 * mean[0]:.2f} % | {shares[0]:.2f} % | {shares[1]:.2f} % |",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
