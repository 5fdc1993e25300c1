"""The rule on metrics and what they measure (Annex F): warned of, not forbidden."""

from __future__ import annotations

import math
from collections.abc import Iterator

from nnc.engine.findings import WARNING, Problem, Rule
from nnc.engine.tracing import TracedElement
from nnc.inspect.findings import Model, element_of, value_of
from nnc.inspect.tracing import UnitTrace
from nnc.model.metric_types import remarks


def metric_value(model: Model) -> Iterator[Problem]:
    """Look at what is said to be measured by the metric of the parameter set.

    Names may be any; as they are usually written is no matter of the bitstream.
    """
    unit = model.mps()
    name = element_of(unit, "performance_metric_type")
    if unit is None or name is None or not isinstance(name.value, str):
        return
    of_the_name = len(remarks(name.value))
    for element in measured(unit):
        for remark in remarks(name.value, element.value)[of_the_name:]:
            yield element, remark


def measured(unit: UnitTrace) -> Iterator[TracedElement]:
    """Yield the performances of a parameter set that its metric measures, finite ones alone.

    What is no number is another rule's business.
    """
    holds_for_maps = value_of(unit, "metric_type_performance_map_valid_flag", 0)
    for element in unit.elements:
        is_measured = element.name == "validation_set_performance" or (
            holds_for_maps and element.name.endswith("_nn_accuracy")
        )
        if is_measured and isinstance(element.value, float) and math.isfinite(element.value):
            yield element


METRIC_RULES = [
    Rule(
        name="metric-value",
        title="What a metric is said to be is a value that it can have.",
        clause="Annex F",
        status="ours",
        level=WARNING,
        problems=metric_value,
    )
]
