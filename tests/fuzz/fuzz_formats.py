"""Coverage-guided fuzzing of readers of models: `fuzz_formats.py CORPUS [libFuzzer options]`.

The first byte of an input picks the format, the rest is the file. It is read to its end, or an
error of the project says why not. Formats whose packages are missing are passed over.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from importlib import import_module
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

with atheris.instrument_imports(include=["nnc"]):
    from nnc.bitio import NncError
    from nnc.formats import FORMATS, open_source

    for one in FORMATS:
        import_module(one.module)

from harness import run  # noqa: E402

SUFFIXES = (
    ".safetensors", ".npz", ".gguf", ".onnx", ".h5", ".keras", ".pt", ".pt2", ".nnef.tar",
    ".nnef.tgz", ".safetensors.index.json",
)  # fmt: skip

warnings.simplefilter("ignore")
FOLDER = Path(tempfile.mkdtemp(prefix="nnc-fuzz-"))


def check(data: bytes) -> None:
    """Check that a file is read or refused."""
    path = FOLDER / f"model{SUFFIXES[data[0] % len(SUFFIXES)]}" if data else FOLDER / "model"
    path.write_bytes(data[1:])
    try:
        with open_source(path, unpacked=1 << 22) as source:
            for name, info in source.tensors.items():
                values = source[name]
                assert values.shape == info.shape, f"{name}: another shape than was said"
    except NncError:
        return
    finally:
        path.unlink()


if __name__ == "__main__":
    run(check)
