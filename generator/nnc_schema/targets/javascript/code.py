"""What the Python target makes for a table, as it is translated: without what only Python needs."""

from __future__ import annotations

from nnc_schema.language import tree
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import TableFacts
from nnc_schema.targets.javascript.translate import Translation
from nnc_schema.targets.python.parse import ParseCode


class ReaderCode(ParseCode):
    """Lines of Python that read a table element by element, in tables of one module."""

    def __init__(self, analysis: Analysis, facts: TableFacts, file: tree.File):
        """Set the table; no programs run parts of it."""
        super().__init__(analysis, facts, file)
        self.programs = self.whole = None

    def begin(self) -> None:
        """Add what comes first."""
        self.line("obj = self.fresh()")
        self.begin_rules()

    def field_names(self) -> list[str]:
        """Return the fields that the table may get, in order."""
        names = [
            *self.facts.fields,
            *(name for name in self.facts.variables if self.is_derived(name)),
        ]
        if self.facts.table.extent is not None or self.facts.table.transform is not None:
            names.append("trailing_data")
        if self.facts.table.transform is not None:
            names.append("original_data")
        return names

    def function(self) -> list[str]:
        """Return the body of the function in JavaScript that reads the table."""
        return Translation(self.analysis, self.field_names()).function(self.body())
