"""`nnc schema`: make, check and use schemas of formats of one's own."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnc.cli.common.output import examples, print_json
from nnc.cli.common.results import json_option, json_wanted, report_done

if TYPE_CHECKING:
    from nnc_schema.passes.analysis import Analysis

#: What the pages of a schema are made with that has no settings for them.
STATUSES = {
    "interop": "checked against other software",
    "peer": "known from other software",
    "draft": "transcribed, and not checked",
    "ours": "our own definition",
}

#: What build can write: targets of the compiler that need no settings.
OUTPUTS = ("python", "javascript", "ksy", "sdl")


@click.group(epilog=examples("nnc schema new recorder", "nnc schema check recorder"))
def command() -> None:
    """Make, check and use a schema: a folder that describes a format of files.

    Every verb that looks at files or changes them takes such a folder by --schema, or the name of
    a format of the library.
    """


@command.command("new")
@click.argument("folder", metavar="NAME")
def new(folder: str) -> None:
    """Make the folder NAME with a small schema that works, and a file to try it on."""
    from nnc.engine.example import make_example

    file = make_example(Path(folder))
    name = Path(folder).name
    schema = str(Path(folder) / f"{name}.syntax")
    commands = [
        f"nnc tree {file} --schema {folder}",
        f"nnc set {file} 'part[0].text=good morning' -o new.bin --schema {folder}",
        f"nnc check new.bin --schema {folder}",
        f"nnc schema check {folder}",
        f"nnc schema docs {folder} -o pages",
    ]
    told = f"made {schema} and {file}; try:\n\n" + "\n".join(f"  {line}" for line in commands)
    if json_wanted():
        report_done(schema, str(file), commands=commands)
    else:
        click.echo(told)


@command.command("check")
@click.argument("schema", metavar="FOLDER|NAME")
def check(schema: str) -> int:
    """Find the mistakes in a schema. Exit code 1: there are some."""
    mistakes = mistakes_of(schema)
    if json_wanted():
        print_json({"mistakes": mistakes})
    elif mistakes:
        click.echo("\n".join(mistakes), err=True)
    return int(bool(mistakes))


@command.command("build")
@click.argument("schema", metavar="FOLDER|NAME")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Folder of the package; without: what targets.toml says.")  # fmt: skip
@click.option("--target", type=click.Choice(OUTPUTS), default="python", show_default=True,
              help="What goes to -o, for Python or for other languages.")  # fmt: skip
def build(schema: str, output: Path | None, target: str) -> int:
    """Write a Python package with parsers and writers of a schema, or something else made of it.

    Nothing needs that: `nnc.Format.load` compiles a schema in memory. A package can be read, and
    imported where this program isn't installed as a whole. With a targets.toml in the schema's
    folder, and no -o, all that it names is written.
    """
    made = files_of(schema, output, target)
    if made is None:
        return 1
    for folder, files in made.items():
        write_files(folder, files)
    report_done(*map(str, made))
    return 0


@command.command("diff")
@click.argument("schema", metavar="FOLDER|NAME")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FOLDER",
              help="As for build.")  # fmt: skip
@click.option("--target", type=click.Choice(OUTPUTS), default="python", show_default=True,
              help="As for build.")  # fmt: skip
def diff(schema: str, output: Path | None, target: str) -> int:
    """Show what build would change. Exit code 1: something."""
    from nnc_schema.__main__ import difference

    made = files_of(schema, output, target)
    if made is None:
        return 1
    text = "".join(difference(folder, files) for folder, files in made.items())
    if json_wanted():
        print_json({"text": text})
    else:
        sys.stdout.write(text)
    return int(bool(text))


@command.command("docs")
@click.argument("schema", metavar="FOLDER|NAME")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FOLDER",
              help="Folder for the pages.")  # fmt: skip
def docs(schema: str, output: Path) -> int:
    """Write a page of Markdown for each table of a schema, and indices."""
    from nnc_schema.__main__ import settings
    from nnc_schema.targets import TARGETS

    from nnc.engine.library import schema_folder

    analysis = analysed(schema)
    if analysis is None:
        return 1
    folder = schema_folder(schema)
    title = f"Reference: {folder.resolve().name}"
    section: dict[str, Any] = {"title": title, "introduction": "", "statuses": STATUSES}
    write_files(output, TARGETS["docs"](analysis, section | settings(folder).get("docs", {})))
    report_done(str(output))
    return 0


def write_files(folder: Path, files: dict[str, str]) -> None:
    """Write the files of a target, without a word to standard output."""
    from nnc_schema.__main__ import build

    with contextlib.redirect_stdout(io.StringIO()):
        build(folder, files)


def mistakes_of(schema: str) -> list[str]:
    """Return the mistakes in a schema, a line or more for each.

    Raises:
        InputError: there is no such schema.
    """
    from nnc.engine.compiling import SchemaMistakesError, checked, texts_of
    from nnc.engine.library import schema_folder

    folder = schema_folder(schema)
    texts_of(folder)
    try:
        checked(folder)
    except SchemaMistakesError as error:
        return str(error).splitlines()
    return []


def analysed(schema: str) -> Analysis | None:
    """Return the analysis of a schema; print its mistakes and return None where it has some.

    Raises:
        InputError: there is no such schema.
    """
    from nnc.engine.compiling import checked
    from nnc.engine.library import schema_folder

    mistakes = mistakes_of(schema)
    if mistakes:
        click.echo("\n".join(mistakes), err=True)
        return None
    found: Analysis = checked(schema_folder(schema))
    return found


def files_of(schema: str, output: Path | None, wanted: str) -> dict[Path, dict[str, str]] | None:
    """Return what build writes, by folder and name; None where the schema has mistakes.

    Args:
        schema: folder, or name of a format of the library.
        output: where to write; None: what the settings of the schema say is written.
        wanted: the target that is written there.

    Raises:
        UsageError: neither an output nor a targets.toml says where to write.
    """
    from nnc_schema.__main__ import SETTINGS, settings
    from nnc_schema.targets import TARGETS

    from nnc.engine.compiling import RUNTIME
    from nnc.engine.library import schema_folder

    analysis = analysed(schema)
    if analysis is None:
        return None
    sections = settings(schema_folder(schema))
    if output is not None:
        section = {"package": output.name, "runtime": RUNTIME}
        if wanted != "python":
            section = sections.get(wanted, {})
        return {output: TARGETS[wanted](analysis, section)}
    made: dict[Path, dict[str, str]] = {}
    for name in sorted(sections.keys() & TARGETS.keys()):
        target = TARGETS[name](analysis, sections[name])
        made.setdefault(Path(sections[name]["output"]), {}).update(target)
    if not made:
        raise click.UsageError(f"name the package with -o, or write a {SETTINGS}")
    return made


for one in command.commands.values():
    one.params.append(json_option(one))
