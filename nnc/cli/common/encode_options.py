"""Options of `nnc encode` that are more than a number: patterns, a file of options, a function."""

from __future__ import annotations

import importlib
import os
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from nnc.bitio import InputError, unknown_option
from nnc.cli.common.files import ByteSize
from nnc.encoder.call.asked import all_rows
from nnc.model.options import Function, Row, rows_of

#: Words for yes and no in `--tensor`.
WORDS = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


class WordOrNumber(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """One of some words, or a number."""

    def __init__(self, row: Row) -> None:
        """Take the words of an option, among them on and off where it is a flag too."""
        self.words = ("on", "off") * row.holds(bool) + row.words
        self.name = f"[{'|'.join((*self.words, 'N'))}]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bool | int | str:
        """Read a value."""
        found = plain_value(str(value))
        if isinstance(found, str) and found not in self.words:
            raise click.BadParameter(f"{value!r} is not one of {', '.join(self.words)} or a number")
        return found


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


def with_file(path: str | None, said: dict[str, Any]) -> dict[str, Any]:
    """Return options with those of a TOML file, which count where the command line says nothing.

    Args:
        path: the file; None for none.
        said: what the command line says.

    Raises:
        InputError: the file is not TOML, or has an option that there isn't.
        OSError: it can't be read.
    """
    if path is None:
        return said
    try:
        content = tomllib.loads(Path(path).read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from None
    rows, result = command_rows(), dict(said)
    for name, value in content.items():
        key = name.replace("-", "_")
        if key not in rows:
            raise unknown_option(name, rows, path)
        if rows[key].holds(Mapping):
            if not isinstance(value, dict):
                raise InputError(f"{path}: {name} has to be a table of patterns")
            result[key] = with_patterns(said.get(key, {}), value)
        elif key == "keep":
            result[key] = (*said.get(key, ()), *value) if isinstance(value, list) else value
        elif key not in said:
            result[key] = FILED[key](value) if key in FILED else value
    return result


def said_of(context: click.Context, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given on the command line."""
    source = click.core.ParameterSource.COMMANDLINE
    return {
        name: value
        for name, value in options.items()
        if context.get_parameter_source(name) == source
    }


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


def joined(said: Iterable[str | Sequence[str]]) -> list[Any]:
    """Return the tensors to be joined: names in a list, or in text with commas between."""
    from nnc.encoder import Joined

    return [Joined(names=one.split(",") if isinstance(one, str) else one) for one in said]


def pattern_values(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    """Read `NAME=VALUE` options."""
    result = {}
    for value in values:
        pattern, equals, text = value.rpartition("=")
        if not equals:
            raise click.BadParameter(f"{value!r} is not {parameter.metavar}")
        result[pattern] = text
    return result


def pattern_numbers(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, int]:
    """Read `PATTERN=N` options."""
    result = {}
    for pattern, text in pattern_values(context, parameter, values).items():
        try:
            result[pattern] = int(text)
        except ValueError:
            raise click.BadParameter(f"{text!r} is not a number") from None
    return result


#: How values of a file are read that aren't what the option takes.
FILED: dict[str, Callable[[Any], Any]] = {
    "blocks": lambda value: "auto" if value else (),
    "evaluate": loaded_function,
    "joins": joined,
    "max_unpacked": lambda value: ByteSize().convert(value, None, None),
    "memory": lambda value: ByteSize().convert(value, None, None),
}

#: What options look like on the command line whose type doesn't say it.
FORMS: dict[str, dict[str, Any]] = {
    "blocks": {"is_flag": True, "flag_value": "auto"},
    "codebook": {"is_flag": False, "flag_value": "on"},
    "drop": {"multiple": True, "metavar": "PATTERN"},
    "evaluate": {
        "metavar": "MODULE:FUNCTION",
        "callback": lambda _, __, value: None if value is None else loaded_function(value),
    },
    "joins": {
        "multiple": True, "metavar": "NAME,NAME", "callback": lambda _, __, value: joined(value),
    },
    "keep": {"multiple": True, "metavar": "PATTERN"},
    "max_unpacked": {"type": ByteSize()},
    "memory": {"type": ByteSize()},
    "metadata": {"multiple": True, "metavar": "KEY=VALUE", "callback": pattern_values},
    "out_of_band": {"multiple": True},
    "target_size": {"metavar": "SIZE"},
    "tensor_qp": {"multiple": True, "metavar": "PATTERN=QP", "callback": pattern_numbers},
    "tensors": {
        "multiple": True, "metavar": "PATTERN=OPTION:VALUE,...", "callback": tensor_options,
    },
}  # fmt: skip

#: Options that are given one by one are called after one of them.
SINGULAR = {"joins": "join", "tensors": "tensor"}


def command_rows() -> dict[str, Row]:
    """Return the options of encoding that a command line, or a file, can say."""
    rows = (row for _, row in all_rows().values())
    return {
        row.name: row for row in rows if row.option.command and "encode_file" in row.option.calls
    }


def encoding_options(function: Function) -> Function:
    """Add the options of encoding to a verb, which gets those that are said.

    The verb has to be made by `GroupedCommand`.
    """
    for row in reversed(command_rows().values()):
        function = click.option(*flags(row), row.name, help=told(row), **form(row))(function)
    return function


def flags(row: Row) -> list[str]:
    """Return what an option is called on the command line."""
    name = SINGULAR.get(row.name, row.name).replace("_", "-")
    negative = row.default is not False and row.option.range is None and row.holds(bool)
    return [f"--{name}/--no-{name}" if negative else f"--{name}"]


def form(row: Row) -> dict[str, Any]:
    """Return how an option is read; it has no default, so that what isn't said isn't there."""
    made: dict[str, Any] = {"default": None}
    if row.option.range is not None and row.words:
        made["type"] = WordOrNumber(row)
        made["metavar"] = made["type"].name
    elif row.words:
        made["type"] = click.Choice(row.words)
    elif row.holds(bool):
        made |= {"is_flag": True}
    elif row.holds(float, int) and not row.holds(str):
        made["type"] = float if row.holds(float) else int
    return made | FORMS.get(row.name, {})


def told(row: Row) -> str:
    """Return the help of an option."""
    text = row.summary.replace("`", "")
    if row.name == "tensors":
        from nnc.encoder import TensorOptions

        names = [name for name in rows_of(TensorOptions) if name != "exclude"]
        text += f" They are {', '.join(names)}; exclude:PATTERN for names that it doesn't hold for."
    return f"{text} Can be repeated." if FORMS.get(row.name, {}).get("multiple") else text


class GroupedCommand(click.Command):
    """A verb whose options of encoding stand in groups on its help page."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options: first its own, then those of each group."""
        groups: dict[str, list[tuple[str, str]]] = {"Options": []}
        rows = command_rows()
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            row = rows.get(parameter.name or "")
            if record is not None and isinstance(parameter, click.Option):
                groups.setdefault("Options" if row is None else row.group, []).append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)
