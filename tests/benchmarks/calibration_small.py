"""What small networks' outputs lose with calibration: `calibration_small.py [FOLDER]`.

The network of `nnc demo` is calibrated in PyTorch with half of its test images, and measured with
the rest. FOLDER is the `models` folder of the package rapidocr-onnxruntime: its networks, which
find and read text, are calibrated with ONNX Runtime, with pictures of words of our
own, and measured with others. Pictures are drawn by Pillow in a font of matplotlib.

Rows have the bits for each value, and the relative error of the outputs (L2): with one step for all
weights, with steps by scale, calibrated, and calibrated with the biases refitted afterwards.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import nnc
import nnc.model_files
import nnc.onnx
import nnc.torch
from nnc.demo.network import load_network, load_test_images, logits

#: Ways of coding, and bits that they are tried with.
WAYS: dict[str, dict[str, Any]] = {"one step": {}, "by scale": {"sensitivity": "scale"}}
BITS = (5.0, 4.0, 3.0)

#: Heights and widths of pictures, and how many lines of text are on them.
SHAPES = {"det": (320, 320, 9), "rec": (48, 320, 1), "cls": (48, 192, 1)}

#: Pictures for calibration, and for measurement. `cls` tells which way up text is, by a softmax:
#: most pictures leave it certain, and the few that don't are all of the error.
PICTURES = {"det": (24, 12), "rec": (24, 12), "cls": (96, 300)}

TEXT = (
    "Train 7:15 Platform 4 Exit Ticket Office closed Fresh bread daily 2.49 EUR Total Invoice No. "
    "Return by Friday Meeting Room 12B Emergency Push Pull Open 24 hours Coffee Tea Sugar 500 g "
    "North Street Library Museum Bridge Speed 50 km/h Danger High Voltage Press any key to start"
)


class Digits(torch.nn.Module):
    """The network of the demo, its parameters named as in its file."""

    def __init__(self, tensors: Mapping[str, NDArray[Any]]) -> None:
        super().__init__()
        nn, shapes = torch.nn, {name: one.shape for name, one in tensors.items()}

        def convolution(layer: int) -> torch.nn.Module:
            rows, columns = shapes[f"features.{layer}.weight"][:2]
            bias = f"features.{layer}.bias" in shapes
            return nn.Conv2d(columns, rows, 3, padding=1, bias=bias)

        def linear(layer: int) -> torch.nn.Module:
            return nn.Linear(*shapes[f"classifier.{layer}.weight"][::-1])

        norms = [nn.BatchNorm2d(shapes[f"features.{layer}.weight"][0]) for layer in (0, 3)]
        self.features = nn.Sequential(
            convolution(0), norms[0], nn.ReLU(), convolution(3), norms[1], nn.ReLU(),
            nn.MaxPool2d(2),
        )  # fmt: skip
        self.classifier = nn.Sequential(linear(0), nn.ReLU(), linear(2))
        own = {name: torch.from_numpy(np.array(one)) for name, one in tensors.items()}
        self.load_state_dict(own, strict=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.classifier(self.features(images).flatten(1))
        return result


def relative_error(before: NDArray[Any], after: NDArray[Any]) -> float:
    """Return how far outputs are off, of their own size."""
    return float(np.linalg.norm(after - before) / np.linalg.norm(before))


def digits() -> Iterator[tuple[str, float, float]]:
    """Yield how the demo network is coded, the bits for each value, and the error."""
    tensors: dict[str, Any] = dict(load_network())
    images, _ = load_test_images()
    half = len(images) // 2
    inputs = torch.from_numpy((images[:half] / 16).astype(np.float32))[:, None]
    network = Digits(tensors).eval()
    stats = nnc.torch.calibrate(network, torch.split(inputs, 4))
    before = logits(tensors, images[half:])
    values = sum(one.size for one in tensors.values())
    for bits in BITS:
        for way, options in (WAYS | {"calibrated": {"calibration": stats}}).items():
            data = nnc.encode(tensors, bits_per_value=bits, **options)
            after = logits(nnc.decode(data), images[half:])
            yield way, 8 * len(data) / values, relative_error(before, after)
        data = nnc.torch.refit(network, data, torch.split(inputs, 16))
        after = logits(nnc.decode(data), images[half:])
        yield "refitted", 8 * len(data) / values, relative_error(before, after)


def picture(random: np.random.Generator, height: int, width: int, lines: int) -> NDArray[Any]:
    """Return a picture of some words, float32 of shape (1, 3, height, width), -1 to 1."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    paper, ink = random.integers(150, 256, 3), random.integers(0, 100, 3)
    image = Image.new("RGB", (width, height), tuple(paper.tolist()))
    draw = ImageDraw.Draw(image)
    for line in range(lines):
        size = int(random.integers(18, 34))
        text = " ".join(random.choice(TEXT.split(), 5).tolist())
        place = (int(random.integers(2, 12)), line * height // lines + int(random.integers(0, 6)))
        draw.text(place, text, tuple(ink.tolist()), ImageFont.truetype(str(font), size))
    noisy = np.asarray(image, np.float32) + random.normal(0, 6, (height, width, 3))
    return (noisy.transpose(2, 0, 1)[None] / 127.5 - 1).astype(np.float32)


def recognition(path: Path, kind: str) -> Iterator[tuple[str, float, float]]:
    """Yield likewise for an ONNX network that takes pictures."""
    import onnxruntime

    def runner(source: Any) -> Callable[[NDArray[Any]], NDArray[Any]]:
        session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        return lambda image: np.asarray(session.run(None, {name: image})[0])

    random = np.random.default_rng(0)
    calibrated, measured = PICTURES[kind]
    drawn = [picture(random, *SHAPES[kind]) for _ in range(calibrated + measured)]
    batches = [{"x": one} for one in drawn[:calibrated]]
    stats = nnc.onnx.calibrate(path, batches)
    before = [runner(str(path))(one) for one in drawn[calibrated:]]
    with tempfile.TemporaryDirectory() as folder:
        coded, back = Path(folder) / "model.nnc", Path(folder) / "model.onnx"
        for bits in BITS:
            for way, options in (WAYS | {"calibrated": {"calibration": stats}}).items():
                nnc.encode_file(path, coded, bits_per_value=bits, **options)
                nnc.model_files.decode_file(coded, back)
                run = runner(str(back))
                after = [run(one) for one in drawn[calibrated:]]
                yield way, bits, relative_error(np.stack(before), np.stack(after))
            coded.write_bytes(nnc.onnx.refit(path, coded.read_bytes(), batches))
            nnc.model_files.decode_file(coded, back)
            run = runner(str(back))
            after = [run(one) for one in drawn[calibrated:]]
            yield "refitted", bits, relative_error(np.stack(before), np.stack(after))


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    torch.set_num_threads(1)
    networks = {"digits": digits()}
    for folder in map(Path, arguments):
        for path in sorted(folder.glob("*_infer.onnx")):
            kind = path.stem.split("_")[-2]
            networks[path.stem] = recognition(path, kind)
    print("| network | bits a value | one step | by scale | calibrated | and refitted |")
    print("| --- | --: | --: | --: | --: | --: |")
    for name, rows in networks.items():
        found = list(rows)
        for start in range(0, len(found), 4):
            errors = " | ".join(f"{error:.2g}" for _, _, error in found[start : start + 4])
            print(f"| {name} | {found[start][1]:.1f} | {errors} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
