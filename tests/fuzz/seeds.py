"""What the harnesses start from: `seeds.py TARGET FOLDER`.

Bitstreams are the small vectors; all else is made of them, or small enough to be made here.
"""

from __future__ import annotations

import io
import itertools
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
FOUND = ROOT / "tests" / "fuzz" / "found"
sys.path.insert(0, str(ROOT))

import nnc  # noqa: E402
from nnc.bitstream import Bitstream  # noqa: E402
from nnc.bitstream.json.form import dump  # noqa: E402
from nnc.containers import embed  # noqa: E402
from nnc.decoder import Decoder  # noqa: E402
from nnc.formats import open_sink  # noqa: E402
from nnc.formats.source import TensorInfo  # noqa: E402

#: An input of a few kilobytes is mutated a thousand times a second.
LARGEST = 3 << 10

#: What is traced or encoded takes longer, and all seeds come before anything is mutated.
LARGEST_TRACED = 112

VALUES = {"a": np.arange(6, dtype="f4").reshape(2, 3), "b": np.ones(4, "f4")}


def vectors(largest: int = LARGEST) -> Iterator[tuple[str, bytes]]:
    """Return the vectors of fewer bytes by name, and what was found once."""
    for path in sorted([*(ROOT / "tests" / "vectors").rglob("*.nnc"), *FOUND.glob("*.nnc")]):
        if path.stat().st_size < largest:
            yield f"{path.parent.name}-{path.name}", path.read_bytes()


def traced() -> Iterator[tuple[str, bytes]]:
    """Return the smallest vectors."""
    return vectors(LARGEST_TRACED)


def edits() -> Iterator[tuple[str, bytes]]:
    """Return vectors with an edit before each."""
    for number, (name, data) in enumerate(traced()):
        yield name, bytes([number & 0xFF, number >> 3 & 0xFF, 7 * number & 0xFF]) + data


def sessions() -> Iterator[tuple[str, bytes]]:
    """Return pairs of vectors that stand in one folder, and pairs of our own."""
    encoder = nnc.Encoder(threads=1)
    pieces = [encoder.encode(VALUES), encoder.encode({"a": VALUES["a"] + 1, "b": VALUES["b"]})]
    yield "own", len(pieces[0]).to_bytes(2, "big") + b"".join(pieces)
    for name, data in vectors():
        yield name, len(data).to_bytes(2, "big") + data
    pairs = itertools.pairwise(vectors())
    for (name, first), (other, second) in pairs:
        if name.rpartition("-")[0] == other.rpartition("-")[0]:
            yield f"{name}-{other}", len(first).to_bytes(2, "big") + first + second


def write_gguf(path: Path) -> None:
    """Write a model as llama.cpp has them."""
    import gguf

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_array("few", [1, 2, 3])
    for name, values in VALUES.items():
        writer.add_tensor(name, values)
    blocks = gguf.quants.quantize(np.ones((2, 32), "f4"), gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("blocks", blocks, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_onnx(path: Path) -> None:
    """Write a graph of one product."""
    import onnx
    from onnx import helper

    kinds = [helper.make_tensor_value_info(name, 1, [1, 2]) for name in ("x", "y")]
    weights = [onnx.numpy_helper.from_array(values, name) for name, values in VALUES.items()]
    node = helper.make_node("MatMul", ["x", "a"], ["y"])
    onnx.save(
        helper.make_model(helper.make_graph([node], "g", kinds[:1], kinds[1:], weights)), path
    )


def write_keras(path: Path) -> None:
    """Write an archive with a file of weights."""
    weights = path.with_name("weights.h5")
    write(weights)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", '{"class_name": "Sequential"}')
        archive.writestr("model.weights.h5", weights.read_bytes())


def write_nnef(path: Path) -> None:
    """Write a graph of one product, packed as the suffix says."""
    import nnef

    graph = """version 1.0;
graph n(x) -> (y)
{
    x = external<scalar>(shape = [1, 3]);
    w = variable<scalar>(shape = [2, 3], label = 'a');
    y = linear(x, w);
}
"""
    values = path.with_name("a.dat")
    with values.open("wb") as file:
        nnef.write_tensor(file, VALUES["a"], quantized=False)
    with tarfile.open(path, "w:gz" if path.suffix == ".tgz" else "w") as archive:
        for name, data in (("graph.nnef", graph.encode()), (values.name, values.read_bytes())):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


WRITERS = {
    ".gguf": write_gguf, ".onnx": write_onnx, ".keras": write_keras, ".tar": write_nnef,
    ".tgz": write_nnef,
}  # fmt: skip


def write(path: Path) -> None:
    """Write a small model in the format of a suffix."""
    if path.suffix in WRITERS:
        WRITERS[path.suffix](path)
        return
    infos = {name: TensorInfo(values.shape, values.dtype) for name, values in VALUES.items()}
    with open_sink(path, infos) as sink:
        for name, values in VALUES.items():
            sink.write(name, values)


def models() -> Iterator[tuple[str, bytes]]:
    """Return small models in all formats whose packages are there."""
    from fuzz_formats import SUFFIXES

    with tempfile.TemporaryDirectory() as folder:
        for number, suffix in enumerate(SUFFIXES):
            path = Path(folder) / f"m{suffix}"
            try:
                write(path)
            except (nnc.NncError, ImportError) as error:
                print(f"no seed of {suffix}: {error}", file=sys.stderr)
                continue
            yield suffix, bytes([number]) + path.read_bytes()
            for once in FOUND.glob(f"*{suffix}"):
                yield once.name, bytes([number]) + once.read_bytes()


def containers() -> Iterator[tuple[str, bytes]]:
    """Return containers with a small bitstream."""
    with tempfile.TemporaryDirectory() as folder:
        bitstream = Path(folder) / "m.nnc"
        bitstream.write_bytes(nnc.encode(VALUES, threads=1))
        for suffix in (".mp4", ".heif", ".safetensors"):
            path = Path(folder) / f"m{suffix}"
            embed(bitstream, path)
            yield suffix, path.read_bytes()


def states() -> Iterator[tuple[str, bytes]]:
    """Return states of sessions, as many as are small: an archive that is cut off is none."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in [("own", nnc.encode(VALUES, threads=1)), *vectors()]:
            decoder, path = Decoder(threads=1), Path(folder) / "state"
            try:
                decoder.decode(data)
                decoder.save(path)
            except nnc.NncError:
                continue
            if path.stat().st_size <= LARGEST:
                yield name, path.read_bytes()


def texts() -> Iterator[tuple[str, bytes]]:
    """Return vectors as JSON."""
    for name, data in vectors():
        try:
            yield name, "".join(dump(Bitstream.parse(data))).encode()
        except nnc.NncError:
            continue


SEEDS = {
    "parse": vectors, "decode": vectors, "inspect": traced, "edit": edits, "session": sessions,
    "formats": models, "containers": containers, "state": states, "build": texts,
    "encode": traced,
}  # fmt: skip


def main(target: str, folder: Path) -> None:
    """Write the seeds of a target."""
    import warnings

    warnings.simplefilter("ignore")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in SEEDS[target]():
        (folder / name.strip(".")).write_bytes(data)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
