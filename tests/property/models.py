"""Random models, and random options of the encoder that fit them."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np

import nnc

DTYPES = [
    "float32", "float32", "float32", "float16", "float64", "bfloat16",
    "int8", "int16", "int32", "int64", "uint8", "uint64", "bool",
]  # fmt: skip

#: Values of all tensors of a model, about: examples are many, and each is to be quick.
LARGEST_TENSOR = 600


@dataclass
class DrawnModel:
    """A model and how it is to be encoded.

    Attributes:
        tensors: its tensors.
        options: keyword arguments of `nnc.encode`.
        given: what `nnc.decode` has to be told.
    """

    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def kept_rows(self) -> dict[str, tuple[int, np.ndarray]]:
        """By name of each tensor that rows may be left out of, its axis of rows and which stay."""
        if not self.options.get("prune_rows"):
            return {}
        layers = self.options.get("blocks", [])
        together = [*([] if layers == "auto" else layers), *self.options.get("joins", [])]
        whole = {name for one in together for name in one.names}
        return {
            name: (axis, np.moveaxis(values != 0, axis, -1).any(axis=tuple(range(values.ndim - 1))))
            for name, values in self.tensors.items()
            if values.ndim > 1 and name not in whole
            for axis in [self.row_axis(name)]
        }

    def row_axis(self, name: str) -> int:
        """Return the dimension that a tensor's rows are."""
        for pattern, said in self.options.get("tensors", {}).items():
            if fnmatch.fnmatchcase(name, pattern):
                return said["row_axis"] if said["row_axis"] < self.tensors[name].ndim else 0
        return 0

    def coded_tensors(self) -> dict[str, np.ndarray]:
        """Return the tensors without the rows that are left out of them."""
        kept = self.kept_rows
        return {
            name: np.compress(kept[name][1], values, kept[name][0]) if name in kept else values
            for name, values in self.tensors.items()
        }

    def at_full_size(self, decoded: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return decoded tensors with the rows that were left out of them."""
        kept, result = self.kept_rows, dict(decoded)
        for name in kept.keys() & decoded.keys():
            axis, rows = kept[name]
            result[name] = np.zeros(self.tensors[name].shape, decoded[name].dtype)
            place = (slice(None),) * axis + (rows,)
            result[name][place] = decoded[name]
        return result


class Draw:
    """Draws what models are made of from a source of integers and texts."""

    def __init__(self, source: Any):
        self.source = source

    def integer(self, low: int, high: int) -> int:
        return self.source.integer(low, high)

    def choice(self, values: Any) -> Any:
        return values[self.integer(0, len(values) - 1)]

    def chance(self, percent: int) -> bool:
        # A shrunk example has less in it.
        return self.integer(0, 99) >= 100 - percent

    def shape(self) -> tuple[int, ...]:
        shape: list[int] = []
        for _ in range(self.choice([2, 2, 0, 1, 3, 4])):
            left = LARGEST_TENSOR // max(1, int(np.prod([n for n in shape if n])))
            shape.append(self.integer(0 if self.chance(5) else 1, max(1, min(40, left))))
        return tuple(shape)

    def values(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        """Draw values, those of few kinds and of many zeros among them."""
        kind = np.dtype(getattr(ml_dtypes, dtype, dtype))
        generator = np.random.default_rng(self.integer(0, 1 << 30))
        if kind.kind in "iu":
            span = np.iinfo(kind)
            low, high = self.choice([(-3, 4), (-200, 200), (span.min, span.max)])
            low, high = max(low, span.min), min(high, span.max)
            values = np.asarray(generator.integers(low, high, shape, kind, endpoint=True))
        elif kind.kind == "b":
            values = np.asarray(generator.random(shape) < 0.5)
        else:
            scale = 10.0 ** self.integer(-4, 2)
            values = np.asarray(generator.laplace(0, scale, shape))
            if self.chance(20):
                values = np.asarray(np.rint(values / scale) * scale)
            values = values.astype(kind)
        zeros = self.choice([0, 0, 0.5, 0.95, 1])
        values = np.where(generator.random(shape) < zeros, np.zeros_like(values), values)
        if values.ndim and self.chance(20):
            values[generator.random(len(values)) < 0.6] = 0
        return values

    def name(self, taken: dict[str, Any]) -> str:
        """Draw a name, some with modules in them."""
        name = self.source.text()
        if self.chance(50):
            name = f"{self.choice('ab')}.{self.choice('cd')}.{name}"
        while name in taken:
            name += "'"
        return name


def draw_model(source: Any) -> DrawnModel:
    """Draw a model of some tensors, a layer and joined tensors, and options for it."""
    draw, drawn = Draw(source), DrawnModel()
    for _ in range(draw.integer(1, 4)):
        name = draw.name(drawn.tensors)
        drawn.tensors[name] = draw.values(draw.shape(), draw.choice(DTYPES))
    drawn.options = draw_options(draw)
    if draw.chance(30):
        add_layer(draw, drawn)
    elif draw.chance(20):
        drawn.options["blocks"] = "auto"
        drawn.tensors["auto.weight"] = draw.values((5, 3), "float32")
        drawn.tensors["auto.bias"] = draw.values((5,), "float32")
        if draw.chance(50):
            ends = ("weight", "bias", "running_mean", "running_var")
            norm = {f"auto.bn.{end}": draw.values((5,), "float32") for end in ends}
            drawn.tensors |= norm
    if draw.chance(30):
        add_joined(draw, drawn)
    add_structure(draw, drawn)
    return drawn


def draw_options(draw: Draw) -> dict[str, Any]:
    """Draw options of quantization and entropy coding."""
    density = draw.integer(0, 7)
    options = {
        "qp_density": density,
        "qp": draw.integer(-12, 0) << density,
        "dq": draw.choice([False, True, None]),
        "effort": draw.choice([0, 0, 1, 2, 3]),
        "codebook": draw.choice([None, None, False, True, "exact", "auto", 1, 5]),
        "scan_order": draw.integer(0, 4),
        "profile": draw.choice([1, 1, 0]),
        "parameter_search": draw.chance(70),
        "cabac_unary_length_minus1": draw.choice([10, 0, 1, 40, 255]),
    }
    options["nonweight_qp"] = options["qp"] + draw.integer(-1, 1)
    if options["profile"] == 1:
        options["row_skip"] = draw.choice([None, True, False])
        if draw.chance(20):
            options["tensors"] = {"*": {"row_axis": draw.integer(0, 3)}}
    if draw.chance(10):
        options["bit_depth"] = draw.integer(2, 12)
        del options["qp"], options["nonweight_qp"]
    if draw.chance(20):
        options["keep"] = [draw.choice(["*", "a.*", "*e*"])]
    return options


def add_layer(draw: Draw, drawn: DrawnModel) -> None:
    """Add a layer of any parts as a block, or as units of its own that say so."""
    rows, columns, rank = draw.integer(1, 20), draw.integer(1, 6), draw.integer(1, 5)
    names: dict[str, Any] = {"weight": "layer.w", "separate": draw.chance(50)}
    if draw.chance(50):
        drawn.tensors["layer.w_G"] = draw.values((rows, rank), "float32")
        drawn.tensors["layer.w_H"] = draw.values((rank, 2 * columns), "float32")
        names |= {"g": "layer.w_G", "h": "layer.w_H", "dimensions": (rows, columns, 2)}
    else:
        drawn.tensors["layer.w"] = draw.values((rows, columns, 2), "float32")
    parts = [part for part in ("scaling", "batch_norm", "bias") if draw.chance(50)]
    if "scaling" in parts:
        names["scaling"] = "layer.w_scaling"
        drawn.tensors["layer.w_scaling"] = draw.values((rows,), "float32")
    if "bias" in parts or not (parts or "g" in names):
        names["bias"] = "layer.b"
        drawn.tensors["layer.b"] = draw.values((rows,), "float32")
    if "batch_norm" in parts:
        names["batch_norm"] = [f"layer.{part}" for part in ("beta", "gamma", "mean", "variance")]
        drawn.tensors |= {name: draw.values((rows,), "float32") for name in names["batch_norm"]}
    # A layer has rows where its vectors have values.
    drawn.options["tensors"] = {"layer.*": {"row_axis": 0}} | drawn.options.get("tensors", {})
    if drawn.options["profile"] == 0:
        del drawn.options["tensors"]
    drawn.options["blocks"] = [nnc.Block(**names)]
    if "g" in names or "scaling" in names:
        # What decoders put together can't be stored as it is.
        drawn.options.pop("keep", None)


def add_joined(draw: Draw, drawn: DrawnModel) -> None:
    """Add tensors that are coded as one, their dimensions in any order."""
    rank, dtype = draw.integer(1, 3), draw.choice(DTYPES[:-4])
    axis = draw.integer(0, rank - 1)
    lengths = [draw.integer(1, 6) for _ in range(rank)]
    orders = {}
    names = [f"joined.{number}" for number in range(draw.integer(2, 4))]
    for name in names:
        piece = list(lengths)
        piece[axis] = draw.integer(1, 6)
        order: list[int] = []
        for dimension in range(rank):
            order.insert(draw.integer(0, len(order)), dimension)
        orders[name] = order
        shape = tuple(piece[order.index(dimension)] for dimension in range(rank))
        drawn.tensors[name] = draw.values(shape, dtype)
    if drawn.options["profile"] == 1:
        said = drawn.options.get("tensors", {})
        drawn.options["tensors"] = {"joined.*": {"row_axis": 0}} | said
    drawn.options["joins"] = [nnc.Joined(names=names, axis=axis, orders=orders)]


def add_structure(draw: Draw, drawn: DrawnModel) -> None:
    """Add options of how the units are arranged."""
    options = drawn.options
    options["references"] = draw.chance(30)
    options["part_size"] = draw.choice([None, None, 1, 7, 100])
    options["aggregates"] = draw.choice([None, None, "all", "modules"])
    options["prune_rows"] = draw.chance(30)
    if draw.chance(20):
        own_density = draw.integer(0, 7)
        own = nnc.LayerParameters(qp=draw.integer(-12, 0) << own_density, qp_density=own_density)
        options["layer_parameters"] = {draw.choice(["a.*", "*", "layer*", "j*"]): own}
    if draw.chance(20):
        options["out_of_band"] = ["dimensions"]
        drawn.given["dimensions"] = {
            name: coded_shape(values) for name, values in drawn.coded_tensors().items()
        }
    if draw.chance(20):
        options["out_of_band"] = [*options.get("out_of_band", []), "cabac_unary_length_minus1"]
        drawn.given["cabac_unary_length_minus1"] = options["cabac_unary_length_minus1"]


def coded_shape(values: np.ndarray) -> tuple[int, ...]:
    """Return the shape that a tensor is coded in: integers beyond 32 bits become pairs."""
    wide = values.dtype in (np.int64, np.uint64) and values.size
    if wide and not -(1 << 31) <= int(values.min()) <= int(values.max()) < 1 << 31:
        return (values.size, 2)
    return values.shape
