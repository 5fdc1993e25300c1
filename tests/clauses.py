"""The clauses of decoding, quantization and entropy coding, each with a model that needs it.

A row says how our encoder is asked for a bitstream in which the clause's elements stand. That
they do, and that our decoder gives the model back, tests/conformance/test_every_clause.py checks;
that NNCodec reads the same out of it, tests/interop/test_every_clause.py.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import nnc
from nnc.inspect.bins import decode_bins, is_coded

QP = -20

#: Largest error of a value in step sizes, where bits count beside the error.
BOUND = 4.0

#: Stands for any value of an element that is there.
PRESENT = object()

# What NNCodec 2.1.3 doesn't read.
NO_PARTS = "NNCodec doesn't read parts"
NO_AGGREGATES = "NNCodec doesn't read aggregate units"
NO_LAYER_PARAMETERS = "NNCodec fails on what follows a layer parameter set"
NO_JOINED = "NNCodec doesn't read several tensors in one unit but blocks"
NO_ROW_AXIS = "NNCodec passes over first_tensor_dimension_shift"
NO_REFERENCES = "NNCodec doesn't read topology units that list names"
NO_STORED_FORMAT = "NNCodec takes all stored values for float32"
NO_SEPARATE_FACTORS = "NNCodec reads G and H outside of blocks only if it knows the layers"


@dataclass(frozen=True)
class Row:
    """One way of coding that a clause describes.

    Attributes:
        clause: number of the clause.
        what: what of it.
        models: models that are encoded one after the other: more than one make a session.
        options: options of the encoder.
        elements: elements of unit headers and parameter sets with the values that are at stake:
            each stands in a unit.
        bins: the same for elements of entropy coded payloads, with the value of a bin.
        absent: elements that stand nowhere.
        absent_bins: elements that stand in no payload.
        given: what a decoder has to be told.
        peer: why NNCodec doesn't read it, "" where it does.
    """

    clause: str
    what: str
    models: Sequence[Mapping[str, np.ndarray]]
    options: Mapping[str, Any] = field(default_factory=dict)
    elements: Mapping[str, Any] = field(default_factory=dict)
    bins: Mapping[str, Any] = field(default_factory=dict)
    absent: Sequence[str] = ()
    absent_bins: Sequence[str] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    peer: str = ""

    def __str__(self) -> str:
        return f"{self.clause} {self.what}"

    def updates(self) -> list[bytes]:
        """The bitstreams of a session that starts from the first model, which all have."""
        base, *models = self.models
        session = nnc.Encoder(base, **{"qp": QP, "nonweight_qp": QP} | dict(self.options))
        return [session.encode(model) for model in models]

    @property
    def is_session(self) -> bool:
        return len(self.models) > 1

    def encoded(self) -> list[bytes]:
        """The bitstreams, as our encoder writes them."""
        options = {"qp": QP, "nonweight_qp": QP} | dict(self.options)
        if self.is_session:
            session = nnc.Encoder(**options)
            return [session.encode(model) for model in self.models]
        return [nnc.encode(dict(self.models[0]), **options)]


def found(bitstreams: Sequence[nnc.Bitstream], name: str) -> list[Any]:
    """Return the values of an element of headers or parameter sets, wherever it stands."""
    return list(values_of(bitstreams, name))


def values_of(bitstreams: Sequence[nnc.Bitstream], name: str) -> Iterator[Any]:
    for bitstream in bitstreams:
        for unit in bitstream.walk():
            for holder in (unit.header, None if unit.nnr_unit_type > 4 else unit.payload):
                value = getattr(holder, name, None)
                if value is not None:
                    yield value


def found_bins(bitstreams: Sequence[nnc.Bitstream]) -> set[tuple[str, int]]:
    """Return the elements of entropy coded payloads with the values that their bins have.

    Payloads that are coded with what a session knows are looked at as far as they go without.
    """
    result: set[tuple[str, int]] = set()

    def take(row: dict[str, Any]) -> None:
        name = re.sub(r"\[.*?\]", "", row["path"].partition(".payload.")[2])
        result.add((name, row["bin"]))
        result.add((name.rpartition(".")[2], row["bin"]))

    for bitstream in bitstreams:
        for unit in bitstream.walk():
            if is_coded(unit):
                try:
                    decode_bins(unit, take, False)
                except nnc.NncError:
                    continue
    return result


def floats(*shape: int, seed: int = 1, scale: float = 0.1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, scale, shape).astype("f4")


def few(*shape: int, values: Sequence[float] = (-0.5, 0, 0.25, 2)) -> np.ndarray:
    return np.random.default_rng(3).choice(np.array(values, "f4"), shape)


def zero_rows(*shape: int) -> np.ndarray:
    values = floats(*shape)
    values[::2] = 0
    return values


def formats() -> Iterator[Row]:
    """Clause 7.2: every format of the table."""
    numbers = np.arange(-2, 2, dtype="i4").repeat(6).reshape(4, 6)
    integers = {"int2": 2, "int3": 3, "int4": 4, "int8": 5, "int16": 6, "int32": None, "int64": 7}
    for name, value in integers.items():
        options = {"tensors": {"x": {"data_format": name}}, "metadata_unit": False}
        elements = {} if value is None else {"nnr_decompressed_data_format": value}
        absent = ["nnr_decompressed_data_format"] if value is None else []
        yield Row("7.2", name, [{"x": numbers}], options, elements, absent=absent)
    for name, value in {"float16": 8, "float32": None, "float64": 9}.items():
        elements = {} if value is None else {"nnr_decompressed_data_format": value}
        absent = ["nnr_decompressed_data_format"] if value is None else []
        for keep in (False, True):
            yield Row(
                "7.2",
                f"{name}{', stored' if keep else ''}",
                [{"x": floats(4, 6).astype(name)}],
                {"keep": ["x"] if keep else []},
                elements | {"nnr_compressed_data_unit_payload_type": 2 if keep else 1},
                absent=absent,
                peer=NO_STORED_FORMAT if keep and value is not None else "",
            )


def payload_types() -> Iterator[Row]:
    """Clauses 7.3.2 to 7.3.6."""
    kind = "nnr_compressed_data_unit_payload_type"
    small = np.arange(-12, 12, dtype="i4").reshape(4, 6)
    yield Row("7.3.2", "NNR_PT_INT", [{"x": small}], {}, {kind: 0})
    yield Row("7.3.3", "NNR_PT_FLOAT", [{"x": floats(9, 7)}], {}, {kind: 1})
    yield Row("7.3.4", "NNR_PT_RAW_FLOAT", [{"x": floats(9, 7)}], {"keep": ["x"]}, {kind: 2})
    wide = np.array([[0, 1, -1], [2**31 - 1, -(2**31) + 1, 7]], "i4")
    yield Row("7.3.6", "integers of 32 bits", [{"x": wide}], {}, {kind: 0})
    lowest = np.array([[0, 1], [-(2**31), 7]], "i4")
    yield Row("7.3.6", "the lowest integer", [{"x": lowest}], {}, {kind: 0})  # fmt: skip
    yield Row("7.3.6", "integers in blocks", [{"x": np.arange(900, dtype="i4").reshape(30, 30)}],
              {"scan_order": 1}, {kind: 0, "scan_order": 1, "dq_flag": 0})  # fmt: skip


def layer(decomposed: bool, scaling: bool, batch_norm: bool, bias: bool, separate: bool) -> Row:
    """A layer of a weight, with the parts that bits of compressed_parameter_types say."""
    tensors, block = {}, {"weight": "l.weight", "separate": separate}
    if decomposed:
        tensors |= {"l.weight_G": floats(24, 5), "l.weight_H": floats(5, 36, seed=2)}
        block |= {"g": "l.weight_G", "h": "l.weight_H", "dimensions": (24, 4, 3, 3)}
    else:
        tensors["l.weight"] = floats(24, 4, 3, 3)
    if scaling:
        tensors["l.weight_scaling"] = floats(24, seed=3)
        block["scaling"] = "l.weight_scaling"
    if batch_norm:
        names = [f"l.{part}" for part in ("beta", "gamma", "mean", "variance")]
        tensors |= {name: floats(24, seed=4 + n) for n, name in enumerate(names)}
        block["batch_norm"] = names
    if bias:
        tensors["l.bias"] = floats(24, seed=9)
        block["bias"] = "l.bias"
    types = sum(
        bit
        for bit, there in zip((1, 2, 4, 8), (decomposed, scaling, batch_norm, bias), strict=True)
        if there
    )
    bits = [
        name
        for name, there in zip(
            ("DC", "LS", "BN", "BI"), (decomposed, scaling, batch_norm, bias), strict=True
        )
        if there
    ]
    return Row(
        "7.3.3" if separate else "7.3.5",
        f"{'layer' if separate else 'block'} of {' '.join(bits)}",
        [tensors],
        {"blocks": [nnc.Block(**block)]},
        {
            "compressed_parameter_types": types,
            "nnr_compressed_data_unit_payload_type": 1 if separate else 3,
        },
        peer=NO_SEPARATE_FACTORS if separate and decomposed else "",
    )


def layers() -> Iterator[Row]:
    """Clause 7.3.5 and compressed_parameter_types: each combination of bits."""
    for bits in list(itertools.product([False, True], repeat=4))[1:]:
        for separate in (False, True):
            yield layer(*bits, separate)
    tensors = layer(True, True, False, True, False).models[0]
    block = layer(True, True, False, True, False).options["blocks"]
    entry_points = {"scan_order": 1, "cabac_offset_list": PRESENT, "bit_offset_delta1": PRESENT}
    yield Row("7.3.5", "blocks of a block", [tensors], {"blocks": block, "scan_order": 1},
              entry_points)  # fmt: skip
    factors = layer(True, False, False, False, False)
    rounded = {name: few(*values.shape) for name, values in factors.models[0].items()}
    yield Row("7.3.5", "codebooks of G and H", [rounded], factors.options | {"codebook": True},
              {"codebook_present_flag": 1, "integer_codebook": PRESENT,
               "integer_codebook_dc": PRESENT})  # fmt: skip


def quantization() -> Iterator[Row]:
    """Clauses 9.2 and 9.3."""
    weight = {"x": floats(30, 40), "v": floats(30, seed=2)}
    for density in range(8):
        for dq in (False, True):
            yield Row(
                "9.2.3, 9.3.3" if dq else "9.2.1, 9.3.1",
                f"{'dependent' if dq else 'uniform'}, density {density}",
                [weight],
                {"dq": dq, "qp_density": density, "qp": -5 << density,
                 "nonweight_qp": (-5 << density) + (density > 0)},
                {"dq_flag": int(dq), "mps_qp_density": density},
                {"quantization_parameter": PRESENT},
            )  # fmt: skip
    for name, values in {
        "with zero": (-0.5, 0, 0.25, 2),
        "positive": (0.5, 0.75, 3.75),
        "negative": (-7, -0.25, -0.125),
        "of one entry": (0.5,),
        "with wide gaps": (-90, 0, 0.25, 2),
    }.items():
        for scan_order in (0, 2):
            yield Row(
                "9.2.2, 9.3.2",
                f"codebook {name}{', in blocks' if scan_order else ''}",
                [{"x": few(40, 50, values=values)}],
                {"codebook": True, "scan_order": scan_order},
                {"codebook_present_flag": 1, "integer_codebook": PRESENT},
            )
    yield Row("9.2.2, 9.3.2", "codebook of k-means", [{"x": floats(40, 50)}],
              {"codebook": 16, "dq": False}, {"codebook_present_flag": 1})  # fmt: skip
    yield Row("9.2.4", "residuals", updates(4), {"predictive": True},
              {"nnr_pre_flag": 1, "mps_parent_signalling_enabled_flag": 1})  # fmt: skip


def updates(count: int) -> list[dict[str, np.ndarray]]:
    """A model that changes here and there, in the same places again and again."""
    generator = np.random.default_rng(5)
    places = generator.random((30, 40)) < 0.2
    models = [{"x": floats(30, 40), "v": floats(30)}]
    for _ in range(count - 1):
        x = models[-1]["x"] + (generator.normal(0, 0.4, (30, 40)) * places).astype("f4")
        v = models[-1]["v"] + generator.normal(0, 0.4, 30).astype("f4")
        models.append({"x": x, "v": v})
    return models


def entropy_coding() -> Iterator[Row]:
    """Clauses 10.1 to 10.3."""
    for unary in (0, 1, 10, 255):
        bins = {"sig_flag": 1, "sign_flag": 1, "abs_level_greater_x": 1}
        yield Row(
            "10.1",
            f"cabac_unary_length_minus1 {unary}",
            [{"x": floats(20, 30)}],
            {"cabac_unary_length_minus1": unary},
            {"cabac_unary_length_minus1": unary},
            bins | ({"abs_remainder": PRESENT} if unary < 2 else {}),
        )
    for scan_order, dq in itertools.product(range(5), (False, True)):
        lists = {"cabac_offset_list": PRESENT, "bit_offset_delta1": PRESENT}
        lists |= {"bit_offset_delta2": PRESENT} | ({"dq_state_list": PRESENT} if dq else {})
        yield Row(
            "10.1",
            f"scan order {scan_order}{', dependent' if dq else ''}",
            [{"x": floats(300, 70)}],
            {"scan_order": scan_order, "dq": dq},
            {"scan_order": scan_order} | (lists if scan_order else {}),
        )
    for dq in (False, True):
        yield Row(
            "10.1",
            f"rows skipped{', dependent' if dq else ''}",
            [{"x": zero_rows(40, 50)}],
            {"row_skip": True, "dq": dq},
            {"dq_flag": int(dq)},
            {"row_skip_enabled_flag": 1, "row_skip_list": 1},
        )
    yield Row("10.2", "initial states chosen", [{"x": floats(200, 50, scale=0.02)}], {}, {},
              {"shift_idx_minus_1_present_flag": 1, "shift_idx_minus_1": 1})  # fmt: skip
    yield Row("10.2", "initial states as they are", [{"x": floats(20, 50)}],
              {"parameter_search": False}, {},
              {"shift_idx_minus_1_present_flag": 0},
              absent_bins=["shift_idx_minus_1"])  # fmt: skip
    yield Row("10.3", "profile of the first edition", [{"x": floats(20, 50)}], {"profile": 0},
              {"general_profile_idc": 0})  # fmt: skip
    yield Row("10.3", "temporal contexts", updates(4), {"history": False, "qp": -12},
              {"temporal_context_modeling_flag": 1})  # fmt: skip
    yield Row("10.3", "history-dependent probabilities", updates(5),
              {"temporal_contexts": False, "qp": -12}, {},
              {"hist_dep_sig_prob_enabled_flag": 1})  # fmt: skip
    yield Row("10.3", "both", updates(5), {"qp": -12}, {"temporal_context_modeling_flag": 1})
    for parents, element in (
        ("id", "parent_device_id"),
        ("sha256", "parent_node_payload_sha256"),
        ("sha512", "parent_node_payload_sha512"),
    ):
        yield Row("9.2.4", f"parents by {parents}", updates(3), {"parents": parents},
                  {"parent_node_id_present_flag": 1, element: PRESENT})  # fmt: skip


def structure() -> Iterator[Row]:
    """Clauses 6.2 and 6.3: what the units are, and how they are put together."""
    tensors = {
        "a.q": floats(20, 30),
        "a.k": floats(20, 30, seed=2),
        "a.b": floats(20, seed=3),
        "b.x": floats(30, 20, seed=4),
        "b.y": floats(4, 5, 6, seed=5),
        "b.n": np.arange(6, dtype="i4"),
    }
    shapes = {name: values.shape for name, values in tensors.items()}
    yield Row("6.2.2", "aggregate", [tensors], {"aggregates": "all"},
              {"nnr_aggregate_unit_type": 0, "nnr_unit_entry_point": PRESENT},
              peer=NO_AGGREGATES)  # fmt: skip
    yield Row("6.2.2", "aggregates within aggregates", [tensors | {"b.z.u": floats(3),
              "b.z.w": floats(3)}], {"aggregates": "modules"},
              {"num_of_nnr_units_minus2": PRESENT}, peer=NO_AGGREGATES)  # fmt: skip
    yield Row("6.3.3", "parts", [tensors], {"part_size": 60},
              {"partial_data_counter": 2}, peer=NO_PARTS)  # fmt: skip
    own = {"b.*": nnc.LayerParameters(qp=-160, nonweight_qp=-160, qp_density=5)}
    yield Row("6.3.4", "layer parameter sets", [tensors], {"layer_parameters": own},
              {"lps_qp_density": 5, "lps_quantization_parameter": PRESENT},
              peer=NO_LAYER_PARAMETERS)  # fmt: skip
    yield Row("6.3.4", "references to a topology unit", [tensors], {"references": True},
              {"mps_topology_indexed_reference_flag": 1, "topology_elem_id_index": 3,
               "topology_storage_format": 6}, peer=NO_REFERENCES)  # fmt: skip
    yield Row("6.3.3", "several tensors in one",
              [tensors],
              {"joins": [nnc.Joined(names=["a.q", "a.k", "b.x"], orders={"b.x": (1, 0)})]},
              {"topology_tensor_dimension_mapping": PRESENT, "split_index": [20, 40],
               "shift_value": PRESENT}, peer=NO_JOINED)  # fmt: skip
    yield Row("6.3.3", "several tensors in one, by references", [tensors],
              {"joins": [nnc.Joined(names=["a.q", "a.k"], axis=1)], "references": True},
              {"concatenation_axis_index": 1, "topology_elem_id_index_list": [0, 1]},
              peer=NO_JOINED)  # fmt: skip
    yield Row("6.3.3", "rows of another dimension", [tensors],
              {"tensors": {"b.*": {"row_axis": 1}}}, {"first_tensor_dimension_shift": 1},
              peer=NO_ROW_AXIS)  # fmt: skip
    yield Row("6.3.3", "dimensions out of band", [tensors], {"out_of_band": ["dimensions"]},
              {"tensor_dimensions_flag": 0}, absent=["tensor_dimensions"],
              given={"dimensions": shapes})  # fmt: skip
    yield Row("6.3.3", "all parameters out of band", [tensors],
              {"out_of_band": ["dimensions", "cabac_unary_length_minus1"]},
              {"input_parameters_present_flag": 0},
              absent=["tensor_dimensions", "cabac_unary_length_minus1"],
              given={"dimensions": shapes, "cabac_unary_length_minus1": 10})  # fmt: skip


SECTIONS: list[Callable[[], Iterator[Row]]] = [
    formats, payload_types, layers, quantization, entropy_coding, structure,
]  # fmt: skip

ROWS = [row for section in SECTIONS for row in section()]
