"""Writes docs/api.md and docs/api-flower.md: public names with signatures, from their docstrings.

Run it from the root of the repository: `python docs/make_api.py`.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

PAGE = ROOT / "docs" / "api.md"

#: The page of the module that can't be imported without Flower.
FLOWER_PAGE, FLOWER_MODULES = ROOT / "docs" / "api-flower.md", ("nnc.flower",)

#: The modules whose `__all__` is public, in the order of the page.
MODULES = (
    "nnc",
    "nnc.reduce",
    "nnc.torch",
    "nnc.onnx",
    "nnc.transformers",
    "nnc.numpy",
    "nnc.containers",
    "nnc.report",
    "nnc.explore",
    "nnc.plotting",
    "nnc.inspect",
    "nnc.features",
    "nnc.editing.levels",
    "nnc.editing.values",
    "nnc.strategies",
)

#: The names that are taken where a module has no `__all__`.
NAMES = {
    "nnc.report": ("write_report", "make_report", "Report", "TensorReport"),
    "nnc.editing.levels": ("read_levels", "replace_levels", "edit_levels"),
    "nnc.editing.values": ("replace_values",),
}

#: Sections of a docstring whose lines are `name: text`.
LISTS = ("Args", "Options", "Attributes", "Raises", "Warns")
TEXTS = ("Returns", "Yields")

HEADING = re.compile(rf"^({'|'.join((*LISTS, *TEXTS))}):\n", re.MULTILINE)
ENTRY = re.compile(r"^(\**\w+(?:, \**\w+)*): ?", re.MULTILINE)
NAME = re.compile(r"`(?P<text>(?P<name>nnc(?:\.\w+)+|[A-Za-z_]\w+)(?:\([^`]*\))?)`")


def public_names(module: Any) -> list[str]:
    """Return the public names of a module: functions, then classes, then errors and warnings."""
    names = NAMES.get(module.__name__) or module.__all__
    return sorted(names, key=lambda name: (kind(getattr(module, name)), name.lower()))


def kind(value: Any) -> int:
    """Return the place of a kind of name on the page."""
    if inspect.isclass(value):
        return 2 if issubclass(value, Exception) else 1
    return 0 if callable(value) else 3


def full_name(module: Any, name: str) -> str:
    """Return the name under which a user has something."""
    return f"{module.__name__}.{name}"


def page(names: Iterable[str] = MODULES, title: str = "API") -> str:
    """Write the page of some modules."""
    modules = [importlib.import_module(name) for name in names]
    known = {full_name(module, name) for module in modules for name in public_names(module)}
    lines = [
        f"# {title}",
        "",
        "<!-- Made by docs/make_api.py from the docstrings; do not edit. -->",
        "",
        "Every public name with its arguments, from the docstrings.",
        "[Python API](guides/python-api.md) shows how they go together. Modules for a framework",
        "need that framework; where it is missing, the error says which extra to install.",
        "",
        *overview(modules),
    ]
    seen: dict[int, str] = {}
    for module in modules:
        lines += [f"## {module.__name__} {{ #{module.__name__} }}", ""]
        lines += [linked(text, module.__name__, known) for text in rendered(module.__doc__ or "")]
        for name in public_names(module):
            value, own = getattr(module, name), full_name(module, name)
            lines += [f"### {own} {{ #{own} }}", ""]
            if id(value) in seen and kind(value) < 3:
                lines += [f"The same as [`{seen[id(value)]}`](#{seen[id(value)]}).", ""]
                continue
            seen[id(value)] = own
            lines += [linked(text, module.__name__, known) for text in described(own, value)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def overview(modules: list[Any]) -> list[str]:
    """Write the names of all modules, each as a link."""
    lines = ["| Module | Names |", "| :--- | :--- |"]
    for module in modules:
        names = public_names(module)
        links = [f"[`{name}`](#{full_name(module, name)})" for name in names]
        lines.append(f"| [`{module.__name__}`](#{module.__name__}) | {', '.join(links)} |")
    return ['<div class="names" markdown>', "", *lines, "", "</div>", ""]


def linked(text: str, module: str, known: set[str]) -> str:
    """Make links of the names in code that are on the page; code blocks stay."""
    if text.startswith("```"):
        return text

    def link(match: re.Match[str]) -> str:
        for name in (match["name"], f"{module}.{match['name']}", f"nnc.{match['name']}"):
            # A single word may be an argument as well as a name of the module.
            if name in known and (name == match["name"] or match["name"][0].isupper()):
                return f"[`{match['text']}`](#{name})"
        return match[0]

    return NAME.sub(link, text)


def described(own: str, value: Any) -> Iterator[str]:
    """Describe something public: signature, docstring, members of a class."""
    if kind(value) == 3:
        yield from (f"`{value!r}`", "")
        return
    if not inspect.isclass(value):
        yield from (*signature(own, value), "")
        yield from rendered(inspect.getdoc(value) or "")
        return
    if kind(value) == 2:
        yield from (f"Kind of `{value.__bases__[0].__name__}`.", "")
    elif inspect.getdoc(value.__init__) or dataclasses.is_dataclass(value):
        yield from (*signature(own, value), "")
    yield from rendered(inspect.getdoc(value) or "")
    if "__init__" in vars(value) and not dataclasses.is_dataclass(value) and kind(value) == 1:
        yield from rendered(inspect.getdoc(value.__init__) or "")
    for name, member in members(value):
        yield from (f"#### {own.rpartition('.')[2]}.{name} {{ #{own}.{name} }}", "")
        if isinstance(member, property):
            yield from rendered(f"Property. {inspect.getdoc(member) or ''}")
            continue
        yield from (*signature(f"{own.rpartition('.')[2]}.{name}", member), "")
        yield from rendered(inspect.getdoc(member) or "")


def members(value: type) -> Iterator[tuple[str, Any]]:
    """Return the public methods and properties of a class that have docstrings, as they come."""
    found: dict[str, Any] = {}
    for base in reversed(value.__mro__):
        if base.__module__.startswith("nnc") and (kind(value) == 1 or base is value):
            found |= {name: one for name, one in vars(base).items() if not name.startswith("_")}
    for name, one in found.items():
        function = one.__func__ if isinstance(one, classmethod | staticmethod) else one
        if (inspect.isfunction(function) or isinstance(one, property)) and one.__doc__:
            yield name, one if isinstance(one, property) else getattr(value, name)


def signature(name: str, value: Any) -> list[str]:
    """Write a signature, on one line where it fits."""
    found = inspect.signature(value)
    words, keyword_only = [], False
    parameters = [one for one in found.parameters.values() if one.name not in ("self", "cls")]
    for index, one in enumerate(parameters):
        if one.kind is one.KEYWORD_ONLY and not keyword_only:
            if not any(other.kind is other.VAR_POSITIONAL for other in parameters):
                words.append("*")
            keyword_only = True
        words.append(parameter(one, value))
        following = parameters[index + 1] if index + 1 < len(parameters) else None
        if one.kind is one.POSITIONAL_ONLY and (following is None or following.kind != one.kind):
            words.append("/")
    gives = annotation(found.return_annotation)
    end = f") -> {gives}" if gives and not inspect.isclass(value) else ")"
    line = f"{name}({', '.join(words)}{end}"
    if len(line) > 88:
        line = f"{name}(\n" + "".join(f"    {word},\n" for word in words) + end
    return ["\n".join(("```python", line, "```"))]


def parameter(one: inspect.Parameter, value: Any) -> str:
    """Write a parameter with its type and default."""
    stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
    text = f"{stars}{one.name}"
    said = annotation(one.annotation)
    if said:
        text += f": {said}"
    if one.default is not one.empty:
        text += f" = {default(one, value)}" if said else f"={default(one, value)}"
    return text


def default(one: inspect.Parameter, value: Any) -> str:
    """Write a default; that of a dataclass may be made anew each time."""
    if dataclasses.is_dataclass(value):
        field = next(each for each in dataclasses.fields(value) if each.name == one.name)
        if field.default_factory is not dataclasses.MISSING:
            return repr(field.default_factory())
    # The text of a function holds its place in memory.
    return one.default.__name__ if inspect.isfunction(one.default) else repr(one.default)


def annotation(said: Any) -> str:
    """Write a type as it stands in the source."""
    if said is inspect.Signature.empty:
        return ""
    return said if isinstance(said, str) else inspect.formatannotation(said)


def rendered(docstring: str) -> Iterator[str]:
    """Write a Google docstring: its text, then its sections as lists of definitions."""
    linked_pages = re.sub(r"docs/(\w+\.md)", r"[\1](\1)", inspect.cleandoc(docstring))
    parts = HEADING.split(linked_pages)
    yield from (parts[0].strip(), "")
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        section, rest = body, ""
        # What isn't indented any more belongs to no section.
        if (end := re.search(r"^\S", body, re.MULTILINE)) is not None:
            section, rest = body[: end.start()], body[end.start() :]
        section = textwrap.dedent(section).strip()
        title = "Arguments" if heading == "Args" else heading
        if heading in TEXTS or not ENTRY.search(section):
            yield from (f"**{title}**", "", section, "")
        else:
            yield from (f"**{title}**", "", *definitions(section), "")
        if rest.strip():
            yield from (rest.strip(), "")


def definitions(section: str) -> Iterator[str]:
    """Write the entries of a section as a list of definitions."""
    parts = ENTRY.split(section)
    for names, text in zip(parts[1::2], parts[2::2], strict=True):
        body = textwrap.dedent("    " + text).strip().replace("\n", " ")
        yield f"{', '.join(f'`{name}`' for name in names.split(', '))}"
        yield f":   {re.sub(' +', ' ', body)}"
        yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    if importlib.util.find_spec("flwr") is not None:
        FLOWER_PAGE.write_text(page(FLOWER_MODULES, "API for Flower"), encoding="utf-8")
        print(f"wrote {FLOWER_PAGE.relative_to(ROOT)}")
