"""A schema made into modules in memory: nothing is built, no file is needed.

What the compiler makes is kept for the next time, in memory and in a folder of the user's, under
a hash of the schema and of the compiler: a schema that was seen before costs a few milliseconds.
"""

from __future__ import annotations

import functools
import hashlib
import linecache
import marshal
import os
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from nnc.bitio import InputError

#: What a schema is made of.
SUFFIX = ".syntax"

#: Names of the packages made here begin so; a hash follows.
PACKAGE = "nnc_compiled_"

#: The package that generated modules take reader, writer and errors from.
RUNTIME = "nnc.bitio"

#: Names another folder for what was compiled; "" for none.
CACHE_VARIABLE = "NNC_CACHE"

IMPORT = re.compile(r"^from (nnc_compiled_\w+)(?:\.(\w+))? import ([\w, ]+)", re.MULTILINE)

#: Text and code of modules by the name of the file they would stand in.
Modules = dict[str, tuple[str, CodeType]]


class SchemaMistakesError(InputError):
    """A schema has mistakes; each line of the message is one of them, with its place."""


def compiled(folder: str | os.PathLike[str]) -> ModuleType:
    """Return the package that a schema is compiled to; its modules are attributes of it.

    Args:
        folder: where its `.syntax` files are.

    Raises:
        InputError: there is no such folder, or no schema in it.
        SchemaMistakesError: the schema has mistakes.
    """
    place = Path(folder)
    return loaded(place.resolve(), digest_of(place, texts_of(place)), "python")


def compiled_strategies(folder: str | os.PathLike[str]) -> ModuleType:
    """Return the package that draws tables of a schema; else as `compiled`."""
    place = Path(folder)
    compiled(place)
    return loaded(place.resolve(), digest_of(place, texts_of(place)), "strategies")


@functools.cache
def loaded(folder: Path, key: str, target: str) -> ModuleType:
    """Return the package that a target of the compiler makes of a schema whose hash is known."""
    syntax = PACKAGE + key[:16]
    name = syntax if target == "python" else f"{syntax}_{target}"
    if name in sys.modules:
        return sys.modules[name]
    made = stored(f"{key}.{target}")
    if made is None:
        options = {"package": name, "runtime": RUNTIME, "syntax": syntax}
        made = {
            file: (text, code_of(name, file, text))
            for file, text in sources(folder, target, options)
        }
        store(f"{key}.{target}", made)
    return imported(name, made)


def texts_of(folder: Path) -> dict[str, bytes]:
    """Return the files of a schema by name.

    Raises:
        InputError: there is no such folder, or no schema in it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder")
    found = {path.name: path.read_bytes() for path in sorted(folder.glob(f"*{SUFFIX}"))}
    if not found:
        raise InputError(f"{folder}: the folder holds no schema, no file that ends in {SUFFIX}")
    return found


def digest_of(folder: Path, texts: Mapping[str, bytes]) -> str:
    """Return the hash of a schema, the compiler and the version of Python together."""
    digest = hashlib.sha256(f"{compiler_digest()} {sys.version} {folder.resolve().name}".encode())
    for name, content in texts.items():
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()


@functools.cache
def compiler_digest() -> str:
    """Return the hash of all files of the compiler."""
    import nnc_schema

    digest = hashlib.sha256()
    for path in sorted(Path(nnc_schema.__file__).parent.rglob("*.*")):
        if path.suffix in (".py", ".lark", ".j2"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def sources(folder: Path, target: str, options: dict[str, str]) -> Iterable[tuple[str, str]]:
    """Return the modules that a target makes of a schema as text, by file name.

    Raises:
        SchemaMistakesError: the schema has mistakes.
    """
    from nnc_schema.targets.python import target as python
    from nnc_schema.targets.strategies import target as strategies

    module = {"python": python, "strategies": strategies}[target]
    files: dict[str, str] = module.modules(checked(folder), options)
    return files.items()


def checked(folder: Path) -> Any:
    """Return the analysis of a schema without mistakes.

    Raises:
        SchemaMistakesError: it has some.
    """
    from nnc_schema.language.errors import SchemaError
    from nnc_schema.language.reader import read_schema
    from nnc_schema.passes.checker import check

    try:
        return check(read_schema(folder))
    except SchemaError as error:
        raise SchemaMistakesError(error.report()) from None


def code_of(package: str, file: str, text: str) -> CodeType:
    """Return the code of a module."""
    return compile(text, file_name(package, file), "exec", dont_inherit=True)


def file_name(package: str, file: str) -> str:
    """Return the name that a module's file has in tracebacks."""
    return f"<{package}/{file}>"


def imported(package: str, made: Modules) -> ModuleType:
    """Make modules of their code, in an order in which each finds those it needs."""
    modules = {}
    for file in made:
        name = package if file == "__init__.py" else f"{package}.{Path(file).stem}"
        modules[file] = ModuleType(name)
        modules[file].__file__ = file_name(package, file)
        modules[file].__package__ = package
    whole = modules["__init__.py"]
    whole.__path__ = []
    sys.modules[package] = whole
    try:
        for file in ordered(package, made):
            module, (text, code) = modules[file], made[file]
            sys.modules[module.__name__] = module
            linecache.cache[str(module.__file__)] = (functools.partial(str, text),)
            if module is not whole:
                setattr(whole, Path(file).stem, module)
            exec(code, module.__dict__)
    except BaseException:
        for module in modules.values():
            sys.modules.pop(module.__name__, None)
        raise
    return whole


def ordered(package: str, made: Modules) -> list[str]:
    """Return the files of modules, those first that others import; the package is the last."""
    below = {}
    for file, (text, _) in made.items():
        names = set()
        for match in IMPORT.finditer(text):
            if match[1] != package:
                continue
            imported = [part.split()[0] for part in match[3].split(",")]
            names |= {match[2]} if match[2] else set(imported)
        below[file] = {f"{name}.py" for name in names} & made.keys()
    order: list[str] = []

    def add(file: str) -> None:
        for other in sorted(below[file]):
            add(other)
        if file not in order:
            order.append(file)

    for file in sorted(made, key=lambda file: (file == "__init__.py", file)):
        add(file)
    return order


def cache_folder() -> Path | None:
    """Return the folder for what was compiled; None: nothing is kept."""
    named = os.environ.get(CACHE_VARIABLE)
    if named is not None:
        return Path(named) if named else None
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    with suppress(RuntimeError):  # there may be no home
        return (Path(base) if base else Path.home() / ".cache") / "nnc" / "schemas"
    return None


def stored(key: str) -> Modules | None:
    """Return the modules kept under a hash; None: there are none that can be used.

    What another user could have written is not run.
    """
    folder = cache_folder()
    if folder is None:
        return None
    try:
        if not is_own(folder) or not is_own(folder / key):
            return None
        content = (folder / key).read_bytes()
        if hashlib.sha256(content[32:]).digest() != content[:32]:
            return None
        made: Modules = marshal.loads(content[32:])
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return made


def is_own(path: Path) -> bool:
    """Tell whether a file or folder is the user's, and nobody else can write to it."""
    if not hasattr(os, "getuid"):
        return True
    state = path.stat()
    return state.st_uid == os.getuid() and not state.st_mode & 0o022


def store(key: str, made: Modules) -> None:
    """Keep modules under a hash, where that can be done."""
    folder = cache_folder()
    if folder is None:
        return
    content = marshal.dumps(made)
    temporary = folder / f"{key}.{os.getpid()}"
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.touch(0o600)
        temporary.write_bytes(hashlib.sha256(content).digest() + content)
        temporary.replace(folder / key)
