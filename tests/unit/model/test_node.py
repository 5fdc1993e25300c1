"""Nodes of the parameter update tree as headers name them."""

import pytest

import nnc
from nnc.model.node import Node, Parent, node_of, parent_of
from nnc.syntax import (
    NnrCompressedDataUnitHeader,
    NnrUnitHeader,
    NnrUnitType,
    ParentNodeIdType,
)

SHA256 = ParentNodeIdType.ICNN_NDU_PL_SHA256
SHA512 = ParentNodeIdType.ICNN_NDU_PL_SHA512


def header(parent_node_id_present_flag=1, **elements):
    """A header of a unit that is a difference."""
    table = NnrCompressedDataUnitHeader(
        nnr_compressed_data_unit_payload_type=1,
        nnr_multiple_topology_elements_present_flag=0,
        nnr_decompressed_data_format_present_flag=0,
        input_parameters_present_flag=0,
        parent_node_id_present_flag=parent_node_id_present_flag,
        **elements,
    )
    return NnrUnitHeader(
        nnr_unit_type=NnrUnitType.NNR_NDU,
        independently_decodable_flag=1,
        partial_data_counter_present_flag=0,
        nnr_compressed_data_unit_header=table,
    )


NAMED = {"parameter_id": 4, "put_node_depth": 3}


def test_a_parent_by_its_place():
    unit = header(device_id=2, parent_node_id_type=0, parent_device_id=1, **NAMED)
    assert node_of(unit) == Node(2, 4, 3)
    assert parent_of(unit) == Parent(Node(1, 4, 2))
    assert str(parent_of(unit)) == "node (device 1, parameter 4, depth 2)"


def test_a_unit_that_says_just_its_parent_is_on_the_same_device():
    unit = header(parent_node_id_type=0, parent_device_id=5, **NAMED)
    assert node_of(unit) == Node(5, 4, 3)
    assert parent_of(unit) == Parent(Node(5, 4, 2))


@pytest.mark.parametrize(("kind", "name"), [(SHA256, "sha256"), (SHA512, "sha512")])
def test_a_parent_by_its_digest(kind, name):
    digest = {f"parent_node_payload_{name}": 0xAB}
    anywhere = parent_of(header(parent_node_id_type=kind, **digest))
    placed = parent_of(header(parent_node_id_type=kind, device_id=2, **NAMED, **digest))
    assert node_of(header(parent_node_id_type=kind, **digest)) is None
    assert len(anywhere.digest) == {"sha256": 64, "sha512": 128}[name]
    assert int(anywhere.digest, 16) == 0xAB
    same = {name: anywhere.digest}
    for node in (Node(1, 4, 2), Node(0, None, 0), Node(0, 9, 7)):
        assert anywhere.fits(node, same)
        assert not anywhere.fits(node, {name: "0" * len(anywhere.digest)})
    # Of a base model that doesn't say what it is, the digest alone counts.
    fitting = [node for node in (Node(1, 4, 2), Node(0, None, 0)) if placed.fits(node, same)]
    assert len(fitting) == 2
    for node in (Node(1, 4, 3), Node(1, 5, 2)):
        assert not placed.fits(node, same)
    assert str(placed).endswith("... at depth 2")


def test_roots():
    assert Parent(Node(3, 1, 0)).is_root
    assert not Parent(Node(3, 1, 1)).is_root
    assert Parent(None, "sha256", "0", 1, 0).is_root
    assert not Parent(None, "sha256", "0").is_root


@pytest.mark.parametrize("kind", [0, SHA256, SHA512])
def test_a_node_without_ancestors_has_no_parent(kind):
    unit = header(parent_node_id_type=kind, device_id=0, parameter_id=0, put_node_depth=0)
    with pytest.raises(nnc.InvalidError, match="depth 0 has no parent"):
        parent_of(unit)


def test_reserved_names_of_parents():
    with pytest.raises(nnc.InvalidError, match="reserved type of parent"):
        parent_of(header(parent_node_id_type=3, **NAMED))


def test_no_parent():
    assert parent_of(header(parent_node_id_present_flag=0, **NAMED)) is None
