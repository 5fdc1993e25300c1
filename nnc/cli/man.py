"""`nnc man`: the manual page, made from the help of all verbs."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from nnc.cli.common.output import examples
from nnc.cli.common.results import print_text

SECTION = 1


@click.command(epilog=examples("nnc man | man -l -", "nnc man > ~/.local/share/man/man1/nnc.1"))
def command() -> None:
    """Print the manual page of nnc and all its verbs, as roff."""
    print_text("\n".join(manual()))


def manual() -> Iterator[str]:
    """Yield the lines of the manual page."""
    import nnc as package
    from nnc.cli.main import nnc

    context = click.Context(nnc, info_name="nnc")
    summary, _, rest = inspect.cleandoc(nnc.help or "").partition("\n\n")
    yield f'.TH NNC {SECTION} "" "nnc {package.__version__}" "nnc manual"'
    # No words cut, no gaps between them: names of options are long.
    yield from [".nh", ".ad l"]
    yield ".SH NAME"
    yield f"nnc \\- {plain(summary)}"
    yield ".SH SYNOPSIS"
    yield from [".B nnc", "VERB [OPTIONS] ..."]
    yield ".SH DESCRIPTION"
    yield from paragraphs(rest)
    yield ".SH VERBS"
    for name in nnc.list_commands(context):
        verb = nnc.get_command(context, name)
        if verb is not None:
            yield from verb_lines(click.Context(verb, info_name=name, parent=context))


def verb_lines(context: click.Context) -> Iterator[str]:
    """Yield the lines about one verb."""
    verb = context.command
    usage = " ".join(verb.collect_usage_pieces(context))
    yield f".SS nnc {plain(context.info_name or '')} {plain(usage)}"
    yield from paragraphs(inspect.cleandoc(verb.help or ""))
    for parameter in verb.get_params(context):
        record = parameter.get_help_record(context)
        # The usage names the arguments, and the text before says what they are.
        if record is not None and record[1] and parameter.name != "help":
            yield from [".TP", f"\\fB{plain(record[0])}\\fR", plain(record[1])]
    lines = [line.strip() for line in (verb.epilog or "").splitlines()]
    commands = [line for line in lines if line.startswith("nnc ")]
    if commands:
        yield from [".PP", "Examples:", ".RS", ".nf", *map(plain, commands), ".fi", ".RE"]


def paragraphs(text: str) -> Iterator[str]:
    """Yield the lines of a text whose paragraphs have empty lines between."""
    for paragraph in filter(None, text.split("\n\n")):
        yield ".PP"
        yield plain(" ".join(paragraph.split()))


def plain(text: str) -> str:
    """Return text without what roff takes for a request or an escape."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped
