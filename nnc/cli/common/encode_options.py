"""Options of `nnc encode` that are more than a number: patterns, a file of options, a function."""

from __future__ import annotations

import importlib
import os
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from nnc.bitio import InputError

#: Words for yes and no in `--tensor`.
WORDS = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


class CodebookType(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """How codebooks are used: on, off, exact, auto or a number of entries."""

    name = "on|off|exact|auto|N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bool | int | str:
        """Read a value."""
        found = plain_value(str(value))
        if isinstance(found, bool | int) or found in ("exact", "auto"):
            return found
        raise click.BadParameter(
            f"{value!r} is not one of on, off, exact, auto or a number of entries"
        )


class ScanOrderType(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A scan order, or auto."""

    name = "0-4|auto"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """Read a value."""
        found = plain_value(str(value))
        if found == "auto" or (isinstance(found, int) and not isinstance(found, bool)):
            return found
        raise click.BadParameter(f"{value!r} is neither a number nor auto")


def plain_value(text: str) -> bool | int | str:
    """Return what text says: yes or no, a number, or itself."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    try:
        return int(text)
    except ValueError:
        return text


def tensor_options(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    """Read `PATTERN=OPTION:VALUE,OPTION:VALUE` options."""
    result: dict[str, dict[str, Any]] = {}
    for value in values:
        pattern, equals, text = value.rpartition("=")
        if not equals:
            raise click.BadParameter(f"{value!r} is not {parameter.metavar}")
        own = result.setdefault(pattern, {})
        for part in text.split(","):
            name, colon, said = part.strip().partition(":")
            if not colon:
                raise click.BadParameter(f"{part!r} in {value!r} is not OPTION:VALUE")
            name = name.strip().replace("-", "_")
            if name == "exclude":
                own.setdefault("exclude", []).append(said.strip())
            else:
                own[name] = plain_value(said.strip())
    return result


def with_file(context: click.Context, path: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """Return options with those of a TOML file, which count where the command line says nothing.

    Args:
        context: the command's, which knows what was said on its line.
        path: the file; None for none.
        options: those of the command line with their defaults.

    Raises:
        InputError: the file is not TOML, or has an option that there isn't.
        OSError: it can't be read.
    """
    if path is None:
        return options
    try:
        content = tomllib.loads(Path(path).read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from None
    result = dict(options)
    for name, value in content.items():
        key = name.replace("-", "_")
        if key not in options:
            known = ", ".join(sorted(options))
            raise InputError(f"{path}: there is no option {name!r}; there are {known}")
        if key in ("tensors", "tensor_qp"):
            if not isinstance(value, dict):
                raise InputError(f"{path}: {name} has to be a table of patterns")
            result[key] = with_patterns(options[key], value)
        elif key == "keep":
            result[key] = (*options[key], *value) if isinstance(value, list) else value
        elif not was_said(context, key):
            result[key] = loaded_function(value) if key == "evaluate" else value
    return result


def with_patterns(said: dict[str, Any], filed: dict[str, Any]) -> dict[str, Any]:
    """Return patterns of the command line, which count first, and then those of a file."""
    result = dict(said)
    for pattern, value in filed.items():
        own = result.get(pattern)
        if isinstance(own, dict) and isinstance(value, dict):
            result[pattern] = {**value, **own}
        else:
            result.setdefault(pattern, value)
    return result


def was_said(context: click.Context, name: str) -> bool:
    """Tell whether an option was given on the command line."""
    return context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE


def evaluate_option(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> Callable[[dict[str, Any]], float] | None:
    """Read the `module:function` of an option."""
    return None if value is None else loaded_function(value)


def loaded_function(said: str) -> Callable[[dict[str, Any]], float]:
    """Import a function that is said as `module:function`, from the working directory too.

    Raises:
        InputError: there is no such module, or no such function in it.
    """
    module_name, colon, name = said.partition(":")
    if not colon or not module_name or not name:
        raise InputError(f"{said!r} is not module:function")
    folder = os.getcwd()
    sys.path.insert(0, folder)
    try:
        found: Any = importlib.import_module(module_name)
        for part in name.split("."):
            found = getattr(found, part)
    except Exception as error:  # the module is the user's, and may do anything
        raise InputError(f"{said}: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(folder)
    if not callable(found):
        raise InputError(f"{said} is no function")

    def evaluate(tensors: dict[str, Any]) -> float:
        try:
            return float(found(tensors))
        except Exception as error:
            raise InputError(f"{said}: {type(error).__name__}: {error}") from error

    return evaluate
