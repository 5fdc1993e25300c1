"""What the harnesses start from: `seeds.py TARGET FOLDER`.

Bitstreams are the small vectors; all else is made of them, or small enough to be made here.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
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

VALUES = {"a": np.arange(6, dtype="f4").reshape(2, 3), "b": np.ones(4, "f4")}


def vectors() -> Iterator[tuple[str, bytes]]:
    """Return the small vectors by name."""
    for path in sorted((ROOT / "tests" / "vectors").rglob("*.nnc")):
        if path.stat().st_size < LARGEST:
            yield f"{path.parent.name}-{path.name}", path.read_bytes()


def edits() -> Iterator[tuple[str, bytes]]:
    """Return vectors with an edit before each."""
    for number, (name, data) in enumerate(vectors()):
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


def models() -> Iterator[tuple[str, bytes]]:
    """Return small models in the formats that can be written here."""
    from fuzz_formats import SUFFIXES

    infos = {name: TensorInfo(values.shape, values.dtype) for name, values in VALUES.items()}
    with tempfile.TemporaryDirectory() as folder:
        for number, suffix in enumerate(SUFFIXES):
            path = Path(folder) / f"m{suffix}"
            try:
                with open_sink(path, infos) as sink:
                    for name, values in VALUES.items():
                        sink.write(name, values)
                yield suffix, bytes([number]) + path.read_bytes()
            except (nnc.NncError, ImportError, OSError):
                yield suffix, bytes([number]) + b"GGUF\3\0\0\0" + bytes(16)


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
    """Return states of sessions."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in [("own", nnc.encode(VALUES, threads=1)), *vectors()][:40]:
            decoder, path = Decoder(threads=1), Path(folder) / "state"
            try:
                decoder.decode(data)
                decoder.save(path)
            except nnc.NncError:
                continue
            yield name, path.read_bytes()


def texts() -> Iterator[tuple[str, bytes]]:
    """Return vectors as JSON."""
    for name, data in vectors():
        try:
            yield name, "".join(dump(Bitstream.parse(data))).encode()
        except nnc.NncError:
            continue


SEEDS = {
    "parse": vectors, "decode": vectors, "inspect": vectors, "edit": edits, "session": sessions,
    "formats": models, "containers": containers, "state": states, "build": texts,
    "encode": vectors,
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
