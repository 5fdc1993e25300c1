"""The command's entry: verbs are loaded when they are called, errors become exit codes."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

import click

from nnc.cli.output import SCHEMA_VERSION, escape_controls

#: Exit codes: all is well; well, but something differs or is left over; the bitstream is bad;
#: it is not supported; usage or input/output; a fault of our own.
GOOD, DIFFERS, BAD_BITSTREAM, NOT_SUPPORTED, USAGE, INTERNAL = range(6)

VERBS = (
    *("encode", "decode", "info", "ls", "tree", "trace", "diff", "check", "explore", "plot"),
    *("get", "set", "insert", "remove", "rename", "select", "merge", "split"),
    *("wrap", "unwrap", "cut", "join", "convert", "levels", "embed", "extract", "json", "build"),
    *("fuzz", "demo", "completion", "man"),
)


class Verbs(click.Group):
    """A group whose commands stand in modules of their names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the verbs in the order of the help page."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one verb."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"nnc.cli.{cmd_name}").command
        return command


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nnc", message="nnc %(version)s")
def nnc() -> None:
    """Compress neural networks into ISO/IEC 15938-17 (NNC) bitstreams, and look into them.

    Results go to standard output, everything else to standard error. Exit codes: 0 good,
    1 good but something differs or is left over, 2 bad bitstream, 3 not supported, 4 usage
    or input/output, 5 internal error.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command, and exit with its code."""
    wanted = sys.argv[1:] if arguments is None else arguments
    sys.exit(run(wanted))


def run(arguments: list[str]) -> int:
    """Run the command, and give its exit code; messages go to standard error."""
    as_json = (
        "--format" in arguments
        and arguments[-1:] != ["--format"]
        and (arguments[arguments.index("--format") + 1] in ("json", "jsonl"))
    )
    as_json = as_json or bool({"--format=json", "--format=jsonl"} & set(arguments))
    try:
        code = nnc.main(arguments, prog_name="nnc", standalone_mode=False)
    except Exception as error:  # every failure gets its exit code here
        return report(error, as_json)
    return code if isinstance(code, int) else GOOD


def report(error: Exception, as_json: bool) -> int:
    """Print an error, and give its exit code."""
    code = exit_code(error)
    message = error.format_message() if isinstance(error, click.ClickException) else str(error)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(message, err=True)
        return code
    if isinstance(error, click.Abort | KeyboardInterrupt):
        message = "interrupted"
    if isinstance(error, OSError) and error.filename is not None:
        message = f"{error.filename}: {error.strerror}"
    if code == INTERNAL:
        import traceback

        traceback.print_exception(error)
        message = f"internal error, please report it: {type(error).__name__}: {error}"
    if as_json:
        details: dict[str, Any] = {"kind": "error", "message": message}
        if hasattr(error, "as_dict"):
            details = error.as_dict()
        content = {"schema_version": SCHEMA_VERSION, "error": details, "exit_code": code}
        click.echo(json.dumps(content))
    click.echo(f"nnc: {escape_controls(message)}", err=True)
    return code


def exit_code(error: Exception) -> int:
    """Give the exit code of an error."""
    from nnc.bitio import (
        BitstreamError,
        BuildError,
        InputError,
        MissingValueError,
        UnsupportedError,
    )

    if isinstance(error, UnsupportedError):
        return NOT_SUPPORTED
    if isinstance(error, MissingValueError):
        # The bitstream may be good; the call lacks an option.
        return USAGE
    if isinstance(error, BitstreamError):
        return BAD_BITSTREAM
    if isinstance(error, InputError | BuildError | OSError | click.ClickException | click.Abort):
        return USAGE
    return INTERNAL
