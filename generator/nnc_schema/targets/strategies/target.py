"""The strategies target: functions that draw valid tables, and tables that break one rule.

They draw through a small interface that both Hypothesis and a seeded generator of random
numbers offer, so that the same code serves property tests and the making of corpora.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnc_schema.formatting import environment, formatted, schema_digest
from nnc_schema.passes.analysis import Analysis
from nnc_schema.targets.python.naming import calls, class_name, with_python_names
from nnc_schema.targets.strategies.draw import DrawCode
from nnc_schema.targets.strategies.limits import around
from nnc_schema.targets.strategies.rules import schema_rules

#: Helpers out of the functions of the syntax package that drawing functions use.
HELPERS = (
    "array",
    "arrays",
    "entries",
    "entry",
    "grown",
    "indexed",
    "irregular",
    "made",
    "new",
    "number",
    "required",
)


TEMPLATES = Path(__file__).with_name("templates")


def generate(analysis: Analysis, options: Mapping[str, Any]) -> dict[str, str]:
    """Make the modules, formatted; see `modules`."""
    return formatted(modules(analysis, options), str(options["package"]))


def modules(analysis: Analysis, options: Mapping[str, Any]) -> dict[str, str]:
    """Make the modules as they come, which is enough to run them.

    Args:
        analysis: a schema without mistakes.
        options: `package`, the package that the modules make up; `syntax`, that of the Python
            target; and `runtime`, the one that holds the errors.

    Returns:
        Text by file name.
    """
    analysis = with_python_names(analysis)
    templates = environment(TEMPLATES)
    facts_of_tables = [facts for facts in analysis.tables.values() if not facts.table.external]
    tables = [
        {
            "name": facts.table.name,
            "shown": analysis.shown(facts.table.name),
            "class_name": class_name(facts.table.name),
            "title": facts.table.clause.title,
            "clause": facts.table.clause.number,
            "module": analysis.file_of[facts.table.name].name,
            "lines": DrawCode(analysis, facts).body(),
            "parameters": {
                name: around(analysis, name, facts)
                for name in facts.table.parameters
                if name not in facts.outputs
            },
        }
        for facts in facts_of_tables
    ]
    code = "\n".join(line for table in tables for line in table["lines"])
    common = {
        "package": options["package"],
        "syntax": options["syntax"],
        "runtime": options["runtime"],
        "digest": schema_digest(analysis.schema),
        "tables": tables,
        "shared": {name: around(analysis, name, by) for name, by in analysis.shared.items()}
        | {name: around(analysis, name, None) for name in analysis.givens},
        "rules": schema_rules(analysis),
        "modules": sorted(
            name for name in (file.name for file in analysis.schema.files) if f"{name}." in code
        ),
        "helpers": [f"{name} as _{name}" for name in HELPERS if calls(code, f"_{name}")],
        "uses_computing": "_computing." in code,
        "uses_functions": "_functions." in code,
        "uses_array": "Array" in code,
    }
    return {
        f"{name}.py": templates.get_template(f"{name.strip('_')}.py.j2").render(common)
        for name in ("__init__", "drawing", "rules", "sources", "tables")
    }
