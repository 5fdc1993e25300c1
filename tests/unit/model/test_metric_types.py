"""Annex F: names of performance metric types."""

import pytest

import nnc
from nnc.model.metric_types import METRICS, check_metric_type, remarks
from nnc.model.performance_maps import PruningEntry

NAMES = (
    *("accuracy", "top1_accuracy", "top5_accuracy", "precision", "recall", "f1", "mAP", "mIoU"),
    *("PSNR", "MS-SSIM", "MSE", "MAE", "BLEU", "perplexity", "AUC"),
)


def test_annex_f_names_are_offered():
    assert tuple(METRICS) == NAMES
    assert all(one.meaning and one.lowest < one.highest for one in METRICS.values())
    assert [name for name in NAMES if not METRICS[name].rising] == ["MSE", "MAE", "perplexity"]


@pytest.mark.parametrize("name", [*NAMES, "our own measure", "Größe"])
def test_annex_f_names_are_written_and_read(name):
    maps = nnc.PerformanceMaps(validation_set_performance=0.75, metric_type=name)
    data = nnc.encode({"w": [1.0]}, performance_maps=maps)
    told = nnc.ModelInformation.of(nnc.Bitstream.parse(data)).performance_maps
    assert (told.metric_type, told.validation_set_performance) == (name, 0.75)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", 3])
def test_annex_f_what_is_no_name(name):
    with pytest.raises(nnc.InputError, match="metric_type"):
        check_metric_type(name)
    with pytest.raises(nnc.InputError, match="metric_type"):
        nnc.PerformanceMaps(validation_set_performance=0.75, metric_type=name)


def test_annex_f_what_is_odd_is_told():
    assert remarks("top1_accuracy", 0.93) == []
    assert remarks("Top-1 Accuracy", 0.93) == [
        "'Top-1 Accuracy' is usually written 'top1_accuracy'"
    ]
    assert remarks("accuracy", [0.5, 93]) == ["93 is no accuracy: that goes from 0 to 1"]
    assert remarks("perplexity", 0.5) == ["0.5 is no perplexity: that goes from 1 to inf"]
    assert remarks("PSNR", -3.0) == []
    assert remarks("our own measure", -3) == []


def test_annex_f_what_is_odd_is_a_warning_of_the_validator():
    maps = nnc.PerformanceMaps(validation_set_performance=93.0, metric_type="Top-1 accuracy")
    findings = nnc.check(nnc.encode({"w": [1.0]}, performance_maps=maps))
    assert [(one.rule, one.level, one.path) for one in findings] == [
        ("metric-value", "warning", "units[1].payload.validation_set_performance"),
    ]
    in_maps = nnc.PerformanceMaps(
        pruning=[PruningEntry(ratio=0.5, accuracy=1.5)],
        metric_type="accuracy",
        metric_type_holds_for_maps=True,
    )
    (finding,) = nnc.check(nnc.encode({"w": [1.0]}, performance_maps=in_maps))
    assert finding.path.endswith("ppm_nn_accuracy[0]")
    assert "1.5 is no accuracy" in finding.message
