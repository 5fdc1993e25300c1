"""Names of a schema that Python can't have, or has for something else: they get underscores.

The rule: a name in Python is that of the schema; where that is a word of Python, a private or
special name, or one that generated code needs, underscores stand behind it. Tables are told by
the schema's own name wherever a name is text: in paths, trees, messages, `TABLES`. So are fields,
but for those that are called as something that each table or class has itself.
"""

from __future__ import annotations

import builtins
import functools
import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from nnc_schema.language import tree
from nnc_schema.passes.analysis import Analysis

TEMPLATES = Path(__file__).with_name("templates")

#: What a table, a scope and an enum have themselves.
TABLE_NAMES = {"original_data", "fields", "holders", "syntax", "default", "called", "trailing_data"}
SCOPE_NAMES = {
    "given",
    "givens",
    "tables",
    "parameters",
    "from_context",
    "copy",
    "names",
    "ask",
    "take",
    "sets",
    "forget",
    "keep",
    "keys",
    "select",
}
MEMBER_NAMES = {"mro", "name", "value", *(name for name in dir(int) if name[0] != "_")}

#: Helpers that the generated functions.py offers to the other modules, which call them by these
#: names with an underscore before: so no declaration has to make way for them.
HELPERS = (
    "array",
    "arrays",
    "counted",
    "entries",
    "entry",
    "extent_end",
    "filler",
    "finished",
    "grown",
    "indexed",
    "irregular",
    "item",
    "listed",
    "made",
    "new",
    "number",
    "padding",
    "refuse",
    "required",
    "trailing",
    "write_rest",
    "write_trailing",
)

#: Modules that code in generated modules uses, by the same kind of names.
ALIASES = ("_computing", "_functions", "_transforms")

#: What bodies of generated classes use by name.
BODY_NAMES = {"field"}

#: Modules of the generated packages.
MODULE_NAMES = {"computing", "transforms", "functions", "description", "scope", "units"}

#: Parameters and variables of generated functions that stand beside names of modules.
LOCAL_NAMES = {"self", "stream", "context", "path", "obj"}
PYTHON_NAMES = set(keyword.kwlist) | set(dir(builtins))

#: Where each node holds names of declarations; all else that it calls a name is local.
GLOBAL_PARTS = {
    tree.Element: ("enum",),
    tree.Call: ("table",),
    tree.External: ("table",),
    tree.Select: ("table",),
    tree.Table: ("name",),
    tree.Enum: ("name",),
    tree.EnumMember: ("name",),
    tree.Constant: ("name",),
    tree.ConstantTable: ("name",),
    tree.Select: ("table",),
    tree.Define: ("name",),
    tree.Function: ("name",),
    tree.UnitRule: ("member",),
    tree.Units: ("enum", "header", "payload"),
}
LOCAL_PARTS = ("name", "field", "variable", "key")


def template_names(template: str) -> set[str]:
    """Return the names that a template makes or imports at the top of its module."""
    text = (TEMPLATES / template).read_text("utf-8")
    found = set(re.findall(r"^(?:def |class )?([A-Za-z_]\w*)(?::[^=\n]*)? ?[=(:]", text, re.M))
    for names in re.findall(r"import (.+)$", text, re.M):
        found |= set(re.findall(r"\w+", re.sub(r"{[{%].*?[%}]}", "", names)))
    return found


@functools.cache
def taken_globally() -> frozenset[str]:
    """Return the names that no declaration can have in a module."""
    names = template_names("module.py.j2") | template_names("init.py.j2")
    names |= {f"_{name}" for name in HELPERS} | {"Array", *ALIASES}
    return frozenset(names | PYTHON_NAMES | LOCAL_NAMES | MODULE_NAMES)


def calls(code: str, name: str) -> bool:
    """Tell whether code calls a function of a name."""
    return re.search(rf"(?<!\w){name}\(", code) is not None


class Renames(NamedTuple):
    """New names, for those that need one: of declarations, of all else, of files.

    Of declarations only constants and members of enums stand in expressions.
    """

    declared: Mapping[str, str]
    constants: Mapping[str, str]
    local: Mapping[str, str]
    files: Mapping[str, str]


def class_name(table: str) -> str:
    """Return the class of a table: its name in CamelCase."""
    bare = table.rstrip("_")
    name = "".join(part[:1].upper() + part[1:] for part in bare.split("_"))
    name += table[len(bare) :]
    if not name[:1].isalpha():
        return f"Table{name}"
    return f"{name}Table" if name == table else name


def is_special(name: str) -> bool:
    """Tell whether Python takes a name for private or special."""
    return name.startswith("__") and not name.endswith("___")


def with_python_names(analysis: Analysis) -> Analysis:
    """Return the analysis of the schema with names that Python can have."""
    renames = renames_of(analysis)
    if not any(renames):
        return analysis
    made = Analysis(renamed(analysis.schema, renames))
    made.spelled_fields = {
        new: name
        for name, new in renames.local.items()
        if name not in TABLE_NAMES and not is_special(name)
    }
    made.spelled = {new: name for name, new in renames.declared.items() if name in analysis.tables}
    return made


def renames_of(analysis: Analysis) -> Renames:
    """Return the names of a schema that have to change."""
    taken = set(taken_globally())
    declared: dict[str, str] = {}
    for name in declared_names(analysis.schema):
        declared[name] = name
        while not fits(declared[name], name, analysis, taken):
            declared[name] += "_"
        taken |= made_names(declared[name], name, analysis)
    files: dict[str, str] = {}
    for file in analysis.schema.files:
        base = re.sub(r"\W", "_", file.name)
        files[file.name] = f"_{base}" if base[:1].isdigit() else base
        while files[file.name] in taken or is_special(files[file.name]):
            files[file.name] += "_"
        taken.add(files[file.name])
    known = {**analysis.constants, **analysis.constant_tables}
    constants = {name: new for name, new in declared.items() if name in known}
    locals_ = changed(local_renames(analysis))
    return Renames(changed(declared), changed(constants), locals_, changed(files))


def changed(names: Mapping[str, str]) -> dict[str, str]:
    """Return the names that differ from what they were."""
    return {name: new for name, new in names.items() if name != new}


def declared_names(schema: tree.Schema) -> Iterable[str]:
    """Yield the names of what stands in a module; spelled ones first, classes come after."""
    for file in schema.files:
        for enum in file.enums:
            yield from (enum.name, *(member.name for member in enum.members))
        yield from (constant.name for constant in file.constants)
        yield from (rows.name for rows in file.constant_tables)
        yield from (define.name for define in file.defines)
    for file in schema.files:
        yield from (table.name for table in file.tables)


def made_names(new: str, name: str, analysis: Analysis) -> set[str]:
    """Return what stands in a module once something is declared there."""
    if name in analysis.tables:
        return {new, class_name(new), f"{class_name(new)}Syntax"}
    return {new, new.lower()} if name in analysis.defines else {new}


def fits(new: str, name: str, analysis: Analysis, taken: set[str]) -> bool:
    """Tell whether something can be declared under a name."""
    if is_special(new) or made_names(new, name, analysis) & taken:
        return False
    if name in analysis.constants:
        return new not in MEMBER_NAMES and not re.fullmatch(r"_[^_].*_|_", new)
    if name in analysis.defines and new.lower() in template_names("functions.py.j2"):
        return False
    return not (name in analysis.tables and f"draw_{new}" in taken)


def local_renames(analysis: Analysis) -> dict[str, str]:
    """Return the new names of elements, variables, parameters and given values."""
    names: dict[str, None] = dict.fromkeys([*analysis.givens, *analysis.states])
    scoped = {*analysis.givens, *analysis.shared, *analysis.states}
    for facts in analysis.tables.values():
        for site in facts.sites:
            names.update(dict.fromkeys(local_names(site.statement)))
        names.update(dict.fromkeys([*facts.table.parameters, *facts.meanings]))
        scoped |= set(facts.table.parameters)
    reserved = set(keyword.kwlist) | TABLE_NAMES | BODY_NAMES
    found: dict[str, str] = {}
    for name in names:
        found[name] = name
        while (
            is_special(found[name])
            or found[name] in reserved
            or (name in scoped and found[name] in SCOPE_NAMES)
            or (found[name] != name and found[name] in names)
        ):
            found[name] += "_"
    return found


def local_names(statement: tree.Statement) -> Iterable[str]:
    """Yield the names that a statement gives to what it makes."""
    for part in LOCAL_PARTS:
        if isinstance(name := getattr(statement, part, None), str):
            yield name


def renamed(node: Any, renames: Renames) -> Any:
    """Return a part of a tree with its new names."""
    if isinstance(node, tuple):
        return tuple(renamed(part, renames) for part in node)
    if not is_dataclass(node) or isinstance(
        node, tree.Position | tree.Clause | tree.Framing | type
    ):
        return node
    parts: dict[str, Any] = {}
    for each in fields(node):
        value = getattr(node, each.name)
        if isinstance(value, str):
            parts[each.name] = new_name(node, each.name, value, renames)
        elif each.name == "parameters":
            parts[each.name] = tuple(renames.local.get(name, name) for name in value)
        elif each.name == "roots":
            parts[each.name] = tuple(
                (place, renames.declared.get(name, name)) for place, name in value
            )
        elif each.name != "references":
            parts[each.name] = renamed(value, renames)
    return replace(node, **parts)


def new_name(node: Any, part: str, name: str, renames: Renames) -> str:
    """Return the new name that a node has in one of its parts, or what else stands there."""
    if isinstance(node, tree.File):
        return renames.files.get(name, name) if part == "name" else name
    if part in GLOBAL_PARTS.get(type(node), ()):
        return renames.declared.get(name, name)
    if part not in LOCAL_PARTS:
        return name
    if isinstance(node, tree.Name) and name in renames.constants:
        return renames.constants[name]
    return renames.local.get(name, name)
