"""Headers of compressed data units (clause 6.3.3)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from nnc.bitio import Table
from nnc.decoder.known import Known
from nnc.deepcabac import EntryPoints
from nnc.encoder.options.model import EncoderOptions
from nnc.model.node import Node, Parent
from nnc.syntax import NnrCompressedDataUnitHeader, ParentNodeIdType, Scope, TensorDimensionsList

#: What tensors have of their own in headers that are otherwise the same.
OWN = ("topology_elem_id", "tensor_dimensions_list")

#: Kinds of values that are a tensor's own as well. No union: to make one takes longer than to ask.
UNLIKE = (list, Table)


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a unit stands in the parameter update tree.

    Attributes:
        node: the node that it is.
        signalled: the bitstream is an update, whose units say whether they have a parent.
        parent: the node that it is a difference to; None: it replaces the tensor.
        known: levels and history that its levels may be coded with.
    """

    node: Node
    signalled: bool = False
    parent: Parent | None = None
    known: Known = field(default_factory=Known)

    def with_row_axis(self, axis: int) -> Lineage:
        """Return the same for values whose dimension `axis` was put first."""
        if not axis:
            return self
        levels, history = self.known
        known = Known(
            None if levels is None else np.moveaxis(levels, axis, 0),
            None if history is None else np.moveaxis(history, axis, 0),
        )
        return replace(self, known=known)


def whole_header(
    elements: Mapping[str, Any],
    options: EncoderOptions,
    lineage: Lineage | None,
    temporal: bool,
) -> NnrCompressedDataUnitHeader:
    """Return a header with its parameters of the tensor; what it has besides, the syntax says.

    Args:
        elements: what it is to say, by element; None: what says nothing.
        options: how the model is encoded.
        lineage: where the unit stands in the parameter update tree, if it does.
        temporal: it is coded with the levels of its parent.
    """
    said = {} if lineage is None else lineage_elements(lineage, temporal)
    signalled = lineage is not None and lineage.signalled
    alike = {name: value for name, value in elements.items() if name not in OWN}
    name, dimensions = elements.get("topology_elem_id"), elements["tensor_dimensions_list"]
    if said or name is None or any(isinstance(one, UNLIKE) for one in alike.values()):
        return made_header(options.profile, signalled, {**elements, **said})
    rank = dimensions.count_tensor_dimensions
    header = copy.copy(header_of_many(options.profile, signalled, rank, tuple(alike.items())))
    header.topology_elem_id, header.tensor_dimensions_list = name, dimensions
    return header


def made_header(
    profile: int, signalled: bool, elements: Mapping[str, Any]
) -> NnrCompressedDataUnitHeader:
    """Return a header with certain elements, and what the syntax says that it has besides."""
    scope = Scope()
    scope.general_profile_idc = profile
    scope.mps_topology_indexed_reference_flag = 0
    scope.mps_parent_signalling_enabled_flag = int(signalled)
    return NnrCompressedDataUnitHeader.default(
        scope, input_parameters_present_flag=1, tensor_dimensions_flag=1, **elements
    )


@lru_cache(maxsize=256)
def header_of_many(
    profile: int, signalled: bool, rank: int, elements: tuple[tuple[str, Any], ...]
) -> NnrCompressedDataUnitHeader:
    """Return the header of tensors that differ in their names and lengths alone, to be copied."""
    own = {"topology_elem_id": "", "tensor_dimensions_list": dimensions_list([0] * rank)}
    return made_header(profile, signalled, dict(elements) | own)


def lineage_elements(lineage: Lineage, temporal: bool) -> dict[str, Any]:
    """Return the elements that say which node a unit is, and which its parent."""
    elements: dict[str, Any] = {
        "node_id_present_flag": 1,
        "device_id": lineage.node.device_id,
        "parameter_id": lineage.node.parameter_id,
        "put_node_depth": lineage.node.depth,
    }
    parent = lineage.parent
    if not lineage.signalled or parent is None:
        return elements
    elements |= {"parent_node_id_present_flag": 1, "temporal_context_modeling_flag": int(temporal)}
    if parent.node is not None:
        kind, name, value = ParentNodeIdType.ICNN_NDU_ID, "parent_device_id", parent.node.device_id
    else:
        kind = ParentNodeIdType[f"ICNN_NDU_PL_{parent.algorithm.upper()}"]
        name, value = f"parent_node_payload_{parent.algorithm}", int(parent.digest, 16)
    return elements | {"parent_node_id_type": kind, name: value}


def dimensions_list(dimensions: Sequence[int]) -> TensorDimensionsList:
    """Return the table that says the dimensions of a tensor."""
    return TensorDimensionsList(
        count_tensor_dimensions=len(dimensions), tensor_dimensions=list(dimensions)
    )


def entry_point_elements(entry_points: EntryPoints, dq: bool) -> dict[str, Any]:
    """Return the elements that say where block rows can be entered."""
    offsets = list(entry_points.bit_offset_list)
    return {
        "cabac_offset_list": list(entry_points.cabac_offset_list),
        "dq_state_list": list(entry_points.dq_state_list) if dq else None,
        "bit_offset_delta1": offsets[0] if offsets else None,
        "bit_offset_delta2": [after - before for before, after in pairwise(offsets)],
    }


def set_entry_points(
    header: NnrCompressedDataUnitHeader, entry_points: EntryPoints, dq: bool
) -> None:
    """Write the entry points of block rows into a header."""
    for name, value in entry_point_elements(entry_points, dq).items():
        setattr(header, name, value)
