"""How far outputs move when weights are coded: `default_quality.py FILE...` with nnc on PYTHONPATH.

For each ONNX file: the size of the bitstream as a share of the file, and the relative error of the
outputs against the original's (L2, the worst output, the median over a few random inputs). Without
options that is what `nnc encode` does by default; options of `nnc.encode` can be given as
`--option qp=-32`. Dimensions that a file leaves open are 1 for the first and what `--open` says for
the others; `--shape x=1,3,48,320` gives one input its shape.

With `--pictures` inputs of three channels are drawn words instead of noise: a network that finds
text finds none in noise, and what its outputs are then, all next to 0, is no measure of it.
"""

from __future__ import annotations

import argparse
import ast
import fnmatch
import statistics
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.model_files import decode_file, encode_file

#: Shapes of inputs that public models leave open, by patterns of file and input.
KNOWN_SHAPES: dict[tuple[str, str], tuple[int, ...]] = {
    ("*det_infer*", "x"): (1, 3, 320, 320),
    ("*rec_infer*", "x"): (1, 3, 48, 320),
    ("*cls_infer*", "x"): (1, 3, 48, 192),
    ("silero_vad*", "input"): (1, 576),
    ("silero_vad_16k_sequence*", "input"): (8, 576),
}

#: Values of integer inputs that choose a part of the network, and the range of all others.
KNOWN_VALUES = {"sr": 16000}
LARGEST_INTEGER = 256

DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}


class Quality(NamedTuple):
    """What one file came to.

    Attributes:
        file: size of the model file in bytes.
        bitstream: size of the bitstream in bytes.
        error: relative error of the outputs: the median over the inputs, of the worst output.
    """

    file: int
    bitstream: int
    error: float

    @property
    def share(self) -> float:
        """Size of the bitstream as a share of the file."""
        return self.bitstream / self.file


def measure(
    path: Path,
    options: Mapping[str, Any],
    shapes: Mapping[str, Sequence[int]] | None = None,
    *,
    inputs: int = 5,
    open_length: int = 64,
    pictures: bool = False,
) -> Quality:
    """Encode, decode and run one ONNX file."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        coded, back = Path(folder) / "model.nnc", Path(folder) / "model.onnx"
        encode_file(path, coded, **options)
        decode_file(coded, back)
        sizes = path.stat().st_size, coded.stat().st_size
        before, after = (
            onnxruntime.InferenceSession(one, providers=["CPUExecutionProvider"])
            for one in (str(path), str(back))
        )
        errors = []
        for seed in range(inputs):
            given = random_inputs(path, before, shapes or {}, open_length, seed)
            if pictures:
                given = {name: with_words(one, seed) for name, one in given.items()}
            errors.append(worst(before.run(None, given), after.run(None, given)))
    return Quality(*sizes, statistics.median(errors))


def random_inputs(
    path: Path, session: Any, shapes: Mapping[str, Sequence[int]], open_length: int, seed: int
) -> dict[str, NDArray[Any]]:
    """Return random inputs for a network, the same for the same seed."""
    random = np.random.default_rng(seed)
    result = {}
    for one in session.get_inputs():
        shape = shapes.get(one.name) or shape_of(path, one, open_length)
        dtype = DTYPES[one.type]
        if one.name in KNOWN_VALUES:
            result[one.name] = np.full(shape, KNOWN_VALUES[one.name], dtype)
        elif np.dtype(dtype).kind == "f":
            result[one.name] = random.normal(size=shape).astype(dtype)
        else:
            high = 2 if dtype is np.bool_ else LARGEST_INTEGER
            result[one.name] = random.integers(0, high, shape).astype(dtype)
    return result


def with_words(value: NDArray[Any], seed: int) -> NDArray[Any]:
    """Return a picture of words in place of one of noise; other inputs as they are."""
    if value.ndim != 4 or value.shape[:2] != (1, 3) or value.dtype.kind != "f":
        return value
    from calibration_small import picture

    height, width = value.shape[2:]
    drawn = picture(np.random.default_rng(seed), height, width, max(1, height // 36))
    return drawn.astype(value.dtype)


def shape_of(path: Path, value: Any, open_length: int) -> tuple[int, ...]:
    """Return the shape of an input: known, or as the file has it with open dimensions filled."""
    for (file, name), shape in KNOWN_SHAPES.items():
        if fnmatch.fnmatchcase(path.name, file) and value.name == name:
            return shape
    sides = [one if isinstance(one, int) and one > 0 else 0 for one in value.shape]
    if value.name in ("state", "h", "c"):
        # States of recurrent networks have the batch in the middle.
        return tuple(one or 1 for one in sides)
    return tuple(one or (open_length if number else 1) for number, one in enumerate(sides))


def worst(before: Sequence[Any], after: Sequence[Any]) -> float:
    """Return the largest relative error of some outputs; infinity where shapes differ."""
    errors = [0.0]
    for given, got in zip(before, after, strict=True):
        first, second = (np.asarray(one, dtype=np.float64) for one in (given, got))
        if first.shape != second.shape or not np.isfinite(second).all():
            return float("inf")
        size = float(np.linalg.norm(first))
        errors.append(float(np.linalg.norm(first - second)) / (size or 1.0))
    return max(errors)


def main(arguments: Sequence[str]) -> None:
    """Print a row of a table for each file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--shape", action="append", default=[], metavar="INPUT=1,3,48,320")
    parser.add_argument("--open", type=int, default=64, dest="open_length")
    parser.add_argument("--inputs", type=int, default=5)
    parser.add_argument("--pictures", action="store_true")
    given = parser.parse_args(arguments)
    options = dict(one.split("=", 1) for one in given.option)
    options = {name: literal(value) for name, value in options.items()}
    shapes = {
        name: tuple(map(int, text.split(",")))
        for name, text in (one.split("=", 1) for one in given.shape)
    }
    print("| file | bytes | coded | share | error of the outputs |")
    print("| --- | --: | --: | --: | --: |")
    for path in given.files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            one = measure(
                path,
                options,
                shapes,
                inputs=given.inputs,
                open_length=given.open_length,
                pictures=given.pictures,
            )
        print(
            f"| {path.name} | {one.file} | {one.bitstream} | {one.share:.1%} | {one.error:.2%} |",
            flush=True,
        )


def literal(text: str) -> Any:
    """Return a number or a list where text is one, else the text."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


if __name__ == "__main__":
    main(sys.argv[1:])
