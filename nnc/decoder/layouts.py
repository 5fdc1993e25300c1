"""Layouts of very many units, of which most are like others but for the name of their tensor."""

from __future__ import annotations

from typing import Any

from nnc.bitio import BitstreamError
from nnc.bitstream import Unit
from nnc.bitstream.patterns import Pattern
from nnc.decoder.layout import CodedTensor, Part, UnitLayout, layout_of
from nnc.model.limits import Limits
from nnc.syntax import CompressedParameterTypes

LS = int(CompressedParameterTypes.NNR_CPT_LS)

#: Makes a named tuple of its parts in half the time of a call.
new_tuple: Any = tuple.__new__


class Layouts:
    """The layouts of units, those of one pattern out of one that is worked out once."""

    def __init__(self, limits: Limits, *, parents_known: bool) -> None:
        """Begin without a layout; arguments as for `layout_of`."""
        self.limits, self.parents_known = limits, parents_known
        self.shared: dict[Pattern, UnitLayout | None] = {}

    def of(self, unit: Unit) -> UnitLayout:
        """Return the layout of a unit; errors as for `layout_of`."""
        pattern, shared = unit.pattern, None
        if pattern is not None and unit.parameter_sets is pattern.unit.parameter_sets:
            if pattern not in self.shared:
                self.shared[pattern] = self.whatever_name(pattern)
            shared = self.shared[pattern]
        if shared is None:
            return layout_of(unit, self.limits, parents_known=self.parents_known)
        tensor: CodedTensor = new_tuple(CodedTensor, (unit.names[0], *shared.tensors[0][1:]))
        layout: UnitLayout = new_tuple(UnitLayout, (unit.path, shared[1], [tensor], *shared[3:]))
        return layout

    def whatever_name(self, pattern: Pattern) -> UnitLayout | None:
        """Return the layout that units of a pattern have apart from path and name.

        None where the name says more, or where something is wrong: that is told of each unit.
        """
        try:
            layout = layout_of(pattern.unit, self.limits, parents_known=self.parents_known)
        except BitstreamError:
            return None
        header = pattern.unit.readable_header().nnr_compressed_data_unit_header
        assert header is not None
        is_named = (header.compressed_parameter_types or 0) & LS
        part = layout.tensors[0].part
        return layout if part is Part.WHOLE and layout.parent is None and not is_named else None
