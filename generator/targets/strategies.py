"""The strategies target: functions that draw valid tables, and tables that break one rule.

They draw through a small interface that both Hypothesis and a seeded generator of random
numbers offer, so that the same code serves property tests and the making of corpora.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator import expressions, tree
from generator.analysis import Analysis, Field, TableFacts
from generator.targets.python import environment, formatted, only_value, schema_digest
from generator.targets.python_names import class_name
from generator.targets.strategies_draw import DrawCode
from generator.targets.strategies_limits import reserved_values

#: Helpers out of the functions of the syntax package that drawing functions use.
HELPERS = ("array", "entry", "indexed", "irregular", "new")

#: The rules that follow from a descriptor alone, by descriptor.
DESCRIPTOR_RULES = {
    "st": ("bad-utf8", "missing-terminator"),
    "flt": ("not-a-number",),
    "ue": ("exp-golomb-too-long",),
    "ie": ("exp-golomb-too-long",),
}


def generate(analysis: Analysis, options: Mapping[str, Any]) -> dict[str, str]:
    """Make the modules.

    Args:
        analysis: a schema without mistakes.
        options: `package`, the package that the modules make up; `syntax`, that of the Python
            target; and `runtime`, the one that holds the errors.

    Returns:
        Formatted text by file name.
    """
    templates = environment()
    facts_of_tables = [facts for facts in analysis.tables.values() if not facts.table.external]
    tables = [
        {
            "name": facts.table.name,
            "class_name": class_name(facts.table.name),
            "title": facts.table.clause.title,
            "clause": facts.table.clause.number,
            "module": analysis.file_of[facts.table.name].name,
            "lines": DrawCode(analysis, facts).body(),
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
        "rules": [rule for facts in facts_of_tables for rule in table_rules(analysis, facts)],
        "modules": sorted(
            name for name in (file.name for file in analysis.schema.files) if f"{name}." in code
        ),
        "helpers": [name for name in HELPERS if f"{name}(" in code],
        "uses_functions": "functions." in code,
        "uses_array": "Array" in code,
    }
    package = str(options["package"])
    names = ("__init__", "drawing", "rules", "sources", "tables")
    return {
        f"{name}.py": formatted(
            templates.get_template(f"strategies_{name.strip('_')}.py.j2").render(common),
            f"{name}.py",
            package,
        )
        for name in names
    }


def table_rules(analysis: Analysis, facts: TableFacts) -> list[dict[str, str]]:
    """Give the rules that streams can be made to break, one at a time, in one table."""
    found = []
    for field in facts.fields.values():
        for kind, text in field_rules(analysis, facts, field):
            found.append(
                {
                    "kind": kind,
                    "table": facts.table.name,
                    "element": field.name,
                    "clause": facts.table.clause.number,
                    "text": text,
                }
            )
    for name in sorted(facts.sparse):
        rule = {"kind": "index", "table": facts.table.name, "element": name}
        text = f"an index into {name} lies outside of it"
        found.append(rule | {"clause": facts.table.clause.number, "text": text})
    return found


def field_rules(analysis: Analysis, facts: TableFacts, field: Field) -> list[tuple[str, str]]:
    """Give kind and text of the rules of one field."""
    statement = field.statement
    name = field.name
    if field.is_alignment:
        return [("irregular-alignment", "the bits up to the byte boundary are not 1 0 0 ...")]
    if not isinstance(statement, tree.Element):
        return []
    found = []
    meaning = facts.meaning(name)
    if meaning is not None and meaning.range is not None:
        low, high = (expressions.text(part) for part in meaning.range)
        if only_value(meaning, analysis) is not None:
            found.append(("reserved-bits", f"{name} is not {low}"))
        elif reaches_further(analysis, statement, meaning.range):
            found.append(("range", f"{name} is not in {low}..{high}"))
    if reserved_values(analysis, statement):
        found.append(("reserved-value", f"{name} has a value that is reserved"))
    if meaning is not None:
        found += [("constraint", constraint.sentence) for constraint in meaning.constraints]
    texts = {
        "bad-utf8": f"{name} is not UTF-8",
        "missing-terminator": f"no zero byte ends {name}",
        "not-a-number": f"{name} is not a number",
        "exp-golomb-too-long": f"the code of {name} is for a number of more than 64 bits",
    }
    for kind in DESCRIPTOR_RULES.get(statement.descriptor, ()):
        # Vectors are read as they are, and checked by those who use their values.
        if not (field.vector and kind == "not-a-number"):
            found.append((kind, texts[kind]))
    if statement.descriptor != "bs":
        found.append(("truncated", f"the data end within {name}"))
    return found


def reaches_further(
    analysis: Analysis, statement: tree.Element, allowed: tuple[tree.Expression, tree.Expression]
) -> bool:
    """Tell whether an element can hold values outside of its range."""
    low, high = (expressions.evaluate(part, analysis.constants) for part in allowed)
    if statement.descriptor != "u" or low is None or high is None:
        return True
    width = expressions.evaluate(statement.arguments[0], analysis.constants)
    return width is None or low > 0 or high < (1 << width) - 1
