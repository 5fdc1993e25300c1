"""Which units a drawn bitstream holds: a valid order, and the values that keep it decodable.

All that ties one unit to another is settled here, before the first bit is drawn: names and the
list of ids that indices point into, parts of cut data, G and H of a decomposed weight, parents.
What is left open the schema's strategies draw.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from collections.abc import Sequence
from typing import Any

from nnc.fuzzing.planned import Ancestor, PlannedUnit, kept
from nnc.fuzzing.strategies import Source
from nnc.fuzzing.within import EVERYTHING, Within
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType
from nnc.syntax import (
    CompressedParameterTypes,
    DecompressedDataFormat,
    NnrUnitType,
    ParentNodeIdType,
    TopologyCompressionFormat,
    TopologyStorageFormat,
)

DC = CompressedParameterTypes.NNR_CPT_DC
LS = CompressedParameterTypes.NNR_CPT_LS
BN = CompressedParameterTypes.NNR_CPT_BN
BI = CompressedParameterTypes.NNR_CPT_BI

#: Formats that tensors are delivered in, by payload type: those that hold all drawn values.
FORMATS = {
    PayloadType.NNR_PT_INT: (
        DecompressedDataFormat.TENSOR_INT32,
        DecompressedDataFormat.TENSOR_INT8,
        DecompressedDataFormat.TENSOR_INT16,
        DecompressedDataFormat.TENSOR_INT64,
    ),
    PayloadType.NNR_PT_FLOAT: (
        DecompressedDataFormat.TENSOR_FLOAT32,
        DecompressedDataFormat.TENSOR_FLOAT64,
    ),
    PayloadType.NNR_PT_RAW_FLOAT: (
        DecompressedDataFormat.TENSOR_FLOAT32,
        DecompressedDataFormat.TENSOR_FLOAT16,
        DecompressedDataFormat.TENSOR_FLOAT64,
    ),
    PayloadType.NNR_PT_BLOCK: (
        DecompressedDataFormat.TENSOR_FLOAT32,
        DecompressedDataFormat.TENSOR_FLOAT64,
    ),
}

#: The features that payload types and parts of blocks are.
PAYLOADS = {
    PayloadType.NNR_PT_INT: "integers",
    PayloadType.NNR_PT_FLOAT: "floats",
    PayloadType.NNR_PT_RAW_FLOAT: "raw-values",
}
BLOCK_PARTS = {DC: "decomposition", LS: "local-scaling", BN: "batch-norms"}

#: Topologies whose payload is bytes, which may be deflated.
STORED_TOPOLOGIES = (
    TopologyStorageFormat.NNR_TPL_UNREC,
    TopologyStorageFormat.NNR_TPL_NNEF,
    TopologyStorageFormat.NNR_TPL_ONNX,
    TopologyStorageFormat.NNR_TPL_PYT,
    TopologyStorageFormat.NNR_TPL_TEF,
)

#: Unit types that the standard leaves to applications.
UNSPECIFIED_TYPES = (32, 63)

#: Indices from this one on take two bits more.
FAR_INDEX = 400

#: The smallest quantization parameter that is drawn; all are at most 0.
SMALLEST_QP = -64

#: Lengths of dimensions: the first one reaches beyond two block rows of the smallest blocks.
LONGEST_FIRST, LONGEST = 24, 4


class Planner:
    """Draws which units a bitstream holds.

    Attributes:
        units: the units in order.
        dimensions: tensor_dimensions by name, where the bitstream leaves them out.
        unary_lengths: cabac_unary_length_minus1 by name, where given from outside.
    """

    def __init__(
        self,
        source: Source,
        ancestors: Sequence[Ancestor] = (),
        *,
        is_base: bool = False,
        within: Within = EVERYTHING,
    ) -> None:
        """Draw them.

        Args:
            source: where decisions come from.
            ancestors: tensors of the bitstream that this one is an update of; empty for none.
            is_base: an update is to follow.
            within: the features that it is drawn from.
        """
        self.source = source
        self.may, self.holds = within.may, within.holds
        self.ancestors = ancestors
        self.is_base = is_base
        self.dimensions: dict[str, list[int]] = {}
        self.unary_lengths: dict[str, int] = {}
        self.ids: list[str] = []
        # Names and parameter_ids of an update differ from those of its base.
        self.count = 100 if ancestors else 0
        profiles = (0, 1)[not self.may("first-edition") : 1 + self.may("second-edition")]
        self.profile = 1 if ancestors or is_base else self.pick(profiles)
        self.indexed = self.may("indexed-references") and self.sometimes(4)
        if self.indexed and self.sometimes(8):
            self.ids = [f"other.{number}" for number in range(FAR_INDEX)]
        self.units = kept(self.all_units(), iter(range(1 << 16)), getattr(source, "dropped", ()))

    # Chances

    def sometimes(self, one_in: int) -> bool:
        """Decide; the simplest decision is no."""
        return self.source.integer(0, one_in - 1) == 1

    def pick(self, choices: Sequence[Any]) -> Any:
        """Choose; the simplest choice is the first."""
        return choices[self.source.integer(0, len(choices) - 1)]

    # The order of units

    def all_units(self) -> list[PlannedUnit]:
        """Draw the units of the bitstream."""
        data = self.all_data_units()
        topologies = self.topologies()
        kinds = {unit.fixed.get("nnr_compressed_data_unit_payload_type") for unit in data}
        quantised = bool(kinds & {PayloadType.NNR_PT_FLOAT, PayloadType.NNR_PT_BLOCK})
        units = [self.parameter_set(bool(topologies), quantised), *topologies]
        if self.may("quantization-units") and self.sometimes(4):
            units.append(self.quantization())
        units += data
        if self.may("application-units") and self.sometimes(6):
            kind = self.source.integer(*UNSPECIFIED_TYPES)
            units.append(self.whole(PlannedUnit(kind)))
        start = self.whole(PlannedUnit(NnrUnitType.NNR_STR))
        start.fixed["general_profile_idc"] = self.profile
        if not self.may("aggregates"):
            return [start, *units]
        if self.sometimes(8):
            return [start, self.aggregate(units, self_contained=True)]
        if self.sometimes(4):
            first = self.source.integer(0, len(units) - 2)
            last = self.source.integer(first + 1, len(units) - 1)
            units[first : last + 1] = [self.aggregate(units[first : last + 1])]
        return [start, *units]

    def aggregate(self, units: list[PlannedUnit], *, self_contained: bool = False) -> PlannedUnit:
        """Return the aggregate of units; those at its end may be an aggregate themselves."""
        if len(units) > 2 and self.sometimes(4):
            units = [*units[:-2], self.aggregate(units[-2:])]
        made = self.whole(PlannedUnit(NnrUnitType.NNR_AGG, units=units))
        made.fixed["nnr_aggregate_unit_type"] = int(self_contained)
        made.given["aggregate_has_tail"] = int(not self.sometimes(4))
        return made

    def whole(self, unit: PlannedUnit) -> PlannedUnit:
        """Say that a unit is no part of others; a counter of 0 says so too."""
        unit.fixed["nnr_unit_type"] = int(unit.kind)
        counted = self.sometimes(8) and self.may("part-counters")
        unit.fixed["partial_data_counter_present_flag"] = int(counted)
        unit.fixed["partial_data_counter"] = 0
        return unit

    def cut(self, unit: PlannedUnit) -> PlannedUnit:
        """Cut the data of a unit over several, or don't."""
        self.whole(unit)
        if self.may("parts") and self.may("part-counters") and self.sometimes(6):
            unit.parts = self.source.integer(2, 4)
            unit.fixed["partial_data_counter_present_flag"] = 1
            unit.fixed["partial_data_counter"] = unit.parts
        return unit

    # Units that aren't data

    def parameter_set(self, has_topology: bool, quantised: bool) -> PlannedUnit:
        """Plan the model parameter set."""
        unit = self.whole(PlannedUnit(NnrUnitType.NNR_MPS))
        free = not self.is_base and self.may("parent-signalling")
        is_update = bool(self.ancestors) or (free and self.sometimes(6))
        unit.fixed |= {
            "topology_carriage_flag": int(has_topology),
            "mps_quantization_method_flags": self.source.integer(int(quantised), 3)
            or int(not self.may("integers-alone")),
            "mps_quantization_parameter": -self.source.integer(0, -SMALLEST_QP),
            "mps_topology_indexed_reference_flag": int(self.indexed),
            "mps_parent_signalling_enabled_flag": int(is_update),
        }
        return unit

    def layer_parameter_set(self) -> PlannedUnit:
        """Plan a layer parameter set."""
        unit = self.whole(PlannedUnit(NnrUnitType.NNR_LPS))
        unit.fixed |= {
            "lps_quantization_method_flags": self.source.integer(0, 3),
            "lps_quantization_parameter": -self.source.integer(0, -SMALLEST_QP),
        }
        return unit

    def topologies(self) -> list[PlannedUnit]:
        """Plan the topology units: the list of ids where there are indices, and others."""
        units = []
        if self.indexed:
            while len(self.ids) < 2 or self.sometimes(4):
                self.ids.append(self.new_name())
            listed = self.whole(PlannedUnit(NnrUnitType.NNR_TPL))
            listed.fixed |= {
                "topology_storage_format": TopologyStorageFormat.NNR_TPL_REFLIST,
                "topology_compression_format": TopologyCompressionFormat.NNR_PT_RAW,
                "count_topology_elements_minus2": len(self.ids) - 2,
                "topology_elem_id_list": self.ids.__getitem__,
            }
            units.append(listed)
        some = self.may("topologies") or self.may("pruning-containers")
        return units + [self.topology() for _ in range(self.source.integer(0, 2) if some else 0)]

    def topology(self) -> PlannedUnit:
        """Plan a topology unit that holds a graph, or tells what was pruned."""
        unit = self.cut(PlannedUnit(NnrUnitType.NNR_TPL))
        pruned = self.may("pruning-containers")
        stored = [
            kind
            for kind in STORED_TOPOLOGIES
            if self.may("topologies") and self.holds("topology_storage_format", kind)
        ]
        storage = self.pick((*stored, TopologyStorageFormat.NNR_TPL_PRUN)[: None if pruned else -1])
        if pruned and self.sometimes(3):
            storage = TopologyStorageFormat.NNR_TPL_PRUN
        unit.fixed["topology_storage_format"] = storage
        unit.fixed["topology_compression_format"] = TopologyCompressionFormat.NNR_PT_RAW
        if storage in STORED_TOPOLOGIES:
            self.deflate(unit, "topology")
            if not self.may("topology-data"):
                unit.fixed["topology_data"] = b"\0"
        elif self.indexed:
            last = len(self.ids) - 1
            unit.fixed["element_id_index"] = lambda index: self.source.integer(0, last)
        return unit

    def quantization(self) -> PlannedUnit:
        """Plan a quantization unit."""
        unit = self.cut(PlannedUnit(NnrUnitType.NNR_QNT))
        self.deflate(unit, "quantization")
        return unit

    def deflate(self, unit: PlannedUnit, prefix: str) -> None:
        """Decide whether the data of a unit are deflated."""
        packed = self.may("deflated-data") and self.sometimes(3)
        unit.fixed[f"{prefix}_compression_format"] = (
            TopologyCompressionFormat.NNR_DFL if packed else TopologyCompressionFormat.NNR_PT_RAW
        )
        if packed:
            # Without compression: the same bytes from every version of zlib.
            unit.fixed[f"{prefix}_data"] = zlib.compress(self.source.data(), 0)

    # Compressed data units

    def all_data_units(self) -> list[PlannedUnit]:
        """Plan the compressed data units, with the layer parameter sets before them."""
        groups = [[self.update(ancestor)] for ancestor in self.ancestors]
        plain = any(self.may(PAYLOADS[kind]) for kind in self.plain_kinds())
        kinds = [self.plain] * 3 * plain
        kinds += [self.block] * self.may("blocks") + [self.joined] * self.may("joined-tensors")
        kinds += [self.decomposed] * self.may("separate-factors")
        for _ in range(self.source.integer(0 if groups else 1, 3)):
            kind = self.plain if self.is_base else self.pick(kinds)
            groups.append(kind())
        units = []
        for group in groups:
            if self.may("layer-parameter-sets") and self.sometimes(4):
                units.append(self.layer_parameter_set())
            units += group
        return units

    def new_name(self) -> str:
        """Return a name that no other tensor has."""
        self.count += 1
        return f"{self.source.text()}.{self.count}"

    def shape(self, least_rank: int, least: int = 1) -> list[int]:
        """Draw the dimensions of a tensor."""
        rank = self.source.integer(least_rank, 3)
        longest = (LONGEST_FIRST, *[max(LONGEST, least)] * rank)
        return [self.source.integer(least, longest[axis]) for axis in range(rank)]

    def data_unit(
        self, kind: PayloadType, dimensions: list[int], names: list[str], **fixed: Any
    ) -> PlannedUnit:
        """Plan a compressed data unit.

        Args:
            kind: its payload type.
            dimensions: tensor_dimensions.
            names: names of its tensors.
            **fixed: further values that are not left to chance.
        """
        unit = PlannedUnit(NnrUnitType.NNR_NDU, names=names)
        self.whole(unit)
        scans = len(dimensions) > 1 and kind != PayloadType.NNR_PT_RAW_FLOAT
        unit.fixed |= {
            "nnr_compressed_data_unit_payload_type": int(kind),
            "nnr_multiple_topology_elements_present_flag": int(len(names) > 1),
            "nnr_decompressed_data_format": self.pick(FORMATS[kind]),
            "input_parameters_present_flag": 1,
            "device_id": 0 if self.is_base else self.source.integer(0, 40),
            "parameter_id": self.count,
            "put_node_depth": self.source.integer(0, 3),
            "parent_node_id_present_flag": 0,
            "tensor_dimensions_flag": 1,
            "compressed_parameter_types": 0,
            "count_tensor_dimensions": len(dimensions),
            "tensor_dimensions": dimensions.__getitem__,
            "first_tensor_dimension_shift": 0,
            "scan_order": self.source.integer(0, 4) if scans else 0,
        }
        unit.fixed |= self.references(names) | fixed
        if kind == PayloadType.NNR_PT_INT and not self.may("dependent-integers"):
            unit.fixed["dq_flag"] = 0
        if not self.may_scan(dimensions):
            unit.fixed["scan_order"] = 0
        return unit

    def may_scan(self, dimensions: list[int]) -> bool:
        """Tell whether a tensor may be scanned in blocks."""
        is_vector = len(dimensions) > 1 and 1 in (dimensions[0], math.prod(dimensions[1:]))
        return self.may("block-scans") and not (
            is_vector and not self.may("block-scans-of-vectors")
        )

    def plain_kinds(self) -> list[PayloadType]:
        """Return the payload types that units of one tensor may have."""
        kinds = (PayloadType.NNR_PT_INT, PayloadType.NNR_PT_FLOAT, PayloadType.NNR_PT_RAW_FLOAT)
        return [kind for kind in kinds if self.may(PAYLOADS[kind])]

    def references(self, names: list[str]) -> dict[str, Any]:
        """Return the elements by which a unit says which tensors it holds."""
        count = {"count_topology_elements_minus2": max(len(names) - 2, 0)}
        if not self.indexed:
            ids = {"topology_elem_id": names[0], "topology_elem_id_list": names.__getitem__}
            return count | ids
        first = len(self.ids)
        self.ids += names
        return count | {
            "topology_elem_id_index": first,
            "topology_elem_id_index_list": lambda index: first + index,
        }

    def plain(self) -> list[PlannedUnit]:
        """Plan a unit of one tensor."""
        kind = PayloadType.NNR_PT_FLOAT if self.is_base else self.pick(self.plain_kinds())
        unit = self.data_unit(kind, dimensions := self.shape(0), [self.new_name()])
        unit.fixed["compressed_parameter_types"] = self.pick((0, BN, BI, BN | BI))
        self.shift_rows(unit, dimensions)
        self.leave_out(unit, dimensions)
        return [self.cut(unit)]

    def block(self) -> list[PlannedUnit]:
        """Plan a unit of the tensors of one layer."""
        least = 0 if self.may("blocks-of-one") else 1
        types = self.source.integer(least, int(DC | LS | BN | BI))
        for part, feature in BLOCK_PARTS.items():
            types &= ~0 if self.may(feature) else ~int(part)
        dimensions = self.shape(2 if types & DC else 1, 2)
        vectors = bool(types & LS) + 4 * bool(types & BN) + bool(types & BI)
        names = [self.new_name() for _ in range(1 + bool(types & DC) + vectors)]
        if types & DC and not self.may("factors-of-any-name"):
            names[:2] = (f"{names[0]}_{factor}" for factor in "GH")
        kind = PayloadType.NNR_PT_BLOCK
        unit = self.data_unit(kind, dimensions, names, compressed_parameter_types=types)
        if types & DC:
            self.decompose(unit, dimensions)
            if unit.fixed["scan_order"] or not self.may("codebooks-of-factors"):
                # One level may need no bits and so have no block rows, but both or none.
                unit.fixed["codebook_present_flag"] = 0
        else:
            self.shift_rows(unit, dimensions)
        self.leave_out(unit, dimensions)
        return [self.cut(unit)]

    def decomposed(self) -> list[PlannedUnit]:
        """Plan the two units of G and H of a weight."""
        dimensions, name = self.shape(2, 2), self.new_name()
        kind = PayloadType.NNR_PT_FLOAT
        units = [self.data_unit(kind, dimensions, [name + suffix]) for suffix in ("_G", "_H")]
        self.decompose(units[0], dimensions)
        for role, unit in enumerate(units, 1):
            unit.given["decomposed_tensor_role"] = role
            unit.fixed["parameter_id"] = 2 * self.count + role + 1000
            for element in ("decomposition_rank", "g_number_of_rows", "compressed_parameter_types"):
                unit.fixed[element] = units[0].fixed[element]
            self.leave_out(unit, dimensions)
        return units

    def decompose(self, unit: PlannedUnit, dimensions: list[int]) -> None:
        """Draw the shapes of G and H of a unit's weight."""
        values = math.prod(dimensions)
        rows = self.pick([number for number in range(2, values) if values % number == 0])
        unit.fixed |= {
            "compressed_parameter_types": unit.fixed["compressed_parameter_types"] | DC,
            "decomposition_rank": self.source.integer(2, 4),
            "g_number_of_rows": rows,
        }

    def joined(self) -> list[PlannedUnit]:
        """Plan a unit of several tensors that are coded as one."""
        count = self.source.integer(2, 3)
        kind = self.pick((PayloadType.NNR_PT_FLOAT, PayloadType.NNR_PT_INT))
        dimensions = self.shape(1, count)
        rank = len(dimensions)
        axis = self.source.integer(0, rank - 1)
        # One value at least is left for each tensor after the one that ends here.
        ends: list[int] = []
        for number in range(1, count):
            least = (ends[-1] if ends else 0) + 1
            ends.append(self.source.integer(least, dimensions[axis] - count + number))
        moves = [
            [(moved := self.source.integer(0, rank - 1), self.source.integer(0, rank - 1) - moved)]
            * self.source.integer(0, 2)
            for _ in range(count)
        ]
        unit = self.data_unit(kind, dimensions, [self.new_name() for _ in range(count)])
        unit.fixed |= {
            "concatenation_axis_index": axis,
            "split_index": ends.__getitem__,
            "number_of_shifts": lambda index: len(moves[index]),
            "shift_index": lambda index: moves[index[0]][index[1]][0],
            "shift_value": lambda index: moves[index[0]][index[1]][1],
        }
        self.shift_rows(unit, dimensions)
        self.leave_out(unit, dimensions)
        return [self.cut(unit)]

    def shift_rows(self, unit: PlannedUnit, dimensions: list[int]) -> None:
        """Decide whether another dimension than the first makes the rows of the matrix."""
        # Entry points are counted by the first dimension.
        free = len(dimensions) > 1 and not unit.fixed["scan_order"] and self.may("row-axis")
        if free and self.sometimes(3):
            shift = self.source.integer(0, len(dimensions) - 1)
            unit.fixed["first_tensor_dimension_shift"] = shift

    def leave_out(self, unit: PlannedUnit, dimensions: list[int]) -> None:
        """Decide whether a unit leaves its dimensions to be known from outside."""
        if self.indexed or not self.may("dimensions-out-of-band") or not self.sometimes(6):
            return
        name, fixed = unit.names[0], unit.fixed
        fixed["tensor_dimensions_flag"] = 0
        if not fixed["compressed_parameter_types"] and len(unit.names) == 1:
            fixed["input_parameters_present_flag"] = self.source.integer(0, 1)
        self.dimensions[name] = unit.given["out_of_band_tensor_dimensions"] = dimensions
        length = self.source.integer(0, 20)
        self.unary_lengths[name] = unit.given["out_of_band_cabac_unary_length_minus1"] = length

    def update(self, ancestor: Ancestor) -> PlannedUnit:
        """Plan a unit that holds the difference to another tensor."""
        self.count += 1
        node = ancestor.node
        dimensions = list(ancestor.dimensions)
        digests = (hashlib.new(name, ancestor.payload).digest() for name in ("sha256", "sha512"))
        sha256, sha512 = (int.from_bytes(digest, "big") for digest in digests)
        unit = self.data_unit(PayloadType.NNR_PT_FLOAT, dimensions, [ancestor.name])
        unit.fixed |= {
            "parameter_id": self.count if node.parameter_id is None else node.parameter_id,
            "put_node_depth": node.depth + 1,
            "parent_node_id_present_flag": 1,
            "parent_node_id_type": self.pick(
                list(ParentNodeIdType)[: None if self.may("parents-by-digest") else 1]
            ),
            "parent_device_id": node.device_id,
            "parent_node_payload_sha256": sha256,
            "parent_node_payload_sha512": sha512,
        }
        unit.ancestor = ancestor
        self.shift_rows(unit, dimensions)
        self.leave_out(unit, dimensions)
        return self.cut(unit)
