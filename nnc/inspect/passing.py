"""Looking at units as they pass, so that their elements needn't all be there at once.

Most rules are about units one by one. They are held against some units at a time, as soon as those
are traced; of the elements of data units only those are kept that rules across units ask for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnc.engine.findings import Finding, Rule
from nnc.inspect.alike import VARYING, AlikeTrace
from nnc.inspect.findings import Model, begins_model
from nnc.inspect.reference_rules import INDICES
from nnc.inspect.tracing import UnitTrace
from nnc.syntax import UNIT_KINDS, NnrUnitType

#: The type of units that hold tensors.
DATA = int(NnrUnitType.NNR_NDU)

#: Units are looked at when they have so many elements together.
ELEMENTS = 1 << 12

#: So many units that are alike are looked at together.
ALIKE = 1 << 10

#: The elements of data units, and of those of unknown types, that rules across units ask for.
KEPT = frozenset({
    "device_id", "nnr_compressed_data_unit_payload_type", "parameter_id", "parent_device_id",
    "parent_node_id_present_flag", "partial_data_counter", "put_node_depth", "topology_elem_id",
    "topology_elem_id_list", *INDICES,
})  # fmt: skip


class Passing:
    """Holds rules `by_unit` against the units of a bitstream, which come one after the other.

    Attributes:
        found: what each rule found, by the number of the model and that of the rule.
    """

    def __init__(self, rules: Sequence[Rule], *, keep: bool) -> None:
        """Begin with no unit.

        Args:
            rules: all rules; those that look at a whole model are left out.
            keep: let the units keep all of their elements.
        """
        self.rules = [(number, rule) for number, rule in enumerate(rules) if rule.by_unit]
        # Of units that are alike the first says what the others of these rules find.
        self.of_each = [
            (number, rule)
            for number, rule in self.rules
            if rule.reads is None or rule.reads & VARYING
        ]
        self.keep = keep
        self.found: dict[tuple[int, int], list[Finding]] = {}
        self.waiting: list[UnitTrace] = []
        self.alike: list[UnitTrace] = []
        self.model, self.elements, self.is_begun = 0, 0, False

    def take(self, unit: UnitTrace) -> None:
        """Take a unit that is in no other, and what is in it."""
        if isinstance(unit, AlikeTrace):
            self.alike.append(unit)
            if len(self.alike) >= ALIKE:
                self.look()
            return
        for one in unit.walk() if unit.units else (unit,):
            if self.is_begun and begins_model(one):
                self.look()
                self.model += 1
            self.is_begun = True
            self.waiting.append(one)
            self.elements += len(one.elements)
        if self.elements >= ELEMENTS:
            self.look()

    def look(self) -> None:
        """Hold the rules against the units that wait."""
        for units, rules in ((self.waiting, self.rules), (self.alike, self.of_each)):
            some = Model(units, is_first=False)
            for number, rule in rules if units else ():
                for finding in rule.findings(some):
                    self.found.setdefault((self.model, number), []).append(finding)
        if not self.keep:
            for unit in self.waiting:
                if is_thinned(unit):
                    unit.keep(KEPT)
        self.waiting, self.elements = [], 0
        self.alike = []

    def is_exemplary(self, unit: UnitTrace) -> bool:
        """Tell whether nothing is found in a unit that others like it would have too."""
        alone = Model([unit], is_first=False)
        return not any(any(rule.findings(alone)) for _, rule in self.rules)

    def of_rule(self, model: int, rule: int) -> Iterator[Finding]:
        """Yield what a rule found in a model, by their numbers."""
        yield from self.found.get((model, rule), ())


def is_thinned(unit: UnitTrace) -> bool:
    """Tell whether rules across units ask for some elements of a unit alone.

    Those of a unit in an aggregate may have to follow from others.
    """
    header = None if unit.unit is None else unit.unit.header
    if header is None or unit.error is not None or "." in unit.path:
        return False
    return header.nnr_unit_type == DATA or header.nnr_unit_type not in UNIT_KINDS
