"""Pruning containers: masks and dictionaries, and tensors before and after pruning."""

import dataclasses
import json

import numpy as np
import pytest

import nnc
from nnc.bitstream import Unit
from nnc.model.information import ModelInformation
from nnc.model.metadata import read_metadata
from nnc.syntax import NnrTopologyUnitPayload

QP = {"qp": -60, "nonweight_qp": -60}


def random_tensor(*shape, seed=1):
    return np.random.default_rng(seed).normal(0, 0.1, shape).astype("f4")


def with_zero_rows(*shape, rows=(), seed=1):
    values = random_tensor(*shape, seed=seed)
    values[list(rows)] = 0
    return values


MODEL = {
    "first": with_zero_rows(6, 4, 3, rows=[0, 3]),
    "bias": np.linspace(-1, 1, 6, dtype="f4"),
    "whole": random_tensor(5, 7, seed=2),
    "gone": np.zeros((4, 9), "f4"),
    "i": np.array([[1, 2], [0, 0], [3, 0]], "i4"),
    "wide": np.array([[0, 0], [1 << 40, 1]], "i8"),
    "brain": with_zero_rows(3, 5, rows=[2]).astype("f8"),
}


def information(data):
    return ModelInformation.of(nnc.Bitstream.parse(data))


def same(one, other):
    for field in dataclasses.fields(one):
        np.testing.assert_equal(getattr(one, field.name), getattr(other, field.name))


MASK = np.array([1, 0, 1, 1, 0, 1, 1, 0, 1], bool)

CONTAINERS = [
    nnc.Pruning(),
    nnc.Pruning(kept=MASK),
    nnc.Pruning(kept=[], row_major=False),
    nnc.Pruning(kept=MASK, kept_weights=np.tile(MASK, 3)),
    nnc.Pruning(kept_weights=MASK, row_major=False),
    nnc.Pruning(dimensions={}),
    nnc.Pruning(dimensions={"a": (3, 400, 2), "\u00fc": (), "z": (0,)}),
    nnc.Pruning(dimensions={f"t{i}": (i, 5) for i in range(255)}, kept_weights=MASK),
]


@pytest.mark.parametrize("pruning", CONTAINERS, ids=lambda one: repr(one)[:50])
def test_containers_are_written_and_read(pruning):
    data = nnc.encode({"w": random_tensor(2, 3)}, pruning=pruning)
    (read,) = information(data).prunings
    same(read, pruning)
    bitstream = nnc.Bitstream.parse(data)
    assert bitstream.to_bytes() == data
    assert bitstream.get("units[1].payload.topology_carriage_flag") == 1


def test_containers_in_parts():
    data = nnc.encode({"w": random_tensor(2, 3)}, pruning=nnc.Pruning(kept=np.tile(MASK, 90)))
    bitstream = nnc.Bitstream.parse(data)
    from nnc.bitstream.editing.parts import cut

    cut(bitstream, "units[2]", 30)
    (read,) = information(bitstream.to_bytes()).prunings
    np.testing.assert_array_equal(read.kept, np.tile(MASK, 90))


def test_several_containers():
    data = nnc.encode({"w": random_tensor(2, 3)}, pruning=CONTAINERS)
    for read, written in zip(information(data).prunings, CONTAINERS, strict=True):
        same(read, written)


@pytest.mark.parametrize("profile", [0, 1])
@pytest.mark.parametrize("options", [{}, {"scan_order": 1}, {"dq": False}, {"references": True}])
def test_rows_of_zeros_are_left_out_and_come_back(profile, options):
    data = nnc.encode(MODEL, prune_rows=True, profile=profile, **QP, **options)
    whole = nnc.decode(nnc.encode(MODEL, profile=profile, **QP, **options))
    pruned, full = nnc.decode(data), nnc.decode(data, pruned=False)
    assert list(pruned) == list(full) == list(MODEL)
    for name, values in MODEL.items():
        assert full[name].shape == values.shape
        assert full[name].dtype == values.dtype
        np.testing.assert_allclose(full[name], whole[name], atol=1e-4)
        zero = ~values.reshape(len(values), -1).any(axis=1)
        if values.ndim > 1:
            assert not full[name][zero].any()
    assert pruned["first"].shape == (4, 4, 3)
    assert pruned["gone"].shape == (0, 9)
    assert pruned["i"].tolist() == [[1, 2], [3, 0]]
    assert pruned["wide"].tolist() == [[1 << 40, 1]]
    assert pruned["bias"].shape == (6,)


def test_nothing_to_prune_changes_nothing():
    model = {"w": random_tensor(4, 5)}
    assert nnc.encode(model, prune_rows=True) == nnc.encode(model)


def test_pruning_is_smaller():
    model = {"w": with_zero_rows(400, 64, rows=range(0, 400, 2))}
    assert len(nnc.encode(model, prune_rows=True, row_skip=False)) < len(
        nnc.encode(model, row_skip=False)
    )


def test_rows_that_are_not_the_first_dimension():
    values = random_tensor(4, 6)
    values[:, [1, 5]] = 0
    model = {"w": values, "v": random_tensor(3, 3, seed=4)}
    data = nnc.encode(model, prune_rows=True, tensors={"w": {"row_axis": 1}}, **QP)
    assert nnc.decode(data)["w"].shape == (4, 4)
    np.testing.assert_allclose(nnc.decode(data, pruned=False)["w"], values, atol=1e-4)


def test_blocks_and_joined_tensors_stay_whole():
    model = {
        "l.weight": with_zero_rows(6, 5, rows=[1]),
        "l.bias": random_tensor(6),
        "a": with_zero_rows(4, 5, rows=[0]),
    }
    layer = nnc.Block(weight="l.weight", bias="l.bias")
    join = nnc.Joined(names=["c", "d"], axis=0)
    model |= {"c": with_zero_rows(3, 4, rows=[1]), "d": random_tensor(2, 4)}
    data = nnc.encode(model, prune_rows=True, blocks=[layer], joins=[join], **QP)
    assert nnc.decode(data)["l.weight"].shape == (6, 5)
    assert nnc.decode(data)["c"].shape == (3, 4)
    assert nnc.decode(data)["a"].shape == (3, 5)
    full = nnc.decode(data, pruned=False)
    for name, values in model.items():
        np.testing.assert_allclose(full[name], values, atol=1e-4)


def test_layers_found_by_name_lose_their_rows():
    model = {"l.weight": with_zero_rows(6, 5, rows=[1]), "l.bias": random_tensor(6)}
    data = nnc.encode(model, prune_rows=True, blocks="auto", **QP)
    assert nnc.decode(data)["l.weight"].shape == (5, 5)
    full = nnc.decode(data, pruned=False)
    np.testing.assert_allclose(full["l.weight"], model["l.weight"], atol=1e-4)
    np.testing.assert_allclose(full["l.bias"], model["l.bias"], atol=1e-4)


@pytest.mark.parametrize("separate", [False, True])
def test_decomposed_layers_stay_whole(separate):
    """A decoder gives one weight in place of two factors: the mask has bits for its rows."""
    model = {
        "a": with_zero_rows(4, 5, rows=[0]),
        "w_G": with_zero_rows(6, 2, rows=[2, 5]),
        "w_H": random_tensor(2, 12, seed=3),
        "z": with_zero_rows(3, 2, rows=[1]),
    }
    layer = nnc.Block(weight="w", g="w_G", h="w_H", dimensions=(6, 3, 4), separate=separate)
    data = nnc.encode(model, prune_rows=True, blocks=[layer], **QP)
    (read,) = information(data).prunings
    assert len(read.kept) == 4 + 6 + 3
    full = nnc.decode(data, pruned=False)
    for name in "az":
        np.testing.assert_allclose(full[name], model[name], atol=1e-4)
    product = (model["w_G"] @ model["w_H"]).reshape(6, 3, 4)
    np.testing.assert_allclose(full["w"], product, atol=1e-3)


def test_factors_that_are_stored_as_they_are_are_no_layer():
    """Decoders would deliver the factors, and no weight."""
    model = {"w_G": random_tensor(6, 2), "w_H": random_tensor(2, 4, seed=3)}
    layer = nnc.Block(weight="w", g="w_G", h="w_H", dimensions=(6, 4))
    with pytest.raises(nnc.InputError, match="tensor 'w_G' has to be stored as it is"):
        nnc.encode(model, prune_rows=True, blocks=[layer], keep=["w_G"], **QP)


def test_the_mask_goes_by_the_order_of_the_units():
    """A layer stands where the first of its tensors does, here before a tensor that isn't in it."""
    model = {
        "l.bias": random_tensor(6),
        "a": with_zero_rows(4, 5, rows=[0]),
        "l.weight": random_tensor(6, 5, seed=2),
    }
    data = nnc.encode(
        model, prune_rows=True, blocks=[nnc.Block(weight="l.weight", bias="l.bias")],
        metadata_unit=False, **QP,
    )  # fmt: skip
    (read,) = information(data).prunings
    assert read.kept.tolist() == [1] * 6 + [0, 1, 1, 1]
    full = nnc.decode(data, pruned=False, full_dimensions={"a": (4, 5)})
    np.testing.assert_allclose(full["a"], model["a"], atol=1e-4)


STORED = {"w": with_zero_rows(6, 4, rows=[1]).T.copy(), "v": random_tensor(2, 2)}


@pytest.mark.parametrize("options", [{"keep": ["w"]}, {"lossless": True}])
def test_rows_of_stored_tensors_may_be_any_dimension(options):
    said = {"*": {"row_axis": 1}}
    data = nnc.encode(STORED, prune_rows=True, tensors=said, **options)
    assert nnc.decode(data)["w"].shape == (4, 5)
    np.testing.assert_array_equal(nnc.decode(data, pruned=False)["w"], STORED["w"])
    with pytest.raises(nnc.InputError, match=r"only a metadata unit can say.*dimension 1"):
        nnc.encode(STORED, prune_rows=True, tensors=said, metadata_unit=False, **options)


def test_rows_of_wide_integers_may_be_any_dimension():
    values = np.arange(24, dtype="i8").reshape(2, 3, 4) << 40
    values[:, :, 2] = 0
    data = nnc.encode({"w": values}, prune_rows=True, tensors={"w": {"row_axis": 2}})
    assert nnc.decode(data)["w"].shape == (2, 3, 3)
    np.testing.assert_array_equal(nnc.decode(data, pruned=False)["w"], values)


def test_a_row_axis_that_a_tensor_does_not_have_does_not_count():
    data = nnc.encode(MODEL, prune_rows=True, tensors={"*": {"row_axis": 2}}, **QP)
    full = nnc.decode(data, pruned=False)
    for name, values in MODEL.items():
        np.testing.assert_allclose(full[name], values, atol=1e-4)


def test_containers_of_two_makers():
    with pytest.raises(nnc.InputError, match="don't pass another"):
        nnc.encode(MODEL, prune_rows=True, pruning=nnc.Pruning(kept=MASK))


@pytest.mark.parametrize("axis", [2, -1, True, "1", None])
def test_noted_rows_that_are_no_dimension(axis):
    data = nnc.encode(MODEL, prune_rows=True, tensors={"whole": {"row_axis": 1}}, **QP)
    bitstream = nnc.Bitstream.parse(data)
    (unit,) = [one for one in bitstream.units if one.nnr_unit_type == 62]
    good = bytes(unit.payload_bytes)
    assert b'["whole",[5,7],1]' in good
    bad = good.replace(b'["whole",[5,7],1]', json.dumps(["whole", [5, 7], axis]).encode())
    with pytest.raises(nnc.InvalidError, match="must be one of its dimensions"):
        read_metadata([Unit(unit.header, bad)])


def test_sessions_of_updates_are_of_whole_tensors():
    with pytest.raises(nnc.InputError, match="prune_rows"):
        nnc.Encoder(prune_rows=True)


def test_renamed_and_selected_tensors_come_back_whole():
    from nnc.editing.tensors import drop, rename

    bitstream = nnc.Bitstream.parse(nnc.encode(MODEL, prune_rows=True, **QP))
    rename(bitstream, {"first": "renamed", "whole": "w"})
    drop(bitstream, ["i", "wide"])
    full = nnc.decode(bitstream.to_bytes(), pruned=False)
    np.testing.assert_allclose(full["renamed"], MODEL["first"], atol=1e-4)
    np.testing.assert_allclose(full["brain"], MODEL["brain"], atol=1e-4)


# Containers as another encoder may write them, which has no unit of ours.


def pruned_by_hand(**tensors):
    """Tensors without their rows of zeros, and the mask of all their rows."""
    kept = {name: values.reshape(len(values), -1).any(axis=1) for name, values in tensors.items()}
    return (
        {name: values[kept[name]] for name, values in tensors.items()},
        np.concatenate(list(kept.values())),
    )


def test_the_size_of_one_tensor_follows_from_the_mask():
    values = with_zero_rows(6, 4, rows=[0, 5])
    tensors, mask = pruned_by_hand(w=values)
    data = nnc.encode(tensors, pruning=nnc.Pruning(kept=mask), **QP)
    assert nnc.decode(data)["w"].shape == (4, 4)
    np.testing.assert_allclose(nnc.decode(data, pruned=False)["w"], values, atol=1e-4)


def test_sizes_of_several_tensors_have_to_be_given():
    one, two = with_zero_rows(6, 4, rows=[0, 5]), with_zero_rows(3, 4, rows=[0])
    tensors, mask = pruned_by_hand(one=one, two=two)
    data = nnc.encode(tensors, pruning=nnc.Pruning(kept=mask), **QP)
    with pytest.raises(nnc.MissingValueError, match=r"'one' had before pruning.*full_dimensions"):
        nnc.decode(data, pruned=False)
    for known in ({"one": (6, 4)}, {"two": (3, 4)}, {"one": (6, 4), "two": (3, 4)}):
        full = nnc.decode(data, pruned=False, full_dimensions=known)
        np.testing.assert_allclose(full["one"], one, atol=1e-4)
        np.testing.assert_allclose(full["two"], two, atol=1e-4)
    for wrong in ({"one": (8, 4)}, {"one": (6, 4), "two": (2, 4)}, {"two": (100, 4)}):
        with pytest.raises(nnc.InvalidError, match="pruning mask") as error:
            nnc.decode(data, pruned=False, full_dimensions=wrong)
        assert error.value.path == "units[2].payload.bit_mask.count_bits"


def test_a_mask_that_leaves_nothing_out():
    model = {"a": random_tensor(3, 4), "b": random_tensor(2, 2)}
    data = nnc.encode(model, pruning=nnc.Pruning(kept=np.ones(5, bool)), **QP)
    assert nnc.decode(data, pruned=False)["a"].shape == (3, 4)


def test_tensors_of_which_a_mask_says_zeros_may_be_coded_whole():
    values = with_zero_rows(6, 4, rows=[2])
    mask = values.any(axis=1)
    data = nnc.encode({"w": values}, pruning=nnc.Pruning(kept=mask), **QP)
    np.testing.assert_allclose(nnc.decode(data, pruned=False)["w"], values, atol=1e-4)


@pytest.mark.parametrize("row_major", [True, False])
def test_weights_left_out(row_major):
    values = random_tensor(5, 4, 3)
    mask = np.random.default_rng(2).random(values.shape) < 0.4
    values[~mask] = 0
    matrix, bits = values.reshape(5, 12), mask.reshape(5, 12)
    if not row_major:
        matrix, bits = matrix.T, bits.T
    coded = matrix[bits]
    pruning = nnc.Pruning(kept_weights=bits, row_major=row_major)
    data = nnc.encode({"w": coded}, pruning=pruning, **QP)
    known = {"w": (5, 4, 3)}
    full = nnc.decode(data, pruned=False, full_dimensions=known)["w"]
    np.testing.assert_allclose(full, values, atol=1e-4)
    assert nnc.decode(data)["w"].shape == coded.shape


def test_rows_and_weights_left_out():
    values = with_zero_rows(5, 6, rows=[1, 4])
    rows = values.any(axis=1)
    mask = np.random.default_rng(2).random((3, 6)) < 0.5
    values[rows] *= mask
    coded = values[rows][mask]
    pruning = nnc.Pruning(kept=rows, kept_weights=mask)
    data = nnc.encode({"w": coded}, pruning=pruning, **QP)
    full = nnc.decode(data, pruned=False, full_dimensions={"w": (5, 6)})["w"]
    np.testing.assert_allclose(full, values, atol=1e-4)


def test_a_dictionary_with_a_mask_of_weights():
    values = random_tensor(4, 5)
    mask = np.zeros((4, 5), bool)
    mask[np.ix_([0, 2], [1, 3, 4])] = True
    values[~mask] = 0
    tensors = {"other": random_tensor(2, 2), "w": values[np.ix_([0, 2], [1, 3, 4])]}
    pruning = nnc.Pruning(dimensions={"w": (2, 3)}, kept_weights=mask)
    data = nnc.encode(tensors, pruning=pruning, **QP)
    full = nnc.decode(data, pruned=False, full_dimensions={"w": (4, 5)})
    np.testing.assert_allclose(full["w"], values, atol=1e-4)
    assert full["other"].shape == (2, 2)


def test_a_dictionary_alone_does_not_say_which_rows():
    data = nnc.encode(
        {"w": random_tensor(3, 4)}, pruning=nnc.Pruning(dimensions={"w": (3, 4)}), **QP
    )
    assert nnc.decode(data)["w"].shape == (3, 4)
    with pytest.raises(nnc.MissingValueError, match="not which"):
        nnc.decode(data, pruned=False, full_dimensions={"w": (5, 4)})
    same_size = nnc.decode(data, pruned=False, full_dimensions={"w": (3, 4)})
    assert same_size["w"].shape == (3, 4)


def test_a_dictionary_that_does_not_fit():
    pruning = nnc.Pruning(dimensions={"w": (3, 5)})
    data = nnc.encode({"w": random_tensor(3, 4)}, pruning=pruning, **QP)
    with pytest.raises(nnc.InvalidError, match="does not have the dimensions"):
        nnc.decode(data, pruned=False, full_dimensions={"w": (3, 4)})


def test_indexed_elements():
    data = nnc.encode(
        {"a": random_tensor(2, 3), "b": random_tensor(3, 3)},
        references=True,
        pruning=nnc.Pruning(dimensions={"b": (3, 3)}),
        **QP,
    )
    (read,) = information(data).prunings
    assert read.dimensions == {"b": (3, 3)}


@pytest.mark.parametrize(
    ("pruning", "message"),
    [
        (nnc.Pruning(kept=np.ones(2, bool)), "hasn't as many rows|another length"),
        (nnc.Pruning(kept=np.zeros(3, bool)), "hasn't as many rows"),
        (nnc.Pruning(kept_weights=np.ones(3, bool)), "ends too early"),
        (nnc.Pruning(kept_weights=np.arange(30) < 16), "left over"),
        (nnc.Pruning(kept_weights=np.ones(20, bool)), "hasn't as many values"),
    ],
)
def test_masks_that_do_not_fit(pruning, message):
    full = {"w": (5, 4)} if pruning.kept is None else {}
    data = nnc.encode({"w": random_tensor(4, 4)}, pruning=pruning, **QP)
    assert nnc.decode(data)["w"].shape == (4, 4)
    with pytest.raises(nnc.InvalidError, match=message):
        nnc.decode(data, pruned=False, full_dimensions=full)


def test_full_sizes_are_limited():
    mask = np.zeros(1 << 20, bool)
    mask[0] = True
    data = nnc.encode({"w": random_tensor(1, 1 << 12)}, pruning=nnc.Pruning(kept=mask), **QP)
    with pytest.raises(nnc.LimitError, match="too many values"):
        nnc.decode(data, pruned=False)
    with pytest.raises(nnc.LimitError, match="beyond what an array can have"):
        nnc.decode(
            nnc.encode({"w": random_tensor(0, 1)}, pruning=nnc.Pruning(kept_weights=[])),
            pruned=False,
            full_dimensions={"w": (2, 0, 1 << 40, 1 << 40)},
        )


def test_full_size_needs_weights_put_together():
    layer = nnc.Block(weight="w", g="w_G", h="w_H", dimensions=(6, 4))
    tensors = {"w_G": random_tensor(6, 2), "w_H": random_tensor(2, 4)}
    data = nnc.encode(tensors, blocks=[layer], pruning=nnc.Pruning(kept=np.ones(6, bool)), **QP)
    assert nnc.decode(data, pruned=False)["w"].shape == (6, 4)
    with pytest.raises(nnc.InputError, match="decomposition"):
        nnc.decode(data, pruned=False, reconstruct=False)


@pytest.mark.parametrize("shape", [(-1, 4), ("a",), (2.5,)])
def test_shapes_that_are_none(shape):
    with pytest.raises(nnc.InputError, match="before pruning is none"):
        nnc.decode(nnc.encode(MODEL), pruned=False, full_dimensions={"first": shape})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nnc.Pruning(kept=[1], dimensions={}), "not both"),
        (lambda: nnc.Pruning(kept=[0, 2]), "must be a mask"),
        (lambda: nnc.Pruning(kept_weights=["a"]), "must be a mask"),
        (lambda: nnc.Pruning(dimensions={str(i): () for i in range(256)}), "at most 255"),
    ],
)
def test_containers_that_can_not_be_written(make, message):
    with pytest.raises(nnc.InputError, match=message):
        make()


def broken(change):
    bitstream = nnc.Bitstream.parse(
        nnc.encode({"w": random_tensor(2, 3)}, pruning=nnc.Pruning(dimensions={"a": (1,)}))
    )
    table = bitstream.units[2].payload.nnr_pruning_topology_container
    change(table)
    return bitstream.to_bytes()


def test_reserved_representation():
    def change(table):
        table.nnr_rep_type = 3
        table.count_ids = table.element_id = table.count_dims = table.dim = None

    data = broken(change)
    assert nnc.decode(data)["w"].shape == (2, 3)
    with pytest.raises(nnc.InvalidError, match="reserved representation") as error:
        information(data)
    assert error.value.unit == 2
    with pytest.raises(nnc.InvalidError, match="reserved representation"):
        nnc.decode(data, pruned=False)


def test_an_element_named_twice():
    def change(table):
        table.count_ids, table.element_id = 2, ["a", "a"]
        table.count_dims, table.dim = [1, 1], [[1], [2]]

    with pytest.raises(nnc.InvalidError, match="twice"):
        information(broken(change))


def test_a_mask_that_is_cut_off_takes_no_memory():
    bitstream = nnc.Bitstream.parse(
        nnc.encode({"w": random_tensor(2, 3)}, pruning=nnc.Pruning(kept=MASK))
    )
    unit = bitstream.units[2]
    payload = bytearray(unit.payload_bytes)
    payload[1:5] = b"\xff\xff\xff\xff"
    bitstream.units[2] = Unit(unit.header, bytes(payload))
    with pytest.raises(nnc.IncompleteError):
        information(bitstream.to_bytes())


def test_other_units_are_no_containers():
    bitstream = nnc.Bitstream.parse(nnc.encode(MODEL, topology=nnc.Topology(3, b"x")))
    assert isinstance(bitstream.units[2].payload, NnrTopologyUnitPayload)
    with pytest.raises(nnc.InputError, match="not a pruning container"):
        nnc.Pruning.from_unit(bitstream.units[2])
    with pytest.raises(nnc.InputError, match="not a pruning container"):
        nnc.Pruning.from_unit(bitstream.units[0])
