"""Names of performance metric types (Annex F, draft): those in use, and what a value may be."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from nnc.bitio import InputError


@dataclass(frozen=True, slots=True)
class Metric:
    """What one name stands for.

    Attributes:
        meaning: in words.
        lowest: lowest value.
        highest: highest value, inf where there is none.
        rising: more is better.
    """

    meaning: str
    lowest: float = 0.0
    highest: float = 1.0
    rising: bool = True


#: The names in use. Any other UTF-8 text is allowed too.
METRICS = {
    "accuracy": Metric("share of right answers"),
    "top1_accuracy": Metric("share of inputs whose best answer is right"),
    "top5_accuracy": Metric("share of inputs with the right one among the five best answers"),
    "precision": Metric("share of what was found that is right"),
    "recall": Metric("share of what is right that was found"),
    "f1": Metric("harmonic mean of precision and recall"),
    "mAP": Metric("mean over the classes of the average precision"),
    "mIoU": Metric("mean over the classes of intersection over union"),
    "PSNR": Metric("peak signal to noise ratio, dB", -math.inf, math.inf),
    "MS-SSIM": Metric("multi-scale structural similarity"),
    "MSE": Metric("mean squared error", 0.0, math.inf, rising=False),
    "MAE": Metric("mean absolute error", 0.0, math.inf, rising=False),
    "BLEU": Metric("likeness of a translation to those of people, 0 to 1 or to 100", 0.0, 100.0),
    "perplexity": Metric("of a language model", 1.0, math.inf, rising=False),
    "AUC": Metric("area under the curve of true over false positives"),
}


def check_metric_type(name: str) -> None:
    """Refuse what can't stand as performance_metric_type, text that a zero byte ends.

    Raises:
        InputError: no text, or with characters that can't be written or shown.
    """
    if not isinstance(name, str):
        raise InputError(f"metric_type must be a name, not {name!r}")
    if "\0" in name:
        raise InputError("metric_type has a zero character, which would cut it short")
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"metric_type {name!r} can't be encoded as UTF-8") from None


def remarks(name: str, values: float | list[float] | None = None) -> list[str]:
    """Tell what is odd about the name of a metric and its values; nothing of it is forbidden.

    Args:
        name: performance_metric_type.
        values: performances or accuracies by that metric.

    Returns:
        Sentences: that a name in use is written in another way, that a value can't be one of
        that metric. None for names that aren't in use.
    """
    plain = simple(name)
    known = next((one for one in METRICS if simple(one) == plain), None)
    if known is None:
        return []
    result = [] if known == name else [f"{name!r} is usually written {known!r}"]
    metric = METRICS[known]
    for value in [values] if isinstance(values, int | float) else values or []:
        if not metric.lowest <= value <= metric.highest:
            result.append(
                f"{value} is no {known}: that goes from {metric.lowest:g} to {metric.highest:g}"
            )
    return result


def simple(name: str) -> str:
    """Return a name without what people write differently."""
    return re.sub(r"[\s_-]+", "", name).lower().replace("topone", "top1").replace("topfive", "top5")
