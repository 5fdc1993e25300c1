"""The Python target: for each schema file a module of dataclasses and constructs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nnc_schema.formatting import environment, formatted, literal, schema_digest, wrap
from nnc_schema.language import tree
from nnc_schema.language.descriptors import DESCRIPTORS
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.computed import computation, follows
from nnc_schema.passes.table_facts import Field, TableFacts, counted_to, only_value, own_expressions
from nnc_schema.passes.units import unit_kinds
from nnc_schema.targets.python.build import BuildCode
from nnc_schema.targets.python.computed import FollowNames
from nnc_schema.targets.python.names import Names, RuleNames
from nnc_schema.targets.python.naming import HELPERS, calls, class_name, with_python_names
from nnc_schema.targets.python.parse import ParseCode

TEMPLATES = Path(__file__).with_name("templates")


def generate(analysis: Analysis, options: Mapping[str, Any]) -> dict[str, str]:
    """Make the modules, formatted; see `modules`."""
    return formatted(modules(analysis, options), str(options["package"]))


def modules(analysis: Analysis, options: Mapping[str, Any]) -> dict[str, str]:
    """Make the modules as they come, which is enough to run them.

    Args:
        analysis: a schema without mistakes.
        options: `package`, the package that the modules make up, and `runtime`, the one that
            holds `BitReader`, `BitWriter`, `Table`, `Syntax` and the errors.

    Returns:
        Text by file name.
    """
    analysis = with_python_names(analysis)
    templates = environment(TEMPLATES)
    common = {
        "package": options["package"],
        "runtime": options["runtime"],
        "digest": schema_digest(analysis.schema),
        "schema": analysis.schema,
    }
    files = {
        "functions.py": templates.get_template("functions.py.j2").render(
            common, defines=[define_code(analysis, each) for each in analysis.defines.values()]
        ),
        "description.py": templates.get_template("description.py.j2").render(common),
        "scope.py": templates.get_template("scope.py.j2").render(common | scope_parts(analysis)),
    }
    kinds = [
        kind._replace(header=analysis.shown(kind.header), payload=analysis.shown(kind.payload))
        for kind in unit_kinds(analysis)
    ]
    files["units.py"] = templates.get_template("units.py.j2").render(common, kinds=kinds)
    exports = {}
    for file in analysis.schema.files:
        parts = module_parts(analysis, file)
        exports[file.name] = parts["exports"]
        template = templates.get_template("module.py.j2")
        files[f"{file.name}.py"] = template.render(common | parts)
    files["__init__.py"] = templates.get_template("init.py.j2").render(
        common,
        exports=exports,
        tables={analysis.shown(name): name for name in parsed_tables(analysis)},
        framing=framing_parts(analysis),
        root=analysis.shown(analysis.root),
    )
    return files


def framing_parts(analysis: Analysis) -> tuple[str, tuple[Any, ...]] | None:
    """Return name and arguments of the framing, None where the schema has none."""
    if analysis.framing is None:
        return None
    arguments = (argument_value(analysis, each) for each in analysis.framing.arguments)
    return analysis.framing.name, tuple(arguments)


def argument_value(analysis: Analysis, argument: tree.Expression) -> Any:
    """Return an argument as data: a number, `("u", (32,))` for `u(32)`, the text of others."""
    if isinstance(argument, tree.Function):
        return argument.name, tuple(argument_value(analysis, each) for each in argument.arguments)
    value = expressions.evaluate(argument, analysis.constants)
    return expressions.text(argument) if value is None else value


def parsed_tables(analysis: Analysis) -> list[str]:
    """Return the names of the tables that get a parser."""
    return sorted(name for name, facts in analysis.tables.items() if not facts.table.external)


def define_code(analysis: Analysis, define: tree.Define) -> dict[str, Any]:
    """Return what the template needs of a function of the schema's own."""
    names = Names(analysis, None, None)
    return {
        "name": define.name.lower(),
        "parameters": [names.local(name) for name in define.parameters],
        "value": names.value(define.value).replace("_functions.", ""),
        "text": wrap(define.text, 4),
    }


def scope_parts(analysis: Analysis) -> dict[str, Any]:
    """Return what the template of the scope needs."""
    shared = []
    for name, facts in analysis.shared.items():
        names = Names(analysis, facts, None)
        shared.append(
            {
                "name": name,
                "type": names.shared_type(name, facts),
                "table": analysis.shown(facts.table.name),
                "title": facts.table.clause.title,
                "persistent": facts.table.persistent,
            }
        )
    parameters = sorted(
        {
            parameter
            for facts in analysis.tables.values()
            if not facts.table.external
            for parameter in facts.table.parameters
            if parameter not in facts.outputs
        }
    )
    givens = []
    for given in analysis.givens.values():
        default = None
        if given.default is not None:
            default = expressions.evaluate(given.default, analysis.constants)
        givens.append({"name": given.name, "text": given.text, "default": default})
    states = [
        {
            "name": state.name,
            "type": "list[" * len(state.sizes) + "int" + "]" * len(state.sizes),
            "initial": initial_state(analysis, state),
        }
        for state in analysis.states.values()
    ]
    kept = {
        analysis.shown(name): (facts.table.key, tuple(analysis.kept_names(name)))
        for name, facts in analysis.tables.items()
        if facts.table.key is not None
    }
    computes = any(
        computed_text(site.statement) for facts in analysis.tables.values() for site in facts.sites
    )
    return {
        "shared": shared,
        "parameters": parameters,
        "givens": givens,
        "states": states,
        "kept": kept,
        "computes": computes,
    }


def initial_state(analysis: Analysis, state: tree.State) -> str:
    """Return the code that makes what a state begins with."""
    code = str(expressions.evaluate(state.initial, analysis.constants))
    for number, size in enumerate(reversed(analysis.state_sizes(state.name))):
        code = f"[{code} for _ in range({size})]" if number else f"[{code}] * {size}"
    return code


def module_parts(analysis: Analysis, file: tree.File) -> dict[str, Any]:
    """Return what the template of a module needs."""
    parsed = [table for table in file.tables if not table.external]
    described = [table for table in file.tables if table.external]
    tables = [table_parts(analysis, file, analysis.tables[table.name]) for table in parsed]
    lines = [
        line for table in tables for line in [*table["parse"], *table["build"], *table["types"]]
    ]
    for facts in (analysis.tables[table.name] for table in file.tables):
        lines += [
            rule_parts(analysis, file, constraint, facts)["holds"]
            for meaning in facts.table.semantics
            for constraint in rules_of(analysis, meaning)
        ]
    code = "\n".join(lines)
    exports = [enum.name for enum in file.enums]
    exports += [member.name for enum in file.enums for member in enum.members]
    exports += [constant.name for constant in file.constants]
    exports += [rows.name for rows in file.constant_tables]
    exports += [name for table in parsed for name in (class_name(table.name), table.name)]
    exports += [table.name for table in described]
    others = [other.name for other in analysis.schema.files if other is not file]
    return {
        "file": file,
        "enums": [enum_parts(enum) for enum in file.enums],
        "constants": file.constants,
        "constant_tables": [
            (each, analysis.constant_tables[each.name]) for each in file.constant_tables
        ],
        "constant_values": analysis.constants,
        "tables": tables,
        "descriptions": [description(analysis, analysis.tables[t.name]) for t in described],
        "modules": [name for name in others if f"{name}." in code],
        "helpers": [f"{name} as _{name}" for name in HELPERS if calls(code, f"_{name}")],
        "uses_functions": "_functions." in code,
        "uses_transforms": any(table["transform"] for table in tables),
        "uses_computing": "_computing." in code,
        "uses_array": "Array" in code,
        "uses_programs": any(table["program"] or table["programs"] for table in tables),
        "exports": sorted(exports),
        "families": summary(file),
    }


def summary(file: tree.File) -> str:
    """Return a line on what a module holds."""
    title = file.name.replace("_", " ").capitalize()
    clauses = sorted({table.clause.number for table in file.tables})
    return f"{title}: syntax tables of clause{'s' * (len(clauses) > 1)} {', '.join(clauses)}."


def enum_parts(enum: tree.Enum) -> dict[str, Any]:
    """Return what the template needs of an enum."""
    lines = [f"{member.name}: {member.text}." for member in enum.members]
    ranges = []
    for each in enum.ranges:
        values = str(each.first) if each.first == each.last else f"{each.first} to {each.last}"
        ranges.append(f"{values}: {each.kind}.")
    return {
        "name": enum.name,
        "flags": enum.flags,
        "members": enum.members,
        "lines": [wrap(line, 12, 8) for line in lines],
        "ranges": ranges,
        "clause": enum.clause,
    }


def table_parts(analysis: Analysis, file: tree.File, facts: TableFacts) -> dict[str, Any]:
    """Return what the template needs of a table."""
    names = Names(analysis, facts, file)
    fields = [field_parts(names, facts, field) for field in facts.fields.values()]
    derived = [
        {
            "name": name,
            "said": analysis.said(name),
            "type": f"{names.shared_type(name, facts)} | None",
            "shape": shape("int", depth=facts.arrays.get(name, 0), derived=True),
            "lines": attribute(name, facts.meaning(name)),
        }
        for name in facts.variables
        if name in facts.meanings or name in facts.outputs
    ]
    parse = ParseCode(analysis, facts, file)
    build = BuildCode(analysis, facts, file)
    lines = {"parse": parse.body(), "build": build.body()}
    assert parse.made == build.made
    return (
        lines
        | description(analysis, facts)
        | {
            "attributes": {
                analysis.said(name): name
                for name in (*facts.fields, *(each["name"] for each in derived))
                if analysis.said(name) != name
            },
            "blank": tuple(parse.blank_fields()),
            "program": None if parse.whole is None else parse.whole.text(),
            "programs": [program.text() for program in parse.made],
            "class_name": class_name(facts.table.name),
            "fields": fields,
            "derived": derived,
            "extent": facts.table.extent is not None or facts.table.transform is not None,
            "transform": facts.table.transform,
            "types": [field["type"] for field in fields],
        }
    )


def attribute(name: str, meaning: tree.Meaning | None) -> str:
    """Return the docstring entry of a field."""
    return wrap(f"{name}: {meaning.text if meaning else ''}".rstrip(), 12, 8)


def field_parts(names: Names, facts: TableFacts, field: Field) -> dict[str, Any]:
    """Return what the template needs of a field."""
    written = names.field_type(field)
    default = ""
    if field.is_alignment:
        written = "list[int | None] | None" if field.is_list else "int | None"
        default = " = None"
        text = f"{field.name}: irregular bits up to the byte boundary, or None for the regular ones"
    elif isinstance(field.statement, tree.Call):
        text = f"{field.name}: table `{names.analysis.shown(field.statement.table)}`"
    else:
        meaning = facts.meaning(field.name)
        text = f"{field.name}: {meaning.text if meaning else 'bytes as they are'}"
    if field.conditional and not field.is_alignment:
        written, default = f"{written} | None", " = None"
    elif field.vector and len(field.loops) == 1:
        default = " = field(default_factory=lambda: np.zeros(0))"
    elif field.is_list and not field.is_alignment:
        # An element called `list` hides Python's from those that follow it.
        factory = "lambda: [*()]" if "list" in facts.fields else "list"
        default = f" = field(default_factory={factory})"
    elif computation(field.statement) is not None:
        written, default = f"{written} | None", " = None"
    elif not default:
        only = only_value(facts.meaning(field.name), names.analysis.constants)
        default = "" if only is None else f" = {only}"
    if not text.rstrip().endswith("."):
        text += "."
    lines = wrap(text, 12, 8)
    made = field_shape(names.analysis, field)
    return {
        "name": field.name,
        "said": names.analysis.said(field.name),
        "type": written,
        "default": default,
        "lines": lines,
        "shape": made,
    }


def field_shape(analysis: Analysis, field: Field) -> str:
    """Return the `Shape` of a coded field, as it stands in the module."""
    statement = field.statement
    depth = len(field.loops) if field.indexed else min(len(field.loops), 1)
    if field.is_alignment:
        return shape("int", depth=depth)
    if isinstance(statement, tree.Call):
        return shape("table", depth=depth, called=analysis.shown(statement.table))
    coding = statement.descriptor if isinstance(statement, tree.Element) else "bs"
    return shape(DESCRIPTORS[coding].kind, depth=depth, array=field.vector)


def shape(kind: str, **parts: Any) -> str:
    """Return a `Shape` as it stands in the module, without what it has by default."""
    words = [literal(kind), *(f"{name}={literal(part)}" for name, part in parts.items() if part)]
    return f"Shape({', '.join(words)})"


def description(analysis: Analysis, facts: TableFacts) -> dict[str, Any]:
    """Return the metadata of a table and its elements."""
    table = facts.table
    return {
        "name": table.name,
        "shown": analysis.shown(table.name),
        "clause": table.clause,
        "title": wrap(table.clause.title, 4, 7),
        "schema": f"{table.position.file}:{table.position.line}",
        "elements": [
            element_description(analysis, facts, field)
            for field in facts.fields.values()
            if not isinstance(field.statement, tree.Call)
        ],
        "field_names": (*map(analysis.said, facts.fields), *leftover_fields(table)),
    }


def leftover_fields(table: tree.Table) -> tuple[str, ...]:
    """Return the fields that hold what the elements of a table don't."""
    if table.transform is not None:
        return "trailing_data", "original_data"
    return ("trailing_data",) * (table.extent is not None)


def element_description(analysis: Analysis, facts: TableFacts, field: Field) -> dict[str, Any]:
    """Return the metadata of one element."""
    statement = field.statement
    meaning = facts.meaning(field.name)
    assert meaning is not None
    assert not isinstance(statement, tree.Call)
    range_ = None
    if meaning.range is not None:
        low, high = (expressions.evaluate(part, analysis.constants) for part in meaning.range)
        range_ = None if low is None or high is None else (low, high)
    absent: int | str | None = None
    if meaning.absent is not None:
        absent = expressions.evaluate(meaning.absent, analysis.constants)
        absent = expressions.text(meaning.absent) if absent is None else absent
    enum = statement.enum if isinstance(statement, tree.Element) else None
    written, coding, width = "bs(v)", "bs", None
    if isinstance(statement, tree.Element):
        coding = statement.descriptor
        arguments = own_expressions(statement)[len(statement.indices) :]
        inside = ", ".join(expressions.text(argument) for argument in arguments) or "v"
        written = f"{coding}({inside})"
        written = statement.spelled or written
        if (DESCRIPTORS[coding].width == "bits" or coding in ("uae", "iae")) and arguments:
            width = expressions.evaluate(arguments[0], analysis.constants)
    return {
        "name": analysis.said(field.name),
        "descriptor": written,
        "coding": coding,
        "width": width,
        "line": statement.position.line,
        "status": meaning.status or facts.table.clause.status,
        "text": meaning.text,
        "enum": enum,
        "unnamed": [
            (each.first, each.last, each.kind)
            for each in (analysis.enums[enum].ranges if enum is not None else ())
        ],
        "absent": absent,
        "computed": computed_text(statement),
        "follows": follows_code(analysis, facts, statement),
        "range": range_,
        "constraints": [
            rule_parts(analysis, analysis.file_of[facts.table.name], constraint, facts)
            for constraint in rules_of(analysis, meaning)
        ],
        "module": statement.module if isinstance(statement, tree.External) else None,
        "counts": loop_counts(analysis, facts, field),
    }


def computed_text(statement: tree.Statement) -> str:
    """Return what an element is computed as, "" where it isn't."""
    computed = computation(statement)
    return "" if computed is None else expressions.text(computed)


def follows_code(analysis: Analysis, facts: TableFacts, statement: tree.Statement) -> str:
    """Return the function that an element follows from other tables by, "" where it doesn't."""
    expression = follows(statement)
    if expression is None or not isinstance(statement, tree.Element):
        return ""
    names = FollowNames(analysis, analysis.file_of[facts.table.name])
    indices = [names.value(index) for index in statement.indices]
    return f"lambda {', '.join(['tables', *indices])}: {names.value(expression)}"


def loop_counts(analysis: Analysis, facts: TableFacts, field: Field) -> tuple[tuple[str, int], ...]:
    """Return which element says how often each loop around a list runs, and how much too high.

    Returns:
        A pair for each loop, the outermost first; () where one runs by something else.
    """
    bounds = [counted_to(loop) for loop in field.loops] if field.indexed else []
    counts = [count_of(analysis, facts, bound) for bound in bounds]
    return tuple(one for one in counts if one is not None) if None not in counts else ()


def count_of(
    analysis: Analysis, facts: TableFacts, bound: tree.Expression | None
) -> tuple[str, int] | None:
    """Return the element that a bound is, and what is taken off it; None: it is no such bound."""
    if isinstance(bound, tree.Conditional):
        defaults = {name: given.default for name, given in analysis.givens.items()}
        known = {
            name: expressions.evaluate(default, analysis.constants) or 0
            for name, default in defaults.items()
            if default is not None
        }
        condition = expressions.evaluate(bound.condition, known)
        bound = None if condition is None else bound.yes if condition else bound.no
    off = 0
    if isinstance(bound, tree.Binary) and isinstance(bound.right, tree.Number):
        off = {"-": 1, "+": -1}.get(bound.operator, 0) * bound.right.value
        bound = bound.left if off else None
    if not isinstance(bound, tree.Name) or bound.name not in facts.fields:
        return None
    return analysis.said(bound.name), off


def rules_of(analysis: Analysis, meaning: tree.Meaning) -> Iterator[tree.Constraint]:
    """Return the constraints of an element; a range that isn't constant is one too."""
    yield from meaning.constraints
    for bound, least, operator in zip(
        meaning.range or (), ("Min", "Max"), (">=", "<="), strict=False
    ):
        if expressions.evaluate(bound, analysis.constants) is None:
            place = bound.position
            found = tree.Function(place, least, (tree.Name(place, meaning.name),))
            sentence = f"{meaning.name} is not {operator} {expressions.text(bound)}"
            yield tree.Constraint(place, tree.Binary(place, operator, found, bound), sentence)


def rule_parts(
    analysis: Analysis, file: tree.File, constraint: tree.Constraint, facts: TableFacts
) -> dict[str, Any]:
    """Return what the template needs of a constraint."""
    names = RuleNames(analysis, file)
    used = sorted(expressions.names(constraint.condition) - analysis.constants.keys())
    parameters = ", ".join(names.local(name) for name in used)
    told = tuple(analysis.said(name) if facts.defines(name) else name for name in used)
    holds = f"lambda {parameters}: {names.condition(constraint.condition)}"
    return {"sentence": constraint.sentence, "names": told, "holds": holds}
