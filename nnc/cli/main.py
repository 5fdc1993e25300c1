"""The command's entry: verbs are loaded when they are called, errors become exit codes."""

from __future__ import annotations

import errno
import importlib
import io
import json
import os
import signal
import sys
import warnings
from contextlib import suppress
from typing import Any

import click

from nnc import __version__
from nnc.bitio import (
    BitstreamError,
    BuildError,
    InputError,
    MissingValueError,
    UnsupportedError,
    nearest,
)
from nnc.cli.common.files import is_model_file
from nnc.cli.common.hints import with_hint
from nnc.cli.common.output import SCHEMA_VERSION, escape_controls, exact
from nnc.cli.common.results import json_option, warn_user

#: Exit codes: all is well; well, but something differs or is left over; the bitstream is bad;
#: it is not supported; usage or input/output; a fault of our own.
GOOD, DIFFERS, BAD_BITSTREAM, NOT_SUPPORTED, USAGE, INTERNAL = range(6)

#: Exit codes of what was ended from outside, as shells give them.
INTERRUPTED, PIPE_CLOSED = 130, 141

#: Of errors of the system that name no file: those of files that are being written.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

#: The verbs by what they are for, in the order of the help page.
GROUPS = {
    "Compress and restore": ("encode", "decode", "demo"),
    "Look into a bitstream": ("info", "ls", "tree", "trace", "get", "explore", "plot"),
    "Check and compare": ("check", "diff", "capabilities"),
    "Change elements": ("set", "insert", "remove", "levels", "convert"),
    "Change tensors and units": (
        *("rename", "select", "merge", "split", "wrap", "unwrap", "cut", "join"),
    ),
    "Exchange with other formats": ("json", "build", "embed", "extract"),
    "Test decoders": ("fuzz", "conformance"),
    "Describe other formats": ("schema",),
    "Set up the shell": ("completion", "man"),
}
VERBS = tuple(verb for group in GROUPS.values() for verb in group)


#: No sentence about a verb is longer, so that none is cut.
LONGEST_HELP = 500

#: All groups get a column of this width for the names.
LONGEST_VERB = max(map(len, VERBS))


class PipeClosedError(Exception):
    """Nobody reads the output any more, as when `head` has seen enough."""


class Verbs(click.Group):
    """A group whose commands stand in modules of their names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of the help page."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one verb."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"nnc.cli.{cmd_name}").command
        if not any("--json" in one.opts for one in command.params):
            command.params.append(json_option(command))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb that is called; of a mistyped one, tell the nearest."""
        if args[0] not in VERBS and not args[0].startswith("-"):
            near = nearest(args[0].lower(), VERBS)
            told = f"Did you mean {near[0]!r}?" if near else "nnc --help lists them."
            if os.path.exists(args[0]):
                verb = "encode" if is_model_file(args[0]) else "info"
                told = f"Did you mean 'nnc {verb} {args[0]}'?"
            ctx.fail(f"No such command {args[0]!r}. {told}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Call the verb; that nobody reads its output any more is not left to click."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise PipeClosedError from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs in groups, each with its whole first sentence."""
        for title, names in GROUPS.items():
            commands = [(name.ljust(LONGEST_VERB), self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl(
                    [(name, one.get_short_help_str(LONGEST_HELP)) for name, one in commands if one]
                )


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="nnc %(version)s")
def nnc() -> None:
    """Compress neural networks into ISO/IEC 15938-17 (NNC) bitstreams, and inspect and edit those.

    Start with `nnc encode MODEL`, and `nnc VERB --help` for any other verb. Results go to
    standard output, messages to standard error. With --json, every verb prints one JSON object.
    Without -o, the output goes beside the input; -f lets it overwrite what is there.

    Exit codes: 0 success, 1 success, but something differs or is left over, 2 bad bitstream,
    3 not supported, 4 usage or input/output error, 5 internal error, 130 interrupted.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command, and exit with its code."""
    wanted = sys.argv[1:] if arguments is None else arguments
    prepare_streams()
    end_tidily()
    try:
        code = run(wanted)
        sys.stdout.flush()
    except KeyboardInterrupt:  # outside of the verb
        code = INTERRUPTED
    except OSError as error:  # the last of the output couldn't be written
        code = report(error, wanted)
    if code == PIPE_CLOSED:
        # What is left in the buffer would only be told to have nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def end_tidily() -> None:
    """Have requests to end remove what is written half, as an error does, and then end."""

    def end(number: int, _: object) -> None:
        # A second request isn't waited for.
        signal.signal(number, signal.SIG_DFL)
        raise SystemExit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            with suppress(ValueError):  # only the main thread can
                signal.signal(number, end)


def prepare_streams() -> None:
    """Make sure that no character, and no closed stream, keeps the command from reporting."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            # Files and pipes get the encoding that JSON has, terminals what they can show.
            own = stream.isatty() or "PYTHONIOENCODING" in os.environ
            stream.reconfigure(encoding=None if own else "utf-8", errors="backslashreplace")


def run(arguments: list[str]) -> int:
    """Run the command and return its exit code; messages go to standard error."""
    with warnings.catch_warnings():
        warnings.showwarning = tell_warning
        try:
            code = nnc.main(arguments, prog_name="nnc", standalone_mode=False)
        except Exception as error:  # every failure gets its exit code here
            return report(error, arguments)
    return code if isinstance(code, int) else GOOD


def tell_warning(message: Warning | str, *place: Any, **rest: Any) -> None:
    """Print a warning like any other message, without a place in the program."""
    warn_user(str(message))


def wants_json(arguments: list[str]) -> bool:
    """Tell whether the last format on the command line is a JSON one, or --json is there."""
    if "--json" in arguments:
        return True
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    said = [value for name, value in pairs if name == "--format"]
    said += [one.partition("=")[2] for one in arguments if one.startswith("--format=")]
    return said[-1:] in (["json"], ["jsonl"])


def options_of(arguments: list[str]) -> set[str]:
    """Return the options of the verb that is called."""
    name = next((one for one in arguments if not one.startswith("-")), "")
    verb = nnc.get_command(click.Context(nnc), name)
    return set() if verb is None else {one for each in verb.params for one in each.opts}


def report(error: Exception, arguments: list[str]) -> int:
    """Print an error and return its exit code."""
    code = exit_code(error)
    if code == PIPE_CLOSED:
        return code
    if isinstance(error, BitstreamError):
        with_hint(error, options_of(arguments))
    message = str(error)
    if isinstance(error, click.UsageError):
        # click sets choices apart by tabs.
        message = " ".join(error.format_message().split())
        if "unexpected extra argument" in message and "--output" in options_of(arguments):
            message += "; -o names the output"
    elif isinstance(error, click.ClickException):
        message = error.format_message()
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return code
    if isinstance(error, click.Abort | KeyboardInterrupt):
        # click takes the end of a file for that of a dialogue.
        is_end = isinstance(error.__cause__, EOFError)
        message = "a file ends too early" if is_end else "interrupted"
    if isinstance(error, OSError) and error.strerror is not None:
        place = "" if error.filename is None else f"{error.filename}: "
        if not place and error.errno in NO_ROOM:
            place = "the output can't be written: "
        message = f"{place}{error.strerror}"
    if code == INTERNAL:
        import traceback

        traceback.print_exception(error)
        message = f"internal error, please report it: {type(error).__name__}: {error}"
    if wants_json(arguments):
        details: dict[str, Any] = {"kind": "error", "message": message}
        if hasattr(error, "as_dict"):
            details = error.as_dict()
        content = {"schema_version": SCHEMA_VERSION, "error": details, "exit_code": code}
        click.echo(json.dumps(exact(content)))
    click.echo(f"nnc: {escape_controls(message)}", err=True)
    return code


def exit_code(error: Exception) -> int:
    """Return the exit code of an error."""
    if isinstance(error, PipeClosedError | BrokenPipeError):
        return PIPE_CLOSED
    if isinstance(error, click.Abort) and not isinstance(error.__cause__, EOFError):
        return INTERRUPTED
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
