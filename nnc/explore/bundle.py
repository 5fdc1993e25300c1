"""JavaScript modules of ours as one script, which a page can hold."""

from __future__ import annotations

import re
from importlib.resources import files

#: Folders of modules; names of modules differ.
FOLDERS = ("explore", "web")

IMPORT = re.compile(r'^import (?:\* as (\S+)|(\{[^}]*\})) from "[./\w]*?(\w+)\.js";\n', re.M)
EXPORT = re.compile(r"^export ((?:async )?(?:function\*?|class|const|let) (\w+))", re.M)
LISTED = re.compile(r'^export \{([^}]*)\}(?: from "\./(\w+)\.js")?;\n', re.M)


def bundled(name: str) -> str:
    """Return a module, and all that it imports, as one script to be run as it is.

    Modules import each other by names or as a whole, and export declarations and names.

    Args:
        name: the name of its file, without the ending.
    """
    scopes: dict[str, str] = {}
    add(name, scopes)
    return '"use strict";\n' + "".join(scopes.values())


def add(name: str, scopes: dict[str, str]) -> None:
    """Add what a module imports, then itself, as a scope that returns what it exports."""
    if name in scopes:
        return
    text = source(name)
    for match in IMPORT.finditer(text):
        add(match[3], scopes)
    names = [match[2] for match in EXPORT.finditer(text)]
    for match in LISTED.finditer(text):
        if match[2]:
            add(match[2], scopes)
        listed = (one.strip() for one in match[1].split(","))
        names += [f"{one}: {scope(match[2])}.{one}" if match[2] else one for one in listed]
    text = IMPORT.sub(taken, EXPORT.sub(r"\1", LISTED.sub("", text)))
    scopes[name] = (
        f"const {scope(name)} = (() => {{\n{text}return {{ {', '.join(names)} }};\n}})();\n"
    )


def taken(match: re.Match[str]) -> str:
    """Return the declaration of what an import takes from the scope of another module."""
    names = match[1] or match[2].replace(" as ", ": ")
    return f"const {names} = {scope(match[3])};\n"


def scope(name: str) -> str:
    """Return what the scope of a module is called."""
    return f"module_{name}"


def source(name: str) -> str:
    """Return the text of a module."""
    places = (files("nnc") / folder / f"{name}.js" for folder in FOLDERS)
    return next(place for place in places if place.is_file()).read_text("utf-8")
