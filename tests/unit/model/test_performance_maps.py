"""Performance maps and the second edition's metadata, as objects."""

import struct

import numpy as np
import pytest

import nnc
from nnc.model.information import ModelInformation
from nnc.model.performance_maps import (
    METRIC_TYPES,
    DecompositionEntry,
    PerformanceMaps,
    PruningEntry,
    SparsificationEntry,
    UnificationEntry,
    read_performance_maps,
)
from tests.cases import CASES

MODEL = {"w": np.ones((3, 4), "f4")}

MAPS = PerformanceMaps(
    sparsification=[
        SparsificationEntry(
            threshold=0.25,
            non_zero_ratio=0.5,
            accuracy=0.75,
            class_bitmask=5,
            class_accuracies=(0.5, 1.0),
        ),
        SparsificationEntry(threshold=0.5, non_zero_ratio=0.25, accuracy=0.5),
    ],
    pruning=[PruningEntry(ratio=0.125, accuracy=0.75, class_bitmask=1, class_accuracies=[0.5])],
    unification=[
        UnificationEntry(
            threshold=0.5,
            accuracy=0.25,
            reshaped_dimensions=(300, 2),
            super_block_dimensions=(255,),
            block_dimensions=(4, 0, 2),
            class_bitmask=1 << 40,
            class_accuracies=(0.5,),
        )
    ],
    decomposition=[
        DecompositionEntry(
            mse_threshold=0.5, accuracy=0.5, reduction_ratio=1.5, class_accuracies=[0.5] * 300
        )
    ],
    metric_type="top1_accuracy",
    metric_type_holds_for_maps=True,
    validation_set_performance=0.9375,
)


def maps_of(data):
    return read_performance_maps(nnc.Bitstream.parse(data))


def test_all_maps_are_written_and_read():
    assert maps_of(nnc.encode(MODEL, performance_maps=MAPS)) == MAPS


@pytest.mark.parametrize(
    "name", ["sparsification", "pruning", "unification", "decomposition"], ids=str
)
@pytest.mark.parametrize("profile", [0, 1])
def test_each_map_by_itself(name, profile):
    for entries in (getattr(MAPS, name), (), getattr(MAPS, name)[:1] * 254):
        maps = PerformanceMaps(**{name: entries})
        assert maps_of(nnc.encode(MODEL, performance_maps=maps, profile=profile)) == maps


@pytest.mark.parametrize(
    "maps",
    [
        PerformanceMaps(),
        PerformanceMaps(metric_type="mAP", validation_set_performance=-1.5),
        PerformanceMaps(metric_type="\u00fcber", metric_type_holds_for_maps=True),
        PerformanceMaps(metric_type="", validation_set_performance=0.0),
    ],
)
def test_metrics(maps):
    assert maps_of(nnc.encode(MODEL, performance_maps=maps)) == maps


def test_what_goes_with_maps_stays_as_it_was():
    decoded = nnc.decode(nnc.encode(MODEL, performance_maps=MAPS, base_model_id="a model"))
    np.testing.assert_allclose(decoded["w"], MODEL["w"], atol=0.01)


def test_base_model_id():
    for name in ("a model", "", "\u4e2d\u6587"):
        bitstream = nnc.Bitstream.parse(nnc.encode(MODEL, base_model_id=name))
        assert ModelInformation.of(bitstream).base_model_id == name
    assert ModelInformation.of(nnc.Bitstream.parse(nnc.encode(MODEL))).base_model_id is None
    with pytest.raises(nnc.InputError, match="zero character"):
        nnc.encode(MODEL, base_model_id="a\0b")


VECTORS = [case for case in CASES if "performance_maps" in case.description]
FILLED = [case for case in VECTORS if not case.name.endswith("count1")]


def test_a_map_without_entries():
    (case,) = [case for case in CASES if case.name == "p0-perfmap-mps-count1"]
    assert read_performance_maps(nnc.open(case.bitstreams[0])).sparsification == ()


@pytest.mark.parametrize("case", FILLED, ids=lambda case: case.name)
def test_maps_of_the_vectors(case):
    maps = read_performance_maps(nnc.open(case.bitstreams[0]))
    values = case.description["mps"]
    fields = {
        "sparsification": {
            "threshold": "sparsification_threshold",
            "non_zero_ratio": "non_zero_ratio",
            "accuracy": "spm_nn_accuracy",
            "class_bitmask": "spm_class_bitmask",
        },
        "pruning": {
            "ratio": "pruning_ratio",
            "accuracy": "ppm_nn_accuracy",
            "class_bitmask": "ppm_class_bitmask",
        },
        "unification": {
            "threshold": "unification_threshold",
            "accuracy": "upm_nn_accuracy",
            "class_bitmask": "upm_class_bitmask",
        },
        "decomposition": {
            "mse_threshold": "mse_threshold",
            "accuracy": "dpm_nn_accuracy",
            "reduction_ratio": "nn_reduction_ratio",
        },
    }
    compared = 0
    for name, elements in fields.items():
        for i, entry in enumerate(getattr(maps, name) or ()):
            for field, element in elements.items():
                assert getattr(entry, field) == pytest.approx(values[element][i], rel=1e-6)
                compared += 1
    assert compared


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case.name)
def test_maps_of_the_vectors_are_written_again(case):
    maps = read_performance_maps(nnc.open(case.bitstreams[0]))
    assert maps_of(nnc.encode(MODEL, performance_maps=maps)) == maps


def test_maps_of_a_layer():
    (case,) = [case for case in CASES if case.name == "peer-odd-p0-lps-spm"]
    bitstream = nnc.open(case.bitstreams[0])
    (unit,) = [unit for unit in bitstream.units if unit.type_name == "NNR_LPS"]
    maps = PerformanceMaps.from_unit(unit)
    wanted = case.description["lps"]
    assert [one.threshold for one in maps.sparsification] == wanted["sparsification_threshold"]
    payload = unit.payload
    PerformanceMaps().set_in(payload)
    assert payload.lps_sparsification_flag == 0
    maps.set_in(payload)
    assert nnc.Bitstream(bitstream.units).to_bytes() == case.bitstreams[0].read_bytes()
    with pytest.raises(nnc.InputError, match="no decomposition map"):
        PerformanceMaps(decomposition=[]).set_in(payload)
    with pytest.raises(nnc.InputError, match="a parameter set is needed"):
        PerformanceMaps.from_unit(bitstream.units[0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PerformanceMaps(pruning=[MAPS.sparsification[0]]), "a list of PruningEntry"),
        (
            lambda: PerformanceMaps(pruning=[PruningEntry(ratio=1.5, accuracy=1)]),
            "ratio in the pruning map is 1.5: a ratio is between 0 and 1",
        ),
        (lambda: PerformanceMaps(pruning=[PruningEntry(ratio=0, accuracy=np.nan)]), "accuracy in"),
        (lambda: PerformanceMaps(pruning=[PruningEntry(ratio=0, accuracy=1e39)]), "accuracy in"),
        (lambda: PerformanceMaps(pruning=[PruningEntry(ratio="a", accuracy=1)]), "ratio in"),
        (
            lambda: PerformanceMaps(pruning=[PruningEntry(ratio=0, accuracy=1, class_bitmask=-1)]),
            "class_bitmask in the pruning map must be an integer",
        ),
        (
            lambda: PerformanceMaps(
                pruning=[PruningEntry(ratio=0, accuracy=1, class_accuracies=[0.5] * 256)]
            ),
            "more than 255",
        ),
        (
            lambda: PerformanceMaps(
                unification=[UnificationEntry(threshold=0, accuracy=1, block_dimensions=(256,))]
            ),
            "block_dimensions in the unification map",
        ),
        (lambda: PerformanceMaps(pruning=[PruningEntry(ratio=0, accuracy=1)] * 255), "more than"),
        (lambda: PerformanceMaps(metric_type="mAP"), "metric_type goes with"),
        (lambda: PerformanceMaps(validation_set_performance=1.0), "metric_type goes with"),
        (
            lambda: PerformanceMaps(metric_type="a\0", validation_set_performance=1.0),
            "zero character",
        ),
    ],
)
def test_what_can_not_be_written_is_refused(make, message):
    with pytest.raises(nnc.InputError, match=message):
        make()


@pytest.mark.parametrize("options", [{"performance_maps": MAPS}, {"base_model_id": "m"}])
def test_the_first_edition_has_no_metrics(options):
    with pytest.raises(nnc.InputError, match=r"needs? profile 1"):
        nnc.encode(MODEL, profile=0, **options)


def test_numbers_that_make_no_sense_are_refused_with_their_place():
    maps = PerformanceMaps(pruning=[PruningEntry(ratio=0.875, accuracy=0.5)])
    data = nnc.encode(MODEL, performance_maps=maps)
    ratio = struct.pack("<f", 0.875)
    assert data.count(ratio) == 1
    for wrong in (2.0, float("inf")):
        broken = data.replace(ratio, struct.pack("<f", wrong))
        with pytest.raises(nnc.InvalidError, match=r"units\[1\].*ratio in the pruning map"):
            maps_of(broken)


def test_common_metrics_are_offered():
    assert {"accuracy", "PSNR", "perplexity"} <= set(METRIC_TYPES)
    assert len(set(METRIC_TYPES)) == len(METRIC_TYPES)
