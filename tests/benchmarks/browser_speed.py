"""How fast a page decodes a model in headless Chromium, beside Python's engine on one thread.

    python tests/benchmarks/browser_speed.py MODEL.safetensors

Needs `nnc[browser]` and Chromium. The page's decoder runs in a worker, as that of `nnc explore
--app` does. Times are of the clock, the first and the best of several runs; both sides run in turn.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from safetensors.numpy import load_file

import nnc
from nnc.explore.bundle import bundled

RUNS = 7

#: A worker that decodes what it gets, and tells how long it took.
ANSWER = """
self.onmessage = ({ data }) => {
  const begin = performance.now();
  const tensors = module_nnc.decode(data);
  self.postMessage([performance.now() - begin, tensors.size]);
};
"""

PAGE = """([script, text]) => {
  const blob = new Blob([script], { type: "text/javascript" });
  self.worker ??= new Worker(URL.createObjectURL(blob));
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Promise((resolve) => {
    self.worker.onmessage = ({ data }) => resolve(data);
    self.worker.postMessage(bytes);
  });
}"""


def main() -> None:
    """Measure, and print a line for each coding."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    model = load_file(parser.parse_args().model)
    script = bundled("nnc") + ANSWER
    with sync_playwright() as running:
        chromium = shutil.which("chromium") or running.chromium.executable_path
        browser = running.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for options in ({}, {"bits_per_value": 4}, {"bits_per_value": 4, "dq": False}):
            data = nnc.encode(model, **options)
            page = browser.new_page()
            python, browsed = [], []
            for _ in range(RUNS):
                begin = time.perf_counter()
                tensors = nnc.decode(data, threads=1)
                python.append(time.perf_counter() - begin)
                took, count = page.evaluate(PAGE, [script, base64.b64encode(data).decode()])
                assert count == len(tensors)
                browsed.append(took / 1000)
            page.close()
            values = sum(tensor.size for tensor in tensors.values())
            print(
                f"{options}: {values} values in {len(data)} bytes; Python {min(python):.3f} s; "
                f"Chromium {browsed[0]:.3f} s at first, {min(browsed):.3f} s at best, "
                f"{min(python) / min(browsed):.2f} of Python's speed"
            )
        browser.close()


if __name__ == "__main__":
    main()
